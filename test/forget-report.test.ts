/** What is made of the branches of `forget`: choice of strengths, comparisons, verdicts on both sides of every rule, the page. */
import { describe, expect, it } from 'vitest';
import { forgettingOf, learningOf } from '../src/experiments/forget/accuracies.js';
import { compare, paired } from '../src/experiments/forget/compare.js';
import { forgetFindings } from '../src/experiments/forget/findings.js';
import { renderForget } from '../src/experiments/forget/page.js';
import { chosen, placeOf, settingsOf } from '../src/experiments/forget/strengths.js';
import { estimate } from '../src/numeric/estimate.js';
import { jsonLine } from '../src/numeric/json.js';
import { chanceOf } from '../src/numeric/seeds.js';
import { type Made, madeComparison, madeInput } from './support/forget-results.js';

const NONE: Made = { method: 'none', test: [0.6, 0.97] };
const ldc = (test: [number, number], more: Partial<Made> = {}): Made => ({
  method: 'ldc',
  constraints: 50,
  multiple: 1,
  test,
  ...more,
});
const l2 = (test: [number, number]): Made => ({ method: 'l2', multiple: 1, test });
const verdicts = (all: Made[], options = {}) =>
  Object.fromEntries(forgetFindings(madeInput(all, options)).findings.map((f) => [f.id, f.verdict]));
const OPEN = 'not decidable with this run';

describe('summary', () => {
  it('accuracy, forgetting and learning of three tasks, by hand', () => {
    const [group] = madeInput([NONE]).groups;
    const test = [
      [0.9, 0, 0],
      [0.8, 0.7, 0],
      [0.5, 0.6, 0.95],
    ];
    const branch = { ...group.branches[0], test };
    // (0.9 − 0.5 + 0.7 − 0.6)/2 and (0.7 + 0.95)/2
    expect(forgettingOf(branch)).toBeCloseTo(0.25, 12);
    expect(learningOf(branch)).toBeCloseTo(0.825, 12);
    const seeds = [{ ...madeInput([NONE], { seeds: 1 }).seeds[0], scratch: [0.9, 0.8, 0.9] }];
    const [s] = settingsOf({ groups: [{ ...group, branches: [branch] }], seeds });
    expect(s.average[0]).toBeCloseTo((0.5 + 0.6 + 0.95) / 3, 12);
    expect(s.transfer[0]).toBeCloseTo(0.825 - 0.85, 12);
    expect([s.first[0], s.last[0]]).toEqual([0.5, 0.95]);
  });

  it('chooses strengths by validation and never by the test', () => {
    const settings = settingsOf(
      madeInput([
        ldc([0.99, 0.99], { multiple: 1, validation: [0.8, 0.8] }),
        ldc([0.7, 0.7], { multiple: 10, validation: [0.85, 0.85] }),
        ldc([0.7, 0.7], { multiple: 100, validation: [0.95, 0.95], diverged: true }),
        ldc([0.7, 0.7], { multiple: 10, constraints: 5, validation: [0.99, 0.99] }),
      ]),
    );
    expect(chosen(settings, 'ldc', 50)?.multiple).toBe(10);
    expect(chosen(settings, 'ldc')?.constraints).toBe(5);
    expect(chosen(settings, 'ewc')).toBeUndefined();
  });

  it('differences within seeds: what seeds share cancels', () => {
    const settings = settingsOf(
      madeInput([ldc([0.9, 0.9]), l2([0.8, 0.9]), { ...NONE, test: [0.7, 0.9] }], { scatter: 0.01 }),
    );
    // ldc and none scatter alike, l2 the other way round: 2·0.01·(0, 1, −1, 2, −2)/2 with standard deviation 0.01·√2.5
    const alike = paired(settings[0], settings[2]);
    expect(alike.value).toBeCloseTo(0.1, 12);
    expect(alike.standardError).toBeLessThan(1e-12);
    const opposite = paired(settings[0], settings[1]);
    expect(opposite.standardError).toBeCloseTo((0.01 * Math.sqrt(2.5)) / Math.sqrt(5), 12);
    expect(paired(undefined, settings[1]).n).toBe(0);
  });

  it('chance by luck: Student’s t with n − 1 degrees of freedom', () => {
    // t = 2.776 is the two-sided 5 % point of four degrees of freedom
    expect(chanceOf(estimate(2.7764, 1, 5, ''))).toBeCloseTo(0.05, 4);
    expect(chanceOf(estimate(1, Number.NaN, 1, ''))).toBeNaN();
    expect([chanceOf(estimate(0, 0, 5, '')), chanceOf(estimate(1, 0, 5, ''))]).toEqual([1, 0]);
  });
});

