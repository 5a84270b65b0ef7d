/** Tables of what a surface adds: blocks, directions, predicted variances; and the same as CSV documents. */
import { inWords, type SurfacePlan } from '../../../analyse/surface/plan.js';
import type { BlockMeasured } from '../../../analyse/surface/results.js';
import { type Estimate, errorOf, scaled } from '../../../numeric/estimate.js';
import { median } from '../../../numeric/statistics.js';
import { type Cell, csv } from '../../../report/csv.js';
import { spread } from '../../../report/figures/window/displacement.js';
import { formatCount, formatNumber, formatPlain, MISSING, sentence } from '../../../report/format.js';
import { html, type Markup, prose } from '../../../report/markup.js';
import { type Column, STAR, star, starred, table } from '../../../report/sections/tables.js';
import { NEEDS } from '../../../surface/completed.js';
import type { Verb } from '../../../surface/surface.js';
import type { LeftOut } from '../measured.js';
import type { RecordedSurface } from './measured.js';

/** Compares the blocks. */
export function blockTable({ measured, recorded }: RecordedSurface): Markup {
  const columns: Column<BlockMeasured>[] = [
    { head: 'block', cell: (b) => (b.name === recorded ? `${b.name} (recorded)` : b.name), words: true },
    { head: 'weights', cell: (b) => formatCount(b.size) },
    { head: 'largest h', cell: (b) => (b.spectrum ? starred(b.spectrum.top[0].curvature) : MISSING) },
    { head: 'smallest h', cell: (b) => (b.spectrum ? starred(b.spectrum.smallest) : MISSING) },
    { head: 'Tr H', cell: (b) => (b.spectrum ? starred(b.spectrum.trace) : MISSING) },
    { head: 'Tr C₁', cell: (b) => (b.noise ? starred(b.noise.trace) : MISSING) },
    { head: 'Tr C₁/|g|²', cell: (b) => (b.noise ? starred(b.noise.simple) : MISSING) },
    { head: 'critical batch', cell: (b) => (b.noise?.critical ? starred(b.noise.critical) : MISSING) },
    {
      head: 'ceiling 2R',
      cell: (b) => (b.noise?.sharpness ? starred(scaled(b.noise.sharpness.ratio, 2)) : MISSING),
    },
    { head: 'median F', cell: medianWidth },
  ];
  const plan = measured.plan ? ` ${planWords(measured.plan)}` : '';
  return html`<h3 id="blocks">Blocks</h3>${table(
    `Curvature h and noise C₁ (of one sample) on blocks of weights at the centre, where the loss is ${starred(measured.loss)} over ${formatCount(measured.surface.samples)} samples.${plan} 2R is the learning rate from which on a step no longer lowers the loss of its own batch. ${STAR}`,
    columns,
    measured.blocks,
  )}`;
}

/** Says which samples were asked, and why not more. */
function planWords(p: SurfacePlan): string {
  const took = `all would have taken about ${inWords(p.secondsOverAll)}, and the budget was ${inWords(p.budgetSeconds)}`;
  const asked =
    p.samples === p.of
      ? `All ${formatCount(p.of)} samples were asked.`
      : `${formatCount(p.samples)} of ${formatCount(p.of)} samples were asked, the half of largest loss and others at random: ${took}.`;
  return p.thinned
    ? `${asked} Widths were measured along ${formatCount(p.thinned.directions)} of ${formatCount(p.thinned.of)} directions, to fit the budget.`
    : asked;
}

function medianWidth({ flatness }: BlockMeasured): string {
  const closed = flatness?.directions.filter((d) => d.open === null).map((d) => d.flatness.value) ?? [];
  return closed.length > 0 ? formatNumber(median(closed)) : MISSING;
}

/** Lists widths, curvature and noise along some of the principal directions. */
export function landscapeTable({ measured, predicted }: RecordedSurface): Markup {
  const rows = measured.blocks[0].flatness?.directions ?? [];
  if (rows.length === 0) return html``;
  const own = new Map('missing' in predicted ? [] : predicted.directions.map((d) => [d.index, d.predicted]));
  type Row = (typeof rows)[number];
  // over all samples every row would repeat the same words on its error
  const bare = (e: Estimate) => (errorOf(e) === 'statistical' ? starred(e) : `${formatNumber(e.value, 4)}${star(e)}`);
  const whole = measured.asked === measured.surface.samples;
  const accuracy = whole
    ? ` All samples were asked: F is accurate to ${formatPlain(measured.blocks[0].flatness!.relativeTolerance)} of itself, and h has no error but rounding.`
    : '';
  return html`<h3>Along principal directions</h3>${table(
    `Variance over the window, width of the valley, curvature, noise of one sample, and F over that of the parabola.${accuracy} ${STAR}`,
    [
      { head: 'direction', cell: (d: Row) => formatCount(d.index) },
      { head: 'σ²', cell: (d) => formatNumber(d.variance) },
      { head: 'F', cell: (d) => (d.open === null ? bare(d.flatness) : `open (${d.open})`) },
      { head: 'h', cell: (d) => bare(d.curvature) },
      { head: 'C₁', cell: (d) => (d.noise ? starred(d.noise) : MISSING) },
      { head: 'F/parabola', cell: (d) => formatNumber(d.quadraticRatio) },
      ...(own.size > 0 ? [{ head: 'predicted σ²', cell: (d: Row) => formatNumber(own.get(d.index)) }] : []),
    ],
    spread(rows, 14),
  )}`;
}

