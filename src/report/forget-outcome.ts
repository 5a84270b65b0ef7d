/** Which method wins where, out of the comparisons. */
import type { Finding } from './finding.js';
import { type Chosen, type Contest, contest, percent, ranked } from './forget-compare.js';
import { type Method, nameOf } from './forget-results.js';
import { type Place, placeOf, type Setting } from './forget-summary.js';

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
  const scanned = best.filter((s) => Number.isFinite(s.multiple));
  const standing = (...places: Place[]) =>
    scanned.filter((s) => places.includes(placeOf(s, settings))).map((s) => nameOf(s.method));
  const edge = standing('strongest', 'weakest');
  if (edge.length > 0)
    out.push(`The best strength lies at an end of those tried for ${edge.join(', ')}: a wider grid may do better.`);
  const level = standing('level');
  if (level.length > 0)
    out.push(
      `At the last strength tried, less than a tenth of a point is gained over the one before by ${level.join(', ')}: where axes are held that hard, their weights no longer matter.`,
    );
  const ceiling = best.find((s) => s.method === 'joint');
  if (ceiling) out.push(`Trained on all tasks together the same network reaches ${percent(ceiling.average)}.`);
  return out;
}
