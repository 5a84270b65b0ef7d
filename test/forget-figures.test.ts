/** Figures of `forget`: marks read back in units of the axes and compared with the branches, computed here from the definitions. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Branch, ForgetInput, Moved, Profile } from '../src/experiments/forget/measured.js';
import { renderForget } from '../src/experiments/forget/page.js';
import { averageOf, chosenOf, learningOf, type Own, ownOf } from './support/forget-by-hand.js';
import { forgetStudy } from './support/forget-study.js';
import { meanAndError } from './support/naive-statistics.js';
import {
  errorBars,
  type FigureReading,
  type LegendItem,
  marks,
  offBy,
  type Point,
  pageWords,
  readFigure,
} from './support/reading.js';

const input = forgetStudy();
const { figures, html } = renderForget(input);

/** Methods that ran for all seeds, in the order of reading: name in figures, number of axes. */
const METHODS: readonly (readonly [method: string, name: string, constraints: number | null])[] = [
  ['none', 'none', null],
  ['l2', 'L2 anchor', null],
  ['ewc', 'EWC', null],
  ['ldc', 'LDC (1/F^2)', 50],
  ['variance', '1/σ^2', 50],
  ['random', 'random axes', 50],
  ['frozen', 'frozen layers', null],
  ['replay-100', 'replay (100)', null],
  ['joint', 'joint', null],
];
const BEST = METHODS.map(([method, name, constraints]) => ({
  method,
  name,
  constraints,
  own: chosenOf(input, method, constraints),
}));
const of = (own: Own, what: (b: Branch) => number) => own.map(({ branch }) => what(branch));
const first = (b: Branch) => b.test[2][0];
const last = (b: Branch) => b.test[2][2];

/** All strengths of a method at its number of axes, weakest first. */
function strengthsOf(method: string, constraints: number | null): { x: number; own: Own }[] {
  const groups = input.groups.filter((g) => g.method === method && g.constraints === constraints);
  const all = [...new Set(groups.flatMap((g) => g.branches.map((b) => b.multiple)))].sort((a, b) => a - b);
  return all.map((x) => ({ x, own: ownOf(input, method, constraints, x) }));
}

/** Axes of accuracy are even in the logarithm of the error: their labels, taken from 100 %. */
function readFront(svg: string): FigureReading {
  const { document } = parseHTML(svg) as unknown as { document: Document };
  const errors = (axis: string) => ({
    type: 'log' as const,
    values: [...document.querySelectorAll(`[aria-label="${axis}-axis tick label"] text`)].map(
      (t) => 100 - Number(t.textContent),
    ),
  });
  return readFigure(svg, { x: errors('x'), y: errors('y') });
}

/** Error in %, with one standard error of the accuracies on either side. */
function errorOf(own: Own, what: (b: Branch) => number): { at: number; low: number; high: number } {
  const { mean, error } = meanAndError(of(own, what));
  return { at: 100 - 100 * mean, low: 100 - 100 * (mean + error), high: 100 - 100 * (mean - error) };
}

/** Lines that share their places are shifted apart: by so much line `k` of `n`. */
const shift = (k: number, n: number) => 1.04 ** (k - (n - 1) / 2);

const sample = (f: FigureReading, name: string): LegendItem => f.legend.find((l) => l.label === name)!;

/** The lines of a figure, in order, have the colours and dashes of their legend and go through these points. */
function expectLines(f: FigureReading, lines: readonly { readonly name: string; readonly points: readonly Point[] }[]) {
  const drawn = marks(f, { kind: 'line' });
  expect(drawn).toHaveLength(lines.length);
  lines.forEach(({ name, points }, k) => {
    expect(offBy(f, drawn[k], points), name).toBeLessThan(0.05);
    expect([drawn[k].stroke, drawn[k].dash], name).toEqual([sample(f, name).colour, sample(f, name).dash]);
  });
}

