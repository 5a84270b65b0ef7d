/** The report of `reproduce controls`: the verdict on the cause, the table of regimes, the frozen layer. */
import { overSeeds } from '../../numeric/seeds.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import {
  formatCount,
  formatCounts,
  formatEstimate,
  formatNumber,
  formatPlain,
  formatRange,
  MISSING,
} from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery, type Page } from '../../report/page.js';
import { verdictWords } from '../../report/sections/findings.js';
import { factList, keyList, type Symbols } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { controlsTables } from './csv.js';
import { closure } from './figures/closure.js';
import { exponentsByRegime, exponentsByWindow } from './figures/exponents.js';
import { noiseAgainstCurvature, variancesByBasis } from './figures/scatter.js';
import { exponentsBySeed } from './figures/seeds.js';
import { causeOf, controlsFindings, type Judged } from './findings.js';
import { BASIS_NAMES, type ControlsInput, type FrozenResult } from './measured.js';
import type { GroupRow, RegimeRow } from './summary.js';

interface ControlsReport extends Report {
  readonly findings: readonly Finding[];
  /** What causes the exponent, in sentences. */
  readonly cause: readonly string[];
}

/** Makes the report of `reproduce controls` from the cells of all seeds. Pure: the same input gives the same bytes. */
export function renderControls(input: ControlsInput): ControlsReport {
  const judged = controlsFindings(input);
  const { findings, rows, groups } = judged;
  const cause = causeOf(judged);
  const figures = {
    exponents: exponentsByRegime(rows, input.mainWindow),
    windows: exponentsByWindow(rows),
    scatter: variancesByBasis(input.cells, input.mainWindow),
    noise: noiseAgainstCurvature(input.cells),
    closure: closure(groups),
    seeds: exponentsBySeed(rows, input.mainWindow),
  };
  const report = composeReport({
    ...controlsPage(input, judged, cause, figures),
    symbols: SYMBOLS,
    figures: Object.values(figures),
    tables: controlsTables(input, rows, groups),
    findings,
    format: 'thermograd-controls-report',
    version: 1,
    document: { cause, findings, regimes: rows, groups, cells: input.cells, bases: input.bases },
    run: input.run,
  });
  return { ...report, findings, cause };
}

/** Title, head and sections. */
export function controlsPage(
  input: ControlsInput,
  { findings, rows, groups, outcome }: Judged,
  cause: readonly string[],
  figures: Readonly<Record<'exponents' | 'windows' | 'scatter' | 'noise' | 'closure' | 'seeds', Drawn>>,
): Page {
  const { bases, cells } = input;
  const losses = bases.map((b) => b.loss);
  const frozen = cells.filter((c): c is FrozenResult => c.kind === 'frozen');
  const largest = Math.max(...frozen.map((c) => c.learningRate));
  return {
    title: input.title,
    head: html`<p class="summary">${formatCount(bases.length)} ${bases.length === 1 ? 'network was' : 'networks were'} trained as in ivf2021
(training loss ${formatRange([Math.min(...losses), Math.max(...losses)])}). From the same weights each was continued with different noise. Its
fluctuations were measured along directions chosen in different ways, and in linear systems with the same Hessian and gradient noise.
${verdictWords(findings)}</p>
<h2 id="cause">What causes the exponent</h2>
${cause.map((c) => html`<p class="summary">${prose(c)}</p>`)}
${firstNumbers(outcome)}`,
    sections: [
      [
        'regimes',
        'Regimes',
        html`${gallery([figures.exponents, figures.scatter], 'wide')}
${regimesTable(rows)}
${gallery([figures.seeds], 'wide')}${gallery([figures.windows, figures.noise])}`,
      ],
      [
        'frozen',
        'One layer alone: where the theory is complete',
        html`<p>${frozenWords(frozen.filter((c) => c.learningRate === largest))}</p>
${gallery([figures.closure], 'wide')}
${groupsTable(groups)}
${stabilityTable(groups)}`,
      ],
      ['method', 'How this was measured', method(input)],
    ],
  };
}

const firstNumbers = (o: Judged['outcome']): Markup =>
  keyList([
    ['ψ, PCA of the same window', formatEstimate(o.psi?.psi)],
    ['ψ, variances of the other half', formatEstimate(o.other?.psi)],
    ['ψ, Hessian eigenvectors, drift removed', formatEstimate(o.replicas?.psi)],
    ['γ of C ∝ H^γ (Hessian eigenvectors)', formatEstimate(o.replicas?.gamma)],
  ]);

