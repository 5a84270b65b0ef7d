/** Axes of figures: domains, ticks that never overlap, labels in the middle with their units. */
import type { ScaleOptions } from '@observablehq/plot';
import { formatTick } from '../format.js';
import { BAR_WIDTH, CHARACTER, type RampTick } from './legend.js';
import { charactersOf, linesOf } from './typeset.js';

const positive = (xs: Iterable<number>): number[] => [...xs].filter((x) => Number.isFinite(x) && x > 0);

/** The smallest and the largest positive value, widened by `pad` decades to at least `span` decades; [0.1, 10] where there is none. */
export function logDomain(values: Iterable<number>, pad = 0.08, span = 0.35): [number, number] {
  const xs = positive(values);
  if (xs.length === 0) return [0.1, 10];
  let [lo, hi] = [Infinity, -Infinity];
  for (const x of xs) {
    const l = Math.log10(x);
    if (l < lo) lo = l;
    if (l > hi) hi = l;
  }
  const short = Math.max(0, span - (hi - lo)) / 2;
  return [10 ** (lo - pad - short), 10 ** (hi + pad + short)];
}

/** The smallest and the largest finite value, widened by a fraction of their distance; [0, 1] where there is none. */
export function linearDomain(values: Iterable<number>, pad = 0.04): [number, number] {
  let [lo, hi] = [Infinity, -Infinity];
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    if (x < lo) lo = x;
    if (x > hi) hi = x;
  }
  if (lo > hi) return [0, 1];
  const width = hi - lo || Math.abs(hi) || 1;
  return [lo - pad * width, hi + pad * width];
}

