/** The rules of generality on both sides of every threshold (docs/rules/generality.md), its grid, and its page. */
import { describe, expect, it } from 'vitest';
import { generalityConfig, gridRuns } from '../src/experiments/generality/config.js';
import { reproduceGenerality } from '../src/experiments/generality/experiment.js';
import { generalityFindings } from '../src/experiments/generality/findings.js';
import { groupsOf, nearStated, sameExponent, whyNot } from '../src/experiments/generality/groups.js';
import type { LayerResult, RunResult } from '../src/experiments/generality/measured.js';
import { renderGenerality } from '../src/experiments/generality/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { type Exponents, generalityStudy, layer, regime, run } from './support/generality-results.js';
import { matchesSnapshots, pageTables, readCsv } from './support/reading.js';

/** Runs of one group with these exponents, a seed each. */
const seeds = (
  each: readonly Exponents[],
  more: Partial<RunResult> = {},
  own: Partial<LayerResult> = {},
): RunResult[] => each.map((exponents, seed) => run({ seed, ...more, layers: [layer('conv1', exponents, own)] }));
const group = (runs: readonly RunResult[]) => groupsOf(runs)[0];
const finding = (runs: readonly RunResult[], id: string) =>
  generalityFindings(groupsOf(runs), runs).find((f) => f.id === `generality.${id}`)!;
const verdict = (runs: readonly RunResult[], id: string) => finding(runs, id).verdict;
const UNDECIDED = 'not decidable with this run';

describe('a run decides', () => {
  const why = (r: Partial<RunResult>, l: Partial<LayerResult>, g = regime(4)) =>
    whyNot(run({ layers: [], ...r }), layer('conv1', {}, l), g);
  it('unless its rule was not met, √v moved, or its fit says too little', () => {
    expect(why({}, {})).toBeUndefined();
    expect(why({ met: false }, {})).toBe('the stopping rule was not met');
    expect(why({}, { moved: 2 })).toBeUndefined();
    expect(why({}, { moved: 2.01 })).toBe('√v moved 2.01-fold in the window');
    expect(why({}, {}, regime(4, { points: 8 }))).toBeUndefined();
    expect(why({}, {}, regime(4, { points: 7 }))).toBe('7 closed, resolved directions');
    expect(why({}, {}, regime(4, { decades: 0.5 }))).toBeUndefined();
    expect(why({}, {}, regime(4, { decades: 0.49 }))).toMatch(/span 0\.49 decades/);
    // 1.96 standard errors: ± 1, or a quarter of psi
    expect(why({}, {}, regime(2, { error: 0.51 }))).toBeUndefined();
    expect(why({}, {}, regime(2, { error: 0.52 }))).toMatch(/interval of ± 1\.0/);
    expect(why({}, {}, regime(8, { error: 1.02 }))).toBeUndefined();
    expect(why({}, {}, regime(8, { error: 1.03 }))).toMatch(/interval of ± 2\.0/);
    expect(whyNot(run({ layers: [] }), layer('conv1', {}, { failed: 'dead' }), undefined)).toBe('dead');
  });
});

describe('a group', () => {
  it('decides with two runs, and is inverse with its whole interval and R² of at least a half', () => {
    expect(group(seeds([{ same: 4 }])).regimes.same!.answer).toBe('undecided');
    expect(group(seeds([{ same: 4 }, { same: 4.1 }])).regimes.same!.answer).toBe('inverse');
    const weak = (r2: number) => ({ same: regime(4, { r2 }) });
    expect(group(seeds([weak(0.5), weak(0.5)])).regimes.same!.answer).toBe('inverse');
    expect(group(seeds([weak(0.49), weak(0.49)])).regimes.same!.answer).toBe('not inverse');
    expect(group(seeds([{ same: 0.1 }, { same: 0.1 }])).regimes.same!.answer).toBe('not inverse');
    expect(group(seeds([{ same: -2 }, { same: -2.05 }])).regimes.same!.answer).toBe('not inverse');
    // a wide interval about zero decides nothing: Student with one degree of freedom
    expect(group(seeds([{ same: 0.5 }, { same: 1.5 }])).regimes.same!.answer).toBe('undecided');
  });

  it('adds sampling and misfit: Student over runs, 1.96 for the fit', () => {
    const g = group(seeds([{ same: 4 }, { same: 4.2 }, { same: 4.4 }]));
    expect(g.regimes.same!.psi.value).toBeCloseTo(4.2, 12);
    // standard error 0.2/√3, t(2) = 4.3027
    expect(g.regimes.same!.half).toBeCloseTo(Math.hypot((4.302653 * 0.2) / Math.sqrt(3), 1.959964 * 0.1), 4);
  });

  it('is near 4 within 0.4 or its interval, and undecided when that is wider than 1', () => {
    const at = (psi: number, error = 0.01) => {
      const one = { same: regime(psi, { error }) };
      return nearStated(group(seeds([one, one])).regimes.same!);
    };
    expect([at(4.39), at(4.41), at(3.61), at(3.59)]).toEqual([true, false, true, false]);
    expect(at(4.6, 0.4)).toBe(true);
    expect(at(5, 0.4)).toBe(false);
    expect(nearStated(group(seeds([{ same: 4 }, { same: 4.4 }])).regimes.same!)).toBeUndefined();
  });

  it('has the same exponent elsewhere within 0.4 or the interval of differences run by run', () => {
    const pair = (a: number, b: number, c: number, d: number) =>
      sameExponent(
        group(
          seeds([
            { same: a, half: b },
            { same: c, half: d },
          ]),
        ),
        'same',
        'half',
      );
    expect(pair(4, 3.61, 5, 4.61)).toBe(true);
    expect(pair(4, 3.5, 5, 4.5)).toBe(false);
    // differences 0.5 and 0.7 have the interval 12.7·0.1
    expect(pair(4, 3.5, 5, 4.3)).toBe(true);
    expect(sameExponent(group(seeds([{ same: 4, half: 4 }])), 'same', 'half')).toBeUndefined();
  });
});

