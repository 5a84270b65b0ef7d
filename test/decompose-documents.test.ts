/** Documents and terminal lines of `decompose`: every number of a made-up decomposition in its place. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeResult } from '../src/experiments/decompose/command.js';
import {
  type DecompositionSummary,
  decompositionSummary,
  type SummaryInput,
  vorticesDocument,
} from '../src/experiments/decompose/summary.js';
import { jsonLine, jsonText } from '../src/numeric/json.js';
import { fromRows } from '../src/numeric/linalg/index.js';
import { decomposition, summaryInput, turning } from './support/decompose-results.js';

const snapshot = (name: string) => fileURLToPath(new URL(`./snapshots/decompose/${name}`, import.meta.url));
const plain = (value: unknown) => JSON.parse(jsonLine(value));
const [folder, report] = ['a folder', 'a folder/report.html'];
const lines = (changes: Partial<SummaryInput> = {}, more: Partial<DecompositionSummary> = {}) =>
  describeResult({ folder, report, summary: { ...decompositionSummary(summaryInput(changes)), ...more } }).split('\n');

it('documents and terminal are as committed', async () => {
  const summary = { ...decompositionSummary(summaryInput()), thermograd: 'version' };
  await expect(jsonText(summary)).toMatchFileSnapshot(snapshot('summary.json'));
  await expect(jsonText(vorticesDocument(turning, decomposition()))).toMatchFileSnapshot(snapshot('vortices.json'));
  await expect(`${describeResult({ folder, report, summary })}\n`).toMatchFileSnapshot(snapshot('terminal.txt'));
});

describe('summary.json', () => {
  it('holds every number, one that is not finite as a word', () => {
    const s = plain(decompositionSummary(summaryInput()));
    expect(s).toMatchObject({
      linearAlgebra: 'embedded',
      inputs: { drift: 'F.npy', diffusion: 'D.csv' },
      n: 3,
      noiseStrength: 0.7,
      stationary: true,
      symmetricDrift: false,
      noiseRank: 2,
      conditionNumbers: { drift: 12.5, diffusion: 'Infinity', w: 31, lyapunov: 47 },
      errorBound: 3.4e-14,
      entropyProductionRate: 8.125,
      discrete: { step: 0.02, residual: 4.5e-16 },
      picture: 'what potential.svg shows',
      warnings: ['D is singular in one direction.', 'A second thing to know.'],
      files: ['sigma.npy', 'summary.json'],
    });
    expect(s.eigenvalues).toEqual([
      [0.3, 0],
      [1.1, 2.5],
      [1.1, -2.5],
    ]);
    expect(s.cycleFrequencies).toEqual([1.75]);
    // 2·Re λ/|λ|² of 1.1 ± 2.5i is below that of 0.3
    expect(s.largestStableStep).toBeCloseTo(2.2 / (1.21 + 6.25), 12);
    expect(s.vortices).toEqual({
      count: 2,
      whitening: 'diffusion',
      flux: 11.375,
      strongest: { q: 2.5, share: 0.8125 },
    });
    expect(s.residuals).toMatchObject({ lyapunov: 1.1e-16, force: 1.2e-16, inverse: 1.7e-16, method: 'exact' });
    expect(s).not.toHaveProperty('units');
  });

  it('leaves out what there is not', () => {
    const { vortices: _, discrete: __, picture: ___, ...bare } = summaryInput();
    const s = plain(decompositionSummary({ ...bare, decomposition: decomposition({ stationary: false }) }));
    for (const key of ['vortices', 'discrete', 'picture', 'units']) expect(s).not.toHaveProperty(key);
    expect(s.largestStableStep).toBeNull();
    const calm = decompositionSummary(summaryInput({ vortices: { ...turning, vortices: [], flux: 0 } }));
    expect(calm.vortices).toMatchObject({ count: 0, strongest: null });
  });

  it('takes the rank of D in the units that the equations were solved in, and names these', () => {
    const inside = decomposition({ system: { ...decomposition().system, noiseRank: 3 } });
    const d = decomposition({ natural: { units: Float64Array.of(1, 64, 2), decomposition: inside } });
    const s = decompositionSummary(summaryInput({ decomposition: d }));
    expect([s.noiseRank, s.units]).toEqual([3, [1, 64, 2]]);
  });
});

describe('vortices.json', () => {
  it('has each plane with friction 1/(1 + q²) and transverse part q/(1 + q²)', () => {
    const v = plain(vorticesDocument(turning, decomposition()));
    expect(v).toMatchObject({ whitening: 'diffusion', flux: 11.375, directionsThatDoNotTurn: 1 });
    expect(v.meaning).toMatch(/^D is regular/);
    expect(
      v.vortices.map((x: { q: number; share: number; circulation: number }) => [x.q, x.share, x.circulation]),
    ).toEqual([
      [2.5, 0.8125, 1.75],
      [0.5, 0.1875, 0.35],
    ]);
    expect(v.vortices[0].friction).toBeCloseTo(1 / 7.25, 12);
    expect(v.vortices[0].transverse).toBeCloseTo(2.5 / 7.25, 12);
    expect(v.vortices[1].friction).toBeCloseTo(0.8, 12);
    expect(v.vortices[1].transverse).toBeCloseTo(0.4, 12);
    expect(v.vortices[0].basis).toEqual([
      [1, 0, 0],
      [0, 0.6, 0.8],
    ]);
    expect(v.vortices[0].whitened).toEqual([
      [0.6, 0, 0.8],
      [0, 1, 0],
    ]);
    expect(v.still).toEqual([[0.28, 0.96, 0]]);
    expect(v).not.toHaveProperty('units');
  });

  it('has no friction where the potential was made round, and the units where there are any', () => {
    const natural = { units: Float64Array.of(1, 64, 2), decomposition: decomposition() };
    const v = plain(vorticesDocument({ ...turning, whitening: 'potential' }, decomposition({ natural })));
    expect(v.meaning).toMatch(/^D is singular/);
    expect(v.vortices[0]).not.toHaveProperty('friction');
    expect(v.vortices[0]).not.toHaveProperty('transverse');
    expect(v.units).toEqual([1, 64, 2]);
    expect(v.meaningOfUnits).toMatch(/units_i x_i/);
  });

  it('lists the bases of twenty above a hundred coordinates, and none that stand still', () => {
    const many = { ...turning, vortices: Array.from({ length: 30 }, () => turning.vortices[0]) };
    const bases = (n: number) => {
      const v = plain(vorticesDocument(many, decomposition({ system: { ...decomposition().system, n } })));
      return [
        v.vortices.length,
        v.vortices.filter((x: object) => 'basis' in x && 'whitened' in x).length,
        'still' in v,
      ];
    };
    expect(bases(100)).toEqual([30, 30, true]);
    expect(bases(101)).toEqual([30, 20, false]);
  });

  it('reads directions that stand still row by row', () => {
    const still = fromRows([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(plain(vorticesDocument({ ...turning, still }, decomposition())).still).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe('the terminal', () => {
  it('has one row for each fact and each warning', () => {
    expect(lines()).toEqual([
      'system    3 coordinates, noise strength 0.700, D of rank 2',
      'slowest   eigenvalue 0.3 of F',
      'residual  F W = D + Q to 1.2 × 10⁻¹⁶ (exact; embedded)',
      'entropy   production rate 8.13 per unit of time',
      'vortices  2, the strongest with q 2.50 and 81.3 % of the flux',
      'written   sigma.npy, summary.json in a folder',
      'report    a folder/report.html',
      'note      D is singular in one direction.',
      'note      A second thing to know.',
    ]);
  });
  it('tells a slowest eigenvalue that turns, an unstable one, a frequency, and that nothing turns', () => {
    const spectrum = { re: Float64Array.of(0.2, 0.2), im: Float64Array.of(-1.5, 1.5), stable: true };
    const slow = decomposition({ spectrum, warnings: [] });
    expect(lines({ decomposition: slow })[1]).toBe('slowest   eigenvalue 0.2 ± 1.5i of F');
    const unstable = lines({ decomposition: decomposition({ stationary: false }) });
    expect(unstable[1]).toMatch(/^unstable {2}eigenvalue/);
    expect(unstable.join('\n')).not.toMatch(/^(entropy|vortices)/m);
    expect(lines({ vortices: { ...turning, whitening: 'potential' } })[4]).toBe(
      'vortices  2, the strongest with frequency 2.50 and 81.3 % of the flux',
    );
    expect(lines({ vortices: { ...turning, vortices: [] } })[4]).toBe('vortices  none: detailed balance holds (Q = 0)');
  });
});
