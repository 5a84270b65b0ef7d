/** A recording with made-up numbers, for tests of its findings and its page. */
import type { MeasuredRecording } from '../../src/experiments/recording/measured.js';
import { estimate } from '../../src/numeric/estimate.js';
import { syntheticAnalysis } from './ivf2021-results.js';

const a = syntheticAnalysis({ epochs: 40, directions: 30, P: 120, steps: 40 });
const draws = (mean: number, deviation: number) => ({ mean, deviation, draws: 40 });
const e = (value: number, standardError: number, n = 100) => estimate(value, standardError, n, 'made up');

/** Returns the measurements, with changes. */
export function measured(change: Partial<MeasuredRecording> = {}): MeasuredRecording {
  const ranks = a.dynamics.map((d) => d.index);
  return {
    recording: {
      format: 'NumPy array in C order, 12000×120',
      type: 'float32',
      T: 12000,
      P: 120,
      parameters: [{ name: 'fc2.weight', shape: [10, 12], size: 120 }],
      projected: false,
      every: 1,
      steps: [1, 12000],
      stepsFrom: 'user',
      loss: [0.02, 0.01],
      facts: { learningRate: 0.1 },
      notes: ['the file ends after row 12000 of 12500; the rows that are whole were read'],
    },
    survey: { constant: 2, repeated: 0, stepVariance: 1e-4, successive: -0.01 },
    pca: a.pca,
    scaling: a.scaling,
    rankLaw: { ranks: [20, 81], points: 60, gamma: e(2.7, 0.05) },
    motion: {
      dynamics: a.dynamics,
      paths: a.paths,
      planes: a.paths.map(({ indices }) => ({ indices, offPlane: 0.25 })),
      settled: ranks.slice(3),
      halves: ranks.map((index) => ({ index, between: 0.3 / index ** 2, ratio: 1 + 0.1 / index })),
      between: e(0.01, 0.004),
    },
    rotation: {
      ranks: ranks.slice(3, 8),
      planes: 10,
      significant: 1,
      blocks: 20,
      blockLength: 600,
      converged: true,
      pairs: [{ ranks: [4, 5], rate: 0.02, standardError: 0.003, holm: 0.001, offPlane: 0.9 }],
      detectable: 0.012,
    },
    temperatures: {
      learningRate: 0.1,
      momentum: 0,
      momentumStated: false,
      directions: ranks.map((index) => ({ index, temperature: e(0.001 / index, 0.00002 / index) })),
      spread: e(1.2, 0.03, 12),
    },
    walk: {
      draws: 40,
      block: 1,
      directions: 120,
      beside: 0,
      alongWeights: 0.05,
      share: draws(0.6, 0.02),
      first: draws(1.7, 0.02),
      median: draws(0.8, 0.02),
      gamma: draws(2.4, 0.04),
      variances: { index: [1, 10, 60], value: [1e-2, 1e-4, 1e-6] },
    },
    ...change,
  };
}
