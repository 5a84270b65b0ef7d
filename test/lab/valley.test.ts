/** The engine of the view Valley against closed forms, and its determinism. */
import { describe, expect, it } from 'vitest';
import { barsOf, distanceTo } from '../../src/lab/engine/valley/compare.js';
import { valleyFromLink, valleyLink } from '../../src/lab/engine/valley/link.js';
import { VALLEY_PRESETS, type ValleyState } from '../../src/lab/engine/valley/state.js';
import { CHUNK, ValleyRun } from '../../src/lab/engine/valley.js';
import { InputError } from '../../src/numeric/errors.js';
import { randomKey } from '../../src/numeric/random.js';
import { gridOf } from '../../src/theory/fokker-planck/grid.js';

const parabola = (changes: Partial<ValleyState> = {}): ValleyState => ({ ...VALLEY_PRESETS.parabola, ...changes });
const line = (loss: string, changes: Partial<ValleyState> = {}): ValleyState => parabola({ loss, ...changes });

/** Fails unless `value` lies within `many` errors of `expected`. */
const near = (e: { value: number; standardError: number }, expected: number, many = 4) =>
  expect(Math.abs(e.value - expected)).toBeLessThan(many * e.standardError);

describe('a parabola', () => {
  // y' = (1 − eta h) y − eta n with ⟨n²⟩ = C: variance eta C/(h (2 − eta h))
  it('keeps the particles at the variance of the map, and the density at that of small steps', () => {
    const run = new ValleyRun(parabola({ eta: 0.2, noise: 5, particles: 8000 }));
    run.runTo(200);
    const f = run.frame();
    const [h, eta, C] = [4, 0.2, 5];
    near(f.variance, (eta * C) / (h * (2 - eta * h)));
    expect(Math.abs(f.variance.value - (eta * C) / (2 * h))).toBeGreaterThan(8 * f.variance.standardError);
    const width = f.x[1] - f.x[0];
    const second = f.stationary!.reduce((s, p, i) => s + p * f.x[i] ** 2 * width, 0);
    expect(second).toBeCloseTo((eta * C) / (2 * h), 3);
  });

  it('tells a distance of the order of chance where steps are small', () => {
    const run = new ValleyRun(parabola({ eta: 0.01, noise: 40 }));
    run.runTo(300);
    const { distance } = run.frame();
    expect(distance.value.value).toBeLessThan(distance.byChance + 5 * distance.value.standardError);
    expect(distance.value.n).toBe(4000);
  });

  it.each([
    [0, 0.5],
    [1, 0.25],
  ])('diverges beyond the bound with a spread of %s of the batch curvature, and not before', (spread, meanSquare) => {
    const stays = new ValleyRun(parabola({ spread, eta: 0.8 * meanSquare, noise: 0.1 }));
    expect(stays.world.bound.meanSquare).toBeCloseTo(meanSquare, 10);
    stays.runTo(200);
    expect(stays.frame().diverged).toBeLessThan(40);
    const beyond = 1.2 * stays.world.bound.almostSure;
    const goes = new ValleyRun(parabola({ spread, eta: beyond, noise: 0.1 }));
    expect([...goes.world.growing].every((g) => g === 1)).toBe(true);
    goes.runTo(600);
    expect(goes.frame().diverged).toBeGreaterThan(3000);
  });

  it('takes a particle that diverged as lost, also when a slider moves later', () => {
    const run = new ValleyRun(parabola({ eta: 0.6, noise: 0.1, particles: 100 }));
    run.runTo(200);
    expect(run.frame().diverged).toBe(100);
    run.set('eta', 0.01);
    run.runTo(400);
    expect(run.frame().diverged).toBe(100);
  });
});

