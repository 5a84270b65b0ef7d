/**
 * How sure the outputs of a classifier are, and its curvature with that taken out. docs/theory [N6], [S10].
 *
 *     spread(s)  = mean over samples of 1 − Σ_c p_c²,   p = softmax(s·z)      (the trace of diag p − p pᵀ)
 *     L(s)       = mean over samples of −ln p_y
 *
 * z are the logits and s = 1/T divides them by a temperature T. Networks of equal loss can differ in their spread, and Tr H is a
 * weighted mean of it: Tr H = mean Tr(Jᵀ (diag p − p pᵀ) J) with piecewise linear units. Tr H(s) below is that of L(s) with respect
 * to the network's OWN weights: those of the last layer are multiplied by s inside the loss, so that their block is s² times that
 * of a network with the scaled weights.
 */
import { layersOf, type NetworkSpec } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate, meanOf } from '../../numeric/estimate.js';
import { mean } from '../../numeric/statistics.js';
import { logitsOf } from '../../surface/network/logits.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { type HessianTrace, hessianTrace } from '../curvature/hessian-trace.js';

/** Holds Tr H, nat/weight², with the logits divided by a temperature. */
export interface TraceAtTemperature {
  /** T; NaN where there is none between 1/64 and 64. */
  readonly temperature: number;
  /** Mean loss at T over the samples, nat. */
  readonly loss: number;
  /** Mean of 1 − Σ p² at T. */
  readonly spread: number;
  readonly trace: Estimate;
  /** The traces of the layers' blocks in the order of the layers; they add up to `trace`. */
  readonly layers: readonly number[];
}

/** Holds the confidence of the outputs at the network's own temperature 1, and its curvature at two others. */
export interface Confidence {
  /** Mean of 1 − Σ p² over the samples. */
  readonly spread: Estimate;
  /** At the temperature that minimises the mean loss over these same samples. */
  readonly best: TraceAtTemperature;
  /** At the temperature at which the spread is the one that was asked for. */
  readonly equal: TraceAtTemperature;
}

/** Temperatures are sought between 1/64 and 64. */
const WIDEST = Math.log(64);

/**
 * Measures the confidence of a classifier at its weights over all samples of the passes. Costs two traces of the Hessian.
 * @param spread - the mean of 1 − Σ p² at which `equal` is measured, between 0 and 1 − 1/classes
 * @throws InputError where the loss is not the cross-entropy of labels
 */
export function confidence(passes: NetworkPasses, spread: number): Confidence {
  const { spec, samples, classes } = passes;
  check(
    spec.loss === 'cross-entropy' && samples.labels !== undefined,
    'no-labels',
    'the confidence of outputs is that of a classifier; the samples need labels and the network the loss cross-entropy.',
  );
  const z = logitsOf(passes);
  const own = Float64Array.from(samples.labels!, (label, k) => {
    const from = k * classes;
    return z[from + label] - z[from + topOf(z, from, classes)];
  });
  const found = confidenceOf(z, own, spread);
  return { ...found, best: traced(found.best), equal: traced(found.equal) };

  function traced(output: AtTemperature): TraceAtTemperature {
    const { temperature } = output;
    return Number.isFinite(temperature)
      ? { ...output, ...traceAt(passes, 1 / temperature) }
      : { ...output, ...noTrace(samples.count) };
  }
}

/** Says that there is no trace, for want of a temperature. */
export const noTrace = (samples: number): Pick<TraceAtTemperature, 'trace' | 'layers'> => ({
  trace: estimate(Number.NaN, Number.NaN, samples, 'no such temperature between 1/64 and 64', false),
  layers: [],
});

/** What outputs say of a temperature, without curvature. */
export type AtTemperature = Omit<TraceAtTemperature, 'trace' | 'layers'>;

/**
 * Makes the confidence of outputs.
 * @param z - logits, N×C
 * @param own - logit of each sample's label minus its largest logit, length N
 * @param spread - the mean of 1 − Σ p² at which `equal` lies
 */
