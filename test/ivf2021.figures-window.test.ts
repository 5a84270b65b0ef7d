/** Figures of the fluctuations of ivf2021 read back from their marks and compared with the made-up analysis they were drawn from. */
import { describe, expect, test } from 'vitest';
import type { Analysis, WalkNull } from '../src/analyse/trajectory/results.js';
import { rankedVariances } from '../src/experiments/ivf2021/figures/variances.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS, RAMP } from '../src/report/figures/palette.js';
import { displacementCurves } from '../src/report/figures/window/displacement.js';
import { trajectories } from '../src/report/figures/window/trajectory.js';
import { varianceFlatness } from '../src/report/figures/window/variance-flatness.js';
import { labels, lg, PIXEL, sample, small, width } from './support/ivf2021-figures.js';
import { estimatesIn, extent, lineThrough, marks, numbersIn, offBy, type Point, readNamed } from './support/reading.js';

const FIGURES = { 'variance-flatness': varianceFlatness, variances: rankedVariances, msd: displacementCurves };
const drawn = (analysis: Analysis, name: string) =>
  readNamed(name in FIGURES ? [FIGURES[name as keyof typeof FIGURES](analysis)] : trajectories(analysis), name);

describe('variances by rank', () => {
  const { figure, caption } = drawn(small, 'variances');
  const { pca, scaling } = small;

  test('points are (i, σ_i²): the first forty, then log-spaced ones to the last', () => {
    const ranks = marks(figure, { kind: 'dot' }).map((m) => Math.round(m.x));
    expect(ranks.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, k) => k + 1));
    expect(ranks.at(-1)).toBe(400);
    expect(new Set(ranks).size).toBe(ranks.length);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        ranks.map((i) => [i, pca.variances[i - 1]]),
      ),
    ).toBeLessThan(PIXEL);
    expect([figure.xLabel, figure.yLabel]).toEqual(['rank i', 'variance σ_i^2 (weight^2)']);
  });

  const { forms } = small.walk as WalkNull;

  test('the rank law over its range, and an isotropic walk of the same total variance', () => {
    const [isotropic] = marks(figure, { kind: 'line', colour: COLOURS.green });
    const share = (j: number) => (6 / (Math.PI * j) ** 2) * pca.totalVariance;
    expect(
      offBy(figure, isotropic, [
        [1, share(1)],
        [400, share(400)],
      ]),
    ).toBeLessThan(PIXEL);
    const [law] = marks(figure, { kind: 'line', colour: COLOURS.ink });
    const { rankLaw } = scaling;
    expect(lineThrough(figure, law).slope).toBeCloseTo(-2.531, 2);
    const height = (i: number) => 10 ** (rankLaw.intercept.value - 2.531 * lg(i));
    expect(
      offBy(figure, law, [
        [50, height(50)],
        [900, height(900)],
      ]),
    ).toBeLessThan(PIXEL);
    expect([law.dash, isotropic.dash]).toEqual(['', '6 4']);
    expect(labels(figure)).toEqual([
      'measured',
      'fit i^−γ, γ = 2.53',
      'walk, independent batches',
      'walk, shuffled batches',
      'isotropic walk 6/(π^2i^2)',
    ]);
  });

  test('walks with the noise of the run, on their own absolute scale, to half of the ranks', () => {
    for (const [k, colour, name] of [
      [0, COLOURS.purple, 'walk, independent'],
      [1, COLOURS.orange, 'walk, shuffled'],
    ] as const) {
      const [line] = marks(figure, { kind: 'line', colour });
      const { index, value } = forms[k].variances;
      const points = index.map((i, j): Point => [i, value[j]]).filter(([i]) => i <= 200);
      expect(points.length).toBeLessThan(index.length);
      expect(offBy(figure, line, points)).toBeLessThan(PIXEL);
      expect(line.dash).toBe('6 4');
      expect(sample(figure, name).colour).toBe(colour);
    }
  });

  test('without a walk there are no such lines, and the caption speaks of the isotropic one alone', () => {
    const { figure: f, caption: c } = drawn({ ...small, walk: { missing: 'None.' } }, 'variances');
    expect(marks(f, { kind: 'line' }).map((m) => m.stroke)).toEqual([COLOURS.green, COLOURS.ink]);
    expect(labels(f)).toEqual(['measured', 'fit i^−γ, γ = 2.53', 'isotropic walk 6/(π^2i^2)']);
    expect(c).toContain('The dashed line shows the principal components of an isotropic random walk');
    expect(c).toMatch(/of the total variance; an isotropic walk 60.8 %\.$/);
  });

  test('the caption gives the range and the share of direction 1 in percent, beside those of the walks', () => {
    expect(caption).toContain('(400 directions, thinned for drawing)');
    expect(caption).toContain('over ranks 50 to 900');
    const percent = (100 * pca.variances[0]) / pca.variances.reduce((a, b) => a + b);
    expect(Math.abs(Number(/has ([\d.]+) %/.exec(caption)![1]) - percent)).toBeLessThan(0.05);
    expect(caption).toContain(
      'a walk with independent batches has 62.3 %, a walk with shuffled batches has 9.12 %, an isotropic walk 60.8 %.',
    );
  });

  test('rounding is shaded as far as variances lie in it', () => {
    expect(marks(figure, { kind: 'rect' })).toEqual([]);
    const { figure: f } = drawn({ ...small, pca: { ...pca, resolution: pca.variances[349] } }, 'variances');
    const { x, y } = extent(marks(f, { kind: 'rect' })[0]);
    expect(y[1] / pca.variances[349]).toBeCloseTo(1, 2);
    expect(y[0] / f.domain.y[0]).toBeCloseTo(1, 4);
    expect(x[1] / f.domain.x[1]).toBeCloseTo(1, 4);
    expect(marks(f, { kind: 'rect' })[0].opacity).toBe(0.18);
    expect(labels(f).at(-1)).toBe('float32 rounding');
  });
});