describe('a typed formula', () => {
  it('has the density exp(−U/T) with T = eta C/2', () => {
    const run = new ValleyRun(line('0.4*(x^2-1)^2+0.1*x', { eta: 0.01, noise: 40 }));
    const f = run.frame();
    const U = (x: number) => 0.4 * (x * x - 1) ** 2 + 0.1 * x;
    const T = (0.01 * 40) / 2;
    const weights = [...f.x].map((x) => Math.exp(-U(x) / T));
    const total = weights.reduce((s, w) => s + w, 0) * (f.x[1] - f.x[0]);
    const worst = Math.max(...weights.map((w, i) => Math.abs(f.stationary![i] - w / total)));
    expect(worst).toBeLessThan(2e-3 * Math.max(...f.stationary!));
    const middle = Math.floor(f.x.length / 2);
    const rise = f.potential.marginal![middle] - f.potential.marginal![middle - 60];
    expect(rise).toBeCloseTo(U(f.x[middle]) - U(f.x[middle - 60]), 2);
  });

  it.each([
    ['0.5*x^2 +', 'character 10'],
    ['0.5*z^2', '"z"'],
    ['expp(x)', 'did you mean "exp"'],
    ['log(x)', 'not finite'],
    ['', 'empty'],
  ])('%j is refused with one sentence', (loss, words) => {
    expect(() => new ValleyRun(line(loss))).toThrow(InputError);
    expect(() => new ValleyRun(line(loss))).toThrow(words);
  });

  it('refuses a valley whose curvature is not positive', () => {
    expect(() => new ValleyRun({ ...VALLEY_PRESETS.valley, curvature: 'x' })).toThrow('positive');
  });
});

describe('a valley', () => {
  const flat: ValleyState = {
    ...VALLEY_PRESETS.valley,
    floor: '0',
    curvature: '200*exp(-0.3*x)',
    box: [-1.5, 1.5, -0.6, 0.6],
    start: [0, 0],
  };

  it('has the effective potential −Delta kappa ln F, and eq. 7 on the floor', () => {
    const { potential } = new ValleyRun({ ...flat, kappa: 4, eta: 0.001, noise: 40 }).world;
    const [unit, kappa] = [(0.001 * 40) / 2, 4];
    const lnF = (x: number) => -0.5 * Math.log(200 * Math.exp(-0.3 * x));
    const [a, b] = [10, 90];
    const step = lnF(potential.x[b]) - lnF(potential.x[a]);
    const difference = (v: Float64Array) => v[b] - v[a];
    expect(difference(potential.theory!.marginal)).toBeCloseTo(-unit * kappa * step, 6);
    expect(difference(potential.theory!.floor)).toBeCloseTo(unit * (1 - kappa) * step, 6);
    expect(difference(potential.marginal!) / difference(potential.theory!.marginal)).toBeGreaterThan(0.9);
    expect(difference(potential.marginal!) / difference(potential.theory!.marginal)).toBeLessThan(1.1);
  });

  it('sends the particles to its flat end', () => {
    const run = new ValleyRun({ ...VALLEY_PRESETS.valley, particles: 1000 });
    const sharp = run.curvatureSeen().value;
    run.runTo(2000);
    const f = run.frame();
    expect(sharp).toBeGreaterThan(20);
    expect(f.curvature.value).toBeLessThan(10);
    expect(f.mean.value).toBeGreaterThan(0.2);
  });
});

describe('two wells', () => {
  const wells = line('0.5*(x^2-1)^2', { eta: 0.01, noise: 40, start: [-1, 0], particles: 4000 });

  it('are passed at the predicted rate', () => {
    const run = new ValleyRun(wells);
    const { freezing } = run.world;
    expect(freezing!.wells.top).toBeCloseTo(0, 3);
    // Kramers: √(V''(±1) |V''(0)|)/(2 pi) e^(−ΔV/T) with V'' = 4 and −2, T = 0.2
    const kramers = (Math.sqrt(4 * 2) / (2 * Math.PI)) * Math.exp(-0.5 / 0.2);
    expect(freezing!.exits.left / kramers).toBeGreaterThan(0.7);
    expect(freezing!.exits.left / kramers).toBeLessThan(1.2);
    run.runTo(1500);
    const f = run.frame().freezing!;
    expect(Math.abs(f.share.value - f.predicted)).toBeLessThan(0.03);
    expect(f.passages).toBeGreaterThan(0.3);
  });

  it('freeze as the loss grows, before the occupation is even', () => {
    const run = new ValleyRun({ ...wells, growth: 0.3, particles: 2000 });
    run.runTo(3000);
    const f = run.frame();
    expect(f.grown).toBeCloseTo(1 + 0.3 * 29, 6); // the middle of the last 2 of 30 units of time
    expect(f.time).toBeGreaterThan(f.freezing!.freezesAt!);
    expect(f.freezing!.share.value).toBeLessThan(0.4);
    expect(Math.abs(f.freezing!.share.value - f.freezing!.predicted)).toBeLessThan(0.025);
  });

  it('are predicted anew, from the share of this moment, when a slider moves', () => {
    const run = new ValleyRun({ ...wells, particles: 1000 });
    run.runTo(500);
    const now = run.rightShare()!.value;
    run.set('noise', 60);
    expect(run.world.since).toBe(run.time);
    expect(run.world.freezing!.course.flat[0]).toBeCloseTo(now, 12);
    expect(now).toBeLessThan(0.3);
  });
});

