/**
 * Particles in a landscape of formulas, with the density, the bounds and the effective potential beside them: the engine of the view
 * Valley. It is a deterministic function of its state, the changes by step, and the number of steps.
 *
 * Particles move by the SGD map in chunks of `CHUNK` steps, after each of which the density takes one step of the same length. A
 * slider acts at the beginning of the next chunk: particles and density go on from where they are, with new random numbers. While
 * the loss grows, the formulas are made anew every `REBUILD` chunks.
 */

import { type Estimate, estimate } from '../../numeric/estimate.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { type Ensemble, sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import { histogram, newHistogram } from '../../theory/ensemble/statistics.js';
import { STATUS } from '../../theory/ensemble/walls.js';
import { type Problem, sgdModel } from '../../theory/models/problem.js';
import { BAR } from './valley/density.js';
import { frameOf, type ValleyFrame } from './valley/frame.js';
import { checkOnBox, readFormulas, type ValleyFormulas } from './valley/model.js';
import { newSeries, record, type ValleySeries } from './valley/series.js';
import { checkSlider, checkValley, type ValleyChange, type ValleySlider, type ValleyState } from './valley/state.js';
import { makeWorld, type ValleyWorld } from './valley/world.js';

/** Steps that particles take between two steps of the density. */
export const CHUNK = 10;
/** Chunks after which a growing loss is made anew. */
const REBUILD = 20;
/** A particle counts as diverged at this many times the largest coordinate of the box. */
const FAR = 100;
/** Particles whose curvature is averaged for the course in time. */
const LOOKED = 500;

/** Moves the particles of one state. */
export class ValleyRun {
  /** The numbers as they are now, and what was changed since the beginning. */
  state: ValleyState;
  private readonly opened: ValleyState;
  world: ValleyWorld;
  readonly series: ValleySeries = newSeries();
  private ensemble: Ensemble;
  private readonly root: Key;
  private builds = 0;
  /** Steps and time before the present ensemble was made. */
  private before = { steps: 0, time: 0 };
  /** 1 for each particle that had diverged before the present ensemble was made. */
  private lost: Uint8Array;
  private pending: ValleyChange[];

  /** @throws InputError for numbers out of range and for text that is no formula, in one sentence with the position */
  constructor(given: ValleyState) {
    this.opened = checkValley(given);
    this.state = { ...given, changes: [] };
    this.pending = [...given.changes].sort((a, b) => a.at - b.at);
    this.root = randomKey(given.seed).child('valley');
    this.lost = new Uint8Array(given.particles);
    const formulas = readFormulas(given);
    checkOnBox(given, formulas);
    const start = [...given.start].slice(0, formulas.size);
    this.world = makeWorld({
      state: this.state,
      formulas,
      level: 1,
      time: 0,
      lasts: CHUNK * REBUILD * given.eta,
      tau: CHUNK * given.eta,
      beyond: (x) => (start[0] > x ? 1 : 0),
    });
    this.ensemble = this.particles(this.state, this.world.problem, start);
    this.note();
  }

  get step(): number {
    return this.before.steps + this.ensemble.stepsDone;
  }

  /** eta·steps. */
  get time(): number {
    return this.before.time + this.ensemble.time;
  }

  /** Advances particles and density by a number of chunks. */
  advance(chunks: number): void {
    for (let c = 0; c < chunks; c++) {
      while (this.pending.length > 0 && this.pending[0].at <= this.step) {
        const { key, value } = this.pending.shift()!;
        this.set(key, value);
      }
      if (this.state.growth > 0 && this.ensemble.stepsDone >= CHUNK * REBUILD)
        this.rebuild(this.state, this.world.formulas, this.world);
      this.ensemble.advance(CHUNK);
      this.world.density.step();
      this.note();
    }
  }

  /** Advances to a step, rounded up to whole chunks, with the changes of the state at their steps. */
  runTo(step: number): void {
    while (this.step < step) this.advance(1);
  }

  /**
   * Moves a slider: it acts from the present step on.
   * @throws InputError for a number out of range, or one that makes the landscape infinite; nothing has changed then
   */
  set(key: ValleySlider, value: number): void {
    checkSlider(key, value);
    if (this.state[key] === value) return;
    const others = this.state.changes.filter((c) => c.at !== this.step || c.key !== key);
    const state = { ...this.state, [key]: value, changes: [...others, { at: this.step, key, value }] };
    const formulas = key === 'ratio' ? readFormulas(state) : this.world.formulas;
    if (key === 'ratio') checkOnBox(state, formulas);
    this.rebuild(state, formulas);
  }

  /** Returns the state from which the same run to the present step can be made again. */
  link(): ValleyState {
    return { ...this.opened, changes: this.state.changes, at: this.step };
  }

