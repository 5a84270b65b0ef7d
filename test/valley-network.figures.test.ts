/** What the figures of the study of real networks show, read back from their marks: a made-up study, no two numbers alike. */
import { describe, expect, it } from 'vitest';
import type { CeilingResult, SolutionResult } from '../src/experiments/valley2023/network/measured.js';
import { networkSections } from '../src/experiments/valley2023/network/page.js';
import type { Figure, MissingFigure } from '../src/report/figures/frame.js';
import { drawn, framed, legendIs, missing, paint } from './support/drawn.js';
import { mean, over } from './support/over-seeds.js';
import { errorBars, type FigureReading, marks, offBy, type Point } from './support/reading.js';
import { SEEDS, unlikeStudy } from './support/valley-network-results.js';

const input = unlikeStudy();
const report = networkSections(input);
const find = (name: string, figures: readonly (Figure | MissingFigure)[] = report.figures) => figures.find((f) => f.name === name)!; // biome-ignore format: one line
/** Rounding to hundredths of a pixel. */
const EXACT = 0.05;

const solved = input.cells.filter((c): c is SolutionResult => c.kind === 'solution' && c.outcome === 'reached');
const strength = (s: SolutionResult) => s.learningRate / s.batchSize;

/** Seeds small, means large with one standard error, lines through the means at equal eta/B. */
function study(figure: FigureReading, label: string | RegExp, of: (s: SolutionResult) => number, order = SEEDS): void {
  const colour = paint(figure, label);
  const own = solved.filter((s) => Number.isFinite(of(s)));
  const bySeed = order.flatMap((seed) => own.filter((s) => s.seed === seed));
  const small = marks(figure, { kind: 'dot', fill: colour, where: (d) => d.r < 2 });
  expect(
    offBy(
      figure,
      small,
      bySeed.map((s): Point => [strength(s), of(s)]),
    ),
  ).toBeLessThan(EXACT);
  const settings = [...new Set(bySeed.map((s) => s.cell))].map((cell) => {
    const seeds = bySeed.filter((s) => s.cell === cell);
    return { x: strength(seeds[0]), ...over(seeds.map(of)) };
  });
  const large = marks(figure, { kind: 'dot', fill: colour, where: (d) => d.r > 3 });
  expect(
    offBy(
      figure,
      large,
      settings.map((g): Point => [g.x, g.value]),
    ),
  ).toBeLessThan(EXACT);
  const bars = errorBars(figure, 'y', { stroke: colour });
  expect(bars).toHaveLength(settings.length);
  settings.forEach(({ x, value, standardError: e }, k) => {
    expect(offBy(figure, bars[k].mark, [[x, value - e], [x, value + e]]), `bar at ${x}`).toBeLessThan(EXACT); // biome-ignore format: one line
  });
  const strengths = [...new Set(settings.map((g) => Number(g.x.toPrecision(6))))].sort((a, b) => a - b);
  const line = strengths.map((x): Point => [x, mean(settings.filter((g) => Math.abs(g.x / x - 1) < 1e-5).map((g) => g.value))]); // biome-ignore format: one line
  expect(offBy(figure, marks(figure, { kind: 'line', stroke: colour }), line)).toBeLessThan(EXACT);
}

/** Over the mean of the seed's own solutions at the weakest noise, 1e-4. */
const relative = (of: (s: SolutionResult) => number) => (s: SolutionResult) =>
  of(s) / mean(solved.filter((w) => w.seed === s.seed && strength(w) < 1.01e-4).map(of));

const geometric = (xs: readonly number[]) => xs.reduce((a, b) => a * b, 1) ** (1 / xs.length);
const layers = (s: SolutionResult) => s.flatness!.layers.map((l) => ({ width: l.widths.width.value, norm: l.norm }));

