/** The verdicts beside the pictures of the live page: each rule on both of its sides, and where it does not decide. */
import { describe, expect, it } from 'vitest';
import type { ControlResult, MeasureResults } from '../../src/lab/measures.js';
import {
  alignedFinding,
  ceilingFinding,
  displacementFinding,
  relationFinding,
  spectrumFinding,
  temperatureFinding,
} from '../../src/lab/page/views/fluctuate/findings.js';
import { estimate } from '../../src/numeric/estimate.js';

const OPEN = 'not decidable with this run';
const of = (value: number, error: number, converged = true) => estimate(value, error, 100, 'made up', converged);
const basis = { step: 400, rows: 300, every: 1, weights: 2500 };

function moving(cos: number, first: ReturnType<typeof of>, others: readonly number[]): MeasureResults['displacement'] {
  const direction = (index: number, cosWithWeights: number, msdExponent: ReturnType<typeof of>) => ({
    index,
    cosWithWeights,
    driftVelocity: of(0, 1),
    msdExponent,
    correlationTime: of(10, 1),
    msd: { lag: [1, 2], value: [1, 2] },
  });
  return { basis, directions: [direction(1, cos, first), ...others.map((e, k) => direction(k + 2, 0, of(e, 0.05)))] };
}

it('aligned: 0.5 and five times a random direction', () => {
  const verdict = (cos: number, weights = 2500) =>
    alignedFinding({ ...moving(cos, of(2, 0.1), [1]), basis: { ...basis, weights } })?.verdict;
  expect(verdict(-0.51)).toBe('reproduced');
  expect(verdict(0.49)).toBe('not reproduced');
  expect(verdict(0.6, 64)).toBe('not reproduced'); // five times 1/8 is 0.625
  expect(verdict(0.9, 25)).toBe(OPEN);
});

it('displacement: PC1 near 2 and the others near 1, decided by a narrow error alone', () => {
  const verdict = (e: number, error: number, others: readonly number[]) =>
    displacementFinding(moving(0.8, of(e, error), others))?.verdict;
  expect(verdict(1.85, 0.05, [0.9, 1.1, 3])).toBe('reproduced');
  expect(verdict(1.7, 0.05, [1])).toBe('not reproduced');
  expect(verdict(1.7, 0.2, [1])).toBe('reproduced');
  expect(verdict(1.9, 0.05, [0.6, 0.7])).toBe('not reproduced');
  expect(verdict(1.9, 0.3, [1])).toBe(OPEN);
});

describe('spectrum', () => {
  const found = (gamma: number, error: number, walk?: number) =>
    spectrumFinding({
      basis,
      variances: Float64Array.of(1),
      resolution: 0,
      totalVariance: 1,
      gamma: of(gamma, error),
      ...(walk !== undefined && { walk: { variances: Float64Array.of(1), gamma: of(walk, 0.03), words: '' } }),
      missing: 'no room',
    });

  it('differs from the walk by more than 1.96 joint errors, or not', () => {
    expect(found(2.2, 0.04, 2.4).verdict).toBe('reproduced'); // 1.96·0.05 = 0.098
    expect(found(2.33, 0.04, 2.4).verdict).toBe('not reproduced');
    expect(found(2.2, 0.4, 2.4).verdict).toBe(OPEN);
  });

  it('is undecided without a walk, with the reason', () => {
    expect(found(2.2, 0.01)).toMatchObject({ verdict: OPEN, reason: 'no room' });
  });
});

it('temperature: the slope on the variance is positive, or not different from 0', () => {
  const made = (power: number, n = 12, noise = 0) =>
    temperatureFinding({
      basis,
      directions: Array.from({ length: n }, (_, k) => ({
        index: k + 1,
        variance: 10 ** -k,
        temperature: of(10 ** (-k * power + noise * (k % 3 === 0 ? 1 : -1)), 0.1),
      })),
    })?.verdict;
  expect(made(0.4, 12, 0.1)).toBe('reproduced');
  expect(made(-0.4, 12, 0.1)).toBe('not reproduced');
  expect(made(0, 12, 0.05)).toBe('not reproduced');
  expect(made(0.4, 7)).toBe(OPEN);
});

it('ceiling: eta is below the edge with the whole interval', () => {
  const verdict = (share: number, error: number, converged = true) =>
    ceilingFinding({
      step: 1,
      curvature: of(9, 1),
      edge: of(0.2, 0.01),
      share: of(share, error, converged),
      learningRate: 0.1,
      batchSize: 50,
      momentum: 0,
      words: '',
    }).verdict;
  expect(verdict(0.9, 0.05)).toBe('reproduced');
  expect(verdict(0.95, 0.05)).toBe(OPEN);
  expect(verdict(1.2, 0.05)).toBe('not reproduced');
  expect(verdict(0.5, 0.01, false)).toBe(OPEN);
});

describe('relation', () => {
  const flatness = (psi: number, error: number, r2 = 0.95, points = 20): MeasureResults['flatness'] => ({
    basis,
    centre: 'mean',
    centreLoss: of(0.1, 0.01),
    samples: 2000,
    parts: [],
    psi: of(psi, error),
    fit: { exponent: of(-psi, error), intercept: of(0, 1), range: [0.1, 1], points, scatter: 0.1, r2 },
  });
  const control = (name: ControlResult['name'], psi: number, error: number): ControlResult => ({
    name,
    words: name,
    psi: of(psi, error),
    r2: 0.9,
    points: 20,
    open: 0,
    flatness: [],
    variance: [],
  });
  const same = (...args: Parameters<typeof flatness>) => relationFinding('same', flatness(...args), undefined)?.verdict;

  it('psi: 4 within 0.4 or the interval, positive, and a line', () => {
    expect(same(3.7, 0.05)).toBe('reproduced');
    expect(same(3.3, 0.4)).toBe('reproduced');
    expect(same(3.3, 0.1)).toBe('reproduced with another exponent');
    expect(same(0.3, 0.2)).toBe('not reproduced');
    expect(same(4, 0.1, 0.7)).toBe('not reproduced');
    expect(same(4, 0.6)).toBe(OPEN);
    expect(same(4, 0.1, 0.95, 7)).toBe(OPEN);
  });

  it('controls: the other half and the fixed basis claim the same psi, the walk another', () => {
    const of2 = (name: ControlResult['name'], psi: number, error = 0.1) =>
      relationFinding(name, undefined, [control('same', 3.9, 0.1), control(name, psi, error)])?.verdict;
    expect(of2('half', 3.7)).toBe('reproduced');
    expect(of2('half', 2)).toBe('not reproduced');
    expect(of2('hessian', 2, 0.9)).toBe('not reproduced'); // 1.9 is more than 1.96·0.906 = 1.77
    expect(of2('hessian', 3, 0.9)).toBe(OPEN);
    expect(of2('walk', 3.7)).toBe('not reproduced');
    expect(of2('walk', 2)).toBe('reproduced');
  });

  it('shows nothing for a control that is not measured', () => {
    expect(relationFinding('half', flatness(4, 0.1), undefined)).toBeUndefined();
  });
});
