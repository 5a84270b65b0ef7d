/**
 * What an optimiser is, its defaults, and what is refused. Defaults are PyTorch's, and so are the numbers of every step
 * (table.ts). Not offered: AMSGrad, centred RMSprop, maximisation.
 */
import { check, kindOf } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import * as is from '../../numeric/wants.js';
import { CONSTANT, checkSchedule, SCHEDULE_KEYS, SCHEDULE_WANTS, type Schedule } from './schedule.js';

/** Names an optimiser. Nesterov's and heavy-ball momentum are settings of `sgd`; `adamw` is `adam` with decoupled decay. */
export type OptimiserType = 'sgd' | 'rmsprop' | 'adam' | 'adamw';

/** Describes an optimiser; settings that its type does not have are refused. */
export interface OptimiserSpec {
  readonly type: OptimiserType;
  /** eta > 0; a schedule multiplies it. */
  readonly learningRate: number;
  /** mu in [0, 1), of `sgd` and `rmsprop`; 0 by default. */
  readonly momentum?: number;
  /** Nesterov's momentum, of `sgd`; needs momentum, and no dampening. */
  readonly nesterov?: boolean;
  /** Share by which a gradient enters the momentum less, in [0, 1), of `sgd`; 0 by default. As in PyTorch the first step has none. */
  readonly dampening?: number;
  /** lambda ≥ 0; 0 by default, 0.01 for `adamw`. */
  readonly weightDecay?: number;
  /**
   * Whether decay shrinks the weights beside the step, w ← (1 − eta lambda) w, in place of adding lambda w to the gradient (L2).
   * False by default; always true for `adamw`.
   */
  readonly decoupled?: boolean;
  /** Memory of the mean gradient, in [0, 1), of `adam` and `adamw`; 0.9 by default. */
  readonly beta1?: number;
  /** Memory of the mean squared gradient, in [0, 1), of `adam` and `adamw`; 0.999 by default. */
  readonly beta2?: number;
  /** The same of `rmsprop`; 0.99 by default. */
  readonly alpha?: number;
  /** eps > 0 in 1/(√v + eps), of all but `sgd`; 1e-8 by default. */
  readonly epsilon?: number;
  /** Gradients longer than this (Euclidean norm over all weights) are shortened to it; not clipped when absent. */
  readonly clipNorm?: number;
  /** How the learning rate changes with the steps; constant by default. */
  readonly schedule?: Schedule;
}

/** An {@link OptimiserSpec} with every setting; those that its type does not have are 0 or false. */
export interface CompleteOptimiser extends Required<Omit<OptimiserSpec, 'clipNorm'>> {
  /** Infinity: gradients are not clipped. */
  readonly clipNorm: number;
}

/** Says what an {@link OptimiserSpec} needs. */
export const OPTIMISER_WANTS = is.shape<OptimiserSpec>({
  type: is.oneOf('sgd', 'rmsprop', 'adam', 'adamw'),
  learningRate: is.number,
  momentum: is.maybe(is.number),
  nesterov: is.maybe(is.flag),
  dampening: is.maybe(is.number),
  weightDecay: is.maybe(is.number),
  decoupled: is.maybe(is.flag),
  beta1: is.maybe(is.number),
  beta2: is.maybe(is.number),
  alpha: is.maybe(is.number),
  epsilon: is.maybe(is.number),
  clipNorm: is.maybe(is.number),
  schedule: is.maybe(SCHEDULE_WANTS),
});

/** Settings that every type has. */
const SHARED = ['type', 'learningRate', 'weightDecay', 'decoupled', 'clipNorm', 'schedule'];

/** Settings that a type has beside the shared ones, with their defaults. */
const OWN: Readonly<Record<OptimiserType, Readonly<Record<string, number | boolean>>>> = {
  sgd: { momentum: 0, nesterov: false, dampening: 0 },
  rmsprop: { alpha: 0.99, epsilon: 1e-8, momentum: 0 },
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};

/** Where a setting of another name is probably meant. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  eps: 'epsilon',
  wd: 'weightDecay',
  l2: 'weightDecay',
  betas: 'beta1 and beta2',
  rho: 'alpha',
  mu: 'momentum',
  scheduler: 'schedule',
  maxNorm: 'clipNorm',
};

/**
 * Fills in the defaults of an optimiser and refuses what it cannot be.
 * @throws InputError for unknown settings (with the nearest known one), numbers out of their ranges, and settings that exclude one
 *   another
 */
export function completeOptimiser(spec: OptimiserSpec): CompleteOptimiser {
  return optimiserOf('completeOptimiser', spec);
}