export function confidenceOf(
  z: Float64Array,
  own: Float64Array,
  spread: number,
): { readonly spread: Estimate; readonly best: AtTemperature; readonly equal: AtTemperature } {
  const n = own.length;
  const classes = z.length / n;
  check(
    spread > 0 && spread < 1 - 1 / classes,
    'bad-spread',
    `a mean of 1 − Σ p² over ${classes} classes lies between 0 and ${1 - 1 / classes}; got ${spread}.`,
  );
  const each = (s: number) => Array.from(own, (of, k) => outputOf(z, k * classes, classes, of, s));
  const at = (s: number): Output => {
    const all = each(s);
    return {
      loss: mean(all.map((o) => o.loss)),
      slope: mean(all.map((o) => o.slope)),
      spread: mean(all.map((o) => o.spread)),
    };
  };
  const told = (s: number): AtTemperature => {
    if (!Number.isFinite(s)) return { temperature: Number.NaN, loss: Number.NaN, spread: Number.NaN };
    const { loss, spread: found } = at(s);
    return { temperature: 1 / s, loss, spread: found };
  };
  return {
    spread: meanOf(
      each(1).map((o) => o.spread),
      `mean over ${n} samples`,
    ),
    best: told(rising((s) => at(s).slope)),
    equal: told(rising((s) => spread - at(s).spread)),
  };
}

/** Returns the weights of the network whose logits are s times those of `weights`. */
export function withScaledLogits(spec: NetworkSpec, weights: Float32Array | Float64Array, s: number): Float32Array {
  const layers = layersOf(spec);
  const { weightOffset, inputs, outputs: units, biasOffset } = layers[layers.length - 1];
  const out = Float32Array.from(weights);
  for (let i = 0; i < inputs * units; i++) out[weightOffset + i] *= s;
  if (biasOffset >= 0) for (let i = 0; i < units; i++) out[biasOffset + i] *= s;
  return out;
}

function traceAt({ spec, samples, weights }: NetworkPasses, s: number): Pick<TraceAtTemperature, 'trace' | 'layers'> {
  const { layers } = hessianTrace(new NetworkPasses({ spec, samples, weights: withScaledLogits(spec, weights, s) }));
  return scaledTrace(layers, layers.length - 1, s, samples.count);
}

/** Adds the traces of layers at weights whose last layer is s times as large, with respect to the weights as they are. */
export function scaledTrace(
  layers: HessianTrace['layers'],
  last: number,
  s: number,
  samples: number,
): Pick<TraceAtTemperature, 'trace' | 'layers'> {
  const blocks = layers.map(({ trace: { value, standardError } }, l) => {
    const factor = l === last ? s * s : 1;
    return { value: factor * value, error: factor * standardError };
  });
  const sum = blocks.reduce((a, b) => a + b.value, 0);
  const error = Math.hypot(...blocks.map((b) => b.error));
  return {
    trace: estimate(sum, error, samples, 'layers added; their errors taken as independent'),
    layers: blocks.map((b) => b.value),
  };
}

/** Holds one sample's loss, its derivative by s, and 1 − Σ p², at the logits s·z. */
interface Output {
  readonly loss: number;
  readonly slope: number;
  readonly spread: number;
}

/** Returns the class of the largest logit. */
export function topOf(z: Float64Array, from: number, classes: number): number {
  let top = 0;
  for (let c = 1; c < classes; c++) if (z[from + c] > z[from + top]) top = c;
  return top;
}

/** Computes them from the logits z[from … from + classes − 1]; 1 − Σ p² = Σ p (1 − p) without cancellation. */
function outputOf(z: Float64Array, from: number, classes: number, own: number, s: number): Output {
  const top = topOf(z, from, classes);
  let [others, tops] = [0, 0];
  for (let c = 0; c < classes; c++) {
    if (c === top) continue;
    const e = Math.exp(s * (z[from + c] - z[from + top]));
    others += e;
    tops += e * (z[from + c] - z[from + top]);
  }
  const total = 1 + others;
  let spread = others / total ** 2;
  for (let c = 0; c < classes; c++) {
    if (c === top) continue;
    const p = Math.exp(s * (z[from + c] - z[from + top])) / total;
    spread += p * (1 - p);
  }
  return { loss: Math.log1p(others) - s * own, slope: tops / total - own, spread };
}

/** Returns the s between 1/64 and 64 at which a function rises through zero, by bisection in ln s; NaN where it does not. */
function rising(f: (s: number) => number): number {
  let [a, b] = [-WIDEST, WIDEST];
  if (!(f(Math.exp(a)) < 0 && f(Math.exp(b)) > 0)) return Number.NaN;
  for (let k = 0; k < 44; k++) {
    const middle = (a + b) / 2;
    if (f(Math.exp(middle)) < 0) a = middle;
    else b = middle;
  }
  return Math.exp((a + b) / 2);
}
