/**
 * Verdicts of `reproduce controls`. The rules are part of the result, and not all of them were written blind: docs/rules/controls.md states
 * them with what had been seen before they were written.
 *
 * All errors are over seeds; intervals are 95 % of Student's t. Exponents are compared seed by seed, a − b. Two exponents are
 * *different* if |a − b| exceeds both 0.4, 10 % of the claimed 4, and the half-width of its interval; *the same* if not and the
 * half-width is at most 1; undecided otherwise, and with fewer than two seeds.
 *
 * psi: the claimed 4 against same-window PCA of the main window under shuffled batches without momentum. Not reproduced where a line
 *   explains less than four fifths of the scatter, whatever its slope: then there is no exponent to explain either.
 * selection, fixed-basis: the claim is that psi is a property of the directions: directions that were not chosen by the fluctuations of
 *   the window give the same psi. Different: not reproduced.
 * surrogate: the linear system with the measured H and C gives the same psi, with the same window and the same choice of directions.
 * random-walk: the claim is that the landscape's restoring force causes the relation: walks with the same C, sampling and window and no
 *   restoring force, several for each seed, give another psi. The same psi: not reproduced.
 * sampling, momentum, window: psi is the same for replaced batches, for momentum 0.9, for the longest and the shortest window.
 * noise-law: psi of drift-free variances along Hessian eigenvectors is that of [S2]–[S4] with the measured H_ii and C_ii.
 * closure: with all other layers frozen, predicted over measured drift-free variance is within 30 % of 1 in every group of modes.
 *   Not reproduced if the whole interval of a group lies outside; undecided if a group lies outside but not its whole interval, or if
 *   the half-width of an interval exceeds 0.3.
 * leak: tested in the worst group of shuffled batches: within 30 % for real batches at fixed weights, and at a fifth of the rate.
 * stationary: the fluctuations are those of a stationary state: H and C alone predict the whole variance of every group within 30 %.
 * What an optimiser does to these: form.ts.
 */
import { type Estimate, missing, scaled, shifted } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { pairedDifference } from '../../numeric/seeds.js';
import { type Agreement, decide, few, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatShare } from '../../report/format.js';
import { closure, leak } from './closure.js';
import { asTheFormAllows } from './form.js';
import type { Basis, ControlsInput, Sampling } from './measured.js';
import {
  type GroupRow,
  groupRows,
  pairedPsi,
  type RegimeRow,
  rangeDifferences,
  regimeRows,
  silentRanges,
} from './summary.js';

/** 10 % of the claimed 4. */
const NEAR = 0.4;
/** The least share of the scatter that a line explains where variances are said to follow a power law of the width, as in ivf2021. */
const LINE = 0.8;

/** Whether two exponents are the same, by the rule above. */
export const sameExponent = (difference: Estimate): Agreement =>
  decide(difference, 0, { tolerance: NEAR, misses: 'stated', widest: 1 });

/** The three errors of an exponent, each under its name; none is added to another. docs/theory [N5]. */
export function errorsOf(r: RegimeRow): string {
  const silent = silentRanges(r).map(({ label, seeds }) => `${label} in ${formatCount(seeds)}`);
  const none =
    silent.length > 0 ? `; no decidable fit over ${silent.join(', ')} of ${formatCount(r.seeds.length)} seeds` : '';
  return `${formatNumber(r.psi.n < 2 ? Number.NaN : r.psi.standardError, 2)} sampling (over seeds), ${formatNumber(r.misfit, 2)} misfit (block bootstrap over directions of one seed), ${formatNumber(r.range, 2)} choice of range (between ranges of rank that can be fitted${none})`;
}

/** The comparisons from which the verdict on the cause follows. */
export interface Outcome {
  readonly psi: RegimeRow | undefined;
  readonly other: RegimeRow | undefined;
  readonly replicas: RegimeRow | undefined;
  readonly selection: Agreement;
  readonly surrogate: Agreement;
  readonly surrogateOther: Agreement;
  readonly randomWalk: Agreement;
  readonly noiseLaw: Agreement;
}

