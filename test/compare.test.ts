/** Runs against each other: differences with their significance, settings, figures, and runs that cannot be compared. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeComparison } from '../src/cli/compare-command.js';
import { holm } from '../src/numeric/many-tests.js';
import { renderComparison } from '../src/results/comparison.js';
import { compareRuns } from '../src/results/disk/compare.js';
import { differingSettings, seedsOf } from '../src/results/settings.js';
import { findingDifferences, significant, welchFreedom, withHolm } from '../src/results/significance.js';
import { scratch, thermograd } from './support/cli.js';
import { drawing, found, put, runFolder, runRecord, stages } from './support/result-folders.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** P(|t| > x) for a whole number of degrees of freedom, by Simpson's rule over the density; Γ from its recursion. */
function tail(x: number, freedom: number): number {
  const gamma = (z: number): number => (z === 0.5 ? Math.sqrt(Math.PI) : z === 1 ? 1 : (z - 1) * gamma(z - 1));
  const front = gamma((freedom + 1) / 2) / (Math.sqrt(freedom * Math.PI) * gamma(freedom / 2));
  const density = (t: number) => front * (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
  const [steps, h] = [2000, x / 2000];
  let inside = density(0) + density(x);
  for (let k = 1; k < steps; k++) inside += (k % 2 === 1 ? 4 : 2) * density(k * h);
  return 1 - (2 * inside * h) / 3;
}

describe('the difference of two findings', () => {
  it('has both errors in quadrature, the freedom of Welch and Satterthwaite, and the tail of t', () => {
    // equal errors and n: ν = 2(n − 1)
    const [d] = findingDifferences([found('a', 1, 0.3, 6)], [found('a', 2.2, 0.3, 6)]);
    expect(d).toMatchObject({
      difference: expect.closeTo(1.2),
      standardError: expect.closeTo(0.3 * Math.SQRT2),
      freedom: expect.closeTo(10),
    });
    expect(d.statistic).toBeCloseTo(1.2 / 0.4242640687, 9);
    expect(d.p).toBeCloseTo(tail(d.statistic, 10), 9);
    // (0.09 + 0.16)²/(0.09²/9 + 0.16²/19)
    expect(welchFreedom([0.3, 0.4], [10, 20])).toBeCloseTo(0.0625 / (0.0081 / 9 + 0.0256 / 19), 12);
    expect(welchFreedom([0.3, 0], [10, 1])).toBeCloseTo(9, 12);
  });

  it('is tested by z where no n is known', () => {
    const [d] = findingDifferences([found('a', 0, 0.3, 0)], [found('a', 0.98, 0.4, 1)]);
    expect([d.freedom, d.statistic]).toEqual([Number.POSITIVE_INFINITY, expect.closeTo(1.96)]);
    expect(d.p).toBeCloseTo(0.0499958, 6);
  });

  it('is not tested without sampling errors, values or a common unit, and says why', () => {
    const one = found('a', 1, 0.1, 9);
    const with_ = (change: object) => ({ ...one, measured: { ...one.measured, ...change } });
    const why = (other: typeof one) => findingDifferences([one], [other])[0].untested;
    expect(why(with_({ standardError: Number.NaN }))).toBe('one of them has no standard error');
    expect(why(with_({ value: Number.NaN }))).toBe('one of them has no value');
    expect(why({ ...one, unit: 'steps' })).toBe('the units differ: none and steps');
    // a number without a sampling error stands against one with it, but not against another such
    const exact = with_({ standardError: 0, kind: 'exact' });
    expect(findingDifferences([one], [exact])[0]).toMatchObject({ standardError: 0.1, freedom: expect.closeTo(8) });
    expect(findingDifferences([exact], [exact])[0].untested).toBe('neither has a sampling error');
  });

  it('is adjusted for the whole family, by Holm', () => {
    // by hand: 0.01·4, 0.02·3, max(0.06, 0.03·2), max(0.06, 0.04·1)
    expect(holm([0.04, 0.01, Number.NaN, 0.03, 0.02])).toEqual([0.06, 0.04, Number.NaN, 0.06, 0.06]);
    expect(holm([0.6, 0.7])).toEqual([1, 1]);
    const strong = findingDifferences([found('a', 0, 0.1, 50)], [found('a', 0.4, 0.1, 50)]);
    expect(significant(withHolm([strong])[0][0])).toBe(true);
    expect(significant(withHolm([strong, ...Array(20).fill(strong.map((d) => ({ ...d, p: 1 })))])[0][0])).toBe(false);
  });
});

describe('settings', () => {
  it('are those that differ, by their keys, and what computed the runs', () => {
    const other = { ...runRecord(1), thermograd: '0.3.0', outputs: { a: 1 } };
    expect(differingSettings([runRecord(0), other])).toEqual([
      { key: 'seed', values: ['0', '1'] },
      { key: 'made with.thermograd', values: ['0.2.0', '0.3.0'] },
    ]);
  });

  it('say the seeds of a run, of a study, and of a study of a base run', () => {
    expect(seedsOf(runRecord(3))).toEqual([3]);
    expect(seedsOf({ config: { seed: 2 }, seeds: 3 })).toEqual([2, 3, 4]);
    expect(seedsOf({ config: { base: { seed: 1 } }, seeds: 2 })).toEqual([1, 2]);
    expect(seedsOf({ n: 2 })).toEqual([]);
  });
});

const at = (name: string) => join(folder, name);
await runFolder(at('one'), 0, [
  found('ivf.psi', 4, 0.1, 40),
  found('ivf.rank', 1, 0.5, 40),
  found('ivf.mine', 1, 1, 4),
]);
await runFolder(at('two'), 1, [found('ivf.psi', 5, 0.1, 40, 'not reproduced'), found('ivf.rank', 1.1, 0.5, 40)]);
await runFolder(at('same'), 0, [found('ivf.psi', 4, 0.1, 40)]);
put(at('two'), { 'figures/only-two.svg': drawing('Alone') });
put(at('one/ao2022'), {
  'ao2022.json': { format: 'thermograd ao2022', run: '..', seed: 0, stages: stages() },
  'findings.json': [found('ao.chain', 1, 1, 3)],
});

describe('a comparison', () => {
  it('is one of each run with the first, with what only one of them has', async () => {
    const { against, settings } = await compareRuns([at('one'), at('two'), at('same')]);
    expect(against.map(({ label, dependence }) => [label, dependence?.slice(0, 47)])).toEqual([
      ['two', undefined],
      ['same', 'Not independent: both use the seed 0, so that t'],
    ]);
    expect(against[0]).toMatchObject({ onlyFirst: ['ivf.mine'], onlyOther: [] });
    expect(against[0].differences.map((d) => [d.id, significant(d)])).toEqual([
      ['ivf.psi', true],
      ['ivf.rank', false],
    ]);
    expect(settings).toEqual([{ key: 'seed', values: ['0', '1', '0'] }]);
  });

  it('has a page with the numbers, the correction, and figures side by side where names agree', async () => {
    const comparison = await compareRuns([at('one'), at('two')]);
    const { html, tables, json } = renderComparison(comparison);
    expect(html).toContain('Of 2 findings that both have, one differs significantly.');
    expect(html).toMatch(/t\(78\) = 7\.07, p\u00a0&lt;\u00a00\.001/);
    expect(html).toMatch(/Holm’s method over all findings of all pairs/);
    expect([...html.matchAll(/<img src="data:image\/svg\+xml,[^"]+" alt="([^"]*)"/g)].map((m) => m[1])).toEqual([
      ...['first of one', 'first of two', 'second of one', 'second of two'],
    ]);
    expect(html).not.toContain('only-two');
    expect(tables['differences.csv'].split('\r\n')[1]).toMatch(/^one,two,ivf\.psi,,4,0\.1,40,5,0\.1,40,1,0\.14142/);
    expect(JSON.parse(json).against[0].differences[0]).toMatchObject({ id: 'ivf.psi', difference: 1 });
    expect(renderComparison(comparison).html).toBe(html);
  });

  it('fits 80 columns in the terminal, with a star at what is significant', async () => {
    const lines = describeComparison(await compareRuns([at('one'), at('same'), at('two')])).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.find((line) => line.startsWith('* ivf.psi'))).toMatch(
      /^\* ivf\.psi +\+1\.00 ± 0\.14 +t\(78\) = 7\.07, p\s<\s0\.001$/,
    );
    expect(lines.join('\n')).toContain('settings that differ (one | same | two):\n  seed: 0 | 0 | 1');
  });
});

describe('thermograd compare', () => {
  it('leaves a folder that is whole, and replaces only an earlier comparison', () => {
    const call = (...more: string[]) => thermograd('compare', at('one'), at('two'), '--out', at('cmp'), ...more);
    expect(JSON.parse(call('--json').stdout).against[0].differences).toHaveLength(2);
    expect(
      ['report.html', 'comparison.json', 'tables/settings.csv'].filter((f) => !existsSync(join(at('cmp'), f))),
    ).toEqual([]);
    expect(call().stderr).toMatch(/replace an earlier comparison there with --force\.$/m);
    const before = readFileSync(join(at('cmp'), 'report.html'));
    expect(call('--force').code).toBe(0);
    expect(readFileSync(join(at('cmp'), 'report.html'))).toEqual(before);
  });

  it('refuses with one sentence and writes nothing', () => {
    put(at('bare'), { 'run.json': runRecord(8) });
    const refusals: [string[], RegExp][] = [
      [[at('one')], /two runs or more/],
      [[at('one'), join(at('one'), '.')], /named twice/],
      [
        [at('one'), at('one/ao2022')],
        /is a run and .* is a stochastic decomposition of a run, and they share no finding/,
      ],
      [[at('one'), at('bare')], /share neither findings nor figures/],
      [[at('one'), at('gone')], /there is no folder/],
    ];
    for (const [runs, sentence] of refusals) {
      const { code, stderr } = thermograd('compare', ...runs, '--out', at('never'));
      expect([code, stderr], runs.join(' ')).toEqual([2, expect.stringMatching(/^thermograd: [^\n]+\.\n$/)]);
      expect(stderr).toMatch(sentence);
    }
    expect(existsSync(at('never'))).toBe(false);
  });
});
