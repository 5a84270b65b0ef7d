/** The way from preset, file and flags to one complete, checked config of `forget`. */

import { layerBlocks } from '../../apply/blocks.js';
import { CONSTRAINTS, constraintNamed, findConstraint } from '../../apply/constraints/table.js';
import type { Dataset } from '../../data/dataset.js';
import { classProtocol, outlineOf, PROTOCOLS, type Protocol } from '../../data/tasks.js';
import { isTree, keyChecker, overlay, problemOf, type Tree } from '../../jobs/config-keys.js';
import type { AnyNetwork } from '../../model/any-network.js';
import { check, InputError } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import * as is from '../../numeric/wants.js';
import { layeredNetwork, namedNetworkKey } from '../../runs/layered-schema.js';
import { withOptimiser } from '../../runs/optimiser.js';
import { completeOptimiser, type OptimiserSpec } from '../../train/optimisers/spec.js';
import { sharedLayers, specFor } from './network.js';
import { FORGET_PRESETS, type ForgetConfig, forgetLayeredSchema, forgetSchema, type PartialForget } from './schema.js';

const checkKeys = { hidden: keyChecker(forgetSchema), layers: keyChecker(forgetLayeredSchema) };

/** Stands for the layer that an experiment takes by itself, until the data say which layers there are. */
const BY_ITSELF = '';
/** Statistics of networks of layers where the config states none: every direction costs passes over all samples. */
const LAYERED_STATISTICS = { samples: 2000, modes: 20 };

/**
 * Merges layers, of which later ones override earlier ones, over the preset that is named last; fills in defaults and
 * checks what can be checked without the data. Lists and `data.teacher` are replaced whole; another data set removes
 * the teacher. A network of another kind, and an optimiser, are replaced whole too.
 * @throws InputError with the key, and the nearest known key, method or protocol
 */
export function completeForget(...layers: (PartialForget | undefined)[]): ForgetConfig {
  is.given('completeForget', { layers }, { layers: is.listOf(is.maybe(is.object)) });
  const given = layers
    .filter((l): l is PartialForget => l !== undefined)
    .map((l) => (typeof l.network === 'string' ? { ...l, network: { name: l.network } } : l)) as Tree[];
  // the keys of an optimiser depend on its type, and are checked with it
  for (const layer of given)
    checkKeys[kindOf(layer.network) === undefined || kindOf(layer.network) === 'hidden' ? 'hidden' : 'layers']({
      ...layer,
      optimiser: undefined,
    });
  const preset = given.reduce<string>(
    (name, layer) => (layer.preset === undefined ? name : (layer.preset as string)),
    'standard',
  );
  const base = FORGET_PRESETS[preset as keyof typeof FORGET_PRESETS] as PartialForget | undefined;
  const merged = [base ?? {}, ...given].reduce<Tree>(
    (under, over) => overlay(under, over as Tree, ['data.teacher', 'optimiser', ...replaced(under, over as Tree)]),
    {},
  );
  merged.preset = preset;
  const { teacher, ...data } = (merged.data ?? {}) as Tree;
  if (data.set === 'teacher') merged.data = { ...data, teacher: teacher ?? {} };
  else if (data.set !== undefined) merged.data = data;
  const kind = kindOf(merged.network);
  const layered = kind === 'name' || kind === 'layers';
  // a union says little of what is wrong in it
  const network = kind === 'name' ? namedNetworkKey : layeredNetwork;
  const result = (layered ? forgetLayeredSchema.extend({ network }) : forgetSchema).safeParse(merged);
  if (!result.success) throw problemOf(result.error.issues[0], merged);
  const config = withOptimiser(result.data as ForgetConfig, merged as { training?: unknown });
  checkOptimiser(config);
  protocolOf(config);
  for (const name of config.methods) checkMethod(name);
  const ascending = (list: readonly number[]) => [...new Set(list)].sort((a, b) => a - b);
  return {
    ...config,
    statistics: {
      ...config.statistics,
      ...(layered && { ...LAYERED_STATISTICS, ...(merged.statistics as object | undefined) }),
      layer:
        config.statistics.layer || ('hidden' in config.network ? `layer${config.network.hidden.length}` : BY_ITSELF),
    },
    frozen: layered && merged.frozen === undefined ? [BY_ITSELF] : config.frozen,
    methods: [...new Set(config.methods)],
    strengths: ascending(config.strengths),
    constraints: ascending(config.constraints),
  };
}

/** Returns a complete config as it can be written again: what the optimiser states is not stated a second time in `training`. */
export function asBegun(config: ForgetConfig): PartialForget {
  if (config.optimiser === undefined) return config as PartialForget;
  const { learningRate: _, momentum: __, ...training } = config.training;
  return { ...config, training } as PartialForget;
}

type NetworkKind = 'hidden' | 'layers' | 'name';

/** Says of which kind a network in a part of a config is; undefined where it says nothing of it. */
function kindOf(network: unknown): NetworkKind | undefined {
  if (!isTree(network)) return undefined;
  const found = (['name', 'layers'] as const).find((key) => key in network);
  return found ?? (Object.keys(network).length > 0 ? 'hidden' : undefined);
}

/** Replaces a network of one kind whole by one of another kind. */
function replaced(under: Tree, over: Tree): string[] {
  const [before, after] = [kindOf(under.network), kindOf(over.network)];
  return after !== undefined && after !== before ? ['network'] : [];
}

/** Refuses an optimiser whose rate changes: it has to serve every task. */
function checkOptimiser({ optimiser }: ForgetConfig): void {
  if (optimiser === undefined) return;
  const { schedule } = completeOptimiser(optimiser as unknown as OptimiserSpec);
  check(
    schedule.type === 'constant' && !schedule.warmup,
    'bad-optimiser',
    'optimiser.schedule: tasks that follow one another are trained at one learning rate here; leave the schedule out.',
  );
}

/**
 * Names the layers that a config leaves open, once the data are known: the first one with weights for `frozen`, and the last one below
 * the outputs as that which is reported.
 * @throws InputError for layers that do not fit the data
 */
export function withLayers(config: ForgetConfig, dataset: Dataset): ForgetConfig {
  if ('hidden' in config.network) return config;
  const names = layerBlocks(specFor(config.network, { train: dataset.train, outputs: 2 })).map((b) => b.name);
  const { statistics, frozen } = config;
  return {
    ...config,
    frozen: frozen.map((name) => (name === BY_ITSELF ? names[0] : name)),
    statistics: {
      ...statistics,
      layer: statistics.layer === BY_ITSELF ? (names.at(-2) ?? names[0]) : statistics.layer,
    },
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
  const layers = layerBlocks(spec);
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
  const largest = Math.max(...layers.filter((l) => held.includes(l.name)).map((l) => l.size));
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
  const there = Math.min(rows - 1, shown.size);
  check(
    deepest <= there,
    'bad-config',
    `statistics.profiles asks for direction ${deepest}; the window and ${name} have ${there}.`,
  );
}

/** Checks that the layers to freeze are shared by all tasks, and that something is left to train. */
function checkFrozen({ frozen, head, methods }: ForgetConfig, spec: AnyNetwork): void {
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
