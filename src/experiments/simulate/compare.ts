/** The differences between the methods of a simulation: total variation of their densities, and their moments. */
import { type Estimate, unconverged } from '../../numeric/estimate.js';
import { formatNumber } from '../../report/format.js';
import { star, starred } from '../../report/sections/tables.js';
import { type Disagreement, disagreements } from './disagreements.js';
import { arrayOf, type Method, type MethodResult, type MomentRow, type SimulationInput } from './measured.js';
import { LOSS, momentNames } from './names.js';

/** Which density: of x, of y, on the floor y = 0, of both. */
export type DensityName = 'marginal_x' | 'marginal_y' | 'floor' | 'density';

export const DENSITIES: readonly DensityName[] = ['marginal_x', 'marginal_y', 'floor', 'density'];

export interface Distance {
  readonly density: DensityName;
  readonly a: Method;
  readonly b: Method;
  /** ½ ∫|P − Q|, 0 to 1. */
  readonly totalVariation: number;
  /** Its expected value from counting noise alone if the two laws were the same; 0 for computed densities, NaN where it is not known. */
  readonly noise: number;
}

export interface Comparison {
  readonly distances: readonly Distance[];
  readonly moments: readonly MomentRow[];
  /** Pairs of methods that differ beyond their errors. */
  readonly disagreements: readonly Disagreement[];
}

const PASSAGE = 'mean time until absorption';

export function compare({ facts, methods }: SimulationInput): Comparison {
  const distances: Distance[] = [];
  for (const density of DENSITIES) {
    if (facts.names.length === 1 && density !== 'marginal_x') continue;
    const [hx, hy = 1] = facts.centres.map((c) => c[1] - c[0]);
    const volume = { marginal_x: hx, floor: hx, marginal_y: hy, density: hx * hy }[density];
    for (const [k, a] of methods.entries())
      for (const b of methods.slice(k + 1)) {
        const [p, q] = [arrayOf(a, density), arrayOf(b, density)];
        if (!p || !q) continue;
        distances.push({
          density,
          a: a.summary.method,
          b: b.summary.method,
          totalVariation: totalVariation(p, q, volume),
          noise: Math.hypot(noiseOf(a, density), noiseOf(b, density)),
        });
      }
  }
  const moments = momentRows(facts.names, methods);
  return { distances, moments, disagreements: disagreements(facts, methods, moments) };
}

/** Total variation of two densities on the same cells; probability that one of them has lost counts as one more cell. */
function totalVariation(p: Float64Array, q: Float64Array, volume: number): number {
  let [apart, more] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    apart += Math.abs(p[i] - q[i]);
    more += p[i] - q[i];
  }
  return 0.5 * volume * (apart + Math.abs(more));
}

function noiseOf({ summary }: MethodResult, density: DensityName): number {
  if (Object.keys(summary.noiseFloor).length === 0) return 0;
  // a line through a histogram is noisier than it says of itself
  return density === 'floor' ? Number.NaN : (summary.noiseFloor[density] ?? Number.NaN);
}

function momentRows(names: readonly string[], methods: readonly MethodResult[]): MomentRow[] {
  const row = (name: string, of: (r: MethodResult) => Estimate | undefined): MomentRow => ({
    name,
    values: Object.fromEntries(
      methods.flatMap((m) => {
        const value = of(m);
        return value && Number.isFinite(value.value) ? [[m.summary.method, value]] : [];
      }),
    ),
  });
  const called = momentNames(names);
  const rows = [
    ...called.mean.map((name, i) => row(name, (r) => r.summary.moments.mean[i])),
    ...called.covariance.map((name, k) => row(name, (r) => r.summary.moments.covariance[k])),
    row(LOSS, (r) => r.summary.moments.loss),
    row('survival at the end', (r) => r.summary.survival),
    row(PASSAGE, (r) => r.summary.passage),
  ];
  return rows.filter((r) => Object.keys(r.values).length > 0);
}

/** What the stars of `momentText` say, or nothing where there is none. */
export function starWords(rows: readonly MomentRow[]): string {
  const starred = rows.filter((r) => Object.values(r.values).some(unconverged)).map((r) => r.name);
  const passage = starred.includes(PASSAGE);
  return [
    ...(starred.some((name) => name !== PASSAGE)
      ? ['not stationary, as the notes say, so that the value is not that of the stationary state.']
      : []),
    ...(passage ? ['some walkers were not absorbed when the run ended, so that the mean time is too short.'] : []),
  ]
    .map((why) => `* not converged: ${why}`)
    .join(' ');
}

/** Writes a computed value without rounding noise, and a sampled one with its error; a star where it did not converge. */
export function momentText(e: Estimate): string {
  if (e.standardError > 1e-6 * Math.abs(e.value)) return starred(e);
  return (Math.abs(e.value) < 1e-11 ? '0' : formatNumber(e.value, 4)) + star(e);
}
