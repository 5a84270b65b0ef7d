/**
 * Where two methods disagree beyond their errors, and the likely reason.
 *
 * Two values disagree when they differ by more than 4 combined standard errors, and by more than computed numbers can be trusted: a
 * value from a grid or a formula carries half a percent of the quantity's own scale (of a mean the standard deviation, of a
 * covariance the product of two of them) in place of an error. A pair of methods is named once, with all quantities in which it
 * disagrees.
 */
import { type Estimate, errorOf, unconverged } from '../../numeric/estimate.js';
import { formatNumber } from '../../report/format.js';
import type { Method, MethodResult, MethodSummary, MomentRow, SimulationFacts } from './measured.js';
import { LOSS, listed, momentNames } from './names.js';

/** Describes one quantity in which two methods disagree. */
interface Apart {
  readonly quantity: string;
  /** Value of the first method minus that of the second. */
  readonly difference: number;
  /** |difference| over the combined statistical error; null between two computed values. */
  readonly standardErrors: number | null;
  /** |difference| over the scale of the quantity. */
  readonly share: number;
}

/** Describes a disagreement of two methods. */
export interface Disagreement {
  readonly a: Method;
  readonly b: Method;
  readonly quantities: readonly Apart[];
  /** What most likely causes it. */
  readonly reason: string;
}

const MOST = 4;
/** Trust in a value without a statistical error, as a share of the scale. */
const COMPUTED = 0.005;

/** Finds all disagreements of a simulation. */
export function disagreements(
  facts: SimulationFacts,
  methods: readonly MethodResult[],
  rows: readonly MomentRow[],
): Disagreement[] {
  const out: Disagreement[] = [];
  for (const [k, { summary: a }] of methods.entries())
    for (const { summary: b } of methods.slice(k + 1)) {
      // a law at infinite times is not that of a transient run
      if (facts.mode === 'transient' && [a, b].some((m) => m.label === 'limit of long times')) continue;
      const quantities = rows.flatMap((row) => apart(facts, row, a, b));
      if (quantities.length > 0)
        out.push({ a: a.method, b: b.method, quantities, reason: reasonOf(facts, a, b, quantities) });
    }
  return out;
}

function apart(facts: SimulationFacts, row: MomentRow, a: MethodSummary, b: MethodSummary): Apart[] {
  const [p, q] = [row.values[a.method], row.values[b.method]];
  if (!p || !q) return [];
  // the star of such a time says that it is too short
  if (row.name === 'mean time until absorption' && (unconverged(p) || unconverged(q))) return [];
  const difference = p.value - q.value;
  const scale = scaleOf(facts.names, row, a, b);
  const error = Math.hypot(sampled(p), sampled(q));
  const computed = [p, q].filter((e) => sampled(e) === 0).length;
  if (!(Math.abs(difference) > MOST * error + computed * COMPUTED * scale)) return [];
  return [
    {
      quantity: row.name,
      difference,
      standardErrors: error > 0 ? Math.abs(difference) / error : null,
      share: Math.abs(difference) / scale,
    },
  ];
}

/** The statistical error of an estimate; 0 of a computed one, whose error is numerical or below a millionth. */
const sampled = (e: Estimate): number =>
  errorOf(e) === 'statistical' && e.standardError > 1e-6 * Math.abs(e.value) ? e.standardError : 0;

/** Returns the size with which differences of a quantity are compared: of the one computed value, else the smaller of the two. */
function scaleOf(names: readonly string[], row: MomentRow, a: MethodSummary, b: MethodSummary): number {
  const called = momentNames(names);
  const of = (m: MethodSummary): number => {
    const deviation = names.map((_, i) => Math.sqrt(m.moments.covariance[i === 0 ? 0 : 2]?.value ?? Number.NaN));
    const mean = called.mean.indexOf(row.name);
    if (mean >= 0) return deviation[mean];
    const pair = called.covariance.indexOf(row.name);
    if (pair >= 0) return deviation[pair === 2 ? 1 : 0] * deviation[pair === 0 ? 0 : 1];
    return row.name === 'survival at the end' ? 1 : Math.abs(row.values[m.method]!.value);
  };
  const computed = [a, b].filter((m) => sampled(row.values[m.method]!) === 0);
  const scale = computed.length === 1 ? of(computed[0]) : Math.min(of(a), of(b));
  return Number.isFinite(scale) ? scale : 0;
}

