/** What has no decomposition is refused with one sentence that says why and where. docs/theory [D8]. */
import { describe, expect, it } from 'vitest';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { discreteCovariance } from '../src/analyse/decomposition/discrete.js';
import { vortices } from '../src/analyse/decomposition/vortices.js';
import { InputError } from '../src/numeric/errors.js';
import { chooseProvider, fromRows, type LinearAlgebra, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { diag, fill, flip, minus, norm, random, reflect, times } from './oracles/linalg-matrices.js';

const embedded = await chooseProvider({ prefer: 'embedded' });
const system = await chooseProvider({ prefer: 'system' }).catch(() => undefined);
const providers: [string, LinearAlgebra][] = [['embedded', embedded], ...(system ? [['system', system] as [string, LinearAlgebra]] : [])]; // biome-ignore format: one table

const one = [[1, 0], [0, 1]]; // biome-ignore format: matrix

function refusal(job: () => unknown): InputError {
  try {
    job();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error('nothing was refused');
}

type Case = [name: string, drift: number[][], diffusion: number[][], code: string, sentence: RegExp];
const cases: Case[] = [
  ['unstable', [[1, 0], [0, -0.5]], one, 'unstable', /eigenvalue −?-?0\.5 of F.*no stationary state/],
  ['unstable spiral', [[-1, -2], [2, -1]], one, 'unstable', /eigenvalue -1 \+ 2i/],
  ['saddle with λ, −λ', [[1, 0], [0, -1]], one, 'unstable', /--unstable/],
  ['zero eigenvalue', [[1, 1], [1, 1]], one, 'not-unique', /which is 0 to rounding: there is no restoring force/],
  ['zero eigenvalue of a general F', [[1, 2], [2, 4]].map((r, i) => r.map((v, j) => v + (i < j ? 1 : 0) - 1 * (i < j ? 1 : 0))), one, 'not-unique', /0 to rounding/],
  ['undamped oscillation', [[0, -3], [3, 0]], one, 'not-unique', /±3i with no real part.*undamped/],
  ['D not symmetric', one, [[1, 0.5], [0.1, 1]], 'not-symmetric', /diffusion D.*entries \(0, 1\) and \(1, 0\) are 0\.5 and 0\.1/],
  ['D not ≥ 0', one, [[1, 2], [2, 1]], 'not-positive', /reach from -1 to 3.*\(0\.707, -0\.707\)/],
  ['D negative', one, [[-1, 0], [0, -1]], 'not-positive', /not ≥ 0/],
  ['D zero', one, [[0, 0], [0, 0]], 'no-noise', /without noise/],
  ['NaN in F', [[1, Number.NaN], [0, 1]], one, 'not-finite', /drift F: entry \(0, 1\).* is NaN/],
  ['Infinity in D', one, [[1, 0], [0, Infinity]], 'not-finite', /diffusion D: entry \(1, 1\).* is Infinity/],
  ['F not square', [[1, 0, 0], [0, 1, 0]], one, 'matrix-shape', /square.*2×3/],
  ['sizes differ', one, [[1]], 'matrix-shape', /must be 2×2.*1×1/],
  ['noise that never reaches a coordinate', [[1, 0], [0, 2]], [[1, 0], [0, 0]], 'singular', /direction \(0, 1\) gets no noise/],
  ['noise into which F feeds nothing', [[1, 0], [5, 2]], [[0, 0], [0, 1]], 'singular', /direction \(1, 0\) gets no noise/],
]; // biome-ignore format: one case a line

describe.each(providers)('%s refuses', (_, la) => {
  it.each(cases)('%s', (_, drift, diffusion, code, sentence) => {
    const error = refusal(() => decompose({ la, drift: fromRows(drift), diffusion: fromRows(diffusion) }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('\n');
  });

  /** A stable F and a D of which a subspace of dimension n − k gets no noise, directly or through F. */
  function unreached(n: number, k: number, seed: number, turned: boolean) {
    const f = random(n, n, seed);
    const g = random(n, n, seed + 1);
    // rows k … of F see only coordinates k …: what happens there is of their own making, and D leaves them alone
    const drift = fill(n, n, (i, j) => (i >= k && j < k ? 0 : f.data[i * n + j] + (i === j ? n : 0)));
    const noise = fill(n, n, (i, j) =>
      i < k && j < k ? [0, 1, 2, 3].reduce((s, m) => s + g.data[i * n + m] * g.data[j * n + m], 0) : 0,
    );
    if (!turned) return { drift, diffusion: noise };
    const p = reflect(
      fill(n, n, (i, j) => (i === j ? 1 : 0)),
      seed,
      'left',
    );
    const turn = (m: Matrix) => times(times(p, m), flip(p));
    const d = turn(noise);
    return { drift: turn(drift), diffusion: fill(n, n, (i, j) => 0.5 * (d.data[i * n + j] + d.data[j * n + i])) };
  }

  it('a direction without noise, however it lies and whatever rounding makes of Σ', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const n = 4 + (seed % 5);
      const error = refusal(() => decompose({ la, ...unreached(n, 1 + (seed % (n - 1)), seed, seed % 2 === 0) }));
      expect(error.code, `seed ${seed}`).toBe('singular');
      expect(error.message).toMatch(/Σ is singular: the direction .* gets no noise/);
    }
  });

  it('but noise on one of four coordinates that F spreads is enough', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const r = random(4, 4, seed);
      const drift = fill(4, 4, (i, j) => 2 * r.data[i * 4 + j] + (i === j ? 4 : 0));
      const x = decompose({ la, drift, diffusion: diag([0, 0, 3, 0]) });
      expect(x.residuals.force).toBeLessThan(1e-12);
      expect(norm(minus(times(x.u, x.w), diag([1, 1, 1, 1])))).toBeLessThan(1e-14 * x.condition.w * 100);
    }
  });
});