export interface Judged {
  readonly findings: readonly Finding[];
  readonly outcome: Outcome;
  readonly rows: readonly RegimeRow[];
  readonly groups: readonly GroupRow[];
}

export function controlsFindings(input: Pick<ControlsInput, 'cells' | 'mainWindow'>): Judged {
  const judged = judgedOf(input);
  const findings = asTheFormAllows(input.cells, judged.findings);
  const silent = (id: string) => findings.find((f) => f.id === `controls.${id}`)?.verdict === UNDECIDED;
  const kept = (id: string, found: Agreement): Agreement => (silent(id) ? 'undecided' : found);
  const { outcome: o } = judged;
  // the cause is told from findings that the optimiser leaves decidable
  const outcome: Outcome = {
    ...o,
    surrogate: kept('surrogate', o.surrogate),
    surrogateOther: kept('surrogate-selection', o.surrogateOther),
    randomWalk: kept('random-walk', o.randomWalk),
    noiseLaw: kept('noise-law', o.noiseLaw),
  };
  return { ...judged, findings, outcome };
}

function judgedOf(input: Pick<ControlsInput, 'cells' | 'mainWindow'>): Judged {
  const rows = regimeRows(input.cells);
  const groups = groupRows(input.cells);
  const main = input.mainWindow;
  // the momentum of the base, to which that of other branches is compared: 0 for plain SGD
  const ownMomentum = input.cells.find((c) => c.kind === 'branch')?.momentum ?? 0;
  const find = (basis: Basis, sampling: Sampling = 'shuffled', momentum = ownMomentum, epochs?: number) =>
    rows.find(
      (r) =>
        r.basis === basis &&
        r.sampling === sampling &&
        r.momentum === momentum &&
        r.epochs === (epochs ?? (basis.endsWith('other') || basis === 'other-window' ? main / 2 : main)),
    );
  const own = find('same-window');
  const other = find('other-window');
  const replicas = find('replicas');
  const windows = rows
    .filter((r) => r.basis === 'same-window' && r.sampling === 'shuffled' && r.momentum === ownMomentum)
    .map((r) => r.epochs);
  const [short, long] = [Math.min(...windows), Math.max(...windows)];
  const momentum = rows.find((r) => r.momentum !== ownMomentum)?.momentum ?? ownMomentum;
  const same = (
    id: string,
    claim: string,
    a: RegimeRow | undefined,
    b: RegimeRow | undefined,
    words: [string, string],
    wanted: Agreement = 'agrees',
    source = 'ivf2021; theory [S7]',
  ) => compare(`controls.${id}`, claim, source, a, b, words, wanted);
  const inWords = `PCA of the same ${main} epochs`;
  const law = noiseLaw(replicas, main);
  const selection = pairedPsi(own, other);
  const walk = find('random-walk');
  const surrogate = find('surrogate');
  const findings: Finding[] = [
    claimed(own, main),
    same(
      'selection',
      'The exponent is a property of the directions: those chosen by one half of the window give the same psi from the variances of the other half',
      own,
      other,
      [inWords, 'directions from the first half, variances from the second'],
    ),
    same(
      'fixed-basis',
      'Along eigenvectors of the Hessian, which do not depend on the window, psi is the same',
      own,
      replicas,
      [inWords, 'Hessian eigenvectors, drift removed'],
    ),
    same(
      'surrogate',
      'A linear system with the measured H and C, observed in the same window, gives the same psi',
      own,
      surrogate,
      [inWords, 'the surrogate'],
      'agrees',
      'theory [S7]',
    ),
    same(
      'surrogate-selection',
      'In the surrogate, too, the exponent comes from the choice: directions from its other half give the same psi as those of the network',
      other,
      find('surrogate-other'),
      ['the network, other half', 'the surrogate, other half'],
      'agrees',
      'theory [S7]',
    ),
    same(
      'random-walk',
      'The restoring force of the landscape causes the relation: without it psi is different',
      own,
      walk,
      [inWords, 'walks with the same C and H = 0'],
      'differs',
      'ivf2021, ao2022; theory [S5], [S7], [N1]',
    ),
    law,
    same('sampling', 'The exponent does not depend on how batches are drawn', own, find('same-window', 'replaced'), [
      'shuffled',
      'replaced',
    ]),
    same(
      'momentum',
      'The exponent is the same with momentum, at the same eta/(1−μ)',
      momentum !== ownMomentum ? find('same-window', 'shuffled', momentum) : undefined,
      own,
      [`momentum ${momentum}`, `momentum ${ownMomentum}`],
    ),
    same(
      'window',
      'The exponent does not depend on the length of the window',
      long > short ? find('same-window', 'shuffled', ownMomentum, long) : undefined,
      find('same-window', 'shuffled', ownMomentum, short),
      [`${long} epochs`, `${short} epochs`],
    ),
    ...(['replaced', 'shuffled'] as const).flatMap((s) => closure(groups, s)),
    ...leak(groups),
  ];
  return {
    findings,
    rows,
    groups,
    outcome: {
      psi: own,
      other,
      replicas,
      selection: sameExponent(selection),
      surrogate: sameExponent(pairedPsi(own, surrogate)),
      surrogateOther: sameExponent(pairedPsi(other, find('surrogate-other'))),
      randomWalk: sameExponent(pairedPsi(own, walk)),
      noiseLaw: law.verdict === 'reproduced' ? 'agrees' : law.verdict === UNDECIDED ? 'undecided' : 'differs',
    },
  };
}

