/**
 * Layered networks number by number: every sum is written out on a tape of scalars, which is then run backwards. It takes the
 * parameters in the order in which layers name them, weight before bias, and shares no code with the library.
 */
import type { LayeredSpec, LayerSpec } from '../../src/model/layered/spec.js';

/** Numbers with the derivatives by the one or two numbers that each was made of. */
class Tape {
  readonly values: number[] = [];
  private readonly first: number[] = [];
  private readonly second: number[] = [];
  private readonly byFirst: number[] = [];
  private readonly bySecond: number[] = [];

  push(value: number, a = -1, da = 0, b = -1, db = 0): number {
    this.first.push(a);
    this.second.push(b);
    this.byFirst.push(da);
    this.bySecond.push(db);
    return this.values.push(value) - 1;
  }
  add = (a: number, b: number): number => this.push(this.values[a] + this.values[b], a, 1, b, 1);
  sub = (a: number, b: number): number => this.push(this.values[a] - this.values[b], a, 1, b, -1);
  mul = (a: number, b: number): number =>
    this.push(this.values[a] * this.values[b], a, this.values[b], b, this.values[a]);
  scale = (a: number, by: number, plus = 0): number => this.push(by * this.values[a] + plus, a, by);
  of = (a: number, f: (x: number) => number, slope: (x: number) => number): number =>
    this.push(f(this.values[a]), a, slope(this.values[a]));
  mean = (all: readonly number[]): number => this.scale(all.reduce(this.add), 1 / all.length);

  /** Returns the derivatives of one number by all numbers. */
  derivatives(of: number): Float64Array {
    const out = new Float64Array(this.values.length);
    out[of] = 1;
    for (let i = of; i >= 0; i--) {
      if (this.first[i] >= 0) out[this.first[i]] += this.byFirst[i] * out[i];
      if (this.second[i] >= 0) out[this.second[i]] += this.bySecond[i] * out[i];
    }
    return out;
  }
}

/** erf by its series, and by its continued fraction where that converges faster; to about 1e-15. */
export function naiveErf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let [term, sum] = [a, a];
    for (let n = 1; n < 120; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let tail = 0;
  for (let n = 150; n >= 1; n--) tail = n / 2 / (a + tail);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (a + tail) / Math.sqrt(Math.PI));
}

