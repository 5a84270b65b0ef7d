/** One cell of a sweep of whole experiments: the experiment runs in a folder of its own, and its findings are kept. */
import type { Tree } from '../../jobs/config-keys.js';
import { RunError } from '../../numeric/errors.js';
import { networkTitle } from '../../runs/network.js';
import type { AnyConfig } from '../../runs/schema.js';
import { type Outcome, type Swept, type SweptName, sweptExperiment } from '../swept.js';
import type { AxisValue, CellRun, Measured, SweepCell } from './measured.js';
import type { MeasureRequest } from './measures/registry.js';
import { removeScratch, scratchFor } from './scratch.js';

/** Says which experiment a cell is, with which config. */
export interface OtherRequest {
  readonly index: number;
  readonly point: Readonly<Record<string, AxisValue>>;
  readonly seed: number;
  readonly experiment: SweptName;
  /** Without the seed. */
  readonly config: Tree;
  /** Kernel build and linear algebra of all cells, for experiments that make runs. */
  readonly pinned: Pick<AnyConfig, 'kernel'> & { readonly provider: string };
  readonly measure: readonly MeasureRequest[];
  /** Folder of the sweep. */
  readonly path: string;
  readonly report: (what: string, share: number) => void;
}

/** The document of such a cell; verdicts by the id of the finding. */
export interface OtherCell extends SweepCell {
  readonly verdicts: Readonly<Record<string, string>>;
}

/** Runs the experiment. One that diverges, or cannot be finished, leaves a document that says so. */
export async function otherCell(request: OtherRequest): Promise<OtherCell> {
  const { index, point, seed, experiment, measure, path, report } = request;
  const swept = await sweptExperiment(experiment);
  const config = { ...request.config, ...(swept.seeded && { seed }), ...(swept.run && request.pinned) };
  const out = scratchFor(path, index);
  const start = performance.now();
  const document = (ended: SweepCell['ended'], reason: string, kept: Pick<OtherCell, 'measured' | 'verdicts'>) => ({
    format: 'thermograd sweep cell' as const,
    index,
    point,
    seed,
    config: factsOf(swept, config),
    steps: Number.NaN,
    epochs: Number.NaN,
    ended,
    reason,
    ...kept,
    seconds: Math.round(performance.now() - start) / 1000,
  });
  try {
    const kept = keep(measure, await swept.outcome(config, { out, report }), experiment);
    return document('rule', `${experiment} was done`, kept);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const why = { why: error.message };
    const measured = Object.fromEntries(measure.map(({ name }) => [name, why]));
    return document(error.code === 'diverged' ? 'diverged' : 'budget', error.message, { measured, verdicts: {} });
  } finally {
    removeScratch(path, out);
  }
}

/** Picks what is asked for. */
function keep(
  measure: readonly MeasureRequest[],
  { findings, numbers }: Outcome,
  experiment: string,
): Pick<OtherCell, 'measured' | 'verdicts'> {
  const measured: Record<string, Measured> = {};
  const verdicts: Record<string, string> = {};
  for (const { name } of measure) {
    const finding = findings.find((f) => f.id === name);
    if (finding === undefined) measured[name] = numbers[name] ?? { why: `this run of ${experiment} has no ${name}` };
    else {
      verdicts[name] = finding.verdict;
      measured[name] = Number.isFinite(finding.measured.value) ? finding.measured : { why: finding.reason };
    }
  }
  return { measured, verdicts };
}

/** Returns what is known of the run of an experiment before it is made. */
function factsOf({ run }: Swept, config: Tree): CellRun {
  const cell: AnyConfig | undefined = run?.(config);
  if (cell === undefined) return {} as CellRun;
  const { training, optimiser, data } = cell;
  return {
    eta: training.learningRate,
    B: training.batchSize,
    mu: training.momentum,
    network: networkTitle(cell),
    optimiser: (optimiser?.type as string | undefined) ?? 'sgd',
    data: data.set,
    sampling: training.sampling,
  } as CellRun;
}