it('noise strengths that are none', () => {
  for (const noiseStrength of [0, -1, Number.NaN, Infinity])
    expect(
      refusal(() => decompose({ la: embedded, drift: fromRows(one), diffusion: fromRows(one), noiseStrength })).code,
    ).toBe('noise-strength');
  expect(refusal(() => decompose({ la: embedded, drift: matrix(0, 0), diffusion: matrix(0, 0) })).code).toBe(
    'matrix-shape',
  );
});

it('an asymmetry of rounding is taken out and said; of F only to rounding', () => {
  const d = decompose({ la: embedded, drift: fromRows([[2, 1], [0, 1]]), diffusion: fromRows([[1, 0.5 + 1e-10], [0.5, 1]]) }); // biome-ignore format: matrix
  expect(d.warnings.join()).toMatch(/D was not quite symmetric/);
  const f = decompose({ la: embedded, drift: fromRows([[2, 1 + 2 ** -52], [1, 2]]), diffusion: fromRows(one) }); // biome-ignore format: matrix
  expect(f.system.symmetricDrift).toBe(true);
  expect(f.warnings.join()).toMatch(/symmetric up to rounding/);
  const far = decompose({ la: embedded, drift: fromRows([[2, 1 + 1e-12], [1, 2]]), diffusion: fromRows(one) }); // biome-ignore format: matrix
  expect(far.system.symmetricDrift).toBe(false);
});

describe.each(providers)('unstable F on demand, %s', (_, la) => {
  it('gives the algebraic U, flagged, without covariance, current or vortices', () => {
    const drift = fromRows([[1, 3, 0], [-3, 1, 1], [0, 0.5, -0.3]]); // biome-ignore format: matrix
    const diffusion = fromRows([[2, 1, 0], [1, 2, 0], [0, 0, 1]]); // biome-ignore format: matrix
    const x = decompose({ la, drift, diffusion, unstable: true });
    expect(x.stationary).toBe(false);
    expect(x.sigma).toBeNull();
    expect(x.root).toBeNull();
    expect(x.entropyProductionRate).toBeNaN();
    expect(x.cycleFrequencies).toHaveLength(0);
    expect(x.warnings.join()).toMatch(/F is unstable/);
    const dq = fill(3, 3, (i, j) => diffusion.data[i * 3 + j] + x.q.data[i * 3 + j]);
    expect(norm(minus(times(dq, x.u), drift)) / norm(drift)).toBeLessThan(1e-13);
    expect(la.eigvalsh(x.u)[0]).toBeLessThan(0);
    expect(vortices(la, x).vortices).toEqual([]);
    expect(refusal(() => discreteCovariance(la, x, 0.01)).code).toBe('unstable');
  });

  it.each([
    ['λ and −λ', [[1, 0], [0, -1]]],
    ['λ and −λ in a general F', [[1, 5], [0, -1]]],
    ['a complex quadruple', [[1, 2, 0, 0], [-2, 1, 0, 0], [0, 0, -1, 2], [0, 0, -2, -1]]],
  ])('but not where U is not unique: %s', (_, f) => {
    const error = refusal(() =>
      decompose({ la, drift: fromRows(f), diffusion: fill(f.length, f.length, (i, j) => (i === j ? 1 : 0)), unstable: true }),
    );
    expect(error.code).toBe('not-unique');
    expect(error.message).toMatch(/sum to 0/);
  }); // biome-ignore format: matrices

  it('and changes nothing for a stable F', () => {
    const input = { la, drift: fromRows([[1, 2], [-2, 1]]), diffusion: fromRows(one) }; // biome-ignore format: matrix
    expect(decompose({ ...input, unstable: true }).sigma).toEqual(decompose(input).sigma);
  });
});