describe('findings', () => {
  const twice = (e: Exponents, more: Partial<RunResult> = {}) => seeds([e, e], more);
  const named = (network: RunResult['network'], e: Exponents) => twice(e, { network });

  it('the relation holds for an optimiser if all deciding groups, at least half of them, are inverse', () => {
    expect(verdict(twice({ same: 4 }), 'inverse.sgd')).toBe('reproduced');
    expect(verdict([...twice({ same: 4 }), ...named('mlp', { same: 0.1 })], 'inverse.sgd')).toBe('not reproduced');
    expect(finding([...twice({ same: 4 }), ...named('mlp', { same: 0.1 })], 'inverse.sgd').reason).toContain(
      'not: mlp conv1 (sgd, mnist)',
    );
    expect(finding([...twice({ same: 4 }), ...named('mlp', { same: 0.1 })], 'inverse.sgd').measured.value).toBe(0.5);
    const silent = (network: RunResult['network']) => twice({ same: 4 }, { network, met: false });
    expect(verdict([...twice({ same: 4 }), ...silent('mlp')], 'inverse.sgd')).toBe('reproduced');
    expect(verdict([...twice({ same: 4 }), ...silent('mlp'), ...silent('cnn-small')], 'inverse.sgd')).toBe(UNDECIDED);
  });

  it('an exponent other than 4 refutes 4 and not the relation', () => {
    expect(verdict(twice({ same: 6 }), 'inverse.sgd')).toBe('reproduced');
    expect(verdict(twice({ same: 6 }), 'near-4.sgd')).toBe('not reproduced');
    expect(verdict(twice({ same: 4.2 }), 'near-4.sgd')).toBe('reproduced');
    expect(verdict(twice({ same: 0.1 }), 'near-4.sgd')).toBe(UNDECIDED);
  });

  it('controls: survival with the same exponent, with another one, or none', () => {
    expect(verdict(twice({ same: 4, half: 3.8 }), 'half')).toBe('reproduced');
    expect(verdict(twice({ same: 4, half: 2 }), 'half')).toBe('reproduced with another exponent');
    expect(verdict(twice({ same: 4, half: 0.1 }), 'half')).toBe('not reproduced');
    expect(verdict(twice({ same: 4 }), 'half')).toBe(UNDECIDED);
    expect(verdict(twice({ same: 4, hessian: 2 }), 'hessian')).toBe('reproduced with another exponent');
    expect(verdict(twice({ same: 6, own: 6.1 }), 'own')).toBe('reproduced');
  });

  it('the walk: more than it, or the same', () => {
    expect(verdict(twice({ same: 4, walk: 2 }), 'walk')).toBe('reproduced');
    expect(verdict(twice({ same: 4, walk: 0.1 }), 'walk')).toBe('reproduced');
    expect(verdict(twice({ same: 4, walk: 3.7 }), 'walk')).toBe('not reproduced');
    expect(finding(twice({ same: 4, walk: 3.7 }), 'walk').reason).toContain('lenet5 conv1 (sgd, mnist)');
  });

  it('batch size and learning rate: settings of one group compared', () => {
    const at = (batchSize: number, ...psi: number[]) =>
      seeds(
        psi.map((same) => ({ same })),
        { batchSize },
      );
    expect(verdict(at(25, 4, 4.01), 'rates')).toBe(UNDECIDED);
    expect(verdict([...at(25, 4, 4.01), ...at(50, 4.3, 4.31)], 'rates')).toBe('reproduced');
    expect(verdict([...at(25, 4, 4.01), ...at(50, 5, 5.01)], 'rates')).toBe('not reproduced');
    expect(verdict([...at(25, 4, 4.4), ...at(50, 5, 5.4)], 'rates')).toBe('reproduced');
    expect(finding([...at(25, 4, 4.01), ...at(50, 5, 5.01)], 'rates').measured.value).toBeCloseTo(1, 9);
  });

  it('gamma: within 1 to 2 by layer, with its interval', () => {
    const with_ = (gamma: number, loss: RunResult['loss'] = 'cross-entropy') =>
      [0, 1].map((seed) => run({ seed, loss, layers: [layer('conv1', { same: 4 }, { gamma } as never)] }));
    expect(verdict(with_(1.5), 'gamma.cross-entropy')).toBe('reproduced');
    expect(verdict(with_(2.09), 'gamma.cross-entropy')).toBe('reproduced'); // ± 1.96·0.05
    expect(verdict(with_(2.11), 'gamma.cross-entropy')).toBe('not reproduced');
    expect(verdict(with_(0.89), 'gamma.cross-entropy')).toBe('not reproduced');
    expect(verdict(with_(1.5, 'squared-error'), 'gamma.squared-error')).toBe('reproduced');
    expect(verdict(with_(1.5), 'gamma.squared-error')).toBe(UNDECIDED);
    const wide = with_(1.5).map((r) => {
      const [l] = r.layers;
      const gamma = { ...l.measured!.gamma, gamma: estimate(1.5, 0.3, 14, 'made up') };
      return { ...r, layers: [{ ...l, measured: { ...l.measured!, gamma } }] };
    });
    expect(verdict(wide, 'gamma.cross-entropy')).toBe(UNDECIDED);
  });
});