describe('flatness against the strength of the noise', () => {
  it('curvature and gradient noise relative to the weakest noise of the seed', () => {
    const { figure, caption } = drawn(find('valley-network-curvature'));
    legendIs(figure, /largest eigenvalue/, /^Tr H$/, /^Tr C_1/, /\|w.*\|.*Tr H/);
    study(
      figure,
      /largest eigenvalue/,
      relative((s) => s.flatness!.top[0].value),
    );
    study(
      figure,
      /^Tr H$/,
      relative((s) => s.flatness!.trace.value),
    );
    study(
      figure,
      /^Tr C_1/,
      relative((s) => s.flatness!.noiseTrace.value),
    );
    study(
      figure,
      /\|w.*\|.*Tr H/,
      relative((s) => s.flatness!.scaledTrace.value),
    );
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'log']);
    expect(figure.xLabel).toMatch(/η\/B/);
    expect(figure.yLabel).toMatch(/relative/);
    expect(caption).toMatch(/one standard error/);
    framed(figure, solved.flatMap((s): Point[] => [[strength(s), relative((t) => t.flatness!.noiseTrace.value)(s)]])); // biome-ignore format: one line
  });

  it('widths along top eigenvectors, along random directions, and relative to the layer', () => {
    const { figure } = drawn(find('valley-network-widths'));
    legendIs(figure, /top eigenvectors/, /^width F.*random/, /^F\/\|w/);
    study(
      figure,
      /top eigenvectors/,
      relative((s) => s.flatness!.topWidths.width.value),
    );
    study(
      figure,
      /^width F.*random/,
      relative((s) => geometric(layers(s).map((l) => l.width))),
    );
    study(
      figure,
      /^F\/\|w/,
      relative((s) => geometric(layers(s).map((l) => l.width / l.norm))),
    );
  });

  it('test error in percent, of the solution and of the mean of an epoch', () => {
    const { figure, caption } = drawn(find('valley-network-test-error'));
    legendIs(figure, /solution/, /mean of an epoch/);
    study(figure, /solution/, (s) => (100 * s.test!.errors) / 4000);
    study(figure, /mean of an epoch/, (s) => (100 * s.floor!.test.errors) / 4000);
    expect(figure.yLabel).toMatch(/%/);
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
    expect(caption).toMatch(/^4000 test samples/);
    framed(figure, solved.flatMap((s): Point[] => [[strength(s), s.test!.errors / 40], [strength(s), s.floor!.test.errors / 40]])); // biome-ignore format: one line
  });

  it('test loss, of the solution, at the best temperature, and of the mean of an epoch', () => {
    const { figure, caption } = drawn(find('valley-network-test-loss'));
    legendIs(figure, /solution/, /best temperature/, /mean of an epoch/);
    study(figure, /solution/, (s) => s.test!.loss);
    study(figure, /best temperature/, (s) => s.confidence!.testLoss!);
    study(figure, /mean of an epoch/, (s) => s.floor!.test.loss);
    expect(figure.yLabel).toMatch(/test loss \(nat\)/);
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
    expect(caption).toMatch(/^4000 test samples/);
  });

  it('Tr H with rivals taken out', () => {
    const { figure } = drawn(find('valley-network-rivals'));
    legendIs(figure, /^Tr H$/, /^\|w.*Tr H\/P$/, /best temperature/, /equal mean.*Jacobian kept/);
    study(
      figure,
      /^\|w.*Tr H\/P$/,
      relative((s) => s.flatness!.normTrace.value),
    );
    study(
      figure,
      /best temperature/,
      relative((s) => s.confidence!.best.trace.value),
    );
    study(
      figure,
      /equal mean/,
      relative((s) => s.confidence!.equal.temperature ** 2 * s.confidence!.equal.trace.value),
    );
  });

  it('is named where fewer than two strengths have the number', () => {
    const one = { ...input, cells: input.cells.filter((c) => c.kind === 'ceiling' || c.batchSize === 100) };
    const { figures } = networkSections(one);
    expect(missing(find('valley-network-curvature', figures))).toMatch(/fewer than two/);
    expect(missing(find('valley-network-test-error', figures))).toMatch(/fewer than two/);
    const two = { ...input, cells: input.cells.filter((c) => c.kind === 'ceiling' || c.batchSize === 100 || c.batchSize === 20) }; // biome-ignore format: one line
    expect(drawn(find('valley-network-test-error', networkSections(two).figures)).figure.marks.length).toBeGreaterThan(
      0,
    );
    // a number that is 0 has no place on a logarithmic axis
    const none = input.cells.map((c) => (c.kind === 'solution' && c.batchSize === 100 ? { ...c, flatness: { ...c.flatness!, trace: { ...c.flatness!.trace, value: 0 } } } : c)); // biome-ignore format: one line
    const left = drawn(find('valley-network-curvature', networkSections({ ...input, cells: none }).figures)).figure;
    expect(marks(left, { kind: 'dot', fill: paint(left, /^Tr H$/), where: (d) => d.r > 3 })).toHaveLength(5);
    // one seed has no bar to draw: it ends where it begins
    const single = networkSections({ ...two, cells: two.cells.filter((c) => c.seed === 0) }).figures;
    const { figure } = drawn(find('valley-network-test-error', single));
    for (const { low, high } of errorBars(figure)) expect(high - low).toBeLessThan(1e-6);
  });
});

