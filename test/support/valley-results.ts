/** Made-up results of the valley model in which every claim holds with room to spare; tests bend them. */

import type { ConvergenceRow, FreezingRow, ValleyModelResults } from '../../src/experiments/valley2023/measured.js';
import { type Estimate, estimate } from '../../src/numeric/estimate.js';

/** Over five seeds, or of a grid. */
export const seeds = (value: number, error = Math.abs(value) / 1000): Estimate =>
  estimate(value, error, 5, 'mean and standard error over 5 seeds');
export const grid = (value: number, error = 1e-4): Estimate => estimate(value, error, 100, 'against half the cells');

const line = Array.from({ length: 21 }, (_, k) => k / 20);
const lnF = line.map((x) => (x * Math.log(10)) / 2);

function potentialCase(diffusion: number, kappa: number) {
  return {
    diffusion,
    anisotropy: kappa,
    separation: 2 * diffusion * kappa ** 2,
    slopes: [
      { method: 'fokker-planck' as const, floor: grid(1 - kappa), marginal: grid(-kappa) },
      ...(diffusion === 0.001
        ? [{ method: 'langevin' as const, floor: seeds(1 - kappa, 0.01), marginal: seeds(-kappa) }]
        : []),
    ],
    curve: {
      x: line,
      logFlatness: lnF,
      floor: lnF.map((f) => (1 - kappa) * f),
      marginal: lnF.map((f) => -kappa * f),
    },
  };
}

const bins = 20;
const bell = line.slice(1).map((x) => Math.exp(-((x - 0.5) ** 2) / 0.05));
const density = bell.map((v) => (v * bins) / bell.reduce((s, q) => s + q, 0));

const convergenceRow = (
  noise: ConvergenceRow['noise'],
  strength: number,
  steps: number,
  more = {},
): ConvergenceRow => ({
  noise,
  strength,
  learningRate: 0.02,
  steps: seeds(steps),
  arrived: 1,
  diverged: seeds(0, 0),
  driftSteps: steps * 1.01,
  passageSteps: steps * 0.99,
  growth: noise === 'curvature' ? 0.64 + 0.04 * strength ** 2 : 0.64,
  ...more,
});

const noise = [0, 1, 2, 3, 4, 5];
const rates = [0.0025, 0.005, 0.01, 0.02, 0.04, 0.08];
/** eta at which the sharp end is unstable, lambda = 10. */
const unstable = noise.map((s) => 0.2 / (1 + s * s));

const freezingRow = (diffusion: number, time: number, final: number): FreezingRow => ({
  noise: 'additive',
  diffusion,
  freezingTime: seeds(time),
  predictedTime: time * 1.02,
  final: seeds(final),
  predictedFinal: final,
  fokkerPlanckFinal: final,
  curve: {
    time: [0, 10, 20],
    walkers: [0, final / 2, final],
    predicted: [0, final / 2, final],
    fokkerPlanck: [0, final / 2, final],
  },
});