const NONE = missing('the cells of this comparison are missing');

function claimed(row: RegimeRow | undefined, main: number): Finding {
  const [verdict, why] = onPsi(row);
  return {
    id: 'controls.psi',
    claim: 'sigma² ~ F^−psi over the principal directions of a window of SGD, psi ≈ 4',
    source: 'ivf2021; theory [P4]',
    measured: row?.psi ?? NONE,
    unit: '',
    stated: 'psi ≈ 4',
    ...(row && {
      predicted: `2 gamma = ${formatEstimate(twice(row.gamma))}, 2(gamma−1) = ${formatEstimate(twice(row.gamma, 1))} from C ~ H^gamma along these directions [S6]`,
    }),
    range: `last ${main} epochs of the branch, shuffled batches, ${row && row.momentum > 0 ? `momentum ${row.momentum}` : 'no momentum'}; ranks ≥ 2, closed valleys, resolved variances`,
    verdict,
    reason: `${why}${row ? ` Errors: ${errorsOf(row)}.` : ''}`,
  };
}

/** Decides the claim that psi is 4, with the reason. */
function onPsi(row: RegimeRow | undefined): readonly [Verdict, string] {
  const found = row ? againstFour(row) : 'undecided';
  if (!row || found === 'undecided') return [UNDECIDED, few(row?.psi ?? NONE)];
  if (isBent(row)) return ['not reproduced', `${noLine(row)}: a power law is part of the claim.`];
  const { psi } = row;
  const interval = `95 % interval of ±${formatNumber(halfWidth(psi), 2)}`;
  return found === 'agrees'
    ? [
        'reproduced',
        `Over ${psi.n} seeds psi is 4 to within 10 % or its ${interval}. The comparisons below decide what causes it.`,
      ]
    : [
        'reproduced with another exponent',
        `Over ${psi.n} seeds psi differs from 4 by more than 10 % and more than its ${interval}.`,
      ];
}

const againstFour = ({ psi }: RegimeRow): Agreement => sameExponent(shifted(psi, -4));

/** Whether the seeds decide, and a line explains too little of the variances for an exponent to describe them. */
const isBent = (row: RegimeRow): boolean => row.r2 < LINE && againstFour(row) !== 'undecided';
const noLine = ({ r2, seeds }: RegimeRow): string =>
  `Variances are no power law of the width in the same window, of which a line explains ${formatShare(r2, 2)}, the mean over ${formatCount(seeds.length)} seeds`;

