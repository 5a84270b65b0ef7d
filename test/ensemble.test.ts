/** Ensembles: the same bits however split, kernel and code alike, walls, divergence, refusals. */
import { describe, expect, it } from 'vitest';
import { parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { type Ensemble, type LangevinOptions, langevinEnsemble, sgdEnsemble } from '../src/theory/ensemble/ensemble.js';
import type { LangevinScheme } from '../src/theory/ensemble/schemes.js';
import type { Boundary } from '../src/theory/ensemble/walls.js';
import { fieldFrom, fieldOf } from '../src/theory/fields.js';
import type { Field, LangevinModel, SgdModel } from '../src/theory/motion.js';

const xy = ['x', 'y'];
const field = (names: readonly string[], ...texts: string[]) =>
  fieldOf(
    texts.map((t) => parseExpression(t, { variables: names })),
    names,
  );
/** The same field without its formulas. */
const asCode = (f: Field) => fieldFrom((p, out) => f.at(p, out), f.outputs);

const valley: LangevinModel = {
  size: 2,
  names: xy,
  drift: field(xy, '-x - 0.2*x*y^2', '-(1 + x^2)*y'),
  diffusion: field(xy, '0.3 + 0.1*sin(x)^2', '0.1*tanh(x*y)', '0.5/(1 + y^2)'),
};
const line: LangevinModel = {
  size: 1,
  names: ['x'],
  drift: field(['x'], '-sin(x)'),
  diffusion: field(['x'], '0.2*(1 + x^2)/(2 + x^2)'),
};
const map: SgdModel = {
  size: 2,
  names: xy,
  batchGradient: field([...xy, 'n1', 'n2', 'n3'], 'x + 0.3*n1 + 0.1*y*n2', '(1 + 0.2*n3)*y + exp(-x^2)*n1'),
  normals: 3,
};
const scalarMap: SgdModel = {
  size: 1,
  names: ['x'],
  batchGradient: field(['x', 'n1'], '(1 + 0.2*n1)*x + n1'),
  normals: 1,
};
const walls: readonly Boundary[] = [
  { low: { kind: 'reflecting', at: -0.6 }, high: { kind: 'absorbing', at: 0.9 } },
  { low: { kind: 'open' }, high: { kind: 'reflecting', at: 0.5 } },
];

const everything = (e: Ensemble) => ({
  positions: [...e.positions()],
  status: [...e.status()],
  times: [...e.exitTimes()],
  sides: [...e.exitSides()],
  velocities: [...(e.velocities?.() ?? [])],
});
type Make = (part?: { walkers: number; firstWalker: number }) => Ensemble;
const key = randomKey(11).child('walkers');
const whole = { walkers: 300, firstWalker: 0 };
const made: [string, Make][] = [
  ...(['euler-maruyama', 'platen-weak-2'] as const).flatMap((scheme): [string, Make][] => [
    [
      scheme,
      (p = whole) =>
        langevinEnsemble({ model: valley, scheme, timestep: 0.03, start: [0.1, 0.2], key, boundaries: walls, ...p }),
    ],
    [
      `${scheme}, 1-D`,
      (p = whole) =>
        langevinEnsemble({ model: line, scheme, timestep: 0.05, start: [0.3], key, boundaries: [walls[0]], ...p }),
    ],
  ]),
  [
    'sgd',
    (p = whole) => sgdEnsemble({ model: map, learningRate: 0.1, start: [0.4, -0.3], key, boundaries: walls, ...p }),
  ],
  [
    'sgd with momentum',
    (p = whole) =>
      sgdEnsemble({ model: map, learningRate: 0.05, momentum: 0.8, start: [0.1, 0], key, boundaries: walls, ...p }),
  ],
  ['sgd, 1-D', (p = whole) => sgdEnsemble({ model: scalarMap, learningRate: 0.2, start: [0.5], key, ...p })],
];

it.each(made)('%s: the same bits in parts of the walkers and of the steps', (_name, make) => {
  const one = make();
  one.advance(101);
  const truth = everything(one);
  const steps = make();
  for (const n of [1, 2, 3, 0, 64, 31]) steps.advance(n);
  expect(everything(steps)).toEqual(truth);
  expect([steps.stepsDone, steps.time]).toEqual([101, one.time]);
  const parts = [
    [0, 7],
    [7, 150],
    [157, 143],
  ].map(([firstWalker, walkers]) => {
    const part = make({ firstWalker, walkers });
    part.advance(101);
    return everything(part);
  });
  for (const name of Object.keys(truth) as (keyof typeof truth)[])
    expect(parts.flatMap((p) => p[name])).toEqual(truth[name]);
});

describe('formulas in the kernel and the same fields as code agree to rounding', () => {
  const langevin = (model: LangevinModel, scheme: LangevinScheme, more: Partial<LangevinOptions>) => [
    langevinEnsemble({
      model,
      scheme,
      timestep: 0.03,
      walkers: 200,
      start: [0.1, 0.2].slice(0, model.size),
      key,
      ...more,
    }),
    langevinEnsemble({
      model: { ...model, drift: asCode(model.drift), diffusion: asCode(model.diffusion) },
      scheme,
      timestep: 0.03,
      walkers: 200,
      start: [0.1, 0.2].slice(0, model.size),
      key,
      ...more,
    }),
  ];
  const sgd = (model: SgdModel, momentum: number, boundaries?: readonly Boundary[]) =>
    [model, { ...model, batchGradient: asCode(model.batchGradient) }].map((m) =>
      sgdEnsemble({
        model: m,
        learningRate: 0.1,
        momentum,
        walkers: 200,
        start: [0.1, 0.2].slice(0, m.size),
        key,
        boundaries,
      }),
    );
  it.each<[string, () => Ensemble[]]>([
    ['euler-maruyama, walls', () => langevin(valley, 'euler-maruyama', { boundaries: walls })],
    ['euler-maruyama, open, 1-D', () => langevin(line, 'euler-maruyama', {})],
    ['platen, walls', () => langevin(valley, 'platen-weak-2', { boundaries: walls })],
    ['platen, 1-D', () => langevin(line, 'platen-weak-2', { boundaries: [walls[0]] })],
    ['sgd, three normal numbers, walls', () => sgd(map, 0, walls)],
    ['sgd, momentum, walls', () => sgd(map, 0.7, walls)],
    ['sgd, 1-D', () => sgd(scalarMap, 0)],
  ])('%s', (_name, make) => {
    const [kernel, code] = make();
    expect([kernel.path, code.path]).toEqual(['kernel', 'code']);
    // these systems contract or rotate slowly: roundings of 1e-16 a step are not amplified over 60 steps
    for (const e of [kernel, code]) e.advance(60);
    const [a, b] = [kernel, code].map(everything);
    expect(a.status).toEqual(b.status);
    expect(a.sides).toEqual(b.sides);
    expect(a.times).toEqual(b.times);
    a.positions.forEach((x, i) => {
      expect(Math.abs(x - b.positions[i])).toBeLessThan(1e-11);
    });
    a.velocities.forEach((v, i) => {
      expect(Math.abs(v - b.velocities[i])).toBeLessThan(1e-11);
    });
  });
});

it('every word of the key counts in the same way for both', () => {
  for (let seed = 0; seed < 6; seed++) {
    const [kernel, code] = [scalarMap, { ...scalarMap, batchGradient: asCode(scalarMap.batchGradient) }].map((model) =>
      sgdEnsemble({ model, learningRate: 0.1, start: [0.1], key: randomKey(seed), walkers: 3 }),
    );
    for (const e of [kernel, code]) e.advance(3);
    kernel.positions().forEach((x, i) => {
      expect(x).toBeCloseTo(code.positions()[i], 12);
    });
  }
});

it('the numbers of late steps are those of their own count, beyond 2¹⁶ as before', () => {
  const [kernel, code] = [scalarMap, { ...scalarMap, batchGradient: asCode(scalarMap.batchGradient) }].map((model) =>
    sgdEnsemble({ model, learningRate: 0.1, start: [0.1], key, walkers: 1 }),
  );
  // an odd count of normal numbers is drawn for two steps at a time: 2¹⁷ steps are 2¹⁶ draws
  for (const n of [2 ** 17 - 1, 1, 1, 1, 100])
    for (const e of [kernel, code]) {
      e.advance(n);
      expect(
        kernel.stepsDone === code.stepsDone ? Math.abs(kernel.positions()[0] - code.positions()[0]) : 0,
      ).toBeLessThan(1e-11);
    }
});

describe('walls', () => {
  const free = (start: number, boundary: Boundary, seed: number, dt: number, walkers = 4000) =>
    langevinEnsemble({
      model: { size: 1, names: ['x'], drift: field(['x'], '0'), diffusion: field(['x'], '0.5') },
      scheme: 'euler-maruyama',
      timestep: dt,
      walkers,
      start: [start],
      key: randomKey(seed),
      boundaries: [boundary],
    });

  it('absorb as in continuous time: the bridge removes the bias of the discrete check', () => {
    // Brownian motion (2D = 1) from 1 with a wall at 0 survives to t = 1 with probability erf(1/√2) = 0.68269;
    // a bare check at dt = 0.1 moves the wall by 0.5826·√dt = 0.18: erf(1.18/√2) = 0.763, 10 standard errors away
    const e = free(1, { low: { kind: 'absorbing', at: 0 }, high: { kind: 'open' } }, 4, 0.1);
    e.advance(10);
    const status = e.status();
    const survived = status.reduce((n, s) => n + (s === 0 ? 1 : 0), 0) / 4000;
    expect(Math.abs(survived - 0.68269)).toBeLessThan(4 * Math.sqrt((0.683 * 0.317) / 4000));
    const [times, sides, x] = [e.exitTimes(), e.exitSides(), e.positions()];
    status.forEach((s, w) => {
      expect([sides[w], Number.isNaN(times[w])]).toEqual(s === 1 ? [1, false] : [0, true]);
      if (s === 1) expect([x[w], times[w] > 0, times[w] < 1]).toEqual([0, true, true]);
    });
  });

  it('mean first passage out of an interval: (b − x)(x − a)/2D', () => {
    // from 0.25 in (0, 1) with 2D = 1: 0.1875; probability to leave by the far wall 0.25. Told at the middle of a step: O(dt)
    const e = free(0.25, { low: { kind: 'absorbing', at: 0 }, high: { kind: 'absorbing', at: 1 } }, 5, 0.002, 8000);
    e.advance(3000);
    expect(e.status().every((s) => s === 1)).toBe(true);
    const t = e.exitTimes();
    const mean = t.reduce((a, b) => a + b, 0) / 8000;
    // second moment of the exit time: ½u'' = −2q with q = x(1 − x), so u = q(1 + q)/3
    const q = 0.1875;
    const second = (q * (1 + q)) / 3;
    expect(Math.abs(mean - q)).toBeLessThan(4 * Math.sqrt((second - q * q) / 8000) + 0.001);
    const far = e.exitSides().reduce((n, s) => n + (s === 2 ? 1 : 0), 0) / 8000;
    expect(Math.abs(far - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 8000) + 0.001);
  });

  it('mirror: free walkers between mirrors become uniform, and never leave', () => {
    const e = free(0.1, { low: { kind: 'reflecting', at: 0 }, high: { kind: 'reflecting', at: 1 } }, 6, 0.05);
    e.advance(60); // e^(−π² t/2) with t = 3: 4e-7
    const x = e.positions();
    const counts = new Float64Array(10);
    for (const v of x) {
      expect(v >= 0 && v <= 1).toBe(true);
      counts[Math.min(9, Math.floor(10 * v))]++;
    }
    const chi2 = counts.reduce((s, c) => s + (c - 400) ** 2 / 400, 0);
    expect(chi2).toBeLessThan(27.9); // 0.1 % point, 9 degrees of freedom
  });

  it('a map without noise bounces with its velocity turned', () => {
    const still = { size: 1, names: ['x'], batchGradient: field(['x'], '-1'), normals: 0 } as const;
    const e = sgdEnsemble({
      model: still,
      learningRate: 0.3,
      momentum: 0.5,
      walkers: 1,
      start: [0.5],
      key,
      boundaries: [{ low: { kind: 'open' }, high: { kind: 'reflecting', at: 1 } }],
    });
    let [x, v] = [0.5, 0];
    for (let t = 0; t < 5; t++) {
      v = 0.5 * v - 1;
      x -= 0.3 * v;
      if (x > 1) [x, v] = [2 - x, -v];
      e.advance(1);
      expect(e.positions()[0]).toBeCloseTo(x, 14);
      expect(e.velocities?.()[0]).toBeCloseTo(v, 14);
    }
  });
});

describe('divergence', () => {
  it('marks the step, and leaves the last place', () => {
    const grow = { size: 1, names: ['x'], batchGradient: field(['x'], '-x'), normals: 0 } as const;
    const e = sgdEnsemble({ model: grow, learningRate: 1, walkers: 3, start: [1, 2, 0], key, bound: 100 });
    e.advance(50); // 2^t: 64 → 128 during step 6 (from 0) for the first
    expect([...e.status()]).toEqual([2, 2, 0]);
    expect([...e.exitTimes()]).toEqual([7, 6, Number.NaN]);
    expect([...e.positions()]).toEqual([64, 64, 0]);
  });

  it('is what a diffusion that turns negative on the way, and a pole, lead to', () => {
    const bad: LangevinModel = { ...line, drift: field(['x'], '1'), diffusion: field(['x'], '1 - x') };
    const e = langevinEnsemble({ model: bad, scheme: 'euler-maruyama', timestep: 0.1, walkers: 200, start: [0], key });
    e.advance(100);
    expect(e.status().every((s) => s === 2)).toBe(true);
    expect(e.positions().every((x) => Number.isFinite(x))).toBe(true);
  });

  it('what does not move decays to 0, not to subnormal numbers', () => {
    const still = { size: 1, names: ['x'], batchGradient: field(['x'], 'x'), normals: 0 } as const;
    const e = sgdEnsemble({ model: still, learningRate: 0.5, walkers: 1, start: [1], key });
    e.advance(2000);
    expect(e.positions()[0]).toBe(0);
  });
});

it('refuses what is no ensemble', () => {
  const go = (o: Partial<LangevinOptions>) => () =>
    langevinEnsemble({ model: valley, scheme: 'euler-maruyama', timestep: 0.1, walkers: 4, start: [0, 0], key, ...o });
  expect(go({ timestep: 0 })).toThrow(/time step must be positive; got 0/);
  expect(go({ walkers: 0 })).toThrow(/whole number of walkers/);
  expect(go({ start: [1, 2, 3] })).toThrow(/one point \(2 numbers\) or one for each walker \(8\); got 3/);
  expect(go({ boundaries: [walls[0]] })).toThrow(/needs 2 pairs of walls/);
  expect(go({ boundaries: walls, start: [2, 0] })).toThrow(/start between the walls -0.6 and 0.9; got 2/);
  expect(go({ boundaries: walls, start: [-0.61, 0] })).toThrow(/start between the walls -0.6 and 0.9; got -0.61/);
  for (const start of [[-0.6, 0], [0.9, 0.5]]) expect(go({ boundaries: walls, start })).not.toThrow(); // biome-ignore format: short
  expect(
    go({ boundaries: [{ low: { kind: 'reflecting', at: 1 }, high: { kind: 'reflecting', at: 0 } }, walls[1]] }),
  ).toThrow(/low wall must be below/);
  expect(go({ model: { ...valley, diffusion: field(xy, '1', '2', '1') } })).toThrow(
    /no negative eigenvalue; at the start \(0, 0\) it is 1, 2, 1/,
  );
  expect(go({ model: { ...valley, diffusion: field(xy, '1') } })).toThrow(/needs 2 drifts and 3 diffusions/);
  expect(go({ scheme: 'strong-1.5-additive' })).toThrow(/constant diffusion only/);
  expect(go({ scheme: 'strong-1.5-additive', model: { ...valley, drift: asCode(valley.drift) } })).toThrow(
    /as formulas/,
  );
  expect(go({})().advance.bind(go({})(), 1.5)).toThrow(/whole number/);
  expect(() => sgdEnsemble({ model: map, learningRate: 0.1, momentum: 1, walkers: 1, start: [0, 0], key })).toThrow(
    /momentum/,
  );
  expect(() =>
    sgdEnsemble({ model: { ...map, normals: 9 }, learningRate: 0.1, walkers: 1, start: [0, 0], key }),
  ).toThrow(/0 to 8/);
});
