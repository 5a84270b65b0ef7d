/** Error bars that end at the frame: where a bar reaches beyond it, an arrow says so. */
import * as Plot from '@observablehq/plot';

/** A bar of an estimate: its place across, and its two ends. */
export interface Bar {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

/** How bars look, and the direction of their axis. */
interface BarOptions {
  readonly strokeWidth?: number;
  readonly strokeOpacity?: number;
  /** Whether the axis runs from its largest value to its smallest. */
  readonly reverse?: boolean;
}

/**
 * Draws upright (`y`) or level (`x`) bars within the domain of their axis; one that lies outside is an arrow alone. Values that are not
 * finite have no bar.
 */
export function barMarks(
  bars: readonly Bar[],
  along: 'x' | 'y',
  domain: readonly [number, number],
  { strokeWidth = 1.8, strokeOpacity, reverse = false }: BarOptions = {},
): Plot.Markish[] {
  const [least, most] = domain;
  const clip = (v: number) => Math.min(most, Math.max(least, v));
  const shown = bars.filter((b) => b.low < b.high);
  const ends = { [`${along}1`]: (b: Bar) => clip(b.low), [`${along}2`]: (b: Bar) => clip(b.high) };
  const across = along === 'y' ? 'x' : 'y';
  // where the axis starts, at the left or below, and where it ends
  const start = { rotate: along === 'y' ? 180 : -90, inset: 1 };
  const end = { rotate: along === 'y' ? 0 : 90, inset: -1 };
  const tips = [
    { beyond: shown.filter((b) => b.low < least), place: least, ...(reverse ? end : start) },
    { beyond: shown.filter((b) => b.high > most), place: most, ...(reverse ? start : end) },
  ];
  return [
    Plot.link(shown, {
      [`${across}1`]: 'at',
      [`${across}2`]: 'at',
      ...ends,
      stroke: 'colour',
      strokeWidth,
      ...(strokeOpacity !== undefined && { strokeOpacity }),
    } as Plot.LinkOptions),
    ...tips
      .filter(({ beyond }) => beyond.length > 0)
      .map(({ beyond, place, rotate, inset }) =>
        Plot.dot(beyond, {
          [across]: 'at',
          [along]: () => place,
          [along === 'y' ? 'dy' : 'dx']: along === 'y' ? -4 * inset : 4 * inset,
          symbol: 'triangle',
          rotate,
          r: 3.6,
          fill: 'colour',
        } as Plot.DotOptions),
      ),
  ];
}

/** Says in a caption that bars are cut at the frame; empty where none is. */
export const beyondWords = (
  bars: readonly { readonly low: number; readonly high: number }[],
  [least, most]: readonly [number, number],
): string =>
  bars.some((b) => b.low < b.high && (b.low < least || b.high > most))
    ? ' A bar with an arrow reaches beyond the frame.'
    : '';
