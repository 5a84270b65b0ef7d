/** The style of each method in all figures of `forget`: a hue for each family, dashes within it. */

import type { LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { type Method, nameOf } from '../measured.js';
import type { Setting } from '../strengths.js';

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

/** Some of the methods, which one figure shows. */
export interface Part {
  readonly best: readonly Setting[];
  /** What the name of its figures ends with, and their titles; both empty where one figure shows all methods. */
  readonly suffix: string;
  readonly words: string;
}

/** Most methods whose lines one figure can tell apart. */
const MOST = 9;
/** Methods that every part shows, to compare with. */
const REFERENCES: readonly Method[] = ['none', 'joint'];

/** Divides many methods into those that hold axes and the others, with the references in both parts. */
export function partsOf(best: readonly Setting[]): Part[] {
  const reference = (s: Setting) => REFERENCES.includes(s.method);
  const [axes, others] = [true, false].map((held) =>
    best.filter((s) => reference(s) || (s.constraints !== null) === held),
  );
  const split = best.length > MOST && [axes, others].every((part) => part.some((s) => !reference(s)));
  if (!split) return [{ best, suffix: '', words: '' }];
  return [
    { best: axes, suffix: '-axes', words: ', methods that hold axes' },
    { best: others, suffix: '-others', words: ', other methods' },
  ];
}

/** Moves points of several lines that share their places apart on a logarithmic axis: the factor for line `k` of `n`. */
export const apart = (k: number, n: number): number => 1.04 ** (k - (n - 1) / 2);