  /** Returns what the page draws now, with at most so many points. */
  frame(most = 3000): ValleyFrame {
    const { state, world, step, time, series } = this;
    const e = this.ensemble;
    const status = this.status();
    const view = {
      walkers: e.walkers,
      size: e.size,
      time,
      stepsDone: step,
      positions: () => e.positions(),
      status: () => status,
      exitTimes: () => e.exitTimes(),
      exitSides: () => e.exitSides(),
    };
    const source = {
      ...{ state, world, step, time, series, status },
      bar: world.formulas.size === 1 ? BAR.line : BAR.plane,
      positions: e.positions(),
      counts: histogram(view, newHistogram(world.density.grid.axes)),
      share: this.rightShare(),
      curvature: this.curvatureSeen(),
    };
    return frameOf(source, most);
  }

  /** Returns the `STATUS` of each particle. */
  status(): Uint8Array {
    const now = this.ensemble.status();
    return this.lost.map((l, w) => (l > 0 ? STATUS.diverged : now[w]));
  }

  /** Returns particles×size coordinates. */
  positions(): Float64Array {
    return this.ensemble.positions();
  }

  /** Estimates the share of the moving particles right of the top between two wells; undefined without a top. */
  rightShare(): Estimate | undefined {
    const wells = this.world.freezing?.wells;
    if (!wells) return undefined;
    const { share, n } = this.beyond(wells.top);
    return estimate(share, Math.sqrt((share * (1 - share)) / n), n, 'share of independent particles', n > 0);
  }

  private beyond(x: number): { share: number; n: number } {
    const { size } = this.world.formulas;
    const [at, status] = [this.positions(), this.status()];
    let [right, n] = [0, 0];
    for (let w = 0; w < status.length; w++)
      if (status[w] === STATUS.moving) {
        n++;
        if (at[w * size] > x) right++;
      }
    return { share: n > 0 ? right / n : 0, n };
  }

  /** Estimates the mean of the largest curvature at the places of the first `most` moving particles, nat/weight². */
  curvatureSeen(most = Number.POSITIVE_INFINITY): Estimate {
    const { size } = this.world.formulas;
    const [x, status] = [this.positions(), this.status()];
    let [sum, squares, n] = [0, 0, 0];
    for (let w = 0; w < status.length && n < most; w++) {
      if (status[w] !== STATUS.moving) continue;
      const h = this.world.grown * this.world.sharpness(x.subarray(w * size, (w + 1) * size));
      sum += h;
      squares += h * h;
      n++;
    }
    const mean = sum / n;
    const error = Math.sqrt(Math.max(0, squares / n - mean * mean) / Math.max(1, n - 1));
    return estimate(mean, error, n, 'mean over independent particles', n > 1);
  }

  private note(): void {
    record(this.series, () => ({
      step: this.step,
      time: this.time,
      right: this.rightShare()?.value ?? Number.NaN,
      curvature: this.curvatureSeen(LOOKED).value,
      diverged: this.status().reduce((s, v) => s + (v === STATUS.diverged ? 1 : 0), 0) / this.state.particles,
    }));
  }

  private particles(state: ValleyState, problem: Problem, start: ArrayLike<number>): Ensemble {
    const edge = state.box.slice(0, 2 * problem.size);
    return sgdEnsemble({
      model: sgdModel(problem),
      learningRate: state.eta,
      start,
      walkers: state.particles,
      key: this.root.child(this.builds++),
      bound: FAR * Math.max(...edge.map(Math.abs)),
    });
  }

  /** Makes the world anew; particles and density go on from where they are. */
  private rebuild(state: ValleyState, formulas: ValleyFormulas, keep?: ValleyWorld): void {
    const { step, time } = this;
    const world = makeWorld({
      state,
      formulas,
      level: this.world.level + this.state.growth * (time - this.world.built),
      time,
      lasts: CHUNK * REBUILD * state.eta,
      tau: CHUNK * state.eta,
      from: this.world.density.now(),
      beyond: (x) => this.beyond(x).share,
      ...(keep && { keep }),
    });
    const [x, status] = [this.positions(), this.status()];
    // a particle that diverged stays lost; its place is taken by one at the start, which nothing counts
    for (let w = 0; w < status.length; w++)
      if (status[w] !== STATUS.moving)
        for (let c = 0; c < formulas.size; c++) x[w * formulas.size + c] = state.start[c];
    const ensemble = this.particles(state, world.problem, x);
    this.lost = status.map((s) => (s === STATUS.moving ? 0 : 1));
    this.before = { steps: step, time };
    [this.state, this.world, this.ensemble] = [state, world, ensemble];
  }
}
