/** Every table of ivf2021, on the page and as CSV, against the made-up analysis: cells, heads, units, order, numbers of rows. */
import { describe, expect, it, test } from 'vitest';
import type { Analysis, WalkNull } from '../src/analyse/trajectory/results.js';
import { ivf2021Page, renderReport } from '../src/experiments/ivf2021/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { renderPage } from '../src/report/page.js';
import { syntheticAnalysis, syntheticReport } from './support/ivf2021-results.js';
import { numberIn, pageTables, pageWords, prints, printsEstimate, readCsv } from './support/reading.js';

const analysis = syntheticAnalysis({ epochs: 40, directions: 80, P: 400, steps: 60 });
const input = { ...syntheticReport(), analysis };
const report = renderReport(input);
const { pca, flatness, scaling, dynamics, curves } = analysis;
const walk = analysis.walk as WalkNull;
/** Which rows of a table of ranges are decidable: 20 points, and 1.96 errors of at most this width. */
const decidable = (f: { points: number; exponent: { standardError: number } }, width: number) =>
  f.points < 20 ? `${f.points} points` : 1.96 * f.exponent.standardError > width ? 'interval too wide' : 'yes';
/** The page of a changed analysis, without its figures. */
const rendered = (change: Partial<Analysis>) =>
  renderPage(
    ivf2021Page(
      { ...input, analysis: { ...analysis, ...change } },
      { relation: [], training: [], fluctuations: [], landscape: [] },
    ),
  );
const minus = ({ value, standardError }: { value: number; standardError: number }) => ({
  value: -value,
  standardError,
});

