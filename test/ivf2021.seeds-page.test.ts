/** The report of ivf2021 over made-up seeds: table, CSV, key numbers and figure read back against the numbers put in. */
import { describe, expect, it, test } from 'vitest';
import type { Analysis, PowerLaw } from '../src/analyse/trajectory/results.js';
import { exponentsByRange } from '../src/experiments/ivf2021/seeds/figure.js';
import { renderSeeds } from '../src/experiments/ivf2021/seeds/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { syntheticAnalysis, syntheticReport } from './support/ivf2021-results.js';
import { meanAndError, T95 } from './support/naive-statistics.js';
import {
  marks,
  matchesSnapshots,
  numberIn,
  pageFacts,
  pageFigures,
  pageTables,
  pageWords,
  prints,
  readCsv,
  readNamed,
} from './support/reading.js';

const PSI = [3.9, 4.2, 4.5];
const MISFIT = [0.1, 0.2, 0.3];
/** psi over ranks 10–200 and 50–1000; errors beyond 0.51 are not decidable. */
const RANGES = [
  [3.6, 4.4],
  [3.8, 4.6],
  [4, 5],
];
const WIDE = 0.6;

const fit = (law: PowerLaw, psi: number, error: number, points = 90): PowerLaw => ({
  ...law,
  exponent: estimate(-psi, error, points, law.exponent.method),
  points,
});

/** Seeds 7, 8, 9; the last has a range of ranks that is not decidable. */
const analyses = PSI.map((psi, k): Analysis => {
  const a = syntheticAnalysis({ seed: k + 1, epochs: 40, directions: 80, P: 400, steps: 40 });
  const [first, ...rest] = a.scaling.varianceFlatnessRanges;
  const row = (label: string, value: number, error: number) => ({ ...first, label, fit: fit(first.fit, value, error) });
  return {
    ...a,
    flatness: { ...a.flatness, centreLoss: 1e-5 * (k + 1) },
    scaling: {
      ...a.scaling,
      varianceFlatness: fit(a.scaling.varianceFlatness, psi, MISFIT[k]),
      varianceFlatnessRanges: [
        ...rest.filter((r) => r.label === 'ranks 2–50'),
        row('ranks 10–200', RANGES[k][0], 0.1),
        row('ranks 50–1000', RANGES[k][1], k === 2 ? WIDE : 0.1),
        row('widest third of F', 9, 0.1),
      ],
    },
  };
});
const runs = analyses.map((analysis, k) => ({ seed: k + 7, analysis }));
const report = renderSeeds({ title: 'Three seeds', runs, run: syntheticReport().run });
const { html } = report;
const total = (a: Analysis) => a.pca.variances.reduce((x, y) => x + y);
const walkOf = (a: Analysis) => ('missing' in a.walk ? [] : a.walk.forms);

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('ivf2021-seeds', report);
});

