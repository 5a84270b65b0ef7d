/** The report of `reproduce valley2023`: the model of the valley, and real networks where they were trained. */
import { citationsOf } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, type Markup } from '../../report/markup.js';
import { gallery, type Section } from '../../report/page.js';
import { findingLinks, verdictWords } from '../../report/sections/findings.js';
import { keyList, type Symbols } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { valleyTables } from './csv.js';
import { circulationFigure } from './figures/circulation.js';
import { convergenceFigure } from './figures/convergence.js';
import { densitiesFigure, finiteSteps } from './figures/densities.js';
import { escapeTimes, finalFlatness, freezingTimes, occupationFigure } from './figures/freezing.js';
import { phaseDiagram } from './figures/phase.js';
import { effectivePotential, potentialSlopes } from './figures/potential.js';
import { valleyFindings } from './findings.js';
import {
  type ConvergenceRow,
  type EscapeRow,
  type FiniteStepRow,
  type FreezingRow,
  NOISE_NAMES,
  type PotentialCase,
  type ValleyModelResults,
} from './measured.js';
import type { NetworkInput } from './network/measured.js';
import { networkSections } from './network/page.js';

interface Valley2023Input {
  readonly title: string;
  /** Either part may be missing. */
  readonly model?: ValleyModelResults;
  readonly network?: NetworkInput;
  readonly run: RunFacts;
}

interface Valley2023Report extends Report {
  readonly findings: readonly Finding[];
}

/** Makes the report of `reproduce valley2023` from the results of its stages. Pure: the same input gives the same bytes. */
export function renderValley2023({ title, model, network, run }: Valley2023Input): Valley2023Report {
  const part = model && modelPart(model);
  const networks = network && networkSections(network);
  const findings = [...(part?.findings ?? []), ...(networks?.findings ?? [])];
  const report = composeReport({
    title,
    head: html`${part?.head}${
      networks
        ? html`<p class="summary">Real networks were trained to the same loss with noise of different strength. ${verdictWords(networks.findings)}</p>`
        : ''
    }`,
    sections: [...(part?.sections ?? []), ...(networks?.sections ?? [])],
    ...(model && { symbols: SYMBOLS }),
    figures: [...(part?.figures ?? []), ...(networks?.figures ?? [])],
    tables: { ...(model && valleyTables(model)), ...networks?.tables },
    findings,
    format: 'thermograd-valley2023-report',
    version: 1,
    document: {
      findings,
      ...(model && { model }),
      ...(networks && { network: { input: network, judged: networks.judged } }),
    },
    run,
    citations: citationsOf(findings, network?.dataset),
  });
  return { ...report, findings };
}

function modelPart(model: ValleyModelResults) {
  const findings = valleyFindings(model);
  const figures = valleyFigures(model);
  return {
    findings,
    figures: Object.values<Drawn>(figures),
    sections: valleySections(model, figures, findings),
    head: html`<p class="summary">A model of the valley formed by the solutions of a network, with minibatch noise: what the noise adds to the loss,
how fast it drives SGD to flat places, and where SGD diverges. ${verdictWords(findings)}
Equations of the paper are quoted after a secondary source; what is derived from them is marked.</p>
${firstNumbers(model, findings)}`,
  };
}

/** Each figure of the model part, drawn once. */
function valleyFigures(m: ValleyModelResults) {
  return {
    floor: effectivePotential(m.potential, 'floor'),
    marginal: effectivePotential(m.potential, 'marginal'),
    slopes: potentialSlopes(m.potential),
    densities: densitiesFigure(m.densities, 'marginal'),
    densitiesFloor: densitiesFigure(m.densities, 'floor'),
    steps: finiteSteps(m.densities),
    convergence: convergenceFigure(m.convergence, ['constant', 'hessian', 'location']),
    critical: convergenceFigure(m.convergence, ['curvature']),
    phase: phaseDiagram(m.phase),
    occupation: occupationFigure(m.freezing),
    freezing: freezingTimes(m.freezing),
    final: finalFlatness(m.freezing),
    escape: escapeTimes(m.freezing),
    circulation: circulationFigure(m.circulation),
  } satisfies Record<string, Drawn>;
}

type ValleyFigures = ReturnType<typeof valleyFigures>;

