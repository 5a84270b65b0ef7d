/**
 * Draws of the linear system of a layer's modes, with the layer's own H, C1, learning rate, sampling and number of steps: what a
 * statistic of the recorded window would be if linear theory were exact, or if there were no restoring force. docs/theory [N1], [S3].
 */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import { noiseFactor, noiseRows } from '../noise-factor.js';
import { batchFactor } from './modes.js';
import type { Ball, LayerSetting } from './results.js';

/** Describes the system and how it is drawn. */
export interface DrawsRequest {
  readonly la: LinearAlgebra;
  readonly setting: LayerSetting;
  /** Curvatures of the n modes, and C1 in them, n×n, per sample. */
  readonly curvatures: Float64Array;
  readonly noise: Matrix;
  /** `own`: the sampling of the run. `white`: batches with replacement. */
  readonly sampling: 'own' | 'white';
  readonly count: number;
  readonly key: Key;
}

/** Holds one draw, n×T courses about their means, row i the course of mode i. */
export interface LinearDraw {
  /** In the stationary state: x' = (1 − eta·h) x − eta·xi, or the steps of a heavy ball or of Nesterov's momentum. */
  readonly stationary: Float64Array;
  /** Driven by the same noise without a restoring force: x' = x − eta·xi from the first step of the window. */
  readonly walk: Float64Array;
}

/**
 * Simulates the window `count` times. A stationary draw runs for at least T steps (whole epochs) before its window: a mode that
 * relaxes ten times in the window has forgotten its start by e^−10. Cost for each draw: 2·T·n normal numbers and 4·T·n² flops.
 */
export function* linearDraws(request: DrawsRequest): Generator<LinearDraw> {
  const { la, setting, curvatures: h, noise, key } = request;
  const n = h.length;
  const { T, stepsPerEpoch: M, learningRate: eta, ball } = setting;
  const own = request.sampling === 'own';
  const scale = batchFactor(own ? 'window' : 'discrete', setting);
  const sampling = own ? setting.sampling : 'replaced';
  const factor = noiseFactor(
    la,
    matrix(
      n,
      n,
      noise.data.map((v) => scale * v),
    ),
  );
  const before = sampling === 'shuffled' ? M * Math.ceil(T / M) : T;
  for (let d = 0; d < request.count; d++) {
    const [stationary, walk] = [new Float64Array(n * T), new Float64Array(n * T)];
    const [x, w] = [new Float64Array(n), new Float64Array(n)];
    const [ofX, ofW] = [new Float64Array(n), new Float64Array(n)];
    let t = -before;
    for (const rows of noiseRows(la, { factor, sampling, batchesPerEpoch: M, steps: before + T, key: key.child(d) }))
      for (let r = 0; r < rows.rows; r++, t++)
        for (let i = 0; i < n; i++) {
          if (ball) {
            const xi = rows.data[r * n + i];
            x[i] += rolled(ball, ofX, i, h[i] * x[i] + xi);
            if (t < 0) continue;
            w[i] += rolled(ball, ofW, i, xi);
            stationary[i * T + t] = x[i];
            walk[i * T + t] = w[i];
            continue;
          }
          const step = eta * rows.data[r * n + i];
          x[i] -= eta * h[i] * x[i] + step;
          if (t < 0) continue;
          w[i] -= step;
          stationary[i * T + t] = x[i];
          walk[i * T + t] = w[i];
        }
    yield { stationary: centred(stationary, n), walk: centred(walk, n) };
  }
}

/** Returns the step of a heavy ball under a gradient, whose velocity at i it changes; Nesterov's looks a step ahead. */
function rolled({ rate, momentum, nesterov }: Ball, velocity: Float64Array, i: number, gradient: number): number {
  velocity[i] = momentum * velocity[i] - rate * gradient;
  return nesterov ? momentum * velocity[i] - rate * gradient : velocity[i];
}

/** Subtracts the mean of each course, in place. */
function centred(courses: Float64Array, n: number): Float64Array {
  const T = courses.length / n;
  for (let i = 0; i < n; i++) {
    const course = courses.subarray(i * T, (i + 1) * T);
    let sum = 0;
    for (let t = 0; t < T; t++) sum += course[t];
    for (let t = 0; t < T; t++) course[t] -= sum / T;
  }
  return courses;
}

/** Draws of n modes over T steps: 200, fewer (at least 100) where they would take more than about a minute. */
export const drawCount = (n: number, T: number): number => Math.max(100, Math.min(200, Math.floor(1e8 / (n * T))));