function regimesTable(rows: readonly RegimeRow[]): Markup {
  const twice = (r: RegimeRow) =>
    `${formatNumber(2 * r.gamma.value, 3)} or ${formatNumber(2 * (r.gamma.value - 1), 2)}`;
  const columns: Column<RegimeRow>[] = [
    {
      head: 'batches',
      cell: (r) => `${r.sampling}${r.momentum > 0 ? `, μ = ${formatPlain(r.momentum)}` : ''}`,
      words: true,
    },
    { head: 'directions', cell: (r) => BASIS_NAMES[r.basis], words: true },
    { head: 'epochs', cell: (r) => formatCount(r.epochs) },
    { head: 'ψ', cell: (r) => formatEstimate(r.psi) },
    { head: 'misfit', cell: (r) => formatNumber(r.misfit, 2) },
    { head: 'range', cell: (r) => formatNumber(r.range, 2) },
    { head: 'ψ of theory', cell: (r) => formatEstimate(r.theory) },
    { head: 'γ', cell: (r) => formatEstimate(r.gamma) },
    { head: '2γ or 2(γ−1)', cell: twice },
    { head: 'slow', cell: (r) => `${formatNumber(100 * r.flatShare, 2)}\u00a0%` },
    { head: 'rank law', cell: (r) => (r.rank ? formatEstimate(r.rank) : MISSING) },
  ];
  return table(
    'Measured exponents with one standard error over seeds (of the fit, where there is one seed), which is the sampling error. ‘Misfit’ is the block bootstrap over directions within a seed and ‘range’ the standard deviation of ψ between ranges of rank that can be fitted, both as means over seeds; they are errors of their own and are not part of the first. γ of C ∝ H^γ is measured along the same directions; 2γ and 2(γ−1) are what theory predicts for slow and for relaxed modes, ‘slow’ is the share of the fitted directions below the crossover curvature (all, where H = 0), and ‘ψ of theory’ is the same fit on the exact variances of single modes with the measured curvature and noise. The theory does not account for how the directions were chosen. ‘Rank law’ is the exponent of the decrease of σᵢ² with the rank i, where all variances belong to one window.',
    columns,
    rows,
  );
}

function groupsTable(groups: readonly GroupRow[]): Markup {
  const columns: Column<GroupRow>[] = [
    { head: 'batches, η', cell: (g) => `${g.sampling},\u00a0${formatPlain(g.learningRate, 2)}`, words: true },
    { head: 'modes', cell: (g) => `${formatCount(g.from)}\u2060–\u2060${formatCount(g.to)}`, words: true },
    { head: 'H, C / whole', cell: (g) => formatEstimate(g.ratios.raw.modes) },
    { head: '+ descent / whole', cell: (g) => formatEstimate(g.ratios.drift.sums) },
    { head: 'H, C / replicas', cell: (g) => formatEstimate(g.ratios.replicas.modes) },
    { head: '⟨C⟩ / replicas', cell: (g) => formatEstimate(g.ratios['noise-averaged'].modes) },
    { head: '⟨H⟩, ⟨C⟩ / replicas', cell: (g) => formatEstimate(g.ratios['both-averaged'].modes) },
    { head: 'fixed noise', cell: (g) => (g.fixed ? formatEstimate(g.fixed) : MISSING) },
  ];
  return table(
    'Predicted over measured variance by groups of Hessian modes, one standard error over seeds. ‘Whole’ is the variance of the window; ‘replicas’ half the variance of the difference of two branches with different batches, which removes what both have in common. ‘+ descent’ adds the path driven by the gradient at the start of the window, and compares sums, since a mode without a gradient has no such prediction to divide by. ⟨C⟩ and ⟨H⟩ are averages along the trajectory instead of the values at its mean. ‘Fixed noise’: linear modes driven by the gradients of real batches, in their order, all taken at the base weights.',
    columns,
    groups,
  );
}

function stabilityTable(groups: readonly GroupRow[]): Markup {
  const columns: Column<GroupRow>[] = [
    { head: 'batches, η', cell: (g) => `${g.sampling},\u00a0${formatPlain(g.learningRate, 2)}`, words: true },
    { head: 'modes', cell: (g) => `${formatCount(g.from)}\u2060–\u2060${formatCount(g.to)}`, words: true },
    { head: 'C along / at the mean', cell: (g) => formatEstimate(g.noiseGain) },
    { head: 'H along / at the mean', cell: (g) => formatEstimate(g.curvatureGain) },
    { head: 'C start / end', cell: (g) => formatEstimate(g.noiseDecay) },
    { head: 'H start / end', cell: (g) => formatEstimate(g.curvatureDecay) },
    { head: 'variance, first / second half', cell: (g) => formatEstimate(g.halves) },
  ];
  return table(
    'How constant the constants of the theory are: noise and curvature averaged over points of the trajectory relative to those at its mean, their values at the start of the window relative to those at its end, and the ratio of the variances between replicas in the two halves of the window.',
    columns,
    groups,
  );
}

