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
 * Words stand beside every number that say whether outputs are task-known or all compete, because these are two experiments.
 * docs/rules/forget.md gives the reasons of the rules, what was changed and what had been seen before.
 *
 * exists: without a constraint at least 5 points of the accuracy on earlier tasks are lost, with the whole interval above 0. Where it is not
 *   reproduced there is nothing to protect: `prevents`, `beats`, `control` and `constraints` are then not decidable.
 * prevents (LDC, EWC, U, vortex planes, and the trivial rivals): the average is better than without a constraint, and less than half as
 *   much is forgotten, with the whole interval of the difference below 0. Not reproduced if the average is equal or worse, or if the
 *   whole interval of that difference lies above 0.
 * beats, control (claims that name a better method; controls have LDC or EWC against frozen layers or a replay): better: reproduced; equal
 *   or worse: not reproduced. Where one of two methods with axes could hold fewer of them (by more than a tenth), only a better result
 *   of this method counts: otherwise the comparison is not one of methods.
 * constraints: at the strength chosen for the N_c of the comparison the first task is kept better with the most axes than with the
 *   fewest (no correction), and no step between is worse (corrected over the steps). Not reproduced if the ends are equal or worse, or
 *   if a step is worse.
 * laplace: no strength that was tried is better for LDC than lambda = 4(e−1)L0 by more than a point: at that value it is equal to or
 *   better than at the strength that was chosen; one comparison, no correction. Not decidable where LDC is no better than no
 *   constraint, because then no strength is right.
 * winner: the method with the largest validation average is better than each other one, joint training excepted. Not reproduced if
 *   another one is equal to it or better.
 */
import type { Finding } from '../../report/finding.js';
import { type Claim, claimsOf, preventing } from './claims.js';
import { type Contest, contestsBetween, contestsOf, ranked } from './compare.js';
import { beats, type Compared, existence, laplace, moreConstraints, prevents, winner } from './judge.js';
import { type ForgetInput, inOrder, type Method, outputsOf } from './measured.js';
import { outcomeOf } from './outcome.js';
import { chosen, type Setting, settingsOf } from './strengths.js';

export interface Judged {
  readonly findings: readonly Finding[];
  readonly settings: readonly Setting[];
  /** The chosen setting of each method, in the order of reading. */
  readonly best: readonly Setting[];
  readonly contests: readonly Contest[];
  /** Which method is best, in sentences. */
  readonly outcome: readonly string[];
}

export function forgetFindings(input: ForgetInput): Judged {
  const settings = settingsOf(input);
  const at = (m: Method) => chosen(settings, m, input.constraints);
  const there = inOrder(settings.map((s) => s.method)).filter((m) => at(m) !== undefined);
  const whole = (m: Method) => at(m)!.seeds.length === Math.max(...there.map((o) => at(o)!.seeds.length));
  const methods = there.filter(whole);
  const contests = contestsBetween(methods, at);
  const claims = claimsOf(methods);
  const claimed = contestsOf(familyOf(methods, claims), at);
  const exists = existence(at('none'));
  // the one strength that was not chosen from measurements
  const natural = (m: Method) =>
    input.absolute
      ? undefined
      : settings.find(
          (s) => s.method === m && s.multiple === 1 && (s.constraints ?? input.constraints) === input.constraints,
        );
  const compared: Compared = { at, natural, contests: claimed, settings, exists };
  const found: Finding[] = [exists];
  for (const [m, source, stated] of preventing(methods)) found.push(prevents(m, source, stated, compared));
  for (const claim of claims) found.push(beats(claim, compared));
  if (methods.includes('ldc')) found.push(moreConstraints(compared), laplace(compared));
  const rivals = methods.filter((m) => m !== 'joint');
  const [first, ...others] = ranked(rivals, at);
  const lead = contestsOf(
    others.map((m): [Method, Method] => [first, m]),
    at,
  );
  if (lead.length > 0) found.push(winner(lead));
  const outputs = outputsOf(input.head);
  const findings = found.map((f) => ({ ...f, unit: `${f.unit}; ${outputs}` }));
  const best = methods.map((m) => at(m)!);
  const partly = there.filter((m) => !whole(m)).map((m) => at(m)!);
  const outcome = outcomeOf({ outputs, rivals, at, lead, claimed, exists, best, settings, partly });
  return { findings, settings, best, contests, outcome };
}

/** The pairs that findings compare: every method with none, and those that claims name; each pair once. */
function familyOf(methods: readonly Method[], claims: readonly Claim[]): [Method, Method][] {
  if (!methods.includes('none')) return claims.map(({ a, b }) => [a, b]);
  const against = methods.filter((m) => m !== 'none' && m !== 'joint').map((m): [Method, Method] => [m, 'none']);
  return [...against, ...claims.map(({ a, b }): [Method, Method] => [a, b])];
}
