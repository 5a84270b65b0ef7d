/** Findings and sentences of `forget`: every number in them is that of the branches, computed here from the definitions. */
import { describe, expect, it } from 'vitest';
import { renderForget } from '../src/experiments/forget/page.js';
import { jsonLine } from '../src/numeric/json.js';
import type { Finding } from '../src/report/finding.js';
import { byVerdict } from './support/by-verdict.js';
import {
  averageOf,
  chosenOf,
  forgettingOf,
  learningOf,
  type Own,
  ownOf,
  type Pair,
  pairsOf,
  validationOf,
} from './support/forget-by-hand.js';
import { forgetStudy } from './support/forget-study.js';
import { meanAndError } from './support/naive-statistics.js';
import { expectEstimate, expectMean } from './support/printed-estimates.js';
import { estimatesIn, numbersIn, pageTables, pageWords, readCsv } from './support/reading.js';

const input = forgetStudy();
const report = renderForget(input);
const { findings, outcome, html } = report;
const finding = (id: string): Finding => findings.find((f) => f.id === `forget.${id}`)!;

const AXES = { ldc: 50, variance: 50, random: 50 } as const;
const METHODS = ['none', 'l2', 'ewc', 'ldc', 'variance', 'random', 'frozen', 'replay-100', 'joint'];
const best = new Map<string, Own>(METHODS.map((m) => [m, chosenOf(input, m, AXES[m as 'ldc'] ?? null)]));
const over = (own: Own, what: Parameters<typeof averageOf>[0] extends infer B ? (b: B) => number : never) =>
  own.map(({ branch }) => what(branch));
const first = (b: Own[number]['branch']) => b.test[2][0];

/** What the findings correct together: every method against none, and the pairs that claims name. */
const family = pairsOf(best, [
  ...['l2', 'ewc', 'ldc', 'variance', 'random', 'frozen', 'replay-100'].map((m) => [m, 'none'] as const),
  ...['ldc', 'ewc'].flatMap((a) => ['frozen', 'replay-100'].map((b) => [a, b] as const)),
  ...['l2', 'random', 'variance', 'ewc'].map((m) => ['ldc', m] as const),
]);
const pair = (a: string, b: string): Pair => family.find((p) => p.a === a && p.b === b)!;

/** Measured is the mean of these values with its standard error over four seeds, in points. */
function expectMeasured({ measured }: Finding, values: readonly number[]): void {
  const { mean, error, n } = meanAndError(values);
  expect(measured.value).toBeCloseTo(100 * mean, 10);
  expect(measured.standardError).toBeCloseTo(100 * error, 10);
  expect(measured.n).toBe(n);
}

/** Estimates of a sentence in order, each the mean of these values in %. */
function expectEstimates(text: string, all: readonly (readonly number[])[]): void {
  const found = [...text.matchAll(/\S+ ± \S+/g)].map((m) => m[0]);
  expect(estimatesIn(text), text).toHaveLength(all.length);
  all.forEach((values, k) => {
    expectMean(found[k], values, 100);
  });
}

/** A comparison as it is printed: both averages with their strengths, the outcome, and half of the interval. */
function expectComparison(
  text: string,
  p: Pair,
  [a, atA]: readonly string[],
  [b, atB]: readonly string[],
  words: string,
): void {
  const [value, other] = [p.a, p.b].map((m) => over(best.get(m)!, averageOf));
  const [left, right] = text.split(`%${atA}, ${b} `);
  expect(left.startsWith(`${a} `), text).toBe(true);
  expectMean(left.slice(a.length + 1), value, 100);
  expectMean(right, other, 100);
  const rest = right.slice(right.indexOf('%') + 1);
  expect(rest.startsWith(`${atB}: ${words}, 95 % interval ±`), text).toBe(true);
  const [half] = numbersIn(rest.slice(rest.indexOf('±') + 1));
  expect(half / (100 * p.half)).toBeCloseTo(1, 1);
}

/** A chance as it is printed, to two digits. */
function expectChance(text: string, p: number): void {
  const [printed] = numbersIn(text.slice(text.indexOf('chance by luck ') + 'chance by luck '.length));
  expect(printed / p, text).toBeCloseTo(1, 1);
}

