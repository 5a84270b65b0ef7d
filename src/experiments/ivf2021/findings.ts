/**
 * Findings of ivf2021: the claims of docs/theory [P4] tested on one run or on several seeds, with what was measured,
 * what a null model gives, and a verdict. The rules are part of the result: docs/rules/ivf2021.md states them in words,
 * with what had been seen before they were written. The numbers that they compare are those of facts.ts.
 */
import type { NoWalk, WalkNull } from '../../analyse/trajectory/results.js';
import { FIRST_RANK, FIRST_RANK_OF_LAW, LAST_LEADING_RANK, RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { asEstimate, type Parted, partedHalfWidth } from '../../numeric/error-parts.js';
import * as is from '../../numeric/wants.js';
import { compatible, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain } from '../../report/format.js';
import { combinedFacts, factsOf, type Ivf2021Facts, type Ivf2021Input, type LawFacts } from './facts.js';
import { motionFindings } from './findings-motion.js';
import { FORMS, walkWords } from './walk-words.js';

/**
 * Makes all findings of one run, the most important first. A run with too little data causes no error: its findings are
 * not decidable.
 */
export function ivf2021Findings(input: Ivf2021Input): Finding[] {
  const wants = is.shape<Ivf2021Input>({
    key: is.key,
    pca: is.shape<Ivf2021Input['pca']>({ variances: is.numbers }),
    dynamics: is.listOf(is.object),
    flatness: is.shape<Ivf2021Input['flatness']>({ directions: is.listOf(is.object) }),
    scaling: is.shape<Ivf2021Input['scaling']>({ varianceFlatness: is.object, rankLaw: is.object }),
    walk: is.either(
      is.shape<WalkNull>({ forms: is.listOf(is.object), ranks: is.numbers }),
      is.shape<NoWalk>({ missing: is.text }),
    ),
  });
  is.given('ivf2021Findings', { input }, { input: wants });
  return is.reading('ivf2021Findings', 'the input', () => decided(factsOf(input)));
}

/** Makes all findings of several runs that differ in their seed alone. */
export const ivf2021FindingsOver = (inputs: readonly Ivf2021Input[]): Finding[] =>
  decided(combinedFacts(inputs.map(factsOf)));

const decided = (facts: Ivf2021Facts): Finding[] => [
  psi(facts),
  head(facts),
  rankLaw(facts),
  beyondWalk(facts),
  flatnessRank(facts),
  ...motionFindings(facts),
];

/** What fits of psi require: points, decades of F, half the width of the interval, R². */
const PSI = { points: 20, decades: 1, width: 1, r2: 0.8, stated: 4, tolerance: 0.4 } as const;
/** What fits of gamma require; the stated interval, and the most by which errors may widen it. */
const GAMMA = { points: 20, decades: 0.5, width: 0.5, r2: 0.95, stated: [2, 3], most: 0.5 } as const;
/** A law bends if exponents over ranges lie further apart than this beyond their errors. */
const BEND = 1;

/** Writes the parts of the error of an exponent. */
export function parts({ sampling, misfit, range, runs }: Parted): string {
  const part = (name: string, e: number) => (Number.isFinite(e) ? `${name} ${formatNumber(e, 2)}` : `${name} unknown`);
  return [
    runs > 1 ? part(`sampling (${runs} seeds)`, sampling) : 'sampling unknown in one run',
    part('misfit', misfit),
    part('choice of range', range),
  ].join(', ');
}

/** Says how the exponent depends on the range of the fit, and which ranges do not vote. */
function ranges({ extremes: [low, high], votes, silent }: LawFacts): string {
  const spread =
    low && high
      ? `Over the ${votes} ranges that are decidable it lies between ${formatNumber(low.exponent)} (${low.label}) and ${formatNumber(high.exponent)} (${high.label}).`
      : 'Fewer than two other ranges are decidable.';
  return silent.length > 0 ? `${spread} Not decidable: ${silent.join(', ')}.` : spread;
}

/** Says why a fit allows no verdict; undefined where it allows one. */
function thin(
  { points, decades, exponent }: LawFacts,
  rule: { readonly points: number; readonly decades: number; readonly width: number },
  { what, axis, half }: { readonly what: string; readonly axis: string; readonly half: number },
): string | undefined {
  if (points < rule.points) return `Only ${points} ${what}; the rule asks for ${rule.points}.`;
  if (!exponent.converged) return `The fit did not converge (${exponent.method}).`;
  if (decades < rule.decades)
    return `The ${what} span ${formatNumber(decades, 2)} decades of ${axis}; the rule asks for ${formatNumber(rule.decades, 2)}.`;
  if (half > rule.width)
    return `The exponent is uncertain by ±${formatNumber(half, 2)} (95 %); the rule asks for ±${rule.width}.`;
  return undefined;
}

const bends = ({ extremes: [low, high] }: LawFacts): string =>
  `The exponent is not one number: it goes from ${formatNumber(low.exponent)} (${low.label}) to ${formatNumber(high.exponent)} (${high.label}), further apart than their errors by more than ${BEND}.`;

const perCent = (share: number): string => `${formatNumber(100 * share, 2)} %`;

/** Writes how many valleys stayed open, on average over seeds. */
const openWords = ({ open, runs }: Ivf2021Facts): string =>
  runs > 1 ? `on average ${open.toFixed(1)}` : formatCount(open);

function psi(facts: Ivf2021Facts): Finding {
  const { psi: law, measured, head: leading, resolution } = facts;
  const { exponent } = law;
  const half = partedHalfWidth(exponent);
  const basis =
    `Errors (one standard error each): ${parts(exponent)}. ${ranges(law)} The fit uses ${law.points} directions over ${formatNumber(law.decades, 2)} decades of F, R² = ${formatNumber(law.r2, 2)}; ` +
    `${openWords(facts)} of ${measured} valleys stayed open. Along ranks ${FIRST_RANK}–${LAST_LEADING_RANK}, which hold ${perCent(leading.share)} of the variance that is not drift, a line explains ${perCent(leading.r2)}: see the next finding.`;
  const value = formatEstimate(asEstimate(exponent));
  const why = thin(law, PSI, { what: 'closed, resolved directions', axis: 'F', half });
  let verdict: Verdict;
  let reason: string;
  if (why) [verdict, reason] = [UNDECIDED, `${why} More directions or a wider search for crossings would change this.`];
  else if (exponent.value - half <= 0)
    [verdict, reason] = ['not reproduced', `The variance does not fall significantly with the width: psi = ${value}.`];
  else if (law.r2 < PSI.r2)
    [verdict, reason] = [
      'not reproduced',
      `Variance and width are related, but not by a power law: a line explains only ${perCent(law.r2)} of the scatter.`,
    ];
  else if (law.bend > BEND) [verdict, reason] = ['not reproduced', bends(law)];
  else if (compatible(asEstimate(exponent), PSI.stated, PSI.tolerance, half))
    [verdict, reason] = [
      'reproduced',
      `${value} agrees with ${PSI.stated} within ${formatNumber(Math.max(PSI.tolerance, half), 2)}.`,
    ];
  else
    [verdict, reason] = ['reproduced with another exponent', `The relation holds with psi = ${value}, which is not 4.`];
  return {
    id: 'ivf.psi',
    claim: 'The variance along a principal direction falls with the width of the valley as sigma² ~ F^−psi, psi ≈ 4.',
    source: 'ivf2021 [P4]',
    measured: asEstimate(exponent, law.points),
    unit: '',
    stated: 'psi ≈ 4 (MNIST)',
    predicted:
      'linear theory [S6], noise C ~ H^g with g between 1 and 2: psi = 2g (2 to 4) where shuffling or a short window dominates, 2(g−1) (0 to 2) otherwise',
    range: Number.isFinite(law.range[0])
      ? `F from ${formatPlain(law.range[0])} to ${formatPlain(law.range[1])}: every closed direction of rank ≥ ${FIRST_RANK} (PC1 is a drift) with sigma² above ${RESOLUTIONS} × the resolution ${formatNumber(resolution, 2)}, log-spaced in rank`
      : 'none',
    verdict,
    reason: why ? `${reason} ${ranges(law)}` : `${reason} ${basis}`,
  };
}

/** Share of the scatter that a line must explain along the leading ranks. */
const HEAD_R2 = 0.5;

function head({ head: law }: Ivf2021Facts): Finding {
  const { exponent } = law;
  const half = partedHalfWidth(exponent);
  const value = formatEstimate(asEstimate(exponent));
  let verdict: Verdict;
  let reason: string;
  if (law.points < PSI.points)
    [verdict, reason] = [
      UNDECIDED,
      `Only ${law.points} closed, resolved directions of these ranks; the rule asks for ${PSI.points}.`,
    ];
  else if (law.r2 < HEAD_R2)
    [verdict, reason] = [
      'not reproduced',
      `Along these ranks sigma² does not fall with F as a power: a line explains ${perCent(law.r2)} of the scatter (psi = ${value}).`,
    ];
  else if (exponent.value - half <= 0)
    [verdict, reason] = ['not reproduced', `sigma² does not fall significantly with F: psi = ${value}.`];
  else if (half > PSI.width || !exponent.converged)
    [verdict, reason] = [UNDECIDED, `psi = ${value}; the rule asks for a 95 % interval of ±${PSI.width}.`];
  else if (compatible(asEstimate(exponent), PSI.stated, PSI.tolerance, half))
    [verdict, reason] = ['reproduced', `psi = ${value} agrees with ${PSI.stated}.`];
  else [verdict, reason] = ['reproduced with another exponent', `psi = ${value}, which is not ${PSI.stated}.`];
  return {
    id: 'ivf.psi-head',
    claim: `The relation also holds along ranks ${FIRST_RANK} to ${LAST_LEADING_RANK}, along which most of the motion that is not drift takes place.`,
    source: 'ivf2021 [P4], by ranges [N5]',
    measured: asEstimate(exponent, law.points),
    unit: '',
    stated: 'psi ≈ 4; no range is excluded',
    range: `${law.points} closed directions of rank ${FIRST_RANK} to ${LAST_LEADING_RANK}; they hold ${perCent(law.share)} of the variance without PC1`,
    verdict,
    reason,
  };
}

function rankLaw({ rank: law, beyondWalk: walks, noWalk }: Ivf2021Facts): Finding {
  const { exponent } = law;
  const { value } = exponent;
  const margin = Math.min(GAMMA.most, partedHalfWidth(exponent));
  const text = formatEstimate(asEstimate(exponent));
  const basis = `Errors (one standard error each): ${parts(exponent)}. ${ranges(law)} The fit is a line through ${law.points} log-spaced ranks with ${formatNumber(law.scatter, 2)} decades of scatter.`;
  const why = thin(law, GAMMA, {
    what: 'resolved ranks from 20 on',
    axis: 'rank',
    half: NORMAL_QUANTILE * exponent.misfit,
  });
  let verdict: Verdict;
  let reason: string;
  if (why) [verdict, reason] = [UNDECIDED, `${why} A longer window resolves more directions.`];
  else if (law.r2 < GAMMA.r2)
    [verdict, reason] = [
      'not reproduced',
      `The ranked variances do not follow a straight line in logarithms (R² = ${formatNumber(law.r2, 2)}). ${basis}`,
    ];
  else if (law.bend > BEND) [verdict, reason] = ['not reproduced', `${bends(law)} ${basis}`];
  else if (value >= GAMMA.stated[0] - margin && value <= GAMMA.stated[1] + margin)
    [verdict, reason] = ['reproduced', `${text} lies within 2 to 3 widened by ${formatNumber(margin, 2)}. ${basis}`];
  else
    [verdict, reason] = [
      'reproduced with another exponent',
      `A power law with gamma = ${text}, outside 2 to 3. ${basis}`,
    ];
  return {
    id: 'ivf.rank-law',
    claim: 'Beyond i ≈ 20 the ranked variances fall as sigma_i² ~ i^−gamma, gamma between 2 and 3.',
    source: 'ivf2021 [P4] (secondary source)',
    measured: asEstimate(exponent, law.points),
    unit: '',
    stated: 'a power law beyond i ≈ 20, gamma 2 to 3',
    predicted:
      noWalk ?? `${walkWords(walks.map((w) => ({ sampling: w.sampling, value: w.walk })))}; isotropic walk [S5]: 2`,
    range: Number.isFinite(law.range[0])
      ? `ranks ${law.range[0]} to ${law.range[1]}: from ${FIRST_RANK_OF_LAW}, as the source says, to half of the ranks or the last resolved one`
      : 'none',
    verdict,
    reason,
  };
}

function beyondWalk({ rank, beyondWalk: walks, noWalk }: Ivf2021Facts): Finding {
  const [first] = walks;
  const within = walks.filter((w) => Math.abs(w.difference.value) <= partedHalfWidth(w.difference));
  const undecided =
    noWalk ??
    thin(rank, GAMMA, {
      what: 'resolved ranks from 20 on',
      axis: 'rank',
      half: NORMAL_QUANTILE * rank.exponent.misfit,
    });
  const measured = first
    ? asEstimate(first.difference)
    : asEstimate({ ...rank.exponent, value: Number.NaN, converged: false, method: noWalk ?? 'no walk was drawn' });
  const verdict: Verdict =
    undecided !== undefined || walks.length === 0 ? UNDECIDED : within.length === 0 ? 'reproduced' : 'not reproduced';
  const each = walks.map((w) => `${formatEstimate(asEstimate(w.difference))} with ${FORMS[w.sampling]}`).join(', ');
  return {
    id: 'ivf.rank-law-null',
    claim: 'The rank law shows the landscape: it differs from that of a walk with the same noise and no landscape.',
    source: '[N1] as null of ivf2021 [P4]',
    measured,
    unit: 'gamma of the run less gamma of the walk',
    stated: 'the landscape shapes the spectrum',
    predicted: noWalk ?? '0 without a landscape',
    range: 'the ranks of the rank law, up to 1250',
    verdict,
    reason:
      undecided ??
      (within.length === 0
        ? `gamma differs from that of the walk by ${each}.`
        : `gamma less that of the walk is ${each}: ${within.length === walks.length ? 'neither' : 'not every'} difference exceeds its error, so the exponent by itself says nothing about the landscape.`),
  };
}

function flatnessRank(facts: Ivf2021Facts): Finding {
  const { widths } = facts;
  const groups = [
    { name: `ranks ${FIRST_RANK}–${LAST_LEADING_RANK}`, ...widths.head },
    { name: `ranks beyond ${LAST_LEADING_RANK}`, ...widths.rest },
  ];
  const few = groups.filter((g) => g.n < 20);
  const rises = ({ rho }: { rho: Parted }) => rho.value >= 0.5 && rho.value - partedHalfWidth(rho) > 0;
  const worst = groups.reduce((a, b) => (b.rho.value < a.rho.value ? b : a));
  const fails = groups.filter((g) => !rises(g));
  const verdict: Verdict = few.length > 0 ? UNDECIDED : fails.length > 0 ? 'not reproduced' : 'reproduced';
  const each = groups.map((g) => `${formatEstimate(asEstimate(g.rho))} in ${g.name} (${g.n} directions)`).join(', ');
  return {
    id: 'ivf.flatness-rank',
    claim: 'The flatness rises with the rank of the direction.',
    source: 'ivf2021 [P4]',
    measured: asEstimate(worst.rho, worst.n),
    unit: `worse of two groups: ${worst.name}`,
    stated: 'F_i rises with i',
    predicted: '0 for widths that are independent of the variances',
    range: `closed directions of rank ≥ ${FIRST_RANK} with resolved variance, in two groups`,
    verdict,
    reason:
      few.length > 0
        ? `Only ${few.map((g) => `${g.n} closed directions in ${g.name}`).join(' and ')}; the rule asks for 20 in each group.`
        : `Spearman's rho is ${each}, against the threshold 0.5. ${fails.length === 1 ? `It does not rise in ${fails[0].name}. ` : ''}Open directions (${openWords(facts)}), flatter than the search reached, are excluded.`,
  };
}
