/** Which method wins where, out of the comparisons. */
import type { Finding } from './finding.js';
import { type Chosen, type Contest, contest, percent, ranked } from './forget-compare.js';
import { type Method, nameOf } from './forget-results.js';
import type { Setting } from './forget-summary.js';

/** In sentences; each stands only if the comparison behind it came out so. */
export function outcomeOf(
  rivals: readonly Method[],
  at: Chosen,
  contests: readonly Contest[],
  exists: Finding,
  best: readonly Setting[],
  settings: readonly Setting[],
): string[] {
  const none = at('none');
  const out: string[] = [];
  if (none && exists.verdict !== 'not decidable with this run')
    out.push(
      exists.verdict === 'reproduced'
        ? `Without a constraint ${percent(none.forgetting)} of accuracy on what was learned first is lost.`.replace(
            ' %',
            ' points',
          )
        : 'Without a constraint hardly anything is forgotten in this protocol: no method can show much.',
    );
  const order = ranked(
    rivals.filter((m) => m !== 'none'),
    at,
  );
  if (order.length > 0) {
    const top = order[0];
    const even = order.slice(1).filter((m) => ['equal', 'undecided'].includes(contest(contests, top, m)!.outcome));
    const gain = none ? contest(contests, top, 'none') : undefined;
    out.push(
      `${nameOf(top)} comes first with ${percent(at(top)!.average)} average accuracy${none ? ` against ${percent(none.average)} without a constraint (${gain!.outcome})` : ''}` +
        (even.length > 0
          ? `; ${even.map(nameOf).join(', ')} cannot be told from it.`
          : ', better than every other method.'),
    );
    const worse = order.filter((m) => none && contest(contests, m, 'none')?.outcome !== 'better');
    if (worse.length > 0 && none)
      out.push(`No better than nothing, or not shown to be: ${worse.map(nameOf).join(', ')}.`);
  }
  const edge = best.filter((s) => Number.isFinite(s.multiple) && isStrongest(s, settings));
  if (edge.length > 0)
    out.push(
      `The strongest of the strengths asked for was chosen for ${edge.map((s) => nameOf(s.method)).join(', ')}: a wider grid may do better, and methods with the same axes become one hard constraint there.`,
    );
  const ceiling = best.find((s) => s.method === 'joint');
  if (ceiling) out.push(`Trained on all tasks together the same network reaches ${percent(ceiling.average)}.`);
  return out;
}

/** Whether a setting stands at the upper end of several strengths of its method. */
function isStrongest({ method, constraints, multiple }: Setting, settings: readonly Setting[]): boolean {
  const others = settings.filter(
    (s) => s.method === method && s.constraints === constraints && s.multiple !== multiple,
  );
  return others.length > 0 && others.every((s) => s.multiple < multiple);
}
