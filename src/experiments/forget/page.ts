/** The report of `forget`: which method is best, the tables, the accuracies on old and new tasks, the landscape of task 1 before and after. */
import { overSeeds } from '../../numeric/seeds.js';
import { composeReport } from '../../report/compose.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatCounts, formatEstimate, formatNumber, formatPlain, MISSING } from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery, type Section } from '../../report/page.js';
import { verdictWords } from '../../report/sections/findings.js';
import { factList } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { type Contest, inPoints, paired } from './compare.js';
import { forgetTables } from './csv.js';
import { curves } from './figures/curves.js';
import { front } from './figures/front.js';
import { moved, profile } from './figures/landscape.js';
import { constraintScan, strengthScan } from './figures/scan.js';
import { partsOf } from './figures/style.js';
import { forgetFindings, type Judged } from './findings.js';
import { type Branch, type ForgetInput, type ForgetSetting, nameOf, outputsOf } from './measured.js';
import type { Setting } from './strengths.js';

interface ForgetReport extends Report {
  readonly findings: readonly Finding[];
  /** Which method is best, in sentences. */
  readonly outcome: readonly string[];
}

/** Makes the report of `forget` from the branches of all seeds. Pure: the same input gives the same bytes. */
export function renderForget(input: ForgetInput): ForgetReport {
  const judged = forgetFindings(input);
  const { findings, best, contests, outcome } = judged;
  const figures = drawFigures(input, judged);
  const report = composeReport({
    title: input.title,
    head: html`<p class="summary">${inWords(input)} ${verdictWords(findings)}</p>
<h2 id="outcome">Which method is best</h2>
${outcome.map((s) => html`<p class="summary">${prose(s)}</p>`)}`,
    sections: sectionsOf(input, judged, figures),
    figures: Object.values(figures).flat(),
    tables: forgetTables(input, contests),
    findings,
    format: 'thermograd-forget-report',
    version: 1,
    document: {
      outputs: outputsOf(input.head),
      samples: input.samples,
      outcome,
      findings,
      chosen: best.map(({ branches: _, ...s }) => s),
      contests,
      seeds: input.seeds,
      groups: input.groups,
    },
    run: input.run,
  });
  return { ...report, findings, outcome };
}

function drawFigures(input: ForgetInput, { settings, best }: Judged) {
  const parts = partsOf(best);
  const axes = parts.slice(0, 1);
  const ranks = [...new Set(input.seeds.flatMap((s) => s.profiles.map((p) => p.index)))].sort((a, b) => a - b);
  return {
    fronts: parts.map((part) => front(input, settings, part)),
    strengths: [
      ...parts.map((part) => strengthScan(input, settings, part)),
      ...axes.map((part) => front(input, settings, part, 'constraints')),
    ],
    constraints: axes.flatMap((part) => [
      constraintScan(input, settings, part, 'first'),
      constraintScan(input, settings, part, 'learning'),
    ]),
    curves: ([0, -1] as const).flatMap((task) => parts.map((part) => curves(input, part, task))),
    profiles: ranks.flatMap((i) => parts.map((part) => profile(input, part, i))),
    moved: (['principal', 'hessian', 'vortex'] as const).flatMap((kind) =>
      parts.map((part) => moved(input, part, kind)),
    ),
  };
}

function sectionsOf(
  input: ForgetInput,
  { best, settings, contests }: Judged,
  figures: ReturnType<typeof drawFigures>,
): Section[] {
  const none = best.find((s) => s.method === 'none');
  return [
    [
      'methods',
      'Methods at their chosen strength',
      html`${bestTable(best, none, input)}${refusals(input)}${gallery(figures.fronts, 'wide')}`,
    ],
    [
      'strength',
      'Strength and number of constraints',
      html`${gallery(figures.strengths, 'wide')}${gallery(figures.constraints)}${scanTable(settings, input)}`,
    ],
    ['training', 'Training', gallery(figures.curves)],
    [
      'landscape',
      'Task 1’s landscape, before and after',
      html`${gallery(figures.profiles)}${gallery(figures.moved)}${movedTable(best, outputsOf(input.head))}`,
    ],
    ['pairs', 'Every pair of methods', pairsTable(contests, outputsOf(input.head))],
    ['method', 'How this was measured', method(input)],
  ];
}

function inWords({ tasks, seeds, head, epochs }: ForgetInput): string {
  const n = seeds.length;
  return (
    `${formatCount(n)} ${n === 1 ? 'network' : 'networks'} learned ${tasks.length === 2 ? 'two tasks' : `${formatCount(tasks.length)} tasks`} one after the other: ${tasks.join('; then ')}. ` +
    `${head === 'task-known' ? 'Outputs are task-known: every task is trained and tested with its own outputs only.' : 'All outputs compete.'} Later tasks had ${formatCount(epochs)} epochs each.`
  );
}

const points = (values: readonly number[]): string => formatEstimate(inPoints(overSeeds(values)));

const AXES: Column<Setting> = {
  head: 'axes',
  cell: (s) => (s.constraints === null ? MISSING : formatCount(s.constraints)),
};