export function idealValley(): ValleyModelResults {
  const kappas = [1, 2, 4];
  return {
    potential: {
      ends: { sharp: 10, flat: 1 },
      cases: [0.001, 0.1].flatMap((d) => kappas.map((k) => potentialCase(d, k))),
      tilted: [
        {
          diffusion: 0.001,
          anisotropy: 2,
          separation: 0.01,
          lossCoefficient: grid(2),
          flatnessCoefficient: grid(-1),
        },
      ],
    },
    densities: {
      diffusion: 0.004,
      anisotropy: 4,
      learningRate: 0.01,
      edges: Array.from({ length: bins + 1 }, (_, k) => k / bins),
      densities: (['sgd', 'langevin', 'fokker-planck', 'adiabatic'] as const).map((source) => ({
        source,
        marginal: density,
        floor: density,
      })),
      distances: (['sgd', 'langevin', 'adiabatic'] as const).flatMap((source) =>
        (['marginal', 'floor'] as const).map((which) => ({
          source,
          which,
          distance: seeds(source === 'adiabatic' ? 0.004 : 0.02, 1e-4),
          counting: source === 'adiabatic' ? 0 : 0.019,
        })),
      ),
      steps: [0.01, 0.18].map((eta) => ({
        learningRate: eta,
        sharpest: 10 * eta,
        varianceRatio: seeds(2 / (2 - 4 * eta)),
        predictedRatio: 2 / (2 - 4 * eta),
        meanX: seeds(0.5),
        continuousX: 0.49,
        finiteStepX: 0.5,
        toContinuous: seeds(0.1),
        toFiniteStep: seeds(0.02),
        counting: 0.019,
      })),
      lowest: 0.35,
    },
    convergence: {
      target: 0.9,
      most: 1e5,
      rows: [
        ...(['constant', 'hessian', 'location'] as const).flatMap((kind) => [
          convergenceRow(kind, 1, 4000),
          convergenceRow(kind, 2, 2000),
          convergenceRow(kind, 4, 1000),
        ]),
        convergenceRow('curvature', 0.5, 4000),
        convergenceRow('curvature', 2, 1500),
        convergenceRow('curvature', 4, 500, { driftSteps: Number.NaN, passageSteps: Number.NaN }),
        convergenceRow('curvature', 8, 3, { arrived: 0.9, diverged: seeds(0.9), driftSteps: Number.NaN }),
      ],
      equalTemperature: [0.01, 0.04].map((eta) => ({
        learningRate: eta,
        strength: 0.02 / eta,
        time: seeds(40 + eta),
        driftTime: 40,
      })),
      critical: { sharpMeanSquare: 3, sharpAlmostSure: 8.5, flatMeanSquare: 10, flatAlmostSure: 79 },
    },
    phase: {
      noise,
      // finer than the rows of the order parameter were made for
      rates: rates.map((_, k) => 0.02 * 1.05 ** k),
      steps: 1000,
      walkers: 64,
      locationNoise: 0.3,
      flatness: rates.flatMap((eta) => noise.map((s) => Math.min(1, 8 * eta * (1 + s)))),
      diverged: rates.flatMap((eta) => noise.map((_, k) => (eta > unstable[k] ? 1 : 0))),
      lines: {
        sharpMeanSquare: unstable,
        sharpAlmostSure: unstable.map((v) => 2 * v),
        flatMeanSquare: unstable.map((v) => 10 * v),
        flatAlmostSure: unstable.map((v) => 20 * v),
      },
      first: unstable.map((v) => 1.01 * v),
      half: unstable.map((v) => 1.05 * v),
    },
    freezing: {
      end: 80,
      barrier: [0.5, 2],
      widths: 3,
      rows: [freezingRow(0.1, 5, 0.1), freezingRow(0.2, 20, 0.4), freezingRow(0.4, 50, 0.7)],
      escapes: [
        { diffusion: 0.5, barrier: 2, walkers: seeds(6.3), exact: 6.3, fokkerPlanck: 6.3, kramers: 4.1 },
        { diffusion: 0.2, barrier: 5, walkers: seeds(90), exact: 90, fokkerPlanck: 90, kramers: 84 },
      ],
    },
    circulation: {
      rows: [0, 1.5].map((l) => ({
        strength: l,
        fokkerPlanck: grid(1e-3),
        langevin: seeds(0.101, 1e-4),
        counting: 0.1,
        rotation: seeds(l, 0.01),
        gridRotation: grid(l),
        predictedRotation: l,
        currentError: l > 0 ? grid(0.005) : grid(Number.NaN, Number.NaN),
      })),
      field: {
        strength: 1.5,
        x: [-1, 0, 1],
        y: [-1, 0, 1],
        density: [1, 2, 1, 2, 3, 2, 1, 2, 1],
        currentX: [1, 1, 1, 0, 0, 0, -1, -1, -1],
        currentY: [-1, 0, 1, -1, 0, 1, -1, 0, 1],
        exactX: [1, 1, 1, 0, 0, 0, -1, -1, -1],
        exactY: [-1, 0, 1, -1, 0, 1, -1, 0, 1],
      },
    },
  };
}
