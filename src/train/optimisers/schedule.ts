/**
 * The learning rate as a pure function of the step. With `t` steps taken before, `rate` the optimiser's learning rate and
 * u = t − warmup the steps after the warm-up,
 *
 *     warm-up   rate·(t + 1)/warmup                                           for t < warmup, in every schedule
 *     constant  rate
 *     step      rate·factor^⌊u/every⌋, or rate·factor^(number of entries of `at` that are ≤ u)
 *     cosine    minimum + (rate − minimum)·(1 + cos(π·u/length))/2 for u ≤ length, and `minimum` afterwards
 *
 * These are the rates of PyTorch's StepLR, MultiStepLR, CosineAnnealingLR and LinearLR; PyTorch's cosine rises again after its
 * length, and this one does not. The rate of any step follows from the number of the step alone, so a run that was stopped
 * continues with the rates that it would have had.
 */
import { check } from '../../numeric/errors.js';
import { wholePower } from '../../numeric/power.js';
import * as is from '../../numeric/wants.js';

/** What all schedules share. */
export interface Timed {
  /** Steps over which the rate grows linearly to the optimiser's learning rate before the schedule begins; 0 by default. */
  readonly warmup?: number;
  /** What the lengths of the schedule count: `steps` (default), or `epochs`, which `scheduleInSteps` converts. */
  readonly unit?: 'steps' | 'epochs';
}

/** Says how the learning rate changes with the steps. */
export type Schedule =
  | ({ readonly type: 'constant' } & Timed)
  | ({ readonly type: 'step'; readonly every: number; readonly factor: number } & Timed)
  | ({ readonly type: 'step'; readonly at: readonly number[]; readonly factor: number } & Timed)
  | ({ readonly type: 'cosine'; readonly length: number; readonly minimum?: number } & Timed);

/** Keys that each type of schedule has beside `type`, `warmup` and `unit`. */
export const SCHEDULE_KEYS: Readonly<Record<Schedule['type'], readonly string[]>> = {
  constant: [],
  step: ['every', 'at', 'factor'],
  cosine: ['length', 'minimum'],
};

/** Says what a {@link Schedule} needs. */
export const SCHEDULE_WANTS = is.kinds<Schedule>('type', {
  constant: is.shape<Timed>({ warmup: is.maybe(is.finite), unit: is.maybe(is.oneOf('steps', 'epochs')) }),
  step: is.shape<Timed & { every: number; at: number[]; factor: number }>({
    every: is.maybe(is.finite),
    at: is.maybe(is.listOf(is.finite)),
    factor: is.finite,
    warmup: is.maybe(is.finite),
    unit: is.maybe(is.oneOf('steps', 'epochs')),
  }),
  cosine: is.shape<Timed & { length: number; minimum: number }>({
    length: is.finite,
    minimum: is.maybe(is.finite),
    warmup: is.maybe(is.finite),
    unit: is.maybe(is.oneOf('steps', 'epochs')),
  }),
});

/** The schedule of an optimiser that has none. */
export const CONSTANT: Schedule = { type: 'constant' };

/**
 * Refuses a schedule whose numbers make no sense.
 * @throws InputError for lengths that are not positive, a factor or a minimum out of its range, places that do not ascend
 */
export function checkSchedule(schedule: Schedule, learningRate: number): void {
  const { warmup = 0, unit = 'steps' } = schedule;
  const whole = (x: number) => Number.isFinite(x) && (unit === 'epochs' || Number.isSafeInteger(x));
  const length = (name: string, x: number, least: string, fits: boolean) =>
    check(
      fits && whole(x),
      'bad-schedule',
      () =>
        `${name} of the schedule must be ${unit === 'steps' ? 'a whole number' : 'a number'} of ${unit} ${least}; got ${x}.`,
    );
  length('warmup', warmup, '≥ 0', warmup >= 0);
  if (schedule.type === 'step') {
    const { factor } = schedule;
    check(
      factor > 0 && factor < 1,
      'bad-schedule',
      () => `factor of the schedule must lie between 0 and 1; got ${factor}.`,
    );
    const given = ['every', 'at'].filter((key) => (schedule as unknown as Record<string, unknown>)[key] !== undefined);
    check(
      given.length === 1,
      'bad-schedule',
      () =>
        `a step schedule needs 'every' (a length) or 'at' (a list of lengths), one of them; got ${given.join(' and ') || 'neither'}.`,
    );
    if ('every' in schedule && schedule.every !== undefined) length('every', schedule.every, '> 0', schedule.every > 0);
    else {
      const { at } = schedule as { at: readonly number[] };
      at.forEach((x, i) => {
        length(`at[${i}]`, x, i === 0 ? '> 0' : `above at[${i - 1}]`, x > (i === 0 ? 0 : at[i - 1]));
      });
      check(
        at.length > 0,
        'bad-schedule',
        'at of the schedule names no step; leave the schedule out for a constant rate.',
      );
    }
  }
  if (schedule.type === 'cosine') {
    const { minimum = 0 } = schedule;
    length('length', schedule.length, '> 0', schedule.length > 0);
    check(
      minimum >= 0 && minimum < learningRate,
      'bad-schedule',
      () =>
        `minimum of the cosine schedule must lie from 0 to below the learning rate, ${learningRate}; got ${minimum}.`,
    );
  }
}