describe('tables of the page', () => {
  test('psi over ranges of F: the fit first, signs turned, the least-squares bracket', () => {
    const t = pageTables(report.html, '#relation')[0];
    expect(t.heads).toEqual([
      'range',
      'F',
      'points',
      'ψ',
      'scatter (decades)',
      'R²',
      'decidable',
      'least squares',
      'inverse',
    ]);
    const rows = [{ label: 'fit of this report', fit: scaling.varianceFlatness }, ...scaling.varianceFlatnessRanges];
    expect(t.rows.length).toBe(5);
    rows.forEach((r, k) => {
      const [label, range, points, psi, scatter, r2, voice, least, inverse] = t.rows[k];
      expect(label).toBe(r.label);
      expect(range.split(' … ').map(numberIn)).toEqual(r.fit.range);
      expect(numberIn(points)).toBe(r.fit.points);
      expect(printsEstimate(psi, minus(r.fit.exponent)), psi).toBe(true);
      expect(prints(scatter, r.fit.scatter)).toBe(true);
      expect(prints(r2, r.fit.r2, 3)).toBe(true);
      expect(voice).toBe(decidable(r.fit, 1));
      if (!('leastSquares' in r)) expect([least, inverse]).toEqual(['–', '–']);
      else expect([prints(least, -r.leastSquares), prints(inverse, -r.inverseLeastSquares)]).toEqual([true, true]);
    });
  });

  test('gamma over ranges of rank', () => {
    const t = pageTables(report.html, '#relation')[1];
    expect(t.heads).toEqual(['range', 'ranks', 'points', 'γ', 'scatter (decades)', 'R²', 'decidable']);
    expect(t.caption).toContain(
      'A walk with the same noise and no landscape gives 2.83 with independent batches, 1.44 with shuffled batches over ranks 20 … 200, an isotropic one 2.',
    );
    [{ label: 'fit of this report', fit: scaling.rankLaw }, ...scaling.rankLawRanges].forEach((r, k) => {
      expect(t.rows[k][0]).toBe(r.label);
      expect(t.rows[k][1].split(' … ').map(numberIn)).toEqual(r.fit.range);
      expect(numberIn(t.rows[k][2])).toBe(r.fit.points);
      expect(printsEstimate(t.rows[k][3], minus(r.fit.exponent))).toBe(true);
      expect(prints(t.rows[k][5], r.fit.r2, 3)).toBe(true);
      expect(t.rows[k][6]).toBe(decidable(r.fit, 0.5));
    });
    expect(t.rows.length).toBe(3);
    expect(
      pageTables(rendered({ walk: { missing: 'Full batches have no noise.' } }), '#relation')[1].caption,
    ).toContain('There is no walk to compare with. Full batches have no noise.');
  });

  test('a range is decidable by its points, its error and its convergence', () => {
    const of = (points: number, standardError: number, converged = true) => {
      const own = {
        label: 'ranks 2–50',
        fit: {
          ...scaling.varianceFlatness,
          points,
          exponent: { ...scaling.varianceFlatness.exponent, standardError, converged },
        },
      };
      const html = rendered({
        scaling: {
          ...scaling,
          varianceFlatnessRanges: [{ ...own, leastSquares: -4, inverseLeastSquares: -4 }],
          rankLawRanges: [own],
        },
      });
      return pageTables(html, '#relation').map((t) => t.column('decidable')[1]);
    };
    expect(of(20, 0.25)).toEqual(['yes', 'yes']);
    expect(of(19, 0.25)).toEqual(['19 points', '19 points']);
    expect(of(20, 0.26)).toEqual(['yes', 'interval too wide']);
    expect(of(20, 0.52)).toEqual(['interval too wide', 'interval too wide']);
    expect(of(20, 0.1, false)).toEqual(['no converged fit', 'no converged fit']);
  });

  const drift = (html: string) => pageTables(html, '#fluctuations').filter((t) => t.heads.includes('τ (steps)'));

  test('drift and diffusion: one row a direction, estimates with errors', () => {
    const [t, ...more] = drift(report.html);
    expect(more).toEqual([]);
    expect(t.heads).toEqual([
      'direction',
      'cos with weights',
      'drift (weight/step)',
      'displacement exponent',
      'τ (steps)',
    ]);
    expect(t.rows.length).toBe(dynamics.length);
    dynamics.forEach((d, k) => {
      const [i, cos, v, alpha, tau] = t.rows[k];
      expect(numberIn(i)).toBe(d.index);
      expect(prints(cos, d.cosWithWeights, 3)).toBe(true);
      for (const [cell, e] of [
        [v, d.driftVelocity],
        [alpha, d.msdExponent],
        [tau, d.correlationTime],
      ] as const)
        expect(printsEstimate(cell, e), `${cell} ${e.value}`).toBe(true);
      expect(t.rows[k].join()).not.toContain('*');
    });
    expect(t.caption).not.toContain('A star');
  });

  test('estimates that did not converge carry a star, which the caption explains; missing ones a dash', () => {
    const rough = {
      ...dynamics[1],
      correlationTime: estimate(100, 10, 5, 'cut short', false),
      msdExponent: estimate(Number.NaN, Number.NaN, 0, 'none'),
    };
    const [t] = drift(rendered({ dynamics: [dynamics[0], rough] }));
    expect(t.rows[1][4]).toBe('100 ± 10\u202f*');
    expect(t.rows[1][3]).toBe('–');
    expect(t.caption).toContain('A star marks estimates that did not converge');
  });

  test('of many directions twelve are shown, evenly by position with both ends, and all below', () => {
    const many = (n: number) => Array.from({ length: n }, (_, k) => ({ ...dynamics[0], index: k + 1 }));
    const [few, all] = drift(rendered({ dynamics: many(23) }));
    expect(few.column('direction').map(numberIn)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
    expect(all.rows.length).toBe(23);
    expect(drift(rendered({ dynamics: many(12) })).map((t) => t.rows.length)).toEqual([12]);
    expect(drift(rendered({ dynamics: many(13) })).map((t) => t.rows.length)).toEqual([12, 13]);
    expect(pageWords(rendered({ dynamics: many(23) }), '#fluctuations summary')).toEqual(['All 23 directions']);
  });

  test('the run beside walks of the same noise and an isotropic one', () => {
    const [t] = pageTables(report.html, '#fluctuations');
    expect(t.heads).toEqual(['', 'run', 'independent batches', 'shuffled batches', 'isotropic']);
    expect(t.caption).toContain('exact over 60\u202f000 samples: it acts in 35 directions');
    const total = pca.variances.reduce((a, b) => a + b);
    const followed = dynamics
      .filter((d) => d.index >= 10 && d.index <= 100)
      .map((d) => d.msdExponent.value)
      .sort((a, b) => a - b);
    const n = followed.length;
    expect(n).toBeGreaterThan(2);
    const rows = [
      ['γ over ranks 20 … 200', walk.gamma, 'gamma', 2],
      ['share of direction 1', pca.variances[0] / total, 'share', 6 / Math.PI ** 2],
      ['displacement exponent of direction 1', dynamics[0].msdExponent.value, 'first', Number.NaN],
      [
        'median exponent of directions 10–100',
        (followed[Math.floor((n - 1) / 2)] + followed[Math.ceil((n - 1) / 2)]) / 2,
        'median',
        Number.NaN,
      ],
    ] as const;
    expect(t.rows.length).toBe(rows.length);
    rows.forEach(([what, run, name, isotropic], k) => {
      const [head, own, first, second, last] = t.rows[k];
      expect(head).toBe(what);
      expect(prints(own, run, 3), own).toBe(true);
      [first, second].forEach((cell, j) => {
        const [mean, deviation] = cell.replace(')', '').split(' (');
        expect(prints(mean, walk.forms[j][name].mean, 3), cell).toBe(true);
        expect(prints(deviation, walk.forms[j][name].deviation, 2), cell).toBe(true);
      });
      if (Number.isNaN(isotropic)) expect(last).toBe('–');
      else expect(prints(last, isotropic, 3)).toBe(true);
    });
  });

  test('no walk, no table: the page says why', () => {
    const html = rendered({ walk: { missing: 'Full batches have no noise.' } });
    expect(pageTables(html, '#fluctuations').map((t) => t.heads[0])).toEqual(['direction']);
    expect(pageWords(html, '#fluctuations .missing')).toEqual(['Full batches have no noise.']);
  });

  test('a run of which no direction was followed', () => {
    const [t] = pageTables(rendered({ dynamics: [] }), '#fluctuations');
    expect(t.column('run').slice(2)).toEqual(['–', '–']);
  });

  test('numbers are aligned to the right, words to the left; estimates and powers stay on one line', () => {
    const cells = (css: string) => pageWords(report.html, `#relation ${css}`);
    expect(cells('td:not(.n)')).toEqual(
      [...pageTables(report.html, '#relation')].flatMap((t) =>
        t.rows.flatMap((_, k) => [t.column('range')[k], t.column('decidable')[k]]),
      ),
    );
    expect(cells('th:not(.n)')).toEqual(['range', 'decidable', 'range', 'decidable']);
    const whole = pageWords(report.html, '#landscape .whole, #fluctuations .whole');
    expect(whole.length).toBeGreaterThan(20);
    for (const w of whole) expect(w).toMatch(/[±×]/);
    for (const c of pageWords(report.html, '#landscape td.n, #fluctuations td.n'))
      if (/[±×]/.test(c)) expect(whole).toContain(c);
  });

  const widths = (html: string) => pageTables(html, '#landscape')[0];

  test('widths: crossings, open sides, asymmetry, slope, curvature', () => {
    const t = widths(report.html);
    expect(t.heads).toEqual(['i', 'σ²', 'left', 'right', 'F', 'F / quadratic', 'asymmetry', 'slope', 'curvature']);
    expect(t.rows.length).toBe(flatness.directions.length);
    flatness.directions.forEach((d, k) => {
      const row = t.rows[k];
      expect(numberIn(row[0])).toBe(d.index);
      [d.variance, d.left, d.right, d.flatness, d.quadraticRatio, d.asymmetry, d.slope, d.curvature].forEach((v, j) => {
        const cell = row[j + 1];
        if (v === null) expect(cell).toBe(j < 3 ? 'open' : '–');
        else if (Number.isNaN(v)) expect(cell).toBe('–');
        else expect(prints(cell, v, 1), `${t.heads[j + 1]} ${cell} ${v}`).toBe(true);
      });
    });
    expect(t.column('left')).toContain('open');
    expect(pageWords(report.html, '#landscape summary')).toEqual([
      `Table of flatness: ${flatness.directions.length} directions`,
    ]);
  });

  test('more than two hundred are thinned, the first forty and the last kept', () => {
    const many = (n: number) =>
      rendered({
        flatness: {
          ...flatness,
          directions: Array.from({ length: n }, (_, k) => ({ ...flatness.directions[0], index: k + 1 })),
        },
      });
    expect(widths(many(200)).rows.length).toBe(200);
    const t = widths(many(900));
    const ranks = t.column('i').map(numberIn);
    expect(ranks.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, k) => k + 1));
    expect(ranks.at(-1)).toBe(900);
    expect(ranks.length).toBeLessThanOrEqual(200);
    expect(ranks.length).toBeGreaterThan(120);
    expect(pageWords(many(900), '#landscape summary')).toEqual([
      `Table of flatness: 900 directions; ${ranks.length} of them are listed here`,
    ]);
  });
});

