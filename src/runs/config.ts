/** The way from preset, file and command line to one complete, checked config. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isTree, keyChecker, overlay, problemOf, type Tree } from '../jobs/config-keys.js';
import { layerNamed } from '../model/network.js';
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { checkWindowFits } from '../train/stopping.js';
import { readMapping } from './config-file.js';
import { layeredNetwork, namedNetworkKey } from './layered-schema.js';
import { layersIn, oneStatement, withFirst } from './layers.js';
import { withOptimiser } from './optimiser.js';
import { PRESETS } from './presets.js';
import { type AnyConfig, type Config, layeredSchema, type PartialConfig, schema } from './schema.js';

const checkKeys = { perceptron: keyChecker(schema), layered: keyChecker(layeredSchema) };

/**
 * Merges layers, of which later ones override earlier ones, fills in all defaults and checks the result. The lowest
 * layer is the preset that is named last. `training.stop`, `optimiser`, lists and `data.teacher` are replaced whole.
 * @throws InputError with the key and, for an unknown key, the nearest known one; for a network of layers, and for an
 * optimiser, neither of which what asks has (`completeRunConfig` takes both)
 */
export function completeConfig(...layers: (PartialConfig | undefined)[]): Config {
  is.given('completeConfig', { layers }, { layers: is.listOf(is.maybe(is.object)) });
  return plainConfig(completeRunConfig(...layers));
}

/**
 * Returns a config as it is if its network is a multilayer perceptron that SGD trains.
 * @throws InputError otherwise
 */
export function plainConfig(config: AnyConfig): Config {
  const { network, optimiser } = config;
  check(
    'widths' in network,
    'bad-network',
    `this takes multilayer perceptrons (network.widths) so far; the config has ${'name' in network ? `the network ${network.name}` : 'a network of layers'}.`,
  );
  check(
    optimiser === undefined,
    'bad-optimiser',
    `this measures SGD with training.momentum so far; the config has the optimiser ${optimiser?.type}.`,
  );
  return config as Config;
}

/** Does the same for a run, whose network may be one of layers, and which may have an optimiser. */
export function completeRunConfig(...layers: (PartialConfig | undefined)[]): AnyConfig {
  is.given('completeRunConfig', { layers }, { layers: is.listOf(is.maybe(is.object)) });
  const given = layers
    .filter((l): l is PartialConfig => l !== undefined)
    .map((l) => (typeof l.network === 'string' ? { ...l, network: { name: l.network } } : l)) as PartialConfig[];
  for (const layer of given) {
    checkWeightDecay(layer);
    // the keys of an optimiser depend on its type, and are checked with it
    checkKeys[kindOfNetwork(layer.network) ?? 'perceptron']({ ...layer, optimiser: undefined });
  }
  const preset = given.reduce<string>((name, layer) => (layer.preset === undefined ? name : layer.preset), 'standard');
  const base = PRESETS[preset as keyof typeof PRESETS] as PartialConfig | undefined;
  const merged = [base ?? {}, ...given].reduce<Tree>(
    (under, over) =>
      overlay(oneStatement(under, over as Tree), over as Tree, [
        'training.stop',
        'optimiser',
        'data.teacher',
        ...other(under, over),
      ]),
    {},
  );
  merged.preset = preset;
  fillFromTeacher(merged);
  withFirst(merged);
  const layered = isTree(merged.network) && kindOfNetwork(merged.network) === 'layered';
  // a union says little of what is wrong in it
  const network = isTree(merged.network) && 'name' in merged.network ? namedNetworkKey : layeredNetwork;
  const result = (layered ? layeredSchema.extend({ network }) : schema).safeParse(merged);
  if (!result.success) throw problemOf(result.error.issues[0], merged);
  const config = withOptimiser(result.data as AnyConfig, merged);
  checkConfig(config);
  return config;
}

