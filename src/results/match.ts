/** Which rows of a report's tables the marks of a figure show: the pair of columns that lies on them. */
import type { Scale } from './scale.js';
import { numbersOf, type TextTable } from './tables.js';

/** A mark of a figure, in pixels of its drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The row of a table that a mark shows. */
export interface Matched {
  readonly table: TextTable;
  readonly x: string;
  readonly y: string;
  /** For each point the place of its row, or −1. */
  readonly rows: Int32Array;
}

/** Pixels between a mark and its row; figures round to hundredths. */
const NEAR = 0.35;
/** Share of the marks that must have a row. */
const ENOUGH = 0.6;
/** Marks that are tried first. */
const PROBES = 24;

/**
 * Finds the table and the two columns whose rows lie on the points. Costs a pass over each pair of numeric columns.
 * @returns undefined where no pair explains most of the points
 */
export function matchRows(
  points: readonly Point[],
  x: Scale,
  y: Scale,
  tables: readonly TextTable[],
): Matched | undefined {
  if (points.length === 0) return undefined;
  const probes = points.filter((_, k) => k % Math.max(1, Math.floor(points.length / PROBES)) === 0);
  let best: (Matched & { readonly share: number }) | undefined;
  for (const table of tables) {
    const numeric = table.columns.map((_, c) => numbersOf(table, c));
    for (const [cx, valuesX] of numeric.entries()) {
      if (!valuesX) continue;
      const order = sortedBy(valuesX.map((v) => x.to(v)));
      for (const [cy, valuesY] of numeric.entries()) {
        if (!valuesY || cx === cy) continue;
        const pixelsY = valuesY.map((v) => y.to(v));
        const tried = share(rowsAt(probes, order, pixelsY));
        if (tried < ENOUGH || tried <= (best?.share ?? 0)) continue;
        const rows = rowsAt(points, order, pixelsY);
        if (share(rows) < ENOUGH || share(rows) <= (best?.share ?? 0)) continue;
        best = { table, x: table.columns[cx], y: table.columns[cy], rows, share: share(rows) };
      }
    }
  }
  return best;
}

const share = (rows: Int32Array): number => rows.filter((r) => r >= 0).length / rows.length;

interface Sorted {
  readonly pixels: Float64Array;
  readonly rows: Int32Array;
}

function sortedBy(pixels: Float64Array): Sorted {
  const rows = Int32Array.from(pixels.keys()).filter((r) => Number.isFinite(pixels[r]));
  rows.sort((a, b) => pixels[a] - pixels[b]);
  return { pixels: Float64Array.from(rows, (r) => pixels[r]), rows };
}

/** For each point the nearest row within reach, or −1. */
function rowsAt(points: readonly Point[], { pixels, rows }: Sorted, pixelsY: Float64Array): Int32Array {
  return Int32Array.from(points, ({ x, y }) => {
    let [low, high] = [0, pixels.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pixels[middle] < x - NEAR) low = middle + 1;
      else high = middle;
    }
    let [found, reach] = [-1, NEAR];
    for (let k = low; k < pixels.length && pixels[k] <= x + NEAR; k++) {
      const d = Math.hypot(pixels[k] - x, pixelsY[rows[k]] - y);
      if (d < reach) [found, reach] = [rows[k], d];
    }
    return found;
  });
}
