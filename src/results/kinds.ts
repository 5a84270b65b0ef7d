/** What a folder holds, by the names of its files: folders of results, and recordings made elsewhere. */

/** Says by which file a kind of folder is known, and what the page calls it. */
export interface Kind {
  readonly file: string;
  /** A further file without which it is something else. */
  readonly with?: string;
  readonly experiment: string;
  readonly what: string;
  /** The document with numbers where there are no findings. */
  readonly numbers?: string;
  /** Whether folders inside it are its parts and no results of their own. */
  readonly whole?: true;
}

/** The kinds, the surest first. */
export const KINDS: readonly Kind[] = [
  { file: 'run.json', experiment: 'ivf2021', what: 'a run' },
  { file: 'ao2022.json', experiment: 'ao2022', what: 'a stochastic decomposition of a run' },
  { file: 'controls.json', experiment: 'controls', what: 'controls of the relation', whole: true },
  { file: 'ceilings.json', experiment: 'ceilings', what: 'ceilings on the learning rate', whole: true },
  { file: 'generality.json', experiment: 'generality', what: 'a study of where the relation holds', whole: true },
  { file: 'valley2023.json', experiment: 'valley2023', what: 'effective losses in valleys', whole: true },
  {
    file: 'network.json',
    with: 'seeds',
    experiment: 'valley-network',
    what: 'effective losses of networks',
    whole: true,
  },
  { file: 'forget.json', experiment: 'forget', what: 'constraints against forgetting', whole: true },
  { file: 'seeds.json', experiment: 'ivf2021-seeds', what: 'the relation over several seeds', whole: true },
  { file: 'sweep.json', experiment: 'sweep', what: 'a sweep over settings', whole: true },
  { file: 'simulation.json', experiment: 'simulate', what: 'a simulated landscape', numbers: 'comparison.json' },
  { file: 'advice.json', experiment: 'advise', what: 'advice on a run', numbers: 'advice.json' },
  { file: 'settings.json', with: 'directions.npz', experiment: 'recording', what: 'an analysis of a recording' },
  { file: 'settings.json', with: 'analysis.json', experiment: 'analyse', what: 'another analysis of a run' },
  { file: 'summary.json', with: 'q.npy', experiment: 'decompose', what: 'a linear system', numbers: 'summary.json' },
  { file: 'penalty.json', with: 'report.html', experiment: 'protect', what: 'a penalty', numbers: 'penalty.json' },
  { file: 'comparison.json', with: 'report.html', experiment: 'compare', what: 'a comparison of runs' },
  { file: 'report.json', with: 'report.html', experiment: 'report', what: 'a report' },
];

/** A folder of the recorder in Python: no results, but what they are made from (docs/reference/recording-format.md). */
export const RECORDER: Kind = {
  file: 'recording.json',
  experiment: 'recorder',
  what: 'a recording of the weights during a training in Python',
};

/** A folder of results or a recording among given files. */
export interface Found {
  /** The folder or file, with forward slashes; empty for the folder of all files. */
  readonly path: string;
  /** Absent for a recording. */
  readonly kind?: Kind;
}

const SINGLE = /\.(?:npy|npz|safetensors)$/i;
const ZARR = /(?:^|\/)(?:zarr\.json|\.zgroup|\.zarray)$/;
const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));
const within = (file: string, folder: string): boolean => folder === '' || file.startsWith(`${folder}/`);

/**
 * Finds the folders of results among the names of files, those inside other ones too, and the recordings that lie in none of them. A
 * folder of numbered safetensors files is one recording.
 * @param files - names with forward slashes
 */
export function findResults(files: readonly string[]): Found[] {
  const folders = new Map<string, Set<string>>();
  for (const file of files) {
    const parts = file.split('/');
    for (let depth = 0; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      if (!folders.has(folder)) folders.set(folder, new Set());
      folders.get(folder)!.add(parts[depth]);
    }
  }
  const runs = [...folders].flatMap(([path, names]): Found[] => {
    if (/(?:^|\/)[^/]+\.zarr(?:\/|$)/.test(path)) return [];
    const kind = KINDS.find((k) => names.has(k.file) && (k.with === undefined || names.has(k.with)));
    return kind ? [{ path, kind }] : [];
  });
  const outside = files.filter((file) => !runs.some(({ path }) => within(file, path)));
  const zarrs = outside
    .filter((file) => ZARR.test(file))
    .map(folderOf)
    .filter((folder, _, all) => !all.some((other) => other !== folder && within(folder, other)));
  const singles = outside.filter((file) => SINGLE.test(file) && !zarrs.some((z) => within(file, z)));
  const tensors = new Map<string, string[]>();
  for (const file of singles.filter((f) => /\.safetensors$/i.test(f)))
    tensors.set(folderOf(file), [...(tensors.get(folderOf(file)) ?? []), file]);
  const many = [...tensors].filter(([folder, list]) => folder !== '' && list.length > 1).map(([folder]) => folder);
  const alone = singles.filter((f) => !(many.includes(folderOf(f)) && /\.safetensors$/i.test(f)));
  return [...runs, ...[...new Set([...zarrs, ...many, ...alone])].map((path) => ({ path }))];
}
