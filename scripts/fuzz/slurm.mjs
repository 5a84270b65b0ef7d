/** What follows `--on slurm:` and `--prologue`: every word that is written reaches sbatch or the script, or is refused. */
import { mutateText } from './mutations.mjs';

const load = (dist, path) => import(new URL(path, dist));

const OPTIONS = [
  'partition=all,time=2:00:00,mem=4G,tasks=50,cells=3',
  'exclude=n[1,2],exclusive,account=a',
  'nodelist=n1,n2,constraint=a&b',
  '--partition=all, --nice=10,contiguous',
];
const PROLOGUES = [
  'module load node/20',
  'module load node\napptainer exec --bind /x image.sif',
  'export A=1\nsrun \\\n  --mpi=none\n',
  'cd /x; env B=2 \\',
  'set -e\r\nulimit -c 0\r\n',
];

/** The words of options without spaces, dashes in front and empty pieces, in one order. */
const wordsOf = (text) =>
  text
    .split(/[,[\]()\s]+/)
    .map((word) => word.replace(/^--/, ''))
    .filter((word) => word !== '')
    .sort()
    .join(' ');

export async function slurmOptions(dist) {
  const { parseSlurmOptions, secondsOfLimit } = await load(dist, 'jobs/slurm/options.js');
  const { optionWords } = await load(dist, 'jobs/slurm/arguments.js');
  return {
    inputs: OPTIONS,
    mutate: mutateText,
    read: (text) => {
      const options = parseSlurmOptions(text);
      const limit = options.sbatch.find(({ name }) => name === 'time')?.value;
      return { ...options, words: optionWords(options), seconds: secondsOfLimit(limit) };
    },
    seen: ({ value: { sbatch, tasks, cells, words, seconds }, input }) => {
      const all = [...sbatch.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)), ...(tasks === undefined ? [] : [`tasks=${tasks}`]), ...(cells === undefined ? [] : [`cells=${cells}`])]; // biome-ignore format: one line
      const bare = (text) => wordsOf(text.replace(/\s*=\s*/g, '='));
      return bare(all.join(',')) === bare(input) && words.every((word) => word.startsWith('--')) && (seconds === undefined || seconds >= 0); // biome-ignore format: one condition
    },
  };
}

export async function prologue(dist) {
  const { parsePrologue } = await load(dist, 'jobs/slurm/prologue.js');
  const { taskScript } = await load(dist, 'jobs/slurm/script.js');
  const bare = (text) =>
    text
      .replace(/\\?\s+/g, ' ')
      .replace(/\\$/, '')
      .trim();
  return {
    inputs: PROLOGUES,
    mutate: mutateText,
    read: (text) => {
      const read = parsePrologue(text);
      return { ...read, script: taskScript({ node: '/node', program: '/p', folder: '/f', round: 1, first: 0, prologue: read }) }; // biome-ignore format: one value
    },
    // every word stands in the script, before the command or in front of it
    seen: ({ value: { lines, prefix, script }, input }) =>
      bare([...lines, prefix].join('\n')) === bare(input) &&
      lines.every((line) => script.includes(line)) &&
      script.includes(`${prefix === '' ? '' : `${prefix} `}/node /p cell /f --list "$list"`),
  };
}
