/** The report of `thermograd simulate` out of its numbers: pure, the same input gives the same bytes. */
import { citationsUsed } from '../../report/citations.js';
import { csv } from '../../report/csv.js';
import type { Figure } from '../../report/figures/frame.js';
import type { Report } from '../../report/input.js';
import { renderPage } from '../../report/page.js';
import { bibtex } from '../../report/sections/references.js';
import { type Comparison, compare } from './compare.js';
import { densityLines, snapshotLines } from './figures/lines.js';
import { densityMap } from './figures/map.js';
import { meansFigure, pathsFigure, survivalFigure } from './figures/time.js';
import { arrayOf, type SimulationInput } from './measured.js';
import { simulationPage } from './page.js';

export function renderSimulation(input: SimulationInput): Report & { readonly comparison: Comparison } {
  const { facts, methods } = input;
  const comparison = compare(input);
  const figures = {
    lines: [densityLines(input, 'marginal_x'), densityLines(input, 'floor'), densityLines(input, 'marginal_y')],
    maps: methods.map((m) => densityMap(input, m)),
    time: [pathsFigure(input), meansFigure(input), snapshotLines(input), survivalFigure(input)],
  };
  const citations = citationsUsed(['valley2023']).filter((c) => c.key === 'valley2023');
  const document = {
    format: 'thermograd-simulation-report',
    version: 1,
    title: facts.title,
    statement: facts.statement,
    scales: facts.scales,
    warnings: facts.warnings,
    methods: methods.map((m) => m.summary),
    comparison,
    run: facts.run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    html: renderPage(simulationPage(input, comparison, figures, citations)),
    figures: Object.fromEntries(
      Object.values(figures)
        .flat()
        .filter((f): f is Figure => 'svg' in f)
        .map((f) => [f.name, f.svg]),
    ),
    tables: tablesOf(input, comparison),
    json: `${JSON.stringify(document, null, 1)}\n`,
    comparison,
  };
}

function tablesOf({ facts, methods }: SimulationInput, comparison: Comparison): Record<string, string> {
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
