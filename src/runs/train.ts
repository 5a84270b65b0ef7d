/** Training and recording: drives the loop, writes trajectory, curves and checkpoints, and continues from them. */
import { join } from 'node:path';
import type { TrainingCurves } from '../analyse/trajectory/results.js';
import type { Dataset, Samples } from '../data/dataset.js';
import { batchPlan } from '../data/samplers.js';
import { yieldToEvents } from '../jobs/context.js';
import { type AnyNetwork, initialOf } from '../model/any-network.js';
import { check, DivergedError } from '../numeric/errors.js';
import { randomKey } from '../numeric/random.js';
import { type Checkpoint, readCheckpoint, readModel, writeCheckpoint, writeModel } from '../record/checkpoint.js';
import { readJson, readPart, writeJson } from '../record/json.js';
import { type Cursor, type Curves, newCursor, newCurves, trainingLoop } from '../train/loop.js';
import { STEPS_PER_CALL } from '../train/trainer.js';
import type { Context } from './context.js';
import { evaluationOf, type RunLearner, runLearner } from './learner.js';
import type { AnyConfig } from './schema.js';
import { hasWindowStart, openWriters, type WindowWriters } from './window-writers.js';

/** File of the state of training in a run folder. */
export const CHECKPOINT = 'checkpoint.safetensors';
const HISTORY = 'history.json';
/** File of the final weights in a run folder. */
export const MODEL = 'model.safetensors';
/** File of the state at the beginning of the window, of runs of layers and of optimisers. */
export const WINDOW_START = 'window-start.safetensors';
export { TRAJECTORY } from './window-writers.js';

/** What a checkpoint of a run holds beside weights and buffers: the cursor, and the steps so far whose gradient was shortened. */
export interface RunState extends Cursor {
  readonly clipped?: number;
}

/**
 * Trains from the last checkpoint of the folder, or the initial weights, to the end of the window.
 *
 * A checkpoint is written only when all rows before it are on disk, so a run continued from it rewrites the rows after
 * it with the same bits. Curves are written before their checkpoint and cut to its epoch when read.
 * @throws DivergedError, after what was recorded is written; RunError when training has stopped moving, or the disk is full
 * or not writable; InterruptedError
 */
export async function trainStage(context: Context, dataset: Dataset): Promise<void> {
  const { folder, config, network, options } = context;
  const { training, record } = config;
  const key = randomKey(config.seed);
  const plan = batchPlan({ count: dataset.train.count, ...training, key: key.child('batches') });
  const learner = runLearner(network, dataset.train, config, plan.batchesPerEpoch);
  const saved = readCheckpoint<RunState>(folder.file(CHECKPOINT), network, newCursor());
  learner.setWeights(saved?.weights ?? initialOf(network, key.child('init')));
  const { clipped: before = 0, ...cursor }: RunState = saved?.state ?? newCursor();
  const clips = config.optimiser !== undefined && 'clipNorm' in config.optimiser;
  if (saved) learner.setState(saved, cursor.step);
  const curves = readCurves(readJson<Partial<Curves>>(folder.file(HISTORY)), cursor.epoch);
  let writer: WindowWriters | undefined;
  if (cursor.stoppedAfter >= 0) writer = await openWindow(context, plan.batchesPerEpoch, cursor);

  const here = (): Checkpoint<RunState> => ({
    weights: learner.weights(),
    ...learner.state(),
    state: { ...cursor, ...(clips && { clipped: before + learner.clipped() }) },
    configHash: folder.record.configHash,
  });
  const save = () => {
    writeJson(folder.file(HISTORY), historyOf(curves, cursor, config, plan.batchesPerEpoch));
    writeCheckpoint(folder.file(CHECKPOINT), network, here());
  };
  const loop = trainingLoop({
    learner,
    plan,
    batchSize: training.batchSize,
    stop: training.stop,
    windowEpochs: record.windowEpochs,
    maxEpochs: training.maxEpochs,
    evaluateEvery: training.evaluateEvery,
    evaluateTrain: () => learner.evaluate(),
    evaluateTest: dataset.test && testEvaluation(context, dataset.test, learner),
    cursor,
    curves,
    chunkSteps: STEPS_PER_CALL,
    room: () => writer?.room ?? STEPS_PER_CALL,
  });
  let lastSave = performance.now();
  try {
    for (const event of loop) {
      if (event.kind === 'steps') {
        if (event.recorded) writer!.append(event.firstStep, event.recorded, event.loss, event.correct);
      } else if (cursor.stoppedAfter === cursor.epoch) {
        writer = await openWindow(context, plan.batchesPerEpoch, cursor);
        if (hasWindowStart(context)) writeCheckpoint(folder.file(WINDOW_START), network, here());
        save();
      }
      if (writer === undefined || writer.pending === 0) {
        if (performance.now() - lastSave > 1000 * (options.checkpointSeconds ?? 2)) {
          save();
          lastSave = performance.now();
        }
        await yieldToEvents(context, save);
      }
      report(context, cursor, curves, plan.batchesPerEpoch);
    }
  } catch (error) {
    if (error instanceof DivergedError) {
      writer?.flush();
      writeJson(folder.file(HISTORY), historyOf(curves, cursor, config, plan.batchesPerEpoch));
    }
    throw error;
  }
  save();
  writeModel(folder.file(MODEL), network, learner.weights(), {
    config: folder.record.configHash,
    steps: String(cursor.step),
  });
}