/** The dots of a figure, in order, have the colours of the legend and lie at these places. */
function expectDots(f: FigureReading, r: number, dots: readonly { readonly name: string; readonly at: Point }[]) {
  const drawn = marks(f, { kind: 'dot', where: (m) => m.r === r });
  expect(
    offBy(
      f,
      drawn,
      dots.map((d) => d.at),
    ),
  ).toBeLessThan(0.05);
  drawn.forEach((m, k) => {
    expect(m.fill === 'none' ? m.stroke : m.fill, dots[k].name).toBe(sample(f, dots[k].name).colour);
  });
}

const LOOKS: readonly (readonly [string, string])[] = [
  ['#1b1f24', ''],
  ['#69717c', ''],
  ['#b84a0d', ''],
  ['#0a63a8', ''],
  ['#0a63a8', '6 4'],
  ['#69717c', '2 3'],
  ['#69717c', '6 4'],
  ['#b84a0d', '2 3'],
  ['#1b1f24', '6 4'],
];

describe.each(['strengths', 'constraints'])('what is kept against what is learned, through %s', (through) => {
  const name = through === 'strengths' ? 'forget-front' : 'forget-front-constraints';
  const f = readFront(figures[name]);
  const lines = BEST.map(({ method, name, constraints, own }) => ({
    name,
    points:
      through === 'strengths'
        ? strengthsOf(method, constraints)
        : method === 'ldc'
          ? [5, 20, 50].map((n) => ({ x: 10, own: ownOf(input, 'ldc', n, 10) }))
          : [{ x: own[0].branch.multiple, own }],
  }));
  const place = (own: Own): Point => [errorOf(own, first).at, errorOf(own, last).at];

  it('has axes of accuracy, better to the right and above, and every method in the legend', () => {
    expect([f.xLabel, f.yLabel]).toEqual([
      'accuracy on task 1 at the end (%, all outputs compete)',
      'accuracy on task 3 (%, all outputs compete)',
    ]);
    expect(f.x.pixel(1)).toBeGreaterThan(f.x.pixel(10));
    expect(f.y.pixel(1)).toBeLessThan(f.y.pixel(10));
    const notes = through === 'strengths' ? ['chosen by validation', 'natural strength'] : ['chosen by validation'];
    expect(f.legend.map((l) => l.label)).toEqual([...METHODS.map(([, label]) => label), ...notes]);
    expect(f.legend.slice(0, 9).map((l) => [l.colour, l.dash])).toEqual(LOOKS);
    expect(f.legend[9]).toMatchObject({ element: 'circle', hollow: true });
  });

  it('runs a line through the means over seeds, weakest first', () => {
    expectLines(
      f,
      lines.map(({ name, points }) => ({ name, points: points.map((p) => place(p.own)) })),
    );
    const dots = lines.flatMap(({ name, points }) => points.map((p) => ({ name, at: place(p.own) })));
    expect(dots).toHaveLength(through === 'strengths' ? 1 + 3 + 3 + 4 + 3 + 3 + 1 + 1 + 1 : 11);
    expectDots(f, 2.6, dots);
  });

  it('draws one standard error over seeds to each side of both accuracies', () => {
    const all = lines.flatMap((l) => l.points.map((p) => p.own));
    for (const [along, across, what] of [
      ['x', 'y', first],
      ['y', 'x', last],
    ] as const) {
      const bars = errorBars(f, along, { kind: 'link' });
      expect(bars).toHaveLength(all.length);
      all.forEach((own, k) => {
        const { low, high } = errorOf(own, what);
        const off = (axis: 'x' | 'y', drawn: number, value: number) =>
          Math.abs(f[axis].pixel(drawn) - f[axis].pixel(value));
        expect(off(along, bars[k].low, low)).toBeLessThan(0.05);
        expect(off(along, bars[k].high, high)).toBeLessThan(0.05);
        expect(off(across, bars[k].at, place(own)[across === 'x' ? 0 : 1])).toBeLessThan(0.05);
      });
    }
  });

  it('rings the strength that validation chose, and crosses the natural one', () => {
    expectDots(
      f,
      6,
      BEST.map(({ name, own }) => ({ name, at: place(own) })),
    );
    const crosses = marks(f, { kind: 'dot', element: 'path' });
    const natural = lines.flatMap((l) => (through === 'strengths' ? l.points.filter((p) => p.x === 1) : []));
    expect(natural).toHaveLength(through === 'strengths' ? 5 : 0);
    expect(
      offBy(
        f,
        crosses,
        natural.map((p) => place(p.own)),
      ),
    ).toBeLessThan(0.05);
  });
});

