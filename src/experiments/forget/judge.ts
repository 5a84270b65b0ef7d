/** The verdict of each claim of `forget`, by the rules at the head of findings.ts. */
import { halfWidth } from '../../numeric/interval.js';
import { holm } from '../../numeric/many-tests.js';
import { chanceOf, overSeeds } from '../../numeric/seeds.js';
import { mean } from '../../numeric/statistics.js';
import { side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import type { Claim } from './claims.js';
import {
  type Chosen,
  type Comparison,
  type Contest,
  chanceWords,
  compare,
  contest,
  few,
  inPoints,
  interval,
  LEAST_SEEDS,
  paired,
  percent,
  strengthOf,
  uneven,
} from './compare.js';
import { type Method, nameOf } from './measured.js';
import { placeOf, type Setting } from './strengths.js';

/** The least loss of accuracy that counts as forgetting. */
const FORGOTTEN = 0.05;
/** An error below which two methods cannot differ by more than the margin of equality. */
const CEILING = 0.01;

/** What the findings have in common. */
export interface Compared {
  readonly at: Chosen;
  /** The setting of a method at its natural strength, where it was tried. */
  readonly natural: Chosen;
  /** Every method against none, and the pairs that claims name. */
  readonly contests: readonly Contest[];
  readonly settings: readonly Setting[];
  readonly exists: Finding;
}

/** Judges whether training on later tasks loses accuracy on earlier ones at all. */
export function existence(none: Setting | undefined): Finding {
  const measured = overSeeds(none?.forgetting ?? []);
  const half = halfWidth(measured);
  const decided = Number.isFinite(half) && Number.isFinite(measured.value);
  const found = decided && measured.value >= FORGOTTEN && side(measured) > 0;
  const absent = decided && measured.value + half < FORGOTTEN;
  const words = found
    ? 'At least 5 points, with its whole interval above 0.'
    : absent
      ? 'Less than 5 points, so that there is little to protect.'
      : few(measured);
  return {
    id: 'forget.exists',
    claim: 'Without a constraint at least 5 points of accuracy on earlier tasks are lost while the next one is learned',
    source: 'ivf2021; theory [C3]',
    measured: inPoints(measured),
    unit: 'points of accuracy',
    stated: 'catastrophic forgetting',
    verdict: found ? 'reproduced' : absent ? 'not reproduced' : UNDECIDED,
    reason: none
      ? `Test accuracy on earlier tasks right after they were learned, minus that at the end. ${words}`
      : 'The branch without a constraint is missing.',
  };
}

/** Says why nothing can be protected here; undefined where something can. */
function idle({ verdict }: Finding): string | undefined {
  if (verdict === 'reproduced') return undefined;
  return verdict === 'not reproduced'
    ? 'Too little is forgotten without a constraint to show that anything protects from it.'
    : 'Whether enough is forgotten without a constraint is not decided, so neither is what protects from it.';
}

/** Judges whether a method leaves less than half of the forgetting, at a better average. */
export function prevents(m: Method, source: string, stated: string, { at, contests, exists }: Compared): Finding {
  const [own, none] = [at(m)!, at('none')];
  const against = contest(contests, m, 'none');
  const excess = paired(own, none && { ...none, forgetting: none.forgetting.map((f) => f / 2) }, (s) => s.forgetting);
  const less = side(excess) < 0;
  const more = side(excess) > 0;
  const base = {
    id: `forget.prevents.${m}`,
    claim: `With ${nameOf(m)} less than half of the forgetting is left, at a better average than without a constraint`,
    source,
    measured: inPoints(overSeeds(own.forgetting)),
    unit: 'points of accuracy forgotten',
    stated,
    ...(none && { predicted: `without a constraint ${percent(none.forgetting)}` }),
  };
  if (!none || !against) return { ...base, verdict: UNDECIDED, reason: 'The branch without a constraint is missing.' };
  const nothing = idle(exists);
  if (nothing) return { ...base, verdict: UNDECIDED, reason: nothing };
  const failed = against.outcome === 'equal' || against.outcome === 'worse' || more;
  const verdict: Verdict = against.outcome === 'better' && less ? 'reproduced' : failed ? 'not reproduced' : UNDECIDED;
  return {
    ...base,
    verdict,
    reason:
      `Average accuracy ${percent(own.average)}${strengthOf(own)} against ${percent(none.average)} without: ${against.outcome}${chanceWords(against)}. ` +
      `${less ? 'Less than half of the forgetting remains' : more ? 'More than half of the forgetting remains' : 'Whether half of the forgetting remains is not clear'} (the later tasks reach ${percent(own.learning)} against ${percent(none.learning)}).`,
  };
}

const verdictOf = (o: Comparison): Verdict =>
  o === 'better' ? 'reproduced' : o === 'undecided' ? UNDECIDED : 'not reproduced';

/** Judges whether one method protects better than another. */
export function beats({ id, a, b, claim, source, stated }: Claim, compared: Compared): Finding {
  const { at, contests, exists } = compared;
  const c = contest(contests, a, b)!;
  const [own, other] = [at(a)!, at(b)!];
  const counts = uneven(own, other);
  const unfair = (counts === 'fewer' && c.outcome !== 'better') || (counts === 'more' && c.outcome !== 'worse');
  const nothing = idle(exists);
  const held = (s: Setting) => formatCount(Math.round(mean(s.held)));
  const value = (s: Setting) => `${nameOf(s.method)} ${percent(s.average)}${strengthOf(s)}`;
  return {
    id: `forget.${id}`,
    claim,
    source,
    measured: inPoints(c.difference),
    unit: `points of average accuracy, ${nameOf(a)} minus ${nameOf(b)}`,
    stated,
    verdict: unfair || nothing ? UNDECIDED : verdictOf(c.outcome),
    reason: [
      nothing ?? '',
      `${value(own)}, ${value(other)}: ${outcomeWords(c, own, other)}`,
      counts === 'alike'
        ? ''
        : `${nameOf(a)} could hold ${held(own)} axes, ${nameOf(b)} ${held(other)}${unfair ? ': this is no comparison of methods' : ''}.`,
      ...besides(own, other, compared),
    ]
      .filter((words) => words !== '')
      .join(' '),
  };
}

/** Says how a comparison ended and with which interval; of equal methods also, whether anything else was possible. */
function outcomeWords(c: Contest, own: Setting, other: Setting): string {
  if (c.outcome === 'undecided')
    return c.difference.n < LEAST_SEEDS
      ? few(c.difference)
      : `undecided, ${interval(c.difference)}${chanceWords(c)}. ${few(c.difference)}`;
  if (c.outcome !== 'equal') return `${c.outcome}, ${interval(c.difference)}${chanceWords(c)}.`;
  const forced = [own, other].every((s) => 1 - mean(s.average) < CEILING);
  return (
    `within one point, ${interval(c.difference)}${side(c.difference) === 0 ? '' : ', though not zero'}.` +
    (forced ? ' Both errors are below one point, so that no other result was possible.' : '')
  );
}

/** What qualifies a comparison: that neither method does anything, that weights hardly matter, and natural strengths. */
function besides(own: Setting, other: Setting, { contests, natural, settings }: Compared): string[] {
  const [a, b] = [own.method, other.method];
  const [there, here] = [natural(a), natural(b)];
  const none = [a, b].map((m) => contest(contests, m, 'none')?.outcome);
  const ends = [own, other].every((s) => ['level', 'strongest'].includes(placeOf(s, settings)));
  return [
    none.every((o) => o === 'equal' || o === 'worse') ? 'Neither is better than no constraint here.' : '',
    ends && a === 'ldc' && b === 'variance'
      ? 'Both stand at the strongest constraint tried, which hardly lets the axes move, so that this compares no weights.'
      : '',
    there && here
      ? `At the natural strength of both it is ${formatEstimate(inPoints(paired(there, here)))} points.`
      : '',
  ];
}

/** Judges whether LDC keeps more with more axes, by its ends and by every step between. */
export function moreConstraints({ at, settings, exists }: Compared): Finding {
  const main = at('ldc')!;
  const own = settings
    .filter((s) => s.method === 'ldc' && s.multiple === main.multiple && s.constraints !== null)
    .sort((x, y) => x.constraints! - y.constraints!);
  const [fewest, most] = [own[0], own.at(-1)];
  const several = own.length > 1;
  const difference = paired(several ? most : undefined, fewest, (s) => s.first);
  const ends = compare(difference, chanceOf(difference));
  const steps = own.slice(1).map((s, k) => paired(s, own[k], (x) => x.first));
  const chances = holm(steps.map(chanceOf));
  const falls = own.slice(1).filter((_, k) => compare(steps[k], chances[k]) === 'worse');
  const nothing = idle(exists);
  const refuted = ends === 'equal' || ends === 'worse' || falls.length > 0;
  return {
    id: 'forget.constraints',
    claim: several
      ? `LDC with N_c = ${formatCount(most!.constraints)} axes keeps the first task better than with ${formatCount(fewest.constraints)}, and no step between makes it worse`
      : 'LDC with more axes keeps the first task better',
    source: 'ivf2021; theory [C1]',
    measured: inPoints(difference),
    unit: several
      ? `points of task-1 accuracy, N_c = ${most!.constraints} minus N_c = ${fewest.constraints}`
      : 'points of task-1 accuracy',
    stated: 'rises with N_c',
    range: `LDC${strengthOf(main)}`,
    verdict: !several || nothing ? UNDECIDED : refuted ? 'not reproduced' : verdictOf(ends),
    reason: several
      ? [
          nothing ?? '',
          `${own
            .map((s) => `N_c = ${formatCount(s.constraints)}: ${percent(s.first)}, later tasks ${percent(s.learning)}`)
            .join('; ')}.`,
          `From each to the next: ${steps.map((d) => formatEstimate(inPoints(d))).join(', ')} points.`,
          falls.length > 0 ? `Worse at N_c = ${falls.map((s) => formatCount(s.constraints)).join(', ')}.` : '',
          ends === 'undecided' ? few(difference) : ends === 'equal' ? 'No difference beyond one point.' : '',
        ]
          .filter((words) => words !== '')
          .join(' ')
      : 'There is only one number of constraints.',
  };
}

/** Judges whether LDC at the Laplace value, its natural strength, is as good as at the strength that was chosen. */
export function laplace({ at, natural, contests }: Compared): Finding {
  const [own, main] = [natural('ldc'), at('ldc')!];
  const difference = paired(own, main);
  const outcome = compare(difference, chanceOf(difference));
  const against = contest(contests, 'ldc', 'none');
  const useless = against !== undefined && against.outcome !== 'better';
  return {
    id: 'forget.laplace',
    claim: 'No strength that was tried is better for LDC than the Laplace value lambda = 4(e−1)L0 by more than a point',
    source: 'theory [C1]',
    measured: inPoints(difference),
    unit: 'points of average accuracy, Laplace minus chosen strength',
    stated: 'derived: the exact value for a parabola',
    verdict:
      !own || useless || outcome === 'undecided' ? UNDECIDED : outcome === 'worse' ? 'not reproduced' : 'reproduced',
    reason: own
      ? `${useless ? 'LDC is not shown to be better than no constraint here, so that no strength of it is right. ' : ''}At the Laplace value ${percent(own.average)}, at the chosen strength of ${formatNumber(main.multiple, 2)} times it ${percent(main.average)}. ${outcome === 'undecided' ? few(difference) : ''}`.trim()
      : 'The Laplace value is not among the strengths.',
  };
}

/**
 * Judges whether the first method by validation is better than each other one.
 * @param lead - that method against each other one, by decreasing validation accuracy
 */
export function winner(lead: readonly Contest[]): Finding {
  const [{ a: first, b: second, difference }] = lead;
  const naming = (outcome: Comparison, words: string) => {
    const own = lead.filter((c) => c.outcome === outcome).map((c) => nameOf(c.b));
    return own.length > 0 ? `${words} ${own.join(', ')}.` : '';
  };
  const refuted = lead.some((c) => c.outcome === 'equal' || c.outcome === 'worse');
  const open = lead.some((c) => c.outcome === 'undecided');
  return {
    id: 'forget.winner',
    claim: 'The method that validation puts first is better than each other one',
    source: 'theory [C2]',
    measured: inPoints(difference),
    unit: `points of average accuracy, ${nameOf(first)} minus ${nameOf(second)}`,
    stated: 'rivals on equal terms',
    verdict: refuted ? 'not reproduced' : open ? UNDECIDED : 'reproduced',
    reason: [
      `By validation ${nameOf(first)} comes first, ${nameOf(second)} second.`,
      naming('equal', 'Within one point of it:'),
      naming('worse', 'Better than it on the test samples:'),
      naming('undecided', 'Undecided against'),
      refuted || open ? '' : 'It is better than each of the others.',
    ]
      .filter((s) => s !== '')
      .join(' '),
  };
}