describe('findings of the study', () => {
  it('are those that its methods allow, in order', () => {
    expect(findings.map((f) => f.id.replace('forget.', ''))).toEqual([
      'exists',
      'prevents.ldc',
      'prevents.ewc',
      'prevents.frozen',
      'prevents.replay-100',
      'control.ldc.frozen',
      'control.ldc.replay-100',
      'control.ewc.frozen',
      'control.ewc.replay-100',
      'l2',
      'random',
      'variance',
      'ewc',
      'constraints',
      'laplace',
      'winner',
    ]);
  });

  it('exists: accuracy lost on what was learned first, in points', () => {
    const f = finding('exists');
    expectMeasured(f, over(best.get('none')!, forgettingOf));
    expect([f.unit, f.verdict]).toEqual(['points of accuracy; all outputs compete', 'reproduced']);
    expect(f.reason).toMatch(/At least 5 points, with its whole interval above 0\.$/);
  });

  it.each(['ldc', 'ewc', 'frozen', 'replay-100'])('prevents: %s against none', (m) => {
    const f = finding(`prevents.${m}`);
    const [own, none] = [best.get(m)!, best.get('none')!];
    expectMeasured(f, over(own, forgettingOf));
    expect([f.unit, f.verdict]).toEqual(['points of accuracy forgotten; all outputs compete', 'reproduced']);
    expect(f.predicted).toMatch(/^without a constraint .* %$/);
    expectMean(f.predicted!, over(none, forgettingOf), 100);
    expectEstimates(f.reason, [
      over(own, averageOf),
      over(none, averageOf),
      over(own, learningOf),
      over(none, learningOf),
    ]);
    if (['ldc', 'ewc'].includes(m)) expect(f.reason).toContain('at strength 10 against');
    else expect(f.reason).toMatch(/^Average accuracy \S+ ± \S+ % against/);
    expect(f.reason).toContain('without: better (chance by luck');
    expect(f.reason).toContain('Less than half of the forgetting remains');
    expectChance(f.reason, pair(m, 'none').holm);
  });

  it.each([
    ['l2', 'L2 anchor at strength 1', 'reproduced', 'better'],
    ['random', 'random axes at strength 100', 'reproduced', 'better'],
    ['variance', '1/σ² at strength 10', 'not decidable with this run', 'within one point'],
    ['ewc', 'EWC at strength 10', 'not decidable with this run', 'undecided'],
  ])('beats: LDC against %s', (m, named, verdict, words) => {
    const f = finding(m);
    const p = pair('ldc', m);
    const [name, strength] = named.split(' at ');
    expectMeasured(f, p.differences);
    expect(f.unit).toBe(`points of average accuracy, LDC (1/F²) minus ${name}; all outputs compete`);
    expect(f.verdict).toBe(verdict);
    expectComparison(f.reason, p, ['LDC (1/F²)', ' at strength 10'], [name, ` at ${strength}`], words);
    if (p.outcome === 'equal') expect(f.reason).not.toContain('luck');
    else expectChance(f.reason, p.holm);
    const natural = ['ldc', m].map((x) => ownOf(input, x, AXES[x as 'ldc'] ?? null, 1));
    const beside = natural[0].map(({ branch }, k) => averageOf(branch) - averageOf(natural[1][k].branch));
    expectMean(f.reason.slice(f.reason.indexOf('At the natural strength of both it is')), beside, 100);
  });

  it.each([
    ['ldc', 'frozen', 'reproduced', 'better'],
    ['ldc', 'replay-100', 'not reproduced', 'within one point'],
    ['ewc', 'frozen', 'reproduced', 'better'],
    ['ewc', 'replay-100', 'not reproduced', 'worse'],
  ])('control: %s against %s, with both averages', (m, rival, verdict, words) => {
    const f = finding(`control.${m}.${rival}`);
    const p = pair(m, rival);
    const name = (x: string) => ({ ldc: 'LDC (1/F²)', ewc: 'EWC', frozen: 'frozen layers' })[x] ?? 'replay (100)';
    expectMeasured(f, p.differences);
    expect([f.unit, f.verdict]).toEqual([
      `points of average accuracy, ${name(m)} minus ${name(rival)}; all outputs compete`,
      verdict,
    ]);
    expectComparison(f.reason, p, [name(m), ' at strength 10'], [name(rival), ''], words);
    if (p.outcome !== 'equal') expectChance(f.reason, p.holm);
    expect(f.reason).not.toContain('natural strength');
  });

  it('says how many axes either could hold where the numbers differ, and whether the comparison is one of methods', () => {
    // 88, 87, 86, 85 axes of LDC; 100 and 99
    expect(finding('random').reason).toContain('LDC (1/F²) could hold 87 axes, random axes 100.');
    expect(finding('variance').reason).toContain(
      'LDC (1/F²) could hold 87 axes, 1/σ² 99: this is no comparison of methods.',
    );
    expect(finding('l2').reason).not.toContain('could hold');
  });

  it('constraints: task 1 with most axes minus with fewest, and every number between', () => {
    const f = finding('constraints');
    const at = (n: number) => ownOf(input, 'ldc', n, 10);
    const [few, most] = [over(at(5), first), over(at(50), first)];
    expectMeasured(
      f,
      most.map((a, k) => a - few[k]),
    );
    expect([f.unit, f.range, f.verdict]).toEqual([
      'points of task-1 accuracy, N_c = 50 minus N_c = 5; all outputs compete',
      'LDC at strength 10',
      'reproduced',
    ]);
    expect([...f.reason.matchAll(/N_c = (\d+): \S+ ± \S+ %, later tasks/g)].map((m) => m[1])).toEqual([
      '5',
      '20',
      '50',
    ]);
    const [levels, steps] = f.reason.split('. From each to the next: ');
    expectEstimates(
      levels,
      [5, 20, 50].flatMap((n) => [over(at(n), first), over(at(n), learningOf)]),
    );
    const rises = [20, 50].map((n, k) => over(at(n), first).map((a, s) => a - over(at([5, 20][k]), first)[s]));
    expectEstimates(steps.replaceAll(',', ''), rises);
  });

  it('laplace: at strength 1 minus at the one that was chosen', () => {
    const f = finding('laplace');
    const [one, ten] = [over(ownOf(input, 'ldc', 50, 1), averageOf), over(best.get('ldc')!, averageOf)];
    expectMeasured(
      f,
      one.map((a, k) => a - ten[k]),
    );
    expect([f.unit, f.verdict]).toEqual([
      'points of average accuracy, Laplace minus chosen strength; all outputs compete',
      'not reproduced',
    ]);
    expectEstimates(f.reason, [one, ten]);
    expect(f.reason).toMatch(/at the chosen strength of 10 times it/);
  });

  it('winner: the first by validation minus the second, and who is equal to it or open', () => {
    const f = finding('winner');
    const order = ['none', 'l2', 'ewc', 'ldc', 'variance', 'random', 'frozen', 'replay-100']
      .map((m) => ({ m, v: meanAndError(over(best.get(m)!, validationOf)).mean }))
      .sort((a, b) => b.v - a.v)
      .map(({ m }) => m);
    expect(order.slice(0, 3)).toEqual(['ldc', 'replay-100', 'variance']);
    const lead = pairsOf(
      best,
      order.slice(1).map((m) => [order[0], m] as const),
    );
    expectMeasured(f, lead[0].differences);
    expect(lead.map((p) => p.outcome)).toEqual(['equal', 'equal', 'undecided', 'better', 'better', 'better', 'better']);
    expect([f.unit, f.verdict]).toEqual([
      'points of average accuracy, LDC (1/F²) minus replay (100); all outputs compete',
      'not reproduced',
    ]);
    expect(f.reason).toBe(
      'By validation LDC (1/F²) comes first, replay (100) second. Within one point of it: replay (100), 1/σ². Undecided against EWC.',
    );
  });
});

