/** The advice in sentences, for the terminal and the page. The judgements are made in apply/advice. */
import type { Advice, AdviceItem } from '../../apply/advice.js';
import { type AdviceFacts, factsOf } from '../../apply/advice-facts.js';
import { CEILING_STUDY } from '../../apply/advice-study.js';
import { fittedAt, type Outcome, type Verification } from '../../apply/advice-verify.js';
import { type Estimate, errorOf, scaled } from '../../numeric/estimate.js';
import {
  convergenceMark,
  formatCount,
  formatEstimate,
  formatMarked,
  formatNumber,
  formatPlain,
  MISSING,
} from '../../report/format.js';

/** Writes an estimate, without its error where that is negligible. */
export const brief = (e: Estimate): string =>
  e.standardError < 1e-4 * Math.abs(e.value) ? formatNumber(e.value) : formatEstimate(e);

/** Writes the value of an item with its error, or a dash where there is none. */
export function shownValue({ value, unit }: AdviceItem): string {
  if (!value) return MISSING;
  const text = ['exact', 'no spread'].includes(errorOf(value)) ? formatEstimate(value) : brief(value);
  return `${text}${unit && ` ${unit}`}${convergenceMark(value)}`;
}

/** Writes the 95 % interval of an item whose error is not symmetric. */
export const shownInterval = ({ interval }: AdviceItem): string =>
  interval ? `${formatNumber(interval[0])} … ${interval[1] === null ? '∞' : formatNumber(interval[1])}` : '';

export interface AdviceWords {
  readonly state: string;
  readonly setting: string;
  readonly ceiling: string;
  readonly rate: string;
  readonly batch: string;
  readonly noise: string;
  readonly stationary: string;
  readonly verified?: string;
  readonly notes: readonly string[];
}

export function adviceWords(advice: Advice, facts: AdviceFacts, v: Verification | null): AdviceWords {
  const { point } = advice;
  return {
    state: `${point.origin}; training loss ${formatNumber(point.loss)}`,
    setting:
      `learning rate ${formatPlain(point.learningRate)}, batches of ${formatCount(point.batchSize)} (${point.sampling})` +
      `${settingWords(point)} = ${formatNumber(temperature(advice))}`,
    ceiling: ceilingWords(advice, facts),
    rate: rateWords(advice, v),
    batch: batchWords(advice, facts),
    noise: `${noiseWords(advice, facts)}${v ? flatnessWords(v) : ''}`,
    stationary: stationaryWords(advice, facts),
    ...(v && { verified: verifiedWords(v) }),
    notes: notes(advice, facts),
  };
}

function settingWords({ momentum, optimiser }: Advice['point']): string {
  if (!optimiser) return `${momentum > 0 ? `, momentum ${formatPlain(momentum)}` : ''}; temperature η/((1−μ)B)`;
  const penalty =
    optimiser.penalty > 0 ? `; the loss is measured with its penalty (${formatPlain(optimiser.penalty)}/2)|w|²` : '';
  return `, ${optimiser.words}${penalty}; temperature η_e/B`;
}

const temperature = ({ point }: Advice) => point.learningRate / ((1 - point.momentum) * point.batchSize);
const refusal = (m: object) => ('refused' in m ? String(m.refused) : '');

/** The ceilings of a quadratic loss, from which nothing is advised. */
function ceilingWords({ ceiling, point, items }: Advice, { curvature }: AdviceFacts): string {
  const c = factsOf(curvature);
  if (!ceiling || !c) return `none: ${items.find((i) => i.id === 'ceiling')?.refused ?? ''}`;
  const { states, overCeiling, halfSafe } = CEILING_STUDY;
  const [least, most] = overCeiling;
  const eta = formatPlain(point.learningRate);
  const place =
    point.learningRate >= c.edge.value
      ? ` ${eta} is beyond the edge of full batches.`
      : point.learningRate > ceiling.value
        ? ` ${eta} is above it.`
        : '';
  const { optimiser } = point;
  if (optimiser) {
    const stays = optimiser.squares === 'none' ? '' : ' and P stays';
    return (
      `${formatMarked(ceiling)} for batches of ${formatCount(point.batchSize)} (full batches: ${brief(c.edge)}), where the mean square of the ` +
      `weights diverges if the loss is quadratic${stays}.${place} Nothing is advised from it: such ceilings were judged for SGD alone, where they are often wrong (thermograd reproduce ceilings)`
    );
  }
  return (
    `${formatMarked(ceiling)} for batches of ${formatCount(point.batchSize)} ` +
    `(full batches: ${brief(c.edge)}), where E|w|² of SGD diverges if the loss is quadratic.${place} Nothing is advised from it: at ${formatCount(states)} states of ` +
    `real networks runs left at ${formatPlain(least)} to ${formatPlain(most)} times it, and half of it was safe at ${formatCount(halfSafe)} (thermograd reproduce ceilings)`
  );
}

