/**
 * Advice on a learning rate and a batch size, from measurements at one state. docs/theory §8. The rules were fixed before any
 * run was judged, with the two changes noted below:
 *
 * Learning rate. Advised are the rates up to safety × the largest one up to which every short real run stayed (advice-verify.ts);
 *   without runs no rate is advised. The present rate is
 *   `beyond`: more than half of its runs did not stay.  `at the rim`: some of them did not.
 *   `above the advice`: all stayed, and it lies above safety × the largest such rate.  `far below`: below a twentieth of that rate.
 *   `inside`: otherwise.
 * From curvature: the mean-square ceiling at the batch size (± its standard error) and the edge 2(1+mu)/h_max. Both are bounds for a
 *   quadratic loss and advise nothing: on real networks runs leave far below them or stay far beyond (docs/results/ceilings.md).
 * Batch size, against the critical one (interval: 95 %): `below`, `around` (within) or `beyond` the interval.
 * Critical batch size: Tr(H C1)/(gᵀHg) where its error is below a third of it; else Tr C1/|g|² of the training set; none where
 *   |g|² is 0, and none where no training sample is misclassified: a few hard samples then make up gradient and noise.
 * Stationary: `stationary` if the motion relation holds within two errors, its error is below 0.2, and the trend of the loss is
 *   within two errors of 0 or below 5 %; `not stationary` if the relation fails by more than three errors, or the trend exceeds
 *   both 5 % and three errors; else, or where more than 1 % of the motion is rounding, `not decidable`.
 *
 * Of a run that another optimiser trained (`point.optimiser`) curvature, noise and ceilings are those in its own coordinates, with the
 *   same rules; 1 − mu then stands for eta/eta_e, and stationarity is not judged. docs/theory [O1].
 *
 * The ceiling is exact for batches of this training set; its error takes the set as a sample of a distribution, and the ceiling is
 * refused where the error reaches the value. (The limit was first half of the value; on a fitted MNIST network, where a few samples dominate,
 * that refused ceilings that hold.) It is also refused where the most negative curvature is above half of the top one: such a
 * state is not a minimum, and SGD leaves it at once. (Added when advice at initial weights was found to fail.)
 */
import { type Estimate, estimate, exactly } from '../numeric/estimate.js';
import { normalHalfWidth } from '../numeric/interval.js';
import {
  type AdviceFacts,
  type AdvicePoint,
  type CurvatureFacts,
  factsOf,
  type NoiseFacts,
  type WindowFacts,
} from './advice-facts.js';
import type { Verification } from './advice-verify.js';

/** Places the present learning rate among those at which runs were made, by the rules above. */
export type RatePlace = 'beyond' | 'at the rim' | 'above the advice' | 'inside' | 'far below';
/** Places a batch size relative to the critical one, by the rules above. */
export type BatchPlace = 'below' | 'around' | 'beyond';
/** Says whether a window was stationary, by the rules above. */
export type Stationarity = 'stationary' | 'not stationary' | 'not decidable';

/** Holds one number of the advice, with its assumptions. */
export interface AdviceItem {
  readonly id: string;
  readonly name: string;
  readonly value: Estimate | null;
  readonly unit: string;
  /** 95 % interval where the error is not symmetric; an upper limit of null is infinite. */
  readonly interval?: readonly [number, number | null];
  /** The reason why there is no value. */
  readonly refused?: string;
  /** The assumptions behind the number, in words. */
  readonly assumes: string;
  /** What changes the number, in words. */
  readonly changes: string;
}

/** Gives the critical batch size, in samples. */
export interface CriticalBatch {
  readonly kind: 'weighted' | 'simple';
  readonly value: Estimate;
  readonly interval: readonly [number, number];
}

