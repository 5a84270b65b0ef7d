/** What a request for a penalty means: which layers are held, where directions come from, which training is assumed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layerBlocks } from '../../apply/blocks.js';
import type { Constraint } from '../../apply/constraint.js';
import type { Task } from '../../apply/task.js';
import { trainingUnder } from '../../apply/task-training.js';
import type { Samples } from '../../data/dataset.js';
import type { RunOptions } from '../../jobs/context.js';
import type { MemoryNeed } from '../../jobs/memory.js';
import { verifyOutputs } from '../../jobs/outputs.js';
import type { AnyNetwork } from '../../model/any-network.js';
import type { LayerSpec } from '../../model/layered/spec.js';
import { check } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import type { JudgedState } from '../../runs/expected.js';
import { readRecord } from '../../runs/folder.js';
import { eachLayer, layersIn, placeOf } from '../../runs/layers.js';
import { optimiserIn } from '../../runs/optimiser.js';
import type { AnyConfig } from '../../runs/schema.js';
import type { StateRequest } from '../../runs/state.js';
import { TRAJECTORY } from '../../runs/train.js';
import type { WindowPlan } from './window.js';

/** Names the network, the method and the file. */
export interface ProtectRequest extends RunOptions, Pick<StateRequest, 'run' | 'layers' | 'weights' | 'expected'> {
  /** Name in the table of constraints; `ewc` by default. */
  readonly method?: string;
  /** N_c, axes a layer; 50 by default. */
  readonly axes?: number;
  /** Layers to constrain; by default all, or the recorded one where a run's own window is used. */
  readonly held?: 'all' | readonly string[];
  /** Most training samples that are measured, drawn at random; by default all. */
  readonly samples?: number;
  /** Epochs of further training in which all layers are recorded. */
  readonly windowEpochs?: number;
  /** File, .npz or .safetensors; penalty.npz by default. */
  readonly out?: string;
  readonly force?: boolean;
  readonly onStart?: (announcement: string, memory: MemoryNeed, disk: number) => void;
  /** Receives what the weights give on all training samples, before they are measured further. */
  readonly onJudged?: (judged: JudgedState) => void;
}

/** Fewest steps of a window that is trained. */
const LEAST_STEPS = 20;

/**
 * Decides where principal directions come from.
 * @throws InputError when the method needs them and there is no window, or the reverse
 */
export function windowSource(
  { run, windowEpochs }: ProtectRequest,
  { name, needsWindow, needsTraining = false }: Constraint,
): WindowPlan['kind'] | undefined {
  if (!needsWindow) {
    check(
      windowEpochs === undefined || needsTraining,
      'bad-flag',
      `${name} needs no window of training; leave --window-epochs out.`,
    );
    return undefined;
  }
  if (windowEpochs !== undefined) return 'trained';
  check(
    run !== undefined,
    'no-window',
    `${name} needs directions in which SGD moves, and a file of weights holds no window of training: continue training from it with --window-epochs 10 ` +
      '(only the directions are kept), or take a method that needs none, such as ewc or hessian.',
  );
  check(
    existsSync(join(run, TRAJECTORY)),
    'no-window',
    `the run in ${run} has no ${TRAJECTORY} any more; continue training from its weights with --window-epochs 10.`,
  );
  return 'recorded';
}

/**
 * Returns the layers that are constrained, in the order of the network.
 * @throws InputError for a layer that does not exist or was not recorded
 */
export function heldLayers(
  { run, held }: ProtectRequest,
  source: WindowPlan['kind'] | undefined,
  network: AnyNetwork,
): string[] {
  const all = layerBlocks(network).map((l) => l.name);
  const asked = held === undefined || held === 'all' ? all : held;
  check(asked.length > 0, 'no-layers', `--layers names no layer; the network has ${all.join(', ')}.`);
  for (const name of asked) {
    const near = nearest(name, all);
    check(
      all.includes(name),
      'no-such-layer',
      () => `there is no layer '${name}'${near ? `; did you mean ${near}?` : ';'} The network has ${all.join(', ')}.`,
    );
  }
  if (source === 'recorded') {
    const recorded = layersIn(readRecord(run!).config);
    if (held === undefined) return all.filter((name) => recorded.includes(name));
    const other = asked.find((name) => !recorded.includes(name));
    check(
      other === undefined,
      'no-window',
      `the run in ${run} recorded ${recorded.join(', ')} alone, and ${other} is asked for: take --layers ${recorded.join(',')}, or continue training with --window-epochs 10, which records every layer.`,
    );
  }
  return all.filter((name) => asked.includes(name));
}

