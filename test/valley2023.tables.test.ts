/** The tables of the valley model as CSV documents: every cell is the made-up number that its column names, none left out or shifted. */
import { describe, expect, it } from 'vitest';
import { valleyTables } from '../src/experiments/valley2023/csv.js';
import { readCsv } from './support/reading.js';
import { unlikeValley } from './support/valley-unlike.js';

const m = unlikeValley();
const tables = valleyTables(m);

/** Head and rows as they have to be: a column each, its name and its numbers from the first row to the last. */
type Columns = readonly (readonly [head: string, cells: readonly (string | number)[]])[];
const wanted = (columns: Columns): string[][] => [
  columns.map(([head]) => head),
  ...columns[0][1].map((_, k) =>
    columns.map(([, cells]) => (typeof cells[k] === 'number' && !Number.isFinite(cells[k]) ? '' : String(cells[k]))),
  ),
];

const { cases, tilted } = m.potential;
const slopes = cases.flatMap((c) => c.slopes.map((s) => ({ c, s })));
const { edges, densities, steps } = m.densities;
const bins = edges.length - 1;
const density = (source: string, which: 'marginal' | 'floor') => densities.find((d) => d.source === source)![which];
const { rows, equalTemperature } = m.convergence;
const { noise, rates, flatness, diverged, lines, first, half } = m.phase;
const points = rates.flatMap((rate, row) => noise.map((s, column) => ({ rate, s, k: 6 * row + column })));
const freezing = m.freezing.rows;
const { escapes } = m.freezing;
const turned = m.circulation.rows;

