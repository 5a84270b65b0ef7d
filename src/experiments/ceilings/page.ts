/** The report of `reproduce ceilings`: what held on states that nothing was fitted to, the table of rules, the states. */
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain, MISSING } from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { verdictWords } from '../../report/sections/findings.js';
import { factList, keyList, type Symbols } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { ceilingsTables } from './csv.js';
import { thresholdsAgainst } from './figures/thresholds.js';
import { ceilingsFindings } from './findings.js';
import { type JudgedRival, type Judging, judge, WIDEST } from './judging.js';
import type { CeilingsInput, StateCell } from './measured.js';
import { QUANTITIES, RIVAL_NAMES } from './rivals.js';
import { bracketed, bracketOf } from './thresholds.js';

interface CeilingsReport extends Report {
  readonly findings: readonly Finding[];
  /** Which statement held, and how the rules did, in sentences. */
  readonly conclusion: readonly string[];
}

/** Makes the report of `reproduce ceilings` from the states. Pure: the same input gives the same bytes. */
export function renderCeilings(input: CeilingsInput): CeilingsReport {
  const { config, cells } = input;
  const states = bracketed(cells);
  const judging = judge(states, config.splitSeed);
  const findings = ceilingsFindings(states, judging, config.splitSeed);
  const conclusion = conclusionOf(judging, cells);
  const figures: readonly Drawn[] = [
    thresholdsAgainst(judging, (j) => j.present, 'ceilings-present'),
    thresholdsAgainst(judging, (j) => j.candidate, 'ceilings-candidate'),
    thresholdsAgainst(judging, (j) => j.rivals.find((r) => r.rival === 'coupled')!, 'ceilings-coupled'),
    thresholdsAgainst(judging, (j) => j.rivals.find((r) => r.rival === 'edge')!, 'ceilings-edge'),
  ];
  const report = composeReport({
    title: input.title,
    head: html`${conclusion.map((c) => html`<p class="summary">${prose(c)}</p>`)}
<p class="summary">${verdictWords(findings)}</p>
${judging ? firstNumbers(judging) : ''}`,
    sections: [
      [
        'rules',
        'Rules on equal terms',
        html`${judging ? rulesTable(judging) : ''}${gallery(figures)}${judging ? halvesTable(judging) : ''}`,
      ],
      ['states', 'States', html`${statesTable(cells, judging)}${noStates(cells)}`],
      ['method', 'How this was measured', method(input)],
    ],
    symbols: SYMBOLS,
    figures,
    tables: ceilingsTables(cells, judging),
    findings,
    format: 'thermograd-ceilings-report',
    version: 1,
    document: { conclusion, findings, judging: judging && summary(judging), cells },
    run: input.run,
  });
  return { ...report, findings, conclusion };
}

const summary = ({ rivals, candidate, advantage, comparison, stated, fitted, judged }: Judging) => ({
  rules: rivals,
  candidate: candidate.rival,
  advantage,
  comparison,
  stated: stated?.rival ?? null,
  fitted: fitted.map(({ state }) => state.spec.name),
  judged: judged.map(({ state }) => state.spec.name),
});

const factor = (logarithm: number): string => formatNumber(Math.exp(logarithm), 3);
const counted = ({ value, n }: JudgedRival['scores']['coverage']): string =>
  `${formatCount(Math.round(value * n))} of ${formatCount(n)}`;

