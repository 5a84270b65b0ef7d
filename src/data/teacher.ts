/** A synthetic set with known truth: Gaussian inputs, labels or targets from a teacher network, and noise on them. */
import { check } from '../numeric/errors.js';
import type { Key, Stream } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import type { Dataset, Samples } from './dataset.js';

/** Describes the teacher's architecture; a `NetworkSpec` (src/model/network.ts) has this form. */
export interface TeacherNetwork {
  /** Inputs, hidden widths, outputs. */
  readonly widths: readonly number[];
  readonly activation: 'relu' | 'tanh' | 'identity';
  readonly bias: boolean;
  /** `cross-entropy`: labels are the argmax of the outputs. `squared-error`: the outputs are the targets. */
  readonly loss: 'cross-entropy' | 'squared-error';
}

/** Says what a {@link TeacherNetwork} needs. */
export const TEACHER_NETWORK_WANTS = is.shape<TeacherNetwork>({
  widths: is.listOf(is.number),
  activation: is.oneOf('relu', 'tanh', 'identity'),
  bias: is.flag,
  loss: is.oneOf('cross-entropy', 'squared-error'),
});

/** Says which samples `teacherSet` draws. */
export interface TeacherRequest {
  readonly network: TeacherNetwork;
  /** Samples to draw. */
  readonly train: number;
  readonly test?: number;
  /**
   * Classification: the probability that a training label is replaced by one of the others. Regression: the standard
   * deviation s of Gaussian noise on each training target (docs/theory [S8]). Default 0; the test set has no noise.
   */
  readonly labelNoise?: number;
  /** Variances of the inputs, length D: the eigenvalues of their covariance, whose axes are the coordinates. Default 1. */
  readonly spectrum?: readonly number[];
}

/** Says what a {@link TeacherRequest} needs. */
export const TEACHER_REQUEST_WANTS = is.shape<TeacherRequest>({
  network: TEACHER_NETWORK_WANTS,
  train: is.number,
  test: is.maybe(is.number),
  labelNoise: is.maybe(is.number),
  spectrum: is.maybe(is.numbers),
});

/** Holds a synthetic data set and the teacher it came from. */
export interface TeacherSet {
  readonly dataset: Dataset;
  /** The teacher's flat weight vector, in the order of src/model/network.ts. */
  readonly weights: Float32Array;
}

/**
 * Draws a teacher and its samples. The first n training samples do not depend on how many follow, and inputs, teacher
 * and noise come from separate keys: changing one leaves the others as they are.
 *
 * Weights and biases are drawn from N(0, g/fan_in), g = 2 for ReLU, else 1, so that outputs are of order one. Outputs
 * are computed in float64 from the float32 weights and inputs; targets are rounded to float32. Cost: 2·P flops a sample
 * for P weights.
 * @throws InputError when a number is out of its range
 */
export function teacherSet(request: TeacherRequest, key: Key): TeacherSet {
  is.given('teacherSet', { request, key }, { request: TEACHER_REQUEST_WANTS, key: is.key });
  const { network, train, test = 0, labelNoise = 0, spectrum } = request;
  const { widths, loss } = network;
  const [size, outputs] = [widths[0], widths[widths.length - 1]];
  check(
    widths.length >= 2 && widths.every((w) => Number.isInteger(w) && w >= 1),
    'bad-teacher',
    () => `a teacher needs at least two positive integer widths (inputs, …, outputs); got [${widths.join(', ')}].`,
  );
  const classify = loss === 'cross-entropy';
  check(
    !classify || (outputs >= 2 && outputs <= 256),
    'bad-teacher',
    () => `a teacher that classifies needs 2 to 256 outputs; got ${outputs}.`,
  );
  check(
    Number.isInteger(train) && train >= 1 && Number.isInteger(test) && test >= 0,
    'bad-teacher',
    () => `a teacher needs at least one training sample; got train ${train}, test ${test}.`,
  );
  check(
    labelNoise >= 0 && (classify ? labelNoise <= 1 : Number.isFinite(labelNoise)),
    'bad-teacher',
    () => `label noise is ${classify ? 'a probability' : 'a finite standard deviation'}; got ${labelNoise}.`,
  );
  check(
    spectrum === undefined || (spectrum.length === size && spectrum.every((v) => v >= 0 && Number.isFinite(v))),
    'bad-teacher',
    () => `the input spectrum needs ${size} finite variances ≥ 0; got ${spectrum?.length} numbers.`,
  );
  const scale = Float64Array.from({ length: size }, (_, i) => Math.sqrt(spectrum?.[i] ?? 1));
  const weights = teacherWeights(network, key.child('teacher').stream());
  const draw = (count: number, purpose: string, noise: number): Samples => {
    const inputs = key.child(purpose).child('inputs').stream();
    const values = Float32Array.from({ length: count * size }, (_, i) => scale[i % size] * inputs.normal());
    const answers = new Float64Array(count * outputs);
    for (let n = 0; n < count; n++) {
      answers.set(forward(network, weights, values.subarray(n * size, (n + 1) * size)), n * outputs);
    }
    const noisy = key.child(purpose).child('noise').stream();
    const common = { count, size, values, divisor: 1 };
    if (!classify)
      return { ...common, targets: Float32Array.from(answers, (y) => (noise ? y + noise * noisy.normal() : y)) };
    const labels = Uint8Array.from({ length: count }, (_, n) => {
      const label = argmax(answers.subarray(n * outputs, (n + 1) * outputs));
      return noisy.uniform() < noise ? (label + 1 + noisy.integer(outputs - 1)) % outputs : label;
    });
    return { ...common, labels };
  };
  const dataset: Dataset = {
    name: 'teacher',
    classes: outputs,
    train: draw(train, 'train', labelNoise),
    ...(test > 0 && { test: draw(test, 'test', 0) }),
    provenance: { kind: 'teacher', ...request, labelNoise },
  };
  return { dataset, weights };
}

function teacherWeights({ widths, activation, bias }: TeacherNetwork, stream: Stream): Float32Array {
  const parts = widths.slice(1).map((outputs, l) => {
    const fan = widths[l];
    const scale = Math.sqrt((activation === 'relu' ? 2 : 1) / fan);
    return Float32Array.from({ length: outputs * (fan + (bias ? 1 : 0)) }, () => scale * stream.normal());
  });
  const weights = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    weights.set(part, at);
    at += part.length;
  }
  return weights;
}

/** Computes the outputs, z_l = W_l h_{l−1} + b_l with the activation between layers, in float64. */
function forward({ widths, activation, bias }: TeacherNetwork, w: Float32Array, x: ArrayLike<number>): Float64Array {
  let h = Float64Array.from(x);
  let at = 0;
  for (let l = 1; l < widths.length; l++) {
    const biasAt = at + widths[l] * h.length;
    const z = new Float64Array(widths[l]);
    for (let o = 0; o < z.length; o++) {
      let sum = bias ? w[biasAt + o] : 0;
      for (let i = 0; i < h.length; i++) sum += w[at + o * h.length + i] * h[i];
      z[o] = sum;
    }
    at = bias ? biasAt + z.length : biasAt;
    h =
      l < widths.length - 1 && activation !== 'identity'
        ? z.map(activation === 'relu' ? (v) => Math.max(0, v) : Math.tanh)
        : z;
  }
  return h;
}

function argmax(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
