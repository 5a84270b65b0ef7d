/** The style of each method in all figures of `forget`: a hue for each family, dashes within it. */

import type { LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { type Method, nameOf } from '../measured.js';

interface Look {
  readonly colour: string;
  readonly mark: 'line' | 'dash' | 'dots';
}

const LOOKS: Readonly<Record<string, Look>> = {
  none: { colour: COLOURS.ink, mark: 'line' },
  joint: { colour: COLOURS.ink, mark: 'dash' },
  l2: { colour: COLOURS.muted, mark: 'line' },
  random: { colour: COLOURS.muted, mark: 'dots' },
  ewc: { colour: COLOURS.orange, mark: 'line' },
  'ewc-empirical': { colour: COLOURS.orange, mark: 'dash' },
  hessian: { colour: COLOURS.green, mark: 'line' },
  ldc: { colour: COLOURS.blue, mark: 'line' },
  variance: { colour: COLOURS.blue, mark: 'dash' },
  potential: { colour: COLOURS.purple, mark: 'line' },
  'hessian-unweighted': { colour: COLOURS.green, mark: 'dash' },
  vortex: { colour: COLOURS.purple, mark: 'dash' },
  'vortex-q': { colour: COLOURS.purple, mark: 'dots' },
  frozen: { colour: COLOURS.muted, mark: 'dash' },
  'replay-validation': { colour: COLOURS.ink, mark: 'dots' },
};

/** The style of a constraint that is not listed. */
const OTHER: Look = { colour: COLOURS.green, mark: 'dots' };

/** The style of replay of other numbers of samples. */
const REPLAY: Look = { colour: COLOURS.orange, mark: 'dots' };

export const lookOf = (m: Method): Look => LOOKS[m] ?? (m.startsWith('replay-') ? REPLAY : OTHER);

const DASHES = { line: undefined, dash: '6 4', dots: '2 3' } as const;

/** Stroke options of a line of Observable Plot. */
export const strokeOf = (m: Method): { stroke: string; strokeWidth: number; strokeDasharray?: string } => {
  const { colour, mark } = lookOf(m);
  const dash = DASHES[mark];
  return { stroke: colour, strokeWidth: 1.8, ...(dash && { strokeDasharray: dash }) };
};

export const legendOf = (methods: readonly Method[]): LegendEntry[] =>
  methods.map((m) => ({ label: nameOf(m), ...lookOf(m) }));