describe('which method wins, in sentences', () => {
  const at = (m: string) => best.get(m)!;

  it('has the numbers of the branches', () => {
    expect(outcome).toHaveLength(7);
    const [lost, leader, ...rest] = outcome;
    const [partly, ends, ceiling] = rest.slice(2);
    expect(lost).toMatch(
      /^Without a constraint .* points of accuracy on what was learned first are lost \(all outputs compete\)\.$/,
    );
    expectEstimates(lost, [over(at('none'), forgettingOf)]);
    expect(leader).toMatch(
      /^LDC \(1\/F²\) comes first by validation with .* % average accuracy against .* % without a constraint \(better\), all outputs compete; within one point of it: replay \(100\), 1\/σ²; undecided against EWC\.$/,
    );
    expectEstimates(leader, [over(at('ldc'), averageOf), over(at('none'), averageOf)]);
    for (const [k, [m, name, replayed]] of [
      ['ldc', 'LDC \\(1/F²\\)', 'within one point of'],
      ['ewc', 'EWC', 'worse than'],
    ].entries()) {
      expect(rest[k]).toMatch(
        new RegExp(
          `^${name} with .* % is ${replayed} replay \\(100\\) \\(.* %\\), better than frozen layers \\(.* %\\); all outputs compete\\.$`,
        ),
      );
      expectEstimates(rest[k].replaceAll('(', ''), [
        over(at(m), averageOf),
        over(at('replay-100'), averageOf),
        over(at('frozen'), averageOf),
      ]);
    }
    expect(partly).toBe('Not compared, because they ran for only some of the seeds: Hessian (2).');
    expect(ends).toBe(
      'The best strength lies at an end of those tried for EWC, random axes: a wider grid may do better.',
    );
    expect(ceiling).toMatch(/^Trained on all tasks together the same network reaches .* % \(all outputs compete\)\.$/);
    expectEstimates(ceiling, [over(at('joint'), averageOf)]);
  });

  it('stands on the page below what was trained and how the claims fared', () => {
    const [head, ...sentences] = pageWords(html, 'header .summary');
    expect(sentences).toEqual(outcome);
    expect(head).toBe(
      '4 networks learned 3 tasks one after the other: classes 0, 1; then classes 2, 3; then classes 4, 5. ' +
        'All outputs compete. Later tasks had 12 epochs each. ' +
        'Of 16 claims tested, 10 are reproduced, 4 not reproduced and 2 not decidable with this run.',
    );
  });

  it('speaks of two tasks, one network and outputs of their own', () => {
    const two = renderForget({
      ...input,
      groups: input.groups.filter((g) => g.method === 'joint'),
      head: 'task-known',
      tasks: ['a', 'b'],
      seeds: input.seeds.slice(0, 1),
      epochs: 1234567,
    });
    expect(pageWords(two.html, 'header .summary')[0]).toMatch(
      /^1 network learned two tasks one after the other: a; then b\. Outputs are task-known: every task is trained and tested with its own outputs only\. Later tasks had 1\u202f234\u202f567 epochs each\./,
    );
  });
});

