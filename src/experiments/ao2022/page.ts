/** The report of ao2022: SGD of one layer as a linear Langevin system, and the tests that this description can fail. */
import { divided } from '../../numeric/estimate.js';
import { citationsOf } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import { formatCount, formatEstimate, formatNumber, formatPlain, formatRange, sentence } from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery, type Page } from '../../report/page.js';
import { exceptions, verdictWords } from '../../report/sections/findings.js';
import { factList, keyList, type Symbols } from '../../report/sections/lists.js';
import { table } from '../../report/sections/tables.js';
import { RELAXATIONS, type Regime, ROUNDINGS } from '../../theory/layer/results.js';
import { ao2022Tables } from './csv.js';
import { chainFigures, fallFigures } from './figures/chain.js';
import { energies, energyVariances, energyWidths } from './figures/energy.js';
import { modeVariances, noiseCurvature } from './figures/modes.js';
import { hessianSpectrum } from './figures/spectrum.js';
import { circulationFigure, energyDistribution, equipartitionFigure } from './figures/tests.js';
import { modesOf, systemWords } from './form.js';
import type { Ao2022ReportInput, Ao2022Results, ModeAgreement } from './measured.js';

/** Makes the report of `reproduce ao2022` from its numbers. Pure: the same input gives the same bytes. */
export function renderAo2022(input: Ao2022ReportInput): Report {
  const { results: r, findings, run } = input;
  const figures = {
    energy: [energyWidths(r), energyVariances(r), energies(r)],
    covariance: [modeVariances(r)],
    tests: [hessianSpectrum(r), noiseCurvature(r), energyDistribution(r), equipartitionFigure(r), circulationFigure(r)],
    chain: [...chainFigures(r), ...fallFigures(r)],
  };
  return composeReport({
    ...ao2022Page(input, figures),
    symbols: SYMBOLS,
    figures: Object.values(figures).flat(),
    tables: ao2022Tables(r),
    findings,
    format: 'thermograd-ao2022-report',
    version: 1,
    document: { findings, results: r },
    run,
    citations: citationsOf(findings, JSON.stringify(run), ['ao2022']),
  });
}

/** Title, head and sections. */
export function ao2022Page(
  { title, results: r, findings }: Ao2022ReportInput,
  figures: Readonly<Record<'energy' | 'covariance' | 'tests' | 'chain', readonly Drawn[]>>,
): Page {
  return {
    title,
    head: html`${summary(r)}<p class="summary">${verdictWords(findings)} ${prose(exceptions(findings))}</p>${firstNumbers(r)}`,
    sections: [
      [
        'covariance',
        'The covariance, predicted and measured',
        html`${gallery(figures.covariance, 'wide')}<h3>Settled modes</h3>${agreementTable(r)}<h3>All modes by groups</h3>${groupTable(r)}`,
      ],
      ['decomposition', 'The decomposition', decomposition(r)],
      ['tests', 'Tests of the steady state', html`${gallery(figures.tests)}<h3>Energies</h3>${testTable(r)}`],
      ['energy', 'The energy picture', gallery(figures.energy)],
      ['chain', 'The scaling chain', html`${gallery(figures.chain)}${landscapeTable(r)}`],
      ['method', 'How this was measured', method(r)],
      ['print', 'Where this departs from the print', departures()],
    ],
  };
}

function summary(r: Ao2022Results): Markup {
  const { setting: s, subspaces } = r;
  const { system } = s;
  return html`<p class="summary">${system ? `The optimiser ${system.optimiser}` : 'Plain SGD'} in ${s.layer} (${formatCount(s.P)} weights) is measured as the linear Langevin system of the stochastic
decomposition: force F = η·H and noise D = C₁ at the ${s.centre === 'mean' ? 'mean' : 'last'} weights of a recorded window of ${formatCount(s.T)} steps, both exact over
all ${formatCount(s.samples)} samples, at a loss of ${formatNumber(s.centreLoss)}. The potential U, the circulating part Q and the covariance of the
weights follow from H and C₁ alone; they are tested on the recorded window, which was not used to compute them. ${formatCount(subspaces.settled)} of the ${formatCount(modesOf(r))} Hessian modes relax at least
${formatCount(RELAXATIONS)} times within the window; only these modes can be in the steady state that U describes.</p>`;
}

const groups = (a: ModeAgreement): string =>
  a.groups.map((g) => `${g.from}–${g.to}: ${formatEstimate(g.ratio)}`).join('; ') || 'none';

