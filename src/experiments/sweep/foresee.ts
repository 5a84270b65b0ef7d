/** Laws and figures are read before anything is computed: a name that the sweep will not have is refused at once, not after the last cell. */
import { EPOCHS, type PointResult, STEPS } from './aggregate.js';
import type { Scalar } from './axes.js';
import { checkFigure } from './figures/plans.js';
import { lawOf } from './law-text.js';
import { columnsOf } from './measures/registry.js';
import { quantityOf } from './names.js';
import type { SweepConfig } from './schema.js';

/**
 * Checks the names in the laws and figures of a sweep.
 * @throws InputError for a law or a figure that cannot be read, and for a name that the sweep will not have, with the nearest that it will
 */
export function checkNames(config: SweepConfig): void {
  const { laws, figures } = config;
  if (laws.length === 0 && figures.length === 0) return;
  const point = foreseen(config);
  for (const text of laws) {
    const law = lawOf(text);
    for (const name of [law.measure, ...law.factors.map((f) => f.name)]) quantityOf(name, [point], `the law '${text}'`);
  }
  for (const figure of figures) {
    checkFigure(figure);
    const { kind, bound: _, ...named } = figure;
    for (const name of Object.values(named))
      if (typeof name === 'string') quantityOf(name, [point], `a figure of kind ${kind}`);
  }
}

/** Returns a point with the names that the results will have, and no number. */
function foreseen({ axes, experiment, measure }: SweepConfig): PointResult {
  const point: Record<string, Scalar> = Object.fromEntries(axes.map(({ key }) => [key, 1]));
  const names = experiment === 'train' ? Object.keys(columnsOf(measure)) : measure.map(({ name }) => name);
  const none = {
    mean: { value: Number.NaN, standardError: Number.NaN, n: 0, method: 'not measured yet', converged: false },
    median: Number.NaN,
    values: [],
    unconverged: 0,
    diverged: 0,
    missing: [],
  };
  return {
    point,
    config: {} as PointResult['config'],
    seeds: [],
    diverged: { count: 0, n: 0, value: 0, low: 0, high: 0 },
    budget: 0,
    columns: Object.fromEntries([...names, STEPS, EPOCHS].map((name) => [name, none])),
  };
}
