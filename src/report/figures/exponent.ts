/** The level axis of figures that show exponents of the variance-flatness relation, with a line at those that are stated. */
import * as Plot from '@observablehq/plot';
import { type Axis, linearAxis, linearDomain } from './axes.js';
import type { LegendEntry } from './legend.js';
import { COLOURS } from './palette.js';

/** Says what the axis shows besides the exponents. */
interface ExponentOptions {
  /** Two exponents that it shows in any case. */
  readonly least: readonly [number, number];
  /** The margin on either side, as a share of what is shown. */
  readonly pad: number;
  /** About how many ticks it has; 7 by default. */
  readonly ticks?: number;
  /** The exponents at which a line stands; 4 by default, the stated one. */
  readonly stated?: readonly number[];
}

/** An axis of exponents and what belongs to it. */
interface ExponentAxis {
  readonly axis: Axis;
  /** The exponents at its ends. */
  readonly domain: [number, number];
  /** The lines, to be drawn beneath everything else, and their entry in the legend, which comes last. */
  readonly lines: Plot.Markish;
  readonly entry: LegendEntry;
}

/** Makes the axis of ψ in σ² ∝ F^−ψ for figures with a row for each way of measuring it. docs/theory [P4]. */
export function exponentAxis(
  exponents: Iterable<number>,
  { least, pad, ticks = 7, stated = [4] }: ExponentOptions,
): ExponentAxis {
  const domain = linearDomain([...least, ...exponents], pad);
  return {
    axis: linearAxis('exponent ψ of σ² ∝ F^−ψ', domain, ticks),
    domain,
    lines: Plot.ruleX(stated, { stroke: COLOURS.ink, strokeDasharray: '3 2' }),
    entry: { label: stated.map((psi) => `ψ = ${psi}`).join(' and '), mark: 'rule', colour: COLOURS.ink },
  };
}