function firstNumbers(r: Ao2022Results): Markup {
  const items: [string, string][] = [
    ['ε·U⁻¹ over measured, by groups of settled modes', groups(r.simulated.agreement.continuous)],
    ['own sampling and window over measured', groups(r.simulated.agreement.window)],
    ['share of Q in D + Q, resolved modes', `${formatNumber(100 * r.decomposition.qShare.resolved, 2)} %`],
    ['exponent γ of C ∝ H^γ', formatEstimate(r.gamma.resolved.exponent)],
    ['settled / resolved modes', `${formatCount(r.subspaces.settled)} / ${formatCount(r.subspaces.resolved)}`],
  ];
  return keyList(items);
}

function agreementTable(r: Ao2022Results): Markup {
  const rows = (['continuous', 'window'] as const).flatMap((regime) => {
    const { groups, chiSquared, modes, pValue } = r.simulated.agreement[regime];
    const name = regime === 'continuous' ? 'ε U⁻¹' : 'own sampling and window';
    const chi = `${formatNumber(chiSquared, 3)} / ${formatCount(modes)}, p = ${formatNumber(pValue, 2)}`;
    return groups.map((g, k) => ({ ...g, name, chi: k === 0 ? chi : '' }));
  });
  return table(
    `Predicted over measured variance of the settled modes, geometric mean in each group. Errors are the spread over ${formatCount(r.simulated.agreement.window.draws)} draws of the linear system with the same H, C₁ and number of steps. chi² sums the squared deviations of all modes, each in units of its own spread.`,
    [
      { head: 'prediction', cell: (g) => g.name, words: true },
      { head: 'modes', cell: (g) => `${g.from}–${g.to}` },
      { head: 'predicted/measured', cell: (g) => formatEstimate(g.ratio) },
      { head: 'chi² / modes', cell: (g) => g.chi || '–' },
    ],
    rows,
  );
}

const REGIME_HEADS: readonly (readonly [Regime, string])[] = [
  ['continuous', 'ε U⁻¹'],
  ['discrete', 'discrete'],
  ['shuffled', 'shuffled'],
  ['window', 'own window'],
];

function groupTable(r: Ao2022Results): Markup {
  const rows = [
    { name: 'settled', curvature: '', modes: r.subspaces.settled, ratio: r.settledRatio },
    ...r.groups.map((g) => ({
      name: `${g.from}–${g.to}`,
      curvature: `${formatNumber(g.curvature[0], 2)} … ${formatNumber(g.curvature[1], 2)}`,
      modes: g.modes,
      ratio: g.ratio,
    })),
  ];
  return table(
    'Predicted over measured variance (drift removed), geometric mean over Hessian modes ranked by curvature; errors from the scatter of neighbouring modes. A mean over groups on both sides of 1 is no agreement. ε U⁻¹: white noise, continuous time, infinite window, as in ao2022; discrete: the same with discrete steps; shuffled: the noise of shuffled epochs in an infinite window; own window: the sampling of the run in a window of its length. Infinite predictions of flat modes are excluded.',
    [
      { head: 'modes', cell: (g) => g.name, words: true },
      { head: 'count', cell: (g) => formatCount(g.modes) },
      { head: 'curvature', cell: (g) => g.curvature || '–' },
      ...REGIME_HEADS.map(([k, head]) => ({ head, cell: (g: (typeof rows)[number]) => formatEstimate(g.ratio[k]) })),
    ],
    rows,
  );
}

function decomposition({ decomposition: d, setting }: Ao2022Results): Markup {
  const percent = (v: number) => `${formatNumber(100 * v, 3)} %`;
  const facts: [string, string][] = [
    ['Subspace', `${formatCount(d.dimension)} Hessian modes; ε = η²/(2B) = ${formatNumber(setting.noiseStrength, 3)}`],
    [
      'Commutator ‖[H, C]‖/(‖H‖ ‖C‖)',
      `${formatNumber(d.commutator.settled, 3)} settled, ${formatNumber(d.commutator.resolved, 3)} resolved, ${formatNumber(d.commutator.layer, 3)} whole layer`,
    ],
    ['Share of Q, ‖Q‖²/(‖D‖² + ‖Q‖²)', `${percent(d.qShare.settled)} settled, ${percent(d.qShare.resolved)} resolved`],
    ['‖A‖/‖S‖', formatNumber(d.transverse, 3)],
    ['Entropy production', `${formatNumber(d.entropyProductionRate, 3)} k per step`],
    [
      'Fastest cycles',
      d.cycleFrequencies
        .slice(0, 3)
        .map((w) => `${formatNumber(w, 3)} per step (one turn in ${formatNumber((2 * Math.PI) / w, 3)} steps)`)
        .join(', ') || 'none',
    ],
    [
      'Condition numbers',
      `D ${formatNumber(d.condition.diffusion, 2)}, U ${formatNumber(d.condition.w, 2)}; largest residual of the identities ${formatNumber(d.residual, 2)}`,
    ],
    ...(d.warnings.length > 0 ? [['Warnings', d.warnings.join(' ')] as [string, string]] : []),
  ];
  const rows = d.vortices.slice(0, 8).map((v, k) => ({ ...v, rank: k + 1 }));
  return html`<dl class="facts">${facts.map(([k, v]) => html`<dt>${prose(k)}</dt><dd>${prose(v)}</dd>`)}</dl>
${
  rows.length === 0
    ? html``
    : html`<h3>Vortices</h3>${table(
        'Planes in which the current circulates, in coordinates whitened by the noise. The share is that of the total flux, which equals the entropy production.',
        [
          { head: 'plane', cell: (v) => formatCount(v.rank) },
          { head: 'q', cell: (v) => formatNumber(v.q) },
          { head: 'share', cell: (v) => percent(v.share) },
          { head: 'ε q', cell: (v) => formatNumber(v.circulation) },
        ],
        rows,
      )}`
}`;
}

