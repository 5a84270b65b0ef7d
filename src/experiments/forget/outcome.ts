/** Which method is best, in sentences drawn from the comparisons. */
import { overSeeds } from '../../numeric/seeds.js';
import type { Finding } from '../../report/finding.js';
import { formatEstimate } from '../../report/format.js';
import { isRival } from './claims.js';
import { type Chosen, type Contest, contest, inPoints, percent, ranked } from './compare.js';
import { type Method, nameOf } from './measured.js';
import { type Place, placeOf, type Setting } from './strengths.js';

interface Outcomes {
  /** How outputs compete, in words. */
  readonly outputs: string;
  readonly rivals: readonly Method[];
  readonly at: Chosen;
  /** The first method by validation against each other one. */
  readonly lead: readonly Contest[];
  /** The pairs of the findings, including every method against none. */
  readonly claimed: readonly Contest[];
  readonly exists: Finding;
  readonly best: readonly Setting[];
  readonly settings: readonly Setting[];
  /** Methods that ran for only some of the seeds. */
  readonly partly: readonly Setting[];
}

/** Writes the sentences; each is included only if its comparison supports it. */
export function outcomeOf({ outputs, rivals, at, lead, claimed, exists, best, settings, partly }: Outcomes): string[] {
  const none = at('none');
  const out: string[] = [];
  if (none && exists.verdict !== 'not decidable with this run')
    out.push(
      exists.verdict === 'reproduced'
        ? `Without a constraint ${formatEstimate(inPoints(overSeeds(none.forgetting)))} points of accuracy on what was learned first are lost (${outputs}).`
        : `Without a constraint less than 5 points of accuracy are forgotten in this protocol (${outputs}), so that no method can improve much.`,
    );
  const order = ranked(
    rivals.filter((m) => m !== 'none'),
    at,
  );
  if (lead[0]?.a === 'none') out.push('By validation no method is better than training without a constraint.');
  else if (order.length > 0) {
    const top = order[0];
    const others = order.slice(1).flatMap((m) => {
      const c = contest(lead, top, m);
      return c ? [{ m, outcome: c.outcome }] : [];
    });
    const names = (...outcomes: string[]) =>
      others
        .filter((o) => outcomes.includes(o.outcome))
        .map((o) => nameOf(o.m))
        .join(', ');
    const gain = none ? contest(claimed, top, 'none') : undefined;
    out.push(
      [
        `${nameOf(top)} comes first by validation with ${percent(at(top)!.average)} average accuracy${none ? ` against ${percent(none.average)} without a constraint (${gain!.outcome})` : ''}, ${outputs}`,
        names('equal') && `within one point of it: ${names('equal')}`,
        names('undecided') && `undecided against ${names('undecided')}`,
        names('worse') && `on the test samples ${names('worse')} is better`,
        others.length > 0 && others.every((o) => o.outcome === 'better') && 'it is better than every other method',
      ]
        .filter(Boolean)
        .join('; ')
        .concat('.'),
    );
  }
  const outcomes = order.map((m) => ({ m, outcome: none && contest(claimed, m, 'none')?.outcome }));
  for (const m of ['ldc', 'ewc']) out.push(...againstRivals(m, order, at, claimed, outputs));
  const idle = outcomes.filter((o) => o.outcome === 'equal' || o.outcome === 'worse').map((o) => nameOf(o.m));
  const open = outcomes.filter((o) => o.outcome === 'undecided').map((o) => nameOf(o.m));
  if (idle.length > 0) out.push(`Within one point of no constraint, or worse: ${idle.join(', ')}.`);
  if (open.length > 0) out.push(`Not shown to be better than no constraint: ${open.join(', ')}.`);
  if (partly.length > 0)
    out.push(
      `Not compared, because they ran for only some of the seeds: ${partly.map((s) => `${nameOf(s.method)} (${s.seeds.length})`).join(', ')}.`,
    );
  const scanned = best.filter((s) => Number.isFinite(s.multiple));
  const standing = (...places: Place[]) =>
    scanned.filter((s) => places.includes(placeOf(s, settings))).map((s) => nameOf(s.method));
  const edge = standing('strongest', 'weakest');
  if (edge.length > 0)
    out.push(`The best strength lies at an end of those tried for ${edge.join(', ')}: a wider grid may do better.`);
  const level = standing('level');
  if (level.length > 0)
    out.push(
      `For ${level.join(', ')} the largest strength tried gains less than a tenth of a point of validation accuracy over the one before it.`,
    );
  const ceiling = best.find((s) => s.method === 'joint');
  if (ceiling)
    out.push(`Trained on all tasks together the same network reaches ${percent(ceiling.average)} (${outputs}).`);
  return out;
}

const WORDS = {
  better: 'better than',
  worse: 'worse than',
  equal: 'within one point of',
  undecided: 'undecided against',
} as const;

/** Compares a constraint with the trivial rivals, each with its average. */
function againstRivals(
  m: Method,
  order: readonly Method[],
  at: Chosen,
  claimed: readonly Contest[],
  outputs: string,
): string[] {
  const own = at(m);
  const parts = order.filter(isRival).flatMap((rival) => {
    const c = contest(claimed, m, rival);
    return c ? [`${WORDS[c.outcome]} ${nameOf(rival)} (${percent(at(rival)!.average)})`] : [];
  });
  return own && order.includes(m) && parts.length > 0
    ? [`${nameOf(m)} with ${percent(own.average)} is ${parts.join(', ')}; ${outputs}.`]
    : [];
}
