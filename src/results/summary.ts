/** One small document for each folder of results, from which the index of many runs is made. */
import type { Finding, Verdict } from '../report/finding.js';
import { digestOf, idOf, type ResultFolder, readDocument } from './folder.js';
import type { Kind } from './kinds.js';
import { estimatesIn, findingsIn, type RunNumber } from './numbers.js';

/** What the index says of a run. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly experiment: string;
  readonly what: string;
  readonly state: 'complete' | 'incomplete' | 'failed' | 'unreadable';
  /** Digest of the config without seed and number of threads: the same for runs that repeat each other; empty where there is no config. */
  readonly digest: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  readonly numbers: readonly RunNumber[];
  /** Why it cannot be read. */
  readonly problem?: string;
}

type Tree = Readonly<Record<string, unknown>>;
const tree = (value: unknown): Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};

/** Most numbers that a summary repeats. */
const MOST_NUMBERS = 40;

/** Keys of a config that repeat a run or only say how it is computed. */
const REPEATS = new Set(['seed', 'seeds', 'workers', 'kernel', 'provider', 'memoryBudget']);

/** JSON with sorted keys, without those of {@link REPEATS}. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (key, v) =>
    REPEATS.has(key)
      ? undefined
      : typeof v === 'object' && v !== null && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
  ) ?? '';

/**
 * Returns the summary of a folder; what cannot be read is said in it. Reads its record and its findings, a few kB.
 * @param kind - what the folder is, as `findResults` says; undefined for a recording
 */
export async function summarise(folder: ResultFolder, kind: Kind | undefined): Promise<RunSummary> {
  const head = { id: idOf(folder.name), name: folder.name };
  const none = { digest: '', settings: {}, verdicts: {}, numbers: [] };
  if (kind === undefined)
    return { ...head, experiment: 'weights', what: 'arrays of weights', state: 'complete', ...none };
  const { experiment, what } = kind;
  try {
    const record = tree(await readDocument(folder, kind.file));
    const findings = findingsIn(await readDocument(folder, 'findings.json'));
    const document = findings.length === 0 && kind.numbers ? await readDocument(folder, kind.numbers) : undefined;
    const numbers = findings.length > 0 ? findings.map(numberOf) : estimatesIn(document);
    return {
      ...head,
      experiment,
      what,
      state: stateOf(record),
      digest: 'config' in record ? digestOf(plain(record.config)) : '',
      settings: settingsOf(record),
      verdicts: Object.fromEntries(
        [...new Set(findings.map((f) => f.verdict))].map((v) => [v, findings.filter((f) => f.verdict === v).length]),
      ),
      numbers: numbers.slice(0, MOST_NUMBERS),
    };
  } catch (error) {
    return { ...head, experiment, what, state: 'unreadable', ...none, problem: (error as Error).message };
  }
}

/** The number of a finding, as the index has it. */
export const numberOf = ({ id, measured, unit, verdict }: Finding): RunNumber => ({
  id,
  value: measured.value,
  standardError: Number.isFinite(measured.standardError) ? measured.standardError : null,
  n: measured.n,
  unit,
  verdict,
});

function stateOf(record: Tree): RunSummary['state'] {
  const stages = Object.values(tree(record.stages)).map((stage) => tree(stage).status);
  if (stages.includes('failed')) return 'failed';
  return stages.every((status) => status === 'done') ? 'complete' : 'incomplete';
}

/** The settings that one asks a table of runs for; those of the run that a study repeats where it has one. */
function settingsOf(record: Tree): Record<string, string | number> {
  const config = tree(record.config);
  const base = 'base' in config ? tree(config.base) : config;
  const [data, network, training] = [tree(base.data), tree(base.network), tree(base.training)];
  const optimiser = tree(base.optimiser ?? training.optimiser);
  const all = {
    preset: config.preset ?? base.preset,
    title: config.title,
    data: data.set,
    network: Array.isArray(network.widths) ? network.widths.join('-') : (network.name ?? base.network),
    optimiser: optimiser.type,
    learningRate: training.learningRate ?? optimiser.learningRate ?? base.learningRate,
    batchSize: training.batchSize ?? base.batchSize,
    momentum: training.momentum ?? optimiser.momentum ?? base.momentum,
    sampling: training.sampling ?? base.sampling,
    layer: tree(base.record).layer,
    seed: base.seed ?? record.seed,
    seeds: typeof record.seeds === 'number' ? record.seeds : config.seeds,
    version: record.thermograd,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );
}