function valleySections(m: ValleyModelResults, figures: ValleyFigures, findings: readonly Finding[]): Section[] {
  const own = (...ids: string[]) => findingLinks(findings.filter((f) => ids.includes(f.id.replace('valley.', ''))));
  return [
    [
      'potential',
      'The effective potential',
      html`<p>The valley is L(x, y) = L₀(x) + λ(x) y²/2 with λ falling from ${formatPlain(m.potential.ends.sharp)} to ${formatPlain(m.potential.ends.flat)}
as x goes from 0 to 1; its width is F = 1/√λ. With a level floor only noise makes one place more likely than another.</p>
${gallery([figures.floor, figures.marginal, figures.slopes])}
<h3>Slopes</h3>${potentialTable(m.potential.cases)}
${own('floor', 'histogram', 'marginal', 'isotropic', 'walkers', 'strong', 'eq11')}`,
    ],
    [
      'densities',
      'Four methods, and finite steps',
      html`${gallery([figures.densities, figures.densitiesFloor, figures.steps])}
<h3>Finite steps</h3>${stepsTable(m.densities.steps)}
${own('methods', 'variance', 'finite-step')}`,
    ],
    [
      'convergence',
      'Reaching the flat end',
      html`${gallery([figures.convergence, figures.critical])}
<h3>Steps to the flat end</h3>${convergenceTable(m.convergence.rows)}
${own('shorter', 'critical', 'drift', 'passage', 'temperature')}`,
    ],
    [
      'phase',
      'Phase diagram',
      html`${gallery([figures.phase], 'wide')}
${own('flatter', 'first', 'line-sharp-mean-square', 'line-sharp-almost-sure', 'line-flat-mean-square', 'line-flat-almost-sure')}`,
    ],
    [
      'freezing',
      'Freezing',
      html`${gallery([figures.occupation], 'wide')}
${gallery([figures.freezing, figures.final, figures.escape])}
<h3>Freezing and the end of training</h3>${freezingTable(m.freezing.rows)}
<h3>Escape times</h3>${escapeTable(m.freezing.escapes)}
${own('delay', 'ends-flatter', 'delay-theory', 'rates', 'kramers')}`,
    ],
    [
      'circulation',
      'A circulating force',
      html`${gallery([figures.circulation], 'wide')}
${own('circulation', 'current')}`,
    ],
  ];
}

function potentialTable(cases: readonly PotentialCase[]): Markup {
  const columns: Column<PotentialCase['slopes'][number] & { readonly c: PotentialCase }>[] = [
    { head: 'Dₓ', cell: ({ c }) => formatPlain(c.diffusion) },
    { head: 'κ', cell: ({ c }) => formatPlain(c.anisotropy) },
    { head: 'separation', cell: ({ c }) => formatNumber(c.separation, 2) },
    { head: 'method', cell: (s) => (s.method === 'langevin' ? 'Langevin' : 'Fokker-Planck'), words: true },
    { head: 'floor', cell: (s) => formatEstimate(s.floor) },
    { head: '1 − κ', cell: ({ c }) => formatPlain(1 - c.anisotropy) },
    { head: 'marginal', cell: (s) => formatEstimate(s.marginal) },
    { head: '−κ', cell: ({ c }) => formatPlain(-c.anisotropy) },
  ];
  return table(
    'Slopes of −ln P against ln F and their predictions. Separation: diffusion along the valley that the elimination of y neglects, over D_x.',
    columns,
    cases.flatMap((c) => c.slopes.map((s) => ({ ...s, c }))),
  );
}

function stepsTable(rows: readonly FiniteStepRow[]): Markup {
  const columns: Column<FiniteStepRow>[] = [
    { head: 'η', cell: (s) => formatPlain(s.learningRate) },
    { head: 'ηλ, sharp end', cell: (s) => formatPlain(s.sharpest) },
    { head: '⟨y²⟩ / continuous', cell: (s) => formatEstimate(s.varianceRatio) },
    { head: '2/(2 − ηλ)', cell: (s) => formatNumber(s.predictedRatio) },
    { head: '⟨x⟩', cell: (s) => formatEstimate(s.meanX) },
    { head: 'continuous', cell: (s) => formatNumber(s.continuousX) },
    { head: 'finite steps', cell: (s) => formatNumber(s.finiteStepX) },
    { head: 'TV, continuous', cell: (s) => formatEstimate(s.toContinuous) },
    { head: 'TV, finite steps', cell: (s) => formatEstimate(s.toFiniteStep) },
    { head: 'counting', cell: (s) => formatNumber(s.counting, 2) },
  ];
  return table(
    'The SGD map at increasing learning rate, with D_x and D_y fixed. TV: total variation between the marginal and either theory, and its value from counting alone.',
    columns,
    rows,
  );
}

