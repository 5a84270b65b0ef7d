/** A made-up result of ao2022 in which every claim holds; all numbers differ from one another, so that none can stand for its neighbour. */
import type { PowerLaw } from '../../src/analyse/trajectory/results.js';
import type {
  Ao2022Results,
  ChainLink,
  GammaTest,
  LandscapeRow,
  ModeAgreement,
} from '../../src/experiments/ao2022/measured.js';
import { type Estimate, estimate } from '../../src/numeric/estimate.js';
import type { EnergyRow, Regime } from '../../src/theory/layer/results.js';
import { syntheticAnalysis } from './ivf2021-results.js';

export const given = (value: number, error = Math.abs(value) / 50, n = 30): Estimate =>
  estimate(value, error, n, 'made up');

const upTo = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, k) => make(k + 1));
/** A number between −1 and 1 that differs from term to term. */
const wobble = (i: number, k = 1): number => Math.sin(1.7 * i + 2.3 * k);

const [P, RESOLVED, SETTLED] = [60, 50, 25];
const L0 = 4.83e-5;
const curvature = upTo(P, (i) => (i <= RESOLVED ? 2 * i ** -1.7 : i <= 57 ? 1e-15 * (P - i) : -1e-16 * i));
const noise = curvature.map((h, k) => (h > 0 ? 0.3 * h ** 1.4 * 10 ** (0.1 * wobble(k)) : 1e-20));
const withoutDrift = curvature.map((h, k) => 1e-5 * Math.max(h, 1e-6) ** 0.3 * 10 ** (0.1 * wobble(k, 2)));
const times = (factor: number, k: number) =>
  withoutDrift.map((v, i) => (i >= RESOLVED ? Number.POSITIVE_INFINITY : v * factor * 10 ** (0.05 * wobble(i, k))));

const ratios = (values: readonly number[]): Record<Regime, Estimate> => ({
  continuous: given(values[0]),
  discrete: given(values[1]),
  shuffled: given(values[2]),
  window: given(values[3]),
});

/** Groups 1–10 and 11–25 with these ratios, and chi² over the 25 modes. */
const agreeing = (first: number, second: number, chiSquared: number, pValue: number): ModeAgreement => ({
  modes: SETTLED,
  draws: 200,
  chiSquared,
  pValue,
  groups: [
    { from: 1, to: 10, ratio: given(first, 0.04, 10) },
    { from: 11, to: 25, ratio: given(second, 0.06, 15) },
  ],
});

/** Points (F, y) about y = 10^intercept·F^exponent, and the law as their fit; F is that of the energy rows. */
function law(
  exponent: number,
  intercept: number,
  k: number,
  x: readonly number[],
  error = 0.05,
): { fit: PowerLaw; x: number[]; y: number[] } {
  return {
    fit: {
      exponent: given(exponent, error, x.length),
      intercept: given(intercept, 0.02, x.length),
      range: [Math.min(...x), Math.max(...x)],
      points: x.length,
      scatter: 0.11 + k / 100,
      r2: 0.97 - k / 100,
    },
    x: [...x],
    y: x.map((F, i) => 10 ** (intercept + exponent * Math.log10(F) + 0.1 * wobble(i, k))),
  };
}

const energy: EnergyRow[] = upTo(32, (k): EnergyRow => {
  const index = k <= 10 ? k : Math.round(10 * 1.085 ** (k - 10));
  const variance = 2e-3 * index ** -1.5 * 10 ** (0.05 * wobble(k));
  const F = 0.4 * index ** 0.8;
  const h = k === 31 ? -1e-6 : (8 * (Math.E - 1) * L0 * (0.9 + 0.05 * wobble(k, 3))) / F ** 2;
  const boltzmann = variance * 1.4 * 10 ** (0.04 * wobble(k, 4));
  return {
    index,
    variance,
    resolved: k <= 30,
    curvature: h,
    noise: 2e-7 * F ** -3,
    flatness: k % 9 === 0 ? null : F,
    quadraticFlatness: h > 0 ? 2 * Math.sqrt((2 * (Math.E - 1) * L0) / h) : Number.NaN,
    lossEnergy: 0.5 * h * variance,
    potentialWidth: 2 * Math.sqrt(2 * variance),
    predictedWidth: 2 * Math.sqrt(2 * boltzmann),
    boltzmannVariance: boltzmann,
    windowVariance: variance * 1.1 * 10 ** (0.03 * wobble(k, 5)),
    settledShare: 1 / (1 + k / 20),
  };
});