/** gamma → 2(gamma − k). */
const twice = (gamma: Estimate, k = 0): Estimate => scaled(shifted(gamma, -k), 2);

function compare(
  id: string,
  claim: string,
  source: string,
  a: RegimeRow | undefined,
  b: RegimeRow | undefined,
  [first, second]: [string, string],
  wanted: Agreement,
): Finding {
  const measured = pairedPsi(a, b);
  const found = sameExponent(measured);
  const numbers =
    a && b ? `psi = ${formatEstimate(a.psi)} (${first}) against ${formatEstimate(b.psi)} (${second}).` : '';
  const expected = wanted === 'agrees' ? 'no difference' : 'a difference';
  const interval = `its 95 % interval of ±${formatNumber(halfWidth(measured), 2)}`;
  const size =
    found === 'undecided'
      ? few(measured)
      : `The difference ${found === 'agrees' ? 'is within' : 'exceeds'} ${formatNumber(NEAR, 1)} ${found === 'agrees' ? 'or' : 'and'} ${interval}.`;
  const reason = [numbers, size, a && b ? acrossRanges(a, b, measured.value) : '', b?.walks ? walkWords(a, b) : ''];
  return {
    id,
    claim,
    source,
    measured,
    unit: 'difference of psi',
    stated: expected,
    ...(a &&
      b && {
        predicted: `from [S2]–[S4] with Hᵢᵢ and Cᵢᵢ of the directions: ${formatEstimate(a.theory)} and ${formatEstimate(b.theory)}`,
      }),
    verdict: found === 'undecided' ? UNDECIDED : found === wanted ? 'reproduced' : 'not reproduced',
    reason: reason.filter((s) => s !== '').join(' '),
  };
}

/** Names the ranges of rank over which alone the difference would lie on the other side of 0.4. docs/theory [N5]. */
function acrossRanges(a: RegimeRow, b: RegimeRow, difference: number): string {
  const large = (v: number) => Math.abs(v) > NEAR;
  const across = rangeDifferences(a, b).filter((r) => large(r.value) !== large(difference));
  return across.length === 0
    ? ''
    : `Over ${across.map((r) => `${r.label} it is ${formatNumber(r.value, 2)}`).join(', over ')}: the choice of range alone moves it across ${formatNumber(NEAR, 1)}.`;
}

/** Tells the number of walks, their scatter, and the exponents of rank beside that of an isotropic walk. docs/theory [N1]. */
function walkWords(a: RegimeRow | undefined, { walks, rank }: RegimeRow): string {
  const { draws, spread, isotropicRank } = walks!;
  return `${formatCount(draws)} walks; psi of one scatters by ${formatNumber(spread, 2)}. Variances fall with the rank as i^−x with x = ${formatEstimate(a?.rank)} in the network, ${formatEstimate(rank)} in the walks with its own C, and ${formatEstimate(isotropicRank)} in an isotropic walk, which is no null of it [N1].`;
}

