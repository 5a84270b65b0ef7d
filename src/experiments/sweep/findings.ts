/**
 * The findings of a sweep: its laws, its collapses, and, over learning rate and batch size, the phase diagram (phase.ts). The rules stand in
 * words in docs/rules/sweep.md.
 */
import { asEstimate, totalError } from '../../numeric/error-parts.js';
import { estimate, missing } from '../../numeric/estimate.js';
import { UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain } from '../../report/format.js';
import type { PointResult } from './aggregate.js';
import { type CollapseResult, collapseWords } from './figures/collapses.js';
import { type FittedExponent, fitLaw, type LawFit, type RefusedLaw } from './law-fit.js';
import { lawOf } from './law-text.js';
import { judgeExponent, judgeLaw, LAW_RULES, restsOn } from './laws.js';

/** A law of the file with its fit, or why there is none. */
export type SweepLaw = LawFit | RefusedLaw;

/** Fits the laws of a sweep. */
export const sweepLaws = (laws: readonly string[], points: readonly PointResult[]): SweepLaw[] =>
  laws.map((text) => fitLaw(lawOf(text), points));

const VERDICTS: Readonly<Record<ReturnType<typeof judgeLaw>['answer'], Verdict>> = {
  holds: 'reproduced',
  'does not hold': 'not reproduced',
  undecided: UNDECIDED,
};

/** Returns the findings on the laws: whether each holds, then each exponent that was expected. */
export function lawFindings(laws: readonly SweepLaw[]): Finding[] {
  return laws.flatMap((fit, k) => ('refused' in fit ? [refused(fit, k)] : [holds(fit, k), ...expected(fit, k)]));
}

const idOf = (k: number): string => `sweep.law-${k + 1}`;
const SOURCE = 'a law of the file; theory [N5]';

function refused({ law, refused: why }: RefusedLaw, k: number): Finding {
  return {
    id: idOf(k),
    claim: `${law.text} holds over this sweep`,
    source: SOURCE,
    measured: missing('nothing was fitted'),
    unit: '',
    stated: 'asked for',
    verdict: UNDECIDED,
    reason: `It is not fitted: ${why}.`,
  };
}

const exponentWords = (e: FittedExponent): string =>
  `${e.letter} = ${formatEstimate({ value: e.whole.value, standardError: totalError(e.whole) })}`;

/** Says the parts of an error, and the halves. */
function partsOf(e: FittedExponent): string {
  const part = (name: string, v: number) => (Number.isFinite(v) ? [`${name} ${formatNumber(v, 2)}`] : []);
  const parts = [
    ...part('sampling', e.whole.sampling),
    ...part('misfit', e.whole.misfit),
    ...part('range', e.whole.range),
  ];
  const halves =
    e.lower && e.upper ? `; lower half ${formatNumber(e.lower.value)}, upper half ${formatNumber(e.upper.value)}` : '';
  return `${e.letter}: ${parts.join(', ')}${halves}`;
}

function holds(fit: LawFit, k: number): Finding {
  const { answer, reasons } = judgeLaw(fit);
  const [first, ...others] = fit.exponents;
  const misfit = Number.isFinite(fit.chi2)
    ? `chi² for each of ${formatCount(fit.freedom)} degrees of freedom ${formatNumber(fit.chi2)} (chance ${formatNumber(fit.chance, 2)}), `
    : '';
  return {
    id: idOf(k),
    claim: `${fit.law.text.split(/[,;]/)[0].trim()} holds over this sweep`,
    source: SOURCE,
    measured: asEstimate(first.whole, fit.points),
    unit: [`exponent ${first.letter}`, ...others.map(exponentWords)].join('; '),
    stated: 'asked for',
    range: restsOn(fit),
    verdict: VERDICTS[answer],
    reason: `${capital(reasons.join('; '))}. Parts of the errors: ${fit.exponents.map(partsOf).join('; ')}. Misfit: ${misfit}a factor of ${formatNumber(Math.exp(fit.misfit))} beyond the scatter over seeds; the largest residual is a factor of ${formatNumber(Math.exp(fit.largest.residual))} at ${pointWords(fit.largest.point)}.`,
  };
}

function expected(fit: LawFit, k: number): Finding[] {
  const { answer } = judgeLaw(fit);
  return fit.exponents.flatMap((e): Finding[] => {
    const wanted = fit.law.expected[e.letter];
    if (!wanted) return [];
    const judged = judgeExponent(e, wanted, answer);
    return [
      {
        id: `${idOf(k)}-${e.letter}`,
        claim: `The exponent ${e.letter} of ${fit.law.text.split(/[,;]/)[0].trim()} is ${formatPlain(wanted.value)}`,
        source: SOURCE,
        measured: asEstimate(e.whole, fit.points),
        unit: `exponent ${e.letter}`,
        stated: `${formatPlain(wanted.value)} ± ${formatPlain(wanted.tolerance)}`,
        range: restsOn(fit),
        verdict: judged.answer === 'agrees' ? 'reproduced' : judged.answer === 'differs' ? 'not reproduced' : UNDECIDED,
        reason: `${capital(judged.reason)}. ${partsOf(e)}.`,
      },
    ];
  });
}

/** Fewest other labels without which a collapse is not decided, and the share of them that may do as well. */
const COLLAPSE = { labels: 20, chance: 0.05, factor: 1.1, gain: 2 } as const;

/** Returns the findings on the collapses that were asked for. */
export function collapseFindings(all: readonly CollapseResult[]): Finding[] {
  return all.map(({ plan, fit, curves }, k): Finding => {
    const { y, z, x } = plan;
    const head = {
      id: `sweep.collapse-${k + 1}`,
      claim: `The curves of ${y.name} against ${z.name} for values of ${x.name} are one curve: ${y.name}·${x.name}^a is a function of ${z.name}·${x.name}^b`,
      source: 'a figure of the file',
      stated: 'asked for',
    };
    if (!fit)
      return {
        ...head,
        measured: missing('nothing was fitted'),
        unit: '',
        verdict: UNDECIDED,
        reason: 'Fewer than three curves of three points overlap.',
      };
    const good = fit.after <= Math.log(COLLAPSE.factor);
    const gain = fit.before / Math.max(fit.after, 1e-12);
    const verdict: Verdict =
      fit.labels < COLLAPSE.labels
        ? UNDECIDED
        : good && fit.chance <= COLLAPSE.chance && gain >= COLLAPSE.gain
          ? 'reproduced'
          : !good && fit.chance > COLLAPSE.chance
            ? 'not reproduced'
            : UNDECIDED;
    return {
      ...head,
      measured: estimate(Math.exp(fit.after), Number.NaN, curves, 'root mean square distance between curves', true),
      unit: `distance between curves as a factor, at a = ${formatNumber(fit.a)}, b = ${formatNumber(fit.b)}`,
      predicted: `${formatNumber(Math.exp(fit.shuffled))}, the median with shuffled labels`,
      verdict,
      reason: collapseWords(fit),
    };
  });
}

export const pointWords = (point: PointResult['point']): string =>
  Object.entries(point)
    .map(([key, v]) => `${key.split('.').at(-1)} = ${typeof v === 'number' ? formatPlain(v) : String(v)}`)
    .join(', ');

const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);

export { LAW_RULES };
