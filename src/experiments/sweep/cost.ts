/**
 * What a cell costs: seconds on one free core and its largest memory, from counts of operations and a few measured speeds. Within a
 * factor of two for perceptrons and small convolutional networks; what a stopping rule will take is a guess.
 */
import { pcaMemory } from '../../analyse/trajectory/pca.js';
import type { Samples } from '../../data/dataset.js';
import { firstSamples } from '../../data/subset.js';
import { type AnyNetwork, asLayered, countOf, endsOf, isLayered, recordedBlock } from '../../model/any-network.js';
import { resolveLayers } from '../../model/layered/resolve.js';
import { sizeOf } from '../../model/layered/resolved.js';
import { wholePower } from '../../numeric/power.js';
import { layersIn } from '../../runs/layers.js';
import { trainerBytes } from '../../runs/learner.js';
import type { Loaded } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { PASS_BYTES } from '../../runs/surface.js';
import { nonzeros } from '../../train/plan/data.js';
import type { Until } from './measured.js';
import { MEASURED } from './measures/bench.js';
import type { MeasureRequest } from './measures/registry.js';

/** Names a cell. */
export interface CostRequest extends Loaded {
  /** Complete. */
  readonly config: AnyConfig;
  readonly until?: Until | undefined;
  /** Complete. */
  readonly measures: readonly MeasureRequest[];
}

/** What a cell costs. */
export interface CellCost {
  /** On one free core. */
  readonly seconds: number;
  /** Those of training alone. */
  readonly training: number;
  /** Seconds where training takes all epochs or steps that it may. */
  readonly most: number;
  /** Peak memory of the cell beside Node and the data. */
  readonly bytes: number;
}

/**
 * Measured speeds, flop/s: training in float32, passes in float64, losses along lines; of the kernels of perceptrons and of the plan of
 * layers. A sample costs besides what depends on no multiplication.
 */
const SPEEDS = {
  perceptron: { train: 17e9, pass: 14e9, line: 9e9 },
  layered: { train: 30e9, pass: 26e9, line: 10e9 },
} as const;
/** Seconds of a step beside its samples, for each weight that an update of layers touches, and to pack an input. */
const [STEP, WEIGHT, INPUT] = [2e-6, 1.2e-9, 3e-9];
/** Seconds for a sample of passes beside its multiplications, and of a cell beside everything. */
const [SAMPLE, CELL] = [1.2e-5, 0.05];
/** Products of a Lanczos process for one pair, losses along a line for a width. */
const [PRODUCTS, LOSSES] = [22, 15];
/**
 * Epochs that a rule takes which depends on what is learned; and the share of its steps that a training to a loss takes, where these are
 * enough for the smallest of learning rates over one or two decades: the time goes as 1/eta.
 */
const [GUESSED_EPOCHS, GUESSED_SHARE] = [40, 0.25];
/** Seconds of ten linear-algebra flops of the embedded provider, for a matrix of order 1: an eigenproblem takes n³ of them. */
const EIGEN = 4e-9;

/** Multiplications of a forward pass. */
interface Work {
  readonly all: number;
  readonly first: number;
  /** By layer with weights: those above it, and its own. */
  readonly layers: readonly {
    readonly name: string;
    readonly own: number;
    readonly above: number;
    readonly size: number;
  }[];
}

/** Counts the multiplications of one sample; a first dense layer of a perceptron leaves out inputs that are 0. */
function workOf(network: AnyNetwork, share: number): Work {
  const resolved = resolveLayers(asLayered(network)).filter((l) => l.type === 'dense' || l.type === 'conv');
  const macs = resolved.map((l, k) => {
    const { size, shape } = recordedBlock(network, l.name);
    // a weight of a convolution is used once at each place of its output
    const places = l.type === 'conv' ? sizeOf(l.outputShape) / shape[0] : 1;
    return { name: l.name, size, own: size * places * (k === 0 && l.type === 'dense' ? share : 1) };
  });
  const all = macs.reduce((sum, l) => sum + l.own, 0);
  let below = 0;
  const layers = macs.map((l) => {
    below += l.own;
    return { ...l, above: all - below };
  });
  return { all, first: macs[0]?.own ?? 0, layers };
}

