/**
 * The first task of a seed: it is trained, its window is recorded, and what constraints need is measured; then later
 * tasks are trained from new weights. No sample of a later task is read before the files of the first are written.
 *
 *     task1.safetensors   its solution   axes.npz  principal directions, stiffest modes, vortex planes   first.json  the facts
 */
import { rowsInMemory } from '../../analyse/trajectory/rows.js';
import type { Constraint, ConstraintOptions } from '../../apply/constraint.js';
import { constraintNamed } from '../../apply/constraints/table.js';
import { planeBasis } from '../../apply/planes.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { recordedBlock } from '../../model/any-network.js';
import { DivergedError, InputError, RunError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { writeModel } from '../../record/checkpoint.js';
import { recordWindow } from '../../train/window.js';
import { knownTask, remembering, writeAxes } from './known.js';
import type { Curve, SeedFacts } from './measured.js';
import { Weights } from './network.js';
import { ownProfiles } from './profiles.js';
import type { ForgetConfig } from './schema.js';
import { runEpoch, type TaskSet } from './task-set.js';

/** Names the files of a first task. */
export interface FirstFiles {
  readonly model: string;
  readonly axes: string;
  readonly facts: string;
}

/**
 * Describes the content of first.json: facts for the report, and the natural strengths of the methods for the branches.
 */
export interface FirstFacts extends SeedFacts {
  readonly format: 'thermograd forget first task';
  readonly windowSteps: number;
  readonly curve: Curve;
  readonly methods: Readonly<
    Record<string, { readonly title: string; readonly strength: string; readonly refused: string }>
  >;
  readonly seconds: number;
}

/** Says what a method holds; of frozen layers, which. */
const titleOf = ({ kind, title }: Constraint, { frozen }: ForgetConfig): string =>
  kind === 'frozen' ? `${frozen.join(', ')} excluded from training after task 1` : title;

/**
 * Trains and measures the first task of a seed, and writes its weights and axes.
 * @throws RunError when training diverges
 */
export async function firstTask(
  taskSet: TaskSet,
  la: LinearAlgebra,
  files: FirstFiles,
  report: ReportProgress,
): Promise<Omit<FirstFacts, 'seconds'>> {
  const { config, size, seed } = taskSet;
  const { training, statistics } = config;
  const spec = taskSet.spec(0);
  const trained = trainFirst(taskSet, report);
  const { weights, window, curve } = trained;

  report('statistics', 0.2);
  const rows = rowsInMemory(window.rows, window.P);
  const { task, axes } = remembering(
    await knownTask({ taskSet, task: 0, weights: weights.flat(0), windowSteps: window.steps, la, window: rows }),
  );
  const { name: reported, offset, size: weightCount } = recordedBlock(spec, statistics.layer);
  const block = { name: reported, offset, size: weightCount, span: 0 };
  await task.principal(block, Math.max(statistics.modes, ...config.constraints, ...statistics.profiles));
  const options: ConstraintOptions = {
    axes: Math.max(...config.constraints),
    key: taskSet.taskKey(0).child('axes'),
    la,
  };
  const methods: Record<string, FirstFacts['methods'][string]> = {};
  for (const [k, name] of config.methods.entries()) {
    report(`statistics for ${name}`, 0.2 + (0.6 * k) / config.methods.length);
    const constraint = constraintNamed(name);
    const described = { title: titleOf(constraint, config), strength: '', refused: '' };
    methods[name] = described;
    if (constraint.kind !== 'penalty') continue;
    try {
      const { unit, parts } = await constraint.build(task, options);
      methods[name] = { ...described, strength: unit.how };
      const own = parts.find((p) => p.offset === block.offset);
      if (name.startsWith('vortex') && own?.kind === 'lowRank') axes.planes.set(block.name, planeBasis(own.axes));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      methods[name] = { ...described, refused: error.message };
    }
  }
  await task.stiffest(block, statistics.modes);
  const profiles = seed === 0 ? await ownProfiles(taskSet, weights, axes) : [];
  const loss = taskSet.firstLoss(weights);
  writeModel(files.model, spec, weights.flat(0), { seed: String(seed), task: '1' });
  writeAxes(files.axes, axes);

  report('later tasks from fresh weights', 0.85);
  const scratch = Array.from({ length: taskSet.count }, (_, t) =>
    t === 0 ? taskSet.accuracy(weights, 0, 'test') : fromScratch(taskSet, t, size),
  );
  const facts: Omit<FirstFacts, 'seconds'> = {
    format: 'thermograd forget first task',
    seed,
    epochs: training.firstEpochs + training.windowEpochs,
    stopped: `after ${training.firstEpochs} epochs and a window of ${training.windowEpochs}`,
    centreLoss: task.loss,
    loss,
    test: scratch[0],
    scratch,
    profiles,
    windowSteps: window.steps,
    curve,
    methods,
  };
  return facts;
}

function trainFirst(taskSet: TaskSet, report: ReportProgress) {
  const { firstEpochs, windowEpochs, windowEvery, batchSize } = taskSet.config.training;
  const trainer = taskSet.trainer(0);
  const plan = taskSet.plan(0);
  trainer.setWeights(taskSet.initial(0));
  const curve = { epoch: [] as number[], task: [] as number[], test: [] as number[][] };
  const look = (epoch: number) => {
    curve.epoch.push(epoch);
    curve.task.push(0);
    curve.test.push(taskSet.accuracies(Weights.of(trainer.weights(), taskSet.size), 'test'));
  };
  try {
    for (let e = 0; e < firstEpochs; e++) {
      report(`task 1, epoch ${e + 1}`, (0.2 * e) / (firstEpochs + windowEpochs));
      runEpoch(trainer, plan.epoch(e).order, batchSize);
      look(e + 1);
    }
    report('task 1, window', (0.2 * firstEpochs) / (firstEpochs + windowEpochs));
    const window = recordWindow({
      trainer,
      plan,
      batchSize,
      firstEpoch: firstEpochs,
      epochs: windowEpochs,
      every: windowEvery,
      onEpoch: (done) => look(firstEpochs + done),
    });
    return { weights: Weights.of(trainer.weights(), taskSet.size), window, curve };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    throw new RunError(
      'diverged',
      `task 1 of seed ${taskSet.seed} diverged with learning rate ${error.learningRate}; take a smaller one.`,
    );
  }
}

/**
 * Returns the test accuracy of a later task after as many epochs as a branch has, from new weights; NaN when that
 * diverges.
 */
function fromScratch(taskSet: TaskSet, t: number, size: number): number {
  const { epochs, batchSize } = taskSet.config.training;
  const trainer = taskSet.trainer(t);
  const plan = taskSet.plan(t);
  trainer.setWeights(taskSet.initial(t));
  try {
    for (let e = 0; e < epochs; e++) runEpoch(trainer, plan.epoch(e).order, batchSize);
  } catch (error) {
    if (error instanceof DivergedError) return Number.NaN;
    throw error;
  }
  const flat = trainer.weights();
  const heads: Float32Array[] = [];
  if (size < flat.length) heads[t] = flat.subarray(size);
  return taskSet.accuracy(new Weights(flat.subarray(0, size), heads), t, 'test');
}
