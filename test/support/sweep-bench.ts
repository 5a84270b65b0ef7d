/** Small trainings for the measures of a sweep, their samples as plain numbers, and derivatives by differences alone. */
import { inputsOf } from '../../src/data/inputs.js';
import type { Measured, Until } from '../../src/experiments/sweep/measured.js';
import { Bench } from '../../src/experiments/sweep/measures/bench.js';
import { completeMeasures, measureNamed } from '../../src/experiments/sweep/measures/registry.js';
import { trainCell } from '../../src/experiments/sweep/training.js';
import type { NetworkSpec } from '../../src/model/network.js';
import { embeddedLinearAlgebra } from '../../src/numeric/linalg/index.js';
import { completeRunConfig } from '../../src/runs/config.js';
import { loadRun } from '../../src/runs/prepare.js';
import type { PartialConfig } from '../../src/runs/schema.js';
import { gradient, type Sample, sampleLoss } from './naive-network.js';

export const la = embeddedLinearAlgebra();

/** Trains what a config says. */
export async function trained(
  partial: PartialConfig,
  until?: Until,
  more: { divergeFactor?: number; looking?: boolean } = {},
) {
  const config = completeRunConfig(partial);
  const loaded = await loadRun(config);
  const request = { config, until, divergeFactor: 10, looking: false, report: () => {}, ...more, ...loaded };
  return { ...loaded, config, trained: trainCell(request) };
}

/** Trains, and returns the bench of the measures. */
export async function benchOf(partial: PartialConfig, until?: Until): Promise<Bench> {
  return new Bench({ ...(await trained(partial, until)), la, report: () => {} });
}

/** Measures one thing with the default options but for those given. */
export async function ask(bench: Bench, name: string, options: object = {}): Promise<Record<string, Measured>> {
  const [complete] = completeMeasures([{ name, ...options }]);
  return measureNamed(name).measure(bench, { ...complete.options });
}

/** Returns the number of a measure. @throws where there is none */
export function number(m: Measured) {
  if ('why' in m) throw new Error(m.why);
  return m;
}

/** Returns the training samples of a bench as plain numbers. */
export function samplesOf({ train }: Bench): Sample[] {
  return Array.from({ length: train.count }, (_, k) => {
    const x = new Float32Array(train.size);
    inputsOf(train, k, x);
    const outputs = train.targets ? train.targets.length / train.count : 0;
    return train.labels
      ? { x, label: train.labels[k] }
      : { x, target: train.targets!.subarray(k * outputs, (k + 1) * outputs) };
  });
}

/** Mean loss in plain loops. */
export const meanLoss = (spec: NetworkSpec, w: ArrayLike<number>, samples: readonly Sample[]): number =>
  samples.reduce((sum, s) => sum + sampleLoss(spec, w, s), 0) / samples.length;

/** The whole Hessian, P×P, by central differences of the gradient in plain loops. */
export function hessianByDifferences(
  spec: NetworkSpec,
  w: Float64Array,
  samples: readonly Sample[],
  step = 1e-5,
): number[][] {
  const rows = Array.from(w, (_, i) => {
    const at = (by: number) => {
      const v = w.slice();
      v[i] += by;
      return gradient(spec, v, samples);
    };
    const [ahead, behind] = [at(step), at(-step)];
    return Array.from(ahead, (a, j) => (a - behind[j]) / (2 * step));
  });
  return rows.map((r, i) => r.map((x, j) => (x + rows[j][i]) / 2));
}

/** Largest eigenvalue and its unit eigenvector of a symmetric matrix, by powers of A + shift. */
export function largestEigenpair(a: readonly (readonly number[])[], shift = 0): { value: number; vector: number[] } {
  let v = a.map((_, i) => 1 + 0.1 * Math.sin(i + 1));
  let size = 0;
  for (let k = 0; k < 20_000; k++) {
    const y = a.map((r, i) => r.reduce((s, x, j) => s + x * v[j], shift * v[i]));
    size = Math.hypot(...y);
    v = y.map((x) => x / size);
  }
  return { value: size - shift, vector: v };
}

/** A classifier of 5 inputs, 3 tanh units and 3 classes, of noisy labels, so that its loss stays well above 0. */
export const SMALL: PartialConfig = {
  seed: 3,
  data: {
    set: 'teacher',
    teacher: { network: { widths: [5, 6, 3], activation: 'tanh' }, train: 90, test: 40, labelNoise: 0.15, seed: 2 },
  },
  network: { widths: [5, 3, 3], activation: 'tanh', bias: true },
  training: { learningRate: 0.2, batchSize: 9 },
  record: { layer: 'layer1', windowEpochs: 4 },
};

/** One of ReLU units, whose valleys close. */
export const CLOSED: PartialConfig = {
  seed: 3,
  data: {
    set: 'teacher',
    teacher: { network: { widths: [8, 6, 3], activation: 'tanh' }, train: 120, test: 0, labelNoise: 0.2, seed: 2 },
  },
  network: { widths: [8, 5, 3], activation: 'relu' },
  training: { learningRate: 0.1, batchSize: 10 },
  record: { layer: 'layer1', windowEpochs: 10 },
};

/** A linear regression whose Hessian is the second moment of its inputs. */
export const LINEAR: PartialConfig = {
  seed: 1,
  data: {
    set: 'teacher',
    teacher: {
      network: { widths: [6, 1], activation: 'identity', loss: 'squared-error' },
      train: 200,
      test: 0,
      labelNoise: 0.3,
      spectrum: [4, 2, 1, 0.5, 0.25, 0.1],
      seed: 5,
    },
  },
  network: { widths: [6, 1], activation: 'identity', loss: 'squared-error' },
  training: { learningRate: 0.1, batchSize: 10, stop: { rule: 'epochs', epochs: 20 } },
  record: { layer: 'layer1', windowEpochs: 20 },
};

/** The second moment of the inputs of some samples, in plain loops. */
export function secondMoment(samples: readonly Sample[]): number[][] {
  const d = samples[0].x.length;
  return Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_x, j) => samples.reduce((s, { x }) => s + x[i] * x[j], 0) / samples.length),
  );
}