function rateWords({ rate, point, safety }: Advice, v: Verification | null): string {
  if (!fittedAt(point))
    return `no rate is advised: a training loss of ${formatNumber(point.loss)} is hardly better than that of a constant answer (${formatNumber(point.constantLoss)}), and runs that stay there say nothing. Train a little first`;
  if (!rate || !v)
    return (
      'no rate is advised without runs: at states that it was not fitted to, no rule was shown to do better than a multiple of the present rate, and that ' +
      `is known to within a factor of ${formatPlain(CEILING_STUDY.presentWithin)} only (thermograd reproduce ceilings)`
    );
  const eta = formatPlain(point.learningRate);
  const [low, high] = v.bracket;
  const at = (rate: number) => v.runs.filter((r) => r.learningRate === rate);
  const own = outcomeCounts(at(point.learningRate));
  const length = `${formatCount(v.epochs)} ${v.epochs === 1 ? 'epoch' : 'epochs'}`;
  if (low === null || rate.largestRate === null)
    return `no rate is advised: at every rate tried, down to ${formatNumber(v.runs[0].learningRate)}, a run of ${length} left the basin`;
  const upTo = formatNumber(rate.largestRate);
  const stayed =
    `up to ${upTo} is advised${safety < 1 ? `, ${formatPlain(safety)} of the largest rate at which all runs stay` : ''}: ` +
    `all ${formatCount(at(low).length)} runs of ${length} stay up to ${formatNumber(low)}` +
    (high === null ? ', the largest rate that was tried' : `, most leave from ${formatNumber(high)} on`);
  switch (rate.place) {
    case 'beyond':
      return `${eta} is too large: of its runs ${own}; ${stayed}`;
    case 'at the rim':
      return `${eta} is at the limit: of its runs ${own}; ${stayed}`;
    case 'above the advice':
      return `${eta} stays, and lies above what is advised; ${stayed}`;
    case 'far below':
      return `${eta} is safe and small; ${stayed}. Below a twentieth of that, training takes many steps for the same distance`;
    case 'inside':
      return `${eta} is within the advised range; ${stayed}`;
  }
}

function batchWords({ batch, point }: Advice, { noise }: AdviceFacts): string {
  const n = factsOf(noise);
  if (n && point.errors === 0)
    return (
      `no advice on the batch size: no training sample is misclassified, so that a few hard samples (in effect ${formatCount(Math.round(n.carriers))} of ` +
      `${formatCount(point.samples)}) make up gradient and noise, and their ratio changes with the next steps`
    );
  if (!batch) return `no advice on the batch size: ${refusal(noise) || 'the noise scale did not converge.'}`;
  const { critical, place } = batch;
  const [b, c] = [point.batchSize, critical.value.value];
  const size = formatCount(b);
  const how =
    critical.kind === 'weighted'
      ? `critical size ${brief(critical.value)} (by curvature)`
      : `critical size ${formatNumber(c)} (simple; by curvature it did not converge)`;
  const beyondSet = c > point.samples ? `, more than the ${formatCount(point.samples)} training samples` : '';
  const cost = `steps ${formatNumber(1 + c / b, 2)} times the fewest, samples ${formatNumber(1 + b / c, 2)} times the fewest`;
  const what =
    place === 'below'
      ? 'is below it: a larger batch, with a larger learning rate, still saves steps nearly in proportion'
      : place === 'beyond'
        ? 'is beyond it: a larger batch hardly saves steps, and a smaller one saves work'
        : 'is about there';
  return `${how}${beyondSet}: ${size} ${what} (${cost}, [A1], secondary source)`;
}

function noiseWords({ items, point }: Advice, { noise }: AdviceFacts): string {
  const loss = items.find((i) => i.id === 'noise-loss')?.value;
  if (!loss) return `not known: ${refusal(noise)}`;
  return (
    `the gradient noise adds ${point.optimiser ? '(η_e/4) Tr C' : '(η/4) Tr C/(1−μ)'} = ${formatEstimate(loss)} to the loss, ${formatNumber((100 * loss.value) / point.loss, 2)} % of the training loss. ` +
    'A larger η/B strengthens it and, where noise grows with curvature, the drift towards flatter minima ([V3]); it also raises the loss by as much, and the drift takes time'
  );
}

/** Gives the top curvature at the end relative to the start, at the smallest and the largest rate whose runs ended in a basin. */
function flatnessWords(v: Verification): string {
  if (v.top === null) return '';
  const start = v.top;
  const settled = v.runs.filter((r) => (r.outcome === 'stays' || r.outcome === 'returns') && r.top !== null);
  const rates = [...new Set(settled.map((r) => r.learningRate))];
  if (rates.length < 2) return '';
  const share = (eta: number) => {
    const tops = settled.filter((r) => r.learningRate === eta).map((r) => r.top! / start);
    return `${formatNumber(
      tops.reduce((s, t) => s + t / tops.length, 0),
      2,
    )} of that at the start for η = ${formatNumber(eta, 2)} (${formatCount(tops.length)} ${tops.length === 1 ? 'run' : 'runs'})`;
  };
  return `. In the runs the top curvature ended at ${share(rates[0])} and at ${share(rates.at(-1)!)}`;
}

