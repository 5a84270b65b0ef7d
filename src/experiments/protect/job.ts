/**
 * The job of `thermograd protect`, which runs in a worker thread: a window where the method needs one, measurements,
 * the penalty.
 */
import { type RowSource, rowsInMemory } from '../../analyse/trajectory/rows.js';
import type { BlockDiagnostics, UnitStrength } from '../../apply/constraint.js';
import { learntTask } from '../../apply/layered-task.js';
import { protectTask } from '../../apply/protect.js';
import type { Block, Task } from '../../apply/task.js';
import { layerWindows } from '../../apply/windows.js';
import type { Samples } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import type { AnyNetwork } from '../../model/any-network.js';
import type { Penalty } from '../../model/penalty.js';
import { normalForm } from '../../model/penalty-normal.js';
import { RunError } from '../../numeric/errors.js';
import { chooseProvider, type ProviderChoice } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { Trajectory } from '../../record/trajectory.js';
import type { State } from '../../runs/state.js';
import { evaluator } from '../../train/evaluator.js';
import { STEPS_PER_CALL } from '../../train/trainer.js';
import { recordWindow } from '../../train/window.js';
import { type WindowPlan, windowTrainer } from './window.js';

/** Holds the network, its data and what is constrained. */
export interface ProtectShared {
  readonly network: AnyNetwork;
  readonly weights: Float32Array;
  /** PyTorch's momentum buffer, or what another optimiser keeps, where they are known; for further training. */
  readonly velocity?: Float32Array;
  readonly optimiser?: State['optimiser'];
  /** lambda of the L2 penalty that the training descended. */
  readonly decay: number;
  /** Samples that are measured. */
  readonly measured: Samples;
  /** Samples on which a window is trained. */
  readonly train?: Samples;
  readonly layers: readonly string[];
  readonly axes: number;
  readonly training: Pick<Task, 'training' | 'unsettled'>;
  readonly window?: WindowPlan;
  readonly seed: number;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Names the method. */
export interface ProtectJob {
  readonly method: string;
}

/** Describes the window that was used. */
export interface WindowSeen {
  readonly steps: number;
  readonly rows: number;
  /** Training loss at its end; NaN for a recorded one, which ends at the weights themselves. */
  readonly loss: number;
}

/** Holds the penalty and what was measured. */
export interface ProtectOutcome {
  readonly penalty: Penalty;
  readonly unit: UnitStrength;
  readonly diagnostics: readonly BlockDiagnostics[];
  /** Mean loss and misclassified samples of those measured, at the weights; errors are NaN without classes. */
  readonly loss: number;
  readonly errors: number;
  /** Largest eigenvalue of K. */
  readonly stiffest: number;
  readonly window?: WindowSeen;
  readonly linearAlgebra: string;
}

/** Fewest rows of a window that is trained, in total and for each axis. */
const [ROWS, ROWS_PER_AXIS] = [600, 4];

/** Returns the number of steps between rows. */
export function thinning(steps: number, axes: number): number {
  const rows = Math.max(ROWS, ROWS_PER_AXIS * axes);
  return Math.max(1, Math.min(STEPS_PER_CALL, Math.floor(steps / rows)));
}

/**
 * Does the job.
 * @throws InputError from the method; RunError for weights without a finite loss, and for a penalty that is zero
 */
export async function runProtectJob(
  { method }: ProtectJob,
  shared: ProtectShared,
  report: ReportProgress,
): Promise<ProtectOutcome> {
  forceKernelBuild(shared.kernelBuild);
  const { network, weights, measured, layers, axes, training, decay } = shared;
  const la = await chooseProvider({ prefer: shared.provider });
  const key = randomKey(shared.seed).child('protect');
  report('loss', 0);
  const { loss, errors } = judge(shared);
  const { windows, seen } = await windowsOf(shared, report);
  const task = await learntTask({
    network,
    weights,
    samples: measured,
    layers,
    ...(windows && { windows }),
    ...training,
    decay,
    la,
    axes,
    key: key.child('statistics'),
  });
  const { penalty, unit, diagnostics } = await protectTask(reportingTask(task, report), { method, axes, key, la });
  const { stiffest } = normalForm(penalty, la);
  if (!(stiffest > 0))
    throw new RunError(
      'nothing-held',
      `${method} constrains nothing at these weights: ${[...new Set(diagnostics.map((d) => d.why).filter((w) => w))].join('; ') || 'no direction has any curvature'}. Take another method, or other weights.`,
    );
  return {
    penalty,
    unit,
    diagnostics,
    loss,
    errors,
    stiffest,
    ...(seen && { window: seen }),
    linearAlgebra: la.name,
  };
}

function judge({ network, weights, measured }: ProtectShared): { loss: number; errors: number } {
  const trainer = evaluator(network, measured);
  trainer.setWeights(weights);
  const { loss, errors } = trainer.evaluate();
  if (!Number.isFinite(loss))
    throw new RunError('no-loss', `the loss of the samples at these weights is ${loss}; there is nothing to protect.`);
  return { loss, errors };
}

async function windowsOf(
  shared: ProtectShared,
  report: ReportProgress,
): Promise<{ windows?: Record<string, RowSource>; seen?: WindowSeen }> {
  const { network, window: plan } = shared;
  if (!plan) return {};
  if (plan.kind === 'recorded') {
    const windows: Record<string, RowSource> = {};
    for (const { layer, path } of plan.windows) windows[layer] = await Trajectory.open(path);
    const { T } = windows[plan.windows[0].layer];
    return { windows, seen: { steps: T, rows: T, loss: Number.NaN } };
  }
  const { epochs, batchSize } = plan;
  const train = shared.train!;
  const trainer = windowTrainer(network, train, plan, shared);
  const { rows, T, P, steps } = recordWindow({
    trainer,
    plan: batchPlan({
      count: train.count,
      batchSize,
      sampling: plan.sampling,
      lastBatch: 'drop',
      key: randomKey(shared.seed).child('protect').child('batches'),
    }),
    batchSize,
    firstEpoch: 0,
    epochs,
    every: thinning(plan.steps, shared.axes),
    onEpoch: (done) => report(`window, epoch ${done} of ${epochs}`, (0.4 * done) / epochs),
  });
  const { loss } = trainer.evaluate();
  return { windows: layerWindows(network, rowsInMemory(rows, P)), seen: { steps, rows: T, loss } };
}

/** Returns the task with reports of which measurement of which layer is being made. */
function reportingTask(task: Task, report: ReportProgress): Task {
  const said =
    <Rest extends unknown[], R>(what: string, measure: (block: Block, ...rest: Rest) => R) =>
    (block: Block, ...rest: Rest): R => {
      const done = task.blocks.findIndex((b) => b.name === block.name) / task.blocks.length;
      report(`${what} of ${block.name}`, 0.4 + 0.6 * done);
      return measure.call(task, block, ...rest);
    };
  return {
    ...task,
    principal: said('principal directions', task.principal),
    widths: said('widths', task.widths),
    stiffest: said('stiffest directions', task.stiffest),
    curvatures: said('curvatures', task.curvatures),
    noise: said('gradient noise', task.noise),
    fisher(kind) {
      report('Fisher matrix', 0.4);
      return task.fisher(kind);
    },
  };
}
