/** What the engine of the view Valley sends to the page some ten times a second: numbers to draw and numbers to say. */
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { wholePower } from '../../../numeric/power.js';
import type { Histogram } from '../../../theory/ensemble/statistics.js';
import { STATUS } from '../../../theory/ensemble/walls.js';
import type { ValleyBound } from './bounds.js';
import { type Bars, barsOf, type Distance, distanceTo } from './compare.js';
import { alongX, edgeShare } from './density.js';
import type { EffectivePotential } from './potential.js';
import type { ValleySeries } from './series.js';
import type { ValleyState } from './state.js';
import type { ValleyWorld } from './world.js';

/** What the page draws and says at one moment. */
export interface ValleyFrame {
  readonly state: ValleyState;
  readonly step: number;
  /** eta·steps. */
  readonly time: number;
  readonly size: 1 | 2;
  /** G. */
  readonly grown: number;
  /** x, y of the first particles that move; y is 0 in one dimension. */
  readonly points: Float32Array;
  readonly particles: number;
  readonly moving: number;
  readonly diverged: number;
  /** Particles that move outside the box. */
  readonly outside: number;
  readonly grid: { readonly nx: number; readonly ny: number };
  /** P at the cells, x fastest: the density now. */
  readonly density: Float32Array;
  /** Loss at the cells, nat. */
  readonly loss: Float32Array;
  /** 1 in the cells where a step grows in mean square. */
  readonly growing: Uint8Array;
  readonly x: Float64Array;
  /** P(x) now, and the stationary one where there is one. */
  readonly marginal: Float64Array;
  readonly stationary?: Float64Array;
  readonly refused?: string;
  readonly bars: Bars;
  readonly distance: Distance;
  readonly stationaryDistance?: Distance;
  /** Share of the density in its outermost cells. */
  readonly edge: number;
  readonly potential: EffectivePotential;
  readonly bound: ValleyBound;
  /** Mean and variance of x over the moving particles. */
  readonly mean: Estimate;
  readonly variance: Estimate;
  readonly curvature: Estimate;
  readonly freezing?: FreezingFrame;
  readonly withoutFreezing?: string;
  readonly series: ValleySeries;
}

/** What is said of two wells. */
export interface FreezingFrame {
  readonly top: number;
  readonly left: number;
  readonly right: number;
  /** Barriers in units of the noise when the prediction was made. */
  readonly barriers: readonly [number, number];
  /** Expected times of a passage from the left and from the right, eta·steps, then. */
  readonly times: readonly [number, number];
  /** The time (of the series) from which on fewer than one further passage is expected; with growth only. */
  readonly freezesAt?: number;
  /** Share on the right: measured, and predicted for now. */
  readonly share: Estimate;
  readonly predicted: number;
  /** Share on the right that the rates of this moment tend to. */
  readonly equilibrium: number;
  /** Passages of one particle expected since the prediction was made. */
  readonly passages: number;
  /** Passages of one particle expected from now on; with growth only, where they are finite for ever. */
  readonly further?: number;
  /** The predicted course, to be drawn: time of the series, share. */
  readonly time: Float64Array;
  readonly course: Float64Array;
}

/** What a frame is made of. */
export interface FrameSource {
  readonly state: ValleyState;
  readonly world: ValleyWorld;
  readonly step: number;
  readonly time: number;
  readonly series: ValleySeries;
  readonly bar: number;
  readonly positions: Float64Array;
  readonly status: Uint8Array;
  readonly counts: Histogram;
  readonly share: Estimate | undefined;
  readonly curvature: Estimate;
}

/** Makes a frame with at most so many points. */
export function frameOf(r: FrameSource, most: number): ValleyFrame {
  const { world, positions, status } = r;
  const { size } = world.formulas;
  const { grid } = world.density;
  const now = world.density.now();
  const { marginal } = alongX(now);
  const stationary = world.density.stationary && alongX(world.density.stationary).marginal;
  const moving = status.reduce((n, s) => n + (s === STATUS.moving ? 1 : 0), 0);
  const bars = barsOf(grid, r.counts.counts, moving, r.bar);
  const moments = momentsOf(positions, status, size);
  return {
    state: r.state,
    step: r.step,
    time: r.time,
    size,
    grown: world.grown,
    points: pointsOf(positions, status, size, most),
    particles: status.length,
    moving,
    diverged: status.length - moving,
    outside: r.counts.outside,
    grid: { nx: grid.nx, ny: grid.ny },
    density: Float32Array.from(now.values),
    loss: Float32Array.from(world.loss),
    growing: world.growing.slice(),
    x: world.potential.x.slice(),
    marginal: marginal.slice(),
    ...(stationary && { stationary: stationary.slice() }),
    ...(world.density.refused && { refused: world.density.refused }),
    bars,
    distance: distanceTo(bars, marginal, grid, r.bar),
    ...(stationary && { stationaryDistance: distanceTo(bars, stationary, grid, r.bar) }),
    edge: edgeShare(now),
    potential: world.potential,
    bound: world.bound,
    ...moments,
    curvature: r.curvature,
    ...freezingFrame(r),
    series: r.series,
  };
}

function pointsOf(positions: Float64Array, status: Uint8Array, size: number, most: number): Float32Array {
  const out: number[] = [];
  for (let w = 0; w < status.length && out.length < 2 * most; w++)
    if (status[w] === STATUS.moving) out.push(positions[w * size], size === 2 ? positions[w * size + 1] : 0);
  return Float32Array.from(out);
}

/** Computes mean and variance of x over the moving particles, with the errors of independent ones. */
function momentsOf(x: Float64Array, status: Uint8Array, size: number): { mean: Estimate; variance: Estimate } {
  const values: number[] = [];
  for (let w = 0; w < status.length; w++) if (status[w] === STATUS.moving) values.push(x[w * size]);
  const n = values.length;
  const mean = values.reduce((s, v) => s + v, 0) / n;
  const second = values.reduce((s, v) => s + (v - mean) ** 2, 0) / (n - 1);
  const fourth = values.reduce((s, v) => s + wholePower(v - mean, 4), 0) / n;
  const method = 'over independent particles';
  return {
    mean: estimate(mean, Math.sqrt(second / n), n, `mean ${method}`, n > 1),
    variance: estimate(second, Math.sqrt(Math.max(0, fourth - second * second) / n), n, `variance ${method}`, n > 1),
  };
}

function freezingFrame(r: FrameSource): Pick<ValleyFrame, 'freezing' | 'withoutFreezing'> {
  const { freezing, withoutFreezing, since } = r.world;
  if (!freezing || !r.share) return withoutFreezing === undefined ? {} : { withoutFreezing };
  const { course, exits, wells, passages } = freezing;
  const passed = r.time - since;
  const at = (values: ArrayLike<number>) => {
    const { time } = course;
    const u = Math.min(time.length - 1, (passed / time[time.length - 1]) * (time.length - 1));
    const i = Math.min(time.length - 2, Math.floor(u));
    return values[i] + (u - i) * (values[i + 1] - values[i]);
  };
  return {
    freezing: {
      ...wells,
      barriers: [exits.barrierLeft, exits.barrierRight],
      times: [1 / exits.left, 1 / exits.right],
      ...(r.state.growth > 0 && { freezesAt: since + course.freezingTime }),
      share: r.share,
      predicted: at(course.flat),
      equilibrium: at(course.equilibrium),
      passages: at(passages),
      ...(r.state.growth > 0 && { further: passages[passages.length - 1] - at(passages) }),
      time: course.time.map((t) => t + since),
      course: course.flat.slice(),
    },
  };
}
