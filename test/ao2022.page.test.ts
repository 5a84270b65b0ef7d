/** The page of ao2022 and its tables read back and compared with the made-up result; snapshots of everything the report shows. */
import { describe, expect, it } from 'vitest';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import type { Ao2022Results, GammaTest } from '../src/experiments/ao2022/measured.js';
import { ao2022Page, renderAo2022 } from '../src/experiments/ao2022/page.js';
import { renderPage } from '../src/report/page.js';
import type { Regime } from '../src/theory/layer/results.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { syntheticReport } from './support/ivf2021-results.js';
import {
  matchesSnapshots,
  numberIn,
  pageFacts,
  pageTables,
  pageWords,
  prints,
  printsEstimate,
} from './support/reading.js';

const results = syntheticAo2022();
const input = {
  title: 'Stochastic decomposition of SGD, made up',
  results,
  findings: ao2022Findings(results),
  run: syntheticReport().run,
};
const report = renderAo2022(input);
const { html } = report;
/** The page of a changed result, without its figures. */
const page = (change: Partial<Ao2022Results>) =>
  renderPage(
    ao2022Page({ ...input, results: { ...results, ...change } }, { energy: [], covariance: [], tests: [], chain: [] }),
  );
const REGIMES: Regime[] = ['continuous', 'discrete', 'shuffled', 'window'];

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('ao2022', report);
});

