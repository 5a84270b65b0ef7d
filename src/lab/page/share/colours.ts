/** Colours as styles write them, taken apart for documents that know numbers only. */

/** Red, green, blue and opacity, 0 … 1 each. */
export type Rgba = readonly [red: number, green: number, blue: number, opacity: number];

/** Returns the parts of `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(…)` and `rgba(…)`; black for anything else. */
export function rgba(colour: string): Rgba {
  const hex = /^#([\da-f]{3,8})$/i.exec(colour.trim())?.[1];
  if (hex !== undefined) {
    const long = hex.length < 6 ? [...hex].map((c) => c + c).join('') : hex;
    const [r, g, b, a = 255] = long.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
    return [r / 255, g / 255, b / 255, a / 255];
  }
  const numbers =
    /^rgba?\(([^)]*)\)$/i
      .exec(colour.trim())?.[1]
      .split(/[\s,/]+/)
      .filter(Boolean) ?? [];
  if (numbers.length < 3) return [0, 0, 0, 1];
  const [r, g, b, a = '1'] = numbers;
  return [Number(r) / 255, Number(g) / 255, Number(b) / 255, a.endsWith('%') ? Number.parseFloat(a) / 100 : Number(a)];
}