function stationaryWords({ stationarity }: Advice, { window }: AdviceFacts): string {
  const w = factsOf(window);
  if (!w || !stationarity) return `not known: ${refusal(window)}`;
  return (
    `${stationarity}: motion relation ${formatEstimate(w.ratio)} (1 where stationary), loss ${w.trend.value < 0 ? 'falls' : 'rises'} by ` +
    `${formatEstimate(scaled(w.trend, w.trend.value < 0 ? -100 : 100))} % over ${formatCount(w.epochs)} epochs` +
    (w.roundingShare > 0.01
      ? `; ${formatNumber(100 * w.roundingShare, 2)} % of the motion is rounding of float32 weights`
      : '')
  );
}

const OUTCOMES: readonly Outcome[] = ['stays', 'returns', 'leaves', 'diverges'];

/** Counts the outcomes of runs: `3 stay, 1 leaves`. */
export function outcomeCounts(runs: Verification['runs']): string {
  const plural: Record<Outcome, string> = { stays: 'stay', returns: 'return', leaves: 'leave', diverges: 'diverge' };
  return OUTCOMES.map((o) => ({ o, n: runs.filter((r) => r.outcome === o).length }))
    .filter(({ n }) => n > 0)
    .map(({ o, n }) => `${formatCount(n)} ${n === 1 ? o : plural[o]}`)
    .join(', ');
}

function verifiedWords(v: Verification): string {
  const [low, high] = v.bracket;
  const threshold =
    low === null && high === null
      ? 'no threshold was found'
      : `the threshold lies ${low === null ? `below ${formatNumber(high)}` : high === null ? `above ${formatNumber(low)}` : `from ${formatNumber(low)} to ${formatNumber(high)}`}`;
  const says = {
    tight: 'the ceiling lies in it',
    cautious: 'the ceiling lies below it, since the loss is not quadratic',
    'too high': 'the ceiling lies above it',
    'not decidable': 'which does not test the ceiling',
  }[v.tightness];
  return (
    `${formatCount(v.runs.length)} runs of ${formatCount(v.epochs)} ${v.epochs === 1 ? 'epoch' : 'epochs'}: ${threshold}; ${says}` +
    (v.ceiling === null ? '' : ` (${formatNumber(v.ceiling)})`)
  );
}

function notes({ ceiling }: Advice, { point, curvature, noise }: AdviceFacts): string[] {
  const c = factsOf(curvature);
  const n = factsOf(noise);
  const out = (point.doubts ?? []).map((d) => `Warning: ${d}.`);
  if (point.optimiser && point.optimiser.squares !== 'none')
    out.push(
      `Curvature, noise and ceilings are those in the coordinates y = P^(−1/2) w of the optimiser, P = 1/(√v + eps), with v ${point.optimiser.squares === 'kept' ? 'as the optimiser kept it' : 'expected from the gradients at this state, because none was kept'} [O1]. P follows the gradients: a rate above the ceiling does not diverge as SGD does, but moves the weights until v has grown and the ceiling with it.`,
    );
  if (point.optimiser && point.optimiser.silent > 0)
    out.push(
      `${formatCount(point.optimiser.silent)} of ${formatCount(point.parameters)} weights have hardly any gradient (√v at most eps); they count with the median P of the others, because P = 1/eps would say nothing of the landscape [O3].`,
    );
  if (c && -c.lowest.value > 0.05 * c.top.value)
    out.push(
      `The Hessian has a curvature of ${formatNumber(c.lowest.value)} beside the top ${formatNumber(c.top.value)}: this is no minimum, and the ceiling is that of the directions of positive curvature alone.`,
    );
  if (ceiling && c && ceiling.value < 0.5 * c.edge.value)
    out.push(
      `For a quadratic loss the difference between minibatches would limit the rate here, not the mean curvature: along the top eigenvector the curvature varies by ${formatNumber(Math.sqrt(c.relativeVariance.value), 2)} times its mean from batch to batch, and ${formatCount(Math.round(c.carriers))} of ${formatCount(point.samples)} samples cause this variation.`,
    );
  if (c && !c.ceiling.converged)
    out.push(
      c.ceiling.value > 0.8 * c.fewer
        ? `The ceiling is exact for batches of this training set and hardly falls with more directions (${formatNumber(c.fewer)} with fewer); its error shows that a few hard samples determine it, so that other data of the same kind would give a different one.`
        : `The ceiling has not converged: ${formatNumber(c.fewer)} with fewer directions, ${formatEstimate(c.ceiling)} with all; more --directions can only lower it.`,
    );
  if (n && !n.ofDistribution.converged)
    out.push(
      `Among new samples of the same kind the mean gradient could be zero: their noise scale has a lower bound only, ${formatNumber(n.interval[0])}.`,
    );
  return out;
}