/**
 * Reads the curves of a run folder.
 * @throws InputError when they are missing or damaged
 */
export const historyIn = (path: string): TrainingCurves =>
  readPart<TrainingCurves>(join(path, HISTORY), ['epoch', 'runningLoss', 'stepsPerEpoch']);

/**
 * Reads the final weights of a run folder.
 * @throws InputError when they are missing; RunError when they belong to another network
 */
export function finalWeights(path: string, spec: AnyNetwork): Float32Array {
  const file = join(path, MODEL);
  const weights = readModel(file, spec);
  check(
    weights !== undefined,
    'no-weights',
    `${file} is missing, and the record says that the run was trained; restore it from a copy, or make the run again in another folder with --out.`,
  );
  return weights;
}

function openWindow(context: Context, stepsPerEpoch: number, cursor: Cursor): Promise<WindowWriters> {
  const { folder, config } = context;
  const { learningRate, momentum, batchSize, sampling, lastBatch } = config.training;
  const attributes = {
    stepsPerEpoch,
    learningRate,
    momentum,
    batchSize,
    sampling,
    lastBatch,
    ...(config.optimiser && { optimiser: config.optimiser }),
    configHash: folder.record.configHash,
  };
  const steps = config.record.windowEpochs * stepsPerEpoch;
  return openWriters(context, { steps, attributes, row: cursor.step - cursor.stoppedAfter * stepsPerEpoch });
}

/** Returns the evaluation of the test samples, by a second trainer that gets the current weights. */
function testEvaluation({ network, config }: Context, samples: Samples, learner: RunLearner) {
  const evaluate = evaluationOf(network, samples, config);
  return () => evaluate(learner.weights());
}

function historyOf(curves: Curves, cursor: Cursor, config: AnyConfig, stepsPerEpoch: number) {
  const first = cursor.stoppedAfter + 1;
  return {
    ...curves,
    stepsPerEpoch,
    window: cursor.stoppedAfter < 0 ? null : [first, first + config.record.windowEpochs - 1],
    stopped: cursor.reason || null,
  };
}

/** Cuts saved curves to the epochs of the checkpoint. */
function readCurves(saved: Partial<Curves> | undefined, epochs: number): Curves {
  const curves = newCurves();
  for (const name of Object.keys(curves) as (keyof Curves)[]) {
    curves[name].push(...(saved?.[name] ?? []).slice(0, epochs));
  }
  return curves;
}

function report({ config, options }: Context, cursor: Cursor, curves: Curves, stepsPerEpoch: number): void {
  if (!options.onProgress) return;
  const { stop, maxEpochs } = config.training;
  const { windowEpochs } = config.record;
  let epochs: number | undefined;
  if (cursor.stoppedAfter >= 0) epochs = cursor.stoppedAfter + windowEpochs;
  else if (stop.rule === 'epochs') epochs = Math.min(stop.epochs + windowEpochs, maxEpochs);
  const last = curves.runningLoss.length - 1;
  const note = last < 0 ? 'epoch 1' : `epoch ${cursor.epoch + 1}, loss ${curves.runningLoss[last].toPrecision(3)}`;
  options.onProgress({
    stage: 'train',
    done: cursor.step,
    ...(epochs !== undefined && { total: epochs * stepsPerEpoch }),
    unit: 'steps',
    note: cursor.stoppedAfter < 0 ? note : `${note}, recording`,
  });
}