const widths = energy.flatMap((e) => (e.index > 1 && e.resolved && e.flatness !== null ? [e.flatness] : []));

const link = (
  id: string,
  quantity: string,
  stated: number,
  exponent: number,
  intercept: number,
  k: number,
): ChainLink => ({
  id,
  quantity,
  stated,
  ranges: ['lower', 'upper'].map((half, i) => ({
    label: `${half} half of the ranks`,
    fit: { exponent: given(exponent + (i === 0 ? -0.1 : 0.14) * k, 0.07 * k, 13 - i), points: 13 - i },
  })),
  ...law(exponent, intercept, k, widths),
});

const landscape: LandscapeRow[] = energy
  .filter((e) => e.resolved)
  .map(
    (e, k): LandscapeRow => ({
      index: e.index,
      flatness: e.flatness,
      curvature: given(e.curvature / L0, 0.02 * Math.abs(e.curvature / L0)),
      curvatureSpread: (0.5 * e.curvature) / L0 + k / 1000,
      minimumSpread: given(0.01 * (k + 2), 0.0003 * (k + 2)),
      dropped: 0.01 + k / 1000,
      leading: 1e-9 * (k + 3) * 0.95,
      formula: 1e-9 * (k + 3) * (20 + k / 10),
      full: 1e-9 * (k + 3),
      doubling: 3 + k / 10,
    }),
  );

const test = (mean: number, variance: number, distance: number, pValue: number, k: number): GammaTest => ({
  dimension: SETTLED,
  mean: given((SETTLED / 2) * mean, 0.02 * SETTLED),
  variance: given((SETTLED / 2) * variance, 0.03 * SETTLED),
  expected: SETTLED / 2,
  effective: 200 + k,
  distance,
  pValue,
  temperature: 1e-6 * k,
});
/** The same with the mean of each group of modes, a little off the whole on both sides. */
const grouped = (g: GammaTest, mean: number): GammaTest => ({
  ...g,
  groups: [
    { from: 1, to: 10, mean: given(mean * 1.02, 0.07) },
    { from: 11, to: 25, mean: given(mean * 0.97, 0.05) },
  ],
});

const edges = Array.from({ length: 13 }, (_, k) => k / 3);
const bins = (k: number) =>
  edges.slice(1).map((b, i) => Math.exp(-((b - 1) ** 2) * (2 + k)) * (1 + 0.1 * wobble(i, k)));
const settled = curvature.slice(0, SETTLED);