describe('CSV documents', () => {
  const csv = (name: string) => readCsv(report.tables[name]);
  const missing = (v: number | null) => (v === null || !Number.isFinite(v) ? Number.NaN : v);

  it('are these', () => {
    expect(Object.keys(report.tables)).toEqual([
      'findings.csv',
      'training.csv',
      'variances.csv',
      'flatness.csv',
      'profiles.csv',
      'dynamics.csv',
      'msd.csv',
      'trajectory.csv',
      'fit-ranges.csv',
      'walk.csv',
    ]);
    for (const text of Object.values(report.tables)) {
      expect(text.endsWith('\r\n')).toBe(true);
      expect(text.split('\r\n').join('').includes('\n')).toBe(false);
    }
  });

  it('training.csv: one row an epoch, the recorded ones marked', () => {
    const t = csv('training.csv');
    expect(t.heads).toEqual([
      'epoch',
      'running_loss',
      'running_accuracy',
      'train_loss',
      'train_errors',
      'test_loss',
      'test_accuracy',
      'weight_norm',
      'recorded',
    ]);
    const { runningLoss, runningAccuracy, trainLoss, trainErrors, testLoss, testAccuracy, weightNorm } = curves;
    const columns = {
      running_loss: runningLoss,
      running_accuracy: runningAccuracy,
      train_loss: trainLoss,
      train_errors: trainErrors,
      test_loss: testLoss,
      test_accuracy: testAccuracy,
      weight_norm: weightNorm,
    };
    expect(t.numbers('epoch')).toEqual(Array.from({ length: 40 }, (_, k) => k + 1));
    for (const [head, values] of Object.entries(columns)) expect(t.numbers(head)).toEqual(values);
    expect(t.column('recorded')).toEqual(Array.from({ length: 40 }, (_, k) => String(k >= 30)));
  });

  it('variances.csv: rank from 1, share of the total, a random walk, what is resolved', () => {
    const t = csv('variances.csv');
    expect(t.heads).toEqual(['index', 'variance', 'fraction', 'random_walk_fraction', 'above_resolution']);
    expect(t.numbers('index')).toEqual(pca.variances.map((_, k) => k + 1));
    expect(t.numbers('variance')).toEqual(pca.variances);
    const total = pca.variances.reduce((a, b) => a + b);
    t.numbers('fraction').forEach((f, k) => {
      expect(f / (pca.variances[k] / total)).toBeCloseTo(1, 12);
    });
    t.numbers('random_walk_fraction').forEach((f, k) => {
      expect(f * (Math.PI * (k + 1)) ** 2).toBeCloseTo(6, 12);
    });
    const at = { ...pca, resolution: pca.variances[250] }; // a variance as large as the resolution counts as resolved
    const column = readCsv(
      renderReport({ ...input, analysis: { ...analysis, pca: at } }).tables['variances.csv'],
    ).column('above_resolution');
    expect(column.lastIndexOf('true')).toBe(250);
    expect(column.indexOf('false')).toBe(251);
  });

  it('flatness.csv and profiles.csv', () => {
    const t = csv('flatness.csv');
    expect(t.heads).toEqual([
      'index',
      'variance',
      'left',
      'right',
      'flatness',
      'open',
      'slope',
      'curvature',
      'quadratic_ratio',
      'asymmetry',
      'evaluations',
    ]);
    const { directions: all, profiles } = flatness;
    for (const head of [
      'index',
      'variance',
      'left',
      'right',
      'flatness',
      'slope',
      'curvature',
      'asymmetry',
      'evaluations',
    ] as const)
      expect(t.numbers(head), head).toEqual(all.map((d) => missing(d[head])));
    expect(t.numbers('quadratic_ratio')).toEqual(all.map((d) => d.quadraticRatio));
    expect(t.column('open')).toEqual(all.map((d) => d.open ?? ''));
    const p = csv('profiles.csv');
    expect(p.heads).toEqual(['index', 'displacement', 'loss']);
    expect(p.rows.length).toBe(profiles.length * 81);
    expect(p.numbers('displacement')).toEqual(profiles.flatMap((q) => q.displacement));
    expect(p.numbers('loss')).toEqual(profiles.flatMap((q) => q.loss));
    expect(p.numbers('index')[81]).toBe(profiles[1].index);
  });

  it('dynamics.csv and msd.csv', () => {
    const t = csv('dynamics.csv');
    expect(t.heads).toEqual([
      'index',
      'cos_with_weights',
      'drift_velocity',
      'drift_velocity_error',
      'msd_exponent',
      'msd_exponent_error',
      'correlation_time',
      'correlation_time_error',
    ]);
    expect(t.rows.map((r) => r.map(Number))).toEqual(
      dynamics.map((d) => [
        d.index,
        d.cosWithWeights,
        ...[d.driftVelocity, d.msdExponent, d.correlationTime].flatMap((e) => [e.value, e.standardError]),
      ]),
    );
    const m = csv('msd.csv');
    expect(m.heads).toEqual(['index', 'lag_steps', 'mean_squared_displacement']);
    expect(m.rows.map((r) => r.map(Number))).toEqual(
      dynamics.flatMap((d) => d.msd.lag.map((lag, k) => [d.index, lag, d.msd.value[k]])),
    );
  });

  it('trajectory.csv', () => {
    const t = csv('trajectory.csv');
    expect(t.heads).toEqual(['index_x', 'index_y', 'step', 'x', 'y']);
    expect(t.rows.map((r) => r.map(Number))).toEqual(
      analysis.paths.flatMap((p) => p.step.map((s, k) => [...p.indices, s, p.x[k], p.y[k]])),
    );
  });

  it('fit-ranges.csv: exponents of both relations as fitted, with their sign', () => {
    const t = csv('fit-ranges.csv');
    expect(t.heads).toEqual([
      'relation',
      'label',
      'exponent',
      'exponent_error',
      'intercept',
      'intercept_error',
      'from',
      'to',
      'points',
      'scatter_decades',
      'r2',
      'decidable',
      'least_squares',
      'inverse_least_squares',
    ]);
    const fits = [
      { relation: 'variance-flatness', label: 'main', fit: scaling.varianceFlatness },
      ...scaling.varianceFlatnessRanges.map((r) => ({ relation: 'variance-flatness', ...r })),
      { relation: 'rank', label: 'main', fit: scaling.rankLaw },
      ...scaling.rankLawRanges.map((r) => ({ relation: 'rank', ...r })),
    ];
    expect(t.column('relation')).toEqual(fits.map((f) => f.relation));
    expect(t.column('label')).toEqual(fits.map((f) => f.label));
    const columns = {
      exponent: fits.map((f) => f.fit.exponent.value),
      exponent_error: fits.map((f) => f.fit.exponent.standardError),
      intercept: fits.map((f) => f.fit.intercept.value),
      intercept_error: fits.map((f) => f.fit.intercept.standardError),
      from: fits.map((f) => f.fit.range[0]),
      to: fits.map((f) => f.fit.range[1]),
      points: fits.map((f) => f.fit.points),
      scatter_decades: fits.map((f) => f.fit.scatter),
      r2: fits.map((f) => f.fit.r2),
      least_squares: fits.map((f) => ('leastSquares' in f ? (f.leastSquares as number) : Number.NaN)),
      inverse_least_squares: fits.map((f) =>
        'inverseLeastSquares' in f ? (f.inverseLeastSquares as number) : Number.NaN,
      ),
    };
    for (const [head, values] of Object.entries(columns)) expect(t.numbers(head), head).toEqual(values);
    expect(t.numbers('exponent')[0]).toBe(-3.918);
    expect(t.column('decidable')).toEqual(
      fits.map((f) => String(decidable(f.fit, f.relation === 'rank' ? 0.5 : 1) === 'yes')),
    );
    expect(new Set(t.column('decidable')).size).toBe(2);
  });

  it('walk.csv: the spectrum of each form; no document without a walk', () => {
    const t = csv('walk.csv');
    expect(t.heads).toEqual(['batches', 'index', 'variance']);
    const rows = walk.forms.flatMap(({ sampling, variances: { index, value } }) =>
      index.map((i, k) => [sampling, i, value[k]] as const),
    );
    expect(t.column('batches')).toEqual(rows.map((r) => r[0]));
    expect(t.numbers('index')).toEqual(rows.map((r) => r[1]));
    expect(t.numbers('variance')).toEqual(rows.map((r) => r[2]));
    const { tables } = renderReport({ ...input, analysis: { ...analysis, walk: { missing: 'None.' } } });
    expect(Object.keys(tables)).not.toContain('walk.csv');
  });

  it('findings.csv: every field under its own head', () => {
    const t = csv('findings.csv');
    expect(t.heads).toEqual([
      'id',
      'claim',
      'source',
      'measured',
      'standard_error',
      'n',
      'converged',
      'unit',
      'stated',
      'predicted',
      'range',
      'verdict',
      'reason',
      'method',
    ]);
    const all = input.findings;
    for (const head of ['id', 'claim', 'source', 'unit', 'stated', 'predicted', 'range', 'verdict', 'reason'] as const)
      expect(t.column(head), head).toEqual(all.map((f) => f[head] ?? ''));
    expect(t.numbers('measured')).toEqual(all.map((f) => f.measured.value));
    expect(t.numbers('standard_error')).toEqual(all.map((f) => f.measured.standardError));
    expect(t.numbers('n')).toEqual(all.map((f) => f.measured.n));
    expect(t.column('converged')).toEqual(all.map((f) => String(f.measured.converged)));
    expect(t.column('method')).toEqual(all.map((f) => f.measured.method));
  });
});
