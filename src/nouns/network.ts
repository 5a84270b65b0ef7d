/** Networks and other models as things to measure: `network('784-50-50-10').at(weights, samples)`. */
import { type AnyNetwork, countOf, initialOf, isLayered, networkWords, shapesOf } from '../model/any-network.js';
import { NETWORK_NAMES, type NetworkName, namedNetwork } from '../model/layered/named.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec } from '../model/layered/spec.js';
import { type Activation, type LossKind, NETWORK_SPEC_WANTS, type NetworkSpec } from '../model/network.js';
import { counted } from '../numeric/counted.js';
import { check, InputError, kindOf } from '../numeric/errors.js';
import { randomKey } from '../numeric/random.js';
import { nearest } from '../numeric/spelling.js';
import * as is from '../numeric/wants.js';
import { parametersOf } from '../surface/blocks.js';
import { SURFACE_WANTS } from '../surface/check.js';
import { layeredSurface } from '../surface/layered/surface.js';
import { networkSurface } from '../surface/network/surface.js';
import { PARAMETER_WANTS, type Parameter, type Surface } from '../surface/surface.js';
import { At } from './at.js';
import { type AtOptions, pointOf } from './point.js';
import { type SamplesLike, samplesOf } from './samples.js';
import { Shown, shortened } from './shown.js';
import { type WeightsLike, weightsOf } from './weights.js';

/** Sets what the widths or the name of a network leave open. */
export interface NetworkOptions {
  /** Biases in the layers of widths; true by default, as in PyTorch. */
  readonly bias?: boolean;
  /** The function between the layers of widths; `relu` by default. */
  readonly activation?: Activation;
  /** `cross-entropy` by default. */
  readonly loss?: LossKind;
  /** Inputs of a network by name: their number, or [channels, height, width]; [1, 28, 28] by default. */
  readonly input?: LayeredSpec['input'];
  /** Outputs of a network by name; 10 by default. */
  readonly outputs?: number;
}

const OPTIONS_WANTS = is.shape<NetworkOptions>({
  bias: is.maybe(is.flag),
  activation: is.maybe(is.oneOf('relu', 'tanh', 'identity')),
  loss: is.maybe(is.oneOf('cross-entropy', 'squared-error')),
  input: is.maybe(is.either(is.count, is.listOf(is.count))),
  outputs: is.maybe(is.count),
});

/** A network of this package, without weights and samples. */
export class Network extends Shown {
  /** What it is called in reports: `784-50-50-10`. */
  readonly name: string;
  /** Number of weights, P. */
  readonly size: number;
  readonly parameters: readonly Parameter[];
  readonly spec: AnyNetwork;

  constructor(spec: AnyNetwork) {
    super();
    this.spec = spec;
    this.name = networkWords(spec);
    this.size = countOf(spec);
    this.parameters = parametersOf(shapesOf(spec));
  }

  /** Draws weights by PyTorch's default initialisation; flat, length P. */
  initial(seed = 0): Float32Array {
    is.given('network.initial', { seed }, { seed: is.whole });
    return initialOf(this.spec, randomKey(seed).child('init'));
  }

  /**
   * Returns the network at these weights over these samples, where everything else is measured.
   * @throws InputError for weights or samples that do not fit the network
   */
  at(weights: WeightsLike, samples: SamplesLike, options: AtOptions = {}): At {
    const { spec, name, size, parameters } = this;
    const { weights: w, how } = weightsOf('network.at', { name, size, parameters, network: spec }, weights);
    const own = samplesOf('network.at', samples);
    const surface = isLayered(spec)
      ? layeredSurface({ spec, samples: own, name })
      : networkSurface({ spec, samples: own, name });
    const perceptron = isLayered(spec) ? undefined : { spec, samples: own };
    return new At(pointOf('network.at', surface, w, options, perceptron), how);
  }

  toString(): string {
    const rows = this.parameters.map((p) => [p.name, p.shape.join('×'), String(p.size)]);
    return `network ${this.name}, ${counted(this.size, 'weight')}\n${shortened(['parameter', 'shape', 'weights'], rows)}`;
  }
}

