/** Tables, page and JSON of `advise`: every cell against the facts it was made from, formulas computed here. */
import { describe, expect, it } from 'vitest';
import { advise } from '../src/apply/advice.js';
import { renderAdvice } from '../src/experiments/advise/page.js';
import { jsonLine } from '../src/numeric/json.js';
import { adviceStudy, curvature, e, facts, noise } from './support/advise-results.js';
import { expectEstimate } from './support/printed-estimates.js';
import { matchesSnapshots, numbersIn, pageFacts, pageTables, pageWords, prints, readCsv } from './support/reading.js';

const input = adviceStudy();
const report = renderAdvice(input);
const { html, tables } = report;
const runs = input.verification!.runs;

/** η/((1−μ)B) and what the noise costs, (η/4)·Tr C/(1−μ) with C = C₁/B. */
const TEMPERATURE = 0.03 / (0.5 * 40);
const LOSS = { value: (TEMPERATURE * 6.31) / 4, error: (TEMPERATURE * 0.17) / 4 };
/** (|g|²/gᵀHg)/(1 + B_noise/B); its error from that of B_noise alone. */
const STEP = 0.0123 / 0.0291 / (1 + 181 / 40);
const STEP_ERROR = 0.0123 / 0.0291 / (1 + 172 / 40) - STEP;

it('figures, tables and text of the page are as committed', async () => {
  await matchesSnapshots('advise', report);
});

