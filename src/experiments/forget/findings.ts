/**
 * Verdicts of `forget`. The rules are part of the result. They were written before any of its runs was analysed. After runs had been
 * seen, three things were changed: the families of Holm's correction (before, one family of all pairs), the least number of seeds, and
 * the rules for the cases in which fewer axes can be held or LDC has no effect.
 *
 * Compared are average test accuracies at the end (accuracies.ts), every method at the strength that validation samples chose
 * for it over all seeds, methods with axes at the same number N_c of them. Differences are taken seed by seed. Intervals are 95 % of
 * Student's t. Of two methods one is
 *   equal      if the interval of the difference lies within ±1 percentage point, which is too small to matter (without a correction,
 *              because a claim of equality is the more demanding one, 2.5 % on either side);
 *   better, worse   if it is not, and the chance of such a difference by luck is below 5 % after Holm's correction. There are three
 *              families: every method against none, with the pairs that claims name; the method that is first by validation against
 *              each other one; the table of all pairs;
 *   undecided  otherwise, and always with fewer than three seeds.
 * A method that ran for only some of the seeds is not compared.
 *
 * exists: without a constraint the first task is forgotten: by at least 5 points, with the whole interval above 0. Where it is not, there
 *   is nothing to prevent, and the `prevents` findings are not decidable.
 * prevents (LDC, EWC, U, vortex planes): the average is better than without a constraint, and less than half as much is forgotten, with
 *   the whole interval of the difference below 0. Not reproduced if the average is equal or worse, or if the whole interval of that
 *   difference lies above 0.
 * beats (claims that name a better method): better: reproduced; equal or worse: not reproduced. Where one of two methods with
 *   axes could hold fewer of them (by more than a tenth), only a better result of this method counts: otherwise the comparison is not one of
 *   methods.
 * constraints: at the strength chosen for the N_c of the comparison the first task is kept better with the most axes than with
 *   the fewest; one comparison, no correction.
 * laplace: LDC at lambda = 4(e−1)L0 is as good as at the strength that was chosen: equal or better; one comparison, no correction.
 *   Not decidable where LDC is no better than no constraint, because then no strength is right.
 * winner: the method with the largest validation average is better than each other one. Not reproduced if another one is equal to it.
 */
import { halfWidth } from '../../numeric/interval.js';
import { chanceOf, overSeeds } from '../../numeric/seeds.js';
import { mean } from '../../numeric/statistics.js';
import { side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, sentence } from '../../report/format.js';
import {
  type Chosen,
  type Comparison,
  type Contest,
  chanceWords,
  compare,
  contest,
  contestsBetween,
  contestsOf,
  few,
  inPoints,
  interval,
  LEAST_SEEDS,
  paired,
  percent,
  ranked,
  strengthOf,
  uneven,
} from './compare.js';
import { type ForgetInput, inOrder, type Method, nameOf } from './measured.js';
import { outcomeOf } from './outcome.js';
import { chosen, type Setting, settingsOf } from './strengths.js';

/** The least loss of accuracy that counts as forgetting. */
const FORGOTTEN = 0.05;

export interface Judged {
  readonly findings: readonly Finding[];
  readonly settings: readonly Setting[];
  /** The chosen setting of each method, in the order of reading. */
  readonly best: readonly Setting[];
  readonly contests: readonly Contest[];
  /** Which method is best, in sentences. */
  readonly outcome: readonly string[];
}