/** Says of which kind a network in a part of a config is; undefined where it says nothing of it. */
function kindOfNetwork(network: unknown): 'perceptron' | 'layered' | undefined {
  if (!isTree(network)) return undefined;
  if ('layers' in network || 'name' in network) return 'layered';
  return 'widths' in network || 'activation' in network || 'bias' in network ? 'perceptron' : undefined;
}

/** Replaces a network of one kind whole by one of another kind. */
function other(under: Tree, over: Tree | PartialConfig): string[] {
  const [a, b] = [under.network, over.network] as Tree[];
  const kinds = [kindOfNetwork(a), kindOfNetwork(b)];
  const named = kinds[0] === 'layered' && kinds[1] === 'layered' && 'name' in a !== 'name' in b;
  return kinds[1] !== undefined && (kinds[0] !== kinds[1] || named) ? ['network'] : [];
}

/**
 * Reads a config file, JSON or YAML (JSON is YAML).
 * @throws InputError when it cannot be read or is not a mapping
 */
export function readConfig(path: string): PartialConfig {
  is.given('readConfig', { path }, { path: is.path });
  return readMapping(path) as PartialConfig;
}

/** Refuses weight decay beside the learning rate: it belongs to the optimiser, which says of which kind it is. */
function checkWeightDecay({ training }: PartialConfig): void {
  check(
    !isTree(training) || !('weightDecay' in training),
    'bad-config',
    'training.weightDecay is not taken, because weight decay adds (d/2) w·w to the loss and d to every curvature: runs state it as optimiser: {type: sgd, weightDecay: d} and are measured with it; for weights from a file leave it out, since their loss, curvature and penalty are those of the data alone.',
  );
}

/** Checks what the schema cannot, before anything is loaded. */
function checkConfig(config: AnyConfig): void {
  for (const layer of layersIn(config)) if ('widths' in config.network) layerNamed(config.network, layer);
  checkWindowFits(config.training.stop, config.record.windowEpochs, config.training.maxEpochs);
  check(
    config.training.stop.rule !== 'zero-training-error' || config.network.loss === 'cross-entropy',
    'bad-config',
    "training.stop: the rule 'zero-training-error' counts misclassified samples and needs network.loss 'cross-entropy'.",
  );
}

/**
 * Refuses a config that names the modules of a file where no file is read.
 * @throws InputError
 */
export function checkLayers({ layers }: AnyConfig, weights: string | undefined): void {
  check(
    layers === undefined || weights !== undefined,
    'bad-config',
    'layers names the modules of a file of weights in their order, and no file is read here: give --weights, or leave layers out.',
  );
}

/** Gives the student the teacher's architecture where no network is stated. */
function fillFromTeacher(config: Tree): void {
  const data = config.data as Tree | undefined;
  if (data?.set !== 'teacher' || (config.network !== undefined && !isTree(config.network))) return;
  data.teacher = data.teacher ?? {};
  if (kindOfNetwork(config.network) === 'layered') return;
  const teacher = schema.shape.data.unwrap().shape.teacher.safeParse(data.teacher);
  if (!teacher.success || !teacher.data) return;
  config.network = { ...teacher.data.network, ...(config.network as Tree | undefined) };
}

/** Keys that do not change a run's numbers, and may differ when it is resumed. */
const FREE = ['workers'];

/** Returns a hash of all keys that determine a run's weights and trajectory. */
export function configHash(config: AnyConfig): string {
  const { seed, data, network, training, optimiser, record, kernel } = config;
  // a config without an optimiser has the hash that it had before there were any
  const text = JSON.stringify({ seed, data, network, training, ...(optimiser && { optimiser }), record, kernel });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Finds the first key in which two configs differ, with both values; undefined when they agree. */
export function firstDifference(
  a: unknown,
  b: unknown,
  path: string[] = [],
): { readonly key: string; readonly was: unknown; readonly is: unknown } | undefined {
  if (path.length === 1 && FREE.includes(path[0])) return undefined;
  if (isTree(a) && isTree(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], [...path, key]);
      if (found) return found;
    }
    return undefined;
  }
  return isDeepStrictEqual(a, b) ? undefined : { key: path.join('.'), was: a, is: b };
}
