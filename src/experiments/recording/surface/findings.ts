/**
 * Findings on a recording that need the loss. docs/rules/recordings.md states the rules in words; those of psi and of the ranks of
 * widths are the ones of docs/rules/ivf2021.md.
 */
import { rangeSpread } from '../../../analyse/trajectory/fit-ranges.js';
import { determined, FIRST_RANK, LAST_LEADING_RANK } from '../../../analyse/trajectory/scaling.js';
import { type Estimate, estimate, missing, negated } from '../../../numeric/estimate.js';
import { normalHalfWidth } from '../../../numeric/interval.js';
import { compatible, UNDECIDED } from '../../../report/deciding.js';
import type { Finding, Verdict } from '../../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain } from '../../../report/format.js';
import type { PredictedDirection, RecordedSurface } from './measured.js';

/** Says that directions were left out to fit the budget, where some were. */
const thinnedWords = ({ plan }: RecordedSurface['measured']): string =>
  plan?.thinned
    ? ` Widths were measured along ${formatCount(plan.thinned.directions)} of ${formatCount(plan.thinned.of)} directions; a larger --budget takes more.`
    : '';

/** Makes the findings that a surface allows, the most important first. */
export const surfaceFindings = (s: RecordedSurface): Finding[] => [psi(s), flatnessRank(s), predictedVariance(s)];

const PSI = { points: 20, decades: 1, width: 1, r2: 0.8, stated: 4, tolerance: 0.4, bend: 1, error: 0.1 } as const;

function psi({ scaling, widthError, directions, measured }: RecordedSurface): Finding {
  const fit = scaling.varianceFlatness;
  const rows = scaling.varianceFlatnessRanges.filter((r) => r.label.startsWith('ranks '));
  const spread = rangeSpread(rows, { points: PSI.points, width: PSI.width });
  const range = Number.isFinite(spread.standardError) ? spread.standardError : 0;
  const misfit = fit.exponent.standardError;
  const exponent: Estimate = { ...negated(fit.exponent), standardError: Math.hypot(misfit, range) };
  const half = normalHalfWidth(exponent);
  const decades = Math.log10(fit.range[1] / fit.range[0]);
  const value = formatEstimate(exponent);
  const open = directions.filter((d) => d.open !== null).length;
  const decide = (): [Verdict, string] => {
    if (fit.points < PSI.points)
      return [
        UNDECIDED,
        `Only ${fit.points} closed, resolved directions; the rule asks for ${PSI.points}.${thinnedWords(measured)}`,
      ];
    if (!exponent.converged) return [UNDECIDED, `The fit did not converge (${fit.exponent.method}).`];
    if (decades < PSI.decades)
      return [UNDECIDED, `The widths span ${formatNumber(decades, 2)} decades; the rule asks for ${PSI.decades}.`];
    if (!(widthError <= PSI.error))
      return [
        UNDECIDED,
        `Widths over ${formatCount(measured.asked)} samples have a median error of ${formatNumber(100 * widthError, 2)} %; the rule asks for ${100 * PSI.error} %, which a larger --budget gives.`,
      ];
    if (!(half <= PSI.width)) return [UNDECIDED, `ψ = ${value}; the rule asks for a 95 % interval of ±${PSI.width}.`];
    if (exponent.value - half <= 0)
      return ['not reproduced', `The variance does not fall significantly with the width: ψ = ${value}.`];
    if (fit.r2 < PSI.r2)
      return [
        'not reproduced',
        `Variance and width are related, but not by a power law: a line explains only ${formatNumber(100 * fit.r2, 2)} % of the scatter.`,
      ];
    if (spread.extremes && spread.bend > PSI.bend)
      return [
        'not reproduced',
        `The exponent is not one number: it goes from ${formatNumber(-spread.extremes[1].fit.exponent.value)} (${spread.extremes[1].label}) to ${formatNumber(-spread.extremes[0].fit.exponent.value)} (${spread.extremes[0].label}).`,
      ];
    if (compatible(exponent, PSI.stated, PSI.tolerance, half))
      return [
        'reproduced',
        `ψ = ${value} agrees with ${PSI.stated} within ${formatNumber(Math.max(PSI.tolerance, half), 2)}.`,
      ];
    return ['reproduced with another exponent', `The relation holds with ψ = ${value}, which is not ${PSI.stated}.`];
  };
  const [verdict, reason] = decide();
  return {
    id: 'rec.psi',
    claim: 'The variance along a principal direction falls with the width of the valley as sigma² ~ F^−psi, psi ≈ 4.',
    source: 'ivf2021 [P4]',
    measured: determined(fit) ? exponent : missing('widths that differ enough for an exponent'),
    unit: '',
    stated: 'psi ≈ 4 (MNIST)',
    predicted:
      'linear theory [S6], noise C ~ H^g with g between 1 and 2: psi = 2g (2 to 4) where shuffling or a short window dominates, 2(g−1) (0 to 2) otherwise',
    range: Number.isFinite(fit.range[0])
      ? `F from ${formatPlain(fit.range[0])} to ${formatPlain(fit.range[1])}, ${fit.points} closed directions of rank ≥ ${FIRST_RANK}`
      : 'none',
    verdict,
    reason: `${reason} ${determined(fit) ? `Errors (one standard error each): misfit ${formatNumber(misfit, 2)}, choice of range ${Number.isFinite(spread.standardError) ? formatNumber(range, 2) : 'unknown'}, sampling unknown in one recording.` : 'The widths hardly differ, so that they determine no exponent.'} R² = ${formatNumber(fit.r2, 2)}; ${formatCount(open)} of ${formatCount(directions.length)} valleys stayed open.`,
  };
}