/** Claims that name a better method. */
type Claim = readonly [id: string, a: Method, b: Method, claim: string, source: string, stated: string];
const CLAIMS: readonly Claim[] = [
  [
    'l2',
    'ldc',
    'l2',
    'Constraints that use the landscape protect better than one that pulls all weights equally',
    'ivf2021; theory [C1], [C2]',
    'LDC better',
  ],
  [
    'random',
    'ldc',
    'random',
    'The choice of axes matters: principal directions protect better than random axes',
    'ivf2021; theory [C2]',
    'LDC better',
  ],
  [
    'variance',
    'ldc',
    'variance',
    'On the same axes the weight 1/F² protects better than 1/sigma², as expected where flat directions have small variances',
    'ivf2021; theory [C2]',
    '1/F² better',
  ],
  [
    'ewc',
    'ldc',
    'ewc',
    'Landscape-dependent constraints protect better than EWC',
    'theory [C2]',
    'rivals on equal terms',
  ],
  [
    'hessian',
    'ldc',
    'hessian',
    'Principal directions of the fluctuations protect better than the same number of directions of largest curvature',
    'theory [C2]',
    'rivals on equal terms',
  ],
  [
    'potential',
    'potential',
    'ldc',
    'The potential of the stochastic decomposition protects better than the widths of the valley',
    'ao2022; theory [C2]',
    'an outlook, not tested there',
  ],
  [
    'vortex',
    'vortex',
    'random',
    'Constraining the planes of strongest circulation protects better than constraining random axes',
    'ao2022; theory [C2]',
    'an outlook, not tested there',
  ],
];

/** Methods that are claimed to prevent forgetting, with the source of the claim. */
const PREVENT: readonly (readonly [Method, string, string])[] = [
  ['ldc', 'ivf2021; theory [C1]', 'forgetting is prevented'],
  ['ewc', 'kirkpatrick2017; theory [C2]', 'forgetting is prevented'],
  ['potential', 'ao2022; theory [C2]', 'an outlook, not tested there'],
  ['vortex', 'ao2022; theory [C2]', 'an outlook, not tested there'],
];

export function forgetFindings(input: ForgetInput): Judged {
  const settings = settingsOf(input);
  const at = (m: Method) => chosen(settings, m, input.constraints);
  const there = inOrder(settings.map((s) => s.method)).filter((m) => at(m) !== undefined);
  const whole = (m: Method) => at(m)!.seeds.length === Math.max(...there.map((o) => at(o)!.seeds.length));
  const methods = there.filter(whole);
  const contests = contestsBetween(methods, at);
  const claimed = contestsOf(familyOf(methods), at);
  const exists = existence(at('none'));
  // the one strength that was not chosen from measurements
  const natural = (m: Method) =>
    input.absolute
      ? undefined
      : settings.find(
          (s) => s.method === m && s.multiple === 1 && (s.constraints ?? input.constraints) === input.constraints,
        );
  const findings: Finding[] = [exists];
  for (const [m, source, stated] of PREVENT)
    if (methods.includes(m)) findings.push(prevents(m, at(m), at('none'), claimed, exists, source, stated));
  for (const claim of CLAIMS)
    if (methods.includes(claim[1]) && methods.includes(claim[2])) findings.push(beats(claim, at, claimed, natural));
  if (methods.includes('ldc'))
    findings.push(moreConstraints(settings, at('ldc')!), laplace(natural('ldc'), at('ldc')!, claimed));
  const rivals = methods.filter((m) => m !== 'joint');
  const [first, ...others] = ranked(rivals, at);
  const lead = contestsOf(
    others.map((m): [Method, Method] => [first, m]),
    at,
  );
  if (lead.length > 0) findings.push(winner(lead));
  const best = methods.map((m) => at(m)!);
  const partly = there.filter((m) => !whole(m)).map((m) => at(m)!);
  const outcome = outcomeOf({ rivals, at, lead, claimed, exists, best, settings, partly });
  return { findings, settings, best, contests, outcome };
}

/** The pairs that findings compare: every method with none, and those that claims name; each pair once. */
function familyOf(methods: readonly Method[]): [Method, Method][] {
  const against = methods.filter((m) => m !== 'none' && m !== 'joint').map((m): [Method, Method] => [m, 'none']);
  const named = CLAIMS.map(([, a, b]): [Method, Method] => [a, b]);
  return [...against, ...named].filter((pair) => pair.every((m) => methods.includes(m)));
}

