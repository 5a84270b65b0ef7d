/**
 * Folders of cells and the commands on them: `cells`, `cell`, `sweep --resume`, `--cancel`, `--on slurm`, `list`, `compare`, `export`,
 * `figure` and `lab`. Words, records, documents of cells, lists, prologues and what was submitted are changed. Looked for beside crashes:
 * an exit code 1 for wrong input, and documents of another cell, seed or study that are taken without a word.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { caller, contents, documents, freshCopy, judged, mutateArguments, NUMBERS } from './call.mjs';
import { mutateBytes, mutateText, mutateTree } from './mutations.mjs';
import * as oracles from './oracles.mjs';

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const jsonOf = (bytes) => {
  try {
    return JSON.parse(decode(bytes));
  } catch {
    return undefined;
  }
};

const FILE =
  'base:\n  data: { set: teacher, teacher: { network: { widths: [6, 8, 3] }, train: 40, test: 20 } }\n  network: { widths: [6, 5, 3] }\n' +
  'axes:\n  seed: 0..1\n  training.learningRate: [0.1, 0.3]\n  training.batchSize: [10]\nuntil: { epochs: 1 }\n' +
  "measure: [loss, error]\nlaws: ['loss ~ eta^a']\n";

/** Folders: prepared, with two documents that the record does not know, done, and the same study with other rates. */
const [PREPARED, HALF, DONE, OTHER] = ['prepared', 'half', 'done', 'other'];
const ONE = ['--workers', '1'];
const SLURM = ['--on', 'slurm:partition=all,time=2:00:00,mem=2G'];
const COMMANDS = [
  { args: ['cells', PREPARED, '--json'], folder: PREPARED },
  { args: ['cells', HALF, '--missing'], folder: HALF },
  { args: ['cells', DONE, '--json'], folder: DONE },
  { args: ['cell', PREPARED, '0'], folder: PREPARED },
  { args: ['cell', HALF, '1-3'], folder: HALF },
  { args: ['cell', HALF, 'cells/0000/2.json', '--wait', '0'], folder: HALF },
  { args: ['cell', PREPARED, '--list', 'names.txt'], folder: PREPARED },
  { args: ['cell', DONE, '0-3'], folder: DONE },
  { args: ['sweep', '--out', HALF, '--resume', ...ONE], folder: HALF },
  { args: ['sweep', '--out', DONE, '--resume', ...ONE], folder: DONE },
  { args: ['sweep', 's.yaml', '--out', HALF, '--resume', '--seeds', '3', ...ONE], folder: HALF },
  { args: ['sweep', 's.yaml', '--out', 'new', '--prepare'], folder: HALF },
  { args: ['sweep', '--out', HALF, '--cancel'], folder: HALF },
  { args: ['sweep', 's.yaml', '--out', 'new', '--prepare', ...SLURM, '--prologue', 'before.sh'], folder: HALF },
  { args: ['sweep', '--out', HALF, '--resume', ...SLURM], folder: HALF },
  { args: ['list', '.', '--all', '--json'], folder: DONE },
  { args: ['compare', DONE, OTHER, '--out', 'cmp'], folder: DONE },
  { args: ['export', DONE, '--format', 'csv', '--out', 'tables'], folder: DONE },
  { args: ['figure', DONE], folder: DONE },
]; // biome-ignore format: a table
const WEIGHTS = [3, 2, 2, 3, 3, 3, 3, 2, 4, 3, 3, 2, 4, 4, 2, 2, 2, 2, 1];

