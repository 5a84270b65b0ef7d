/**
 * Nested dissection of the cells of a jump process (George 1973): a separator cuts a region in two parts that no jump joins; the
 * parts are eliminated first, the separator last. For n×n cells with jumps to neighbours the factors have about 15·n²·log2(n)
 * numbers and cost about 30·n³ operations.
 */
import { type JumpProcess, neighbour } from './jumps.js';

/** Regions up to this many cells are eliminated whole. */
export const LEAF = 20;

/** Lists cells that are eliminated together: a node of the tree, in which children come before parents. */
interface Region {
  readonly own: Int32Array;
  /** Indices of regions that come before. */
  readonly children: readonly number[];
}

/**
 * Divides the cells outside the target into regions, in the order of elimination.
 * @param last - a cell to be eliminated after all others
 */
function dissect(jumps: JumpProcess, last?: number): Region[] {
  const { grid, links } = jumps;
  const free: number[] = [];
  for (let i = 0; i < grid.size; i++) if (!jumps.target[i] && i !== last) free.push(i);
  const xs = Int32Array.from({ length: grid.size }, (_, i) => i % grid.nx);
  const ys = Int32Array.from({ length: grid.size }, (_, i) => Math.floor(i / grid.nx));
  const stamp = new Int32Array(grid.size).fill(-1);
  const regions: Region[] = [];
  let stamps = 0;
  const reachX = links.reduce((r, l) => Math.max(r, l.ex), 1);
  const reachY = links.reduce((r, l) => Math.max(r, Math.abs(l.ey)), 1);
  const root = split(Int32Array.from(free));
  if (last !== undefined) {
    regions[root] = { own: Int32Array.from([...regions[root].own, last]), children: regions[root].children };
  }
  return regions;

  function split(cells: Int32Array): number {
    const cut = cells.length > LEAF ? separate(cells) : undefined;
    if (!cut) {
      regions.push({ own: cells, children: [] });
      return regions.length - 1;
    }
    const children = [split(cut.before), split(cut.after)];
    regions.push({ own: cut.separator, children });
    return regions.length - 1;
  }

  /** Splits at the middle line: the cells beyond it that a jump joins to those before it are the separator. */
  function separate(cells: Int32Array): { before: Int32Array; after: Int32Array; separator: Int32Array } | undefined {
    let [x0, x1, y0, y1] = [grid.nx, -1, grid.ny, -1];
    for (let n = 0; n < cells.length; n++) {
      const [x, y] = [xs[cells[n]], ys[cells[n]]];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    const alongX = (x1 - x0 + 1) / reachX >= (y1 - y0 + 1) / reachY;
    const place = alongX ? xs : ys;
    const ring = grid.axes[alongX ? 0 : 1]?.periodic;
    const [low, high, reach] = alongX ? [x0, x1, reachX] : [y0, y1, reachY];
    const line = Math.max(low + 1, Math.round((low + high + 1 - reach) / 2));
    // 2·id: after the line, 2·id + 1: separator
    const id = ++stamps;
    let beyond = 0;
    for (let n = 0; n < cells.length; n++) {
      const after = place[cells[n]] >= line;
      stamp[cells[n]] = after ? 2 * id : -1;
      if (after) beyond++;
    }
    let joined = 0;
    for (let n = 0; n < cells.length; n++) {
      const i = cells[n];
      // around a ring, the far end is joined to what lies beyond the line as well
      if (place[i] >= line || (!ring && place[i] < line - reach)) continue;
      for (const link of links) {
        const j = neighbour(grid, i, link.ex, link.ey);
        if (j >= 0 && stamp[j] === 2 * id && link.forward[i] + link.backward[i] > 0)
          [stamp[j], joined] = [2 * id + 1, joined + 1];
        const k = neighbour(grid, i, -link.ex, -link.ey);
        if (k >= 0 && stamp[k] === 2 * id && link.forward[k] + link.backward[k] > 0)
          [stamp[k], joined] = [2 * id + 1, joined + 1];
      }
    }
    if (beyond === cells.length || beyond === joined) return undefined;
    const before = new Int32Array(cells.length - beyond);
    const after = new Int32Array(beyond - joined);
    const separator = new Int32Array(joined);
    let [b, a, s] = [0, 0, 0];
    for (let n = 0; n < cells.length; n++) {
      const i = cells[n];
      if (stamp[i] === -1) before[b++] = i;
      else if (stamp[i] === 2 * id) after[a++] = i;
      else separator[s++] = i;
    }
    return { before, after, separator };
  }
}

/** Holds the order of elimination, and for each front the later positions that its elimination changes. */
export interface Structure {
  /** Number of unknowns. */
  readonly size: number;
  /** Cell of each position in the order of elimination. */
  readonly cells: Int32Array;
  readonly fronts: readonly FrontShape[];
  /** Later neighbours of position p: ptr[p] … ptr[p+1] of `col`, with the rates col → p (`up`) and p → col (`down`). */
  readonly ptr: Int32Array;
  readonly col: Int32Array;
  readonly up: Float64Array;
  readonly down: Float64Array;
  /** Rate of absorption, through sides and into the target. */
  readonly out: Float64Array;
  /** Numbers in the factors, and operations of a factorisation. */
  readonly factorNumbers: number;
  readonly flops: number;
}

/** Describes one front: the positions it eliminates and the later ones that change. */
interface FrontShape {
  /** First position that is eliminated, and the number of such positions. */
  readonly start: number;
  readonly own: number;
  /** Later positions that change, ascending. */
  readonly boundary: Int32Array;
  readonly children: readonly number[];
}

/**
 * Performs the symbolic elimination of a process: the order, the shapes of all fronts and the rates.
 * @param last - a cell to be eliminated after all others
 */
export function structureOf(jumps: JumpProcess, last?: number): Structure {
  const { grid, target } = jumps;
  const regions = dissect(jumps, last);
  const position = new Int32Array(grid.size).fill(-1);
  const size = regions.reduce((n, r) => n + r.own.length, 0);
  const cells = new Int32Array(size);
  let next = 0;
  for (const r of regions)
    for (const c of r.own) {
      position[c] = next;
      cells[next++] = c;
    }
  const { ptr, col, up, down, out } = entries();
  const mark = new Int32Array(size).fill(-1);
  const fronts: FrontShape[] = [];
  let [start, factorNumbers, flops] = [0, 0, 0];
  regions.forEach((r, k) => {
    const end = start + r.own.length;
    const found: number[] = [];
    const add = (p: number) => {
      if (p >= end && mark[p] !== k) {
        mark[p] = k;
        found.push(p);
      }
    };
    for (let e = ptr[start]; e < ptr[end]; e++) add(col[e]);
    for (const c of r.children) for (const p of fronts[c].boundary) add(p);
    const boundary = Int32Array.from(found).sort();
    fronts.push({ start, own: r.own.length, boundary, children: r.children });
    const [ne, m] = [r.own.length, r.own.length + boundary.length];
    factorNumbers += ne * (m + boundary.length);
    for (let i = 1; i <= ne; i++) flops += 2 * (m - i) * (m - i + 1);
    start = end;
  });
  return { size, cells, fronts, ptr, col, up, down, out, factorNumbers, flops };

  /** Collects the rates, each pair of cells at the one eliminated first; jumps into the target count as absorption. */
  function entries() {
    const gone = new Float64Array(size);
    for (let p = 0; p < size; p++) gone[p] = jumps.out[cells[p]];
    const counts = new Int32Array(size + 1);
    const pairs = (each: (p: number, q: number, toQ: number, toP: number) => void) => {
      for (const link of jumps.links) {
        for (let i = 0; i < grid.size; i++) {
          const [forward, backward] = [link.forward[i], link.backward[i]];
          if (!(forward > 0) && !(backward > 0)) continue;
          const [p, q] = [position[i], position[neighbour(grid, i, link.ex, link.ey)]];
          if (p >= 0 && q >= 0 && p < q) each(p, q, forward, backward);
          else if (p >= 0 && q >= 0) each(q, p, backward, forward);
        }
      }
    };
    pairs((p) => counts[p + 1]++);
    for (let p = 0; p < size; p++) counts[p + 1] += counts[p];
    const fill = counts.slice(0, size);
    const total = counts[size];
    const later = new Int32Array(total);
    const [toEarlier, toLater] = [new Float64Array(total), new Float64Array(total)];
    pairs((p, q, toQ, toP) => {
      const e = fill[p]++;
      later[e] = q;
      toLater[e] = toQ;
      toEarlier[e] = toP;
    });
    for (const link of jumps.links) {
      for (let i = 0; i < grid.size; i++) {
        const j = neighbour(grid, i, link.ex, link.ey);
        if (link.forward[i] > 0 && target[j] && !target[i]) gone[position[i]] += link.forward[i];
        if (link.backward[i] > 0 && target[i] && !target[j]) gone[position[j]] += link.backward[i];
      }
    }
    return { ptr: counts, col: later, up: toEarlier, down: toLater, out: gone };
  }
}