describe('the grid', () => {
  it('has every network, optimiser and setting; more seeds are appended', () => {
    const config = generalityConfig('quick');
    const one = gridRuns(config, 1);
    // 3 networks × (6 optimisers + 1 with squared error) × 2 settings
    expect(one).toHaveLength(42);
    expect(gridRuns(config, 3).slice(0, 42)).toEqual(one);
    expect(new Set(gridRuns(generalityConfig('standard'), 3).map((r) => JSON.stringify(r))).size).toBe(
      3 * 7 * 4 * 2 * 3,
    );
    expect(() => generalityConfig('paper' as never)).toThrow("must be 'quick' or 'standard'; got");
  });

  it('is refused with the place of what is wrong in it', async () => {
    const { sets: _, ...without } = generalityConfig('quick');
    const taken = (config: object) => reproduceGenerality({ seeds: 0, config: config as never });
    await expect(taken(without)).rejects.toThrow(/reproduceGenerality: request\.config\.sets must be an array/);
    await expect(taken({ ...generalityConfig('quick'), settings: [{ batchSize: 0, factor: 1 }] })).rejects.toThrow(
      'request.config.settings[0].batchSize must be a whole number ≥ 1',
    );
    await expect(taken(generalityConfig('quick'))).rejects.toThrow('at least one seed');
  });
});

describe('the page', () => {
  const input = generalityStudy();
  const report = renderGenerality(input);
  it('figure, tables and page are those of the snapshots', async () => {
    await matchesSnapshots('generality', report);
  });

  it('marks what is not inverse and what is undecided', () => {
    const [table] = pageTables(report.html, '#exponents');
    const row = (network: string, layerName: string, optimiser: string) =>
      table
        .column('network')
        .findIndex(
          (n, k) =>
            n === network && table.column('layer')[k] === layerName && table.column('optimiser')[k] === optimiser,
        );
    expect(table.column('ψ, same window')[row('lenet5', 'conv1', 'sgd')]).toMatch(/^4\.1\d? ± 0\.2\d?$/);
    expect(table.column('near 4')[row('lenet5', 'conv1', 'sgd')]).toBe('yes');
    expect(table.column('near 4')[row('lenet5', 'dense1', 'sgd')]).toBe('no');
    expect(table.column('ψ, same window')[row('lenet5', 'dense1', 'adam')]).toMatch(/✗$/);
    expect(table.column('ψ, same window')[row('mlp', 'layer2', 'adam')]).toBe('–');
    expect(table.column('runs')[row('lenet5', 'conv1', 'rmsprop')]).toBe('0 of 3');
  });

  it('says in CSV why a run does not decide', () => {
    const csv = readCsv(report.tables['runs.csv']);
    const [optimisers, layers, regimes] = ['optimiser', 'layer', 'regime'].map(csv.column);
    const why = csv
      .column('why_not')
      .filter((_, k) => optimisers[k] === 'rmsprop' && layers[k] === 'conv1' && regimes[k] === 'same');
    expect(why).toEqual(Array(3).fill('√v moved 3.00-fold in the window'));
    expect(readCsv(report.tables['groups.csv']).rows).toHaveLength(groupsOf(input.runs).length);
  });
});