/** Returns the epochs that training takes, whole or not, and the most that it may take. */
function epochsOf(
  { config, until }: CostRequest,
  perEpoch: number,
): { readonly expected: number; readonly most: number } {
  const { stop, maxEpochs } = config.training;
  const exactly = (epochs: number) => ({ expected: epochs, most: epochs });
  if (until === undefined) {
    if (stop.rule === 'epochs') return exactly(stop.epochs);
    const most = maxEpochs - config.record.windowEpochs;
    return { expected: Math.min(GUESSED_EPOCHS, most), most };
  }
  if ('epochs' in until) return exactly(until.epochs);
  if ('steps' in until) return exactly(until.steps / perEpoch);
  const most = until.within / perEpoch;
  return { expected: GUESSED_SHARE * most, most };
}

/** Samples from which the memory of a trainer is extrapolated: that of all would read them all, for every point. */
const FEW = 250;

/** Estimates the bytes of a trainer, which grow with the samples as a straight line. */
function bytesOfTrainer({ config, network, dataset: { train, test } }: CostRequest, perEpoch: number): number {
  const few = Math.max(FEW, config.training.batchSize);
  if (2 * few >= train.count) return trainerBytes(network, train, test, config, perEpoch);
  const [one, two] = [few, 2 * few].map((n) =>
    trainerBytes(network, firstSamples(train, n), undefined, config, perEpoch),
  );
  const all = train.count + (test?.count ?? 0);
  return two + ((all - 2 * few) / few) * (two - one);
}

const shares = new WeakMap<Samples, number>();

/** Returns the share of inputs that are not 0, of the first thousand samples; each set is looked at once. */
function shareOf(train: Samples): number {
  const known = shares.get(train);
  if (known !== undefined) return known;
  const few = firstSamples(train, 1000);
  const share = nonzeros(few).all / few.values.length;
  shares.set(train, share);
  return share;
}

/** Estimates what a cell costs. Costs itself a look at the first thousand samples. */
export function costOf(request: CostRequest): CellCost {
  const { config, network, dataset, measures, until } = request;
  const { train, test } = dataset;
  const layered = isLayered(network) || config.optimiser !== undefined;
  const speeds = SPEEDS[layered ? 'layered' : 'perceptron'];
  const work = workOf(network, shareOf(train));
  const P = countOf(network);
  const { batchSize } = config.training;
  const perEpoch = Math.max(1, Math.floor(train.count / batchSize));
  const epochs = epochsOf(request, perEpoch);
  const looking = measures.some((m) => m.name === 'time') || (until && 'loss' in until);
  const step = STEP + (layered ? WEIGHT * P : 0);
  const sampleStep = (2 * (3 * work.all - work.first)) / speeds.train;
  const forward = (2 * work.all) / speeds.train + 1e-7;
  const trainingOf = (count: number) =>
    count * perEpoch * (step + batchSize * sampleStep) +
    (looking ? count : 2) * train.count * forward +
    INPUT * train.values.length;
  const trained = trainingOf(epochs.expected);
  const of: Costs = {
    request,
    work,
    P,
    perEpoch,
    samples: Math.min(train.count, MEASURED[isLayered(network) ? 'layered' : 'perceptron']),
    step,
    sampleStep,
    forward,
    speeds,
    packing: test ? test.count * (forward + INPUT * test.size) : 0,
  };
  let seconds = trained + CELL;
  let held = 0;
  const windows = new Set<number>();
  for (const m of measures) {
    const cost = measureCost(of, m, windows);
    seconds += cost.seconds;
    held = Math.max(held, cost.bytes);
  }
  const passes = measures.some((m) => !CHEAP.has(m.name)) ? (isLayered(network) ? PASS_BYTES : passBytes(of)) : 0;
  return {
    seconds,
    training: trained,
    most: seconds + (trainingOf(epochs.most) - trained),
    bytes: bytesOfTrainer(request, perEpoch) + passes + held + 40 * P,
  };
}

/** Measures without curvature. */
const CHEAP: ReadonlySet<string> = new Set(['loss', 'error', 'time', 'divergence', 'norm']);

interface Costs {
  readonly request: CostRequest;
  readonly work: Work;
  readonly P: number;
  readonly perEpoch: number;
  readonly samples: number;
  readonly step: number;
  readonly sampleStep: number;
  readonly forward: number;
  readonly speeds: (typeof SPEEDS)[keyof typeof SPEEDS];
  /** Seconds to pack and evaluate the test samples. */
  readonly packing: number;
}

/** Bytes of the states of all samples in the passes of a perceptron: activations and deltas in float64, twice. */
const passBytes = ({ request: { network }, samples }: Costs): number =>
  'widths' in network ? samples * 8 * 6 * network.widths.reduce((a, b) => a + b, 0) : 0;