const multipleOf = (s: Setting): string => (Number.isFinite(s.multiple) ? formatPlain(s.multiple, 3) : MISSING);

function bestTable(best: readonly Setting[], none: Setting | undefined, input: ForgetInput): Markup {
  const { methods, absolute, head } = input;
  const columns: Column<Setting>[] = [
    { head: 'method', cell: (s) => nameOf(s.method), words: true },
    AXES,
    { head: 'held', cell: (s) => counted(s.held) },
    { head: 'old samples', cell: (s) => oldSamples(s, input) },
    { head: 'strength', cell: multipleOf },
    { head: 'average', cell: (s) => points(s.average) },
    { head: 'task 1', cell: (s) => points(s.first) },
    { head: 'last task', cell: (s) => points(s.last) },
    { head: 'forgetting', cell: (s) => points(s.forgetting) },
    { head: 'against fresh', cell: (s) => points(s.transfer) },
    {
      head: 'against none',
      cell: (s) => {
        return s.method === 'none' ? MISSING : formatEstimate(inPoints(paired(s, none, (x) => x.learning)));
      },
    },
  ];
  return html`${table(
    `${capital(outputsOf(head))}: test accuracies in %, one standard error over seeds, at the end of all tasks. The strength${absolute ? '' : ', in units of each method’s natural one,'} was chosen on validation samples. ‘Axes’ are those allowed in each layer, N_c; ‘held’ is how many axes (or weights) of all layers the constraint of task 1 could hold. ‘Old samples’ are those of task 1 that must be there when the next task is trained: to choose a strength (not to train on), or to train on. Forgetting is the accuracy on earlier tasks right after they were learned minus that at the end; ‘against fresh’ and ‘against none’ compare later tasks, right after their training, with fresh weights and with plain training from task 1.`,
    columns,
    best,
  )}
<dl class="facts">${best.map((s) => html`<dt>${nameOf(s.method)}</dt><dd>${prose(titleOf(methods[s.method], s.why))}</dd>`)}</dl>`;
}

/** Names the methods that could not run for a seed, with the reason. */
function refusals({ groups }: ForgetInput): Markup {
  const out = new Map<string, string>();
  for (const g of groups) if (g.refused !== '') out.set(g.method, g.refused);
  return html`${[...out].map(([m, why]) => html`<p class="missing">${nameOf(m)} did not run: ${prose(why)}</p>`)}`;
}

/** A count over seeds: one number where all agree. */
const counted = (values: readonly number[]): string =>
  values.every((v) => v === values[0]) && Number.isFinite(values[0])
    ? formatCount(values[0])
    : formatEstimate(overSeeds(values));

const capital = (words: string): string => words[0].toUpperCase() + words.slice(1);

/** The samples of task 1 that a method needs after task 1: those that it trains on, or that its strength is chosen by. */
function oldSamples({ method, stored, multiple }: Setting, { samples }: ForgetInput): string {
  if (method === 'joint') return formatCount(samples.training);
  if (stored !== undefined) return formatCount(stored);
  return Number.isFinite(multiple) ? formatCount(samples.validation) : '0';
}

const titleOf = (m: ForgetInput['methods'][string] | undefined, why: string): string =>
  [m?.title ?? MISSING, m?.strength ? `natural strength: ${m.strength}` : '', why ? `left out: ${why}` : '']
    .filter((t) => t !== '')
    .join('; ');

function scanTable(settings: readonly Setting[], input: ForgetInput): Markup {
  const columns: Column<Setting>[] = [
    { head: 'method', cell: (s) => nameOf(s.method), words: true },
    AXES,
    { head: 'strength', cell: multipleOf },
    { head: 'validation', cell: (s) => points(s.validation) },
    { head: 'average', cell: (s) => points(s.average) },
    { head: 'task 1', cell: (s) => points(s.first) },
    { head: 'last task', cell: (s) => points(s.last) },
    { head: 'loss of task 1', cell: (s) => formatEstimate(overSeeds(s.branches.map((b) => b.firstLoss))) },
    { head: 'predicted rise', cell: (s) => formatEstimate(overSeeds(s.branches.map((b) => b.predictedRise))) },
  ];
  const lost = input.seeds.map((s) => s.loss);
  return html`<details><summary>All strengths and numbers of axes</summary>${table(
    `${capital(outputsOf(input.head))}. ‘Loss of task 1’ is that on its training samples at the end (${formatEstimate(overSeeds(lost))} nat before); ‘predicted rise’ is the penalty at its natural strength, λR: for 1/F² the rise of a parabola through the measured widths.`,
    columns,
    settings,
  )}</details>`;
}