function testTable({ trajectory: t }: Ao2022Results): Markup {
  if (!t) return html`<p class="missing">The trajectory was not analysed.</p>`;
  const rows = [
    { name: 'U from H and C₁', g: t.potential },
    { name: 'the same, drift not removed', g: t.withDrift },
    { name: 'Σ of own sampling and window', g: t.windowed },
    { name: 'Σ of the first half, on the second', g: t.otherHalf },
    { name: 'L/T, T fitted', g: t.loss },
  ];
  return table(
    'Energies compared with the law of a Boltzmann distribution. Mean and variance are given relative to n/2, their value under this law. Draws: steps over twice the correlation time.',
    [
      { head: 'energy', cell: (x) => x.name, words: true },
      {
        head: 'mean',
        cell: (x) => formatEstimate(divided(x.g.mean, x.g.expected)),
      },
      {
        head: 'variance',
        cell: (x) => formatEstimate(divided(x.g.variance, x.g.expected)),
      },
      { head: 'distance', cell: (x) => formatNumber(x.g.distance, 2) },
      { head: 'draws', cell: (x) => formatNumber(x.g.effective, 3) },
      { head: 'p', cell: (x) => (x.g.pValue < 1e-6 ? '< 10⁻⁶' : formatNumber(x.g.pValue, 2)) },
    ],
    rows,
  );
}

function landscapeTable({ landscape }: Ao2022Results): Markup {
  if (!landscape)
    return html`<p class="missing">The random-landscape statistics of single minibatches were not measured in this run.</p>`;
  return html`<details><summary>Random-landscape statistics: ${formatCount(landscape.length)} directions</summary>${table(
    'Curvature of single minibatches and scatter of their minima; the leading term, all terms of the random landscape over these directions, and C per batch as measured; the displacement, in standard deviations of the weights, at which the spread of curvatures doubles C.',
    [
      { head: 'i', cell: (l) => formatCount(l.index) },
      { head: 'F', cell: (l) => formatNumber(l.flatness) },
      { head: 'M', cell: (l) => formatEstimate(l.curvature) },
      { head: 'spread of M', cell: (l) => formatNumber(l.curvatureSpread) },
      { head: 'sθ', cell: (l) => formatEstimate(l.minimumSpread) },
      { head: 'dropped', cell: (l) => `${formatNumber(100 * l.dropped, 2)} %` },
      { head: 'leading', cell: (l) => formatNumber(l.leading) },
      { head: 'all terms', cell: (l) => formatNumber(l.formula) },
      { head: 'C', cell: (l) => formatNumber(l.full) },
      { head: 'doubling (σ)', cell: (l) => formatNumber(l.doubling, 2) },
    ],
    landscape,
  )}</details>`;
}

