/** The settings that a record states, flat, and what makes two runs depend on each other. */

type Tree = Readonly<Record<string, unknown>>;
const tree = (value: unknown): Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};

/** One setting, in words, or undefined where a run does not state it. */
export interface SettingDifference {
  readonly key: string;
  readonly values: readonly (string | undefined)[];
}

/** Keys of records that say what was asked for; a run inside advice is stated by its config. */
const ASKED = ['config', 'analysis', 'recording', 'every', 'inputs', 'n', 'noiseStrength', 'method', 'seed', 'seeds'];

/** Returns the settings of a record by dotted keys, then what computed it. */
export function flatSettings(record: unknown): Map<string, string> {
  const all = tree(record);
  const run = tree(all.run);
  const asked = Object.fromEntries(ASKED.filter((key) => key in all).map((key) => [key, all[key]]));
  // the seeds of a run are named by the seed of its config
  if (typeof asked.seeds === 'object') delete asked.seeds;
  const versions = tree(all.versions ?? run.versions);
  const made = {
    thermograd: all.thermograd ?? versions.thermograd,
    node: versions.node,
    kernelBuild: all.kernelBuild ?? all.kernel ?? run.kernel,
    linearAlgebra: all.linearAlgebra ?? run.linearAlgebra,
    processor: tree(all.machine ?? run.machine).cpu,
  };
  const config = 'config' in run ? { config: run.config } : {};
  return new Map([...flatten({ ...config, ...asked }), ...flatten({ 'made with': made })]);
}

function flatten(value: unknown, path = ''): [string, string][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value))
    return [[path, value.map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v))).join(', ')]];
  return Object.entries(value).flatMap(([key, v]) =>
    flatten(v, path === '' || path === 'config' ? key : `${path}.${key}`),
  );
}

/** Returns the settings in which records differ. */
export function differingSettings(records: readonly unknown[]): SettingDifference[] {
  const maps = records.map(flatSettings);
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return keys
    .map((key) => ({ key, values: maps.map((map) => map.get(key)) }))
    .filter(({ values }) => values.some((v) => v !== values[0]));
}

/** Returns the seeds from which the random numbers of a record come; empty where it states none. */
export function seedsOf(record: unknown): number[] {
  const all = tree(record);
  const config = tree(all.config ?? tree(all.run).config);
  const base = 'base' in config ? tree(config.base) : config;
  const count = [all.seeds, config.seeds].find((n) => typeof n === 'number');
  const first =
    [base.seed, config.seed, all.seed].find((n) => typeof n === 'number') ?? (count === undefined ? undefined : 0);
  if (first === undefined) return [];
  return Array.from({ length: Math.max(1, count ?? 1) }, (_, k) => first + k);
}

/** Says in a sentence why the errors of two records are not independent; undefined where nothing suggests it. */
export function dependence(first: unknown, other: unknown, sameSource: boolean): string | undefined {
  const both = seedsOf(first).filter((seed) => seedsOf(other).includes(seed));
  const why = sameSource
    ? 'both measure the same recorded steps'
    : both.length > 0
      ? `both use ${both.length === 1 ? `the seed ${both[0]}` : `the seeds ${both[0]} to ${both[both.length - 1]}`}, so that they share random numbers, such as those of initial weights and batches`
      : undefined;
  return (
    why &&
    `Not independent: ${why}. The standard error of a difference is stated as if they were independent; where their errors go together, the true one is smaller.`
  );
}
