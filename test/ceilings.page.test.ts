/** The page of `reproduce ceilings`, its tables and its figures read back and compared with the made-up states; snapshots of all. */
import { describe, expect, it } from 'vitest';
import { judge } from '../src/experiments/ceilings/judging.js';
import { conclusionOf, renderCeilings } from '../src/experiments/ceilings/page.js';
import { RIVAL_NAMES, statedLog } from '../src/experiments/ceilings/rivals.js';
import { bracketed } from '../src/experiments/ceilings/thresholds.js';
import { ceilingsStudy, madeUpStates } from './support/ceilings-results.js';
import {
  marks,
  matchesSnapshots,
  pageFigures,
  pageTables,
  pageWords,
  prints,
  printsEstimate,
  readCsv,
  readFigure,
} from './support/reading.js';

const input = ceilingsStudy();
const report = renderCeilings(input);
const judging = judge(bracketed(input.cells), input.config.splitSeed)!;

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('ceilings', report);
});

describe('the table of rules', () => {
  const [table, split] = pageTables(report.html, '#rules');
  it('has a row for each, with the numbers of the judging', () => {
    expect(table.column('rule')).toEqual(Object.values(RIVAL_NAMES));
    judging.rivals.forEach((r, k) => {
      expect(prints(table.column('constant')[k].split(',')[0], r.fit.factor, 3)).toBe(true);
      expect(prints(table.column('95 % ×÷')[k], Math.exp(r.fit.half), 3)).toBe(true);
      expect(prints(table.column('miss ×÷')[k], Math.exp(r.scores.miss.value), 3)).toBe(true);
      expect(printsEstimate(table.column('bias, ln')[k], r.scores.bias)).toBe(true);
      expect(printsEstimate(table.column('rank')[k], r.scores.rank)).toBe(true);
      expect(prints(split.column('fitting half ×÷')[k], Math.exp(r.leaveOneOut), 3)).toBe(true);
      expect(prints(split.column('judged half ×÷')[k], Math.exp(r.scores.miss.value), 3)).toBe(true);
      const covered = Math.round(r.scores.coverage.value * 13);
      expect(table.column('covered')[k]).toBe(`${covered} of 13`);
    });
    expect(table.column('constant').at(-1)).toMatch(/, a = /);
  });
});

describe('the states', () => {
  const [table] = pageTables(report.html, '#states');
  it('have a row each, with a dash where the ladder ended, and those that were none are named with the reason', () => {
    expect(table.rows).toHaveLength(28);
    const column = table.column('runs leave from … to');
    expect(column.at(-2)).toMatch(/ … –$/);
    expect(column.at(-1)).toMatch(/^– … /);
    expect(table.column('half').filter((h) => h === 'judged')).toHaveLength(13);
    expect(pageWords(report.html, '#states > p').join()).toMatch(
      /No state: untrained \(the training loss 2\.31 is above 0\.9 of that of a constant output\)/,
    );
  });
  it('as CSV with what the rules are made from', () => {
    const csv = readCsv(report.tables['states.csv']);
    expect(csv.column('state')).toEqual(input.cells.map((c) => c.spec.name));
    expect(csv.numbers('edge')[0]).toBeCloseTo(
      2 / (input.cells[0] as { measures: { top: { value: number } } }).measures.top.value,
      12,
    );
    expect(csv.column('half').filter((h) => h === 'fitted')).toHaveLength(13);
    expect(csv.column('why_none')[26]).toMatch(/^the training loss 2\.31/);
    const runs = readCsv(report.tables['runs.csv']);
    expect(runs.column('left').filter((l) => l === 'true')).toHaveLength(5 * 27);
  });
});

describe('the figures', () => {
  it('draw the bracket of each state over what the rule states', () => {
    const f = readFigure(report.figures['ceilings-present']);
    const dots = marks(f, { kind: 'dot' });
    const all = [...judging.fitted, ...judging.judged];
    expect(dots).toHaveLength(26);
    const points = dots.flatMap((d) => d.points);
    all.forEach(({ state, threshold }, k) => {
      expect(Math.abs(Math.log(points[k][0]) - statedLog(judging.present.fit, state))).toBeLessThan(0.02);
      expect(Math.abs(Math.log(points[k][1] / threshold))).toBeLessThan(0.02);
    });
    const bars = marks(f, { kind: 'rule' });
    all.forEach(({ low, high }, k) => {
      const ends = bars[k].points.map(([, y]) => y).sort((a, b) => a - b);
      expect(Math.abs(Math.log(ends[0] / low))).toBeLessThan(0.02);
      expect(Math.abs(Math.log(ends[1] / high))).toBeLessThan(0.02);
    });
    expect(pageFigures(report.html).get('ceilings-present')!.caption).toMatch(
      /times the present rate η, fitted on 13 states/,
    );
  });
});

describe('the conclusion', () => {
  it('says that the trivial rule is not improved on, and what it states', () => {
    const [numbers, comparison, stated] = report.conclusion;
    expect(numbers).toMatch(
      /^Rules were fitted on 13 states and judged on 13 others\. There .* times the present rate η misses/,
    );
    expect(comparison).toMatch(
      /^No measured curvature or noise .* the two are not distinguished, the candidate saves 0\.00\d ± 0\.00\d of squared miss\.$/,
    );
    const { fit } = judging.present;
    const [low, high] = [fit.factor * Math.exp(-fit.half), fit.factor * Math.exp(fit.half)].map((v) =>
      v.toPrecision(3),
    );
    expect(stated).toContain(`between ${low} and ${high} times the present rate η`);
  });
  it('says when a rule beats it, and when there is too little', () => {
    const better = judge(bracketed(madeUpStates(40, (m) => 2 / m.top, 0.5, 0.2)), 11)!;
    expect(conclusionOf(better, [])[1]).toMatch(/beats the trivial rule/);
    expect(conclusionOf(better, [])[2]).toContain('times edge, 2(1+μ)/h, which covered');
    const useless = judge(bracketed(madeUpStates(40, () => 0.3, 1, 1.5)), 11)!;
    expect(conclusionOf(useless, []).at(-1)).toMatch(
      /^Nothing is stated without runs: .* is wider than a factor of four on either side; .* is not stated because the candidate/,
    );
    const few = renderCeilings({ ...input, cells: input.cells.slice(0, 5) });
    expect(few.conclusion).toEqual(['Only 5 states have a threshold: too few to fit and to judge.']);
    expect(few.figures).toEqual({});
    expect(Object.keys(few.tables)).toEqual(['findings.csv', 'states.csv', 'runs.csv']);
  });
});
