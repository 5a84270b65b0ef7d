/** The report on a recording made elsewhere. */
import { composeReport } from '../../report/compose.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatMarked, formatNumber, formatPlain, formatShare, sentence } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { exceptions, verdictWords } from '../../report/sections/findings.js';
import { factList, keyList, type Symbols } from '../../report/sections/lists.js';
import { dynamicsTable } from '../../report/sections/motion.js';
import { recordingTables } from './csv.js';
import { drawFigures } from './figures/all.js';
import type { LeftOut, MeasuredRecording } from './measured.js';
import { blockTable, checksTable, landscapeTable, surfaceNotes } from './surface/tables.js';
import { leftOutTable, parameterTable, rotationTable, stateTable, walkTable } from './tables.js';

/** The input of the report. */
export interface RecordingReportInput {
  readonly title: string;
  readonly measured: MeasuredRecording;
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  readonly run: RunFacts;
}

/** Makes the report in memory; nothing is read or written, and the same input gives the same bytes. */
export function renderRecording({ title, measured: m, findings, leftOut, run }: RecordingReportInput): Report {
  const figures = drawFigures(m);
  return composeReport({
    title,
    head: html`${summary(m, findings)}${keyNumbers(m)}`,
    sections: [
      ['fluctuations', 'Fluctuations', html`${gallery(figures.fluctuations)}${walkTable(m)}`],
      [
        'motion',
        'Motion',
        html`${gallery(figures.motion)}${dynamicsTable(m.motion)}${stateTable(m)}${rotationTable(m)}`,
      ],
      ...(m.surface
        ? ([
            [
              'landscape',
              'Landscape',
              html`${surfaceNotes(m.surface)}${gallery(figures.landscape)}${landscapeTable(m.surface)}${blockTable(m.surface)}${checksTable(m.surface)}`,
            ],
          ] as const)
        : []),
      ['left-out', 'What was left out', leftOutTable(leftOut)],
      ['method', 'How this was measured', html`${method(m)}${parameterTable(m)}`],
    ],
    symbols: m.surface ? [...SYMBOLS, ...OF_SURFACES] : SYMBOLS,
    figures: Object.values(figures).flat(),
    tables: recordingTables(m, leftOut),
    findings,
    format: 'thermograd recording report',
    version: 1,
    document: { findings, measured: m, leftOut },
    run,
  });
}

/** Says what the time of a report is counted in. */
const spacing = ({ every, stepsFrom }: MeasuredRecording['recording']): string =>
  stepsFrom === 'rows'
    ? 'the files do not say which steps they are, so that a row counts as one step'
    : every === 1
      ? 'one for every step'
      : `one for every ${formatCount(every)} steps`;

function summary(m: MeasuredRecording, findings: readonly Finding[]): Markup {
  const { recording: r } = m;
  const names = r.parameters.length === 1 ? r.parameters[0].name : `${formatCount(r.parameters.length)} parameters`;
  return html`<p class="summary">A recording of ${names} (${r.format}) was read: ${formatCount(r.T)} rows of ${formatCount(r.P)} ${r.projected ? 'projected numbers' : 'weights'}, ${spacing(r)}.
${r.loss ? `The mean loss of its first half was ${formatNumber(r.loss[0])}, of its second ${formatNumber(r.loss[1])}. ` : ''}${used(m)}
${verdictWords(findings)} ${prose(exceptions(findings))}</p>${r.notes.map((n) => html`<p>${prose(sentence(n))}</p>`)}`;
}

function used({ surface, surfaceMissing }: MeasuredRecording): Markup {
  if (surfaceMissing !== undefined)
    return html`The model that was given was checked and not measured: ${prose(surfaceMissing)}`;
  if (!surface)
    return html`No model was used: the loss was not evaluated, and what needs it is listed under <a href="#left-out">what was left out</a>.`;
  const { measured: s } = surface;
  return html`The loss of ${s.surface.name} at the mean weights is ${formatNumber(s.loss.value)} over ${formatCount(s.surface.samples)} samples; ${s.asked < s.surface.samples ? `what else was measured of it, over ${formatCount(s.asked)} of them` : 'everything was measured over all of them'}.`;
}

function keyNumbers({ pca, motion, walk, temperatures: t }: MeasuredRecording): Markup {
  const tau = motion.dynamics.filter((d) => motion.settled.includes(d.index)).map((d) => d.correlationTime);
  const slowest = tau.reduce((a, b) => (b.value > a.value ? b : a), tau[0]);
  const hottest = 'missing' in t ? undefined : t.directions.find((d) => motion.settled.includes(d.index))?.temperature;
  return keyList([
    ['share of direction 1', `${formatNumber(100 * (pca.variances[0] / pca.totalVariance))} %`],
    ['of a walk with the same steps', 'missing' in walk ? '–' : `${formatNumber(100 * walk.share.mean)} %`],
    ['variance between half windows', `${formatNumber(100 * motion.between.value, 2)} %`],
    ['settled directions', `${formatCount(motion.settled.length)} of ${formatCount(motion.dynamics.length)}`],
    ['slowest settled τ (steps)', slowest ? formatMarked(slowest) : '–'],
    ...(hottest ? [['temperature of the first settled direction', formatMarked(hottest)] as const] : []),
  ]);
}

