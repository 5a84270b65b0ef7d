/** Axes of figures: domains, ticks that never overlap, labels in the middle with their units. */
import type { ScaleOptions } from '@observablehq/plot';
import { formatTick } from '../format.js';

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
export function logAxis(label: string, domain: readonly [number, number]): Axis {
  const ticks = logTicks(domain);
  return axis('log', label, domain, ticks, ticks[0] < 0.9e-2 || ticks[ticks.length - 1] > 1.1e4);
}

/** A linear axis over `domain`. */
export function linearAxis(label: string, domain: readonly [number, number], count = 6): Axis {
  const ticks = linearTicks(domain, count);
  const largest = Math.max(...ticks.map(Math.abs));
  return axis('linear', label, domain, ticks, largest < 0.99e-3 || largest >= 1e5);
}

/** The indices of a long list that a logarithmic axis can show: all below `dense`, then about `count` more, evenly in the logarithm. */
export function thinLog(length: number, dense = 40, count = 240): number[] {
  const out = new Set<number>();
  for (let i = 0; i < Math.min(length, dense); i++) out.add(i);
  for (let k = 0; k <= count && length > dense; k++) out.add(Math.round(dense * ((length - 1) / dense) ** (k / count)));
  return [...out];
}