describe('each seed on its own', () => {
  /** The columns of the CSV file whose numbers are known here. */
  const known: Record<string, (a: Analysis, k: number) => number> = {
    loss: (_, k) => 1e-5 * (k + 1),
    psi: (_, k) => PSI[k],
    psi_misfit: (_, k) => MISFIT[k],
    // two ranges vote, of the last seed one
    psi_range: (_, k) => (k === 2 ? Number.NaN : Math.abs(RANGES[k][0] - RANGES[k][1]) / Math.SQRT2),
    head_r2: () => 0.231,
    gamma: () => 2.531,
    walk_gamma: (a) => walkOf(a)[0].gamma.mean,
    share: (a) => a.pca.variances[0] / total(a),
    walk_share: (a) => walkOf(a)[0].share.mean,
    cos: (a) => Math.abs(a.dynamics[0].cosWithWeights),
    first_exponent: (a) => a.dynamics[0].msdExponent.value,
    first_exponent_error: (a) => a.dynamics[0].msdExponent.standardError,
    walk_median_exponent: (a) => walkOf(a)[0].median.mean,
  };
  const HEADS: Record<string, string> = {
    loss: 'loss',
    psi: 'ψ',
    psi_misfit: 'misfit',
    psi_range: 'range',
    head_r2: 'R², ranks 2–50',
    gamma: 'γ',
    walk_gamma: 'γ of the walk',
    share: 'share of PC1',
    walk_share: 'of the walk',
    cos: 'cos of PC1',
    first_exponent: 'exponent of PC1',
    first_exponent_error: 'its error',
    median_exponent: 'median exponent',
    walk_median_exponent: 'of the walk',
    quadratic_ratio: 'F/quadratic',
  };
  const [first, second] = pageTables(html, '#seeds');
  const heads = [...first.heads, ...second.heads.slice(1)];
  const cellOf = (name: string, k: number) => {
    const at = csv.heads.indexOf(name);
    return at < first.heads.length ? first.rows[k][at] : second.rows[k][at - first.heads.length + 1];
  };
  const csv = readCsv(report.tables['seeds.csv']);

  test('heads of table and CSV file, in one order', () => {
    expect(csv.heads).toEqual(['seed', ...Object.keys(HEADS)]);
    expect(heads).toEqual(['seed', ...Object.values(HEADS)]);
    expect(second.heads[0]).toBe('seed');
    expect(csv.numbers('seed')).toEqual([7, 8, 9]);
    for (const t of [first, second]) expect(t.column('seed').map(numberIn)).toEqual([7, 8, 9]);
  });

  test.each(Object.entries(known))('%s', (name, of) => {
    analyses.forEach((a, k) => {
      const value = of(a, k);
      const cell = cellOf(name, k);
      if (Number.isNaN(value)) expect([cell, csv.column(name)[k]]).toEqual(['–', '']);
      else {
        expect(csv.numbers(name)[k]).toBeCloseTo(value, 12);
        expect(prints(cell, value, 3), cell).toBe(true);
      }
    });
  });

  test('medians, from the directions followed and the closed valleys', () => {
    const middle = (x: number[]) => {
      const s = [...x].sort((p, q) => p - q);
      return (s[Math.floor((s.length - 1) / 2)] + s[Math.ceil((s.length - 1) / 2)]) / 2;
    };
    analyses.forEach((a, k) => {
      const followed = a.dynamics.filter((d) => d.index >= 10 && d.index <= 100).map((d) => d.msdExponent.value);
      expect(csv.numbers('median_exponent')[k]).toBeCloseTo(middle(followed), 12);
      const closed = a.flatness.directions.filter((d) => d.open === null).map((d) => d.quadraticRatio);
      expect(csv.numbers('quadratic_ratio')[k]).toBeCloseTo(middle(closed), 12);
    });
  });
});

describe('over all seeds', () => {
  const { mean, error } = meanAndError(PSI);
  const range = (Math.abs(RANGES[0][0] - RANGES[0][1]) + Math.abs(RANGES[1][0] - RANGES[1][1])) / 2 / Math.SQRT2;

  it('the key numbers: mean, three errors by name, half of the interval', () => {
    const facts = [...pageFacts(html, '.key').entries()];
    expect(facts.map(([name]) => name)).toEqual([
      'exponent ψ, mean over seeds',
      'its sampling error',
      'its misfit',
      'its choice of range',
      'half of its 95 % interval',
    ]);
    const texts = pageWords(html, '.key dd');
    expect(prints(texts[0], mean, 3)).toBe(true);
    const [sampling, misfit, choice, half] = texts.slice(1).map(numberIn);
    expect(sampling).toBeCloseTo(error, 2);
    expect(misfit).toBeCloseTo(0.2, 2);
    expect(choice).toBeCloseTo(range, 2);
    expect(half).toBeCloseTo(Math.hypot(T95[2] * error, 1.96 * 0.2, 1.96 * range), 1);
  });

  it('findings over all seeds in page, JSON and CSV', () => {
    const psi = report.findings.find((f) => f.id === 'ivf.psi')!;
    expect(psi.measured.value).toBeCloseTo(mean, 12);
    expect(psi.measured.standardError).toBeCloseTo(Math.hypot(error, 0.2, range), 12);
    expect(psi.measured.n).toBe(3);
    const json = JSON.parse(report.json);
    expect(json).toMatchObject({ format: 'thermograd-seeds', version: 1, title: 'Three seeds' });
    expect(json.findings.map((f: { id: string }) => f.id)).toEqual(report.findings.map((f) => f.id));
    expect(json.seeds.map((s: { seed: number }) => s.seed)).toEqual([7, 8, 9]);
    expect(Object.keys(report.tables)).toEqual(['findings.csv', 'seeds.csv']);
    expect(pageWords(html, '.summary')[0]).toContain('3 networks were trained, recorded and measured alike');
    expect([...pageFigures(html).keys()]).toEqual(['psi-by-range']);
    expect(pageWords(html, 'main h2').slice(0, 3)).toEqual(['Findings', 'The exponent by fit range', 'Each seed']);
  });
});