/**
 * Describes a network: by widths (`'784-50-50-10'`: inputs, hidden layers, outputs), by the name of a usual one (`mlp`, `lenet5`,
 * `cnn-small`, `resnet8`), or as a list of layers.
 * @throws InputError for anything else
 */
export function network(what: string | NetworkSpec | LayeredSpec, options: NetworkOptions = {}): Network {
  is.given('network', { options }, { options: OPTIONS_WANTS });
  if (typeof what === 'string') return new Network(fromText(what, options));
  check(
    LAYERED_SPEC_WANTS(what, '') === undefined || NETWORK_SPEC_WANTS(what, '') === undefined,
    'wrong-argument',
    () =>
      `network: a network is named by widths ('784-50-50-10'), by a name (${NETWORK_NAMES.join(', ')}), as {widths, activation, bias, loss} or as {input, layers, loss}; got ${kindOf(what)}.`,
  );
  return new Network(what);
}

function fromText(text: string, options: NetworkOptions): AnyNetwork {
  const { bias = true, activation = 'relu', loss = 'cross-entropy', input = [1, 28, 28], outputs = 10 } = options;
  if (/^\s*\d+(\s*[-–,x×→]\s*\d+)+\s*$/.test(text))
    return {
      widths: text
        .split(/[^\d]+/)
        .filter(Boolean)
        .map(Number),
      activation,
      bias,
      loss,
    };
  const known = NETWORK_NAMES.find((name) => name === text);
  if (known) return namedNetwork(known as NetworkName, input, outputs, loss);
  const near = nearest(text, NETWORK_NAMES);
  throw new InputError(
    'no-such-network',
    `network: a text names widths, such as '784-50-50-10', or one of ${NETWORK_NAMES.join(', ')}; got '${text.slice(0, 60)}'${near ? `; did you mean '${near}'?` : '.'}`,
  );
}

/** What is read of a surface before it is asked anything. */
const FACTS_WANTS = is.shape<Surface>({
  name: is.text,
  size: is.count,
  samples: is.count,
  parameters: is.listOf(PARAMETER_WANTS),
  offers: is.object,
});

/** Any other model, which has its samples with it: a `Surface`, such as `functionSurface` makes or a process in Python gives. */
export class Model extends Shown {
  readonly name: string;
  readonly size: number;
  readonly parameters: readonly Parameter[];
  readonly surface: Surface;

  constructor(surface: Surface) {
    super();
    this.surface = surface;
    this.name = surface.name;
    this.size = surface.size;
    this.parameters = surface.parameters;
  }

  /**
   * Returns the model at these weights; at its own, where it brings some (a model in Python does).
   * @throws InputError for weights that do not fit the model, and where there are none
   */
  at(weights?: WeightsLike, options: AtOptions = {}): At {
    const own = weights ?? (this.surface as { readonly weights?: Float64Array }).weights;
    check(
      own !== undefined,
      'wrong-argument',
      () => `model.at: ${this.name} has no weights of its own; give ${this.size} numbers, or tensors by name.`,
    );
    const { weights: w, how } = weightsOf('model.at', this, own);
    return new At(pointOf('model.at', this.surface, w, options), how);
  }

  /** Ends what stands behind the model, such as a process. */
  close(): Promise<void> {
    return this.surface.close();
  }

  toString(): string {
    const rows = this.parameters.map((p) => [p.name, p.shape.join('×'), String(p.size)]);
    return `model ${this.name}, ${counted(this.size, 'weight')}, ${counted(this.surface.samples, 'sample')}\n${shortened(['parameter', 'shape', 'weights'], rows)}`;
  }
}

/** Makes any `Surface` a thing to measure: `model(await openSurface('python:train.py')).at()`. */
export function model(surface: Surface): Model {
  is.given('model', { surface }, { surface: is.both(SURFACE_WANTS, FACTS_WANTS) });
  return new Model(surface);
}