describe('the findings as tables', () => {
  it('on the page: measured with its error, number of seeds, verdict', () => {
    const [table] = pageTables(html, '#findings');
    const rows = table.rows.filter((r) => r.length > 1);
    expect(rows).toHaveLength(findings.length);
    rows.forEach((cells, k) => {
      const f = byVerdict(findings)[k];
      expectEstimate(cells[1], f.measured.value, f.measured.standardError);
      expect(cells[1].endsWith(f.unit.replace('N_c', 'N_c'))).toBe(true);
      expect(cells[2]).toBe('4');
      expect(cells[3]).toBe(f.stated);
      expect(cells[4]).toBe(f.predicted ?? '–');
      expect(cells[5]).toMatch(new RegExp(`^.\\u00a0${f.verdict}$`));
    });
  });

  it('as CSV and as JSON', () => {
    const table = readCsv(report.tables['findings.csv']);
    expect(table.column('id')).toEqual(findings.map((f) => f.id));
    expect(table.numbers('measured')).toEqual(findings.map((f) => f.measured.value));
    expect(table.numbers('standard_error')).toEqual(findings.map((f) => f.measured.standardError));
    expect(table.column('verdict')).toEqual(findings.map((f) => f.verdict));
    const json = JSON.parse(report.json);
    expect(json).toMatchObject({ format: 'thermograd-forget-report', version: 1, title: 'A made-up study', outcome });
    expect(json.findings).toEqual(JSON.parse(jsonLine(findings)));
    expect(json.chosen.map((c: { method: string; multiple: number }) => [c.method, c.multiple])).toEqual([
      ['none', 'NaN'],
      ['l2', 1],
      ['ewc', 10],
      ['ldc', 10],
      ['variance', 10],
      ['random', 100],
      ['frozen', 'NaN'],
      ['replay-100', 'NaN'],
      ['joint', 'NaN'],
    ]);
    expect(json.chosen[3].average).toEqual(over(best.get('ldc')!, averageOf).map((a) => expect.closeTo(a, 12)));
    expect(json.chosen[0]).not.toHaveProperty('branches');
    expect(json.contests).toHaveLength(28);
    expect(json.outputs).toBe('all outputs compete');
    expect(json.samples).toEqual({ training: 1234, validation: 246 });
    expect(json.seeds).toEqual(input.seeds);
    expect(json.groups).toEqual(JSON.parse(jsonLine(input.groups)));
    expect(json.references.map((r: { key: string }) => r.key)).toEqual([
      'ivf2021',
      'antognini2018',
      'kirkpatrick2017',
      'mnist',
    ]);
    expect(json.bibtex.match(/^@/gm)).toHaveLength(4);
  });
});