/** Holds the advice at one state. */
export interface Advice {
  readonly point: AdvicePoint;
  readonly safety: number;
  readonly items: readonly AdviceItem[];
  /** Advised rates, up to `largestRate` (null where at every tried rate a run left); null where no runs were made. */
  readonly rate: { readonly place: RatePlace; readonly largestRate: number | null } | null;
  /** The mean-square ceiling of a quadratic loss, from which nothing is advised; null where it is refused. */
  readonly ceiling: Estimate | null;
  readonly batch: { readonly place: BatchPlace; readonly critical: CriticalBatch } | null;
  readonly stationarity: Stationarity | null;
  /** (|g|²/gᵀHg)/(1 + B_noise/B): the single step that lowers a quadratic loss most; null where it does not exist. */
  readonly bestStep: { readonly atBatch: number; readonly atFull: number } | null;
}

/** Relative error from which on a ceiling is refused. */
const LARGEST_ERROR = 1;
/** Most negative curvature, in units of the top one, at which a state still counts as a valley. */
const SADDLE = 0.5;
/** Share of the largest rate at which all runs stay, below which a learning rate counts as far below. */
const FAR_BELOW = 1 / 20;

/**
 * Derives advice from measurements, by the rules above.
 * @param safety - largest advised rate as a share of the largest one at which all runs stay
 * @param verification - the runs; null where none were made
 */
export function advise(facts: AdviceFacts, safety: number, verification: Verification | null): Advice {
  const { point } = facts;
  const noise = factsOf(facts.noise);
  const window = factsOf(facts.window);
  const critical = noise && point.errors !== 0 ? criticalBatch(noise) : null;
  const bestStep = noise ? stepOf(noise, point) : null;
  return {
    point,
    safety,
    items: items(facts, bestStep),
    rate: verification && rateOf(point, safety, verification),
    ceiling: ceilingOf(facts),
    batch: critical && { critical, place: batchPlace(point.batchSize, critical) },
    stationarity: window ? stationarityOf(window) : null,
    bestStep,
  };
}

function rateOf({ learningRate: eta }: AdvicePoint, safety: number, { runs, bracket }: Verification): Advice['rate'] {
  const [low] = bracket;
  const largestRate = low === null ? null : safety * low;
  const own = runs.filter((r) => r.learningRate === eta);
  const gone = own.filter((r) => r.outcome !== 'stays').length;
  let place: RatePlace = 'inside';
  if (2 * gone > own.length) place = 'beyond';
  else if (gone > 0 || largestRate === null) place = 'at the rim';
  else if (eta > largestRate * (1 + 1e-9)) place = 'above the advice';
  else if (eta < FAR_BELOW * low!) place = 'far below';
  return { place, largestRate };
}

function ceilingOf({ curvature }: AdviceFacts): Estimate | null {
  const c = factsOf(curvature);
  return c && !withheld(c) ? c.ceiling : null;
}

/** Returns the reason why the ceiling is refused, or undefined. */
function withheld({ ceiling, lowest, top }: CurvatureFacts): string | undefined {
  if (-lowest.value > SADDLE * top.value)
    return `this is no minimum: the curvature falls to ${lowest.value.toPrecision(2)} beside the top ${top.value.toPrecision(2)}, so SGD leaves the state at once and its ceiling (${ceiling.value.toPrecision(2)}) does not apply. Ask again after some training.`;
  if (!(ceiling.standardError < LARGEST_ERROR * ceiling.value))
    return 'a few samples make up the curvature of minibatches, and the error of the ceiling is as large as the ceiling itself.';
  return undefined;
}

function criticalBatch({ weighted, ofSet, trace }: NoiseFacts): CriticalBatch | null {
  if (weighted.converged && weighted.standardError < weighted.value / 3) {
    const half = normalHalfWidth(weighted);
    return { kind: 'weighted', value: weighted, interval: [weighted.value - half, weighted.value + half] };
  }
  if (!Number.isFinite(ofSet)) return null;
  const value = exactly(ofSet, 'Tr C1/|g|² of the training set, exact', trace.n);
  return { kind: 'simple', value, interval: [ofSet, ofSet] };
}

