/** The CSV documents of the controls, and their document for machines, against the made-up cells. */
import { describe, expect, test } from 'vitest';
import type { Basis, BranchResult, Comparison } from '../src/experiments/controls/measured.js';
import { renderControls } from '../src/experiments/controls/page.js';
import { jsonLine } from '../src/numeric/json.js';
import {
  deviations,
  FIXED,
  GROUPS,
  RATIOS,
  SEEDS,
  SHIFT,
  syntheticControls,
  TRUTH,
} from './support/controls-results.js';
import { readCsv } from './support/reading.js';

const input = syntheticControls();
const report = renderControls(input);

describe('CSV documents', () => {
  const csv = (name: string) => readCsv(report.tables[name]);

  test('names', () => {
    expect(Object.keys(report.tables)).toEqual([
      'findings.csv',
      'regimes.csv',
      'groups.csv',
      'regimes-by-seed.csv',
      'ranges-by-seed.csv',
      'groups-by-seed.csv',
      'directions.csv',
    ]);
    expect(csv('findings.csv').column('id')).toEqual(report.findings.map((f) => f.id));
  });

  test('regimes.csv', () => {
    const t = csv('regimes.csv');
    expect(t.heads).toEqual([
      'sampling',
      'momentum',
      'learning_rate',
      'epochs',
      'basis',
      'seeds',
      'psi',
      'psi_error',
      'psi_misfit',
      'psi_range',
      'theory_psi',
      'theory_psi_error',
      'gamma',
      'gamma_error',
      'rank_exponent',
      'r2',
      'share_below_crossover',
      'psi_of_seeds',
      'walks',
      'psi_spread_of_a_walk',
      'rank_exponent_isotropic',
    ]);
    expect(t.rows.length).toBe(25);
    t.rows.forEach((_, k) => {
      const cell = (head: string) => t.column(head)[k];
      const number = (head: string) => t.numbers(head)[k];
      const basis = cell('basis') as Basis;
      const truth = TRUTH[basis];
      const [momentum, epochs] = [number('momentum'), number('epochs')];
      const shift =
        (cell('sampling') === 'replaced' ? SHIFT.replaced : 0) +
        (momentum > 0 ? SHIFT.momentum : 0) +
        (epochs === 2 ? SHIFT.short : epochs === 12 ? SHIFT.long : 0);
      const close = (head: string, value: number) => expect(number(head), `${head} ${k}`).toBeCloseTo(value, 10);
      close('psi', truth.psi + shift);
      close('psi_error', 0.02 / Math.sqrt(3));
      close('psi_misfit', 0.11);
      close('psi_range', (0.24 + Object.keys(TRUTH).indexOf(basis) / 50) / Math.SQRT2);
      if (basis === 'random-walk') {
        close('walks', 9);
        // −0.06, 0.08, −0.02 about the mean of each seed, six degrees of freedom
        close('psi_spread_of_a_walk', Math.sqrt((3 * 0.0104) / 6));
        close('rank_exponent_isotropic', 1.93);
      } else expect([cell('walks'), cell('rank_exponent_isotropic')]).toEqual(['', '']);
      close('theory_psi', truth.theory + shift / 10);
      close('theory_psi_error', 0.01 / Math.sqrt(3));
      close('gamma', truth.gamma + shift / 20);
      close('gamma_error', 0.005 / Math.sqrt(3));
      if (truth.rank === undefined) expect(cell('rank_exponent')).toBe('');
      else close('rank_exponent', truth.rank);
      close('r2', 0.9 + Object.keys(TRUTH).indexOf(basis) / 100);
      close('share_below_crossover', truth.flat);
      close('learning_rate', momentum > 0 ? 0.01 : 0.1);
      expect(number('seeds')).toBe(3);
      const seeds = cell('psi_of_seeds').split(' ').map(Number);
      const branch = momentum > 0 ? 'momentum' : cell('sampling') === 'replaced' ? 'replaced' : 'shuffled';
      expect(seeds).toEqual(deviations(basis, branch, epochs).map((s) => expect.closeTo(truth.psi + shift + s, 10)));
    });
  });

  test('groups.csv: five comparisons of each group, and fixed noise where it was measured', () => {
    const t = csv('groups.csv');
    expect(t.heads).toEqual([
      'sampling',
      'learning_rate',
      'from',
      'to',
      'comparison',
      'ratio_of_modes',
      'error',
      'ratio_of_sums',
      'error_of_sums',
      'seeds',
    ]);
    expect(t.rows.length).toBe(9 * 5 + 3);
    let k = 0;
    for (const kind of ['replaced', 'shuffled', 'small'] as const)
      for (const [g, [from, to]] of GROUPS.entries()) {
        for (const c of [
          'raw',
          'drift',
          'replicas',
          'noise-averaged',
          'both-averaged',
          ...(kind === 'shuffled' ? ['fixed-noise'] : []),
        ]) {
          const value = c === 'fixed-noise' ? FIXED[g] : RATIOS[kind][c as Comparison][g];
          const r = t.rows[k++];
          expect([r[0], ...r.slice(1, 4).map(Number), r[4]]).toEqual([
            kind === 'replaced' ? kind : 'shuffled',
            kind === 'small' ? 0.02 : 0.1,
            from,
            to,
            c,
          ]);
          expect(Number(r[5])).toBeCloseTo(value, 10);
          expect(Number(r[6])).toBeCloseTo((0.02 * value) / Math.sqrt(3), 10);
          if (c === 'fixed-noise') expect(r.slice(7, 9)).toEqual(['', '']);
          else {
            expect(Number(r[7])).toBeCloseTo(1.1 * value, 10);
            expect(Number(r[8])).toBeCloseTo((0.03 * value) / Math.sqrt(3), 10);
          }
          expect(r[9]).toBe('3');
        }
      }
    expect(k).toBe(t.rows.length);
  });

  test('regimes-by-seed.csv: every window of every branch, in the order of the cells', () => {
    const t = csv('regimes-by-seed.csv');
    expect(t.heads).toEqual([
      'seed',
      'cell',
      'basis',
      'epochs',
      'psi',
      'psi_misfit',
      'psi_range',
      'theory_psi',
      'gamma',
      'rank_exponent',
      'r2',
      'share_below_crossover',
      'centre_loss',
      'psi_of_walks',
      'rank_exponent_isotropic',
    ]);
    expect(t.rows.length).toBe(SEEDS.length * 25);
    const parts = input.cells
      .filter((c): c is BranchResult => c.kind === 'branch')
      .flatMap((c) => c.regimes.map((r) => ({ c, r })));
    for (const [k, { c, r }] of parts.entries()) {
      const [truth, d] = [TRUTH[r.basis], SEEDS.indexOf(c.seed) - 1];
      const shift =
        (c.sampling === 'replaced' ? SHIFT.replaced : 0) +
        (c.momentum > 0 ? SHIFT.momentum : 0) +
        (r.epochs === 2 ? SHIFT.short : r.epochs === 12 ? SHIFT.long : 0);
      const branch = c.momentum > 0 ? 'momentum' : c.sampling;
      const at = Object.keys(TRUTH).indexOf(r.basis);
      expect(t.rows[k].slice(0, 4)).toEqual([String(c.seed), c.cell, r.basis, String(r.epochs)]);
      const psi = truth.psi + shift + deviations(r.basis, branch, r.epochs)[d + 1];
      const walk = r.basis === 'random-walk';
      const wanted = {
        psi,
        psi_misfit: 0.11,
        psi_range: (0.24 + at / 50) / Math.SQRT2,
        theory_psi: truth.theory + shift / 10 + 0.01 * d,
        gamma: truth.gamma + shift / 20 + 0.005 * d,
        rank_exponent: truth.rank === undefined ? undefined : truth.rank + 0.03 * d,
        r2: 0.9 + at / 100,
        share_below_crossover: truth.flat + 0.01 * d,
        centre_loss: 1e-3 * (1 + at / 10),
        rank_exponent_isotropic: walk ? 1.93 + 0.01 * d : undefined,
      };
      for (const [head, value] of Object.entries(wanted))
        if (value === undefined) expect(t.column(head)[k], `${head} ${k}`).toBe('');
        else expect(t.numbers(head)[k], `${head} ${k}`).toBeCloseTo(value, 10);
      expect(t.column('psi_of_walks')[k].split(' ').filter(Boolean).map(Number)).toEqual(
        walk ? [-0.06, 0.08, -0.02].map((away) => expect.closeTo(psi + away, 10)) : [],
      );
    }
  });

  test('ranges-by-seed.csv: also the range that cannot be fitted, with its error', () => {
    const t = csv('ranges-by-seed.csv');
    expect(t.heads).toEqual(['seed', 'cell', 'basis', 'epochs', 'range', 'psi', 'misfit', 'points', 'converged']);
    const main = csv('regimes-by-seed.csv');
    expect(t.rows.length).toBe(3 * main.rows.length);
    for (const [k, row] of t.rows.entries()) {
      const of = main.rows[Math.floor(k / 3)];
      expect(row.slice(0, 4)).toEqual(of.slice(0, 4));
      const at = Object.keys(TRUTH).indexOf(of[2]);
      const [label, away, error] = (
        [
          ['ranks 2–50', -0.1, 0.2],
          ['ranks 10–200', 0.14 + at / 50, 0.3],
          ['ranks 20–500', 7, 0.6],
        ] as const
      )[k % 3];
      expect(row[4]).toBe(label);
      expect(Number(row[5])).toBeCloseTo(Number(of[4]) + away, 10);
      expect(row.slice(6)).toEqual([String(error), '11', 'true']);
    }
  });

  test('groups-by-seed.csv: its means over seeds are the numbers of groups.csv', () => {
    const t = csv('groups-by-seed.csv');
    expect(t.heads).toEqual(['seed', 'cell', 'from', 'to', 'comparison', 'ratio_of_modes', 'ratio_of_sums']);
    expect(t.rows.length).toBe(SEEDS.length * (9 * 5 + 3));
    const over = csv('groups.csv');
    for (const r of over.rows) {
      const own = t.rows.filter(
        ([, cell, from, to, comparison]) =>
          (cell.endsWith('small-eta') ? 0.02 : 0.1) === Number(r[1]) &&
          cell.includes(r[0]) &&
          [from, to, comparison].join() === [r[2], r[3], r[4]].join(),
      );
      expect(own.map(([seed]) => Number(seed)).sort((a, b) => a - b)).toEqual(SEEDS);
      const mean = (k: number) => own.reduce((s, row) => s + Number(row[k]), 0) / own.length;
      expect(mean(5)).toBeCloseTo(Number(r[5]), 10);
      if (r[7] !== '') expect(mean(6)).toBeCloseTo(Number(r[7]), 10);
    }
    // no seed stands for another
    expect(new Set(t.rows.map((r) => r.join())).size).toBe(t.rows.length);
  });

  test('directions.csv: every direction of every regime of every branch', () => {
    const t = csv('directions.csv');
    expect(t.heads).toEqual([
      'seed',
      'cell',
      'basis',
      'epochs',
      'index',
      'variance',
      'flatness',
      'curvature',
      'noise',
      'predicted',
    ]);
    const all = input.cells
      .filter((c): c is BranchResult => c.kind === 'branch')
      .flatMap((c) =>
        c.regimes.flatMap((r) =>
          r.directions.map((d) => [
            c.seed,
            c.cell,
            r.basis,
            r.epochs,
            d.index,
            d.variance,
            d.flatness ?? '',
            d.curvature,
            d.noise,
            d.predicted,
          ]),
        ),
      );
    expect(t.rows.length).toBe(SEEDS.length * 25 * 12);
    expect(t.rows).toEqual(all.map((r) => r.map(String)));
  });

  test('the document for machines holds all of it', () => {
    const json = JSON.parse(report.json);
    expect(json.cells).toEqual(JSON.parse(jsonLine(input.cells)));
    expect(json).toMatchObject({
      format: 'thermograd-controls-report',
      version: 1,
      title: input.title,
      cause: report.cause,
      bases: input.bases,
    });
    expect(json.regimes.length).toBe(25);
    expect(json.groups.length).toBe(9);
    expect(json.findings).toEqual(JSON.parse(jsonLine(report.findings)));
    expect(json.references.map((r: { key: string }) => r.key)).toEqual(['ivf2021', 'ao2022', 'antognini2018']);
    expect(json.references[0]).not.toHaveProperty('bibtex');
    expect(json.bibtex.match(/^@\w+\{/gm)).toHaveLength(3);
  });
});
