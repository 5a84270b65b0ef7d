/** The scale of an axis, found from its ticks: what a drawn figure says of its coordinates. */

/** A tick: its place in pixels and the value written at it. */
export interface Tick {
  readonly at: number;
  readonly value: number;
}

/** Maps values to pixels and back. */
export interface Scale {
  readonly log: boolean;
  to(value: number): number;
  back(pixel: number): number;
}

/** Pixels by which a tick may lie off the scale, since a label is rounded and a place is given in hundredths. */
const OFF = 0.75;

/** Returns the linear or logarithmic scale on which all ticks lie, or undefined where there is none. */
export function scaleOf(ticks: readonly Tick[]): Scale | undefined {
  const usable = ticks.filter((t) => Number.isFinite(t.at) && Number.isFinite(t.value));
  if (usable.length < 2) return undefined;
  const linear = fit(usable, (v) => v);
  const log = usable.every((t) => t.value > 0) ? fit(usable, Math.log) : undefined;
  // two ticks lie on both; powers of ten mean a logarithmic axis
  const powers =
    usable.length === 2 && usable.every((t) => Number.isInteger(Math.round(Math.log10(t.value) * 1e9) / 1e9));
  if (log && log.off <= OFF && (powers || !linear || log.off < linear.off - 1e-9))
    return {
      log: true,
      to: (v) => (v > 0 ? log.a + log.b * Math.log(v) : Number.NaN),
      back: (p) => Math.exp((p - log.a) / log.b),
    };
  if (!linear || linear.off > OFF) return undefined;
  return { log: false, to: (v) => linear.a + linear.b * v, back: (p) => (p - linear.a) / linear.b };
}

/** at = a + b f(value) through the outermost ticks, and the largest distance of a tick from it. */
function fit(ticks: readonly Tick[], f: (v: number) => number): { a: number; b: number; off: number } | undefined {
  const sorted = [...ticks].sort((p, q) => p.value - q.value);
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  const b = (last.at - first.at) / (f(last.value) - f(first.value));
  if (!Number.isFinite(b) || b === 0) return undefined;
  const a = first.at - b * f(first.value);
  return { a, b, off: Math.max(...sorted.map((t) => Math.abs(a + b * f(t.value) - t.at))) };
}

const RAISED: Readonly<Record<string, string>> = {
  '⁰': '0',
  '¹': '1',
  '²': '2',
  '³': '3',
  '⁴': '4',
  '⁵': '5',
  '⁶': '6',
  '⁷': '7',
  '⁸': '8',
  '⁹': '9',
  '⁻': '-',
};

/** Returns the number that a tick label states, such as `−0.5`, `1 000`, `10⁻⁴`, `3 × 10⁵` or `2k`; NaN where it states none. */
export function labelValue(text: string, raised = ''): number {
  const plain = text.replace(/[−–]/g, '-').replace(/[\s\u2009\u202f\u00a0,]/g, '');
  const exponent = (raised || [...plain.matchAll(/[⁰¹²³⁴-⁹⁻]/g)].map(([c]) => RAISED[c]).join('')).replace(
    /[−–]/g,
    '-',
  );
  const base = plain.replace(/[⁰¹²³⁴-⁹⁻]/g, '');
  if (exponent !== '') {
    const [, factor, sign] = /^(?:(-?[\d.]+)[×·])?(-?)10$/.exec(base) ?? [];
    if (sign === undefined) return Number.NaN;
    return Number(`${sign}1e${exponent}`) * (factor === undefined ? 1 : Number(factor));
  }
  const [, digits, unit] = /^(-?[\d.]+(?:e-?\d+)?)([kM%]?)$/.exec(base) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * ({ k: 1e3, M: 1e6 }[unit] ?? 1);
}