describe('what is not drawn', () => {
  const missing = (f: object) => (f as { missing?: string }).missing;

  test('figures without numbers are named with the reason', () => {
    const { pca, flatness, dynamics } = small;
    expect(missing(rankedVariances({ ...small, pca: { ...pca, variances: [0, 0] } }))).toBe(
      'no direction has a positive variance.',
    );
    const open = flatness.directions.map((d) => ({ ...d, flatness: null }));
    expect(missing(varianceFlatness({ ...small, flatness: { ...flatness, directions: open } }))).toBe(
      'no direction has both a variance and a width.',
    );
    const bare = dynamics.map((d) => ({ ...d, msd: { lag: [0, 1], value: [1, 0] } }));
    expect(missing(displacementCurves({ ...small, dynamics: bare }))).toBe('no displacement curve was measured.');
    expect(trajectories({ ...small, paths: [] })).toEqual([
      { name: 'trajectory', missing: 'a plane needs two principal directions.' },
    ]);
    const lost = { ...small.paths[0], x: small.paths[0].x.map(() => Number.NaN) };
    expect(trajectories({ ...small, paths: [lost] }).map(missing)).toEqual(['the path has no points.']);
  });

  test('a curve without points, a direction without variance, points at infinity', () => {
    const one = small.dynamics.map((d, k) => (k === 0 ? { ...d, msd: { lag: [1], value: [0] } } : d));
    expect(labels(drawn({ ...small, dynamics: one }, 'msd').figure)[0]).not.toMatch(/^PC 1:/);
    const still = small.flatness.directions.map((d, k) => (k === 0 ? { ...d, variance: 0 } : d));
    const { caption } = drawn({ ...small, flatness: { ...small.flatness, directions: still } }, 'variance-flatness');
    expect(numbersIn(caption.split('Shown: ')[1])[0]).toBe(small.flatness.directions.filter(width).length - 1);
    const [p] = small.paths;
    const gap = { ...p, x: p.x.map((x, k) => (k === 5 ? Number.POSITIVE_INFINITY : x)) };
    const lines = marks(drawn({ ...small, paths: [gap] }, 'trajectory-1-2').figure, { kind: 'line' });
    expect(lines.reduce((s, l) => s + l.points.length - 1, 1)).toBe(79);
  });

  test('no rank law, no line, no sentence on it', () => {
    const none = { ...small.scaling.rankLaw, intercept: estimate(Number.NaN, Number.NaN, 0, '') };
    const { figure, caption } = drawn({ ...small, scaling: { ...small.scaling, rankLaw: none } }, 'variances');
    const walks = [COLOURS.green, COLOURS.purple, COLOURS.orange];
    expect(marks(figure, { kind: 'line' }).map((m) => m.stroke)).toEqual(walks);
    expect(labels(figure).filter((l) => l.startsWith('fit'))).toEqual([]);
    expect(caption).not.toContain('solid line');
    const single = { ...small.scaling.rankLaw, points: 1 };
    expect(labels(drawn({ ...small, scaling: { ...small.scaling, rankLaw: single } }, 'variances').figure).length).toBe(
      4,
    );
  });
});