describe('numbers', () => {
  const [table] = pageTables(html, '#numbers');
  const csv = readCsv(tables['numbers.csv']);
  const value = (id: string) => csv.numbers('value')[csv.column('id').indexOf(id)];
  const error = (id: string) => csv.numbers('standard_error')[csv.column('id').indexOf(id)];

  it('as CSV: each quantity with its error, unit, interval and method', () => {
    expect(csv.heads).toEqual([
      'id',
      'value',
      'standard_error',
      'unit',
      'n',
      'converged',
      'interval_low',
      'interval_high',
      'refused',
      'method',
      'assumes',
    ]);
    const expected: [string, number, number, string][] = [
      ['edge', 0.649, 3e-8, ''],
      ['ceiling', 0.0902, 0.0043, ''],
      ['noise-simple', 513, 0, 'samples'],
      ['noise-distribution', 547, 36, 'samples'],
      ['noise-weighted', 181, 9, 'samples'],
      ['noise-two-batches', 541, 44, 'samples'],
      ['best-step', STEP, STEP_ERROR, ''],
      ['temperature', TEMPERATURE, 0, ''],
      ['noise-loss', LOSS.value, LOSS.error, 'loss'],
      ['stationarity', 1.034, 0.041, ''],
      ['trend', -0.0172, 0.0113, ''],
      ['freezing', Number.NaN, Number.NaN, ''],
    ];
    expect(csv.column('id')).toEqual(expected.map(([id]) => id));
    expect(csv.column('unit')).toEqual(expected.map(([, , , unit]) => unit));
    for (const [id, x, s] of expected.slice(0, -1)) {
      expect(value(id), id).toBeCloseTo(x, 12);
      // the error of the best step is a derivative, here a difference
      expect(Math.abs(error(id) - s), id).toBeLessThanOrEqual(id === 'best-step' ? 0.05 * s : 1e-12);
    }
    const at = (head: string) => csv.column(head);
    expect(at('interval_low')).toEqual(['', '', '', '482', '', '461', '', '', '', '', '', '']);
    expect(at('interval_high')).toEqual(['', '', '', '632', '', '655', '', '', '', '', '', '']);
    expect(at('n')).toEqual(['10', '10', '12000', '10', '10', '10', '10', '1', '10', '10', '10', '']);
    expect(at('converged')).toEqual([...Array(11).fill('true'), '']);
    expect(at('refused').map((r) => r !== '')).toEqual([...Array(11).fill(false), true]);
    expect(at('method')[2]).toBe('exact over 12000 samples');
  });

  it('on the page: the same, printed', () => {
    expect(table.heads).toEqual(['number', 'value', '95 % interval', 'assumes', 'what would change it']);
    expect(table.rows).toHaveLength(12);
    const cells = table.column('value');
    expect(cells[0]).toBe('0.649'); // its error is far below what anybody reads
    expectEstimate(cells[1], 0.0902, 0.0043);
    expect(cells[2]).toBe('513 (exact) samples');
    expect(cells[3]).toBe('550 ± 40 samples');
    expectEstimate(cells[4], 181, 9);
    expect(cells[5]).toBe('540 ± 40 samples');
    expectEstimate(cells[6], STEP, error('best-step'));
    expect(cells[7]).toBe('0.0015 (exact)');
    expectEstimate(cells[8], LOSS.value, LOSS.error);
    expect(cells[8]).toMatch(/ loss$/);
    expectEstimate(cells[9], 1.034, 0.041);
    expectEstimate(cells[10], -0.0172, 0.0113);
    expect(cells[11]).toBe('–');
    expect(table.column('95 % interval').filter((c) => c !== '')).toEqual(['482 … 632', '461 … 655']);
    expect(table.column('assumes')[11]).toMatch(/^Refused: it would need the barriers/);
    expect(table.column('number')[5]).toBe('noise scale from batches of 64 and 1024');
    expect(table.column('number')[10]).toBe('change of the loss over 4 epochs, relative');
  });

  it('that were refused say why, and an open interval has no end', () => {
    const given = facts(0.1, 50, {
      noise: {
        facts: noise({
          ofDistribution: e(900, 800, false),
          interval: [300, null],
          weighted: e(100, 5, false),
          twoBatches: { ...noise().twoBatches, scale: e(800, 700, false), interval: [210, null] },
        }),
      },
      window: { refused: 'no window.' },
    });
    const open = renderAdvice({
      title: 'x',
      advice: advise(given, 1, null),
      facts: given,
      verification: null,
      run: {},
    });
    const [page] = pageTables(open.html, '#numbers');
    const row = (name: string) => page.rows.find((r) => r[0].startsWith(name))!;
    expect(row('the same for new data')[1]).toBe('–');
    expect(row('the same for new data')[2]).toBe('300 … ∞');
    expect(row('the same for new data')[3]).toBe(
      'Refused: |g|² of the distribution is within two errors of 0: only a lower bound exists.',
    );
    expect(row('noise scale from batches')[2]).toBe('210 … ∞');
    expect(row('noise scale from batches')[3]).toMatch(/^Refused: \|g\|² from these batches/);
    expect(row('noise scale by curvature')[3]).toMatch(/^Refused: gᵀHg or Tr\(H C₁\) is not positive/);
    expect(row('motion relation')[3]).toBe('Refused: no window.');
    expect(row('change of the loss')[0]).toBe('change of the loss over the epochs, relative');
    const csvOpen = readCsv(open.tables['numbers.csv']);
    expect(csvOpen.column('interval_high')[3]).toBe('');
    expect(csvOpen.column('interval_low')[3]).toBe('300');
  });
});

it('the ceiling over batch sizes, as CSV', () => {
  const csv = readCsv(tables['ceiling.csv']);
  expect(csv.heads).toEqual(['batch_size', 'ceiling', 'standard_error']);
  const sizes = [1, 8, 40, 300, 2500, 12000];
  expect(csv.numbers('batch_size')).toEqual(sizes);
  sizes.forEach((b, k) => {
    const c = 0.649 / (1 + 248 / b);
    expect(csv.numbers('ceiling')[k]).toBeCloseTo(c, 12);
    expect(csv.numbers('standard_error')[k]).toBeCloseTo(0.05 * c + 0.0001, 12);
  });
});

