/** A network's weights among tensors whose layers have arbitrary names. */
import { type AnyNetwork, asLayered, isLayered, networkWords } from '../model/any-network.js';
import { type WeightBlock, weightBlocks, weightsOf } from '../model/layered/parameters.js';
import { resolveLayers } from '../model/layered/resolve.js';
import type { NamedShape } from '../model/network.js';
import { check, InputError } from '../numeric/errors.js';
import { nearest } from '../numeric/spelling.js';
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
 * Takes the flat weights from a state dict of linear layers, or of a network of layers: tensors whose names end in `weight` and `bias`, of 16, 32 or
 * 64 bits. Tensors of whole numbers or booleans under other names are no weights and are left out.
 * @param path - what the tensors are from, for messages
 * @param order - names of the modules (what comes before `.weight`) in the order of the network; tensors of other
 * modules are then left out. Without it the order follows from names, places in the file and shapes; see layer-order.ts
 * @throws InputError with the first tensor that does not fit, and with two orders that both fit
 */
export function weightsInTensors(
  file: ForeignTensorFile,
  path: string,
  network: AnyNetwork,
  order?: readonly string[],
): ForeignWeights {
  const resolved = resolveLayers(asLayered(network));
  const layers = weightBlocks(resolved);
  const biased = layers.filter((l) => l.biasOffset >= 0).length;
  const wanted = `the network ${networkWords(network)}${biased === layers.length ? ' with biases' : biased === 0 ? ' without biases' : ''}`;
  const all = namesOf(file);
  const found = order ? chosen(all, order, layers.length, path) : all;
  const weights = [...found.modules].filter((name) => file.entries.has(tensorOf(name, 'weight')));
  const biases = [...found.modules].filter((name) => file.entries.has(tensorOf(name, 'bias')));
  check(
    weights.length === layers.length && biases.length === biased,
    'bad-weights',
    () =>
      `${path} holds ${weights.length} weights and ${biases.length} biases (${someOf([...file.entries.keys()])}); ${wanted} has ` +
      `${layers.length} and ${biased}: set network in the config to the one that was trained${order ? '' : ', or name the modules that are its layers with the key layers'}.`,
  );
  if (!order) checkOthers(file, found.others, path, isLayered(network));
  const bad = order ? [] : weights.filter((name) => biased === layers.length && !biases.includes(name));
  check(
    bad.length === 0,
    'bad-weights',
    () => `${path}: ${tensorOf(bad[0], 'weight')} has no bias beside it, and ${wanted} needs one for each layer.`,
  );
  const modules = weights.map((name) => moduleOf(name, file, layers));
  // a network of layers has names of its own, under which this program and `examples/` keep it
  const same = isLayered(network) && layers.every((l) => found.modules.includes(l.name));
  const { ordered, why } =
    same && !order
      ? { ordered: layers.map((l) => l.name), why: 'under the names of the network' }
      : order
        ? { ordered: found.modules, why: 'in the order that layers states' }
        : named(orderOf(modules, path));
  const parameters: NamedShape[] = [];
  const flat = new Float32Array(weightsOf(resolved));
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
    put(tensorOf(ordered[i], 'weight'), l.shape, l.offset);
    // the bias of a layer norm has the shape of its weight
    if (l.biasOffset >= 0) put(tensorOf(ordered[i], 'bias'), l.layer.parameters[1].shape, l.biasOffset);
  });
  const used = new Set(parameters.map((p) => p.name));
  const types = new Set(parameters.map((p) => file.entries.get(p.name)!.type));
  return { weights: flat, parameters, how: wordsOf(ordered, why, types, [...file.entries.keys()], used) };
}

/**
 * Reads the tensors of a safetensors file; from a checkpoint of thermograd the weights alone.
 * @throws InputError for bytes that are none, with what to do about a file of torch.save
 */
export function tensorsOfBytes(bytes: Uint8Array, path: string): ForeignTensorFile {
  check(
    !(bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3), // PK: a zip, which torch.save makes
    'bad-weights',
    () =>
      `${path} is not a safetensors file but most likely one of torch.save; in Python, safetensors.torch.save_file(model.state_dict(), 'model.safetensors') makes one.`,
  );
  const file = readForeignSafetensors(bytes, path);
  if (file.metadata.thermograd === undefined) return file;
  // a checkpoint of thermograd keeps the vectors of the optimiser beside the weights
  const own = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([n]) => !/^(velocity|optimiser)\./.test(n)));
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
function checkOthers({ entries }: ForeignTensorFile, others: readonly string[], path: string, layered: boolean): void {
  const norm = others.find((name) => RUNNING.test(name));
  check(
    norm === undefined,
    'bad-weights',
    layered
      ? `${path} holds ${norm}: a batch normalisation here has the statistics that the config states (mean, variance); copy them there and name the modules with the key layers.`
      : `${path} holds ${norm}: a batch normalisation acts between its layers, which the networks here do not have; fold it into the layer before it.`,
  );
  const float = others.find((name) => FLOATS.includes(entries.get(name)!.type));
  check(
    float === undefined,
    'bad-weights',
    () =>
      `${path} holds ${float} of [${entries.get(float!)!.shape.join(', ')}], which is neither a weight nor a bias of a${layered ? '' : ' linear'} layer; if the network does not need it, name its layers with the key layers of the config, and the rest is left out.`,
  );
}

function moduleOf(name: string, { entries }: ForeignTensorFile, layers: readonly WeightBlock[]): Module {
  const weight = tensorOf(name, 'weight');
  const { type, shape } = entries.get(weight)!;
  const bias = entries.get(tensorOf(name, 'bias'))?.shape.join();
  const fits = (l: number) => {
    const { shape: own, layer } = layers[l];
    return shape.join() === own.join() && (bias === undefined || bias === layer.parameters[1]?.shape.join());
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