describe('the page', () => {
  it('has its sections, each with its figures', () => {
    expect(pageWords(html, 'main h2')).toEqual([
      'Findings',
      'The covariance, predicted and measured',
      'The decomposition',
      'Tests of the steady state',
      'The energy picture',
      'The scaling chain',
      'How this was measured',
      'Where this departs from the print',
      'The run',
      'Symbols',
      'References',
    ]);
    const inside = (id: string) => pageWords(html, `#${id} figcaption b`);
    expect(inside('covariance')).toEqual(['Variance along the Hessian modes.']);
    expect(inside('tests')).toEqual([
      'Spectrum of the Hessian.',
      'Noise against curvature.',
      'Distribution of the energy.',
      'A single temperature.',
      'Circulation.',
    ]);
    expect(inside('energy')).toEqual([
      'Widths of the loss and of the potential.',
      'Variances along the principal directions.',
      'Mean energy per direction.',
    ]);
    expect(inside('chain')).toEqual([
      'Curvature.',
      'Noise.',
      'Scatter of the minima.',
      'Variance.',
      'Variance over what noise and curvature explain.',
      'Active temperature.',
      'Correlation time.',
    ]);
    expect(pageWords(html, '#print li').length).toBe(6);
    expect(pageFacts(html, '#symbols').size).toBe(14);
    expect(pageWords(html, '.references b')).toEqual(['ivf2021', 'ao2022', 'antognini2018', 'mnist']);
  });

  it('the summary: layer, window, samples, loss, settled modes, verdicts', () => {
    const [first, second] = pageWords(html, '.summary');
    expect(first).toMatch(/^Plain SGD in hidden 2 \(6 × 10\) \(60 weights\)/);
    expect(first).toContain('at the mean weights of a recorded window of 12\u202f000 steps');
    expect(first).toContain('all 60\u202f000 samples, at a loss of 4.83 × 10⁻⁵.');
    expect(first).toContain('25 of the 60 Hessian modes relax at least 10 times');
    expect(second).toMatch(/^Of 17 claims tested, /);
    expect(pageWords(page({ setting: { ...results.setting, centre: 'last' } }), '.summary')[0]).toContain(
      'at the last weights',
    );
  });

  it('key numbers', () => {
    const facts = pageFacts(html, '.key');
    expect([...facts.keys()].slice(0, 5)).toEqual([
      'ε·U⁻¹ over measured, by groups of settled modes',
      'own sampling and window over measured',
      'share of Q in D + Q, resolved modes',
      'exponent γ of C ∝ H^γ',
      'settled / resolved modes',
    ]);
    const [white, own, share, gamma, modes] = [...facts.values()];
    expect(white).toBe('1–10: 1.23 ± 0.04; 11–25: 1.17 ± 0.06');
    expect(own).toBe('1–10: 1.09 ± 0.04; 11–25: 0.94 ± 0.06');
    expect(share).toBe('4.6 %');
    expect(printsEstimate(gamma, results.gamma.resolved.exponent)).toBe(true);
    expect(modes).toBe('25 / 50');
    expect(facts.size).toBe(5);
  });

  it('the settled modes: both predictions by groups, chi² once for each', () => {
    const [t] = pageTables(html, '#covariance');
    expect(t.heads).toEqual(['prediction', 'modes', 'predicted/measured', 'chi² / modes']);
    expect(t.rows).toEqual([
      ['ε U⁻¹', '1–10', '1.23 ± 0.04', '31.4 / 25, p = 0.17'],
      ['ε U⁻¹', '11–25', '1.17 ± 0.06', '–'],
      ['own sampling and window', '1–10', '1.09 ± 0.04', '22.6 / 25, p = 0.58'],
      ['own sampling and window', '11–25', '0.94 ± 0.06', '–'],
    ]);
  });

  it('ratios by groups of modes, the settled ones first', () => {
    const [, t] = pageTables(html, '#covariance');
    expect(t.heads).toEqual(['modes', 'count', 'curvature', 'ε U⁻¹', 'discrete', 'shuffled', 'own window']);
    expect(t.column('modes')).toEqual(['settled', '1–10', '11–50', '51–60']);
    expect(t.column('count').map(numberIn)).toEqual([25, 10, 40, 10]);
    const rows = [results.settledRatio, ...results.groups.map((g) => g.ratio)];
    rows.forEach((ratio, k) => {
      REGIMES.forEach((regime, j) => {
        const cell = t.rows[k][3 + j];
        if (Number.isFinite(ratio[regime].value))
          expect(printsEstimate(cell, ratio[regime]), `${k} ${regime}`).toBe(true);
        else expect(cell).toBe('–');
      });
      const [from, to] = t.rows[k][2].split(' … ');
      if (k === 0) expect(t.rows[k][2]).toBe('–');
      else
        expect([
          prints(from, results.groups[k - 1].curvature[0]),
          prints(to, results.groups[k - 1].curvature[1]),
        ]).toEqual([true, true]);
    });
  });

  it('the decomposition in numbers', () => {
    const facts = pageFacts(html, '#decomposition');
    const d = results.decomposition;
    expect(facts.get('Subspace')).toBe('25 Hessian modes; ε = η²/(2B) = 0.000125'.replace('0.000125', '1.25 × 10⁻⁴'));
    expect(facts.get('Commutator ‖[H, C]‖/(‖H‖ ‖C‖)')).toBe('0.345 settled, 0.234 resolved, 0.123 whole layer');
    expect(facts.get('Share of Q, ‖Q‖²/(‖D‖² + ‖Q‖²)')).toBe('6.78 % settled, 4.56 % resolved');
    expect(facts.get('‖A‖/‖S‖')).toBe('0.271');
    expect(facts.get('Entropy production')).toBe('0.0123 k per step');
    const cycles = facts.get('Fastest cycles')!.split(', ');
    expect(cycles.length).toBe(3);
    cycles.forEach((c, k) => {
      const [frequency, turn] = /^([\d.]+) per step \(one turn in ([\d.]+) steps\)$/.exec(c)!.slice(1);
      expect(prints(frequency, d.cycleFrequencies[k])).toBe(true);
      expect(prints(turn, (2 * Math.PI) / d.cycleFrequencies[k])).toBe(true);
    });
    expect(facts.get('Condition numbers')).toBe('D 3400, U 570; largest residual of the identities 4.5 × 10⁻¹³');
    expect(facts.has('Warnings')).toBe(false);
    const warned = pageFacts(
      page({ decomposition: { ...d, warnings: ['First.', 'Second.'], cycleFrequencies: [] } }),
      '#decomposition',
    );
    expect(warned.get('Warnings')).toBe('First. Second.');
    expect(warned.get('Fastest cycles')).toBe('none');
  });

  it('eight vortices, counted from 1, their share in percent', () => {
    const [t] = pageTables(html, '#decomposition');
    expect(t.heads).toEqual(['plane', 'q', 'share', 'ε q']);
    expect(t.column('plane')).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    results.decomposition.vortices.slice(0, 8).forEach((v, k) => {
      const [, q, share, circulation] = t.rows[k];
      expect(prints(q, v.q)).toBe(true);
      expect(share).toMatch(/ %$/);
      expect(prints(share.replace(' %', ''), 100 * v.share)).toBe(true);
      expect(prints(circulation, v.circulation)).toBe(true);
    });
    expect(pageTables(page({ decomposition: { ...results.decomposition, vortices: [] } }), '#decomposition')).toEqual(
      [],
    );
  });

  it('energies over n/2 against the law', () => {
    const [t] = pageTables(html, '#tests');
    expect(t.heads).toEqual(['energy', 'mean', 'variance', 'distance', 'draws', 'p']);
    expect(t.column('energy')).toEqual([
      'U from H and C₁',
      'the same, drift not removed',
      'Σ of own sampling and window',
      'Σ of the first half, on the second',
      'L/T, T fitted',
    ]);
    const all = results.trajectory!;
    const over = (e: { value: number; standardError: number }, g: GammaTest) => ({
      value: e.value / (g.dimension / 2),
      standardError: e.standardError / (g.dimension / 2),
    });
    [all.potential, all.withDrift, all.windowed, all.otherHalf, all.loss].forEach((g, k) => {
      const [, mean, variance, distance, draws, p] = t.rows[k];
      expect(printsEstimate(mean, over(g.mean, g))).toBe(true);
      expect(printsEstimate(variance, over(g.variance, g))).toBe(true);
      expect(prints(distance, g.distance)).toBe(true);
      expect(numberIn(draws)).toBe(g.effective);
      if (k < 4) expect(prints(p, g.pValue)).toBe(true);
      else expect(p).toBe('< 10⁻⁶');
    });
    const p = (pValue: number) =>
      pageTables(page({ trajectory: { ...all, potential: { ...all.potential, pValue } } }), '#tests')[0].column('p')[0];
    expect([p(0.9e-6), p(1.1e-6)]).toEqual(['< 10⁻⁶', '1.1 × 10⁻⁶']);
  });

  it('minibatches: curvature, minima, the share left out in percent, terms of the noise', () => {
    const [t] = pageTables(html, '#chain');
    const rows = results.landscape!;
    expect(pageWords(html, '#chain summary')).toEqual([`Random-landscape statistics: ${rows.length} directions`]);
    expect(t.heads).toEqual([
      'i',
      'F',
      'M',
      'spread of M',
      'sθ',
      'dropped',
      'leading',
      'all terms',
      'C',
      'doubling (σ)',
    ]);
    expect(t.rows.length).toBe(rows.length);
    rows.forEach((l, k) => {
      const [i, F, M, spread, minima, dropped, leading, all, C, doubling] = t.rows[k];
      expect(numberIn(i)).toBe(l.index);
      if (l.flatness === null) expect(F).toBe('–');
      else expect(prints(F, l.flatness)).toBe(true);
      expect(printsEstimate(M, l.curvature), M).toBe(true);
      expect(prints(spread, l.curvatureSpread)).toBe(true);
      expect(printsEstimate(minima, l.minimumSpread)).toBe(true);
      expect(prints(dropped.replace(' %', ''), 100 * l.dropped), dropped).toBe(true);
      expect([
        prints(leading, l.leading),
        prints(all, l.formula),
        prints(C, l.full),
        prints(doubling, l.doubling),
      ]).toEqual([true, true, true, true]);
    });
  });

  it('how it was measured', () => {
    const facts = pageFacts(html, '#method');
    expect(facts.get('Window')).toBe(
      'Epochs 31 … 40, every step: 12\u202f000 steps, 1200 per epoch, batches of 50, shuffled, η = 0.1.',
    );
    expect(facts.get('Point')).toContain('The layer at the window mean,');
    expect(facts.get('Point')).toContain('|∇L| of the layer 3.1 × 10⁻⁴.');
    expect(facts.get('Force and noise')).toContain('over all 60\u202f000 samples');
    expect(facts.get('Resolved modes')).toBe(
      'Curvature above 1000 × P·2⁻⁵²·h₁ = 2.7 × 10⁻¹¹: 50 of 60; 3 below minus that; 2 weights have no curvature at all (silent units).',
    );
    expect(facts.get('Settled modes')).toMatch(/η·h·T ≥ 10: 25 modes\. A mode that relaxes 10 times shows 18 % less/);
    expect(facts.get('Settled modes')).not.toContain('nevertheless');
    const other = pageFacts(
      page({
        subspaces: { ...results.subspaces, flat: 1, settled: 1 },
        setting: { ...results.setting, centre: 'last' },
      }),
      '#method',
    );
    expect(other.get('Resolved modes')).toContain('1 weight has no curvature');
    expect(other.get('Settled modes')).toContain('two modes were decomposed nevertheless');
    expect(other.get('Point')).toContain('The layer at the last weights');
    expect(
      pageFacts(page({ subspaces: { ...results.subspaces, settled: 2 } }), '#method').get('Settled modes'),
    ).not.toContain('nevertheless');
    // the 18 %: an Ornstein-Uhlenbeck mode of kT = 10 shows 1 − 2(kT − 1 + e^(−kT))/(kT)² of its variance [S4]
    expect((200 * (10 - 1 + Math.exp(-10))) / 100).toBeCloseTo(18, 2);
  });

  it('says what was not measured', () => {
    const { landscape: _, trajectory: __, ...rest } = results;
    const bare = renderPage(
      ao2022Page({ ...input, results: rest }, { energy: [], covariance: [], tests: [], chain: [] }),
    );
    expect(pageWords(bare, 'p.missing')).toEqual([
      'The trajectory was not analysed.',
      expect.stringContaining('were not measured in this run.'),
    ]);
    const few = renderAo2022({ ...input, results: rest });
    expect(Object.keys(few.tables)).not.toContain('landscape.csv');
    expect(Object.keys(few.tables)).not.toContain('circulation.csv');
    expect(Object.keys(few.figures)).not.toContain('energy-distribution');
  });
});
