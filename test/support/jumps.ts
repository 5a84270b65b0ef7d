/** A jump process written out: one entry for each jump, and the dense matrix of its generator. */
import type { JumpProcess } from '../../src/theory/fokker-planck/jumps.js';

export interface Jump {
  readonly from: number;
  /** −1 − side for what leaves the grid. */
  readonly to: number;
  readonly rate: number;
  readonly ex: number;
  readonly ey: number;
}

export function listed(process: JumpProcess): Jump[] {
  const { nx, size } = process.grid;
  const list: Jump[] = process.exits.map((e) => ({ from: e.cell, to: -1 - e.side, rate: e.rate, ex: e.ex, ey: e.ey }));
  for (const { ex, ey, forward, backward } of process.links)
    for (let a = 0; a < size; a++) {
      const b = a + ex + nx * ey;
      if (forward[a] > 0) list.push({ from: a, to: b, rate: forward[a], ex, ey });
      if (backward[a] > 0) list.push({ from: b, to: a, rate: backward[a], ex: -ex, ey: -ey });
    }
  return list;
}

/** A of dp/dt = A p, row by row, among the cells outside the target; those of the target are zero. */
export function generatorOf(process: JumpProcess): number[][] {
  const { size } = process.grid;
  const a = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const { from, to, rate } of listed(process)) {
    if (process.target[from]) continue;
    a[from][from] -= rate;
    if (to >= 0 && !process.target[to]) a[to][from] += rate;
  }
  return a;
}