function method(r: Ao2022Results): Markup {
  const { setting: s, subspaces: b } = r;
  const items: [string, string][] = [
    [
      'Window',
      `Epochs ${formatRange(s.curves.window, 6)}, every step: ${formatCount(s.T)} steps, ${formatCount(s.stepsPerEpoch)} per epoch, batches of ${formatCount(s.batchSize)}, ${s.sampling}, η = ${formatPlain(s.learningRate)}.`,
    ],
    [
      'Point',
      `The layer at the ${s.centre === 'mean' ? 'window mean' : 'last weights'}, the other layers at the end of the window; |∇L| of the layer ${formatNumber(s.gradientNorm, 2)}. The other layers keep moving while the layer is recorded; the linear system does not account for this.`,
    ],
    [
      'Force and noise',
      `F = η·H, D = C₁ per sample, ε = η²/(2B): 2εD is the covariance of one step's noise. H is the exact Hessian block, C₁ the covariance of the gradient of one sample, both over all ${formatCount(s.samples)} samples in double precision.`,
    ],
    [
      'Resolved modes',
      `Curvature above ${formatCount(ROUNDINGS)} × P·2⁻⁵²·h₁ = ${formatPlain(b.rounding, 2)}: ${formatCount(b.resolved)} of ${formatCount(modesOf(r))}; ${formatCount(b.negative)} below minus that; ${formatCount(b.flat)} ${b.flat === 1 ? 'weight has' : 'weights have'} no curvature at all (silent units).`,
    ],
    [
      'Settled modes',
      `Resolved, and η·h·T ≥ ${formatCount(RELAXATIONS)}: ${formatCount(b.settled)} modes. A mode that relaxes ${formatCount(RELAXATIONS)} times shows 18 % less than its stationary variance in the window. The decomposition and all tests of the steady state are restricted to these modes${b.settled < 2 ? ' (two modes were decomposed nevertheless)' : ''}.`,
    ],
    [
      'Drift',
      'Principal direction 1 of the window is a drift. It is removed where predicted and measured variances are compared and in the tests of the steady state, because predictions describe fluctuations about a fixed minimum.',
    ],
    [
      'Simulated windows',
      `${formatCount(r.simulated.agreement.window.draws)} windows of the settled modes with the same H, C₁ and steps, begun in their stationary state, give the errors of variances; as many walks with H = 0 show what the test of stationarity detects.`,
    ],
    [
      'Predictions',
      'Closed forms for a quadratic loss with noise that does not depend on the weights, in discrete time; the table lists the regimes.',
    ],
    ['Flatness', 'Widths of the loss at e·L₀ along the principal directions, as the run measured them.'],
    [
      'Errors',
      'The number after ± is one standard error throughout: from moving blocks of modes or directions, from contiguous blocks of the trajectory, or, for the settled modes, from simulated windows of the linear system. One run has no error over seeds.',
    ],
  ];
  if (s.system) items.splice(2, 0, ['Optimiser', sentence(systemWords(r))]);
  return factList(items);
}

/** Lists the items of docs/theory §9 that affect what is computed here. */
function departures(): Markup {
  const items = [
    'Equation 13 lacks ε: the covariance is Σ = ε·U⁻¹.',
    'The noise of equation 4 has a Dirac, not a Kronecker, delta in time; equation 16 is evaluated at the weights of step k.',
    'Equations 18 and 19 lack transposes; D here is C₁, per sample, and 1/B appears in ε alone. The D of equation 23 contains 1/B already; using it with the ε of 18 and 19 would count the batch twice.',
    'Equations 20 and 21 lack the constant 1 and M₁₁·θ₁²/2; the second term of equation 23 must be averaged.',
    'Equation 24 keeps only the leading term of the noise; here the whole C₁ is measured, and the leading term is listed beside it.',
    'In the source F means both the force matrix and the flatness; here width and flatness describe the valley, and the force is η·H.',
  ];
  return html`<ul>${items.map((s) => html`<li>${prose(s)}</li>`)}</ul>`;
}

const SYMBOLS: Symbols = [
  ['w', 'weights of the layer, from the centre'],
  ['L, L₀', 'full training loss; its value at the centre'],
  ['H, h', 'Hessian block of the layer; its eigenvalues, the curvatures of the Hessian modes'],
  ['C₁, C', 'covariance of the gradient of one sample, and of one minibatch'],
  ['η, B, M, T', 'learning rate, batch size, batches per epoch, steps of the window'],
  ['F = η·H, D = C₁', 'force and diffusion of w′ = −F w + ζ, ⟨ζζᵀ⟩ = 2ε D δ'],
  ['ε', 'noise strength, η²/(2B)'],
  ['U', 'potential: the steady state is exp(−wᵀU w/2ε), Σ = ε·U⁻¹'],
  ['Q', 'antisymmetric: F = (D + Q)·U; the steady current circulates along the levels of U'],
  ['S, A', 'friction and transverse part, S + A = (D + Q)⁻¹'],
  ['Fᵢ', 'flatness: width of the loss along principal direction i at e·L₀'],
  ['M, sθ', 'curvature over L₀; standard deviation of the minima of single minibatches'],
  ['γ', 'exponent of C ∝ H^γ'],
  ['τ', 'integrated correlation time (steps)'],
];
