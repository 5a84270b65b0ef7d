/** Test accuracy on the first task and on later ones during training on all tasks. docs/theory [C3]. */
import * as Plot from '@observablehq/plot';
import { mean } from '../../../numeric/statistics.js';
import { linearAxis, linearDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { type ForgetInput, outputsOf } from '../measured.js';
import { legendOf, type Part, strokeOf } from './style.js';

/** @param task - whose accuracy, from 0; −1: the mean over those after the first */
export function curves(input: Pick<ForgetInput, 'tasks' | 'head'>, { best, suffix, words }: Part, task: 0 | -1): Drawn {
  const name = `forget-curve-${task === 0 ? 'first' : 'later'}${suffix}`;
  const later = (row: readonly number[]) => mean(row.slice(1).filter(Number.isFinite));
  const of = (row: readonly number[]) => 100 * (task === 0 ? row[0] : later(row));
  const lines = best.map(({ method: m, branches }) => {
    const [first] = branches;
    return {
      m,
      points: first.curve.epoch
        .map((x, k) => ({ x, y: mean(branches.map((b) => of(b.curve.test[k] ?? []))) }))
        .filter((p) => Number.isFinite(p.y)),
    };
  });
  const all = lines.flatMap((l) => l.points);
  if (all.length === 0) return { name, missing: 'no epoch was evaluated.' };
  const { epoch, task: trained } = best[0].branches[0].curve;
  const borders = epoch.filter((_, k) => k > 0 && trained[k] !== trained[k - 1]).map((e) => e - 0.5);
  const outputs = outputsOf(input.head);
  const what = task === 0 ? 'task 1' : input.tasks.length > 2 ? 'later tasks' : 'task 2';
  return {
    name,
    title: `Accuracy on ${what} through training, ${outputs}${words}`,
    ...drawFigure({
      name,
      title: `Test accuracy on ${what} after every epoch of all tasks, ${outputs}${words}`,
      x: linearAxis(
        'time (epochs of all tasks)',
        linearDomain(task === 0 ? epoch : [...borders, ...all.map((p) => p.x)], 0.02),
      ),
      y: linearAxis(`accuracy on ${what} (%, ${outputs})`, linearDomain(all.map((p) => p.y))),
      legend: [...legendOf(lines.map((l) => l.m)), { label: 'next task begins', mark: 'rule', colour: COLOURS.muted }],
      marks: [
        Plot.ruleX(borders, { stroke: COLOURS.muted, strokeDasharray: '3 2' }),
        ...lines.map(({ m, points }) => Plot.line(points, { x: 'x', y: 'y', ...strokeOf(m) })),
      ],
    }),
    caption: `Means over seeds, every method at its chosen strength. ${task === 0 ? 'The decrease after the first broken line is forgetting.' : 'Where a constraint slows learning, the curves rise later or less.'}`,
  };
}
