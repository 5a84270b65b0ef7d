/** The report of `reproduce controls` out of the cells of all seeds: pure, the same input gives the same bytes. */
import { citationsUsed } from '../../report/citations.js';
import { csv, findingsCsv } from '../../report/csv.js';
import type { Figure } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import { renderPage } from '../../report/page.js';
import { bibtex } from '../../report/sections/references.js';
import { closure } from './figures/closure.js';
import { exponentsByRegime, exponentsByWindow } from './figures/exponents.js';
import { noiseAgainstCurvature, variancesByBasis } from './figures/scatter.js';
import { causeOf, controlsFindings } from './findings.js';
import type { ControlsInput } from './measured.js';
import { controlsPage } from './page.js';
import type { GroupRow, RegimeRow } from './summary.js';

export interface ControlsReport {
  readonly findings: readonly Finding[];
  readonly cause: readonly string[];
  readonly html: string;
  /** SVG documents by name, CSV documents by file name. */
  readonly figures: Record<string, string>;
  readonly tables: Record<string, string>;
  readonly json: string;
}

export function renderControls(input: ControlsInput): ControlsReport {
  const judged = controlsFindings(input);
  const { findings, rows, groups } = judged;
  const figures = {
    exponents: exponentsByRegime(rows, input.mainWindow),
    windows: exponentsByWindow(rows),
    scatter: variancesByBasis(input.cells, input.mainWindow),
    noise: noiseAgainstCurvature(input.cells),
    closure: closure(groups),
  };
  const citations = citationsUsed(
    findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]),
    JSON.stringify(input.run),
  );
  const cause = causeOf(judged);
  const document = {
    format: 'thermograd-controls-report',
    version: 1,
    title: input.title,
    cause,
    findings,
    regimes: rows,
    groups,
    cells: input.cells,
    bases: input.bases,
    run: input.run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    findings,
    cause,
    html: renderPage(controlsPage(input, judged, cause, figures, citations)),
    figures: Object.fromEntries(
      Object.values(figures)
        .filter((f): f is Figure => 'svg' in f)
        .map((f) => [f.name, f.svg]),
    ),
    tables: {
      'findings.csv': findingsCsv(findings),
      'regimes.csv': regimesCsv(rows),
      'groups.csv': groupsCsv(groups),
      'directions.csv': directionsCsv(input),
    },
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}

function regimesCsv(rows: readonly RegimeRow[]): string {
  return csv(
    [
      'sampling',
      'momentum',
      'learning_rate',
      'epochs',
      'basis',
      'seeds',
      'psi',
      'psi_error',
      'theory_psi',
      'theory_psi_error',
      'gamma',
      'gamma_error',
      'rank_exponent',
      'r2',
      'share_below_crossover',
      'psi_of_seeds',
    ],
    rows.map((r) => [
      r.sampling,
      r.momentum,
      r.learningRate,
      r.epochs,
      r.basis,
      r.psi.n,
      r.psi.value,
      r.psi.standardError,
      r.theory.value,
      r.theory.standardError,
      r.gamma.value,
      r.gamma.standardError,
      r.rank?.value,
      r.r2,
      r.flatShare,
      r.psiOfSeeds.join(' '),
    ]),
  );
}

function groupsCsv(groups: readonly GroupRow[]): string {
  return csv(
    [
      'sampling',
      'learning_rate',
      'from',
      'to',
      'comparison',
      'ratio_of_modes',
      'error',
      'ratio_of_sums',
      'error_of_sums',
      'seeds',
    ],
    groups.flatMap((g) =>
      Object.entries({ ...g.ratios, ...(g.fixed && { 'fixed-noise': { modes: g.fixed, sums: undefined } }) }).map(
        ([name, r]) => [
          g.sampling,
          g.learningRate,
          g.from,
          g.to,
          name,
          r.modes.value,
          r.modes.standardError,
          r.sums?.value,
          r.sums?.standardError,
          r.modes.n,
        ],
      ),
    ),
  );
}

function directionsCsv({ cells }: ControlsInput): string {
  return csv(
    ['seed', 'cell', 'basis', 'epochs', 'index', 'variance', 'flatness', 'curvature', 'noise', 'predicted'],
    cells.flatMap((c) =>
      c.kind !== 'branch'
        ? []
        : c.regimes.flatMap((r) =>
            r.directions.map((d) => [
              c.seed,
              c.cell,
              r.basis,
              r.epochs,
              d.index,
              d.variance,
              d.flatness,
              d.curvature,
              d.noise,
              d.predicted,
            ]),
          ),
    ),
  );
}
