/** The part of the report of `reproduce valley2023` on real networks: findings, sections, figures, tables. Pure. */
import type { Drawn } from '../../../report/figures/frame.js';
import type { Finding } from '../../../report/finding.js';
import { formatCount, formatEstimate, formatPlain } from '../../../report/format.js';
import { html, type Markup, prose } from '../../../report/markup.js';
import { gallery, type Section } from '../../../report/page.js';
import { factList } from '../../../report/sections/lists.js';
import { type Column, table } from '../../../report/sections/tables.js';
import { type CeilingRow, PREDICTIONS } from './ceilings.js';
import { networkTables } from './csv.js';
import { ceilingFigure } from './figures/ceilings.js';
import { flatnessFigure, flatTimeFigure, testErrorFigure, testLossFigure } from './figures/strength.js';
import { type NetworkJudged, networkFindings } from './findings.js';
import type { NetworkInput } from './measured.js';
import { CONTROLLED, MEASURES } from './measures.js';
import { arrivals, logCurvatureAlongDrift, reached, type SettingRow } from './summary.js';
import { rangesTable, rivalsTable, settingsTable, slopesTable } from './tables.js';

interface NetworkReport {
  readonly findings: readonly Finding[];
  /** The sections without the table of findings, which the whole page adds. */
  readonly sections: readonly Section[];
  readonly figures: readonly Drawn[];
  /** CSV documents by file name. */
  readonly tables: Readonly<Record<string, string>>;
  readonly judged: NetworkJudged;
}

export function networkSections(input: NetworkInput): NetworkReport {
  const judged = networkFindings(input);
  const { findings, settings, slopes, rivals, times, ceilings } = judged;
  const solved = reached(input.cells);
  const pick = (...ids: string[]) => [...MEASURES, ...CONTROLLED].filter((m) => ids.includes(m.id));
  const curvature = flatnessFigure(
    'valley-network-curvature',
    'Curvature and gradient noise of solutions at equal loss',
    solved,
    pick('top', 'trace', 'noise-trace', 'scaled-trace'),
  );
  const widths = flatnessFigure(
    'valley-network-widths',
    'Widths of solutions at equal loss',
    solved,
    pick('width-top', 'width-random', 'width-relative'),
  );
  const explained = flatnessFigure(
    'valley-network-rivals',
    'Tr H with rival explanations taken out',
    solved,
    pick('trace', 'norm-trace', 'trace-best', 'trace-outputs'),
  );
  const [test, testLoss] = [testErrorFigure(solved), testLossFigure(solved)];
  const [time, epochs] = [flatTimeFigure(times, 'time'), flatTimeFigure(times, 'epochs')];
  const [trained, initial] = [ceilingFigure(ceilings, 'trained'), ceilingFigure(ceilings, 'initial')];
  const sections: Section[] = [
    [
      'networks-flatness',
      'Real networks: flatness at equal loss',
      html`<p>${flatnessWords(input)}</p>
${gallery([curvature, widths, test, testLoss])}
${slopesTable(slopes)}
${rangesTable(slopes)}
${settingsTable(settings)}`,
    ],
    [
      'networks-rivals',
      'Real networks: what else the fall of Tr H may be',
      html`<p>${prose(rivalWords(input))}</p>
${gallery([explained])}
${rivalsTable(rivals)}`,
    ],
    [
      'networks-valley',
      'Real networks: along and across the valley',
      html`<p>${prose('Across the valley are the top eigenvectors of the Hessian; along it is the displacement of the weights over the last quarter of the steps. C is that of one sample. L_SGD is what the noise adds to the loss by [V3]: (eta/4) Tr C if noise is proportional to curvature; only differences of its logarithmic form are meaningful. Forces along the drift are positive in its direction.')}</p>
${valleyTable(settings)}`,
    ],
    [
      'networks-time',
      'Real networks: time to flatness, and divergence',
      html`${gallery([time, epochs])}
<p>${ceilingWords(input)}</p>
${gallery([trained, initial])}
${ceilingsTable(ceilings)}`,
    ],
    ['networks-method', 'Real networks: how this was measured', method(input)],
  ];
  return {
    findings,
    sections,
    figures: [curvature, widths, test, testLoss, explained, time, epochs, trained, initial],
    tables: networkTables(input, judged),
    judged,
  };
}

function flatnessWords(input: NetworkInput): string {
  const { widths, dataset, seeds, targetLoss, settings } = input;
  const { arrived, everywhere } = arrivals(input);
  return (
    `Networks ${widths.join('-')} were trained on ${dataset} with ${formatCount(settings.length)} pairs of learning rate and batch size and ${formatCount(seeds.length)} seeds, ` +
    `each seed from the same initial weights, and measured where the loss over the whole training set first fell to ${formatPlain(targetLoss)}; ${formatCount(arrived.length)} pairs arrived there, ${formatCount(everywhere)} of them in every seed, and all slopes are over the runs that arrived. ` +
    'A slope of 0.1 changes a measure by a factor of 1.6 when the noise becomes a hundred times stronger. A number that rises between two strengths and falls between two others, beyond what seeds explain, is not monotone and has no slope. Measures marked invariant do not change when layers are rescaled against each other, which does not change the network.'
  );
}

const rivalWords = ({ spread, measuredSamples }: NetworkInput): string =>
  `Tr H falls when weights merely grow and when outputs become surer of themselves, at one loss. Each rival is therefore taken out of the trace. Weight norm: |w|² Tr H/P, and |wₗ|² Tr Hₗ/Pₗ added over layers. Confidence: the logits are divided by a temperature and the weights stay as they are; once by the temperature at which the loss over the ${formatCount(measuredSamples)} training samples measured is lowest, and once by the one at which the mean of 1 − Σ p² over them is ${formatPlain(spread)}. Dividing the logits divides their Jacobian J too, and Tr H is the mean of Tr(Jᵀ(diag p − p pᵀ)J); in a third row only p is that of equal confidence and J is kept. The share explained is 1 minus the change of the logarithm that is left over that of Tr H, within each seed; it is 1 where nothing is left.`;

