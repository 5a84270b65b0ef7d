/** From a list of layers to what runs: shapes are inferred, layers named, and parameters laid out in one flat vector. */
import { check, InputError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import type { ResolvedKind, ResolvedLayer, ResolvedParameter, Shape } from './resolved.js';
import { sizeOf } from './resolved.js';
import { geometryOf } from './shapes.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec, type LayerSpec } from './spec.js';

/** Most numbers that one activation of one sample, and that the flat vector, may have. */
const LARGEST = { slot: 1 << 24, weights: 1 << 28 };

/** What layers are called that have no name; the others are called by their kind. */
const WORDS: Partial<Record<LayerSpec['type'], string>> = {
  'max-pool': 'pool',
  'average-pool': 'pool',
  'global-average-pool': 'pool',
  'layer-norm': 'norm',
  'batch-norm': 'norm',
  residual: 'add',
};

/** An activation on the way through the network. */
interface Place {
  readonly slot: number;
  readonly shape: Shape;
}

/**
 * Checks a network and lists its layers in the order in which they run. The layers of a residual come before its
 * shortcut, and both before the layer `add` that joins them; parameters lie in the flat vector in the same order.
 * @throws InputError that names the layer and both shapes where they do not fit
 */
export function resolveLayers(spec: LayeredSpec): ResolvedLayer[] {
  is.given('resolveLayers', { spec }, { spec: LAYERED_SPEC_WANTS });
  const list: ResolvedLayer[] = [];
  const names = new Set<string>();
  const counts = new Map<string, number>();
  let offset = 0;

  const nameOf = (layer: LayerSpec): string => {
    const word = WORDS[layer.type] ?? layer.type;
    const n = (counts.get(word) ?? 0) + 1;
    counts.set(word, n);
    const name = layer.name ?? `${word}${n}`;
    check(
      /^[A-Za-z][\w-]{0,63}$/.test(name),
      'bad-layer',
      `a layer of the kind '${layer.type}' is named '${name}': a name has up to 64 letters, digits, '_' and '-', and begins with a letter.`,
    );
    check(!names.has(name), 'bad-layer', `two layers are named '${name}': give one of them another name.`);
    names.add(name);
    return name;
  };

  const add = (
    name: string,
    kind: ResolvedKind,
    inputs: readonly number[],
    inputShape: Shape,
    outputShape: Shape,
    shapes: readonly (readonly number[])[],
  ): Place => {
    check(
      sizeOf(outputShape) <= LARGEST.slot,
      'bad-layer',
      `the layer '${name}' makes ${text(outputShape)} = ${sizeOf(outputShape)} numbers of one sample; at most ${LARGEST.slot} fit.`,
    );
    const parameters = shapes.map((shape, i): ResolvedParameter => {
      const role = i === 0 ? 'weight' : 'bias';
      const parameter = { name: `${name}.${role}`, role, shape, offset, size: sizeOf(shape) } as const;
      offset += parameter.size;
      return parameter;
    });
    check(
      offset <= LARGEST.weights,
      'bad-layer',
      `with the layer '${name}' the network has ${offset} weights; at most ${LARGEST.weights} fit.`,
    );
    const index = list.length;
    list.push({ ...kind, index, name, inputs, output: index + 1, inputShape, outputShape, parameters });
    return { slot: index + 1, shape: outputShape };
  };

  const run = (layers: readonly LayerSpec[], from: Place): Place =>
    layers.reduce<Place>((at, layer) => {
      if (layer.type === 'identity') {
        nameOf(layer);
        return at;
      }
      if (layer.type !== 'residual') {
        const name = nameOf(layer);
        const { kind, outputShape, parameters } = geometryOf(name, layer, at.shape);
        return add(name, kind, [at.slot], at.shape, outputShape, parameters);
      }
      check(layer.layers.length > 0, 'bad-layer', 'a residual has an empty list of layers; give it at least one.');
      const main = run(layer.layers, at);
      const side = run(layer.shortcut ?? [], at);
      const name = nameOf(layer);
      if (String(main.shape) !== String(side.shape))
        throw new InputError(
          'bad-shape',
          `the residual '${name}' adds ${text(main.shape)} of its layers to ${text(side.shape)} of its shortcut; make both shapes equal, for example with a conv of ${main.shape[0]} channels and kernel 1 as the shortcut.`,
        );
      return add(name, { type: 'add' }, [main.slot, side.slot], main.shape, main.shape, []);
    }, from);

  const input = inputShape(spec);
  check(spec.layers.length > 0, 'bad-layer', 'a network needs at least one layer; got an empty list.');
  run(spec.layers, { slot: 0, shape: input });
  check(
    list.some((l) => l.parameters.length > 0),
    'bad-layer',
    'a network needs at least one layer with weights (dense, conv, layer-norm or batch-norm).',
  );
  return list;
}

/** Returns the input as [channels, height, width]. */
export function inputShape({ input }: LayeredSpec): Shape {
  if (typeof input === 'number') return [input, 1, 1];
  check(
    input.length === 3,
    'bad-shape',
    `the input of a network is a number or [channels, height, width]; got [${input.join(', ')}].`,
  );
  return [input[0], input[1], input[2]];
}

/** Writes a shape for a sentence. */
const text = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
