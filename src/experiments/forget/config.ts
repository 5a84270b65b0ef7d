/** The way from preset, file and flags to one complete, checked config of `forget`. */
import { CONSTRAINTS, constraintNamed, findConstraint } from '../../apply/constraints/table.js';
import type { Dataset } from '../../data/dataset.js';
import { classProtocol, outlineOf, PROTOCOLS, type Protocol } from '../../data/tasks.js';
import { keyChecker, overlay, problemOf, type Tree } from '../../jobs/config-keys.js';
import { layersOf, type NetworkSpec } from '../../model/network.js';
import { check, InputError } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import * as is from '../../numeric/wants.js';
import { sharedLayers, specFor } from './network.js';
import { FORGET_PRESETS, type ForgetConfig, forgetSchema, type PartialForget } from './schema.js';

const checkKeys = keyChecker(forgetSchema);

/**
 * Merges layers, of which later ones override earlier ones, over the preset that is named last; fills in defaults and
 * checks what can be checked without the data. Lists and `data.teacher` are replaced whole; another data set removes
 * the teacher.
 * @throws InputError with the key, and the nearest known key, method or protocol
 */
export function completeForget(...layers: (PartialForget | undefined)[]): ForgetConfig {
  is.given('completeForget', { layers }, { layers: is.listOf(is.maybe(is.object)) });
  const given = layers.filter((l): l is PartialForget => l !== undefined);
  for (const layer of given) checkKeys(layer);
  const preset = given.reduce<string>((name, layer) => (layer.preset === undefined ? name : layer.preset), 'standard');
  const base = FORGET_PRESETS[preset as keyof typeof FORGET_PRESETS] as PartialForget | undefined;
  const merged = [base ?? {}, ...given].reduce<Tree>(
    (under, over) => overlay(under, over as Tree, ['data.teacher']),
    {},
  );
  merged.preset = preset;
  const { teacher, ...data } = (merged.data ?? {}) as Tree;
  if (data.set === 'teacher') merged.data = { ...data, teacher: teacher ?? {} };
  else if (data.set !== undefined) merged.data = data;
  const result = forgetSchema.safeParse(merged);
  if (!result.success) throw problemOf(result.error.issues[0], merged);
  const config = result.data;
  protocolOf(config);
  for (const name of config.methods) checkMethod(name);
  const ascending = (list: readonly number[]) => [...new Set(list)].sort((a, b) => a - b);
  return {
    ...config,
    statistics: { ...config.statistics, layer: config.statistics.layer || `layer${config.network.hidden.length}` },
    methods: [...new Set(config.methods)],
    strengths: ascending(config.strengths),
    constraints: ascending(config.constraints),
  };
}

/**
 * Returns the protocol of a config.
 * @throws InputError with the nearest name
 */
export function protocolOf({ protocol }: Pick<ForgetConfig, 'protocol'>): Protocol {
  const known = PROTOCOLS.find((p) => p.name === protocol);
  if (known) return known;
  if (/^[\d\s,/]+$/.test(protocol)) return classProtocol(protocol);
  const names = PROTOCOLS.map((p) => p.name);
  const close = nearest(protocol, names);
  throw new InputError(
    'no-such-protocol',
    `there is no protocol '${protocol}'; ${close ? `did you mean '${close}'?` : `there are ${names.join(', ')}, and classes of each task like 0,1/2,3.`}`,
  );
}

function checkMethod(name: string): void {
  if (findConstraint(name)) return;
  const names = CONSTRAINTS.map((c) => c.name);
  const close = nearest(name, names);
  throw new InputError(
    'no-such-constraint',
    `there is no method '${name}'; ${close ? `did you mean '${close}'?` : `there are ${names.join(', ')}.`}`,
  );
}

/**
 * Checks what depends on the data: whether they suit the protocol, and whether N_c axes exist.
 * @throws InputError when they do not
 */
