/** The tables of a simulation as CSV documents, at full precision. */
import { csv } from '../../report/csv.js';
import type { Comparison } from './compare.js';
import { arrayOf, type SimulationInput } from './measured.js';

/** Writes moments, distances and densities, by file name. */
export function simulationTables({ facts, methods }: SimulationInput, comparison: Comparison): Record<string, string> {
  const densities = (name: 'marginal_x' | 'marginal_y' | 'floor', axis: number) => {
    const shown = methods.filter((m) => arrayOf(m, name));
    return csv(
      [facts.names[axis], ...shown.map((m) => m.summary.method)],
      Array.from(facts.centres[axis], (x, i) => [x, ...shown.map((m) => arrayOf(m, name)![i])]),
    );
  };
  return {
    'moments.csv': csv(
      ['quantity', 'method', 'value', 'standard_error', 'n', 'converged'],
      comparison.moments.flatMap((r) =>
        Object.entries(r.values).map(([m, e]) => [r.name, m, e.value, e.standardError, e.n, e.converged]),
      ),
    ),
    'distances.csv': csv(
      ['density', 'a', 'b', 'total_variation', 'counting_noise'],
      comparison.distances.map((d) => [d.density, d.a, d.b, d.totalVariation, d.noise]),
    ),
    'marginal-x.csv': densities('marginal_x', 0),
    ...(facts.names.length === 2 && { 'marginal-y.csv': densities('marginal_y', 1) }),
    ...(methods.some((m) => arrayOf(m, 'floor')) && { 'floor.csv': densities('floor', 0) }),
  };
}