describe('average accuracy against the strength', () => {
  const f = readFigure(figures['forget-strength']);
  const scanned = BEST.filter((b) => Number.isFinite(b.own[0].branch.multiple)).map((b) => ({
    name: b.name,
    points: strengthsOf(b.method, b.constraints).map(({ x, own }) => ({ x, ...meanAndError(of(own, averageOf)) })),
  }));

  it('goes through 100 × the mean over seeds at every strength, also where a seed diverged', () => {
    expect([f.xLabel, f.yLabel, f.x.type, f.y.type]).toEqual([
      'strength in units of the method’s natural one',
      'average accuracy (%, all outputs compete)',
      'log',
      'linear',
    ]);
    expectLines(
      f,
      scanned.map(({ name, points }, k) => ({
        name,
        points: points.map((p): Point => [p.x * shift(k, scanned.length), 100 * p.mean]),
      })),
    );
    expectDots(
      f,
      3,
      scanned.flatMap(({ name, points }, k) =>
        points.map((p): { name: string; at: Point } => ({ name, at: [p.x * shift(k, scanned.length), 100 * p.mean] })),
      ),
    );
    expect(scanned[2].points.map((p) => p.n)).toEqual([4, 4, 4, 3]);
  });

  it('with one standard error', () => {
    const bars = errorBars(f, 'y', { kind: 'link' });
    const all = scanned.flatMap((s, k) => s.points.map((p) => ({ ...p, x: p.x * shift(k, scanned.length) })));
    expect(bars).toHaveLength(all.length);
    all.forEach(({ x, mean, error }, k) => {
      expect(bars[k].at / x).toBeCloseTo(1, 3);
      expect(bars[k].low).toBeCloseTo(100 * (mean - error), 1);
      expect(bars[k].high).toBeCloseTo(100 * (mean + error), 1);
      expect(bars[k].high - bars[k].low).toBeCloseTo(200 * error, 1);
    });
  });

  it('with the levels of methods that have no strength, and the Laplace value at 1', () => {
    const rules = marks(f, { kind: 'rule' });
    expect(rules.map((r) => [r.stroke, r.dash])).toEqual([
      ['#1b1f24', '3 2'],
      ['#1b1f24', ''],
      ['#69717c', '6 4'],
      ['#b84a0d', '2 3'],
      ['#1b1f24', '6 4'],
    ]);
    expect(rules[0].points.map(([x]) => x)).toEqual([expect.closeTo(1, 3), expect.closeTo(1, 3)]);
    for (const [k, own] of [0, 6, 7, 8].map((m) => BEST[m].own).entries())
      for (const [, y] of rules[1 + k].points) expect(y).toBeCloseTo(100 * meanAndError(of(own, averageOf)).mean, 1);
    expect(f.legend.map((l) => l.label)).toEqual([
      ...METHODS.slice(1, 6).map(([, label]) => label),
      'none',
      'frozen layers',
      'replay (100)',
      'joint',
      'Laplace value',
    ]);
  });
});