const TABLES: Record<string, Columns> = {
  'potential.csv': [
    ['diffusion', slopes.map(({ c }) => c.diffusion)],
    ['kappa', slopes.map(({ c }) => c.anisotropy)],
    ['separation', slopes.map(({ c }) => c.separation)],
    ['method', slopes.map(({ s }) => s.method)],
    ['floor_slope', slopes.map(({ s }) => s.floor.value)],
    ['floor_error', slopes.map(({ s }) => s.floor.standardError)],
    ['marginal_slope', slopes.map(({ s }) => s.marginal.value)],
    ['marginal_error', slopes.map(({ s }) => s.marginal.standardError)],
  ],
  'tilted.csv': [
    ['diffusion', tilted.map((c) => c.diffusion)],
    ['kappa', tilted.map((c) => c.anisotropy)],
    ['separation', tilted.map((c) => c.separation)],
    ['loss_coefficient', tilted.map((c) => c.lossCoefficient.value)],
    ['error', tilted.map((c) => c.lossCoefficient.standardError)],
    ['flatness_coefficient', tilted.map((c) => c.flatnessCoefficient.value)],
    ['error_flatness', tilted.map((c) => c.flatnessCoefficient.standardError)],
  ],
  // bin k holds what lies between edge k and edge k + 1
  'densities.csv': [
    ['x_from', edges.slice(0, bins)],
    ['x_to', edges.slice(1, bins + 1)],
    ...['sgd', 'langevin', 'fokker-planck', 'adiabatic'].flatMap(
      (source): Columns => [
        [`${source}_marginal`, density(source, 'marginal')],
        [`${source}_floor`, density(source, 'floor')],
      ],
    ),
  ],
  'finite-steps.csv': [
    ['learning_rate', steps.map((s) => s.learningRate)],
    ['eta_lambda', steps.map((s) => s.sharpest)],
    ['variance_ratio', steps.map((s) => s.varianceRatio.value)],
    ['error', steps.map((s) => s.varianceRatio.standardError)],
    ['predicted_ratio', steps.map((s) => s.predictedRatio)],
    ['mean_x', steps.map((s) => s.meanX.value)],
    ['mean_x_error', steps.map((s) => s.meanX.standardError)],
    ['continuous_x', steps.map((s) => s.continuousX)],
    ['finite_step_x', steps.map((s) => s.finiteStepX)],
    ['tv_continuous', steps.map((s) => s.toContinuous.value)],
    ['tv_finite_step', steps.map((s) => s.toFiniteStep.value)],
    ['tv_counting', steps.map((s) => s.counting)],
  ],
  'convergence.csv': [
    ['noise', rows.map((r) => r.noise)],
    ['strength', rows.map((r) => r.strength)],
    ['learning_rate', rows.map((r) => r.learningRate)],
    ['steps', rows.map((r) => r.steps.value)],
    ['error', rows.map((r) => r.steps.standardError)],
    ['arrived', rows.map((r) => r.arrived)],
    ['diverged', rows.map((r) => r.diverged.value)],
    ['diverged_error', rows.map((r) => r.diverged.standardError)],
    ['drift_steps', rows.map((r) => r.driftSteps)],
    ['passage_steps', rows.map((r) => r.passageSteps)],
    ['growth', rows.map((r) => r.growth)],
  ],
  'equal-temperature.csv': [
    ['learning_rate', equalTemperature.map((r) => r.learningRate)],
    ['strength', equalTemperature.map((r) => r.strength)],
    ['time', equalTemperature.map((r) => r.time.value)],
    ['error', equalTemperature.map((r) => r.time.standardError)],
    ['drift_time', equalTemperature.map((r) => r.driftTime)],
  ],
  'phase.csv': [
    ['learning_rate', points.map((p) => p.rate)],
    ['curvature_noise', points.map((p) => p.s)],
    ['flatness', points.map((p) => flatness[p.k])],
    ['diverged', points.map((p) => diverged[p.k])],
  ],
  'phase-lines.csv': [
    ['curvature_noise', noise],
    ['sharpMeanSquare', lines.sharpMeanSquare],
    ['sharpAlmostSure', lines.sharpAlmostSure],
    ['flatMeanSquare', lines.flatMeanSquare],
    ['flatAlmostSure', lines.flatAlmostSure],
    ['first_divergence', first],
    ['half_diverged', half],
  ],
  'freezing.csv': [
    ['noise', freezing.map((r) => r.noise)],
    ['diffusion', freezing.map((r) => r.diffusion)],
    ['freezing_time', freezing.map((r) => r.freezingTime.value)],
    ['error', freezing.map((r) => r.freezingTime.standardError)],
    ['predicted_time', freezing.map((r) => r.predictedTime)],
    ['final_flat', freezing.map((r) => r.final.value)],
    ['final_error', freezing.map((r) => r.final.standardError)],
    ['predicted_final', freezing.map((r) => r.predictedFinal)],
    ['fokker_planck_final', freezing.map((r) => r.fokkerPlanckFinal)],
  ],
  'escape.csv': [
    ['barrier_over_D', escapes.map((e) => e.barrier)],
    ['walkers', escapes.map((e) => e.walkers.value)],
    ['error', escapes.map((e) => e.walkers.standardError)],
    ['exact', escapes.map((e) => e.exact)],
    ['fokker_planck', escapes.map((e) => e.fokkerPlanck)],
    ['kramers', escapes.map((e) => e.kramers)],
  ],
  'circulation.csv': [
    ['l', turned.map((r) => r.strength)],
    ['tv_fokker_planck', turned.map((r) => r.fokkerPlanck.value)],
    ['tv_langevin', turned.map((r) => r.langevin.value)],
    ['tv_counting', turned.map((r) => r.counting)],
    ['rotation_langevin', turned.map((r) => r.rotation.value)],
    ['error', turned.map((r) => r.rotation.standardError)],
    ['rotation_grid', turned.map((r) => r.gridRotation.value)],
    ['rotation_theory', turned.map((r) => r.predictedRotation)],
    ['current_error', turned.map((r) => r.currentError.value)],
  ],
};

describe('the tables of the valley model', () => {
  it('are these', () => {
    expect(Object.keys(tables).sort()).toEqual(Object.keys(TABLES).sort());
  });

  it.each(Object.keys(TABLES))('%s holds the numbers of its columns', (name) => {
    const { heads, rows: cells } = readCsv(tables[name]);
    expect([heads, ...cells]).toEqual(wanted(TABLES[name]));
  });
});