/** Returns the schedule with its lengths in steps, rounded to whole ones and at least 1; one that counts steps as it is. */
export function scheduleInSteps(schedule: Schedule, batchesPerEpoch: number): Schedule {
  is.given('scheduleInSteps', { schedule, batchesPerEpoch }, { schedule: SCHEDULE_WANTS, batchesPerEpoch: is.count });
  if (schedule.unit !== 'epochs') return schedule;
  const steps = (epochs: number) => Math.max(1, Math.round(epochs * batchesPerEpoch));
  const timed = { unit: 'steps' as const, ...(schedule.warmup ? { warmup: steps(schedule.warmup) } : {}) };
  if (schedule.type === 'constant') return { type: 'constant', ...timed };
  if (schedule.type === 'cosine') return { ...schedule, length: steps(schedule.length), ...timed };
  if ('every' in schedule && schedule.every !== undefined)
    return { type: 'step', every: steps(schedule.every), factor: schedule.factor, ...timed };
  return { type: 'step', at: (schedule as { at: readonly number[] }).at.map(steps), factor: schedule.factor, ...timed };
}

/**
 * Returns the learning rate of step number `step`, counted from 0 (the steps taken before it).
 * @throws InputError for a schedule that counts epochs, and for one that `completeOptimiser` refuses
 */
export function rateAt(schedule: Schedule, learningRate: number, step: number): number {
  is.given(
    'rateAt',
    { schedule, learningRate, step },
    { schedule: SCHEDULE_WANTS, learningRate: is.positive, step: is.whole },
  );
  checkSchedule(schedule, learningRate);
  return rateOf(schedule, learningRate, step);
}

/** Does the same for a schedule that was checked, once for every step of a training. */
export function rateOf(schedule: Schedule, learningRate: number, step: number): number {
  check(
    schedule.unit !== 'epochs',
    'bad-schedule',
    'a schedule that counts epochs has a rate for each step only after scheduleInSteps(schedule, batchesPerEpoch).',
  );
  const { warmup = 0 } = schedule;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  const u = step - warmup;
  switch (schedule.type) {
    case 'constant':
      return learningRate;
    case 'step':
      return learningRate * wholePower(schedule.factor, drops(schedule, u));
    case 'cosine': {
      const { length, minimum = 0 } = schedule;
      if (u >= length) return minimum;
      return minimum + ((learningRate - minimum) * (1 + Math.cos((Math.PI * u) / length))) / 2;
    }
  }
}

function drops(schedule: Schedule & { type: 'step' }, u: number): number {
  if ('every' in schedule && schedule.every !== undefined) return Math.floor(u / schedule.every);
  return (schedule as { at: readonly number[] }).at.filter((x) => x <= u).length;
}

/**
 * Refuses a schedule that the run ends before: one whose warm-up, cosine or last named place does not fit into `steps`, or whose
 * first drop never comes. Lengths in epochs are compared after `scheduleInSteps`.
 * @throws InputError that names both lengths
 */
export function checkScheduleFits(schedule: Schedule, steps: number): void {
  is.given('checkScheduleFits', { schedule, steps }, { schedule: SCHEDULE_WANTS, steps: is.count });
  const { warmup = 0 } = schedule;
  const needed = warmup + lengthOf(schedule);
  check(
    needed <= steps,
    'long-schedule',
    () =>
      `the schedule needs ${needed} steps (${warmup > 0 ? `warm-up ${warmup}, ` : ''}${schedule.type} ${lengthOf(schedule)}) and the run has at most ${steps}; shorten the schedule or train for longer.`,
  );
}

/** Steps after the warm-up until the schedule has done what it names: its first drop where drops repeat. */
function lengthOf(schedule: Schedule): number {
  if (schedule.type === 'constant') return 0;
  if (schedule.type === 'cosine') return schedule.length;
  if ('every' in schedule && schedule.every !== undefined) return schedule.every;
  return Math.max(...(schedule as { at: readonly number[] }).at);
}

/** Returns the smallest and the largest rate of the steps from `first` to before `end`, both from 0. Cost: one rate a step. */
export function rateRange(
  schedule: Schedule,
  learningRate: number,
  first: number,
  end: number,
): { readonly least: number; readonly most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (let t = first; t < end; t++) {
    const rate = rateOf(schedule, learningRate, t);
    if (rate < least) least = rate;
    if (rate > most) most = rate;
  }
  return { least, most };
}