describe.each([
  ['first', 'accuracy on task 1 at the end (%, all outputs compete)', first],
  ['learning', 'accuracy on later tasks (%, all outputs compete)', learningOf],
] as const)('%s against the number of axes', (what, label, value) => {
  const f = readFigure(figures[`forget-constraints-${what}`], { x: { type: 'log' } });
  const points = [5, 20, 50].map((axes) => ({ axes, ...meanAndError(of(ownOf(input, 'ldc', axes, 10), value)) }));

  it('goes through the means at the strength that was chosen, with one standard error and the level of no constraint', () => {
    expect([f.xLabel, f.yLabel]).toEqual(['axes held N_c', label]);
    const at = points.map((p): Point => [p.axes, 100 * p.mean]);
    expectLines(f, [{ name: 'LDC (1/F^2)', points: at }]);
    expectDots(
      f,
      3,
      at.map((p) => ({ name: 'LDC (1/F^2)', at: p })),
    );
    errorBars(f, 'y', { kind: 'link' }).forEach(({ at, low, high }, k) => {
      expect(at / points[k].axes).toBeCloseTo(1, 3);
      expect(low).toBeCloseTo(100 * (points[k].mean - points[k].error), 1);
      expect(high).toBeCloseTo(100 * (points[k].mean + points[k].error), 1);
    });
    const [floor, ...more] = marks(f, { kind: 'rule' });
    expect(more).toEqual([]);
    expect(floor.y).toBeCloseTo(100 * meanAndError(of(BEST[0].own, value)).mean, 1);
    expect(f.legend.map((l) => l.label)).toEqual(['LDC (1/F^2)', 'none']);
  });
});

describe('accuracy through training', () => {
  const epochs = [1, 2, 3, 4, 5, 6, 7];
  it.each([
    ['first', 'accuracy on task 1 (%, all outputs compete)', (row: readonly number[]) => row[0], 0],
    [
      'later',
      'accuracy on later tasks (%, all outputs compete)',
      ([, b, c]: readonly number[]) => (Number.isNaN(c) ? b : (b + c) / 2),
      3,
    ],
  ] as const)('%s: means over seeds in %, and where the next task begins', (what, label, value, from) => {
    const f = readFigure(figures[`forget-curve-${what}`]);
    expect([f.xLabel, f.yLabel]).toEqual(['time (epochs of all tasks)', label]);
    const lines = BEST.map(({ name, own }) => ({
      name,
      points: epochs
        .slice(from)
        .map((e): Point => [e, 100 * meanAndError(own.map(({ branch }) => value(branch.curve.test[e - 1]))).mean]),
    }));
    expectLines(f, lines);
    const rules = marks(f, { kind: 'rule' });
    expect(rules.map((r) => [Math.round(100 * r.x) / 100, r.dash])).toEqual([
      [3.5, '3 2'],
      [5.5, '3 2'],
    ]);
    expect(f.legend.map((l) => l.label)).toEqual([...METHODS.map(([, name]) => name), 'next task begins']);
  });
});

