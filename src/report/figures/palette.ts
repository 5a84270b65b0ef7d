/**
 * Colours of figures: a light set in the SVG itself, which every viewer and printer understands, and a dark set that a style rule puts in
 * its place on dark screens. The hues are those of Okabe and Ito, darkened to a contrast of 4.5:1 on white and lightened to 6:1 on the
 * dark background; the lightness of the ramp increases, so that its order is visible to the colour-blind and in grey print.
 */

export const COLOURS = {
  ink: '#1b1f24',
  paper: '#fffffe',
  muted: '#69717c',
  blue: '#0a63a8',
  orange: '#b84a0d',
  green: '#04755a',
  purple: '#8a4a8c',
} as const;

/** For each colour of the light set, the colour that takes its place on dark screens. */
export const DARK: Record<string, string> = {
  [COLOURS.ink]: '#e4e7eb',
  [COLOURS.paper]: '#14171c',
  [COLOURS.muted]: '#98a2ae',
  [COLOURS.blue]: '#68b5f5',
  [COLOURS.orange]: '#ff9d66',
  [COLOURS.green]: '#4ecda4',
  [COLOURS.purple]: '#d9a3dc',
};

/** Steps of the ordered ramp. */
export const RAMP_STEPS = 10;
const LIGHT_STOPS = [0x262a78, 0x7a2a8f, 0xc23a63, 0xdc7a1e];
const DARK_STOPS = [0x7187ff, 0xc071f0, 0xff7d9c, 0xffcc6e];

/** The colours of the ramp, first to last. */
export const RAMP: readonly string[] = ramp(LIGHT_STOPS);
for (const [k, c] of ramp(DARK_STOPS).entries()) DARK[RAMP[k]] = c;

function ramp(stops: readonly number[]): string[] {
  return Array.from({ length: RAMP_STEPS }, (_, k) => {
    const at = (k / (RAMP_STEPS - 1)) * (stops.length - 1);
    const i = Math.min(stops.length - 2, Math.floor(at));
    const mix = [16, 8, 0].map((s) => {
      const [a, b] = [(stops[i] >> s) & 255, (stops[i + 1] >> s) & 255];
      return Math.round(a + (b - a) * (at - i))
        .toString(16)
        .padStart(2, '0');
    });
    return `#${mix.join('')}`;
  });
}

/** The colour at a fraction 0 … 1 of the ramp. */
export const rampColour = (t: number): string =>
  RAMP[Math.max(0, Math.min(RAMP_STEPS - 1, Math.floor((Number.isFinite(t) ? t : 0) * RAMP_STEPS)))];

/** Style rules shared by all figures; a page has them once, and each standalone SVG has its own. */
export const FIGURE_CSS: string = [
  '.tg-figure{display:block;max-width:100%;height:auto;color:#1b1f24;background:#fff}',
  '.tg-figure text{white-space:pre}',
  '@media screen and (prefers-color-scheme:dark){',
  `.tg-figure{color:${DARK[COLOURS.ink]};background:${DARK[COLOURS.paper]}}`,
  ...Object.entries(DARK).map(
    ([light, dark]) => `.tg-figure [fill="${light}"]{fill:${dark}}.tg-figure [stroke="${light}"]{stroke:${dark}}`,
  ),
  '}',
].join('\n');