function frozenWords(frozen: readonly FrozenResult[]): string {
  if (frozen.length === 0) return 'There are no cells with frozen layers.';
  const over = (of: (c: FrozenResult) => number) => formatEstimate(overSeeds(frozen.map(of)));
  const [first] = frozen;
  return (
    `Starting from the trained weights, only the recorded layer moved: ${formatCount(first.relaxEpochs)} epochs to settle, ${formatCount(first.epochs)} recorded. ` +
    `Then the only assumption left is that H and C are constant over the window. This is not quite true: the loss falls from ${over((c) => c.loss.start)} at its start to ${over((c) => c.loss.end)} at its end; at the mean weights it is ${over((c) => c.loss.mean)}. ` +
    `The stiffest mode has η·h = ${over((c) => c.stiffest)}, far below 2, so that the discrete steps hardly matter.`
  );
}

function method({ cells, bases, mainWindow, run }: ControlsInput): Markup {
  const config = run.config as {
    epochs: number;
    directions: number;
    surrogateEpochs: number;
    walks: number;
    relaxEpochs: number;
    points: number;
  };
  const rates = [
    ...new Set(cells.map((c) => `η = ${formatPlain(c.learningRate, 2)} with momentum ${formatPlain(c.momentum, 2)}`)),
  ];
  const items: [string, string][] = [
    [
      'Base networks',
      `Seeds ${formatCounts(bases.map((b) => b.seed))}; trained until epoch ${formatCounts(bases.map((b) => b.epochs))} (the first one: ${bases[0]?.stopped ?? ''}).`,
    ],
    [
      'Branches',
      `${formatCount(config.epochs)} epochs from the base weights, each window ending with the last of them; ${rates.join('; ')}: the same η/(1−μ). Velocity starts at zero.`,
    ],
    [
      'Centre',
      'The mean of all weights over the window: of the recorded layer at every step, of the others at about six points per epoch. The widths F are measured around it over all training samples.',
    ],
    [
      'H and C',
      `Exact over all training samples at the centre of the window of ${formatCount(mainWindow)} epochs; C per batch, for shuffled batches with its factor (N−B)/(N−1). They are used for all windows of a branch.`,
    ],
    [
      'Fits',
      `${formatCount(config.directions)} log-spaced directions; those of rank ≥ 2 with a closed valley and a variance above ten resolutions are fitted, with errors in both coordinates, as in the report of ivf2021. The resolution is the rounding of the recorded single-precision weights; along directions that the window did not choose it is that of all its steps, which adds up to a walk. In the Hessian basis the rank is that of the curvature.`,
    ],
    [
      'Other half',
      'Principal directions of the first half of the main window, variances along them from the second half, and theory for windows as long as that half.',
    ],
    [
      'Surrogate',
      `Gaussian noise of covariance C (for shuffled batches minus its mean over the epoch), ${formatCount(config.surrogateEpochs)} epochs before a window as long as the real one; there is no gradient at its start, hence no descent. Widths along its directions are those of the real loss.`,
    ],
    [
      'Walks',
      `${formatCount(config.walks)} for each branch, with the same C, sampling and window and no restoring force, drawn from the eigenvalues of C and those of the walk in time; ψ of a seed is their mean. An isotropic walk has the same trace of C spread evenly over all directions.`,
    ],
    [
      'Replicas',
      'Two branches from the same weights with different batches; (a − b)/√2 has the variance of the fluctuations without that of the descent.',
    ],
    [
      'Errors',
      'The number after ± is one standard error over seeds; intervals and verdicts use Student’s t at 95 %. Misfit and choice of range are given beside it under these names.',
    ],
  ];
  return factList(items);
}

const SYMBOLS: Symbols = [
  ['σ²', 'variance of the weights along a direction over a window (weight²)'],
  [
    'F',
    'flatness: distance between the two nearest points along a direction where the loss is e times that at the centre',
  ],
  ['ψ', 'exponent of σ² ∝ F^−ψ'],
  [
    'H',
    'second derivatives of the training loss with respect to the weights of the recorded layer; Hᵢᵢ along a direction',
  ],
  ['C', 'covariance of the gradient of one minibatch; Cᵢᵢ along a direction'],
  ['γ', 'exponent of Cᵢᵢ ∝ Hᵢᵢ^γ over directions'],
  ['η, μ', 'learning rate and momentum'],
  ['PCA', 'principal component analysis: the directions of largest variance'],
  [
    'crossover',
    'curvature 3/(η(M+1)) for shuffled batches, M of them per epoch, and 3/(ηT) for replaced ones in a window of T steps: below it a mode has no time to relax',
  ],
];