describe('task 1’s landscape', () => {
  it.each([1, 4])('loss along direction %d, before and through the end of each branch of the first seed', (index) => {
    const f = readFigure(figures[`forget-profile-${index}`]);
    expect([f.xLabel, f.yLabel, f.y.type]).toEqual(['displacement (weight)', 'loss of task 1 (nat)', 'log']);
    const points = (p: Profile) => p.displacement.map((x, k): Point => [x, p.loss[k]]);
    const own = (profiles: readonly Profile[]) => points(profiles.find((p) => p.index === index)!);
    const [before, ...after] = marks(f, { kind: 'line' });
    expect(offBy(f, before, own(input.seeds[0].profiles))).toBeLessThan(0.05);
    expect([before.stroke, before.strokeWidth]).toEqual([f.legend[0].colour, 7]);
    const shown = BEST.filter((b) => b.method !== 'joint');
    expect(f.legend.map((l) => l.label)).toEqual(['before', ...shown.map((b) => b.name)]);
    expect(f.legend[0].element).toBe('rect');
    expect(after).toHaveLength(shown.length);
    shown.forEach(({ name, own: [{ seed, branch }] }, k) => {
      expect(seed).toBe(0);
      expect(offBy(f, after[k], own(branch.profiles)), name).toBeLessThan(0.05);
      expect([after[k].stroke, after[k].dash]).toEqual([sample(f, name).colour, sample(f, name).dash]);
    });
  });

  it.each([
    ['principal', [[1, 1], [2, 3], [4, 9]], 'rank of the direction'],
    ['hessian', [[1, 1], [2, 5], [6, 20]], 'rank of the direction'],
    ['vortex', [[1, 1], [2, 2]], 'rank of the plane'],
  ] as const)('motion along %s directions: geometric means over seeds of the groups that all seeds have', (kind, ranks, label) => {
    const f = readFigure(figures[`forget-moved-${kind}`], { x: { type: 'log' } });
    expect([f.xLabel, f.yLabel]).toEqual([label, 'squared displacement a direction (weight^2)']);
    const value = (m: Moved, [from, to]: readonly [number, number]) =>
      m.perDirection[m.ranks.findIndex(([a, b]) => a === from && b === to)];
    const lines = BEST.filter((b) => kind !== 'vortex' || b.method !== 'joint').map(({ name, own }, k, { length }) => ({
      name,
      points: ranks.map((r): Point => {
        const product = own.reduce((p, { branch }) => p * value(branch.moved[kind]!, r), 1);
        return [Math.sqrt(r[0] * r[1]) * shift(k, length), product ** (1 / own.length)];
      }),
    }));
    expectLines(f, lines);
    expectDots(f, 2.6, lines.flatMap(({ name, points }) => points.map((at) => ({ name, at }))));
    expect(f.legend.map((l) => l.label)).toEqual(lines.map((l) => l.name));
  }); // biome-ignore format: one kind a line
});

describe('what cannot be drawn', () => {
  const missing = (changed: Partial<ForgetInput>) => pageWords(renderForget({ ...input, ...changed }).html, '.missing');
  const only = (keep: (g: ForgetInput['groups'][number]) => boolean) => input.groups.filter(keep);

  it('is named with the reason', () => {
    expect(missing({ groups: only((g) => g.method === 'none' || g.method === 'joint') })).toEqual([
      'Figure forget-strength is not drawn: there is only one strength.',
      'Figure forget-front-constraints is not drawn: there is only one number of constraints.',
      'Figure forget-constraints-first is not drawn: there is only one number of constraints.',
      'Figure forget-constraints-learning is not drawn: there is only one number of constraints.',
    ]);
    expect(missing({ groups: only((g) => g.method === 'joint') })).toEqual(
      expect.arrayContaining([
        'Figure forget-profile-1 is not drawn: direction 1 was not measured.',
        'Figure forget-moved-vortex is not drawn: a line needs two vortex planes of task 1, and fewer are known.',
      ]),
    );
    const unseen = only((g) => g.method === 'none').map((g) => ({
      ...g,
      branches: g.branches.map((b) => ({ ...b, curve: { epoch: [], task: [], test: [] } })),
    }));
    expect(missing({ groups: unseen })).toEqual(
      expect.arrayContaining([
        'Figure forget-curve-first is not drawn: no epoch was evaluated.',
        'Figure forget-curve-later is not drawn: no epoch was evaluated.',
      ]),
    );
  });
});

describe('absolute strengths and two tasks', () => {
  const two: ForgetInput = {
    ...input,
    absolute: true,
    tasks: input.tasks.slice(0, 2),
    groups: input.groups.map((g) => ({
      ...g,
      branches: g.branches.map((b) => ({
        ...b,
        test: b.test.slice(0, 2).map((row) => row.slice(0, 2)),
        validation: b.validation.slice(0, 2),
      })),
    })),
  };
  const drawn = renderForget(two).figures;

  it('have no natural strength to mark, and name the second task', () => {
    const front = readFront(drawn['forget-front']);
    expect(front.yLabel).toBe('accuracy on task 2 (%, all outputs compete)');
    expect(front.legend.map((l) => l.label)).not.toContain('natural strength');
    expect(marks(front, { kind: 'dot', element: 'path', where: (m) => m.stroke !== 'none' })).toEqual([]);
    const strength = readFigure(drawn['forget-strength']);
    expect(strength.xLabel).toBe('strength λ');
    expect(marks(strength, { kind: 'rule', dash: '3 2' })).toEqual([]);
    expect(strength.legend.map((l) => l.label)).not.toContain('Laplace value');
    expect(readFigure(drawn['forget-curve-later']).yLabel).toBe('accuracy on task 2 (%, all outputs compete)');
  });
});

