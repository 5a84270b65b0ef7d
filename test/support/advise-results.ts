/** Made-up facts that advice is judged from. Nothing in them was measured. */
import type { AdviceFacts, CurvatureFacts, NoiseFacts, WindowFacts } from '../../src/apply/advice-facts.js';
import { estimate } from '../../src/numeric/estimate.js';

export const e = (value: number, error: number, converged = true) => estimate(value, error, 10, 'made up', converged);

export const curvature = (changes: Partial<CurvatureFacts> = {}): CurvatureFacts => ({
  top: e(2, 1e-9),
  lowest: e(-0.01, 1e-3),
  curvatures: [2, 1],
  hardSamples: 2,
  edge: e(1, 1e-9),
  relativeVariance: e(3, 0.2),
  carriers: 40,
  alongTop: 0.25,
  eigenvectorsOnly: 0.22,
  fewer: 0.205,
  ceiling: e(0.2, 0.01),
  line: [1, 4, 16, 64, 256, 1000].map((batchSize) => ({ batchSize, ceiling: e(1 / (1 + 200 / batchSize), 0.01) })),
  ...changes,
});

export const noise = (changes: Partial<NoiseFacts> = {}): NoiseFacts => ({
  squaredGradient: 0.01,
  trace: e(4, 0.1),
  ofSet: 400,
  ofDistribution: e(420, 30),
  interval: [370, 480],
  weighted: e(100, 5),
  curvedGradient: 0.02,
  twoBatches: {
    sizes: [50, 800],
    counts: [128, 32],
    squaredGradient: e(0.01, 0.001),
    trace: e(4, 0.1),
    scale: e(400, 40),
    interval: [330, 500],
  },
  ...changes,
});

export const window = (changes: Partial<WindowFacts> = {}): WindowFacts => ({
  epochs: 3,
  steps: 60,
  ratio: e(1.05, 0.05),
  trend: e(-0.01, 0.02),
  meanLoss: 0.5,
  roundingShare: 1e-9,
  ...changes,
});

export const facts = (learningRate: number, batchSize = 50, changes: Partial<AdviceFacts> = {}): AdviceFacts => ({
  point: {
    learningRate,
    momentum: 0,
    batchSize,
    sampling: 'shuffled',
    samples: 1000,
    parameters: 30,
    loss: 0.5,
    constantLoss: 2.3,
    origin: 'made up',
  },
  noise: { facts: noise() },
  curvature: { facts: curvature() },
  window: { facts: window() },
  ...changes,
});
