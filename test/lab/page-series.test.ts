/** Curves that are thinned for drawing: no outlier is lost, a zoom is exact, gaps stay gaps. */
import { describe, expect, it } from 'vitest';
import { Series } from '../../src/lab/page/charts/series.js';

const steps = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);
/** A rough curve without randomness, so that a failure can be repeated. */
const rough = (n: number) => Float64Array.from({ length: n }, (_, i) => 2 + Math.sin(i * 12.9898) * Math.cos(i / 97));

function seriesOf(y: Float64Array, chunk = y.length): Series {
  const series = new Series();
  const x = steps(y.length);
  for (let i = 0; i < y.length; i += chunk) series.append(x.subarray(i, i + chunk), y.subarray(i, i + chunk));
  return series;
}

describe('extremes', () => {
  it.each([1, 15, 16, 17, 255, 256, 257, 4096, 5000])('of any range of %i points are those of a pass over it', (n) => {
    const y = rough(n);
    const series = seriesOf(y, 7);
    for (let from = 0; from < n; from += 1 + Math.floor(n / 13)) {
      for (let to = from + 1; to <= n; to += 1 + Math.floor(n / 11)) {
        const [low, high] = series.extremes(from, to);
        const part = [...y.subarray(from, to)];
        expect([y[low], y[high]]).toEqual([Math.min(...part), Math.max(...part)]);
      }
    }
  });

  it('leave out what is not finite', () => {
    const y = rough(400);
    for (const [k, bad] of [Number.NaN, Infinity, -Infinity].entries()) y[100 + k] = bad;
    const [low, high] = seriesOf(y).extremes(90, 300);
    const finite = [...y.subarray(90, 300)].filter(Number.isFinite);
    expect([y[low], y[high]]).toEqual([Math.min(...finite), Math.max(...finite)]);
    expect(seriesOf(y).extremes(100, 103)).toEqual([-1, -1]);
  });
});

describe('thinned', () => {
  it('keeps a single outlier among 200 000 points, and says how many points a pixel stands for', () => {
    const y = rough(200_000);
    y[123_457] = 50;
    const { x, y: drawn, merged } = seriesOf(y).thinned(0, 200_000, 500);
    expect(drawn[x.indexOf(123_458)]).toBe(50);
    expect(x.length).toBeLessThanOrEqual(1000);
    expect(merged).toBe(400);
    expect(x.every((v, i) => i === 0 || v > x[i - 1])).toBe(true);
  });

  it('draws every point once a zoom has no more than two a pixel', () => {
    const y = rough(200_000);
    const { x, y: drawn, merged } = seriesOf(y).thinned(50_000, 50_900, 500);
    expect(merged).toBe(1);
    expect(x[0]).toBeLessThan(50_000);
    expect(x.at(-1)).toBeGreaterThan(50_900);
    expect(x.every((v, i) => drawn[i] === y[v - 1])).toBe(true);
    expect(x.length).toBe(x.at(-1)! - x[0] + 1);
  });

  it('draws the extremes of every column of pixels', () => {
    const y = rough(10_000);
    const columns = 100;
    const { x, y: drawn } = seriesOf(y).thinned(1, 10_000, columns);
    for (let c = 0; c < columns; c++) {
      const inside = (v: number) => v - 1 > (c * 9999) / columns && v - 1 <= ((c + 1) * 9999) / columns;
      const part = [...y].filter((_, i) => inside(i + 1));
      const shown = drawn.filter((_, k) => inside(x[k])) as number[];
      expect(Math.max(...shown)).toBe(Math.max(...part));
      expect(Math.min(...shown)).toBe(Math.min(...part));
    }
  });

  it('leaves gaps where a number is not finite, and on a logarithmic axis not above 0', () => {
    const series = seriesOf(Float64Array.of(1, Number.NaN, 0, -1, 2));
    expect(series.thinned(0, 6, 100).y).toEqual([1, null, 0, -1, 2]);
    expect(series.thinned(0, 6, 100, true).y).toEqual([1, null, null, null, 2]);
  });
});

it('a cut forgets what lies beyond it, and what is added later lies on the same blocks', () => {
  const y = rough(3000);
  const series = seriesOf(y);
  series.cut(1000);
  expect(series.length).toBe(1000);
  series.append(steps(3000).subarray(1000), y.subarray(1000));
  expect(series.extremes(0, 3000)).toEqual(seriesOf(y).extremes(0, 3000));
});