describe('comparison of two methods', () => {
  it.each([
    // half-width 2.776 standard errors for five seeds
    ['equal', 0.004, 0.002, 0.2],
    ['equal', -0.003, 0.0005, 0.001],
    ['better', 0.05, 0.005, 0.001],
    ['worse', -0.05, 0.005, 0.001],
    ['undecided', 0.05, 0.02, 0.06],
    ['undecided', 0, 0.02, 1],
  ] as const)('%s: %f ± %f with p = %f', (outcome, value, error, p) => {
    expect(compare(estimate(value, error, 5, ''), p)).toBe(outcome);
  });
  it('is never decided by one seed', () => {
    expect(compare(estimate(0.3, Number.NaN, 1, ''), Number.NaN)).toBe('undecided');
  });
  it('is never decided by two seeds, whose differences may coincide by chance', () => {
    const of = (seeds: number) =>
      forgetFindings(madeInput([NONE, ldc([0.9, 0.96])], { seeds, scatter: 0 })).contests[0];
    expect([of(2).p, of(2).outcome, of(3).outcome]).toEqual([0, 'undecided', 'worse']);
  });
  it('is corrected for all pairs of methods, the ceiling not among them', () => {
    const all = [NONE, ldc([0.9, 0.96]), l2([0.89, 0.96]), { method: 'joint', test: [0.99, 0.97] } as Made];
    const { contests } = forgetFindings(madeInput(all, { scatter: 0.01 }));
    expect(contests.map((c) => `${c.a} ${c.b}`)).toEqual(['none l2', 'none ldc', 'l2 ldc']);
    const sorted = [...contests].sort((a, b) => a.p - b.p);
    // Holm by hand: smallest times 3, then 2, then 1, never falling
    let least = 0;
    sorted.forEach((c, k) => {
      least = Math.max(least, Math.min(1, (3 - k) * c.p));
      expect(c.holm).toBeCloseTo(least, 12);
    });
  });
});