/** Lists what was checked before anything was measured. */
export function checksTable({ checks, measured }: RecordedSurface): Markup {
  const over =
    checks.over === undefined
      ? ''
      : ` Passes over all ${formatCount(measured.surface.samples)} samples would have taken too long; ${formatCount(checks.over)} of them, drawn at random, were compared.`;
  return html`<h3>Checks of the model</h3>${table(
    `Before anything was measured: how far two numbers are apart that must agree, relative to their size.${over}`,
    [
      { head: 'check', cell: (c) => c.sentence, words: true },
      { head: '', cell: (c) => c.verdict, words: true },
      { head: 'deviation', cell: (c) => formatNumber(c.deviation, 2) },
      { head: 'allowed', cell: (c) => formatNumber(c.tolerance, 2) },
    ],
    // nobody gives a hash for the mean of a window
    checks.checks.filter((c) => c.name !== 'weights' || c.verdict !== 'skipped'),
  )}`;
}

/** What is asked of a surface, in words. */
const VERB_WORDS: Readonly<Record<Verb, string>> = {
  losses: 'losses along lines',
  gradient: 'the gradient',
  hessianVectors: 'products with the Hessian',
  sampleLosses: 'losses of single samples',
  projectedSampleGradients: 'gradients of single samples along directions',
  secondMoment: 'the second moment of gradients',
  squaredNorms: 'squared norms of gradients of single samples',
  fisher: 'the diagonal of the Fisher matrix',
  logits: 'the outputs of the classifier',
  trueFisher: 'the diagonal of the true Fisher matrix',
};

/** Says what the reader should know, and what the prediction rests on. */
export function surfaceNotes({ notes, predicted: p, measured }: RecordedSurface): Markup {
  const { offers } = measured.surface;
  const made = Object.entries(offers).flatMap(([verb, offer]) => (offer === 'made' ? [VERB_WORDS[verb as Verb]] : []));
  return html`${notes.map((n) => html`<p>${prose(`${n[0].toUpperCase()}${n.slice(1)}.`)}</p>`)}${
    made.length > 0
      ? html`<p>This model does not give everything at once. Taken from differences of gradients, or sample by sample: ${made.join(', ')}.</p>`
      : ''
  }${
    'missing' in p
      ? html`<p class="missing">${p.missing}</p>`
      : html`<p>${p.lowest < 0 ? 'The modes of positive curvature in the span of the principal directions stay' : 'In the span of the principal directions SGD stays'} bounded up to a learning rate of ${formatPlain(p.ceiling)}; it had ${formatPlain(p.learningRate)}. ${
          typeof p.entropy === 'number'
            ? `The linear system of this plane produces ${formatNumber(p.entropy)} of entropy per step.`
            : prose(sentence(p.entropy.missing))
        }</p>`
  }`;
}

/** Lists what the surface did not answer, by block. */
export const surfaceLeftOut = ({ measured }: RecordedSurface): LeftOut[] => [
  ...measured.blocks.flatMap((b) => b.left.map(({ what, needs }) => ({ what: `${what} on ${b.name}`, needs }))),
  ...(measured.surface.offers.logits === 'missing'
    ? [{ what: 'the confidence of the outputs and the true Fisher matrix', needs: NEEDS.logits }]
    : []),
];

/** Writes the CSV documents by file name. */
export function surfaceTables({ measured, predicted }: RecordedSurface): Record<string, string> {
  const own = new Map('missing' in predicted ? [] : predicted.directions.map((d) => [d.index, d]));
  return {
    'landscape.csv': csv(
      [
        'block',
        'along',
        'rank',
        'variance',
        'left',
        'right',
        'flatness',
        'flatness_error',
        'open',
        'slope',
        'slope_error',
        'curvature',
        'curvature_error',
        'quadratic_ratio',
        'asymmetry',
        'noise',
        'noise_error',
        'predicted_variance',
        'settled',
      ],
      measured.blocks.flatMap((b, i) =>
        (b.flatness?.directions ?? []).map((d): Cell[] => [
          b.name,
          b.flatness!.along,
          d.index,
          d.variance,
          d.left,
          d.right,
          d.flatness.value,
          d.flatness.standardError,
          d.open,
          d.slope.value,
          d.slope.standardError,
          d.curvature.value,
          d.curvature.standardError,
          d.quadraticRatio,
          d.asymmetry,
          d.noise?.value,
          d.noise?.standardError,
          i === 0 ? own.get(d.index)?.predicted : undefined,
          i === 0 ? own.get(d.index)?.settled : undefined,
        ]),
      ),
    ),
    'eigenvalues.csv': csv(
      ['block', 'number', 'curvature', 'curvature_error', 'converged', 'noise', 'noise_error'],
      measured.blocks.flatMap((b) =>
        (b.spectrum?.top ?? []).map((m, k): Cell[] => [
          b.name,
          k + 1,
          m.curvature.value,
          m.curvature.standardError,
          m.curvature.converged,
          m.noise?.value,
          m.noise?.standardError,
        ]),
      ),
    ),
    'blocks.csv': csv(
      [
        'block',
        'weights',
        'norm',
        'largest',
        'largest_error',
        'smallest',
        'smallest_error',
        'trace',
        'trace_error',
        'noise_trace',
        'noise_trace_error',
        'noise_scale',
        'noise_scale_error',
        'critical_batch',
        'critical_batch_error',
        'sharpness',
        'sharpness_error',
      ],
      measured.blocks.map((b): Cell[] => [
        b.name,
        b.size,
        b.norm,
        ...[b.spectrum?.top[0].curvature, b.spectrum?.smallest, b.spectrum?.trace].flatMap((e) => [
          e?.value,
          e?.standardError,
        ]),
        ...[b.noise?.trace, b.noise?.simple, b.noise?.critical, b.noise?.sharpness?.ratio].flatMap((e) => [
          e?.value,
          e?.standardError,
        ]),
      ]),
    ),
  };
}