describe('accuracies near one', () => {
  it('an error of zero stands at the least one that an axis of logarithms shows; a bar never reaches zero', () => {
    const perfect: ForgetInput = {
      ...input,
      groups: input.groups
        .filter((g) => g.method === 'none' || g.method === 'joint')
        .map((g) => ({
          ...g,
          branches: g.branches.map((b) => ({
            ...b,
            test: [b.test[0], b.test[1], g.method === 'joint' ? [1, 0.9, g.seed === 0 ? 1 : 0.9998] : b.test[2]],
          })),
        })),
    };
    const f = readFront(renderForget(perfect).figures['forget-front']);
    const y = meanAndError([1, 0.9998, 0.9998, 0.9998]);
    expect(y.error * 100).toBeCloseTo(0.005, 10);
    const ring = marks(f, { kind: 'dot', where: (m) => m.r === 6 })[1];
    expect(offBy(f, ring, [[0.01, 100 - 100 * y.mean]])).toBeLessThan(0.05);
    const bar = errorBars(f, 'y', { kind: 'link' }).at(-1)!;
    expect(bar.low).toBeCloseTo(0.01, 4);
    expect(bar.high).toBeCloseTo(0.02, 4);
  });
});

describe('an error bar', () => {
  const withErrors = (accuracy: (seed: number) => number): ForgetInput => ({
    ...input,
    groups: input.groups
      .filter((g) => g.method === 'none')
      .map((g) => ({
        ...g,
        branches: g.branches.map((b) => ({ ...b, test: [b.test[0], b.test[1], [0.9, 0.9, accuracy(g.seed)]] })),
      })),
  });
  const draw = (study: ForgetInput) => {
    const { figures: drawn, html: page } = renderForget(study);
    const caption = pageWords(page, '#figure-forget-front figcaption')[0];
    return { f: readFront(drawn['forget-front']), caption };
  };
  const arrows = (f: ReturnType<typeof readFront>) => marks(f, { kind: 'dot', element: 'path' });

  it('that reaches no error at all ends at the frame with an arrow', () => {
    // errors of 30, 0, 0, 0 %: 7.5 ± 7.5, on an axis that shows a quarter of 7.5 and a margin
    const { f, caption } = draw(withErrors((seed) => (seed === 0 ? 0.7 : 1)));
    const [bar] = errorBars(f, 'y', { kind: 'link' }).slice(-1);
    expect(bar.low).toBeCloseTo(7.5 / 4 / 10 ** 0.04, 2);
    expect(bar.high).toBeCloseTo(15, 2);
    expect(arrows(f).length).toBeGreaterThan(0);
    expect(caption).toMatch(/both tasks are known\. A bar with an arrow reaches beyond the frame\.$/);
  });

  it('within the frame has none, and its own length', () => {
    // 10, 20, 20, 10 %: 15 ± 5/√3
    const { f, caption } = draw(withErrors((seed) => (seed % 3 === 0 ? 0.9 : 0.8)));
    const [bar] = errorBars(f, 'y', { kind: 'link' }).slice(-1);
    expect(bar.low).toBeCloseTo(15 - 5 / Math.sqrt(3), 2);
    expect(bar.high).toBeCloseTo(15 + 5 / Math.sqrt(3), 2);
    expect(arrows(f)).toEqual([]);
    expect(caption).toMatch(/both tasks are known\.$/);
  });
});

