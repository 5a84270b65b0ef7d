/** Reading of a network's weights from a safetensors file whose layers have arbitrary names. */
import { type LayerBlock, layersOf, type NamedShape, type NetworkSpec, parameterCount } from '../model/network.js';
import { check, InputError } from '../numeric/errors.js';
import { nearest } from '../numeric/spelling.js';
import { readWhole } from './files.js';
import { type Module, ORDER_WORDS, orderOf } from './layer-order.js';
import { type ForeignTensorFile, readForeignSafetensors } from './safetensors.js';

/** Holds weights from elsewhere, and how they were read. */
export interface ForeignWeights {
  /** Flat, length P, PyTorch's order. */
  readonly weights: Float32Array;
  /** Names and shapes of the parameters in the order of the flat vector. */
  readonly parameters: readonly NamedShape[];
  /** How the file was read, in words: the order of its layers, what was rounded, what was left out. */
  readonly how: readonly string[];
}

/** Element types that weights may have. F16 and BF16 are exact in float32; F64 is rounded to it. */
const FLOATS = ['F64', 'F32', 'F16', 'BF16'];
/** Statistics that a batch normalisation keeps and applies. */
const RUNNING = /(^|\.)running_(mean|var)$/;

/**
 * Reads the flat weights from a state dict of linear layers: tensors whose names end in `weight` and `bias`, of 16, 32 or
 * 64 bits. Tensors of whole numbers or booleans under other names are no weights and are left out.
 * @param order - names of the modules (what comes before `.weight`) in the order of the network; tensors of other
 * modules are then left out. Without it the order follows from names, places in the file and shapes; see layer-order.ts
 * @throws InputError with the first tensor that does not fit, and with two orders that both fit
 */
export function readStateDict(path: string, spec: NetworkSpec, order?: readonly string[]): ForeignWeights {
  const file = readFile(path);
  const layers = layersOf(spec);
  const wanted = `the network ${spec.widths.join('-')} ${spec.bias ? 'with' : 'without'} biases`;
  const all = namesOf(file);
  const found = order ? chosen(all, order, layers.length, path) : all;
  const weights = [...found.modules].filter((name) => file.entries.has(tensorOf(name, 'weight')));
  const biases = [...found.modules].filter((name) => file.entries.has(tensorOf(name, 'bias')));
  check(
    weights.length === layers.length && biases.length === (spec.bias ? layers.length : 0),
    'bad-weights',
    () =>
      `${path} holds ${weights.length} weights and ${biases.length} biases (${someOf([...file.entries.keys()])}); ${wanted} has ` +
      `${layers.length} and ${spec.bias ? layers.length : 0}: set network in the config to the one that was trained${order ? '' : ', or name the modules that are its layers with the key layers'}.`,
  );
  if (!order) checkOthers(file, found.others, path);
  const bad = order ? [] : weights.filter((name) => spec.bias && !biases.includes(name));
  check(
    bad.length === 0,
    'bad-weights',
    () => `${path}: ${tensorOf(bad[0], 'weight')} has no bias beside it, and ${wanted} needs one for each layer.`,
  );
  const modules = weights.map((name) => moduleOf(name, file, layers));
  const { ordered, why } = order
    ? { ordered: found.modules, why: 'in the order that layers states' }
    : named(orderOf(modules, path));
  const parameters: NamedShape[] = [];
  const flat = new Float32Array(parameterCount(spec));
  const put = (name: string, shape: readonly number[], offset: number) => {
    const tensor = file.tensors.get(name);
    const { type, shape: own } = file.entries.get(name)!;
    if (!tensor || !FLOATS.includes(type) || own.join() !== shape.join())
      throw new InputError(
        'bad-weights',
        `${path}: ${name} has the shape [${own.join(', ')}] of ${type}; ${wanted} needs floating-point numbers of [${shape.join(', ')}] there${own.length === 2 && own[0] === shape[1] && own[1] === shape[0] ? ', outputs×inputs: save the transpose' : ''}.`,
      );
    const data = tensor.data as Float32Array | Float64Array;
    const wrong = data.findIndex((w) => !Number.isFinite(Math.fround(w)));
    check(
      wrong < 0,
      'not-finite',
      () => `${path}: the weights are not all finite in float32: number ${wrong} of ${name} is ${data[wrong]}.`,
    );
    flat.set(data, offset);
    parameters.push({ name, shape });
  };
  layers.forEach((l, i) => {
    put(tensorOf(ordered[i], 'weight'), [l.outputs, l.inputs], l.weightOffset);
    if (l.biasOffset >= 0) put(tensorOf(ordered[i], 'bias'), [l.outputs], l.biasOffset);
  });
  const used = new Set(parameters.map((p) => p.name));
  const types = new Set(parameters.map((p) => file.entries.get(p.name)!.type));
  return { weights: flat, parameters, how: wordsOf(ordered, why, types, [...file.entries.keys()], used) };
}