describe('runs', () => {
  it('as CSV, one a row', () => {
    const csv = readCsv(tables['runs.csv']);
    expect(csv.heads).toEqual([
      'learning_rate',
      'over_ceiling',
      'seed',
      'outcome',
      'peak',
      'end',
      'rim',
      'top_curvature_start',
      'top_curvature_end',
    ]);
    expect(csv.numbers('learning_rate')).toEqual(runs.map((r) => r.learningRate));
    expect(csv.numbers('over_ceiling')).toEqual(runs.map((r) => r.learningRate / 0.0902));
    expect(csv.numbers('seed')).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(csv.column('outcome')).toEqual([
      ...['stays', 'stays', 'stays', 'stays', 'stays', 'returns'],
      ...['returns', 'leaves', 'diverges', 'diverges', 'diverges', 'diverges'],
    ]);
    runs.forEach((r, k) => {
      const last = r.losses.slice(30);
      const mean = last.reduce((s, x) => s + x, 0) / 10;
      // e(L0 + N), N = eta·Tr C1/(4(1−mu)B), is below half-way to a constant answer
      const rim = Math.E * (0.431 + (r.learningRate * 6.31) / (4 * 0.5 * 40));
      expect(csv.numbers('peak')[k]).toEqual(r.finite ? Math.max(...r.losses) : Number.NaN);
      if (r.finite) expect(csv.numbers('end')[k]).toBeCloseTo(mean, 12);
      else expect(csv.column('end')[k]).toBe('');
      expect(csv.numbers('rim')[k]).toBeCloseTo(rim, 12);
    });
    expect(csv.column('top_curvature_start')).toEqual(Array(12).fill('4.71'));
    expect(csv.numbers('top_curvature_end')).toEqual(runs.map((r) => r.top ?? Number.NaN));
  });

  it('on the page, one learning rate a row: counts, and ranges of what was finite', () => {
    const table = pageTables(html, '#runs')[0];
    expect(table.heads).toEqual([
      'η',
      'η / ceiling',
      'runs',
      'rim',
      'highest loss',
      'loss at the end',
      'top curvature, end / start',
    ]);
    expect(table.caption).toMatch(/the loss at the start \(0\.431 on 5000 samples\)/);
    const rates = [0.0451 / 1.01, 0.072, 0.18, 0.36];
    expect(table.column('runs')).toEqual([
      '3 stay',
      '2 stay, 1 returns',
      '1 returns, 1 leaves, 1 diverges',
      '3 diverge',
    ]);
    const range = (xs: readonly number[]) => [Math.min(...xs), Math.max(...xs)];
    rates.forEach((eta, k) => {
      const own = runs.filter((r) => r.learningRate === eta);
      expect(prints(table.column('η')[k], eta, 3)).toBe(true);
      expect(prints(table.column('η / ceiling')[k], eta / 0.0902)).toBe(true);
      expect(prints(table.column('rim')[k], own[0].rim)).toBe(true);
      for (const [head, of] of [
        ['highest loss', (r: (typeof own)[number]) => r.peak],
        ['loss at the end', (r: (typeof own)[number]) => r.end],
      ] as const) {
        const cell = table.column(head)[k];
        if (eta === 0.36) expect(cell).toBe('∞');
        else {
          const ends = cell.split(' … ');
          range(own.map(of)).forEach((x, i) => {
            expect(prints(ends[i], x), `${cell} ${x}`).toBe(true);
          });
        }
      }
      const tops = own.flatMap((r) => (r.top === null ? [] : [r.top / 4.71]));
      const cell = table.column('top curvature, end / start')[k];
      if (tops.length === 0) expect(cell).toBe('–');
      else
        range(tops).forEach((x, i) => {
          expect(prints(cell.split(' … ')[i], x), cell).toBe(true);
        });
    });
  });
});