export function syntheticAo2022(): Ao2022Results {
  return {
    setting: {
      layer: 'hidden 2 (6 × 10)',
      P,
      T: 12_000,
      samples: 60_000,
      batchSize: 50,
      stepsPerEpoch: 1200,
      sampling: 'shuffled',
      learningRate: 0.1,
      noiseStrength: 1.25e-4,
      centre: 'mean',
      centreLoss: L0,
      gradientNorm: 3.14e-4,
      curves: syntheticAnalysis({ epochs: 40, directions: 4, P: 4, steps: 4 }).curves,
    },
    subspaces: {
      rounding: 2.7e-11,
      resolved: RESOLVED,
      settled: SETTLED,
      settledCurvature: curvature[SETTLED - 1],
      negative: 3,
      flat: 2,
    },
    modes: {
      curvature,
      noise,
      measured: withoutDrift.map((v, i) => v * (1.2 + i / 100)),
      withoutDrift,
      predicted: {
        continuous: times(1.21, 1),
        discrete: times(1.26, 2),
        shuffled: times(0.93, 3),
        window: times(1.07, 4),
      },
    },
    groups: [
      {
        from: 1,
        to: 10,
        modes: 10,
        curvature: [curvature[0], curvature[9]],
        settled: 10,
        ratio: ratios([1.22, 1.27, 0.94, 1.08]),
      },
      {
        from: 11,
        to: 50,
        modes: 40,
        curvature: [curvature[10], curvature[49]],
        settled: 15,
        ratio: ratios([1.18, 1.23, 0.91, 1.04]),
      },
      {
        from: 51,
        to: 60,
        modes: 10,
        curvature: [curvature[50], curvature[59]],
        settled: 0,
        ratio: ratios([Number.NaN, Number.NaN, Number.NaN, 1.5]),
      },
    ],
    settledRatio: ratios([1.21, 1.26, 0.93, 1.07]),
    simulated: {
      agreement: { continuous: agreeing(1.23, 1.17, 31.4, 0.17), window: agreeing(1.09, 0.94, 22.6, 0.58) },
      logRatioOfWalks: given(-7.3, 1.9, 200),
      rule: {
        draws: 200,
        walksPassing: 0.115,
        power: 0.875,
        walksOfSamplingPassing: 0.62,
        falseAlarms: 0.045,
        relaxations: [10.4, 2400],
      },
    },
    gamma: {
      settled: {
        exponent: given(1.52, 0.06, 25),
        intercept: given(-0.5, 0.02),
        range: [settled.at(-1)!, 2],
        points: 25,
        scatter: 0.1,
        r2: 0.98,
      },
      resolved: {
        exponent: given(1.41, 0.03, 50),
        intercept: given(-0.53, 0.02),
        range: [curvature[RESOLVED - 1], 2],
        points: 50,
        scatter: 0.12,
        r2: 0.99,
      },
    },
    decomposition: {
      dimension: SETTLED,
      commutator: { layer: 0.123, resolved: 0.234, settled: 0.345 },
      qShare: { resolved: 0.0456, settled: 0.0678 },
      transverse: 0.271,
      condition: { diffusion: 3412.3, w: 567.8 },
      residual: 4.5e-13,
      entropyProductionRate: 0.0123,
      cycleFrequencies: [0.04, 0.025, 0.016, 0.01, 0.004],
      vortices: upTo(10, (k) => ({ q: 0.5 / k, share: 0.4 / k ** 2, circulation: 1.25e-4 * (0.5 / k) })),
      warnings: [],
    },
    energy,
    widths: {
      correlation: given(0.97, 0.02, 29),
      fit: law(
        0.98,
        0.07,
        7,
        upTo(29, (k) => 0.13 * k),
      ).fit,
      hessian: law(
        0.93,
        0.03,
        8,
        upTo(50, (k) => 0.01 * k),
      ).fit,
    },
    chain: [
      link('curvature', 'M = p·H·p/L₀', -2, -1.9, 1.05, 1),
      link('noise', 'D = p·C₁·p', -6, -5.8, -5.4, 2),
      link('minima', 'sθ²', -2, -2.15, -2.2, 3),
      link('variance', 'Σ = σ²', -4, -3.85, -3.3, 4),
      link('closure', 'Σ·M/D', 0, 0.12, 3.1, 5),
    ],
    temperature: { correlation: given(-0.91, 0.04, widths.length), ...law(-2.9, -8.3, 5, widths) },
    correlationTime: {
      correlation: given(-0.77, 0.09, 22),
      ...law(-0.7, 2.1, 6, widths.slice(0, 22)),
      bounded: 3,
      leading: given(-0.83, 0.06, 18),
      predicted: widths.slice(0, 22).map((F, k) => (k === 3 ? Number.NaN : 90 * F ** 2)),
    },
    walkCorrelation: { ranks: 18, rho: given(-0.31, 0.09, 10) },
    landscape,
    trajectory: {
      potential: grouped(test(1.13, 1.31, 0.071, 0.21, 1), 1.13),
      withDrift: test(1.57, 1.71, 0.171, 0.0021, 2),
      windowed: grouped(test(1.03, 1.09, 0.041, 0.41, 3), 1.03),
      otherHalf: test(1.19, 1.27, 0.063, 0.31, 4),
      loss: test(1, 2.3, 0.31, 3e-9, 5),
      logRatio: given(4.2, 0.3),
      logRatioWindowed: given(5.1, 0.4),
      equipartition: {
        temperature: given(3.3e-6, 4e-7),
        excessSpread: 7.7,
        range: 23.4,
        temperatures: settled.map((h, k) => 3.3e-6 * h ** 0.4 * 10 ** (0.1 * wobble(k))),
        curvature: settled,
      },
      histogram: { edges, potential: bins(1), windowed: bins(2), loss: bins(3) },
      circulation: {
        dimension: SETTLED,
        blocks: 40,
        pairs: 300,
        significant: { holm: 17, falseDiscovery: 61 },
        converged: true,
        slope: given(0.94, 0.06),
        slopeOfSampling: given(0.97, 0.07),
        strongest: upTo(8, (k) => {
          const expected = (k % 3 === 0 ? -1 : 1) * (9e-7 / k);
          return {
            i: k,
            j: k + 3,
            value: expected * (1 + 0.2 * wobble(k)),
            standardError: 4e-8 + 2e-9 * k,
            expected,
            holm: 0.001 * k,
          };
        }),
      },
      motion: {
        layer: given(0.71, 0.02),
        settled: given(0.98, 0.012),
      },
    },
  };
}