export function checkAgainstData(config: ForgetConfig, dataset: Dataset): void {
  const protocol = protocolOf(config);
  const { head, training, network, constraints, statistics } = config;
  const { validationShare, batchSize } = training;
  const tasks = protocol.tasks.map((_, t) => outlineOf(dataset, protocol, t, { head, validationShare }));
  for (const task of tasks) {
    check(
      task.outputs >= 2,
      'bad-protocol',
      `the task '${task.name}' has one class, which is never confused with another; give each task two, or use --head all-compete.`,
    );
    check(
      task.training >= batchSize,
      'bad-batch-size',
      `the task '${task.name}' has ${task.training} training samples, fewer than a batch of ${batchSize}; ask for a smaller training.batchSize or more data.`,
    );
  }
  const [first] = tasks;
  const spec = specFor(network, { train: dataset.train, outputs: first.outputs });
  const layers = layersOf(spec);
  checkFrozen(config, spec);
  checkMemories(config, tasks);
  const held = heldLayers(
    config,
    layers.map((l) => l.name),
  );
  const batches = Math.floor(first.training / batchSize);
  const rows = Math.floor((batches * training.windowEpochs) / training.windowEvery);
  check(
    rows >= 2,
    'bad-thinning',
    `the window of ${batches * training.windowEpochs} steps keeps ${rows} rows, every ${training.windowEvery} steps; at least 2 are needed: lower training.windowEvery or raise training.windowEpochs.`,
  );
  const most = Math.max(...constraints);
  const largest = Math.max(...layers.filter((l) => held.includes(l.name)).map((l) => l.inputs * l.outputs));
  const rank = Math.min(rows - 1, largest);
  check(
    most <= rank,
    'too-many-constraints',
    `N_c = ${most} is too large: a window of ${rows} rows has at most ${rows - 1} principal directions, and the largest constrained layer has ${largest} weights. Ask for at most ${rank}, or raise training.windowEpochs.`,
  );
  const name = statistics.layer;
  const shown = layers.find((l) => l.name === name);
  check(
    shown !== undefined && sharedLayers(head, spec).includes(name),
    'no-such-layer',
    `statistics.layer is '${name}'; the layers that all tasks share are ${sharedLayers(head, spec).join(', ')}.`,
  );
  const deepest = Math.max(0, ...statistics.profiles);
  const there = Math.min(rows - 1, shown.inputs * shown.outputs);
  check(
    deepest <= there,
    'bad-config',
    `statistics.profiles asks for direction ${deepest}; the window and ${name} have ${there}.`,
  );
}

/** Checks that the layers to freeze are shared by all tasks, and that something is left to train. */
function checkFrozen({ frozen, head, methods }: ForgetConfig, spec: NetworkSpec): void {
  if (!methods.includes('frozen')) return;
  const shared = sharedLayers(head, spec);
  const wrong = frozen.find((l) => !shared.includes(l));
  check(
    wrong === undefined,
    'no-such-layer',
    `the method frozen can hold ${shared.join(', ')}${head === 'task-known' ? ' (each task has its own output layer)' : ''}; got '${wrong}'.`,
  );
  check(
    head === 'task-known' || shared.some((l) => !frozen.includes(l)),
    'nothing-to-train',
    `frozen holds all layers (${shared.join(', ')}), which leaves nothing to train; leave one out.`,
  );
}

/** Checks that every earlier task has as many samples as a replay stores. */
function checkMemories({ methods }: ForgetConfig, tasks: readonly { name: string; training: number }[]): void {
  for (const method of methods) {
    const { memory } = constraintNamed(method);
    const short = tasks.slice(0, -1).find((t) => typeof memory === 'number' && memory > t.training);
    check(
      short === undefined,
      'bad-memory',
      `${method} stores ${memory} samples of each earlier task, and '${short?.name}' has ${short?.training} to train on; ask for fewer, or for all with joint.`,
    );
  }
}

/**
 * Returns the layers that are constrained: those of the config, among those that all tasks share.
 * @throws InputError for other layers
 */
export function heldLayers({ layers, head }: Pick<ForgetConfig, 'layers' | 'head'>, all: readonly string[]): string[] {
  const shared = head === 'task-known' ? all.slice(0, -1) : [...all];
  if (layers === 'all') return shared;
  const wrong = layers.find((l) => !shared.includes(l));
  check(
    wrong === undefined,
    'no-such-layer',
    `a constraint can hold ${shared.join(', ')}${head === 'task-known' ? ' (each task has its own output layer)' : ''}; got '${wrong}'.`,
  );
  return shared.filter((l) => layers.includes(l));
}
