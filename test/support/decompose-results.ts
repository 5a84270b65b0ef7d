/** A made-up decomposition of three coordinates in which every number differs from every other. Nothing in it was computed. */
import type { Decomposition } from '../../src/analyse/decomposition/decompose.js';
import type { DiscreteCovariance } from '../../src/analyse/decomposition/discrete.js';
import type { Vortices } from '../../src/analyse/decomposition/vortices.js';
import type { SummaryInput } from '../../src/experiments/decompose/summary.js';
import { fromRows } from '../../src/numeric/linalg/index.js';

export const decomposition = (changes: Partial<Decomposition> = {}): Decomposition =>
  ({
    system: { n: 3, noiseStrength: 0.7, symmetricDrift: false, noiseRank: 2, warnings: [] },
    spectrum: { re: Float64Array.of(0.3, 1.1, 1.1), im: Float64Array.of(0, 2.5, -2.5), stable: true },
    stationary: true,
    condition: { drift: 12.5, diffusion: Number.POSITIVE_INFINITY, w: 31, lyapunov: 47 },
    residuals: {
      lyapunov: 1.1e-16,
      force: 1.2e-16,
      exchange: 1.3e-16,
      drift: 1.4e-16,
      friction: 1.5e-16,
      dissipation: 1.6e-16,
      inverse: 1.7e-16,
      method: 'exact',
    },
    errorBound: 3.4e-14,
    entropyProductionRate: 8.125,
    cycleFrequencies: Float64Array.of(1.75),
    natural: null,
    warnings: ['D is singular in one direction.', 'A second thing to know.'],
    ...changes,
  }) as unknown as Decomposition;

export const turning: Vortices = {
  whitening: 'diffusion',
  vortices: [
    {
      q: 2.5,
      share: 0.8125,
      circulation: 1.75,
      basis: [Float64Array.of(1, 0, 0), Float64Array.of(0, 0.6, 0.8)],
      whitened: [Float64Array.of(0.6, 0, 0.8), Float64Array.of(0, 1, 0)],
    },
    {
      q: 0.5,
      share: 0.1875,
      circulation: 0.35,
      basis: [Float64Array.of(0, 1, 0), Float64Array.of(0, 0, 1)],
      whitened: [Float64Array.of(0, 0, 1), Float64Array.of(1, 0, 0)],
    },
  ],
  still: fromRows([[0.28, 0.96, 0]]),
  flux: 11.375,
};

export const summaryInput = (changes: Partial<SummaryInput> = {}): SummaryInput => ({
  decomposition: decomposition(),
  vortices: turning,
  discrete: { step: 0.02, residual: 4.5e-16, largestStableStep: 0.295 } as DiscreteCovariance,
  provider: 'embedded',
  inputs: { drift: 'F.npy', diffusion: 'D.csv' },
  files: ['sigma.npy', 'summary.json'],
  picture: 'what potential.svg shows',
  ...changes,
});