function noiseLaw(row: RegimeRow | undefined, main: number): Finding {
  const base = {
    id: 'controls.noise-law',
    claim:
      'Where the directions were not chosen by the window, psi follows from Cᵢᵢ ~ Hᵢᵢ^gamma: 2 gamma below the crossover curvature, 2(gamma−1) above it',
    source: 'theory [S6]',
    unit: '',
    stated: 'psi = 2 gamma for slow modes',
    range: `Hessian eigenvectors, last ${main} epochs, shuffled batches, drift removed by the difference of two replicas`,
  };
  if (!row) return { ...base, measured: NONE, verdict: UNDECIDED, reason: NONE.method };
  const { seeds } = row;
  // both are fits against the same widths: what these have in common cancels seed by seed
  const difference = pairedDifference({ seeds, values: row.psiOfSeeds }, { seeds, values: row.theoryOfSeeds });
  const found = sameExponent(difference);
  return {
    ...base,
    measured: row.psi,
    predicted: `${formatEstimate(row.theory)} from the exact variances of single modes with the measured Hᵢᵢ and Cᵢᵢ; 2 gamma = ${formatEstimate(twice(row.gamma))}, 2(gamma−1) = ${formatEstimate(twice(row.gamma, 1))}`,
    verdict: verdictOf(found),
    reason:
      found === 'undecided'
        ? few(difference)
        : `gamma = ${formatEstimate(row.gamma)}; ${formatNumber(100 * row.flatShare, 2)} % of the fitted directions lie below the crossover. Measured and predicted psi differ by ${formatNumber(difference.value, 2)}, ${found === 'agrees' ? 'within' : 'more than'} 0.4 or the 95 % interval of ±${formatNumber(halfWidth(difference), 2)}.`,
  };
}

const LINEAR = 'linear system with the measured Hessian and gradient noise';
const WALK = 'random walk whose steps have the covariance of the gradient noise';

/** Tells which of the two linear systems, with the measured Hessian and without it, gives the exponent of the network. */
function systems({ surrogate, surrogateOther, randomWalk }: Outcome): readonly string[] {
  const both = surrogateOther === 'agrees' ? ', with both choices of directions' : '';
  const same = `A ${LINEAR} gives the same${both}: no nonlinearity is needed.`;
  const zero = 'when the Hessian of that system is set to zero';
  const force = 'the restoring force of the landscape is not its cause';
  const said: Record<Agreement, Record<Agreement, readonly string[]>> = {
    agrees: {
      agrees: [same, `It does not change ${zero}: ${force}; a ${WALK} suffices.`],
      differs: [same, `It changes ${zero}: the restoring force contributes to it.`],
      undecided: [same],
    },
    differs: {
      agrees: [`A ${LINEAR} does not give it, but a ${WALK} does: ${force}.`],
      differs: [`Neither a ${LINEAR} nor a ${WALK} gives it: there is another cause.`],
      undecided: [`A ${LINEAR} does not give it.`],
    },
    undecided: {
      agrees: [`A ${WALK} gives it: ${force}.`],
      differs: [`A ${WALK} does not give it.`],
      undecided: [],
    },
  };
  return said[surrogate][randomWalk];
}

/** The verdict on the cause, in sentences; each is included only if its comparison supports it. */
export function causeOf({ outcome: o }: Pick<Judged, 'outcome'>): string[] {
  const out: string[] = [];
  const psi = (r: RegimeRow | undefined) => formatEstimate(r?.psi ?? NONE);
  if (o.psi && isBent(o.psi)) return [`${noLine(o.psi)}. There is no exponent whose cause could be told.`];
  if (o.selection === 'differs')
    out.push(
      `The exponent ${psi(o.psi)} results from the choice of directions: principal directions are those along which the weights happened to move most or least in this window. Slow modes take few independent positions in a window, so that the first variances are far too large and the last far too small. Variances from the other half of the window, along directions that it did not choose, give ${psi(o.other)}.`,
    );
  else if (o.selection === 'agrees')
    out.push(
      `The exponent ${psi(o.psi)} does not come from choosing directions by the fluctuations that are then measured: the other half of the window gives ${psi(o.other)}.`,
    );
  else out.push('So few seeds do not decide whether the exponent results from the choice of directions.');
  out.push(...systems(o));
  if (o.noiseLaw === 'agrees' && o.replicas)
    out.push(
      `The exponent that remains when the directions are fixed beforehand, ${psi(o.replicas)}, follows from the law of the noise, C ~ H^${formatNumber(o.replicas.gamma.value, 3)}, because the window has too few steps for the curvature to matter.`,
    );
  else if (o.noiseLaw === 'differs')
    out.push(
      'The exponent that remains when the directions are fixed beforehand is not the one that the law of the noise predicts.',
    );
  return out;
}
