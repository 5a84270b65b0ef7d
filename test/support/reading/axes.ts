/** The scale of an axis, found from the places of its tick labels and the numbers in them. */
import { numberIn } from './printed.js';

export interface Tick {
  readonly pixel: number;
  readonly label: string;
  /** The number of the label; NaN where it is a word. */
  readonly value: number;
}

export interface Scale {
  readonly type: 'linear' | 'log';
  readonly ticks: readonly Tick[];
  /** Data value at a pixel. */
  value(pixel: number): number;
  /** Pixel of a data value. */
  pixel(value: number): number;
}

/** What the reader of a figure must be told where its axis does not say it. */
export interface AxisHint {
  /** Needed for two ticks only, which fit either. */
  readonly type?: 'linear' | 'log';
  /** Values of the ticks in their order in the document, where their labels are words. */
  readonly values?: readonly number[];
}

/** Greatest distance in pixels of a tick from the fitted scale; coordinates are written to hundredths. */
const MISFIT = 0.03;

/** @throws Error where the labels fit neither a linear nor a logarithmic scale, or both */
export function scaleOf(labels: readonly { readonly pixel: number; readonly label: string }[], hint: AxisHint): Scale {
  const ticks = labels.map(({ pixel, label }, k) => ({ pixel, label, value: hint.values?.[k] ?? numberIn(label) }));
  const known = ticks.filter((t) => Number.isFinite(t.value));
  if (known.length < 2) throw new Error(`an axis with the tick labels ${labels.map((l) => l.label)} has no scale`);
  const types = hint.type ? [hint.type] : (['linear', 'log'] as const);
  const fits = types.flatMap((type) => {
    const scale = fit(type, known, ticks);
    const off = scale ? Math.max(...known.map((t) => Math.abs(scale.pixel(t.value) - t.pixel))) : Infinity;
    return scale && off < MISFIT ? [scale] : [];
  });
  if (fits.length !== 1)
    throw new Error(`${known.length} ticks (${known.map((t) => t.label)}) fit ${fits.length} scales; say which one`);
  return fits[0];
}

/** Least squares of pixel against value or its logarithm. */
function fit(type: Scale['type'], known: readonly Tick[], ticks: readonly Tick[]): Scale | undefined {
  if (type === 'log' && known.some((t) => t.value <= 0)) return undefined;
  const to = type === 'log' ? Math.log10 : (v: number) => v;
  const mean = (f: (t: Tick) => number) => known.reduce((s, t) => s + f(t), 0) / known.length;
  const [u, p] = [mean((t) => to(t.value)), mean((t) => t.pixel)];
  const slope = mean((t) => (to(t.value) - u) * (t.pixel - p)) / mean((t) => (to(t.value) - u) ** 2);
  return {
    type,
    ticks,
    pixel: (value) => p + slope * (to(value) - u),
    value: (pixel) => {
      const v = u + (pixel - p) / slope;
      return type === 'log' ? 10 ** v : v;
    },
  };
}