const batchPlace = (size: number, { interval: [low, high] }: CriticalBatch): BatchPlace =>
  size < low ? 'below' : size > high ? 'beyond' : 'around';

function stepOf(
  { squaredGradient, curvedGradient, weighted }: NoiseFacts,
  { batchSize }: AdvicePoint,
): Advice['bestStep'] {
  if (!(curvedGradient > 0 && weighted.value > 0)) return null;
  const atFull = squaredGradient / curvedGradient;
  return { atFull, atBatch: atFull / (1 + weighted.value / batchSize) };
}

/** Decides whether a window was stationary, by the rules above. */
export function stationarityOf({ ratio, trend, roundingShare }: WindowFacts): Stationarity {
  if (roundingShare > 0.01) return 'not decidable';
  const away = Math.abs(ratio.value - 1) / ratio.standardError;
  const [moved, movedIn] = [Math.abs(trend.value), Math.abs(trend.value) / trend.standardError];
  if (away > 3 || (moved > 0.05 && movedIn > 3)) return 'not stationary';
  if (away < 2 && ratio.standardError < 0.2 && (movedIn < 2 || moved < 0.05)) return 'stationary';
  return 'not decidable';
}

const FROZEN =
  'a quadratic loss with curvature frozen at this state; batches drawn anew each step (in a shuffled epoch they are anticorrelated by 1/(M−1)); E|w|² bounded';