describe('mean squared displacement', () => {
  const { figure } = drawn(small, 'msd');
  // the measured ranks nearest in the logarithm to 1, 2, 10, 50, 200, 1000, each once
  const near = [1, 2, 10, 50, 200, 1000].map((rank) => {
    const off = (i: number) => Math.abs(Math.log(i / rank));
    return small.dynamics.reduce((a, b) => (off(b.index) < off(a.index) ? b : a));
  });
  const shown = [...new Set(near)];
  const curves = marks(figure, { kind: 'line', dash: '' });

  test('one curve a direction through its lags and displacements, a dot at its end, its exponent in the legend', () => {
    expect(shown.length).toBeGreaterThan(3);
    expect(curves.length).toBe(shown.length);
    shown.forEach((d, k) => {
      const points = d.msd.lag.map((lag, j): Point => [lag, d.msd.value[j]]);
      expect(offBy(figure, curves[k], points)).toBeLessThan(PIXEL);
      expect(offBy(figure, marks(figure, { kind: 'dot' })[k], points.slice(-1))).toBeLessThan(PIXEL);
      const l = figure.legend[k];
      expect(l.label.startsWith(`PC ${d.index}: `)).toBe(true);
      expect(l.colour).toBe(curves[k].stroke);
      const [e] = estimatesIn(l.label);
      expect(e.value).toBeCloseTo(d.msdExponent.value, 2);
      expect(e.error).toBeCloseTo(d.msdExponent.standardError, 3);
    });
    expect(new Set(curves.map((c) => c.stroke)).size).toBe(curves.length);
    expect([curves[0].stroke, curves.at(-1)!.stroke]).toEqual([RAMP[0], RAMP.at(-1)]);
    expect([figure.xLabel, figure.yLabel]).toEqual(['lag (steps)', 'mean squared displacement (weight^2)']);
  });

  test('guides of slope 1, dotted, and 2, dashed', () => {
    const slope = (dash: string) => lineThrough(figure, marks(figure, { kind: 'line', dash })[0]).slope;
    expect(slope('2 3')).toBeCloseTo(1, 2);
    expect(slope('6 4')).toBeCloseTo(2, 2);
    expect([sample(figure, 'slope 1').dash, sample(figure, 'slope 2').dash]).toEqual(['2 3', '6 4']);
    for (const dash of ['2 3', '6 4'])
      for (const [x, y] of marks(figure, { kind: 'line', dash })[0].points) {
        expect(x).toBeLessThanOrEqual(figure.domain.x[1]);
        expect(y).toBeGreaterThanOrEqual(figure.domain.y[0]);
        expect(y).toBeLessThanOrEqual(figure.domain.y[1]);
      }
  });
});

test('guides stay in the frame of curves that hardly rise', () => {
  const level = small.dynamics.slice(0, 1).map((d) => ({ ...d, msd: { lag: [1, 10, 1000], value: [1, 1.1, 1.2] } }));
  const { figure } = drawn({ ...small, dynamics: level }, 'msd');
  for (const dash of ['2 3', '6 4']) {
    const [guide] = marks(figure, { kind: 'line', dash });
    expect(guide.points[1][1]).toBeGreaterThan(guide.points[0][1]);
    expect(guide.points[1][1]).toBeLessThan(figure.domain.y[1]);
  }
});

describe('trajectories', () => {
  test.each(small.paths.map((p) => [`trajectory-${p.indices.join('-')}`, p] as const))('%s', (name, path) => {
    const { figure } = drawn(small, name);
    const points = path.x.map((x, k): Point => [x, path.y[k]]);
    const lines = marks(figure, { kind: 'line' });
    // ten pieces that share their ends, in the colours of the ramp
    expect(lines.map((l) => l.stroke)).toEqual([...RAMP]);
    expect(offBy(figure, lines[0], points.slice(0, 9))).toBeLessThan(PIXEL);
    const joined = lines.flatMap((l, k) => (k === 0 ? l.pixels : l.pixels.slice(1)));
    expect(joined.length).toBe(points.length);
    expect(offBy(figure, { ...lines[0], pixels: joined }, points)).toBeLessThan(PIXEL);
    const [start, end] = marks(figure, { kind: 'dot' });
    expect(offBy(figure, [start, end], [points[0], points[79]])).toBeLessThan(PIXEL);
    expect([start.fill, end.fill]).toEqual([COLOURS.paper, COLOURS.ink]);
    expect(labels(figure)).toEqual(['step', 'start', 'end']);
    for (const t of figure.legend[0].ticks) expect(t.at).toBeCloseTo(Number(t.label) / 790, 3);
    expect(figure.legend[0].ticks.map((t) => t.label)).toEqual(['0', '200', '400', '600']);
    expect([figure.xLabel, figure.yLabel]).toEqual(path.indices.map((i) => `θ_${i} (weight)`));
  });

  test('long paths are thinned evenly and keep their end', () => {
    const n = 3202; // every third of them, and the last
    const [p] = small.paths;
    const at = Array.from({ length: n }, (_, k) => k);
    const long = { ...p, step: at, x: at.map((k) => Math.cos(k / 500)), y: at.map((k) => Math.sin(k / 500)) };
    const { figure } = drawn({ ...small, paths: [long] }, 'trajectory-1-2');
    const lines = marks(figure, { kind: 'line' });
    const kept = at.filter((k) => k % 3 === 0 || k === n - 1);
    expect(lines.reduce((s, l) => s + l.points.length - 1, 1)).toBe(kept.length);
    expect(
      offBy(
        figure,
        lines[0],
        kept.slice(0, lines[0].points.length).map((k) => [long.x[k], long.y[k]]),
      ),
    ).toBeLessThan(PIXEL);
    expect(offBy(figure, marks(figure, { kind: 'dot' })[1], [[long.x[n - 1], long.y[n - 1]]])).toBeLessThan(PIXEL);
    const just = { ...long, step: at.slice(0, 1500), x: long.x.slice(0, 1500), y: long.y.slice(0, 1500) };
    const whole = marks(drawn({ ...small, paths: [just] }, 'trajectory-1-2').figure, { kind: 'line' });
    expect(whole.reduce((s, l) => s + l.points.length - 1, 1)).toBe(1500);
  });
});
