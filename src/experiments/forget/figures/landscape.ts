/** The landscape of task 1 after later training: its loss along its own principal directions, and the motion of the weights. docs/theory [C3]. */
import * as Plot from '@observablehq/plot';
import { mean } from '../../../numeric/statistics.js';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { type Branch, type ForgetInput, type Moved, outputsOf } from '../measured.js';
import { apart, legendOf, lookOf, type Part, strokeOf } from './style.js';

/** The loss along the principal direction of this rank: at the solution of task 1, and at the end of each branch of the first seed. */
export function profile(
  input: Pick<ForgetInput, 'seeds' | 'head'>,
  { best, suffix, words }: Part,
  index: number,
): Drawn {
  const name = `forget-profile-${index}${suffix}`;
  const before = input.seeds[0]?.profiles.find((p) => p.index === index);
  const shown = best
    .filter((s) => s.method !== 'joint')
    .flatMap(({ method, branches }) => {
      const p = branches[0].profiles.find((q) => q.index === index);
      return p ? [{ method, p }] : [];
    });
  if (!before || shown.length === 0) return { name, missing: `direction ${index} was not measured.` };
  const points = (p: { displacement: readonly number[]; loss: readonly number[] }) =>
    p.displacement.map((x, k) => ({ x, y: p.loss[k] })).filter((q) => q.y > 0 && Number.isFinite(q.y));
  const all = [before, ...shown.map((s) => s.p)].flatMap(points);
  return {
    name,
    title: `Loss of task 1 along its principal direction ${formatCount(index)}, ${outputsOf(input.head)}${words}`,
    ...drawFigure({
      name,
      title: `Training loss of task 1 along its principal direction ${index}, before and after later training, ${outputsOf(input.head)}${words}`,
      x: linearAxis('displacement (weight)', linearDomain(all.map((p) => p.x))),
      y: logAxis('loss of task 1 (nat)', logDomain(all.map((p) => p.y))),
      legend: [{ label: 'before', mark: 'area', colour: COLOURS.ink }, ...legendOf(shown.map((s) => s.method))],
      marks: [
        Plot.line(points(before), { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 7, strokeOpacity: 0.2 }),
        ...shown.map(({ method, p }) => Plot.line(points(p), { x: 'x', y: 'y', ...strokeOf(method) })),
      ],
    }),
    caption:
      'Mean loss over the training samples of task 1 for the first seed, every method at its chosen strength. Zero is the end of a branch (before: the solution of task 1), so that a rise of the whole curve is forgetting, and a shift of its minimum is motion along this direction.',
  };
}

const KINDS = {
  principal: ['principal directions', 'of task 1’s window, by falling variance'],
  hessian: ['Hessian modes', 'of task 1, by falling curvature'],
  vortex: ['vortex planes', 'of task 1, by falling circulation'],
} as const;

export function moved(
  input: Pick<ForgetInput, 'head'>,
  { best, suffix, words }: Part,
  kind: keyof Branch['moved'],
): Drawn {
  const name = `forget-moved-${kind}${suffix}`;
  const lines = best
    .map((s) => {
      const parts = s.branches.flatMap((b) => b.moved[kind] ?? []);
      return { m: s.method, points: parts.length > 0 ? averaged(parts) : [] };
    })
    .filter((l) => l.points.length > 0)
    .map(({ m, points }, k, { length }) => ({ m, points: points.map((p) => ({ ...p, x: p.x * apart(k, length) })) }));
  const all = lines.flatMap((l) => l.points);
  if (!lines.some((l) => l.points.length > 1))
    return { name, missing: `a line needs two ${KINDS[kind][0]} of task 1, and fewer are known.` };
  return {
    name,
    title: `Motion of the weights: ${KINDS[kind][0]}, ${outputsOf(input.head)}${words}`,
    ...drawFigure({
      name,
      title: `Squared displacement from task 1's solution by ${KINDS[kind][0]}, ${outputsOf(input.head)}${words}`,
      x: logAxis(`rank of ${kind === 'vortex' ? 'the plane' : 'the direction'}`, logDomain(all.map((p) => p.x))),
      y: logAxis('squared displacement a direction (weight²)', logDomain(all.map((p) => p.y))),
      legend: legendOf(lines.map((l) => l.m)),
      marks: lines.flatMap(({ m, points }) => [
        Plot.line(points, { x: 'x', y: 'y', ...strokeOf(m) }),
        Plot.dot(points, { x: 'x', y: 'y', r: 2.6, fill: lookOf(m).colour }),
      ]),
    }),
    caption: `((w − w₁)·p)² between task 1’s solution and the end, averaged over groups of ${KINDS[kind][0]} ${KINDS[kind][1]}, geometric means over seeds, every method at its chosen strength; points are shifted slightly apart.`,
  };
}

/** Geometric means over seeds of the groups of ranks that all seeds have. */
function averaged(parts: readonly Moved[]): { x: number; y: number }[] {
  const of = ({ ranks, perDirection }: Moved, from: number, to: number) =>
    perDirection[ranks.findIndex(([a, b]) => a === from && b === to)];
  return parts[0].ranks
    .map(([from, to]) => ({
      x: Math.sqrt(from * to),
      y: Math.exp(mean(parts.map((p) => Math.log(of(p, from, to))))),
    }))
    .filter((p) => p.y > 0 && Number.isFinite(p.y));
}