/** Estimates one measure. */
function measureCost(
  of: Costs,
  { name, options }: MeasureRequest,
  windows: Set<number>,
): { readonly seconds: number; readonly bytes: number } {
  const { work, P, speeds, request } = of;
  const { network, dataset, config } = request;
  const n = Math.min(dataset.train.count, (options.samples as number | undefined) ?? of.samples);
  const number = (key: string, otherwise: number) => (options[key] as number | undefined) ?? otherwise;
  const { outputs } = endsOf(network);
  const product = n * ((8 * work.all) / speeds.pass);
  const state = n * SAMPLE;
  const layersOf = (all: boolean) => {
    const names = options.layers === 'all' || (options.layers === undefined && all) ? undefined : options.layers;
    const wanted =
      (names as readonly string[] | undefined) ?? (all || options.layers === 'all' ? undefined : layersIn(config));
    return work.layers.filter((l) => wanted === undefined || wanted.includes(l.name));
  };
  const widths = (above: number, own: number, directions: number) =>
    n * directions * (LOSSES * ((2 * (above + outputs)) / speeds.line + 1e-7) + (2 * own) / speeds.line);
  const plain = (seconds: number, bytes = 0) => ({ seconds, bytes });
  switch (name) {
    case 'time':
    case 'divergence':
    case 'norm':
      return plain(0);
    case 'loss':
    case 'error':
      return plain(of.packing / (request.measures.filter((m) => m.name === 'loss' || m.name === 'error').length || 1));
    case 'trace':
      return isLayered(network)
        ? plain(number('probes', 10) * work.layers.length * (0.45 * product + state / 4))
        : plain(state + n * ((2 * outputs * work.layers.reduce((s, l) => s + l.above, 0)) / (speeds.pass / 5)));
    case 'top':
      return plain(state + PRODUCTS * product, 8 * P * 90);
    case 'gradient':
    case 'confidence':
      return plain(2 * state + product / 2);
    case 'noise':
      return plain(2 * state + 2.5 * product);
    case 'noise-scale':
      return plain(2 * state + (2.5 + 3 * number('probes', 10)) * product, 24 * P * number('probes', 10));
    case 'ceiling': {
      const k = number('directions', 8);
      if (k === 0)
        return plain(state + PRODUCTS * product * (request.measures.some((m) => m.name === 'top') ? 0.1 : 1));
      return plain(
        2 + 70 * product + 4 * k * product + 512 * (work.all * 6e-10 + 2e-3) + wholePower(k, 3) * 3e-4,
        8 * P * 340,
      );
    }
    case 'flatness':
      return plain(layersOf(true).reduce((s, l) => s + widths(l.above, l.own, number('directions', 8)) + n * 1e-5, 0));
    case 'gamma':
      return plain(layersOf(false).length * (number('vectors', 40) * product * 0.6 + 2 * state), 8 * P * 60);
    default: {
      const epochs = number('windowEpochs', config.record.windowEpochs);
      const T = epochs * of.perEpoch;
      const layers = layersOf(false);
      const own = of.step + config.training.batchSize * of.sampleStep;
      const fresh = !windows.has(epochs);
      windows.add(epochs);
      const walk = name === 'psi' || name === 'rank-law' || name === 'displacement' ? T * (own + P * 3e-9) : 0;
      const rows = 4 * T * layers.reduce((s, l) => s + l.size, 0);
      let seconds = (fresh ? T * own : 0) + walk;
      let bytes = rows * (walk > 0 ? 2 : 1);
      for (const { size, own: macs, above } of layers) {
        const order = Math.min(T, size);
        const pcas = { psi: 3, 'rank-law': 2, displacement: 3 }[name] ?? 1;
        seconds += pcas * (EIGEN * wholePower(order, 3) + (T * size * order) / 4e9) + T * size * 1e-8;
        if (name === 'psi')
          seconds += 4 * widths(above, macs, number('directions', 40)) + number('vectors', 40) * product * 0.6;
        if (name === 'principal-flatness') seconds += widths(above, macs, number('directions', 20));
        if (name === 'displacement') seconds += number('vectors', 20) * product * 0.6;
        bytes = Math.max(bytes, rows * (walk > 0 ? 2 : 1) + pcaMemory({ T, P: size, kept: 120 }));
      }
      return plain(seconds, bytes);
    }
  }
}