/**
 * Returns what the stationary state depends on: the settings that the run was trained with, or those of the config for
 * weights alone and for a window that is trained. Momentum enters as the learning rate eta/(1 − mu), to first order in
 * eta. An optimiser that has no such state is said.
 */
export function trainingOf(
  { run, windowEpochs }: ProtectRequest,
  { name, needsTraining }: Constraint,
  config: AnyConfig,
  { count }: Samples,
): Pick<Task, 'training' | 'unsettled'> {
  const own = run !== undefined && windowEpochs === undefined ? readRecord(run).config : config;
  const { training, record } = own;
  const { batchSize, sampling } = training;
  if (needsTraining) {
    checkBatchSize(batchSize, count);
    check(
      sampling !== 'cyclic',
      'cyclic',
      `${name} assumes the stationary state of batches that are drawn anew; cyclic ones have none: set --sampling shuffled.`,
    );
  }
  const perEpoch = Math.floor(count / batchSize);
  const settled = trainingUnder(optimiserIn(own, Math.max(1, perEpoch)), {
    batchSize,
    windowSteps: (windowEpochs ?? record.windowEpochs) * perEpoch,
  });
  check(
    !needsTraining || settled.unsettled === undefined,
    'no-stationary-state',
    `${name} ${settled.unsettled}: take a method that measures the loss alone, such as ewc, hessian or ldc.`,
  );
  return settled;
}

/** Names the first layer with weights of a network whose data are not known yet. */
export function firstLayer(network: AnyConfig['network']): string {
  if ('widths' in network) return 'layer1';
  if ('name' in network) return network.name === 'mlp' ? 'layer1' : 'conv1';
  return firstOf(network.layers) ?? 'layer1';
}

function firstOf(layers: readonly LayerSpec[]): string | undefined {
  const words = { dense: 'dense1', conv: 'conv1', 'layer-norm': 'norm1', 'batch-norm': 'norm1' } as const;
  for (const layer of layers) {
    if (layer.type === 'residual') {
      const inside = firstOf([...layer.layers, ...(layer.shortcut ?? [])]);
      if (inside !== undefined) return inside;
    } else if (layer.type in words) return layer.name ?? words[layer.type as keyof typeof words];
  }
  return undefined;
}

/**
 * Returns the window that is read or trained.
 * @throws InputError when the recorded one has changed, or the one to be trained is too short
 */
export function windowPlan(
  { run, windowEpochs }: ProtectRequest,
  source: WindowPlan['kind'] | undefined,
  config: AnyConfig,
  { count }: Samples,
): WindowPlan | undefined {
  if (source === undefined) return undefined;
  if (source === 'recorded') {
    const record = readRecord(run!);
    const windows = eachLayer(record.config).map((own) => ({
      layer: own.record.layer,
      path: join(placeOf(own, ''), TRAJECTORY),
    }));
    verifyOutputs(
      run!,
      record.outputs,
      windows.map((w) => w.path),
    );
    return { kind: 'recorded', windows: windows.map(({ layer, path }) => ({ layer, path: join(run!, path) })) };
  }
  const { learningRate, momentum, batchSize, sampling } = config.training;
  checkBatchSize(batchSize, count);
  const epochs = windowEpochs!;
  const steps = epochs * Math.floor(count / batchSize);
  check(
    steps >= LEAST_STEPS,
    'window-too-short',
    `a window of ${epochs} epochs has ${steps} steps; its directions need at least ${LEAST_STEPS}: raise --window-epochs.`,
  );
  const { optimiser } = config;
  const own = optimiser && { optimiser: optimiserIn(config, Math.floor(count / batchSize)) };
  return { kind: 'trained', epochs, steps, learningRate, momentum, batchSize, sampling, ...own };
}

function checkBatchSize(batchSize: number, count: number): void {
  check(
    batchSize <= count,
    'bad-batch-size',
    `the batch size must be an integer from 1 to the ${count} training samples; got ${batchSize}.`,
  );
}