const ACTIVATIONS = {
  relu: [(x: number) => Math.max(0, x), (x: number) => (x > 0 ? 1 : 0)],
  tanh: [Math.tanh, (x: number) => 1 - Math.tanh(x) ** 2],
  identity: [(x: number) => x, () => 1],
  gelu: [
    (x: number) => (x * (1 + naiveErf(x / Math.SQRT2))) / 2,
    (x: number) => (1 + naiveErf(x / Math.SQRT2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  ],
} as const;

/** Numbers of the tape as [channel][row][column]. */
interface Tensor {
  readonly shape: readonly [number, number, number];
  readonly at: readonly number[];
}

/** Gives one sample: its input, and its label or target. */
export interface NaiveSample {
  readonly x: ArrayLike<number>;
  readonly label?: number;
  readonly target?: ArrayLike<number>;
}

/** Runs one layer; `take` gives the next parameters of the flat vector. */
function run(tape: Tape, layer: LayerSpec, x: Tensor, take: (n: number) => number[]): Tensor {
  const [C, H, W] = x.shape;
  const id = (c: number, i: number, j: number) => x.at[(c * H + i) * W + j];
  const windows = (kernel: number, stride: number, reduce: (all: number[]) => number): Tensor => {
    const [h, w] = [Math.floor((H - kernel) / stride) + 1, Math.floor((W - kernel) / stride) + 1];
    const at: number[] = [];
    for (let c = 0; c < C; c++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++) {
          const all: number[] = [];
          for (let a = 0; a < kernel; a++)
            for (let b = 0; b < kernel; b++) all.push(id(c, i * stride + a, j * stride + b));
          at.push(reduce(all));
        }
    return { shape: [C, h, w], at };
  };
  switch (layer.type) {
    case 'dense': {
      const weight = take(layer.outputs * x.at.length);
      const bias = layer.bias === false ? [] : take(layer.outputs);
      const at = Array.from({ length: layer.outputs }, (_, o) => {
        const products = x.at.map((h, i) => tape.mul(weight[o * x.at.length + i], h));
        return (bias.length > 0 ? [...products, bias[o]] : products).reduce(tape.add);
      });
      return { shape: [layer.outputs, 1, 1], at };
    }
    case 'conv': {
      const { channels, kernel: K, stride = 1, padding = 0 } = layer;
      const weight = take(channels * C * K * K);
      const bias = layer.bias === false ? [] : take(channels);
      const [h, w] = [H, W].map((n) => Math.floor((n + 2 * padding - K) / stride) + 1);
      const at: number[] = [];
      for (let o = 0; o < channels; o++)
        for (let i = 0; i < h; i++)
          for (let j = 0; j < w; j++) {
            const terms = bias.length > 0 ? [bias[o]] : [];
            for (let c = 0; c < C; c++)
              for (let a = 0; a < K; a++)
                for (let b = 0; b < K; b++) {
                  const [y, z] = [i * stride + a - padding, j * stride + b - padding];
                  if (y < 0 || z < 0 || y >= H || z >= W) continue;
                  terms.push(tape.mul(weight[((o * C + c) * K + a) * K + b], id(c, y, z)));
                }
            at.push(terms.length > 0 ? terms.reduce(tape.add) : tape.push(0));
          }
      return { shape: [channels, h, w], at };
    }
    case 'max-pool':
      return windows(layer.kernel, layer.stride ?? layer.kernel, (all) =>
        all.reduce((best, i) => (tape.values[i] > tape.values[best] ? i : best)),
      );
    case 'average-pool':
      return windows(layer.kernel, layer.stride ?? layer.kernel, tape.mean);
    case 'global-average-pool': {
      const channels = Array.from({ length: C }, (_, c) => tape.mean(x.at.slice(c * H * W, (c + 1) * H * W)));
      return { shape: [C, 1, 1], at: channels };
    }
    case 'layer-norm': {
      const { epsilon = 1e-5 } = layer;
      const [weight, bias] = [take(x.at.length), take(x.at.length)];
      const mean = tape.mean(x.at);
      const centred = x.at.map((i) => tape.sub(i, mean));
      const variance = tape.mean(centred.map((i) => tape.mul(i, i)));
      const inverse = tape.of(
        variance,
        (v) => 1 / Math.sqrt(v + epsilon),
        (v) => -0.5 / (v + epsilon) ** 1.5,
      );
      const at = centred.map((i, n) => tape.add(tape.mul(tape.mul(i, inverse), weight[n]), bias[n]));
      return { shape: x.shape, at };
    }
    case 'batch-norm': {
      const { mean, variance, epsilon = 1e-5 } = layer;
      const [weight, bias] = [take(C), take(C)];
      const at = x.at.map((i, n) => {
        const c = Math.floor(n / (H * W));
        const own = (given: number | readonly number[]) => (typeof given === 'number' ? given : given[c]);
        const s = 1 / Math.sqrt(own(variance) + epsilon);
        return tape.add(tape.mul(tape.scale(i, s, -own(mean) * s), weight[c]), bias[c]);
      });
      return { shape: x.shape, at };
    }
    case 'dropout':
      return x;
    case 'residual': {
      const through = layer.layers.reduce((h, inner) => run(tape, inner, h, take), x);
      const past = (layer.shortcut ?? []).reduce((h, inner) => run(tape, inner, h, take), x);
      return { shape: through.shape, at: through.at.map((i, n) => tape.add(i, past.at[n])) };
    }
    default: {
      const [f, slope] = ACTIVATIONS[layer.type];
      return { shape: x.shape, at: x.at.map((i) => tape.of(i, f, slope)) };
    }
  }
}

/** Puts the loss of one sample on a tape, whose first numbers are the weights. */
function lossTape(spec: LayeredSpec, w: ArrayLike<number>, sample: NaiveSample): { tape: Tape; loss: number } {
  const tape = new Tape();
  for (let i = 0; i < w.length; i++) tape.push(w[i]);
  let used = 0;
  const take = (n: number) => Array.from({ length: n }, () => used++);
  const at = Array.from(sample.x, (v) => tape.push(v));
  const shape = typeof spec.input === 'number' ? ([spec.input, 1, 1] as const) : spec.input;
  const z = spec.layers.reduce((h, layer) => run(tape, layer, h, take), { shape, at } as Tensor).at;
  if (used !== w.length) throw new Error(`the layers take ${used} weights, and there are ${w.length}`);
  if (spec.loss === 'squared-error') {
    const squares = z.map((i, j) => {
      const d = tape.scale(i, 1, -sample.target![j]);
      return tape.scale(tape.mul(d, d), 0.5);
    });
    return { tape, loss: squares.reduce(tape.add) };
  }
  const top = Math.max(...z.map((i) => tape.values[i]));
  const exponentials = z.map((i) => tape.of(tape.scale(i, 1, -top), Math.exp, Math.exp));
  const log = tape.of(exponentials.reduce(tape.add), Math.log, (s) => 1 / s);
  return { tape, loss: tape.sub(log, tape.scale(z[sample.label!], 1, -top)) };
}

/** Computes the loss of one sample, nat for cross-entropy. */
export function naiveLoss(spec: LayeredSpec, w: ArrayLike<number>, sample: NaiveSample): number {
  const { tape, loss } = lossTape(spec, w, sample);
  return tape.values[loss];
}

/** Computes the gradient of that loss, flat. */
export function naiveGradient(spec: LayeredSpec, w: ArrayLike<number>, sample: NaiveSample): Float64Array {
  const { tape, loss } = lossTape(spec, w, sample);
  return tape.derivatives(loss).slice(0, w.length);
}