/** Chooses at most `most` + 1 ticks of a logarithmic axis: whole decades where there are enough of them, finer steps otherwise. */
export function logTicks([lo, hi]: readonly [number, number], most = 7): number[] {
  const [a, b] = [Math.log10(lo), Math.log10(hi)];
  for (const digits of [
    [1],
    [1, 3],
    [1, 2, 5],
    [1, 1.5, 2, 3, 4, 6],
    [1, 1.2, 1.4, 1.6, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
  ]) {
    const ticks: number[] = [];
    for (let e = Math.floor(a); e <= Math.ceil(b); e++) {
      for (const d of digits) {
        const x = e < 0 ? d / 10 ** -e : d * 10 ** e;
        if (x >= lo * (1 - 1e-12) && x <= hi * (1 + 1e-12)) ticks.push(x);
      }
    }
    if (ticks.length < 3) continue;
    if (digits.length > 1) return ticks;
    const step = Math.ceil(ticks.length / most);
    return ticks.filter((x) => Math.round(Math.log10(x)) % step === 0);
  }
  return [lo, hi].map((x) => Number(x.toPrecision(2)));
}

/** Chooses about `count` round numbers inside a linear domain, in steps of 1, 2 or 5 times a power of ten. */
export function linearTicks([lo, hi]: readonly [number, number], count: number): number[] {
  const raw = (hi - lo) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const excess = raw / power;
  const step = power * (excess >= Math.sqrt(50) ? 10 : excess >= Math.sqrt(10) ? 5 : excess >= Math.SQRT2 ? 2 : 1);
  const ticks: number[] = [];
  for (let k = Math.ceil(lo / step); k * step <= hi * (1 + 1e-12); k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** An axis whose ticks are chosen, so that the frame can leave room for their labels. */
export interface Axis extends ScaleOptions {
  readonly ticks: number[];
  readonly tickFormat: (x: number) => string;
  /** The same axis with at most about so many ticks, or over another domain; absent where ticks are names. */
  readonly remade?: (most: number, domain?: readonly [number, number]) => Axis;
}

const axis = (
  type: 'log' | 'linear',
  label: string,
  domain: readonly [number, number],
  ticks: number[],
  powers: boolean,
): Axis => ({
  type,
  domain: [...domain],
  label,
  labelAnchor: 'center',
  labelArrow: 'none',
  ticks,
  tickFormat: (x: number) => formatTick(x, powers && x !== 0),
});

/** A logarithmic axis over `domain`; all its labels are powers of ten if any label would be long. */
export function logAxis(label: string, domain: readonly [number, number], most = 7): Axis {
  const ticks = logTicks(domain, most);
  const powers = ticks[0] < 0.9e-2 || ticks[ticks.length - 1] > 1.1e4;
  return { ...axis('log', label, domain, ticks, powers), remade: (n, d = domain) => logAxis(label, d, n) };
}

/** A linear axis over `domain`. */
export function linearAxis(label: string, domain: readonly [number, number], count = 6): Axis {
  const ticks = linearTicks(domain, count);
  const largest = Math.max(...ticks.map(Math.abs));
  const powers = largest < 0.99e-3 || largest >= 1e5;
  return { ...axis('linear', label, domain, ticks, powers), remade: (n, d = domain) => linearAxis(label, d, n) };
}

/**
 * An upright axis of names, one in each row; the first is at `names.length`, the highest place, and the last at 1. Names of more than
 * `characters` are broken into lines.
 */
export function rowsAxis(names: readonly string[], pad = 0.6, characters = Infinity): Axis {
  const broken = names.map((n) => linesOf(n, characters).join('\n'));
  return {
    type: 'linear',
    domain: [1 - pad, names.length + pad],
    label: null,
    ticks: names.map((_, k) => names.length - k),
    tickFormat: (v: number) => broken[names.length - Math.round(v)] ?? '',
  };
}

/** Where a value lies on an axis, as a share of its length from the lower end. */
export function placeOn(of: Axis, value: number): number {
  const [lo, hi] = of.domain as [number, number];
  const share = of.type === 'log' ? Math.log(value / lo) / Math.log(hi / lo) : (value - lo) / (hi - lo);
  return of.reverse ? 1 - share : share;
}

/** Least distance in pixels between the labels of two ticks. */
const BETWEEN = 5;

/** Width of a label in pixels: digits are as wide as letters, and these signs half as wide again. */
const widthOf = (line: string): number => (charactersOf(line) + 0.5 * (line.match(/[×−]/g)?.length ?? 0)) * CHARACTER;

/** Chooses fewer ticks for a level axis of so many pixels until no label touches another; names are left out in turn. */
export function fitted(of: Axis, pixels: number): Axis {
  const clear = (a: Axis) => {
    const spans = a.ticks
      .map((t) => {
        const half = Math.max(...a.tickFormat(t).split('\n').map(widthOf)) / 2;
        const at = placeOn(a, t) * pixels;
        return [at - half, at + half];
      })
      .sort((p, q) => p[0] - q[0]);
    return spans.every(([from], k) => k === 0 || from >= spans[k - 1][1] + BETWEEN);
  };
  if (clear(of)) return of;
  if (of.remade)
    for (let most = Math.max(2, of.ticks.length - 2); most >= 2; most--) {
      const fewer = { ...of, ticks: of.remade(most).ticks };
      if (fewer.ticks.length >= 2 && fewer.ticks.length < of.ticks.length && clear(fewer)) return fewer;
    }
  for (let step = 2; step < of.ticks.length; step++) {
    const some = { ...of, ticks: of.ticks.filter((_, k) => k % step === 0) };
    if (clear(some)) return some;
  }
  return of;
}

/** Longest side over shortest one up to which a plane is drawn with one scale for both of its axes. */
const LOPSIDED = 6;

/** Says whether both axes of a plane can have one scale: a circle is then drawn as a circle. */
export function sameScale(x: readonly [number, number], y: readonly [number, number]): boolean {
  const ratio = (x[1] - x[0]) / (y[1] - y[0]);
  return ratio <= LOPSIDED && ratio >= 1 / LOPSIDED;
}

/** Says in a caption that the axes of a plane have different scales; empty where they have one. */
export function scaleWords(
  x: readonly [number, number],
  y: readonly [number, number],
  same: boolean = sameScale(x, y),
): string {
  if (same) return '';
  const ratio = (x[1] - x[0]) / (y[1] - y[0]);
  return ` The axes have different scales: the ${ratio > 1 ? 'upright' : 'level'} one is stretched.`;
}

/** Numbers for a bar of colour over a range: round ones, as many as fit. */
export function rampTicks([lo, hi]: readonly [number, number], log = false): RampTick[] {
  if (!(hi > lo)) return [{ at: 0.5, label: formatTick(lo) }];
  const even = linearAxis('', [lo, hi], 4);
  // a short range has more round numbers than logarithmic steps
  const short = log && hi < 4 * lo ? { ...even, type: 'log' as const } : undefined;
  const bar = fitted(short ?? (log ? logAxis('', [lo, hi], 4) : even), BAR_WIDTH);
  return bar.ticks.map((t) => ({ at: placeOn(bar, t), label: bar.tickFormat(t) }));
}

/** Labels for a bar of colour of so many equal steps, one in the middle of each as far as they fit; empty ones are left out. */
export function stepTicks(labels: readonly string[]): RampTick[] {
  const names: Axis = {
    type: 'linear',
    domain: [0, labels.length],
    ticks: labels.map((_, k) => k + 0.5),
    tickFormat: (x) => labels[Math.floor(x)],
  };
  const said = { ...names, ticks: names.ticks.filter((x) => names.tickFormat(x) !== '') };
  return fitted(said, BAR_WIDTH).ticks.map((t) => ({ at: placeOn(names, t), label: names.tickFormat(t) }));
}

/** The indices of a long list that a logarithmic axis can show: all below `dense`, then about `count` more, evenly in the logarithm. */
export function thinLog(length: number, dense = 40, count = 240): number[] {
  const out = new Set<number>();
  for (let i = 0; i < Math.min(length, dense); i++) out.add(i);
  for (let k = 0; k <= count && length > dense; k++) out.add(Math.round(dense * ((length - 1) / dense) ** (k / count)));
  return [...out];
}