describe('verdicts', () => {
  it('exists: five points and an interval above zero', () => {
    expect(verdicts([NONE])['forget.exists']).toBe('reproduced');
    expect(verdicts([{ ...NONE, test: [0.97, 0.97] }])['forget.exists']).toBe('not reproduced');
    expect(verdicts([{ ...NONE, test: [0.93, 0.97] }], { scatter: 0.06 })['forget.exists']).toBe(OPEN);
    expect(verdicts([NONE], { seeds: 1 })['forget.exists']).toBe(OPEN);
  });

  it('prevents: a better average and less than half of the forgetting', () => {
    const id = 'forget.prevents.ldc';
    expect(verdicts([NONE, ldc([0.95, 0.95])])[id]).toBe('reproduced');
    // forgets 0.25 of 0.39: better on average, yet more than half is lost
    expect(verdicts([NONE, ldc([0.74, 0.95])])[id]).toBe('not reproduced');
    // kept at the price of the second task: no better on average
    expect(verdicts([NONE, ldc([0.97, 0.6])])[id]).toBe('not reproduced');
    expect(verdicts([NONE, ldc([0.8, 0.97])], { scatter: 0.05 })[id]).toBe(OPEN);
    // where nothing is forgotten, nothing is prevented
    expect(verdicts([{ ...NONE, test: [0.98, 0.97] }, ldc([0.99, 0.97])])[id]).toBe(OPEN);
    const why = (seeds: number, first: number) =>
      forgetFindings(madeInput([{ ...NONE, test: [first, 0.97] }, ldc([0.99, 0.97])], { seeds })).findings[1].reason;
    expect(why(5, 0.98)).toMatch(/Too little is forgotten/);
    expect(why(1, 0.7)).toMatch(/not decided/);
  });

  it('beats: better, worse, equal, undecided', () => {
    const id = 'forget.l2';
    expect(verdicts([NONE, ldc([0.95, 0.95]), l2([0.85, 0.95])])[id]).toBe('reproduced');
    expect(verdicts([NONE, ldc([0.85, 0.95]), l2([0.95, 0.95])])[id]).toBe('not reproduced');
    expect(verdicts([NONE, ldc([0.951, 0.95]), l2([0.95, 0.95])])[id]).toBe('not reproduced');
    expect(verdicts([NONE, ldc([0.93, 0.95]), l2([0.9, 0.95])], { scatter: 0.03 })[id]).toBe(OPEN);
    expect(verdicts([NONE, ldc([0.9, 0.9])])[id]).toBeUndefined();
  });

  it('beats: with fewer axes only winning counts', () => {
    const id = 'forget.potential';
    const U = (test: [number, number]): Made => ({ method: 'potential', constraints: 50, multiple: 1, held: 6, test });
    const of = (u: [number, number], other: [number, number]) => verdicts([NONE, U(u), ldc(other)])[id];
    expect(of([0.95, 0.95], [0.85, 0.95])).toBe('reproduced');
    expect(of([0.85, 0.95], [0.95, 0.95])).toBe(OPEN);
    expect(of([0.95, 0.95], [0.95, 0.95])).toBe(OPEN);
    const { findings } = forgetFindings(madeInput([NONE, U([0.85, 0.95]), ldc([0.95, 0.95])]));
    expect(findings.find((f) => f.id === id)!.reason).toMatch(/could hold 6 axes, LDC \(1\/F²\) 100/);
  });

  it('beats: what the natural strengths give is told beside', () => {
    const made = [NONE, ldc([0.9, 0.9]), ldc([0.95, 0.95], { multiple: 10 }), l2([0.8, 0.9])];
    const reason = (absolute: boolean) =>
      forgetFindings({ ...madeInput(made, { scatter: 0 }), absolute }).findings.find((f) => f.id === 'forget.l2')!
        .reason;
    // chosen 0.95 − 0.85, at strength 1 it is 0.9 − 0.85
    expect(reason(false)).toMatch(
      /better, no spread over seeds \(.*natural strength of both it is 5 \(no spread\) points/,
    );
    expect(reason(true)).not.toMatch(/natural/);
  });

  it('findings are corrected among themselves: a method that no claim names changes only its own', () => {
    const all = [NONE, ldc([0.93, 0.95]), l2([0.9, 0.95])];
    const more: Made[] = Array.from({ length: 6 }, (_, k) => ({ method: `new-${k}`, test: [0.9, 0.95] }));
    const p = (made: Made[]) => {
      const { findings } = forgetFindings(madeInput(made, { scatter: 0.004 }));
      return Number(findings.find((f) => f.id === 'forget.l2')!.reason.match(/luck ([\d.]+)/)![1]);
    };
    // ldc-none and l2-none are the smaller ones of three, and six more of their like: the pair itself keeps its own chance
    expect(p([...all, ...more])).toBe(p(all));
  });

  it('constraints: task 1 with the most axes against the fewest, at one strength', () => {
    const id = 'forget.constraints';
    const at = (n: number, first: number, multiple = 1) => ldc([first, 0.95], { constraints: n, multiple });
    expect(verdicts([NONE, at(50, 0.95), at(10, 0.9), at(2, 0.7)])[id]).toBe('reproduced');
    expect(verdicts([NONE, at(50, 0.9), at(10, 0.9), at(2, 0.903)])[id]).toBe('not reproduced');
    expect(verdicts([NONE, at(50, 0.7), at(2, 0.9)])[id]).toBe('not reproduced');
    expect(verdicts([NONE, at(50, 0.95)])[id]).toBe(OPEN);
    // another strength is no match
    expect(verdicts([NONE, at(50, 0.95), at(2, 0.7, 10)])[id]).toBe(OPEN);
  });

  it('laplace: strength 1 against the chosen one', () => {
    const id = 'forget.laplace';
    const at = (multiple: number, first: number, valid: number) =>
      ldc([first, 0.95], { multiple, validation: [valid, valid] });
    expect(verdicts([NONE, at(1, 0.9, 0.9), at(10, 0.8, 0.8)])[id]).toBe('reproduced');
    expect(verdicts([NONE, at(1, 0.9, 0.9), at(10, 0.905, 0.95)])[id]).toBe('reproduced');
    // the scatter of both is one and the same here, and the difference certain
    expect(verdicts([NONE, at(1, 0.7, 0.7), at(10, 0.9, 0.9)])[id]).toBe('not reproduced');
    expect(verdicts([NONE, at(3, 0.7, 0.7), at(10, 0.9, 0.9)])[id]).toBe(OPEN);
    // where LDC does nothing, its strengths are all alike and none is right
    expect(verdicts([NONE, at(1, 0.6, 0.7), at(10, 0.6, 0.7)])[id]).toBe(OPEN);
  });

  it('winner: better than each other, or equal to one', () => {
    const id = 'forget.winner';
    expect(verdicts([NONE, ldc([0.95, 0.95]), l2([0.85, 0.95])])[id]).toBe('reproduced');
    expect(verdicts([NONE, ldc([0.95, 0.95]), l2([0.95, 0.951])])[id]).toBe('not reproduced');
    const { outcome } = forgetFindings(madeInput([NONE, ldc([0.95, 0.95]), l2([0.95, 0.951])]));
    expect(outcome.join(' ')).toMatch(/within one point of it/);
  });

  it('a winner by validation that others beat on the test is not called better than them', () => {
    const best = ldc([0.85, 0.95], { validation: [0.99, 0.99] });
    const { outcome } = forgetFindings(madeInput([NONE, best, l2([0.95, 0.95])]));
    expect(outcome.join(' ')).toMatch(/LDC \(1\/F²\) comes first by validation.*L2 anchor is better/);
    expect(outcome.join(' ')).not.toMatch(/than every other method/);
    const alone = forgetFindings(madeInput([NONE, best])).outcome.join(' ');
    expect(alone).not.toMatch(/than every other method/);
  });

  it('where plain training comes first by validation no method is praised', () => {
    const words = forgetFindings(
      madeInput([{ ...NONE, validation: [0.99, 0.99] }, ldc([0.95, 0.95]), l2([0.9, 0.95])]),
    ).outcome.join(' ');
    expect(words).toMatch(/no method is better than training without/);
    expect(words).not.toMatch(/comes first/);
  });

  it('a method that ran for some seeds only takes no part', () => {
    const some: Made = { method: 'ewc', multiple: 1, test: [0.98, 0.98], ran: 2 };
    const { outcome, best, findings } = forgetFindings(madeInput([NONE, ldc([0.95, 0.95]), some]));
    expect(best.map((s) => s.method)).toEqual(['none', 'ldc']);
    expect(findings.map((f) => f.id)).not.toContain('forget.ewc');
    expect(outcome.join(' ')).toMatch(/for only some of the seeds: EWC \(2\)/);
  });
});

describe('outcome', () => {
  const words = (multiple: number) =>
    forgetFindings(
      madeInput([NONE, ...[1, 10, 100].map((m) => ldc(m === multiple ? [0.95, 0.95] : [0.8, 0.95], { multiple: m }))]),
    ).outcome.join(' ');
  it('says where the grid of strengths ends too soon', () => {
    expect(words(100)).toMatch(/best strength lies at an end of those tried for LDC/);
    expect(words(1)).toMatch(/at an end of those tried for LDC/);
    expect(words(10)).not.toMatch(/at an end|last strength/);
  });

  it('and where a stronger pull gains nothing more', () => {
    const of = (last: number) => {
      const all = [0.9, 0.95, last].map((v, k) => ldc([0.9, 0.9], { multiple: 10 ** k, validation: [v, v] }));
      return forgetFindings(madeInput([NONE, ...all])).outcome.join(' ');
    };
    expect(of(0.9509)).toMatch(
      /For LDC .* gains less than a tenth of a point of validation accuracy over the one before it/,
    );
    expect(of(0.9511)).toMatch(/at an end of those tried for LDC/);
  });

  it('places a chosen strength among those of its own method and axes', () => {
    const all = [1, 10, 100].map((m) => ldc([0.9, 0.9], { multiple: m, validation: [0.9, m === 1 ? 0.9 : 0.8] }));
    const other = ldc([0.9, 0.9], { multiple: 0.1, constraints: 5, validation: [0.7, 0.7] });
    const settings = settingsOf(madeInput([other, ...all, l2([0.9, 0.9])]));
    expect(placeOf(chosen(settings, 'ldc', 50)!, settings)).toBe('weakest');
    expect(placeOf(chosen(settings, 'l2')!, settings)).toBe('inside');
    // the stronger one diverged: the best is inside; where only the weaker one is finite it is the one to leave
    const diverged = [1, 10].map((m) => ldc([0.9, 0.9], { multiple: m, diverged: m === 10 }));
    const two = settingsOf(madeInput(diverged));
    expect(placeOf(chosen(two, 'ldc')!, two)).toBe('weakest');
  });
});

describe('report', () => {
  const input = madeComparison();
  const branches = input.groups.reduce((n, g) => n + g.branches.length, 0);
  const report = renderForget(input);

  it('draws every figure that has numbers, and says why one is missing', () => {
    expect(Object.keys(report.figures).sort()).toEqual([
      'forget-constraints-first',
      'forget-constraints-learning',
      'forget-curve-first',
      'forget-curve-later',
      'forget-front',
      'forget-front-constraints',
      'forget-moved-hessian',
      'forget-moved-principal',
      'forget-profile-1',
      'forget-strength',
    ]);
    expect(report.html).toMatch(/forget-moved-vortex is not drawn/);
    for (const svg of Object.values(report.figures)) expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('names a method that it does not know by its own name', () => {
    expect(report.figures['forget-front']).toContain('a-new-one');
  });

  it('holds every finding and every branch, at full precision', () => {
    const text = report.html.replace(/<[^>]*>/g, '');
    for (const f of report.findings) expect(report.html, f.id).toContain(`id="${f.id}"`);
    for (const s of report.outcome) expect(text).toContain(s.slice(0, 30).replace('&', '&amp;'));
    const rows = report.tables['branches.csv'].trim().split('\r\n');
    expect(rows.length - 1).toBe(branches);
    const header = rows[0].split(',');
    const first = rows[1].split(',');
    expect(Number(first[header.indexOf('test_1')])).toBe(0.6);
    expect(Number(first[header.indexOf('average')])).toBe((0.6 + 0.97) / 2);
    expect(JSON.parse(report.json).groups).toEqual(JSON.parse(jsonLine(input.groups)));
  });

  it('gives the same bytes twice, and works with one seed and one method', () => {
    expect(renderForget(input)).toEqual(report);
    const lonely = renderForget(madeInput([NONE], { seeds: 1 }));
    expect(lonely.findings.map((f) => f.verdict)).toEqual([OPEN]);
    expect(lonely.html).toContain('forget-strength is not drawn');
  });
});
