/** The CSV documents of ao2022, and its document for machines, against the made-up result. */
import { describe, expect, test } from 'vitest';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import { renderAo2022 } from '../src/experiments/ao2022/page.js';
import { jsonLine } from '../src/numeric/json.js';
import type { Regime } from '../src/theory/layer/results.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { syntheticReport } from './support/ivf2021-results.js';
import { readCsv } from './support/reading.js';

const results = syntheticAo2022();
const input = {
  title: 'Stochastic decomposition of SGD, made up',
  results,
  findings: ao2022Findings(results),
  run: syntheticReport().run,
};
const report = renderAo2022(input);
const REGIMES: Regime[] = ['continuous', 'discrete', 'shuffled', 'window'];

describe('CSV documents', () => {
  const csv = (name: string) => readCsv(report.tables[name]);
  const finite = (v: number | null) => (v === null || !Number.isFinite(v) ? Number.NaN : v);

  test('names', () => {
    expect(Object.keys(report.tables)).toEqual([
      'findings.csv',
      'hessian-modes.csv',
      'groups.csv',
      'settled.csv',
      'energy.csv',
      'chain.csv',
      'vortices.csv',
      'landscape.csv',
      'circulation.csv',
    ]);
    expect(csv('findings.csv').column('id')).toEqual(input.findings.map((f) => f.id));
  });

  test('hessian-modes.csv: ranks from 1, noise per sample, with and without the drift, four predictions', () => {
    const t = csv('hessian-modes.csv');
    const { modes: m } = results;
    expect(t.heads).toEqual([
      'rank',
      'curvature',
      'noise_per_sample',
      'variance',
      'variance_without_drift',
      ...REGIMES.map((r) => `predicted_${r}`),
    ]);
    expect(t.numbers('rank')).toEqual(Array.from({ length: 60 }, (_, k) => k + 1));
    expect(t.numbers('curvature')).toEqual(m.curvature);
    expect(t.numbers('noise_per_sample')).toEqual(m.noise);
    expect(t.numbers('variance')).toEqual(m.measured);
    expect(t.numbers('variance_without_drift')).toEqual(m.withoutDrift);
    for (const r of REGIMES) expect(t.numbers(`predicted_${r}`), r).toEqual(m.predicted[r].map(finite));
  });

  test('groups.csv: one row a group and regime', () => {
    const t = csv('groups.csv');
    expect(t.heads).toEqual(['from', 'to', 'regime', 'predicted_over_measured', 'standard_error', 'modes']);
    const rows = results.groups.flatMap((g) => REGIMES.map((r) => ({ g, r, e: g.ratio[r] })));
    expect(t.numbers('from')).toEqual(rows.map((x) => x.g.from));
    expect(t.numbers('to')).toEqual(rows.map((x) => x.g.to));
    expect(t.column('regime')).toEqual(rows.map((x) => x.r));
    expect(t.numbers('predicted_over_measured')).toEqual(rows.map((x) => x.e.value));
    expect(t.numbers('standard_error')).toEqual(rows.map((x) => x.e.standardError));
    expect(t.numbers('modes')).toEqual(rows.map((x) => x.e.n));
  });

  test('settled.csv: one row a group and prediction, with chi² of the prediction', () => {
    const t = csv('settled.csv');
    const { continuous, window } = results.simulated.agreement;
    const rows = [continuous, window].flatMap((a) => a.groups.map((g) => ({ a, g })));
    expect(t.column('regime')).toEqual(['continuous', 'continuous', 'window', 'window']);
    expect(t.numbers('from')).toEqual([1, 11, 1, 11]);
    expect(t.numbers('to')).toEqual([10, 25, 10, 25]);
    expect(t.numbers('predicted_over_measured')).toEqual(rows.map((r) => r.g.ratio.value));
    expect(t.numbers('standard_error')).toEqual(rows.map((r) => r.g.ratio.standardError));
    expect(t.numbers('chi_squared')).toEqual([31.4, 31.4, 22.6, 22.6]);
    expect(t.numbers('p')).toEqual([0.17, 0.17, 0.58, 0.58]);
    expect(t.numbers('modes')).toEqual([25, 25, 25, 25]);
    expect(t.numbers('draws')).toEqual([200, 200, 200, 200]);
  });

  test('energy.csv: each quantity under its name', () => {
    const t = csv('energy.csv');
    expect(t.rows.length).toBe(results.energy.length);
    for (const head of [
      'index',
      'variance',
      'curvature',
      'noise',
      'flatness',
      'quadraticFlatness',
      'lossEnergy',
      'potentialWidth',
      'predictedWidth',
      'boltzmannVariance',
      'windowVariance',
      'settledShare',
    ] as const)
      expect(t.numbers(head), head).toEqual(results.energy.map((e) => finite(e[head])));
    expect(t.column('resolved')).toEqual(results.energy.map((e) => String(e.resolved)));
    expect(readCsv(renderAo2022({ ...input, results: { ...results, energy: [] } }).tables['energy.csv']).rows).toEqual(
      [],
    );
  });

  test('chain.csv: points of every link with the exponents stated and fitted', () => {
    const t = csv('chain.csv');
    expect(t.heads).toEqual(['link', 'flatness', 'value', 'stated', 'exponent', 'exponent_error']);
    const rows = results.chain.flatMap((l) =>
      l.x.map((x, k) => [l.id, x, l.y[k], l.stated, l.fit.exponent.value, l.fit.exponent.standardError]),
    );
    expect(t.rows.map((r) => [r[0], ...r.slice(1).map(Number)])).toEqual(rows);
    expect(t.numbers('stated')[0]).toBe(-2);
  });

  test('vortices.csv, landscape.csv, circulation.csv', () => {
    const v = csv('vortices.csv');
    expect(v.heads).toEqual(['rank', 'q', 'share', 'circulation']);
    expect(v.rows.map((r) => r.map(Number))).toEqual(
      results.decomposition.vortices.map((x, k) => [k + 1, x.q, x.share, x.circulation]),
    );
    const l = csv('landscape.csv');
    expect(l.heads).toEqual([
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
    ]);
    const rows = results.landscape!;
    const columns = {
      index: rows.map((x) => x.index),
      flatness: rows.map((x) => finite(x.flatness)),
      curvature: rows.map((x) => x.curvature.value),
      curvature_error: rows.map((x) => x.curvature.standardError),
      curvature_spread: rows.map((x) => x.curvatureSpread),
      minimum_spread: rows.map((x) => x.minimumSpread.value),
      minimum_spread_error: rows.map((x) => x.minimumSpread.standardError),
      dropped: rows.map((x) => x.dropped),
      leading: rows.map((x) => x.leading),
      all_terms: rows.map((x) => x.formula),
      full: rows.map((x) => x.full),
      doubling: rows.map((x) => x.doubling),
    };
    for (const [head, values] of Object.entries(columns)) expect(l.numbers(head), head).toEqual(values);
    const c = csv('circulation.csv');
    expect(c.heads).toEqual(['mode_i', 'mode_j', 'measured', 'standard_error', 'expected', 'holm']);
    expect(c.rows.map((r) => r.map(Number))).toEqual(
      results.trajectory!.circulation.strongest.map((p) => [p.i, p.j, p.value, p.standardError, p.expected, p.holm]),
    );
  });

  test('the document for machines holds all of it', () => {
    const json = JSON.parse(report.json);
    expect(json.results).toEqual(JSON.parse(jsonLine(results)));
    expect(json.findings).toEqual(JSON.parse(jsonLine(input.findings)));
    expect(json).toMatchObject({ format: 'thermograd-ao2022-report', version: 1, title: input.title, run: input.run });
    expect(json.references.map((r: { key: string }) => r.key)).toEqual(['ivf2021', 'ao2022', 'antognini2018', 'mnist']);
    expect(json.references[0]).not.toHaveProperty('bibtex');
    expect(json.bibtex.match(/^@\w+\{/gm)).toHaveLength(4);
  });
});