function convergenceTable(rows: readonly ConvergenceRow[]): Markup {
  const columns: Column<ConvergenceRow>[] = [
    { head: 'noise', cell: (r) => NOISE_NAMES[r.noise], words: true },
    { head: 'C or s', cell: (r) => formatPlain(r.strength) },
    { head: 'steps', cell: (r) => formatEstimate(r.steps) },
    { head: 'effective drift', cell: (r) => formatNumber(r.driftSteps) },
    { head: 'first passage', cell: (r) => formatNumber(r.passageSteps) },
    { head: 'arrived', cell: (r) => `${formatNumber(100 * r.arrived)} %` },
    { head: 'diverge', cell: (r) => `${formatNumber(100 * r.diverged.value)} %` },
    { head: 'E(1 − ηλ)²', cell: (r) => formatNumber(r.growth) },
  ];
  return table(
    `Steps to the flat end at η = ${formatPlain(rows[0]?.learningRate)}. C: variance of one batch gradient across the valley in its middle; s: standard deviation of the batch curvature over its mean. E(1 − ηλ)² at the sharp end.`,
    columns,
    rows,
  );
}

function freezingTable(rows: readonly FreezingRow[]): Markup {
  const columns: Column<FreezingRow>[] = [
    { head: 'noise', cell: (r) => r.noise, words: true },
    { head: 'D', cell: (r) => formatPlain(r.diffusion) },
    { head: 'freezing time', cell: (r) => formatEstimate(r.freezingTime) },
    { head: 'two states', cell: (r) => formatNumber(r.predictedTime) },
    { head: 'flat at the end', cell: (r) => formatEstimate(r.final) },
    { head: 'two states', cell: (r) => formatNumber(r.predictedFinal) },
    { head: 'Fokker-Planck', cell: (r) => formatNumber(r.fokkerPlanckFinal) },
  ];
  return table(
    '‘additive’: the same noise everywhere; ‘sharper’: more in the sharp valley. Times in η·steps; freezing that was over at the start has time 0.',
    columns,
    rows,
  );
}

function escapeTable(rows: readonly EscapeRow[]): Markup {
  const columns: Column<EscapeRow>[] = [
    { head: 'barrier / D', cell: (e) => formatPlain(e.barrier) },
    { head: 'walkers', cell: (e) => formatEstimate(e.walkers) },
    { head: 'exact', cell: (e) => formatNumber(e.exact, 4) },
    { head: 'Fokker-Planck', cell: (e) => formatNumber(e.fokkerPlanck, 4) },
    { head: 'Kramers', cell: (e) => formatNumber(e.kramers, 4) },
  ];
  return table('Mean time from the minimum of the sharp valley to that of the flat one, η·steps.', columns, rows);
}

function firstNumbers(m: ValleyModelResults, findings: readonly Finding[]): Markup {
  const of = (id: string) => findings.find((f) => f.id === `valley.${id}`);
  const estimateOf = (id: string) => formatEstimate(of(id)?.measured);
  const items: [string, string][] = [
    ['steps at strong over weak curvature noise', estimateOf('shorter')],
    ['divergence over the mean-square line, sharp end', estimateOf('line-sharp-mean-square')],
    ['divergence over the almost-sure line, sharp end', estimateOf('line-sharp-almost-sure')],
    ['share in the flat valley, strongest noise', estimateOf('ends-flatter')],
    ['points of the phase diagram', formatCount(m.phase.rates.length * m.phase.noise.length)],
  ];
  return keyList(items);
}

const SYMBOLS: Symbols = [
  ['x, y', 'along the floor of the valley, from the sharp end 0 to the flat end 1; across it'],
  ['λ(x), F', 'curvature across the valley (nat/weight²); its width, 1/√λ'],
  ['L₀', 'loss on the floor (nat)'],
  ['η', 'learning rate; times are in η·steps unless steps are stated'],
  ['C', 'covariance of the gradient of ONE minibatch'],
  ['Dₓ, D_y, κ', 'diffusion along and across, ηC/2 (weight² per η·step); κ = D_y/D_x'],
  [
    'P(x), P(x, 0)',
    'the marginal density: how often SGD is at x; the density on the floor y = 0, to which eq. 7 refers',
  ],
  ['s', 'standard deviation of the curvature of a batch’s loss over its mean'],
  [
    'mean square, almost surely',
    'E(1 − ηλ)² = 1: beyond it ⟨y²⟩ is infinite; E ln|1 − ηλ| = 0: beyond it every path diverges',
  ],
  ['first passage', 'mean time until a place is first reached'],
];