function readFile(path: string): ForeignTensorFile {
  const bytes = readWhole(path);
  check(bytes !== undefined, 'no-weights', `there is no file of weights at ${path}.`);
  check(
    !(bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3), // PK: a zip, which torch.save makes
    'bad-weights',
    () =>
      `${path} is not a safetensors file but most likely one of torch.save; in Python, safetensors.torch.save_file(model.state_dict(), 'model.safetensors') makes one.`,
  );
  const file = readForeignSafetensors(bytes, path);
  if (file.metadata.thermograd === undefined) return file;
  // a checkpoint of thermograd keeps the velocity beside the weights
  const own = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([n]) => !n.startsWith('velocity.')));
  return { ...file, tensors: own(file.tensors), entries: own(file.entries) };
}

const tensorOf = (module: string, end: 'weight' | 'bias') => (module === '' ? end : `${module}.${end}`);
const someOf = (names: readonly string[]) =>
  `${names.slice(0, 8).join(', ')}${names.length > 8 ? `, and ${names.length - 8} more` : ''}`;

/** Names the modules with a weight or a bias, and the other tensors, in the file's order. */
function namesOf({ entries }: ForeignTensorFile): { readonly modules: string[]; readonly others: string[] } {
  const modules = new Set<string>();
  const others: string[] = [];
  for (const name of entries.keys()) {
    const match = /^(?:(.*)\.)?(?:weight|bias)$/s.exec(name);
    if (match) modules.add(match[1] ?? '');
    else others.push(name);
  }
  // by the place of the weight: a bias may lie before it
  const place = [...entries.keys()];
  return {
    modules: [...modules].sort((a, b) => place.indexOf(tensorOf(a, 'weight')) - place.indexOf(tensorOf(b, 'weight'))),
    others,
  };
}

/** Returns the modules that `layers` names. */
function chosen({ modules }: { readonly modules: string[] }, order: readonly string[], count: number, path: string) {
  const names = order.map((name) => name.replace(/\.weight$/, ''));
  check(
    names.length === count && new Set(names).size === count,
    'layer-order',
    `layers names the ${count} modules of ${path} that are the network's layers, each once; got [${order.join(', ')}].`,
  );
  for (const name of names) {
    const near = nearest(name, modules);
    check(
      modules.includes(name),
      'layer-order',
      () =>
        `${path} has no module '${name}' that layers names${near ? `; did you mean ${near}?` : ';'} It has ${someOf(modules)}.`,
    );
  }
  return { modules: names, others: [] };
}

/** Refuses tensors that may change what the network computes. */
function checkOthers({ entries }: ForeignTensorFile, others: readonly string[], path: string): void {
  const norm = others.find((name) => RUNNING.test(name));
  check(
    norm === undefined,
    'bad-weights',
    `${path} holds ${norm}: a batch normalisation acts between its layers, which the networks here do not have; fold it into the layer before it.`,
  );
  const float = others.find((name) => FLOATS.includes(entries.get(name)!.type));
  check(
    float === undefined,
    'bad-weights',
    () =>
      `${path} holds ${float} of [${entries.get(float!)!.shape.join(', ')}], which is neither a weight nor a bias of a linear layer; if the network does not need it, name its layers with the key layers of the config, and the rest is left out.`,
  );
}

function moduleOf(name: string, { entries }: ForeignTensorFile, layers: readonly LayerBlock[]): Module {
  const weight = tensorOf(name, 'weight');
  const { type, shape } = entries.get(weight)!;
  const bias = entries.get(tensorOf(name, 'bias'))?.shape.join();
  const fits = (l: number) => {
    const { outputs, inputs } = layers[l];
    return shape.join() === `${outputs},${inputs}` && (bias === undefined || bias === `${outputs}`);
  };
  return { name, weight, bytes: type === 'F64' ? 8 : type === 'F32' ? 4 : 2, fits };
}

const named = ({ order, why }: ReturnType<typeof orderOf>) => ({
  ordered: order.map((m) => m.name),
  why: ORDER_WORDS[why],
});

function wordsOf(
  ordered: readonly string[],
  why: string,
  types: ReadonlySet<string>,
  names: readonly string[],
  used: ReadonlySet<string>,
): string[] {
  const out = [`layers ${ordered.join(', ')} ${why}`];
  if (types.has('F64')) out.push('F64 rounded to float32');
  const half = ['F16', 'BF16'].filter((type) => types.has(type));
  if (half.length > 0) out.push(`${half.join(' and ')} widened to float32`);
  const rest = names.filter((name) => !used.has(name));
  if (rest.length > 0) out.push(`left out, because no weight of the network: ${someOf(rest)}`);
  return out;
}