function items({ point, noise, curvature, window }: AdviceFacts, bestStep: Advice['bestStep']): AdviceItem[] {
  const n = factsOf(noise);
  const c = factsOf(curvature);
  const w = factsOf(window);
  const why = (m: AdviceFacts['noise' | 'curvature' | 'window']) => ('refused' in m ? { refused: m.refused } : {});
  const { learningRate: eta, momentum: mu, batchSize } = point;
  const temperature = eta / ((1 - mu) * batchSize);
  const excess = n && (temperature * n.trace.value) / 4;
  const held = c && withheld(c);
  const own = point.optimiser;
  const where = own && own.squares !== 'none' ? ', in the coordinates of the optimiser' : '';
  const present =
    where === ''
      ? ''
      : '; a preconditioner frozen at this state (above the ceiling v grows with the gradients, and the ceiling with it)';
  return [
    {
      id: 'edge',
      name: own
        ? `edge of stability, ${own.edge}, α the top curvature${where}`
        : 'edge of stability, 2(1+μ)/h, h the top curvature',
      value: c?.edge ?? null,
      unit: '',
      ...why(curvature),
      assumes: `a quadratic loss with curvature frozen at this state${present}; full batches. An upper bound: batches only lower it`,
      changes: 'the curvature, which grows while a network trains below the edge; momentum',
    },
    {
      id: 'ceiling',
      name: 'ceiling at this batch size',
      value: c && !held ? c.ceiling : null,
      unit: '',
      ...(held ? { refused: held } : why(curvature)),
      assumes: `${FROZEN}${present}. Necessary, not sufficient: more directions can only lower it`,
      changes: 'a larger batch raises it towards the edge; samples that are hard to fit lower it; momentum',
    },
    {
      id: 'noise-simple',
      name: `noise scale, Tr C₁/|g|², training set${where}`,
      value: n ? exactly(n.ofSet, `exact over ${point.samples} samples`, point.samples) : null,
      unit: 'samples',
      ...why(noise),
      assumes:
        'the training set is the whole population, at this very state; in a stationary run |g| is itself a fluctuation',
      changes: 'training on: |g|² falls faster than Tr C₁, so the scale grows',
    },
    {
      id: 'noise-distribution',
      name: 'the same for new data of this kind',
      value: n?.ofDistribution.converged ? n.ofDistribution : null,
      unit: 'samples',
      ...(n && { interval: n.interval }),
      ...(n && !n.ofDistribution.converged
        ? { refused: '|g|² of the distribution is within two errors of 0: only a lower bound exists.' }
        : why(noise)),
      assumes:
        'samples independent of one another and of the weights; the second fails for a fitted training set, which makes |g|² too small',
      changes: 'more samples',
    },
    {
      id: 'noise-weighted',
      name: `noise scale by curvature, Tr(H C₁)/(gᵀHg)${where}`,
      value: n?.weighted.converged ? n.weighted : null,
      unit: 'samples',
      ...(n && !n.weighted.converged ? { refused: 'gᵀHg or Tr(H C₁) is not positive at this state.' } : why(noise)),
      assumes: 'one step on a quadratic loss; exact sums but for random probes of Tr(H C₁)',
      changes: 'the moment: g is that of one state, and along a run the scale goes up and down by a factor of a few',
    },
    {
      id: 'noise-two-batches',
      name: `noise scale from batches of ${n?.twoBatches.sizes.join(' and ') ?? 'two sizes'}`,
      value: n?.twoBatches.scale.converged ? n.twoBatches.scale : null,
      unit: 'samples',
      ...(n && { interval: n.twoBatches.interval }),
      ...(n && !n.twoBatches.scale.converged
        ? { refused: '|g|² from these batches is within two errors of 0: only a lower bound exists.' }
        : why(noise)),
      assumes: 'nothing but independent draws; a check of the exact value, which is used where both exist',
      changes: 'more or larger batches',
    },
    {
      id: 'best-step',
      name: 'best single step',
      value: bestStep
        ? estimate(
            bestStep.atBatch,
            (bestStep.atBatch * n!.weighted.standardError) / (n!.weighted.value + batchSize),
            n!.weighted.n,
            n!.weighted.method,
          )
        : null,
      unit: '',
      ...(bestStep ? {} : n ? { refused: 'gᵀHg or Tr(H C₁) is not positive at this state.' } : why(noise)),
      assumes:
        'greedy: (|g|²/gᵀHg)/(1 + B_noise/B) lowers the expected loss of ONE step on a quadratic most ([A1], secondary source); it is no optimum over many steps',
      changes: 'the batch size; training on',
    },
    {
      id: 'temperature',
      name: own ? 'effective temperature, η_e/B' : 'effective temperature, η/((1−μ)B)',
      value: exactly(temperature, 'from the setting'),
      unit: '',
      assumes: 'small steps: to first order in η the noise enters through this ratio alone',
      changes: 'the setting itself: η, μ, B',
    },
    {
      id: 'noise-loss',
      name: own ? `strength of the noise, (η_e/4) Tr C${where}` : 'strength of the noise, (η/4) Tr C/(1−μ)',
      value:
        n && excess !== undefined
          ? estimate(
              excess,
              (temperature * n.trace.standardError) / 4,
              n.trace.n,
              'Tr C1 exact over the set; error for its distribution',
            )
          : null,
      unit: 'loss',
      ...why(noise),
      assumes:
        'relaxed quadratic modes: their mean excess loss; and where C ∝ λ, the penalty that pushes along a valley to its flat end ([V3])',
      changes: 'the ratio η/B; C falls with the loss itself',
    },
    {
      id: 'stationarity',
      name: 'motion relation ⟨w·g⟩ / ((1+μ)/(2η) ⟨v²⟩)',
      value: w?.ratio ?? null,
      unit: '',
      ...why(window),
      assumes:
        'exact where |w|² is stationary, for any loss and sampling ([S9]); says nothing of slow motion at constant |w|',
      changes: 'training on; a longer window narrows the error',
    },
    {
      id: 'trend',
      name: `change of the loss over ${w?.epochs ?? 'the'} epochs, relative`,
      value: w?.trend ?? null,
      unit: '',
      ...why(window),
      assumes: 'a straight line through block means of the minibatch loss',
      changes: 'training on',
    },
    {
      id: 'freezing',
      name: 'freezing of the run',
      value: null,
      unit: '',
      refused:
        'it would need the barriers around this state and the rates of escape over them ([V6]), which are not measured here.',
      assumes: '',
      changes: '',
    },
  ];
}