/** Lists the motion along the leading directions; where only one vortex plane is settled, there is no other. */
function movedTable(best: readonly Setting[], outputs: string): Markup {
  const leading =
    (kind: keyof Branch['moved']) =>
    ({ branches }: Setting): string =>
      formatEstimate(overSeeds(branches.flatMap((b) => b.moved[kind]?.perDirection[0] ?? [])));
  const columns: Column<Setting>[] = [
    { head: 'method', cell: (s) => nameOf(s.method), words: true },
    { head: 'all shared weights', cell: (s) => formatEstimate(overSeeds(s.branches.map((b) => b.distance))) },
    { head: 'first principal direction', cell: leading('principal') },
    { head: 'stiffest Hessian mode', cell: leading('hessian') },
    { head: 'strongest vortex plane', cell: leading('vortex') },
  ];
  return table(
    `${capital(outputs)}: squared displacement from task 1’s solution at the end, weight², one standard error over seeds: of all shared weights together, and in the reported layer along the leading direction of each kind (a plane: per axis of the two).`,
    columns,
    best,
  );
}

function pairsTable(contests: readonly Contest[], outputs: string): Markup {
  const columns: Column<Contest>[] = [
    { head: 'method', cell: (c) => nameOf(c.a), words: true },
    { head: 'against', cell: (c) => nameOf(c.b), words: true },
    {
      head: 'difference',
      cell: (c) => formatEstimate(inPoints(c.difference)),
    },
    { head: 'p', cell: (c) => formatNumber(c.p, 2) },
    { head: 'p, Holm', cell: (c) => formatNumber(c.holm, 2) },
    { head: 'outcome', cell: (c) => c.outcome, words: true },
  ];
  return table(
    `${capital(outputs)}: average test accuracy of the first minus that of the second, percentage points, within seeds. ‘equal’: the 95 % interval lies within one point; ‘better’ and ‘worse’ hold at 5 % after Holm’s correction for all pairs of this table. Findings correct only for the pairs that they name, and the comparison of the best method only for its own pairs, so that a pair may be decided there and undecided here.`,
    columns,
    contests,
  );
}

function settingWords({ network, optimiser, learningRate, inGradient, decay }: ForgetSetting): string {
  const pull = inGradient
    ? 'The gradient of the penalty is added to that of the batch before the optimiser’s step, which divides by the size of both.'
    : 'The penalty is minimised over each step, after the optimiser’s own update.';
  const loss = decay > 0 ? ' The L2 penalty is part of the loss of every task, of its curvature and its widths.' : '';
  return `${capital(network)}; ${optimiser} at learning rate ${formatPlain(learningRate, 3)}, which was stated and not searched for. ${pull}${loss} What the optimiser keeps begins at zero with each task.`;
}

function method({ seeds, constraints, head, epochs, tasks, several, samples, setting }: ForgetInput): Markup {
  const items: [string, string][] = [
    ...(setting ? [['Network and optimiser', settingWords(setting)] as [string, string]] : []),
    [
      'First task',
      `Trained to epoch ${formatCounts(seeds.map((s) => s.epochs))} (the first seed: ${seeds[0]?.stopped ?? ''}); its statistics are measured once per seed, around a window that follows, from its own training samples alone.`,
    ],
    [
      'Later tasks',
      `${formatCount(epochs)} epochs each from the weights of the task before, by ${setting ? setting.optimiser : 'SGD'} as the first one, with the penalty applied in every step. Every branch of a seed uses the same batches in the same order.`,
    ],
    [
      'Outputs',
      head === 'task-known'
        ? 'Task-known: each task has its own output layer, which is not used in training or testing other tasks; the layers below are shared, and only these can be held. Which task a test sample belongs to is given.'
        : 'One output layer is used for all tasks; the outputs of absent classes compete too.',
    ],
    [
      'Strength',
      'Chosen for each method, over all seeds at once, by the mean validation accuracy over tasks. Validation samples are a part of the training samples that is excluded from training; test samples are used for no choice. Strengths were added beyond an end of the grid, one at a time, while the best one lay there and gained a tenth of a point over its neighbour (if the config’s `extend` allows it).',
    ],
    [
      'Axes',
      `Methods with axes may hold N_c = ${formatCount(constraints)} in each layer; a plane takes two. Some methods find fewer: potential and vortex planes use only modes that have settled in the window, 1/F² only axes along which the loss rises on both sides. Column ‘held’ gives the number; a method that could hold fewer is not judged worse for it.`,
    ],
    [
      'Trivial rivals',
      `Frozen layers keep the weights of task 1 and have no strength. Replay takes, before every step on a batch of the new task, a step on a batch of stored training samples of each earlier task, at the same learning rate. ${head === 'task-known' ? 'Each batch is scored with its own task’s outputs. ' : ''}It has no strength either. Strengths of the other methods are chosen with ${formatCount(samples.validation)} validation samples of task 1.`,
    ],
    [
      'More than two tasks',
      tasks.length <= 2
        ? 'Not in this protocol.'
        : several === 'online'
          ? 'After every task all earlier constraints are moved to the newest anchor, and its own constraint is added.'
          : 'After every task its own constraint, at its own anchor, is added to the earlier ones.',
    ],
    ['Errors', 'The number after ± is one standard error over seeds; intervals and verdicts use Student’s t at 95 %.'],
  ];
  return factList(items);
}
