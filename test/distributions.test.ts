/** Distribution functions against SciPy 1.10's numbers and identities. */
import { expect, it } from 'vitest';
import { gammaCdf, kolmogorovTail, logGamma, normalTwoSided, studentTwoSided } from '../src/numeric/distributions.js';

const near = (value: number, reference: number, relative: number) =>
  expect(Math.abs(value / reference - 1)).toBeLessThan(relative);

it('log Γ: factorials and the half', () => {
  let factorial = 1;
  for (let n = 1; n < 20; n++) {
    expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-13 * Math.max(1, Math.log(factorial)));
    factorial *= n;
  }
  near(logGamma(0.5), 0.5 * Math.log(Math.PI), 1e-14);
  near(logGamma(0.25), Math.log(3.625609908221908), 1e-13);
  expect(() => logGamma(0)).toThrow(/positive/);
});

// scipy.special.gammainc
it.each([
  [0.5, 0.1, 0.34527915398142317],
  [0.5, 3, 0.9856941215645704],
  [1, 2, 0.8646647167633873],
  [10, 8, 0.28337574127298903],
  [10, 15, 0.9301463393005901],
  [125, 110, 0.08545612446069069],
  [125, 140, 0.9067454889934793],
  [1250, 1300, 0.9200165237480705],
  [40000, 40100, 0.6919024970246469],
  [2.5, 30, 0.9999999999878454],
])('gamma of shape %s at %s', (a, x, reference) => near(gammaCdf(a, x), reference, 1e-10));

// 2·scipy.stats.norm.sf
it.each([
  [0.1, 0.920344325445942],
  [1, 0.31731050786291415],
  [1.7, 0.08913092551708608],
  [1.8, 0.07186063822585158],
  [3, 0.0026997960632601866],
  [8, 1.244192114854348e-15],
  [20, 5.507248237212311e-89],
])('normal tails at %s', (z, reference) => near(normalTwoSided(z), reference, 1e-11));

// 2·scipy.stats.t.sf
it.each([
  [0.2, 1, 0.8743340836219977],
  [2, 3, 0.1393259685588431],
  [5, 19, 7.949974998417634e-5],
  [1, 200, 0.31851884790974705],
  [12, 7, 6.358310378185094e-6],
  [0.001, 40, 0.9992070862860574],
])('Student at %s with %s degrees', (x, v, reference) => near(studentTwoSided(x, v), reference, 1e-10));

// scipy.stats.kstwo.sf, exact for finite n; Stephens's approximation to it is good to 2 % of the probability or 0.002
it.each([
  [0.1, 100, 0.2526927570063874],
  [0.05, 1000, 0.013012074781090332],
  [0.2, 30, 0.15796916101547398],
  [0.02, 1000, 0.8108971656895577],
  [0.15, 200, 0.0002154191244887308],
])('Kolmogorov at %s of %s', (d, n, reference) =>
  expect(Math.abs(kolmogorovTail(d, n) - reference)).toBeLessThan(0.02 * reference + 0.002),
);

it('ends', () => {
  expect(gammaCdf(3, 0)).toBe(0);
  expect(gammaCdf(3, Number.POSITIVE_INFINITY)).toBe(1);
  expect(gammaCdf(3, Number.NaN)).toBeNaN();
  expect(kolmogorovTail(0, 10)).toBe(1);
  expect(kolmogorovTail(1, 100)).toBeLessThan(1e-80);
  expect(studentTwoSided(3, Number.POSITIVE_INFINITY)).toBe(normalTwoSided(3));
  expect(studentTwoSided(0, 5)).toBe(1);
});
