/**
 * A made-up result of the valley model in which no two numbers are alike and nothing is in order: a report made from it cannot exchange
 * two numbers, leave one out or shift a list without a test that reads it noticing. No law holds in it.
 */
import type {
  BatchNoise,
  CirculationRow,
  ConvergenceRow,
  DensitySource,
  EscapeRow,
  FiniteStepRow,
  FreezingNoise,
  FreezingRow,
  PhaseResult,
  PotentialCase,
  ValleyModelResults,
} from '../../src/experiments/valley2023/measured.js';
import { type Estimate, estimate } from '../../src/numeric/estimate.js';
import { unlike } from './unlike.js';

/** Points of the curves of the potential: so many that the figure shows every second one. */
export const CURVE = 41;

export function unlikeValley(): ValleyModelResults {
  const u = unlike(7);
  /** Over five seeds, with an error of some per cent. */
  const seeds = (value: number): Estimate =>
    estimate(value, Math.abs(value) * u(0.01, 0.06), 5, 'mean and standard error over 5 seeds');
  const grid = (value: number): Estimate =>
    estimate(value, Math.abs(value) * u(0.001, 0.006), 100, 'against half the cells');

  const potentialCase = (diffusion: number, anisotropy: number, walkers: boolean): PotentialCase => {
    const x = Array.from({ length: CURVE }, (_, k) => (k + 0.5) / CURVE);
    return {
      diffusion,
      anisotropy,
      separation: u(0.01, 0.9),
      slopes: [
        ...(walkers ? [{ method: 'langevin' as const, floor: seeds(u(-4, -1)), marginal: seeds(u(-9, -5)) }] : []),
        { method: 'fokker-planck', floor: grid(u(1, 4)), marginal: grid(u(5, 9)) },
      ],
      curve: {
        x,
        logFlatness: x.map((v) => -1.2 + 1.1 * v + u(0, 0.02)),
        floor: x.map((v) => v * (1 - anisotropy) + u(0, 0.3)),
        marginal: x.map((v) => -v * anisotropy + u(0, 0.3)),
      },
    };
  };

  const edges = [0, 0.1, 0.25, 0.35, 0.5, 0.7, 1];
  const bins = () => edges.slice(1).map(() => u(0.2, 2.5));
  const step = (learningRate: number): FiniteStepRow => ({
    learningRate,
    sharpest: 10 * learningRate,
    varianceRatio: seeds(u(1, 2)),
    predictedRatio: u(2, 3),
    meanX: seeds(u(0.4, 0.6)),
    continuousX: u(0.1, 0.3),
    finiteStepX: u(0.7, 0.9),
    toContinuous: seeds(u(0.05, 0.1)),
    toFiniteStep: seeds(u(0.01, 0.04)),
    counting: u(0.001, 0.009),
  });

  const way = (
    noise: BatchNoise,
    strength: number,
    arrived = u(0.51, 0.99),
    diverged = u(0.01, 0.4),
  ): ConvergenceRow => ({
    noise,
    strength,
    learningRate: 0.02,
    steps: seeds(u(2000, 4000)),
    arrived,
    diverged: seeds(diverged),
    driftSteps: u(5000, 9000),
    passageSteps: u(300, 900),
    growth: u(0.3, 0.8),
  });

  const noise = [0, 0.8, 1.6, 2.4, 3.2, 4];
  const rates = [0.01, 0.02, 0.04, 0.08, 0.16];
  const phase: PhaseResult = {
    noise,
    rates,
    steps: 1234,
    walkers: 77,
    locationNoise: 0.3,
    flatness: Array.from({ length: 30 }, (_, k) => (k + 0.5) / 30),
    // none, some, half and most: a column each, but for one row
    diverged: rates.flatMap((_, j) =>
      j === 2 ? [0.5, 0.49, 0.02, 0, 0, 1] : [0, 0.01 * (j + 1), 0, 0.5 + 0.01 * j, 0.9 + 0.01 * j, 1],
    ),
    lines: {
      sharpMeanSquare: noise.map(() => u(0.011, 0.03)),
      sharpAlmostSure: noise.map(() => u(0.03, 0.06)),
      flatMeanSquare: noise.map((_, k) => (k === 0 ? 2 : u(0.06, 0.1))),
      flatAlmostSure: noise.map((_, k) => (k < 5 ? 3 + k : u(0.1, 0.15))),
    },
    first: noise.map(() => u(0.01, 0.05)),
    half: noise.map((_, k) => (k === 1 ? Number.NaN : u(0.05, 0.16))),
  };

  const freezing = (kind: FreezingNoise, diffusion: number): FreezingRow => {
    const time = Array.from({ length: 37 }, (_, k) => (80 * k) / 36);
    return {
      noise: kind,
      diffusion,
      freezingTime: seeds(u(10, 70)),
      predictedTime: u(10, 70),
      final: seeds(u(0.1, 0.8)),
      predictedFinal: u(0.1, 0.8),
      fokkerPlanckFinal: u(0.1, 0.8),
      curve: {
        time,
        walkers: time.map(() => u(0, 0.3)),
        predicted: time.map(() => u(0.3, 0.6)),
        fokkerPlanck: time.map((_, k) => (k === 0 ? Number.NaN : u(0.6, 1))),
      },
    };
  };
  const leave = (barrier: number): EscapeRow => ({
    diffusion: 1 / barrier,
    barrier,
    walkers: seeds(u(4, 20)),
    exact: u(20, 60),
    fokkerPlanck: u(60, 150),
    kramers: u(150, 400),
  });
  const turned = (strength: number): CirculationRow => ({
    strength,
    fokkerPlanck: grid(u(0.001, 0.009)),
    langevin: seeds(u(0.01, 0.09)),
    counting: u(0.1, 0.9),
    rotation: seeds(u(1, 2)),
    gridRotation: grid(u(2, 3)),
    predictedRotation: u(3, 4),
    currentError: grid(u(0.01, 0.02)),
  });
  const [fx, fy] = [[-1.6, -0.8, 0], [-2, 0]]; // biome-ignore format: one line
  const cells = (from: number, to: number) => fy.flatMap(() => fx.map(() => u(from, to)));

  return {
    potential: {
      ends: { sharp: 11, flat: 1.3 },
      cases: [
        potentialCase(0.02, 4, false),
        potentialCase(0.001, 4, true),
        potentialCase(0.001, 0.5, false),
        potentialCase(0.02, 1, false),
        potentialCase(0.001, 1, true),
      ],
      tilted: [0.5, 2].map((anisotropy) => ({
        diffusion: 0.001,
        anisotropy,
        separation: u(0.01, 0.09),
        lossCoefficient: grid(u(0.4, 2.2)),
        flatnessCoefficient: grid(u(-2, 1)),
      })),
    },
    densities: {
      diffusion: 0.004,
      anisotropy: 4,
      learningRate: 0.01,
      edges,
      densities: (['sgd', 'langevin', 'fokker-planck', 'adiabatic'] as const).map((source: DensitySource) => ({
        source,
        marginal: bins(),
        floor: bins(),
      })),
      distances: (['langevin', 'sgd', 'adiabatic'] as const).flatMap((source) =>
        (['marginal', 'floor'] as const).map((which) => ({
          source,
          which,
          distance: seeds(u(0.01, 0.09)),
          counting: source === 'adiabatic' ? 0 : u(0.001, 0.009),
        })),
      ),
      steps: [0.01, 0.05, 0.18].map(step),
      lowest: 0.42,
    },
    convergence: {
      target: 0.9,
      most: 1e5,
      rows: [
        way('hessian', 2),
        // calm: all arrive and none diverges
        way('constant', 1, 1, 0),
        way('constant', 4, 1, 0),
        way('hessian', 0.5),
        way('location', 8),
        // fewer than half arrive; most diverge
        way('location', 16, 0.3, 0.6),
        // exactly half
        way('location', 4, 0.5, 0.5),
        way('curvature', 0.5, 0.995, 0.007),
        { ...way('curvature', 2, 1, 0), driftSteps: Number.NaN },
        { ...way('curvature', 4), passageSteps: Number.NaN },
        way('curvature', 8, 0.2, 0.95),
      ],
      equalTemperature: [0.04, 0.01].map((learningRate) => ({
        learningRate,
        strength: 0.02 / learningRate,
        time: seeds(u(30, 50)),
        driftTime: u(30, 50),
      })),
      critical: { sharpMeanSquare: 3.1, sharpAlmostSure: 8.4, flatMeanSquare: 10.2, flatAlmostSure: 79 },
    },
    phase,
    freezing: {
      end: 80,
      barrier: [0.4, 2.2],
      widths: 3.3,
      rows: [
        freezing('additive', 0.4),
        freezing('sharper', 0.2),
        freezing('additive', 0.1),
        freezing('sharper', 0.5),
        freezing('additive', 0.2),
      ],
      escapes: [leave(5), leave(2), leave(6)],
    },
    circulation: {
      rows: [0.5, 1.5].map(turned),
      field: {
        strength: 1.5,
        x: fx,
        y: fy,
        density: cells(0.1, 0.9),
        currentX: cells(-1, 1),
        currentY: cells(-1, 1),
        exactX: cells(-0.9, 0.9),
        exactY: cells(-0.9, 0.9),
      },
    },
  };
}