/** Names the likeliest reason, or two where neither rules out the other. */
function reasonOf(facts: SimulationFacts, a: MethodSummary, b: MethodSummary, quantities: readonly Apart[]): string {
  const { interpreted, mode } = facts;
  const both = [a, b];
  const has = (method: Method) => both.find((m) => m.method === method);
  const moving = both.filter((m) => mode === 'stationary' && quantities.some((q) => !convergedIn(m, q.quantity)));
  if (moving.length > 0)
    return `${listed(moving.map((m) => m.label))} ${moving.length > 1 ? 'are' : 'is'} not stationary yet: the run is short against the slowest relaxation`;
  const lost = both.filter((m) => m.diverged > 1e-3);
  if (lost.length > 0) return `walkers of ${listed(lost.map((m) => m.label))} diverged, and moments are of the others`;
  const sgd = has('sgd');
  if (interpreted && sgd)
    return `SGD is an Itô map whatever noise.interpretation says, and ${(sgd === a ? b : a).label} takes the noise as ${interpreted}`;
  return candidates(facts, a, b).slice(0, 2).join('; or ');
}

/** Lists what may make two methods differ, the likeliest first. */
function candidates({ stepRate = 0, momentum = 0 }: SimulationFacts, a: MethodSummary, b: MethodSummary): string[] {
  const has = (method: Method) => [a, b].find((m) => m.method === method);
  const [adiabatic, grid] = [has('adiabatic'), has('fokker-planck')];
  const inSteps = (m: MethodSummary) => m.method === 'sgd' || m.facts.steps === 'finite';
  const { separation, order } = adiabatic?.facts ?? {};
  const found: string[] = [];
  if (inSteps(a) !== inSteps(b) && (stepRate > 0.01 || momentum > 0))
    found.push(
      `the steps of ${(inSteps(a) ? a : b).label} are finite: learning rate times curvature reaches ${formatNumber(stepRate, 2)} on the grid${momentum > 0 ? `, with momentum ${momentum}` : ''}, and changes variances by about half of what it is where the walkers are`,
    );
  if (order === 'leading' && typeof separation === 'number' && separation > 0.02)
    found.push(
      `the theory takes y as much faster than x, and here its wandering is ${formatNumber(100 * separation, 2)} % of the diffusion along the valley`,
    );
  else if (order !== undefined)
    found.push(
      `the theory is of ${order === 'leading' ? 'the leading' : 'the next'} order only, with normal fluctuations of a y that follows x at once`,
    );
  if (grid?.warnings.some((w) => /cells|grid adds|wider grid/.test(w)))
    found.push('the grid of Fokker-Planck is too coarse or too small, as its note says');
  if (found.length === 0 && has('langevin'))
    found.push('steps of Langevin are finite: try a smaller methods.langevin.timestep');
  return found.length > 0 ? found : ['none is known: more cells, more walkers or a longer run would tell'];
}

function convergedIn({ moments }: MethodSummary, quantity: string): boolean {
  const called = momentNames(moments.mean.map((_, i) => ['x', 'y'][i]));
  const e =
    moments.mean[called.mean.indexOf(quantity)] ??
    moments.covariance[called.covariance.indexOf(quantity)] ??
    (quantity === LOSS ? moments.loss : undefined);
  return e === undefined || e.converged;
}

/** Writes a disagreement as one sentence. */
export function disagreementText({ a, b, quantities, reason }: Disagreement, label: (m: Method) => string): string {
  const each = quantities.map(
    (q) =>
      `${q.quantity} (${[
        q.standardErrors === null ? '' : `${formatNumber(q.standardErrors, 2)} standard errors`,
        `${formatNumber(100 * q.share, 2)} %${q.quantity.startsWith('mean of') ? ' of the standard deviation' : ''}`,
      ]
        .filter(Boolean)
        .join(', ')})`,
  );
  return `${label(a)} and ${label(b)} differ beyond their errors in the ${listed(each)}. Likely reason: ${reason}.`;
}
