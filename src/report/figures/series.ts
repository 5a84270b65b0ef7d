/** Which entry of the legend a mark belongs to, found by its looks, so that no figure has to say it. */
import type { LegendEntry } from './legend.js';
import { COLOURS, RAMP } from './palette.js';

/** How something in a figure looks. */
export interface Look {
  /** The kind of mark as Plot names it: dot, line, rule, area, rect, link, arrow, contour. */
  readonly kind: string;
  readonly fill: string;
  readonly stroke: string;
  readonly dash: string;
  readonly symbol: boolean;
}

const STROKED = /^(line|rule|link|arrow)$/;

/** The colour that identifies a mark; undefined for what only sets others off from their background. */
export function colourOf({ kind, fill, stroke }: Look): string | undefined {
  const colours = STROKED.test(kind) ? [stroke] : [fill, stroke];
  const colour = colours.find((c) => c && c !== 'none' && c !== COLOURS.paper);
  return colour === 'currentColor' ? COLOURS.ink : colour;
}

const drawnAs =
  (...kinds: string[]) =>
  ({ kind }: Look) =>
    kinds.includes(kind);
const dashed = (first: RegExp) => (l: Look) => STROKED.test(l.kind) && first.test(l.dash);
const filled = (l: Look) => l.fill !== 'none' && l.fill !== COLOURS.paper;

/** Whether a mark looks as an entry shows it, apart from the colour. */
const ALIKE: Record<LegendEntry['mark'], (l: Look) => boolean> = {
  line: (l) => (STROKED.test(l.kind) || (l.kind === 'contour' && !filled(l))) && l.dash === 'none',
  dash: dashed(/^[4-9]/),
  dots: dashed(/^[1-3]/),
  rule: drawnAs('rule'),
  bar: drawnAs('link', 'rule', 'rect'),
  area: drawnAs('area', 'rect'),
  dot: (l) => l.kind === 'dot' && filled(l) && !l.symbol,
  ring: (l) => l.kind === 'dot' && !filled(l) && !l.symbol,
  triangle: (l) => l.symbol,
  cross: (l) => l.symbol || l.kind === 'link',
  ramp: (l) => !STROKED.test(l.kind) || l.dash === 'none',
};

const has = (e: LegendEntry, colour: string) =>
  e.mark === 'ramp' ? (e.steps ?? RAMP).includes(colour) : (e.colour ?? COLOURS.ink) === colour;

/**
 * The number of the entry to which a mark belongs, or −1. It is the one of its colour that looks like it; else the one of a neighbour of the same
 * colour, because figures draw the errors, the line and the points of a series one after the other; else one of its colour. Full bars ask their
 * neighbours first, for errors look like short lines.
 */
export function entryOf(look: Look, legend: readonly LegendEntry[], neighbours: readonly Look[] = []): number {
  const colour = colourOf(look);
  if (colour === undefined) return -1;
  const exact = (l: Look) => legend.findIndex((e) => has(e, colour) && ALIKE[e.mark](l));
  const near = neighbours.find((n) => /line|dot/.test(n.kind) && colourOf(n) === colour && exact(n) >= 0);
  const bar = /rule|link/.test(look.kind) && look.dash === 'none';
  const own = bar && near ? -1 : exact(look);
  if (own >= 0) return own;
  if (near) return exact(near);
  return legend.findIndex((e) => has(e, colour) && (look.kind !== 'dot' || POINTS.test(e.mark)));
}

/** Entries that stand for points. */
const POINTS = /dot$|ring|triangle|cross|ramp/;

/** The marks drawn next to one, nearest first. */
export const neighboursOf = (looks: readonly Look[], k: number): Look[] =>
  [k - 1, k + 1, k - 2, k + 2, k - 3, k + 3].flatMap((i) => looks[i] ?? []);

/** Whether a mark looks like an entry in all but its colour. */
export const isAlike = (look: Look, e: LegendEntry): boolean => e.mark !== 'ramp' && ALIKE[e.mark](look);