/** Says which statement held, and how the rules did. */
export function conclusionOf(judging: Judging | undefined, cells: readonly StateCell[]): string[] {
  if (!judging)
    return [`Only ${formatCount(bracketed(cells).length)} states have a threshold: too few to fit and to judge.`];
  const { candidate, present, comparison, stated, judged, fitted } = judging;
  const coupled = judging.rivals.find((r) => r.rival === 'coupled')!;
  const of = ({ fit, rival, scores }: JudgedRival) =>
    `${formatNumber(fit.factor, 3)} times ${RIVAL_NAMES[rival]} misses the learning rate at which runs leave by a factor of ${factor(scores.miss.value)}`;
  const interval = ({ fit, rival, scores }: JudgedRival) =>
    `between ${factor(Math.log(fit.factor) - fit.half)} and ${factor(Math.log(fit.factor) + fit.half)} times ${RIVAL_NAMES[rival]}, which covered ${counted(scores.coverage)} judged states`;
  return [
    `Rules were fitted on ${formatCount(fitted.length)} states and judged on ${formatCount(judged.length)} others. There ${of(present)}; ${of(candidate)} (chosen on the fitting half)${candidate === coupled ? '' : `; ${of(coupled)}`}.`,
    comparison === 'beats'
      ? `The candidate beats the trivial rule on states that it was not fitted to.`
      : comparison === 'loses'
        ? `No measured curvature or noise improves on a multiple of the present rate: the best rival on the fitting half does worse on the judged half.`
        : `No measured curvature or noise is shown to improve on a multiple of the present rate: on the judged half the two are not distinguished, the candidate saves ${formatEstimate(judging.advantage)} of squared miss.`,
    stated
      ? `What can be stated: runs leave ${interval(stated)}.`
      : `Nothing is stated without runs: the interval of the trivial rule, ${interval(present)}, ${present.fit.half > WIDEST ? 'is wider than a factor of four on either side' : 'covers too few'}; that of the candidate, ${interval(candidate)}, is not stated because the candidate ${comparison === 'beats' ? 'does not hold' : 'is not shown to be better'}.`,
  ];
}

const firstNumbers = ({ present, candidate, advantage }: Judging): Markup =>
  keyList([
    ['miss of the trivial rule, ln', formatEstimate(present.scores.miss)],
    [`miss of ${RIVAL_NAMES[candidate.rival]}, ln`, formatEstimate(candidate.scores.miss)],
    ['squared miss saved by it', formatEstimate(advantage)],
  ]);

function rulesTable({ rivals }: Judging): Markup {
  const columns: Column<JudgedRival>[] = [
    { head: 'rule', cell: (r) => RIVAL_NAMES[r.rival], words: true },
    {
      head: 'constant',
      cell: ({ fit }) =>
        formatNumber(fit.factor, 3) + (fit.exponent === null ? '' : `, a = ${formatNumber(fit.exponent, 2)}`),
    },
    { head: '95 % ×÷', cell: ({ fit }) => factor(fit.half) },
    { head: 'miss ×÷', cell: (r) => factor(r.scores.miss.value) },
    { head: 'bias, ln', cell: (r) => formatEstimate(r.scores.bias) },
    { head: 'rank', cell: (r) => formatEstimate(r.scores.rank) },
    { head: 'covered', cell: (r) => counted(r.scores.coverage) },
    { head: 'in bracket', cell: (r) => counted(r.scores.hits) },
    { head: 'safe', cell: (r) => counted(r.scores.safe) },
  ];
  return table(
    'Each rule with one constant (the last with two) from the fitting half, judged on the other half. The miss is the root mean square of the logarithm of stated over measured, as a factor; ‘95 %’ is the stated interval, as a factor on either side. ‘Rank’: Spearman’s correlation of x and the measured rate. ‘Covered’: the measured rate lies in the stated interval; ‘in bracket’: the stated value lies between the largest rate at which all runs stay and the smallest at which most leave; ‘safe’: all runs stay at the lower end of the stated interval.',
    columns,
    rivals,
  );
}

/** How much depends on which states are fitted. */
function halvesTable({ rivals }: Judging): Markup {
  const columns: Column<JudgedRival>[] = [
    { head: 'rule', cell: (r) => RIVAL_NAMES[r.rival], words: true },
    { head: 'fitting half ×÷', cell: (r) => factor(r.leaveOneOut) },
    { head: 'judged half ×÷', cell: (r) => factor(r.scores.miss.value) },
    {
      head: 'other halves ×÷',
      cell: ({ otherHalves: { miss } }) =>
        `${factor(miss.value - miss.standardError)} … ${factor(miss.value + miss.standardError)}`,
    },
    { head: 'covered in other halves', cell: (r) => `${formatNumber(100 * r.otherHalves.coverage.value, 3)}\u00a0%` },
  ];
  return table(
    'How much depends on which states are fitted: the miss of states left out one at a time in the fitting half, from which the candidate is chosen; that of the judged half; and one standard deviation about the mean over 1000 other random halves, which decide nothing.',
    columns,
    rivals,
  );
}