/** Words in the place of a cell, a folder and options. */
const CELLS = ['-1', '1.5', '99', '4', '3-1', '0-99', '0-3', '00', '1e0', '0x1', '', ' 2', 'NaN', '0,1', '1-', '-', '٣', 'cells/0000/9.json', 'cells/0000/3.json', './cells/0000/1.json', '../half/cells/0000/0.json', `${HALF}/cells/0000/1.json`, '/cells/0000/1.json', 'sweep.json', 'cells', '99999999999999999999', '0-99999999999999999999', '__proto__']; // biome-ignore format: a list
const FOLDERS = [PREPARED, HALF, DONE, OTHER, 'nothing', 's.yaml', '.', '', 'done/cells', 'done/../half', 'done/', '/dev/null', 'a\u0000b', 'x'.repeat(300)]; // biome-ignore format: a list
const PLACES = ['threads', 'slurm', 'slurm:', 'Slurm', 'slurm:partition', 'slurm:partition=', 'slurm:=all', 'slurm:time=2:00:00,time=1', 'slurm:array=0-3', 'slurm:tasks=0', 'slurm:tasks=1e3', 'slurm:cells=2.5', 'slurm:cells=-1', 'slurm:mem=4G;rm -rf x', 'slurm:exclude=n[1,2],exclusive', 'slurm:exclude=n[1,2', 'slurm:--partition=all', 'slurm:-p all', 'slurm:wrap=ls', 'slurm:__proto__=1', 'slurm:constructor', 'slurm:toString=1', 'slurm:partition=a\nb', 'slurm:,,', 'ssh', '', 'pbs', 'slurm=all', `slurm:comment=x`, `slurm:partition=${'x'.repeat(400)}`]; // biome-ignore format: a list
const PROLOGUES = ['before.sh', 'module load node', 'nothing.sh', './nothing.txt', '', '\\', 'a\\\nb', 'x\u0000y', '/dev/null', '.', 'half', 'apptainer exec image.sif', 'exit 1\n', 's.yaml', '\n\n']; // biome-ignore format: a list

/** Programs of Slurm that take every job and whose queue is empty. */
const PROGRAMS = {
  sbatch: 'case "$*" in *--test-only*) exit 0;; esac; echo "sbatch: error: invalid account" >&2; exit 1',
  squeue: 'exit 0',
  scancel: 'exit 0',
  sacct: 'exit 1',
  scontrol: 'exit 0',
  sinfo: 'exit 1',
};

/** What a resumed sweep says of its cells, by a second reading of its table. */
function tableOf(text) {
  const [head, ...lines] = text.trim().split('\n').map((line) => line.split(',')); // biome-ignore format: one line
  const at = (name) => head.indexOf(name);
  return lines.map((line) => ({ cell: Number(line[at('cell')]), seed: Number(line[at('seed')]), rate: Number(line[at('training.learningRate')]), size: Number(line[at('training.batchSize')]) })); // biome-ignore format: one value
}

/** The cells of a record by a second reading: their seeds and the values of their axes. */
function cellsOf(record) {
  const { config, seeds } = record;
  if (!Array.isArray(config?.axes)) return undefined;
  const forms = config.axes.map(({ form }) => (form?.kind === 'list' ? form.values : undefined));
  if (forms.some((f) => !Array.isArray(f)) || !Array.isArray(seeds)) return undefined;
  const points = forms.reduce((all, values) => all.flatMap((p) => values.map((v) => [...p, v])), [[]]);
  return seeds.flatMap((seed) => points.map(([rate, size]) => ({ seed, rate, size })));
}