describe('the head and the method of the page', () => {
  it('shows four key numbers', () => {
    const key = pageFacts(html, 'header');
    expect([...key.keys()]).toEqual([
      'advised η, up to',
      'ceiling on η at B = 40, quadratic loss',
      'edge for full batches, quadratic loss',
      'critical batch size',
    ]);
    const [advised, ceiling, edge, critical] = [...key.values()];
    expectEstimate(ceiling, 0.0902, 0.0043);
    expect(prints(advised, 0.9 * (0.0451 / 1.01))).toBe(true);
    expect(edge).toBe('0.649');
    expectEstimate(critical, 181, 9);
  });

  it('has none of them where they were refused', () => {
    const given = facts(0.1, 50, { noise: { refused: 'no.' }, curvature: { refused: 'no.' } });
    const none = renderAdvice({
      title: 'x',
      advice: advise(given, 1, null),
      facts: given,
      verification: null,
      run: {},
    });
    expect([...pageFacts(none.html, 'header').values()]).toEqual(['–', '–', '–', '–']);
    expect([...pageFacts(none.html, '#method').keys()]).toEqual(['Samples']);
    expect(pageWords(none.html, 'header .summary b')).toEqual(['Learning rate.', 'Batch size.', 'Stationary.']);
    expect(Object.keys(none.tables)).toEqual(['numbers.csv']);
    const ceilingless = readCsv(none.tables['numbers.csv']);
    expect(ceilingless.column('refused').slice(0, 6)).toEqual(Array(6).fill('no.'));
  });

  it('puts each judgement under its name', () => {
    const lines = pageWords(html, 'header .summary');
    expect(lines.map((l) => l.split('. ')[0])).toEqual([
      'Learning rate',
      'Batch size',
      'Stationary',
      'Runs from this state',
    ]);
    expect(lines[0]).toMatch(/^Learning rate\. 0\.03 is within the advised range/);
    expect(lines[1]).toMatch(/^Batch size\. Critical size 181 ± 9/);
    expect(lines[2]).toMatch(/^Stationary\. Stationary: motion relation 1\.03 ± 0\.04/);
    expect(lines[3]).toMatch(/^Runs from this state\. 12 runs of 3 epochs/);
    const [setting] = pageWords(html, 'header .subtitle');
    expect(setting).toBe(
      'At the last weights of a made-up run; training loss 0.437. Learning rate 0.03, batches of 40 (shuffled), momentum 0.5; temperature η/((1−μ)B) = 0.00150.',
    );
  });

  it('tells how each number was measured', () => {
    const how = pageFacts(html, '#method');
    expect([...how.keys()]).toEqual(['Samples', 'Ceiling', 'Top of the Hessian', 'Noise scale', 'Advice']);
    expect(how.get('Samples')).toMatch(/over all 12\u202f000 training samples/);
    expect(how.get('Ceiling')).toContain(
      'Here 3 top eigenvectors and the gradients of 8 samples that are hard to fit. Along the top eigenvector alone it is 0.134, ' +
        'with all eigenvectors 0.117, with half of the hard samples 0.0941, with all 0.090 ± 0.004 (jackknife',
    );
    expect(how.get('Top of the Hessian')).toBe('Lanczos, 37 products: 4.62; lowest Ritz value −0.310.');
    expect(numbersIn(how.get('Noise scale')!)).toEqual([
      0.0123, 6.31, 0.17, 256, 33, 64, 1024, 0.0119, 0.0008, 6.44, 0.21,
    ]);
    expect(how.get('Advice')).toMatch(
      /^The largest rate at which all runs stayed, times 0\.9\. .* times powers of 1\.3, /,
    );
  });
});

it('JSON holds words, advice, facts, runs and the run', () => {
  const json = JSON.parse(report.json);
  const plain = (x: unknown) => JSON.parse(jsonLine(x));
  expect(Object.keys(json)).toEqual(['format', 'version', 'title', 'words', 'advice', 'facts', 'verification', 'run']);
  expect([json.format, json.version, json.title]).toEqual(['thermograd advice', 2, 'Made-up advice']);
  expect(json.advice).toEqual(plain(input.advice));
  expect(json.facts).toEqual(plain(input.facts));
  expect(json.verification).toEqual(plain(input.verification));
  expect(json.run).toEqual(plain(input.run));
});

it('a curvature without a ceiling keeps its own numbers', () => {
  const given = facts(0.1, 50, { curvature: { facts: curvature({ ceiling: e(0.2, 0.21) }) } });
  const vague = renderAdvice({ title: 'x', advice: advise(given, 1, null), facts: given, verification: null, run: {} });
  expect([...pageFacts(vague.html, 'header').values()].slice(0, 3)).toEqual(['–', '–', '1']);
  expect(Object.keys(vague.tables)).toEqual(['numbers.csv', 'ceiling.csv']);
});