function existence(none: Setting | undefined): Finding {
  const measured = overSeeds(none?.forgetting ?? []);
  const half = halfWidth(measured);
  const decided = Number.isFinite(half) && Number.isFinite(measured.value);
  const found = decided && measured.value >= FORGOTTEN && side(measured) > 0;
  const absent = decided && measured.value + half < FORGOTTEN;
  return {
    id: 'forget.exists',
    claim: 'Without a constraint a network forgets its first task while it learns the next',
    source: 'ivf2021; theory [C3]',
    measured: inPoints(measured),
    unit: 'points of accuracy',
    stated: 'catastrophic forgetting',
    verdict: found ? 'reproduced' : absent ? 'not reproduced' : UNDECIDED,
    reason: none
      ? `Test accuracy on earlier tasks right after they were learned, minus that at the end. ${found ? 'At least 5 points, with its whole interval above 0' : absent ? 'Less than 5 points, so that there is little to prevent' : few(measured)}.`.replace(
          '..',
          '.',
        )
      : 'The branch without a constraint is missing.',
  };
}

function prevents(
  m: Method,
  own: Setting | undefined,
  none: Setting | undefined,
  contests: readonly Contest[],
  exists: Finding,
  source: string,
  stated: string,
): Finding {
  const against = contest(contests, m, 'none');
  const excess = paired(own, none && { ...none, forgetting: none.forgetting.map((f) => f / 2) }, (s) => s.forgetting);
  const less = side(excess) < 0;
  const more = side(excess) > 0;
  const base = {
    id: `forget.prevents.${m}`,
    claim: `Forgetting is prevented by ${nameOf(m)}`,
    source,
    measured: inPoints(overSeeds(own?.forgetting ?? [])),
    unit: 'points of accuracy forgotten',
    stated,
    ...(none && { predicted: `without a constraint ${percent(none.forgetting)}` }),
  };
  if (!own || !none || !against)
    return { ...base, verdict: UNDECIDED, reason: 'The branch without a constraint is missing.' };
  if (exists.verdict !== 'reproduced')
    return {
      ...base,
      verdict: UNDECIDED,
      reason:
        exists.verdict === 'not reproduced'
          ? 'Too little is forgotten without a constraint to show that anything prevents it.'
          : 'Whether enough is forgotten without a constraint is not decided, so neither is whether this is prevented.',
    };
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

function beats(
  [id, a, b, claim, source, stated]: Claim,
  at: Chosen,
  contests: readonly Contest[],
  natural: Chosen,
): Finding {
  const c = contest(contests, a, b)!;
  const counts = uneven(at(a), at(b));
  const unfair = (counts === 'fewer' && c.outcome !== 'better') || (counts === 'more' && c.outcome !== 'worse');
  const held = (m: Method) => formatCount(Math.round(mean(at(m)!.held)));
  const words = {
    better: `${nameOf(a)} is better, ${interval(c.difference)}${chanceWords(c)}.`,
    worse: `${nameOf(a)} is worse, ${interval(c.difference)}${chanceWords(c)}.`,
    equal: `The difference is within one point, ${interval(c.difference)}.`,
    undecided:
      c.difference.n < LEAST_SEEDS
        ? few(c.difference)
        : sentence(`${interval(c.difference)}${chanceWords(c)}. ${few(c.difference)}`),
  }[c.outcome];
  const apart = paired(natural(a), natural(b));
  const beside =
    natural(a) && natural(b) ? ` At the natural strength of both it is ${formatEstimate(inPoints(apart))} points.` : '';
  return {
    id: `forget.${id}`,
    claim,
    source,
    measured: inPoints(c.difference),
    unit: `points of average accuracy, ${nameOf(a)} minus ${nameOf(b)}`,
    stated,
    verdict: unfair ? UNDECIDED : verdictOf(c.outcome),
    reason:
      (counts === 'alike'
        ? words
        : `${words} ${nameOf(a)} could hold ${held(a)} axes, ${nameOf(b)} ${held(b)}${unfair ? ': this is no comparison of methods' : ''}.`) +
      beside,
  };
}

function moreConstraints(settings: readonly Setting[], main: Setting): Finding {
  const own = settings
    .filter((s) => s.method === 'ldc' && s.multiple === main.multiple && s.constraints !== null)
    .sort((x, y) => x.constraints! - y.constraints!);
  const [fewest, most] = [own[0], own.at(-1)];
  const several = own.length > 1;
  const difference = paired(several ? most : undefined, fewest, (s) => s.first);
  const outcome = compare(difference, chanceOf(difference));
  return {
    id: 'forget.constraints',
    claim: 'The more directions are constrained, the better the first task is kept',
    source: 'ivf2021; theory [C1]',
    measured: inPoints(difference),
    unit: several
      ? `points of task-1 accuracy, N_c = ${most!.constraints} minus N_c = ${fewest.constraints}`
      : 'points of task-1 accuracy',
    stated: 'rises with N_c',
    range: `LDC${strengthOf(main)}`,
    verdict: several ? verdictOf(outcome) : UNDECIDED,
    reason: several
      ? own
          .map((s) => `N_c = ${formatCount(s.constraints)}: ${percent(s.first)}, later tasks ${percent(s.learning)}`)
          .join('; ') +
        `. ${outcome === 'undecided' ? few(difference) : outcome === 'equal' ? 'No difference beyond one point.' : ''}`.trimEnd()
      : 'There is only one number of constraints.',
  };
}

/** @param own - LDC at the Laplace value, its natural strength */
function laplace(own: Setting | undefined, main: Setting, claimed: readonly Contest[]): Finding {
  const difference = paired(own, main);
  const outcome = compare(difference, chanceOf(difference));
  const against = contest(claimed, 'ldc', 'none');
  const idle = against !== undefined && against.outcome !== 'better';
  return {
    id: 'forget.laplace',
    claim: 'The Laplace value lambda = 4(e−1)L0 is the right strength: no other one does better',
    source: 'theory [C1]',
    measured: inPoints(difference),
    unit: 'points of average accuracy, Laplace minus chosen strength',
    stated: 'derived: the exact value for a parabola',
    verdict:
      !own || idle || outcome === 'undecided' ? UNDECIDED : outcome === 'worse' ? 'not reproduced' : 'reproduced',
    reason: own
      ? `${idle ? 'LDC is not shown to be better than no constraint here, so that no strength of it is right. ' : ''}At the Laplace value ${percent(own.average)}, at the chosen strength of ${formatNumber(main.multiple, 2)} times it ${percent(main.average)}. ${outcome === 'undecided' ? few(difference) : ''}`.trim()
      : 'The Laplace value is not among the strengths.',
  };
}

/** @param lead - the first method by validation against each other one, by decreasing validation accuracy */
function winner(lead: readonly Contest[]): Finding {
  const [{ a: first, b: second, difference }] = lead;
  const equal = lead.filter((c) => c.outcome === 'equal' || c.outcome === 'worse');
  const open = lead.filter((c) => c.outcome === 'undecided');
  return {
    id: 'forget.winner',
    claim: 'One method stands out from all others',
    source: 'theory [C2]',
    measured: inPoints(difference),
    unit: `points of average accuracy, ${nameOf(first)} minus ${nameOf(second)}`,
    stated: 'rivals on equal terms',
    verdict: equal.length > 0 ? 'not reproduced' : open.length > 0 ? UNDECIDED : 'reproduced',
    reason:
      `By validation ${nameOf(first)} comes first, ${nameOf(second)} second. ` +
      [
        equal.length > 0 ? `Not better than ${equal.map((c) => nameOf(c.b)).join(', ')}.` : '',
        open.length > 0 ? `Undecided against ${open.map((c) => nameOf(c.b)).join(', ')}.` : '',
        equal.length + open.length === 0 ? 'It is better than each of the others.' : '',
      ]
        .filter((s) => s !== '')
        .join(' '),
  };
}