function statesTable(cells: readonly StateCell[], judging: Judging | undefined): Markup {
  const judged = new Set(judging?.judged.map(({ state }) => state.spec.name));
  const tried = cells.filter((c) => c.outcome === 'tried');
  type Row = (typeof tried)[number];
  const columns: Column<Row>[] = [
    {
      head: 'network, loss',
      cell: ({ spec }) => `${spec.network.widths.join('-')}, ${spec.network.loss === 'cross-entropy' ? 'CE' : 'SE'}`,
      words: true,
    },
    { head: 'η', cell: ({ spec }) => formatPlain(spec.learningRate) },
    { head: 'B', cell: ({ spec }) => formatCount(spec.batchSize) },
    { head: 'μ', cell: ({ spec }) => formatPlain(spec.momentum) },
    { head: 'epochs', cell: (c) => formatCount(c.epochs) },
    { head: 'loss', cell: (c) => formatNumber(c.loss, 2) },
    {
      head: 'runs leave from … to',
      cell: (c) => {
        const { low, high } = bracketOf(c);
        return `${low === null ? MISSING : formatNumber(low, 2)} … ${high === null ? MISSING : formatNumber(high, 2)}`;
      },
    },
    { head: 'edge', cell: (c) => formatNumber(QUANTITIES.edge(c), 2) },
    { head: 'batch sharpness', cell: (c) => formatNumber(QUANTITIES.sharpness(c), 2) },
    { head: 'ceiling', cell: (c) => formatNumber(QUANTITIES.coupled(c), 2) },
    { head: 'half', cell: ({ spec }) => (judged.has(spec.name) ? 'judged' : 'fitted'), words: true },
  ];
  return table(
    'CE: cross-entropy; SE: squared error. Runs leave from the largest rate at which all six stay to the smallest from which on most leave; a dash where the ladder of rates ended before.',
    columns,
    tried,
  );
}

function noStates(cells: readonly StateCell[]): Markup {
  const none = cells.filter((c) => c.outcome === 'none');
  return none.length === 0
    ? html``
    : html`<p>No state: ${prose(none.map((c) => `${c.spec.name} (${c.why})`).join('; '))}.</p>`;
}

function method({ config }: CeilingsInput): Markup {
  const { ladder, run, states } = config;
  return factList([
    [
      'States',
      `${formatCount(states.length)} settings, fixed before the run. A setting whose training diverges, or ends above 0.9 of the loss of a constant output, gives no state.`,
    ],
    [
      'Runs',
      `${formatCount(ladder.runs)} at each rate, of ${formatCount(run.epochs)} epochs or ${formatCount(run.steps)} steps, from the same weights with fresh batches and velocity zero. A run leaves when its loss, measured forty times on at most ${formatCount(run.looked)} training samples, is above e·(L₀ + the loss that gradient noise alone adds, at most L₀), or half-way to the loss of a constant output. It ends there; whether it would come back is not asked.`,
    ],
    ['Rates', `The present rate times powers of ${formatPlain(ladder.factor)}, by doubling strides and bisection.`],
    [
      'Halves',
      'Drawn once by a seed in the config. A rule’s constant is the geometric mean of measured over x on the fitting half; its interval is the 95 % interval for one new state. The rules of judging were written before the run: docs/rules/ceilings.md.',
    ],
    [
      'Errors',
      'The number after ± is one standard error by bootstrap over the judged states; they share data and networks, so that new data could differ by more.',
    ],
  ]);
}

const SYMBOLS: Symbols = [
  ['η, B, μ', 'learning rate, batch size, momentum'],
  ['h', 'largest eigenvalue of the Hessian of the training loss'],
  ['g, H', 'gradient and Hessian of one minibatch in batch sharpness'],
  ['C₁', 'covariance of the gradient of one sample'],
  ['L₀', 'training loss at the state'],
];
