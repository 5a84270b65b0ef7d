/** Error bars that end at the frame: where a bar reaches beyond it, an arrow says so. */
import * as Plot from '@observablehq/plot';

/** A bar of an estimate: its place across, and its two ends. */
export interface Bar {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

/**
 * Draws upright (`y`) or level (`x`) bars within the domain of their axis; one that lies outside is an arrow alone. Values that are not
 * finite have no bar.
 */
export function barMarks(
  bars: readonly Bar[],
  along: 'x' | 'y',
  domain: readonly [number, number],
  strokeWidth = 1.8,
): Plot.Markish[] {
  const [least, most] = domain;
  const clip = (v: number) => Math.min(most, Math.max(least, v));
  const shown = bars.filter((b) => b.low < b.high);
  const ends = { [`${along}1`]: (b: Bar) => clip(b.low), [`${along}2`]: (b: Bar) => clip(b.high) };
  const across = along === 'y' ? 'x' : 'y';
  const tips = [
    { beyond: shown.filter((b) => b.low < least), place: least, rotate: along === 'y' ? 180 : -90, inset: 1 },
    { beyond: shown.filter((b) => b.high > most), place: most, rotate: along === 'y' ? 0 : 90, inset: -1 },
  ];
  return [
    Plot.link(shown, {
      [`${across}1`]: 'at',
      [`${across}2`]: 'at',
      ...ends,
      stroke: 'colour',
      strokeWidth,
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