/** Steps at which Tr H, between two looks a straight line in the logarithms, has fallen to the level behind its maximum. */
function stepsTo({ path }: SolutionResult, level: number): number {
  const looks = path.filter((p) => !Number.isNaN(p.trace)).slice(1);
  const k = looks.findIndex((p) => p.trace <= level);
  if (k < 0) return Number.NaN;
  const [a, b] = [looks[k - 1], looks[k]];
  const share = (Math.log(level) - Math.log(a.trace)) / (Math.log(b.trace) - Math.log(a.trace));
  return a.step * (b.step / a.step) ** share;
}
const level = (seed: number) => Math.max(...solved.filter((s) => s.seed === seed && strength(s) < 1.01e-4).map((s) => s.path[4].trace)); // biome-ignore format: one line

describe('time to a given flatness', () => {
  it('is reached by all but one of the made-up solutions, by some before the fourth look', () => {
    const steps = solved.map((s) => stepsTo(s, level(s.seed)) / s.path[4].step);
    expect(steps.filter((t) => Number.isNaN(t))).toHaveLength(1);
    expect(steps.filter((t) => t < 0.6)).toHaveLength(2);
  });

  it('in η·steps', () => {
    const { figure } = drawn(find('valley-network-flat-time'));
    study(figure, /Tr H/, (s) => s.learningRate * stepsTo(s, level(s.seed)), [0, 1, 2]);
    expect(figure.yLabel).toMatch(/η·steps/);
  });

  it('in epochs', () => {
    const { figure } = drawn(find('valley-network-flat-epochs'));
    study(figure, /Tr H/, (s) => stepsTo(s, level(s.seed)) / s.stepsPerEpoch, [0, 1, 2]);
    expect(figure.yLabel).toMatch(/epochs/);
  });
});