function flatnessRank({ ranks, directions, measured }: RecordedSurface): Finding {
  const groups = [
    { name: `ranks ${FIRST_RANK}–${LAST_LEADING_RANK}`, ...ranks.head },
    { name: `ranks beyond ${LAST_LEADING_RANK}`, ...ranks.rest },
  ];
  const few = groups.filter((g) => g.n < 20);
  const fails = groups.filter((g) => !(g.rho.value >= 0.5 && g.rho.value - normalHalfWidth(g.rho) > 0));
  const worst = groups.reduce((a, b) => (b.rho.value < a.rho.value ? b : a));
  const open = directions.filter((d) => d.open !== null).length;
  return {
    id: 'rec.flatness-rank',
    claim: 'The flatness rises with the rank of the direction.',
    source: 'ivf2021 [P4]',
    measured: worst.rho,
    unit: `worse of two groups: ${worst.name}`,
    stated: 'F_i rises with i',
    predicted: '0 for widths that are independent of the variances',
    range: `closed directions of rank ≥ ${FIRST_RANK} with resolved variance, in two groups`,
    verdict: few.length > 0 ? UNDECIDED : fails.length > 0 ? 'not reproduced' : 'reproduced',
    reason:
      few.length > 0
        ? `Only ${few.map((g) => `${g.n} closed ${g.n === 1 ? 'direction' : 'directions'} in ${g.name}`).join(' and ')}; the rule asks for 20 in each group.${thinnedWords(measured)}`
        : `Spearman's rho is ${groups.map((g) => `${formatEstimate(g.rho)} in ${g.name} (${g.n} directions)`).join(', ')}, against the threshold 0.5. Open directions (${formatCount(open)}) are excluded.`,
  };
}

const GROUPS = [
  [2, 10],
  [11, 50],
  [51, Number.POSITIVE_INFINITY],
] as const;
const CLOSE = Math.log(1.3);

/** Returns ln of predicted over measured of each group of settled directions, with its error. */
export function predictedGroups(
  directions: readonly PredictedDirection[],
): { readonly ranks: readonly [number, number]; readonly log: Estimate }[] {
  return GROUPS.flatMap(([from, to]) => {
    const own = directions.filter(
      (d) => d.settled && d.index >= from && d.index <= to && d.predicted > 0 && Number.isFinite(d.predicted),
    );
    if (own.length < 3) return [];
    const value = own.reduce((s, d) => s + Math.log(d.predicted / d.measured.value) / own.length, 0);
    const error = Math.hypot(...own.map((d) => d.measured.standardError / d.measured.value)) / own.length;
    const log = estimate(value, error, own.length, 'mean over directions of ln predicted/measured');
    return [{ ranks: [own[0].index, own[own.length - 1].index] as const, log }];
  });
}

function predictedVariance({ predicted: p }: RecordedSurface): Finding {
  const groups = 'missing' in p ? [] : predictedGroups(p.directions);
  const far = groups.filter(({ log }) => Math.abs(log.value) - normalHalfWidth(log) > CLOSE);
  const near = groups.filter(({ log }) => Math.abs(log.value) <= Math.max(CLOSE, normalHalfWidth(log)));
  const worst = groups.reduce<(typeof groups)[number] | undefined>(
    (a, b) => (a && Math.abs(a.log.value) >= Math.abs(b.log.value) ? a : b),
    undefined,
  );
  const verdict: Verdict =
    groups.length === 0
      ? UNDECIDED
      : far.length > 0
        ? 'not reproduced'
        : near.length === groups.length
          ? 'reproduced'
          : UNDECIDED;
  const each = groups.map(
    ({ ranks, log }) =>
      `${formatNumber(Math.exp(log.value))} (factor ${formatNumber(Math.exp(log.standardError), 3)} either way) in ranks ${ranks.join('–')}`,
  );
  return {
    id: 'rec.predicted-variance',
    claim: 'The variances along settled directions are those that SGD has for the measured curvature and noise.',
    source: 'ao2022 [D9] (i), [S2]–[S4]',
    measured: worst?.log ?? missing('no group of settled directions with a prediction'),
    unit: 'ln predicted/measured, the group furthest from 0',
    stated: '0',
    predicted: '0 for a quadratic loss whose noise does not depend on the weights',
    range: 'settled directions of rank ≥ 2 in groups of at least 3',
    verdict,
    reason:
      'missing' in p
        ? p.missing
        : groups.length === 0
          ? 'No group has 3 settled directions with a prediction.'
          : `Predicted over measured variance, geometric mean: ${each.join(', ')}; the rule allows 1.3 either way.`,
  };
}