describe('steps', () => {
  const spiral = () => decompose({ la: embedded, drift: fromRows([[1, -2], [2, 1]]), diffusion: fromRows(one) }); // biome-ignore format: matrix

  it('too long are refused with the longest stable one: 2·Re λ/|λ|²', () => {
    const d = spiral();
    const error = refusal(() => discreteCovariance(embedded, d, 0.41));
    expect(error.code).toBe('unstable');
    expect(error.message).toMatch(/below 0\.39\d+/);
    expect(discreteCovariance(embedded, d, 0.39).largestStableStep).toBeCloseTo(0.4, 13);
    expect(refusal(() => discreteCovariance(embedded, d, 0.4)).code).toBe('unstable');
    for (const step of [0, -1, Number.NaN, Infinity])
      expect(refusal(() => discreteCovariance(embedded, d, step)).code).toBe('step');
  });

  it('the closed form of the spiral: |1 − step·λ|² = (1 − a)² + b², at noise strength 3', () => {
    const drift = fromRows([[1, -2], [2, 1]]); // biome-ignore format: matrix
    const d = decompose({ la: embedded, drift, diffusion: fromRows(one), noiseStrength: 3 });
    for (const step of [1e-9, 1e-4, 0.1, 0.399]) {
      const variance = (2 * 3 * step) / (1 - (1 - step) ** 2 - (2 * step) ** 2);
      const { sigma, residual } = discreteCovariance(embedded, d, step);
      // 1 − (1 − step)² − … cancels in the closed form, too: 2·step − 5·step²
      const exact = 6 / (2 - 5 * step);
      expect(Math.abs(variance / exact - 1)).toBeLessThan(1e-6);
      expect(sigma.data[0] / exact).toBeCloseTo(1, 11);
      expect(Math.abs(sigma.data[1])).toBeLessThan(1e-11 * exact);
      expect(residual).toBeLessThan(1e-12);
    }
  });

  it('symmetric F: Σ_ij = 2·D_ij/(l_i + l_j − step·l_i·l_j); tends to Σ as the step shrinks', () => {
    const l = [0.5, 2, 8];
    const d = [[1, 0.2, 0], [0.2, 2, -0.3], [0, -0.3, 1]]; // biome-ignore format: matrix
    const x = decompose({ la: embedded, drift: diag(l), diffusion: fromRows(d) });
    const step = 0.2;
    const { sigma } = discreteCovariance(embedded, x, step);
    const exact = fill(3, 3, (i, j) => (2 * d[i][j]) / (l[i] + l[j] - step * l[i] * l[j]));
    expect(norm(minus(sigma, exact)) / norm(exact)).toBeLessThan(1e-14);
    const slow = discreteCovariance(embedded, x, 1e-7).sigma;
    expect(norm(minus(slow, x.sigma!)) / norm(x.sigma!)).toBeLessThan(1e-6);
  });

  it('strongly non-normal maps: naive iteration of the recursion agrees', () => {
    const n = 6;
    const f = fill(n, n, (i, j) => (i === j ? 1 : j > i ? 20 : 0));
    const d = fill(n, n, (i, j) => (i === j ? 1 : 0));
    const step = 0.5;
    const x = decompose({ la: embedded, drift: f, diffusion: d });
    const { sigma, residual } = discreteCovariance(embedded, x, step);
    const map = fill(n, n, (i, j) => (i === j ? 1 : 0) - step * f.data[i * n + j]);
    const back = fill(n, n, (i, j) => map.data[j * n + i]);
    let s = fill(n, n, () => 0);
    for (let k = 0; k < 400; k++) {
      const next = times(times(map, s), back);
      s = fill(n, n, (i, j) => next.data[i * n + j] + 2 * step * d.data[i * n + j]);
    }
    expect(norm(minus(sigma, s)) / norm(s)).toBeLessThan(1e-11);
    expect(residual).toBeLessThan(1e-3 * norm(f) ** 2); // terms of the equation are 1e9 times its right side
  });
});