describe('ceilings', () => {
  const ceilings = input.cells.filter((c): c is CeilingResult => c.kind === 'ceiling');
  /** A threshold lies between learning rates a factor 1.2 apart: ln 1.2/√12 of it, beside the error over seeds. */
  const resolution = Math.log(1.2) / Math.sqrt(12);

  it.each(['trained', 'initial'] as const)(
    '%s: seeds, means with one standard error, and predictions, by batch size',
    (start) => {
      const { figure, caption } = drawn(find(`valley-network-ceiling-${start}`), { x: { type: 'log' } });
      legendIs(figure, /unstable/, /diverged/, '2/h_max', /Var l/, /coupled/);
      const scans = [5, 60].map((b) =>
        ceilings.map((c) => c.scans.find((s) => s.start === start && s.batchSize === b)!),
      );
      const first = scans.map((own) => own.map((s) => s.probes[0].learningRate));
      const unstable = first.map((etas) => etas.map((eta) => eta * Math.sqrt(1.2)));
      const diverged = first.map((etas) => etas.map((eta, k) => (start === 'initial' && SEEDS[k] === 0 ? Number.NaN : eta * Math.sqrt(2 * 2.4)))); // biome-ignore format: one line
      for (const [label, aside, values] of [
        [/unstable/, 0.96, unstable],
        [/diverged/, 1.04, diverged],
      ] as const) {
        // biome-ignore format: one line
        const colour = paint(figure, label);
        const small = marks(figure, { kind: 'dot', fill: colour, where: (d) => d.r < 2 });
        const seeds = values.flatMap((own, k) => own.filter((v) => !Number.isNaN(v)).map((v): Point => [[5, 60][k] * aside, v])); // biome-ignore format: one line
        expect(offBy(figure, small, seeds)).toBeLessThan(EXACT);
        const means = values.map(over);
        const large = marks(figure, { kind: 'dot', fill: colour, where: (d) => d.r > 3 });
        expect(
          offBy(
            figure,
            large,
            means.map((e, k): Point => [[5, 60][k] * aside, e.value]),
          ),
        ).toBeLessThan(EXACT);
        const bars = errorBars(figure, 'y', { stroke: colour });
        means.forEach(({ value, standardError }, k) => {
          const x = [5, 60][k] * aside;
          const e = Math.hypot(standardError, resolution * value);
          expect(offBy(figure, bars[k].mark, [[x, value - e], [x, value + e]])).toBeLessThan(EXACT); // biome-ignore format: one line
        });
      }
      for (const [label, name] of [
        ['2/h_max', 'edge'],
        [/Var l/, 'meanSquare'],
        [/coupled/, 'coupled'],
      ] as const) {
        // biome-ignore format: one line
        const line = scans.map((own, k): Point => [[5, 60][k], mean(own.map((s) => s.predicted[name]))]);
        expect(offBy(figure, marks(figure, { kind: 'line', stroke: paint(figure, label) }), line)).toBeLessThan(EXACT);
      }
      expect([figure.x.type, figure.y.type]).toEqual(['log', 'log']);
      expect(figure.yLabel).toMatch(/η$/);
      expect(caption).toMatch(/3 seeds/);
      framed(figure, [[5, mean(scans[0].map((s) => s.predicted.coupled))], [60, Math.max(...diverged[1].filter((v) => v > 0))]]); // biome-ignore format: one line
    },
  );

  it('are framed with their bars, also where these are the lowest', () => {
    const far = ceilings.map((c) => ({
      ...c,
      scans: c.scans.map((s, k) => ({
        ...s,
        predicted: { ...s.predicted, edge: 40, meanSquare: 30, coupled: 20 },
        // thresholds that scatter from seed to seed
        probes: s.probes.map((p) => ({ ...p, learningRate: p.learningRate * (1 + ((c.seed + k) % 3)) })),
      })),
    }));
    const { figure } = drawn(find('valley-network-ceiling-trained', networkSections({ ...input, cells: far }).figures), { x: { type: 'log' } }); // biome-ignore format: one line
    const bars = errorBars(figure, 'y', { stroke: paint(figure, /unstable/) });
    expect(bars).toHaveLength(2);
    [5, 60].forEach((b, k) => {
      const etas = far.map((c) => c.scans.find((s) => s.start === 'trained' && s.batchSize === b)!.probes[0].learningRate * Math.sqrt(1.2)); // biome-ignore format: one line
      const { value, standardError } = over(etas);
      const e = Math.hypot(standardError, resolution * value);
      expect(offBy(figure, bars[k].mark, [[b * 0.96, value - e], [b * 0.96, value + e]])).toBeLessThan(EXACT); // biome-ignore format: one line
      expect(bars[k].low).toBeGreaterThan(figure.domain.y[0]);
    });
  });

  it('are named where fewer than two batch sizes have a threshold', () => {
    const cells = ceilings.map((c) => ({ ...c, scans: c.scans.filter((s) => s.batchSize === 5) }));
    expect(missing(find('valley-network-ceiling-trained', networkSections({ ...input, cells }).figures))).toMatch(/fewer than two/); // biome-ignore format: one line
  });
});