describe('the exponent by fit range', () => {
  const seeds = runs.map(({ seed, analysis }) => ({ seed, scaling: analysis.scaling }));
  /** Rows are named by ranges: the topmost has the largest number. */
  const read = (of: Parameters<typeof exponentsByRange>[0], labels: number) =>
    readNamed([exponentsByRange(of)], 'psi-by-range', {
      y: { type: 'linear', values: Array.from({ length: labels }, (_, k) => labels - k) },
    });
  const { figure, caption } = read(seeds, 4);
  const dots = marks(figure, { kind: 'dot' });
  // the first row on top: all ranks, 2–50 (never decidable), 10–200, 50–1000
  const rows: [number, number[]][] = [
    [4, PSI],
    [2, RANGES.map((r) => r[0])],
    [1, RANGES.slice(0, 2).map((r) => r[1])],
  ];

  test('a dot for every seed and range that is decidable, in its row', () => {
    expect(dots.length).toBe(8);
    for (const [row, values] of rows) {
      const own = dots.filter((m) => Math.abs(m.y - row) < 0.4);
      expect(own.length).toBe(values.length);
      own.forEach((m, k) => {
        expect(m.x).toBeCloseTo(values[k], 2);
      });
      // shifted by the seed, so that none hides another
      expect(new Set(own.map((m) => m.y)).size).toBe(own.length);
    }
    expect(figure.y.ticks.map((t) => t.label)).toEqual([
      'all ranks from 2',
      'ranks 2–50',
      'ranks 10–200',
      'ranks 50–1000',
    ]);
    expect(figure.xLabel).toBe('exponent ψ of σ^2 ∝ F^−ψ');
  });

  test('a bar at the mean over seeds, and the stated exponent', () => {
    const bars = marks(figure, { kind: 'link' });
    expect(bars.length).toBe(3);
    rows.forEach(([row, values], k) => {
      expect(bars[k].x).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 2);
      expect((bars[k].points[0][1] + bars[k].points[1][1]) / 2).toBeCloseTo(row, 1);
      expect(bars[k].stroke).toBe(COLOURS.orange);
    });
    expect(marks(figure, { kind: 'rule' })[0].x).toBeCloseTo(4, 2);
    expect(figure.legend.map((l) => l.label)).toEqual(['one seed', 'mean over seeds', 'ψ = 4']);
  });

  test('the caption counts the seeds, and the fits that are not drawn', () => {
    expect(caption).toContain('each dot one of 3 seeds');
    expect(caption).toContain('95 % interval wider than ±1');
    expect(caption).toContain('3 of ranks 2–50, 1 of ranks 50–1000. ');
    expect(caption).not.toContain('third');
    const all = seeds.slice(0, 1).map((s) => ({
      ...s,
      scaling: { ...s.scaling, varianceFlatnessRanges: s.scaling.varianceFlatnessRanges.slice(1) },
    }));
    const one = read(all, 3);
    expect(one.caption).not.toContain('not decidable');
    // one seed has no mean
    expect(marks(one.figure, { kind: 'link' })).toEqual([]);
  });

  test('where nothing is decidable nothing is drawn', () => {
    const none = seeds.map((s) => ({
      ...s,
      scaling: { varianceFlatness: fit(s.scaling.varianceFlatness, 4, 0.9), varianceFlatnessRanges: [] },
    }));
    expect(exponentsByRange(none)).toEqual({
      name: 'psi-by-range',
      missing: 'no range has an exponent that is decidable.',
    });
  });
});
