/** Langevin models written as functions, for tests. */
import type { LangevinModel } from '../../src/theory/motion.js';

/** One dimension: f(x) and D(x). */
export function model1(f: (x: number) => number, d: (x: number) => number): LangevinModel {
  return {
    size: 1,
    names: ['x'],
    drift: {
      outputs: 1,
      at: (p, o) => {
        o[0] = f(p[0]);
      },
    },
    diffusion: {
      outputs: 1,
      at: (p, o) => {
        o[0] = d(p[0]);
      },
    },
  };
}

/** Two dimensions: f(x, y) and D_xx, D_xy, D_yy. */
export function model2(
  f: (x: number, y: number) => readonly [number, number],
  d: (x: number, y: number) => readonly [number, number, number],
): LangevinModel {
  return {
    size: 2,
    names: ['x', 'y'],
    drift: {
      outputs: 2,
      at: (p, o) => {
        [o[0], o[1]] = f(p[0], p[1]);
      },
    },
    diffusion: {
      outputs: 3,
      at: (p, o) => {
        [o[0], o[1], o[2]] = d(p[0], p[1]);
      },
    },
  };
}