describe('a histogram', () => {
  const grid = gridOf([{ from: 0, to: 3, cells: 6 }]);

  it('has binomial errors', () => {
    const bars = barsOf(grid, Float64Array.of(5, 15, 30, 30, 10, 0), 100, 2);
    expect([...bars.edges]).toEqual([0, 1, 2, 3]);
    expect([...bars.counts]).toEqual([20, 60, 10]);
    [20, 60, 10].forEach((c, k) => {
      expect(bars.density[k]).toBeCloseTo(c / 100, 12);
      expect(bars.errors[k]).toBeCloseTo(Math.sqrt((c * (100 - c)) / 100 ** 3), 12);
    });
  });

  it('lies as far from its own density as chance says, with the error that is told', () => {
    // 0.3, 0.45 and 0.15 in the bars, 0.1 outside
    const marginal = [0.3, 0.3, 0.45, 0.45, 0.15, 0.15];
    const stream = randomKey(3).stream();
    const seen: number[] = [];
    let told = distanceTo(barsOf(grid, new Float64Array(6), 400, 2), marginal, grid, 2);
    for (let draw = 0; draw < 400; draw++) {
      const counts = new Float64Array(6);
      for (let n = 0; n < 400; n++) {
        const u = stream.uniform();
        const k = u < 0.3 ? 0 : u < 0.75 ? 1 : u < 0.9 ? 2 : 3;
        if (k < 3) counts[2 * k]++;
      }
      told = distanceTo(barsOf(grid, counts, 400, 2), marginal, grid, 2);
      seen.push(told.value.value);
    }
    const mean = seen.reduce((a, b) => a + b) / seen.length;
    const spread = Math.sqrt(seen.reduce((a, b) => a + (b - mean) ** 2, 0) / seen.length);
    // normal shares; 400 draws know the mean to 2 %
    expect(mean / told.byChance).toBeGreaterThan(0.92);
    expect(mean / told.byChance).toBeLessThan(1.08);
    expect(spread / told.value.standardError).toBeGreaterThan(0.6);
    expect(spread / told.value.standardError).toBeLessThan(1.4);
  });
});

describe('a run', () => {
  const short = line('0.5*(x^2-1)^2', { eta: 0.01, noise: 40, start: [-1, 0], particles: 200 });

  it('gives the same numbers however it is cut, and replays its sliders', () => {
    const once = new ValleyRun(short);
    once.advance(4);
    once.set('noise', 80);
    once.advance(3);
    once.set('eta', 0.02);
    once.advance(2);
    const again = new ValleyRun(valleyFromLink(valleyLink(once.link())));
    again.runTo(once.link().at);
    expect(again.positions()).toEqual(once.positions());
    expect(again.step).toBe(9 * CHUNK);
    expect(again.time).toBeCloseTo(short.eta * 70 + 0.02 * 20, 12);
    const [a, b] = [again.frame(), once.frame()];
    expect(a.density).toEqual(b.density);
    expect(a.state.changes).toEqual(b.state.changes);
    const other = new ValleyRun({ ...short, seed: 2 });
    other.advance(9);
    expect(other.positions()).not.toEqual(once.positions());
  });

  it('changes nothing when a slider is refused', () => {
    const run = new ValleyRun(short);
    const before = run.state;
    expect(() => run.set('noise', -1)).toThrow('noise lies between');
    expect(run.state).toBe(before);
  });

  it.each([
    [{ kappa: 'x' }, 'kappa of the view Valley is a number'],
    [{ box: [1, 2] }, 'box of the view Valley has 4 numbers'],
    [{ colour: 1 }, 'no such setting'],
    [{ changes: [10, 'eta'] }, 'step, name, value'],
    [{ changes: [10, 'colour', 1] }, 'no number called colour'],
  ])('refuses the link %j', (link, words) => {
    expect(() => valleyFromLink(link as never)).toThrow(words);
  });
});