function method(m: MeasuredRecording): Markup {
  const { recording: r, pca, survey, walk, scaling, motion } = m;
  const noise = pca.variances.filter((v) => v < pca.resolution).length;
  const { facts } = r;
  const known = Object.entries(facts).map(
    ([k, v]) => `${FACTS[k as keyof typeof FACTS]} ${typeof v === 'number' ? formatPlain(v, 6) : v}`,
  );
  return factList([
    [
      'Rows',
      `${formatCount(r.T)} rows, steps ${formatCount(r.steps[0])} to ${formatCount(r.steps[1])}, ${spacing(r)}; ${r.type}. ${formatCount(survey.constant)} weights never changed; ${formatCount(survey.repeated)} rows are equal to the row before.`,
    ],
    ['Training', known.length > 0 ? `${known.join(', ')}.` : 'Nothing is known of it.'],
    [
      'Principal directions',
      `${pca.via === 'covariance' ? 'The covariance matrix of the weights' : 'The Gram matrix of the rows'} over the window, mean subtracted, in double precision; residual of the eigenvectors ${formatNumber(pca.residual, 2)}. ${formatCount(motion.dynamics.length)} of ${formatCount(pca.variances.length)} directions are followed; ${formatShare(offFollowed(m), 2)} of the variance lies outside them.`,
    ],
    [
      'Resolution',
      `Variances under ${formatPlain(pca.resolution, 2)} weight² are within the rounding of the recording: ${formatCount(noise)} of ${formatCount(pca.variances.length)} directions.`,
    ],
    ['Fit of the rank law', `${sentence(scaling.rankLaw.exponent.method)}`],
    [
      'Correlation times',
      'Integrated autocorrelation time with Sokal’s window. A direction is settled if it is resolved and the window has at least 50 of its correlation times.',
    ],
    [
      'Walk',
      'missing' in walk
        ? walk.missing
        : `The increments between rows with random signs (one for ${formatCount(walk.block)} ${walk.block === 1 ? 'row' : 'rows'}; successive increments have a correlation of ${formatPlain(survey.successive, 2)}), summed up, in ${formatCount(walk.directions)} leading directions of the increments; ${formatNumber(100 * walk.beside, 2)} % of their variance lies outside these and enters by its mean. It takes increments as independent, and contains what the landscape did within a row.`,
    ],
    ['Errors', 'The number after ± is one standard error of this one window.'],
  ]);
}

/** What is known of a training, in words. */
const FACTS: Readonly<Record<keyof MeasuredRecording['recording']['facts'], string>> = {
  optimiser: 'optimiser',
  learningRate: 'learning rate',
  momentum: 'momentum',
  batchSize: 'batch size',
  samples: 'training samples:',
  sampling: 'batches',
  varied: 'not constant:',
};

/** The share of the variance outside all followed directions. */
const offFollowed = ({ pca, motion }: MeasuredRecording): number =>
  Math.max(0, 1 - motion.dynamics.reduce((sum, d) => sum + pca.variances[d.index - 1], 0) / pca.totalVariance);

const SYMBOLS: Symbols = [
  ['w', 'weights of the recording'],
  ['T, P', 'rows of the recording, weights of a row'],
  ['pᵢ', 'i-th principal direction of the fluctuations, a unit vector; rank i counts from the largest variance'],
  ['θᵢ', 'coordinate of the weights along pᵢ, from the mean of the window'],
  ['σᵢ²', 'variance of θᵢ over the window (weight²)'],
  ['γ', 'exponent of σᵢ² ∝ i^−γ'],
  ['τ', 'integrated autocorrelation time (steps)'],
  ['Tᵢ', 'temperature of direction i (loss)'],
  ['η, μ', 'learning rate and momentum of SGD'],
  ['PC', 'principal direction'],
];

const OF_SURFACES: Symbols = [
  ['F', 'width of the valley along a direction, where the loss is e times that at the centre (weight)'],
  ['ψ', 'exponent of σ² ∝ F^−ψ'],
  ['h, H', 'curvature of the loss along a direction, its matrix (loss/weight²)'],
  ['C₁', 'covariance of the gradient of one sample (loss²/weight²)'],
  ['R', 'mean square of a batch gradient over its mean curvature along itself (weight²/loss)'],
];