export async function studies(dist) {
  const { parsed, run } = await caller(dist);
  const home = mkdtempSync(join(tmpdir(), 'fuzz-studies-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  const [whole, copy, bin] = [join(home, 'whole'), join(home, 'copy'), join(home, 'bin')];
  mkdirSync(whole);
  mkdirSync(bin);
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  process.chdir(whole);
  const files = { 's.yaml': FILE, 'other.yaml': FILE.replace('[0.1, 0.3]', '[0.2, 0.4]'), 'names.txt': '0\ncells/0000/1.json\n2-3\n', 'before.sh': 'module load node\napptainer exec image.sif\n' }; // biome-ignore format: one value
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
  const must = async (...args) => {
    const { code, text } = await run(args);
    if (code !== 0) throw new Error(`the fuzz cannot begin: ${text}`);
  };
  for (const folder of [PREPARED, HALF]) await must('sweep', 's.yaml', '--out', folder, '--prepare');
  await must('cell', HALF, '0-1');
  await must('sweep', 's.yaml', '--out', DONE, ...ONE);
  await must('sweep', 'other.yaml', '--out', OTHER, ...ONE);
  const submitted = { format: 'thermograd slurm submissions', id: '0123456789abcdef', arrays: [{ round: 1, first: 0, tasks: 2, job: '17' }, { round: 1, first: 2, tasks: 1, job: null }] }; // biome-ignore format: one value
  mkdirSync(join(HALF, 'slurm'));
  writeFileSync(join(HALF, 'slurm', 'submissions.json'), JSON.stringify(submitted));
  const start = contents(whole);
  const record = (folder) => join(folder, 'sweep.json');
  const inFolder = (folder) => [...start.keys()].filter((name) => name.startsWith(`${folder}/`) && !/report|tables|\.parquet$/.test(name)); // biome-ignore format: one line

  const changedBytes = (name, draw) => {
    const bytes = Uint8Array.from(start.get(name));
    const kind = draw.below(12);
    if (kind === 0) return null;
    if (kind === 1) return new Uint8Array(0);
    if (kind === 2) return bytes.slice(0, draw.below(bytes.length));
    if (kind === 3) return Uint8Array.from({ length: 200 }, () => draw.below(256));
    if (name.endsWith('.json') && kind < 6) return Uint8Array.from(start.get(draw.one([...start.keys()].filter((n) => n.endsWith('.json'))))); // biome-ignore format: one line
    if (name.endsWith('.json') && kind < 10) return encode(JSON.stringify(mutateTree(JSON.parse(decode(bytes)), draw)));
    return kind < 11 && !name.endsWith('.json') ? encode(mutateText(decode(bytes), draw)) : mutateBytes(bytes, draw);
  };
  const changedRecord = (folder, draw) => {
    const tree = JSON.parse(decode(start.get(record(folder))));
    const kind = draw.below(6);
    if (kind === 0) tree.thermograd = draw.one(['0.0.1', '99.0.0', '', null]);
    else if (kind === 1) tree.kernelBuild = draw.one(['fma', 'simd', 'avx', null]);
    else if (kind === 2) tree.linearAlgebra = draw.one(['embedded', 'koffi: OpenBLAS 0.0 (Z80)', null, 3]);
    else if (kind === 3) tree.seeds = draw.one([[0], [1, 0], [0, 1, 2], [0, 0], [], [-1], ['0'], null, '0..3', [0.5], [5, 6]]);
    else if (kind === 4) tree.config = mutateTree(tree.config, draw);
    else tree.config.axes = draw.one([[], null, {}, [...tree.config.axes].reverse(), tree.config.axes.slice(1), [{ key: 'training.learningRate', form: { kind: 'list', values: [0.2, 0.4] } }, tree.config.axes[1]], [{ key: 'training.learningRate', form: { kind: 'lin', from: 0, to: 1, count: 10000000 } }, tree.config.axes[1]], [{ ...tree.config.axes[0], form: { kind: 'list', values: [] } }, tree.config.axes[1]], [{ key: 'x' }]]); // biome-ignore format: one value
    return encode(JSON.stringify(tree));
  };

  const mutate = ({ args }, draw) => {
    const { folder } = COMMANDS.find((c) => c.args === args);
    const kind = draw.below(10);
    if (kind < 4) {
      const out = [...args];
      const after = (flag) => out.indexOf(flag) + 1;
      const place = after('--on') || after('--prologue');
      if (place && draw.chance(0.7)) out[draw.chance(0.6) || !after('--prologue') ? place : after('--prologue')] = '';
      if (after('--prologue') && draw.chance(0.5)) out[after('--prologue')] = draw.one(PROLOGUES);
      else if (after('--on')) out[after('--on')] = draw.one(PLACES);
      else if (args[0] === 'cell' && draw.chance(0.7)) out[2] = draw.one([...CELLS, ...NUMBERS]);
      else if (draw.chance(0.4)) out[out.indexOf(folder)] = draw.one(FOLDERS);
      else return { args: mutateArguments(args, draw), change: null };
      return { args: out, change: null };
    }
    if (kind === 4 && draw.chance(0.5)) return { args, change: { name: record(folder), as: join(folder, draw.one(['controls.json', 'forget.json', 'valley2023.json', 'generality.json', 'ceilings.json', 'network.json', 'run.json'])) } }; // biome-ignore format: one value
    if (kind < 6) return { args, change: { name: record(folder), bytes: changedRecord(folder, draw) } };
    const beside = [...args.filter((word) => word in files), ...(args.includes('--cancel') || args.includes('--on') ? [join(folder, 'slurm', 'submissions.json')] : [])].filter((name) => start.has(name)); // biome-ignore format: one line
    const name = beside.length > 0 && draw.chance(0.6) ? draw.one(beside) : draw.one(inFolder(folder));
    return { args, change: { name, bytes: changedBytes(name, draw) } };
  };

  const read = async ({ args, change }) => {
    const before = freshCopy({ home, whole, copy }, change);
    const said = await run(args);
    // what Slurm refuses, and a training that cannot be, are failures of the run
    judged(said, copy, before, (text) => /sbatch|Slurm does not answer|cells failed/.test(text));
    const listed = args.includes('--json') ? said.text : '';
    return {
      asked: await parsed(args),
      documents: documents(copy, before),
      listed: listed.replace(/"changed":"[^"]*"/g, ''),
    };
  };

  /** Whether what was written is what the record, as it stands, says of its cells. */
  const written = ({ documents: found }, { args, change }) => {
    for (const folder of [PREPARED, HALF, DONE]) {
      const bytes = change?.name === record(folder) ? change.bytes : start.get(record(folder));
      const cells = cellsOf(found[record(folder)] ?? jsonOf(bytes ?? new Uint8Array()) ?? { config: { axes: [] } });
      for (const [name, document] of Object.entries(found)) {
        const index = /^(\w+)\/cells\/\d+\/(\d+)\.json$/.exec(name);
        if (index?.[1] === folder) {
          const own = cells?.[Number(index[2])];
          if (!own || document.index !== Number(index[2]) || document.seed !== own.seed || document.point['training.learningRate'] !== own.rate) return false; // biome-ignore format: one condition
        }
        if (name !== join(folder, 'table.csv')) continue;
        const rows = tableOf(Buffer.from(document, 'base64').toString());
        if (rows.length !== cells?.length || !rows.every((row, k) => row.cell === k && ['seed', 'rate', 'size'].every((key) => row[key] === cells[k][key]))) return false; // biome-ignore format: one condition
      }
    }
    return args.length > 0;
  };

  return {
    inputs: COMMANDS.map(({ args }) => ({ args, change: null })),
    weights: WEIGHTS,
    patience: 30_000,
    // the stand-in of sbatch takes no job
    refusable: ({ args }) => args.includes('--on'),
    mutate: (good, draw) => mutate({ args: COMMANDS.find((c) => c.args.join() === good.args.join()).args }, draw),
    read,
    seen: ({ value, input }) => {
      if (!written(value, input)) return false;
      const { args, change } = input;
      if (change === null) return true;
      const name = change.as ?? change.name;
      // numbers of a document that no record knows, and files that the command does not read
      if (/cells\/\d+\/\d+\.json$/.test(name)) {
        if (!name.startsWith(`${HALF}/`)) return args[0] === 'cells' || args[0] === 'cell' || ['list', 'compare', 'export', 'figure'].includes(args[0]) || change.bytes === null; // biome-ignore format: one condition
        const [given, own] = [jsonOf(change.bytes ?? encode('null')), jsonOf(start.get(name))];
        return args[0] !== 'sweep' || change.bytes === null || ['format', 'index', 'seed', 'point'].every((key) => JSON.stringify(given?.[key]) === JSON.stringify(own[key])); // biome-ignore format: one condition
      }
      if (name === 's.yaml') return oracles.utf8(change.bytes ?? new Uint8Array()) !== undefined;
      return true;
    },
  };
}
