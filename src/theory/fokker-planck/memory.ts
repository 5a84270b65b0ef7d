/** Memory and operations of a direct solution on a grid, estimated before anything is built. */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { LEAF } from './dissection.js';
import { GRID_AXIS_WANTS, type GridAxis, gridOf } from './grid.js';

/** Gives the memory and the work that a factorisation needs. */
export interface MemoryNeed {
  readonly bytes: number;
  /** Operations of one factorisation. */
  readonly flops: number;
}

/**
 * Estimates the bytes and operations of one factorisation on these axes.
 * @param reach - longest jump in cells along an axis: 1 for diagonal noise, up to √(ratio of eigenvalues in units of cells) for
 *   oblique noise
 * @throws InputError for axes that make no grid, or a reach that is not a positive integer
 */
export function fokkerPlanckMemory(axes: readonly GridAxis[], reach = 1): MemoryNeed {
  is.given('fokkerPlanckMemory', { axes, reach }, { axes: is.listOf(GRID_AXIS_WANTS), reach: is.finite });
  const { nx, ny, size } = gridOf(axes);
  check(
    Number.isInteger(reach) && reach >= 1,
    'bad-reach',
    `the reach of a jump is a whole number of cells; got ${reach}.`,
  );
  const known = new Map<string, { numbers: number; flops: number; peak: number; front: number; left: number }>();
  // inner sides: left, right, below, above
  const of = (w: number, h: number, inner: readonly number[]): ReturnType<typeof known.get> & object => {
    const key = [w, h, ...inner].join();
    const found = known.get(key);
    if (found) return found;
    const [l, r, b, a] = inner;
    const corners = reach > 1 ? reach * reach * (l + r) * (b + a) : 0;
    const edge = reach * (h * (l + r) + w * (b + a)) + corners;
    const alongX = w >= h;
    const long = alongX ? w : h;
    const whole = w * h <= LEAF || long < reach + 2;
    const own = whole ? w * h : reach * (alongX ? h : w);
    const m = own + edge;
    const left = edge * (edge + 1);
    let [numbers, flops, peak, front] = [own * (m + edge), (2 / 3) * (m ** 3 - edge ** 3), left, m * (m + 1)];
    if (!whole) {
      const first = Math.floor((long - reach) / 2);
      const second = long - reach - first;
      const one = alongX ? of(first, h, [l, 1, b, a]) : of(w, first, [l, r, b, 1]);
      const two = alongX ? of(second, h, [1, r, b, a]) : of(w, second, [l, r, 1, a]);
      numbers += one.numbers + two.numbers;
      flops += one.flops + two.flops;
      peak = Math.max(peak, one.peak, one.left + two.peak);
      front = Math.max(front, one.front, two.front);
    }
    const need = { numbers, flops, peak, front, left };
    known.set(key, need);
    return need;
  };
  // a ring is cut twice: each of its halves has neighbours at both ends
  const ends = axes.map((a) => (a.periodic ? 1 : 0));
  const need = of(nx, ny, [ends[0], ends[0], ends[1] ?? 0, ends[1] ?? 0]);
  // per cell: rates of the links both ways, entries of the system with their indices, vectors
  const perCell = 48 * (ny === 1 ? 1 : 2 + (reach > 1 ? 4 : 0)) + 80;
  return { bytes: 8 * (need.numbers + need.peak + need.front) + perCell * size + 3e6, flops: need.flops };
}
