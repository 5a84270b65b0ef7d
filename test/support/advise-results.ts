/** Made-up facts that advice is judged from. Nothing in them was measured. */
import { advise } from '../../src/apply/advice.js';
import type { AdviceFacts, CurvatureFacts, NoiseFacts, WindowFacts } from '../../src/apply/advice-facts.js';
import { judgeVerification, type RunSeen } from '../../src/apply/advice-verify.js';
import type { AdviceReportInput } from '../../src/experiments/advise/page.js';
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
  carriers: 217.4,
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
    errors: 3,
    constantLoss: 2.3,
    origin: 'made up',
  },
  noise: { facts: noise() },
  curvature: { facts: curvature() },
  window: { facts: window() },
  ...changes,
});

/** Losses of a run at forty looks: a rise by `height` in the middle, then towards `end`. */
const losses = (start: number, height: number, end: number): number[] =>
  Array.from({ length: 40 }, (_, k) => {
    const x = (k + 1) / 40;
    return start + height * Math.sin(Math.PI * x) ** 2 + (end - start) * x;
  });

/**
 * A state whose every number differs from every other, with momentum, and runs of all outcomes around its ceiling, three at
 * each rate. The advised rate is 0.9 of 0.0447, the rim of the basin about 1.6.
 */
export function adviceStudy(): AdviceReportInput {
  const point = {
    learningRate: 0.03,
    momentum: 0.5,
    batchSize: 40,
    sampling: 'shuffled' as const,
    samples: 12000,
    parameters: 5430,
    loss: 0.437,
    errors: 211,
    constantLoss: 2.31,
    origin: 'the last weights of a made-up run',
  };
  const facts: AdviceFacts = {
    point,
    noise: {
      facts: {
        squaredGradient: 0.0123,
        trace: e(6.31, 0.17),
        carriers: 907.2,
        ofSet: 513,
        ofDistribution: e(547, 36),
        interval: [482, 632],
        weighted: e(181, 9),
        curvedGradient: 0.0291,
        twoBatches: {
          sizes: [64, 1024],
          counts: [256, 33],
          squaredGradient: e(0.0119, 0.0008),
          trace: e(6.44, 0.21),
          scale: e(541, 44),
          interval: [461, 655],
        },
      },
    },
    curvature: {
      facts: {
        top: estimate(4.62, 2e-7, 37, 'Lanczos'),
        lowest: e(-0.31, 0.01),
        curvatures: [4.62, 2.9, 1.7],
        hardSamples: 8,
        edge: e(0.649, 3e-8),
        relativeVariance: e(5.76, 0.4),
        carriers: 73.4,
        alongTop: 0.134,
        eigenvectorsOnly: 0.117,
        fewer: 0.0941,
        ceiling: e(0.0902, 0.0043),
        line: [1, 8, 40, 300, 2500, 12000].map((batchSize) => {
          const ceiling = 0.649 / (1 + 248 / batchSize);
          return { batchSize, ceiling: e(ceiling, 0.05 * ceiling + 0.0001) };
        }),
      },
    },
    window: {
      facts: {
        epochs: 4,
        steps: 1200,
        ratio: e(1.034, 0.041),
        trend: e(-0.0172, 0.0113),
        meanLoss: 0.452,
        roundingShare: 2e-7,
      },
    },
  };
  const seen = (
    learningRate: number,
    seed: number,
    height: number,
    end: number,
    more: Partial<RunSeen> = {},
  ): RunSeen => ({
    learningRate,
    seed,
    losses: losses(0.431, height + 0.01 * seed, end + 0.003 * seed),
    finite: true,
    still: false,
    top: 5 - 10 * learningRate + 0.1 * seed,
    ...more,
  });
  const verification = judgeVerification({
    base: { loss: 0.431, constantLoss: 2.31, trace: 6.31, momentum: 0.5, batchSize: 40 },
    epochs: 3,
    looked: 5000,
    top: 4.71,
    ceiling: 0.0902,
    runs: [
      ...[0, 1, 2].map((s) => seen(0.36, s, 0, 1, { finite: false, losses: [0.9, 3 + s], top: null })),
      ...[0, 1, 2].map((s) => seen(0.0451 / 1.01, s, 0.1, 0.39)),
      seen(0.072, 0, 0.2, 0.36),
      seen(0.072, 1, 0.25, 0.37),
      seen(0.072, 2, 1.3, 0.38, { top: null }),
      seen(0.18, 0, 2, 0.7),
      seen(0.18, 1, 2.1, 1.75),
      seen(0.18, 2, 2.2, 2.5),
    ],
  });
  return {
    title: 'Made-up advice',
    advice: advise(facts, 0.9, verification),
    facts,
    verification,
    run: { config: { data: { set: 'fashion-mnist' } }, seeds: { seed: 7 }, kernel: 'simd' },
  };
}

/** Runs at the given rates, `stays` of `of` at each below the rim: those of a state like that of `facts`. */
export function runsAt(stays: Readonly<Record<number, number>>, of = 6, ceiling: number | null = 0.2) {
  return judgeVerification({
    base: { loss: 0.1, constantLoss: 2.3, trace: 4, momentum: 0, batchSize: 50 },
    epochs: 2,
    looked: 100,
    top: 1,
    ceiling,
    runs: Object.entries(stays).flatMap(([eta, n]) =>
      Array.from(
        { length: of },
        (_, seed): RunSeen => ({
          learningRate: Number(eta),
          seed,
          losses: [seed < n ? 0.1 : 1],
          finite: true,
          still: false,
          top: 1,
        }),
      ),
    ),
  });
}
