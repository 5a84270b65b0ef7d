/**
 * How many samples the requests of a measurement may ask for within a given time, and how long they take: said before the start.
 * docs/theory [F5].
 */
import { check } from '../../numeric/errors.js';

/** Gives the time of one sample's share in each kind of request, seconds. */
export interface SurfaceCosts {
  /** One loss along a line, over a part of the samples and over all of them: kernels may be faster on all. */
  readonly loss: number;
  readonly lossOverAll: number;
  readonly gradient: number;
  readonly gradientOverAll: number;
  /** One product with the Hessian. */
  readonly product: number;
  /** Gradients of single samples along one direction. */
  readonly slope: number;
}

/** Says how many of the given directions are measured. */
export interface ThinnedDirections {
  readonly directions: number;
  readonly of: number;
}

/** Counts the requests of a measurement, each over the samples that are chosen. */
export interface PlannedRequests {
  readonly losses: number;
  readonly gradients: number;
  readonly products: number;
  readonly slopes: number;
  /** Gradients and products of single samples beside, which do not depend on the choice: those of batches. */
  readonly batchSamples: number;
}

/** Says what will be done. */
export interface SurfacePlan {
  /** Samples that will be asked; all where they fit the budget. */
  readonly samples: number;
  readonly of: number;
  /** Expected time of the whole measurement over these samples, and over all, seconds. */
  readonly seconds: number;
  readonly secondsOverAll: number;
  readonly budgetSeconds: number;
  readonly costs: SurfaceCosts;
  readonly words: string;
  /** Where directions are left out to fit the budget. */
  readonly thinned?: ThinnedDirections;
}

/** The fewest samples from which errors over samples are taken. */
export const FEWEST_SAMPLES = 64;
/** With fewer samples than these, or all, directions are left out before samples are. */
export const ENOUGH_SAMPLES = 1000;
/** Shares of the given directions that are tried in turn. */
const SHARES = [1, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1];
/** The fewest directions that are kept of more. */
const FEWEST_DIRECTIONS = 12;
/** From this share of the budget on it is said what the checks took. */
const LEAST_SAID = 0.02;

/** Returns how many of a block's directions remain at a share. */
export const remaining = (directions: number, share: number): number =>
  Math.min(directions, Math.max(FEWEST_DIRECTIONS, Math.ceil(share * directions)));

/**
 * Returns the largest share of the directions with which 1000 samples (all, where there are fewer) fit the budget, or the smallest share.
 * @param requests - the requests that a share of the directions makes
 */
export function shareFor(
  costs: SurfaceCosts,
  budgetSeconds: number,
  requests: (share: number) => PlannedRequests,
  samples: number,
): number {
  const enough = Math.min(samples, ENOUGH_SAMPLES);
  const fits = SHARES.find((share) => secondsFor(costs, requests(share), enough, samples) <= budgetSeconds);
  return fits ?? SHARES[SHARES.length - 1];
}

/** Gradient, losses of samples, the loss at the centre: asked of all samples whatever the subset. */
const overAll = (c: SurfaceCosts): number => c.gradientOverAll + 3 * c.lossOverAll;

/** Returns the time of planned requests, seconds, over n samples of N. */
export function secondsFor(costs: SurfaceCosts, r: PlannedRequests, n: number, all: number): number {
  const loss = n === all ? costs.lossOverAll : costs.loss;
  const each = r.losses * loss + r.gradients * costs.gradient + r.products * costs.product + r.slopes * costs.slope;
  return all * overAll(costs) + n * each + r.batchSamples * (costs.gradient + costs.product);
}

/**
 * Chooses how many samples to ask so that the planned requests fit a budget.
 * @param costs - times of a trial
 * @param thinned - how many of the directions the requests are for, to be said
 * @param spent - seconds of the budget that checks and trials have taken
 * @throws InputError where even 64 samples take longer, with the time that would do
 */
export function planFor(
  costs: SurfaceCosts,
  budgetSeconds: number,
  requests: PlannedRequests,
  samples: number,
  thinned?: ThinnedDirections,
  spent = 0,
): SurfacePlan {
  check(budgetSeconds > 0, 'bad-budget', () => `a budget is a time above 0; got ${budgetSeconds} seconds.`);
  const left = budgetSeconds - spent;
  const budgetWords = `${inWords(budgetSeconds)}${spent >= LEAST_SAID * budgetSeconds ? `, of which checks and trials have taken ${inWords(spent)}` : ''}`;
  const least = Math.min(samples, FEWEST_SAMPLES);
  const fixed = secondsFor(costs, requests, 0, samples);
  const each = secondsFor(costs, requests, 1, samples) - fixed;
  const fits = each > 0 ? Math.floor((left - fixed) / each) : samples;
  const shortest = secondsFor(costs, requests, least, samples);
  check(
    fits >= least || secondsFor(costs, requests, samples, samples) <= left,
    'budget-too-small',
    () =>
      `the measurement takes about ${inWords(shortest)} even over ${least} of the ${samples} samples, and the budget is ${budgetWords}; give at least ${Math.ceil((shortest + spent) / 60)} min, or measure fewer blocks or directions.`,
  );
  const secondsOverAll = secondsFor(costs, requests, samples, samples);
  const n = secondsOverAll <= left ? samples : Math.min(samples, fits);
  const seconds = secondsFor(costs, requests, n, samples);
  const words =
    n === samples
      ? `all ${samples} samples, about ${inWords(seconds)}`
      : `${n} of ${samples} samples, the half of largest loss and others at random, about ${inWords(seconds)} (all of them would take ${inWords(secondsOverAll)}, and the budget is ${budgetWords})`;
  const fewer = thinned && thinned.directions < thinned.of;
  return {
    samples: n,
    of: samples,
    seconds,
    secondsOverAll,
    budgetSeconds,
    costs,
    ...(fewer && { thinned }),
    words: fewer
      ? `${words}; widths along ${thinned.directions} of ${thinned.of} directions, to fit the budget`
      : words,
  };
}

/** Returns the plan over all samples of a surface that gives no losses of single samples, by which a subset would be chosen. */
export const overAllOf = (plan: SurfacePlan): SurfacePlan =>
  plan.samples === plan.of
    ? plan
    : {
        ...plan,
        samples: plan.of,
        seconds: plan.secondsOverAll,
        words: `all ${plan.of} samples, about ${inWords(plan.secondsOverAll)}, which is more than the budget of ${inWords(plan.budgetSeconds)}: a subset needs losses of single samples, which the surface does not give`,
      };

/** Writes a time as people say it: `40 s`, `12 min`, `3.5 h`. */
export function inWords(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Number((seconds / 3600).toPrecision(2))} h`;
}
