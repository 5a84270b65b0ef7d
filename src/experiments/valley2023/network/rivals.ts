/**
 * How much of the fall of Tr H with the noise a rival explanation accounts for: weight norm, and confidence of the outputs. docs/theory [N6];
 * the rules in words are in docs/rules/valley2023.md.
 *
 *     share explained between two strengths = 1 − (change of ln of the controlled trace)/(change of ln Tr H)
 *
 * within each seed. It needs no exponent, so that a controlled trace that is not monotone has one.
 */
import { type Estimate, missing } from '../../../numeric/estimate.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { changesBySeed, courseOf, halvesOf, NOT_MONOTONE, slopesBySeed, strengthsOf } from './ladder.js';
import type { NetworkCell } from './measured.js';
import { CONTROLLED, MEASURES, type Measure } from './measures.js';
import { bySeed, ladderPoints, reached } from './summary.js';

/** Names a rival and the trace that is left when it is taken out. */
interface Rival {
  readonly id: string;
  readonly name: string;
  /** Id of the controlled trace among the measures. */
  readonly measure: string;
}

export const RIVALS: readonly Rival[] = [
  { id: 'norm', name: 'the weight norm', measure: 'norm-trace' },
  { id: 'layer-norms', name: 'the norms of the layers', measure: 'scaled-trace' },
  { id: 'confidence', name: 'the confidence of the outputs (best temperature)', measure: 'trace-best' },
  { id: 'equal-confidence', name: 'the confidence of the outputs (equal mean 1 − Σ p²)', measure: 'trace-equal' },
  {
    id: 'output-confidence',
    name: 'the confidence of the outputs (equal mean 1 − Σ p², the Jacobian of the logits kept)',
    measure: 'trace-outputs',
  },
  {
    id: 'norm-and-confidence',
    name: 'the weight norm and the confidence of the outputs (best temperature)',
    measure: 'norm-trace-best',
  },
];

/** Holds how much of the fall of Tr H a rival explains. */
export interface RivalRow extends Rival {
  readonly controlled: Measure;
  /** Shares explained from the weakest to the strongest noise, and in the two halves of the ladder; 1 is all of it. */
  readonly whole: Estimate;
  readonly lower: Estimate;
  readonly upper: Estimate;
  /** 1 − slope of the controlled trace/slope of Tr H; none where the controlled trace has no slope. */
  readonly ofSlope: Estimate;
}

/** The measure of an id among those of flatness and the controlled traces. */
export const measureOf = (id: string): Measure => [...MEASURES, ...CONTROLLED].find((m) => m.id === id)!;

/** Returns a row for each rival; shares are NaN with fewer than two strengths. */
export function rivalRows(cells: readonly NetworkCell[]): RivalRow[] {
  const trace = measureOf('trace');
  return RIVALS.map((rival) => {
    const controlled = measureOf(rival.measure);
    // the solutions that have both numbers
    const both = reached(cells).filter((c) => Number.isFinite(controlled.of(c)) && Number.isFinite(trace.of(c)));
    const [own, left] = [trace, controlled].map((m) => ladderPoints(both, m));
    const strengths = strengthsOf(own);
    const share = (from: number, to: number) => {
      const [all, rest] = [own, left].map((points) => changesBySeed(points, from, to));
      return overSeeds(all.map((change, k) => 1 - rest[k] / change));
    };
    const [lower, upper] = halvesOf(strengths);
    const none = missing('fewer than two strengths');
    const [slopes, rest] = [own, left].map(slopesBySeed);
    const monotone = [own, left].every((points) => courseOf(points).monotone);
    return {
      ...rival,
      controlled,
      whole: lower ? share(strengths[0], strengths[strengths.length - 1]) : none,
      lower: lower ? share(...lower) : none,
      upper: upper ? share(...upper) : none,
      ofSlope: monotone ? overSeeds(slopes.map((b, k) => 1 - rest[k] / b)) : missing(NOT_MONOTONE),
    };
  });
}

/** Returns the slope in the upper half of the ladder minus that in the lower half, within seeds, and both. */
export function halfSlopes(cells: readonly NetworkCell[], measure: Measure) {
  const points = ladderPoints(cells, measure);
  const halves = halvesOf(strengthsOf(points));
  const seeds = bySeed(reached(cells));
  const of = ([from, to]: readonly [number, number]) =>
    seeds.map(([{ seed }]) => {
      const own = points.filter((p) => p.seed === seed && p.strength >= from && p.strength <= to);
      return slopesBySeed(own)[0] ?? Number.NaN;
    });
  const [lower, upper] = halves.map(of);
  const none: number[] = [];
  return {
    halves,
    lower: overSeeds(lower ?? none),
    upper: overSeeds(upper ?? none),
    difference: overSeeds(upper?.map((b, k) => b - lower[k]) ?? none),
    monotone: courseOf(points).monotone,
  };
}