it('without a branch that has no constraint there is no level to draw', () => {
  const { figures: drawn, html: page } = renderForget({
    ...input,
    groups: input.groups.filter((g) => g.method === 'ldc'),
  });
  const f = readFigure(drawn['forget-constraints-first'], { x: { type: 'log' } });
  expect(f.legend.map((l) => l.label)).toEqual(['LDC (1/F^2)']);
  expect(marks(f, { kind: 'rule' })).toEqual([]);
  expect(pageWords(page, '#figure-forget-constraints-first figcaption')[0]).toMatch(/\b4 seeds\.$/);
});

it('one seed has points without errors', () => {
  const groups = input.groups.filter((g) => g.seed === 0 && g.method !== 'hessian');
  const { figures: drawn } = renderForget({ ...input, groups });
  const front = readFront(drawn['forget-front']);
  expect(marks(front, { kind: 'link' })).toEqual([]);
  expect(marks(front, { kind: 'dot', where: (m) => m.r === 2.6 }).length).toBeGreaterThan(0);
  const scan = marks(readFigure(drawn['forget-strength']), { kind: 'link' });
  expect(scan).toHaveLength(16);
  for (const { pixels: [a, b] } of scan) expect(Math.abs(a[1] - b[1])).toBeLessThan(0.02); // biome-ignore format: one line
});

it('two strengths are a scan', () => {
  const two = input.groups.filter((g) => g.method === 'l2').map((g) => ({ ...g, branches: g.branches.slice(0, 2) }));
  const [line] = marks(
    readFigure(renderForget({ ...input, groups: two }).figures['forget-strength'], { x: { type: 'log' } }),
    { kind: 'line' },
  );
  expect(line.points.map(([x]) => Math.round(1000 * x) / 1000)).toEqual([0.1, 1]);
});

it('a branch without a profile, and motion that is exactly zero, are left out', () => {
  const groups = input.groups
    .filter((g) => ['none', 'l2', 'ewc'].includes(g.method))
    .map((g) => ({
      ...g,
      branches: g.branches.map((b) => ({
        ...b,
        ...(g.method === 'none' && { profiles: [] }),
        ...(g.method === 'ewc' && {
          moved: { ...b.moved, hessian: { ...b.moved.hessian!, perDirection: [0.1, 0, 0.3] } },
        }),
      })),
    }));
  const { figures: drawn } = renderForget({ ...input, groups });
  expect(readFigure(drawn['forget-profile-1']).legend.map((l) => l.label)).toEqual(['before', 'L2 anchor', 'EWC']);
  const lines = marks(readFigure(drawn['forget-moved-hessian'], { x: { type: 'log' } }), { kind: 'line' });
  expect(lines.map((l) => l.pieces.map((piece) => piece.length))).toEqual([[3], [3], [2]]);
});

it('labels of accuracies are exact, however near to 100 %', () => {
  const near: ForgetInput = {
    ...input,
    groups: input.groups
      .filter((g) => g.method === 'none' || g.method === 'joint')
      .map((g) => ({
        ...g,
        branches: g.branches.map((b) => ({
          ...b,
          test: [b.test[0], b.test[1], [g.method === 'joint' ? 0.99988 : 0.9997, 0.9, 0.9]],
        })),
      })),
  };
  // readFront takes errors of 0.012 to 0.03 % from the labels: even in the logarithm only if none is rounded
  const f = readFront(renderForget(near).figures['forget-front']);
  expect(f.x.ticks.length).toBeGreaterThan(2);
  const [a, b] = marks(f, { kind: 'dot', where: (m) => m.r === 6 });
  expect(a.x).toBeCloseTo(0.03, 5);
  expect(b.x).toBeCloseTo(0.012, 5);
});

it('every figure stands on the page with its caption, and says over how many seeds', () => {
  const captions = pageWords(html, 'figcaption');
  expect(captions).toHaveLength(Object.keys(figures).length);
  expect(captions.filter((c) => /\b4 seeds\b/.test(c))).toHaveLength(4);
  expect(captions[0]).toMatch(/methods with axes hold 50 of them/);
});