/** Does the same for the function `call`, which its sentences name. */
export function optimiserOf(call: string, spec: OptimiserSpec): CompleteOptimiser {
  is.given(call, { spec }, { spec: is.shape<OptimiserSpec>({ type: is.text }) });
  checkKeys(spec);
  is.given(call, { spec }, { spec: OPTIMISER_WANTS });
  const { type, learningRate, decoupled = type === 'adamw', schedule = CONSTANT } = spec;
  const weightDecay = spec.weightDecay ?? (type === 'adamw' ? 0.01 : 0);
  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
  const whole: CompleteOptimiser = {
    momentum: 0,
    nesterov: false,
    dampening: 0,
    beta1: 0,
    beta2: 0,
    alpha: 0,
    epsilon: 0,
    clipNorm: Number.POSITIVE_INFINITY,
    ...OWN[type],
    ...given,
    type,
    learningRate,
    weightDecay,
    decoupled,
    schedule,
  };
  checkRanges(whole);
  checkSchedule(schedule, learningRate);
  return whole;
}

function checkKeys(spec: OptimiserSpec): void {
  const { type } = spec;
  const types = Object.keys(OWN);
  const meant = typeof type === 'string' ? nearest(type, types) : undefined;
  check(
    types.includes(type),
    'unknown-optimiser',
    () =>
      `there is no optimiser ${kindOf(type)}; the type is one of ${types.join(', ')}${meant ? ` (did you mean '${meant}'?)` : ''}.`,
  );
  const known = [...SHARED, ...Object.keys(OWN[type])];
  for (const key of Object.keys(spec)) {
    const elsewhere = types.filter((t) => key in OWN[t as OptimiserType]);
    const near = OTHER_NAMES[key] ?? nearest(key, known);
    check(known.includes(key), 'unknown-key', () =>
      elsewhere.length > 0
        ? `'${key}' is a setting of ${elsewhere.join(' and ')}, not of ${type}, which has ${known.slice(1).join(', ')}.`
        : `the optimiser ${type} has no setting '${key}'${near ? `; did you mean ${near}?` : `; it has ${known.slice(1).join(', ')}.`}`,
    );
  }
  const schedule: unknown = spec.schedule;
  if (typeof schedule !== 'object' || schedule === null) return;
  const own = SCHEDULE_KEYS[(schedule as Schedule).type];
  if (!own) return;
  const keys = ['type', 'warmup', 'unit', ...own];
  for (const key of Object.keys(schedule)) {
    const near = nearest(key, keys);
    check(
      keys.includes(key),
      'unknown-key',
      () =>
        `a ${(schedule as Schedule).type} schedule has no '${key}'${near ? `; did you mean ${near}?` : `; it has ${keys.slice(1).join(', ')}.`}`,
    );
  }
}

function checkRanges(o: CompleteOptimiser): void {
  const within = (name: 'momentum' | 'dampening' | 'beta1' | 'beta2' | 'alpha', code = `bad-${name}`) =>
    check(o[name] >= 0 && o[name] < 1, code, () => `${name} of ${o.type} must lie in [0, 1); got ${o[name]}.`);
  check(
    Number.isFinite(o.learningRate) && o.learningRate > 0,
    'bad-learning-rate',
    () => `the learning rate must be a positive number; got ${o.learningRate}.`,
  );
  for (const name of ['momentum', 'dampening', 'beta1', 'beta2', 'alpha'] as const) within(name);
  check(
    !o.nesterov || (o.momentum > 0 && o.dampening === 0),
    'bad-nesterov',
    "Nesterov's momentum needs a momentum above 0 and no dampening.",
  );
  check(
    o.dampening === 0 || o.momentum > 0,
    'bad-dampening',
    'dampening acts on the momentum, and there is none; give a momentum above 0 or leave dampening out.',
  );
  check(
    Number.isFinite(o.weightDecay) && o.weightDecay >= 0,
    'bad-weight-decay',
    () => `weightDecay must be a number ≥ 0; got ${o.weightDecay}.`,
  );
  check(
    o.type !== 'adamw' || o.decoupled,
    'bad-decoupled',
    "adamw is adam with decoupled decay; for decay in the gradient write type 'adam' with a weightDecay.",
  );
  check(
    !o.decoupled || o.learningRate * o.weightDecay < 1,
    'bad-weight-decay',
    () =>
      `decoupled decay multiplies the weights by 1 − learningRate·weightDecay = ${1 - o.learningRate * o.weightDecay} in every step, which must be positive.`,
  );
  if (o.type !== 'sgd')
    check(
      Math.fround(o.epsilon) >= 2 ** -126 && Number.isFinite(o.epsilon),
      'bad-epsilon',
      () =>
        `epsilon of ${o.type} must be a positive number, in float32 too (a weight without gradient would move by 0/0); got ${o.epsilon}.`,
    );
  check(o.clipNorm > 0, 'bad-clip-norm', () => `clipNorm must be a positive number; got ${o.clipNorm}.`);
}