const ceilingWords = ({ ceiling: c }: NetworkInput): string =>
  `Short runs of ${formatCount(c.steps)} steps were made at increasing learning rates. Unstable: the mean minibatch loss of ${formatCount(c.window)} consecutive steps exceeded ten times the loss of the solution started from (twice chance from the initial weights). Diverged: it exceeded ten times chance, or ended at chance. Predictions use the curvature and its variance from batch to batch at the start, which training then changes.`;

function valleyTable(rows: readonly SettingRow[]): Markup {
  const solved = rows.filter((r) => r.reached > 0);
  const mean = (x: readonly { readonly value: number }[]) => x.reduce((a, b) => a + b.value, 0) / x.length;
  const name: Column<SettingRow> = {
    head: 'η, B',
    cell: (r) => `${formatPlain(r.learningRate)}, ${formatCount(r.batchSize)}`,
    words: true,
  };
  const of = (head: string, value: Parameters<SettingRow['over']>[0]): Column<SettingRow> => ({
    head,
    cell: (r) => formatEstimate(r.over(value)),
  });
  return html`${table(
    'Curvature λ and gradient noise C of one sample, along and across the valley.',
    [
      name,
      of('λ across', (s) => s.valley && mean(s.valley.across.map((d) => d.curvature))),
      of('λ along', (s) => s.valley?.drift.curvature.value),
      of('C across', (s) => s.valley && mean(s.valley.across.map((d) => d.noise))),
      of('C along', (s) => s.valley?.drift.noise.value),
      of('Var λ, top', (s) => s.valley?.across[0].curvatureVariance.value),
      of('Var λ, along', (s) => s.valley?.drift.curvatureVariance.value),
    ],
    solved,
  )}
${table(
  'The effective SGD loss of the solutions and the forces along the drift.',
  [
    name,
    of('L_SGD', (s) => s.valley?.proportional.value),
    of('L_SGD, logarithmic', (s) => s.valley?.logarithmic),
    of('drift, |Δw|', (s) => s.valley?.driftLength),
    of('Δ ln λ over it', logCurvatureAlongDrift),
    of('force of noise', (s) => s.valley?.noiseForce),
    of('force of gradient', (s) => s.valley?.gradientForce),
  ],
  solved,
)}`;
}

function ceilingsTable(rows: readonly CeilingRow[]): Markup {
  const columns: Column<CeilingRow>[] = [
    { head: 'start', cell: (r) => r.start, words: true },
    { head: 'B', cell: (r) => formatCount(r.batchSize) },
    { head: 'h₁', cell: (r) => formatEstimate(r.curvature) },
    { head: 'Var h₁ of a batch', cell: (r) => formatEstimate(r.variance) },
    { head: 'unstable at η', cell: (r) => formatEstimate(r.unstable) },
    { head: '/ (2/h₁)', cell: (r) => formatEstimate(r.ratios.edge) },
    { head: '/ [V4]', cell: (r) => formatEstimate(r.ratios.meanSquare) },
    { head: '/ coupled', cell: (r) => formatEstimate(r.ratios.coupled) },
    { head: '/ almost sure', cell: (r) => formatEstimate(r.ratios.almostSure) },
    { head: 'diverged at η', cell: (r) => formatEstimate(r.diverged) },
  ];
  return table(
    `Measured thresholds and their ratio to predicted ones: ${PREDICTIONS.edge}; [V4], ${PREDICTIONS.meanSquare}; ${PREDICTIONS.coupled}; and where ${PREDICTIONS.almostSure}. One standard error over seeds; a threshold lies between learning rates a factor 1.2 apart.`,
    columns,
    rows,
  );
}

function method({ targetLoss, maxEpochs, measuredSamples, trainingSamples, settings }: NetworkInput): Markup {
  const items: [string, string][] = [
    [
      'Solutions',
      `Shuffled batches, no momentum, at most ${formatCount(maxEpochs)} epochs. The first evaluation over all ${formatCount(trainingSamples)} training samples at or below ${formatPlain(targetLoss)}; the interval in which that happened is repeated with twenty evaluations. A noisy run meets the target on a downward fluctuation.`,
    ],
    [
      'The floor',
      'Therefore the mean of the weights over an epoch is also measured, where its own loss first reaches the target: below the fluctuations, and earlier.',
    ],
    ['Settings', settings.map((s) => `η = ${formatPlain(s.learningRate)}, B = ${formatCount(s.batchSize)}`).join('; ')],
    [
      'Hessian and noise',
      `Over the first ${formatCount(measuredSamples)} training samples; traces exact over them, eigenvalues by Lanczos to a thousandth, Tr(H C₁) from random signs.`,
    ],
    [
      'Widths',
      'F between the nearest points where the loss is e times that of the solution, along random unit vectors of one layer at a time and along top eigenvectors of the whole network; the geometric mean. Random directions, probes and weight noise are the same for all settings of a seed.',
    ],
    [
      'Errors',
      'The number after ± is one standard error over seeds (sampling); verdicts use Student’s t at 95 %. Misfit: jackknife over the strengths of the noise. Range: root mean square deviation of the slopes of the other ranges of three or more neighbouring strengths, of those that decide (monotone, interval at most ±0.25). The three are not added.',
    ],
  ];
  return factList(items);
}
