/** The report of `reproduce ao2022` out of its numbers: pure, the same input gives the same bytes. */

import { citationsUsed } from '../../report/citations.js';
import { csv, findingsCsv } from '../../report/csv.js';
import type { Finding } from '../../report/finding.js';
import type { Report } from '../../report/input.js';
import { renderPage } from '../../report/page.js';
import { bibtex } from '../../report/sections/references.js';
import { chainFigures, fallFigures } from './figures/chain.js';
import { energies, energyVariances, energyWidths } from './figures/energy.js';
import { modeVariances, noiseCurvature } from './figures/modes.js';
import { circulationFigure, energyDistribution, equipartitionFigure } from './figures/tests.js';
import { type Ao2022ReportInput, type Ao2022Results, REGIMES } from './measured.js';
import { ao2022Page } from './page.js';

/** Version of the layout of the JSON document. */
const JSON_VERSION = 1;

export function renderAo2022(input: Ao2022ReportInput): Report {
  const { title, results: r, findings, run } = input;
  const figures = {
    energy: [energyWidths(r), energyVariances(r), energies(r)],
    covariance: [modeVariances(r)],
    tests: [noiseCurvature(r), energyDistribution(r), equipartitionFigure(r), circulationFigure(r)],
    chain: [...chainFigures(r), ...fallFigures(r)],
  };
  const citations = citationsUsed(
    ['ao2022', ...findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason])],
    JSON.stringify(run),
  );
  const document = {
    format: 'thermograd-ao2022-report',
    version: JSON_VERSION,
    title,
    findings,
    results: r,
    run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    html: renderPage(ao2022Page(input, figures, citations)),
    figures: Object.fromEntries(
      Object.values(figures)
        .flat()
        .flatMap((f) => ('svg' in f ? [[f.name, f.svg]] : [])),
    ),
    tables: tables(r, findings),
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}

function tables(r: Ao2022Results, findings: readonly Finding[]): Record<string, string> {
  const { modes, trajectory: t } = r;
  return {
    'findings.csv': findingsCsv(findings),
    'hessian-modes.csv': csv(
      [
        'rank',
        'curvature',
        'noise_per_sample',
        'variance',
        'variance_without_drift',
        ...REGIMES.map((k) => `predicted_${k}`),
      ],
      modes.curvature.map((h, i) => [
        i + 1,
        h,
        modes.noise[i],
        modes.measured[i],
        modes.withoutDrift[i],
        ...REGIMES.map((k) => modes.predicted[k][i]),
      ]),
    ),
    'groups.csv': csv(
      ['from', 'to', 'regime', 'predicted_over_measured', 'standard_error', 'modes'],
      r.groups.flatMap((g) =>
        REGIMES.map((k) => [g.from, g.to, k, g.ratio[k].value, g.ratio[k].standardError, g.ratio[k].n]),
      ),
    ),
    'energy.csv': csv(
      Object.keys(r.energy[0] ?? { index: 0 }),
      r.energy.map((e) => Object.values(e)),
    ),
    'chain.csv': csv(
      ['link', 'flatness', 'value', 'stated', 'exponent', 'exponent_error'],
      r.chain.flatMap((l) =>
        l.x.map((x, k) => [l.id, x, l.y[k], l.stated, l.fit.exponent.value, l.fit.exponent.standardError]),
      ),
    ),
    'vortices.csv': csv(
      ['rank', 'q', 'share', 'circulation'],
      r.decomposition.vortices.map((v, k) => [k + 1, v.q, v.share, v.circulation]),
    ),
    ...(r.landscape && {
      'landscape.csv': csv(
        [
          'index',
          'flatness',
          'curvature',
          'curvature_error',
          'curvature_spread',
          'minimum_spread',
          'minimum_spread_error',
          'dropped',
          'leading',
          'all_terms',
          'full',
          'doubling',
        ],
        r.landscape.map((l) => [
          l.index,
          l.flatness,
          l.curvature.value,
          l.curvature.standardError,
          l.curvatureSpread,
          l.minimumSpread.value,
          l.minimumSpread.standardError,
          l.dropped,
          l.leading,
          l.formula,
          l.full,
          l.doubling,
        ]),
      ),
    }),
    ...(t && {
      'circulation.csv': csv(
        ['mode_i', 'mode_j', 'measured', 'standard_error', 'expected', 'holm'],
        t.circulation.strongest.map((p) => [p.i, p.j, p.value, p.standardError, p.expected, p.holm]),
      ),
    }),
  };
}
