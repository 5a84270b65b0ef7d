/**
 * What the recorded window is compared with: windows of the linear system of the settled modes, with the run's own H, C1, sampling and
 * number of steps, in the stationary state and without any restoring force. docs/theory [N1], [N2], [S9].
 */
import { energiesOf, logDensityRatio } from '../../analyse/trajectory/boltzmann.js';
import { estimate } from '../../numeric/estimate.js';
import { diagonal, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import { mean, standardDeviation } from '../../numeric/statistics.js';
import type { Agreement } from '../../report/deciding.js';
import { stepsOf } from '../../theory/layer/ball.js';
import { drawCount, linearDraws } from '../../theory/layer/draws.js';
import type { HessianModes, LayerSetting } from '../../theory/layer/results.js';
import { agreementOf } from './agreement.js';
import type { SimulatedWindows } from './measured.js';
import { passesAsStationary, settledMotion } from './stationarity.js';

/** Holds the settled modes of a layer. */
export interface SettledModes {
  readonly la: LinearAlgebra;
  readonly setting: LayerSetting;
  readonly modes: HessianModes;
  /** Curvatures of the decomposed modes (the settled ones, at least two) and C1 in them. */
  readonly curvatures: Float64Array;
  readonly noise: Matrix;
  readonly key: Key;
  /** Called with the share of the draws that are done. */
  readonly onProgress?: (share: number) => void;
}

/** Returns epsilon·U⁻¹ of symmetric F = eta·H in its eigenbasis: 2·epsilon·C1_ij/(eta·(h_i + h_j)). docs/theory [D4]. */
export function steadyCovariance({ noiseStrength, learningRate }: LayerSetting, h: Float64Array, c1: Matrix): Matrix {
  const n = h.length;
  const out = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      out.data[i * n + j] = (2 * noiseStrength * c1.data[i * n + j]) / (learningRate * (h[i] + h[j]));
  return out;
}

/**
 * Simulates the windows and compares the variances of the run with them. Cost: 400 draws of n modes over 2·T steps (half a minute
 * for 20 modes and 12 000 steps), half of that for a run that samples with replacement.
 */
export function simulatedWindows(input: SettledModes): SimulatedWindows {
  const { la, setting, modes, curvatures: h, noise, key, onProgress } = input;
  const { T, learningRate: eta } = setting;
  const n = h.length;
  const count = drawCount(n, T);
  const potential = steadyCovariance(setting, h, noise);
  const draws = setting.sampling === 'replaced' ? count : 2 * count;
  let drawn = 0;
  const under = (sampling: 'own' | 'white') => {
    const logs: Float64Array[] = [];
    const ratios: number[] = [];
    const found = {
      walk: { agrees: 0, differs: 0, undecided: 0 },
      stationary: { agrees: 0, differs: 0, undecided: 0 },
    };
    for (const draw of linearDraws({ la, setting, curvatures: h, noise, sampling, count, key: key.child(sampling) })) {
      logs.push(variances(draw.stationary, n).map(Math.log));
      const walking = variances(draw.walk, n);
      const temperature = h.reduce((s, v, i) => s + v * walking[i], 0) / n;
      const rival = energiesOf(la, draw.walk, diagonal(h.map((v) => temperature / v)));
      ratios.push(logDensityRatio(energiesOf(la, draw.walk, potential), rival).value);
      for (const process of ['walk', 'stationary'] as const) {
        const verdict: Agreement = passesAsStationary(settledMotion(draw[process], n, T, stepsOf(setting)));
        found[process][verdict]++;
      }
      onProgress?.(++drawn / draws);
    }
    return { logs, ratios, found };
  };
  const white = under('white');
  const own = setting.sampling === 'replaced' ? white : under('own');
  const compare = (regime: 'continuous' | 'window', drawn: readonly Float64Array[]) =>
    agreementOf(modes.withoutDrift.slice(0, n), modes.predicted[regime].slice(0, n), drawn);
  const relaxations = Array.from(h, (v) => eta * v * T);
  return {
    agreement: { continuous: compare('continuous', white.logs), window: compare('window', own.logs) },
    logRatioOfWalks: estimate(
      mean(own.ratios),
      standardDeviation(own.ratios, 1),
      count,
      `mean of ${count} walks with the noise of the run; the error is the spread of one`,
    ),
    rule: {
      draws: count,
      walksPassing: white.found.walk.agrees / count,
      power: white.found.walk.differs / count,
      walksOfSamplingPassing: own.found.walk.agrees / count,
      falseAlarms: own.found.stationary.differs / count,
      relaxations: [Math.min(...relaxations), Math.max(...relaxations)],
    },
  };
}

/** Returns the mean square of each of n courses. */
function variances(courses: Float64Array, n: number): Float64Array {
  const T = courses.length / n;
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let t = i * T; t < (i + 1) * T; t++) sum += courses[t] ** 2;
    return sum / T;
  });
}
