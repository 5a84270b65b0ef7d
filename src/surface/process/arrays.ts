/** Requests as arrays: blocks, subsets, lines, and the weights where they changed. */
import type { Line, RequestOptions, Subset, SurfaceBlock } from '../surface.js';
import type { FrameArray } from './frames.js';

/** Bytes of directions or vectors that go in one request; more are asked for in turns. */
export const REQUEST_BYTES = 256 * 2 ** 20;

/** Remembers the weights that the other side has. */
export class SentWeights {
  private last: Float64Array | undefined;

  /** Returns the array of weights, or none where the other side has these already. */
  for(w: Float64Array): FrameArray[] {
    if (this.last && same(this.last, w)) return [];
    this.last = w.slice();
    return [{ name: 'weights', shape: [w.length], data: this.last }];
  }

  /** After a failed request it is unknown what the other side has. */
  forget(): void {
    this.last = undefined;
  }
}

/** Compares bit for bit, so that a NaN equals itself. */
function same(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

const uints = (name: string, rows: readonly (readonly number[])[], cols: number): FrameArray => ({
  name,
  shape: [rows.length, cols],
  data: Uint32Array.from(rows.flat()),
});

/** Writes the ranges of blocks, one after another. */
export const rangesOf = (blocks: readonly SurfaceBlock[]): FrameArray =>
  uints(
    'ranges',
    blocks.flatMap((b) => b.ranges.map(({ offset, size }) => [offset, size])),
    2,
  );

/** Writes a subset; nothing for all samples. */
export const subsetArrays = (subset: Subset): FrameArray[] =>
  subset
    ? [
        { name: 'samples', shape: [subset.samples.length], data: subset.samples },
        uints(
          'strata',
          subset.strata.map(({ count, of }) => [count, of]),
          2,
        ),
      ]
    : [];

/** Cuts lines into groups whose directions fit a request. */
export function groupsOf(lines: readonly Line[]): Line[][] {
  const groups: Line[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    bytes += 8 * line.block.size;
    if (bytes > REQUEST_BYTES) {
      groups.push([]);
      bytes = 8 * line.block.size;
    }
    groups[groups.length - 1].push(line);
  }
  return groups;
}

/** Writes lines as arrays; a block that several share crosses once. */
export function lineArrays(lines: readonly Line[]): FrameArray[] {
  const blocks = [...new Set(lines.map((l) => l.block))];
  const directions = new Float64Array(lines.reduce((sum, l) => sum + l.block.size, 0));
  let at = 0;
  for (const { direction } of lines) {
    directions.set(direction, at);
    at += direction.length;
  }
  const displacements = Float64Array.from(lines.flatMap((l) => l.displacements));
  return [
    rangesOf(blocks),
    { name: 'blocks', shape: [blocks.length], data: Uint32Array.from(blocks, (b) => b.ranges.length) },
    uints(
      'lines',
      lines.map((l) => [blocks.indexOf(l.block), l.displacements.length]),
      2,
    ),
    { name: 'directions', shape: [directions.length], data: directions },
    { name: 'displacements', shape: [displacements.length], data: displacements },
  ];
}

/** Returns the options of a part of a request, whose shares are those of the whole. */
export function partOf(options: RequestOptions | undefined, from: number, share: number): RequestOptions | undefined {
  const { onProgress } = options ?? {};
  return onProgress ? { ...options, onProgress: (s) => onProgress(from + share * s) } : options;
}
