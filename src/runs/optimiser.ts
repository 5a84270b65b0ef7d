/** The optimiser of a run: its settings in the config, with the learning rate and the momentum of `training` where it states none. */
import { check } from '../numeric/errors.js';
import { scheduleInSteps } from '../train/optimisers/schedule.js';
import { completeOptimiser, type OptimiserSpec } from '../train/optimisers/spec.js';
import type { AnyConfig, PartialConfig } from './schema.js';

/** The keys of a config that say how steps are made. */
interface Stepping {
  readonly optimiser?: AnyConfig['optimiser'];
  readonly training: Pick<AnyConfig['training'], 'learningRate' | 'momentum'>;
}

/** Learning rates of PyTorch's optimisers where none is given. */
const RATES: Readonly<Record<string, number>> = { rmsprop: 0.01, adam: 0.001, adamw: 0.001 };

/**
 * Returns the optimiser of a config, its schedule in steps.
 * @param perEpoch - batches in an epoch, for a schedule that counts epochs
 */
export function optimiserIn({ optimiser, training }: Stepping, perEpoch: number): OptimiserSpec {
  if (optimiser === undefined) return { type: 'sgd', learningRate: training.learningRate, momentum: training.momentum };
  const spec = { learningRate: training.learningRate, ...optimiser } as OptimiserSpec;
  return spec.schedule ? { ...spec, schedule: scheduleInSteps(spec.schedule, perEpoch) } : spec;
}

/**
 * Makes one statement of two: `training.learningRate` and `training.momentum` become those of the optimiser.
 * @param asked - the config as it was written, without defaults
 * @throws InputError for an optimiser that cannot be, and where both state the same thing differently
 */
export function withOptimiser<T extends Stepping>(config: T, asked: { readonly training?: unknown }): T {
  const { optimiser, training } = config;
  if (optimiser === undefined) return config;
  const own = optimiser as Partial<OptimiserSpec>;
  const written = (asked.training ?? {}) as Partial<typeof training>;
  for (const key of ['learningRate', 'momentum'] as const)
    check(
      own[key] === undefined || written[key] === undefined || own[key] === written[key],
      'bad-optimiser',
      () =>
        `the config states training.${key} ${written[key]} and optimiser.${key} ${own[key]}; leave one of them out, or make them equal.`,
    );
  const hasMomentum = own.type === 'sgd' || own.type === 'rmsprop';
  check(
    hasMomentum || !(written.momentum !== undefined && written.momentum > 0),
    'bad-optimiser',
    `training.momentum is of sgd and rmsprop; ${own.type} has beta1 in its place (optimiser.beta1).`,
  );
  const learningRate = own.learningRate ?? written.learningRate ?? RATES[own.type ?? ''] ?? training.learningRate;
  const momentum = hasMomentum ? (own.momentum ?? written.momentum ?? 0) : 0;
  const spec = { ...own, learningRate, ...(hasMomentum && { momentum }) } as OptimiserSpec;
  completeOptimiser(spec);
  return { ...config, optimiser: spec, training: { ...training, learningRate, momentum } };
}

/** Returns a complete config as it can be written again: what the optimiser states is not stated a second time in `training`. */
export function asWritten(config: AnyConfig): PartialConfig {
  if (config.optimiser === undefined) return config as PartialConfig;
  const { learningRate: _, momentum: __, ...training } = config.training;
  return { ...config, training } as PartialConfig;
}

/**
 * Returns the lambda of the L2 penalty that a run descends with its loss, and that the measured surface therefore holds (`withDecay`);
 * 0 without one, and for decoupled decay, which has no such surface.
 */
export function penaltyOf({ optimiser }: Pick<AnyConfig, 'optimiser'>): number {
  if (optimiser === undefined) return 0;
  const { decoupled, weightDecay } = completeOptimiser(optimiser as unknown as OptimiserSpec);
  return decoupled ? 0 : weightDecay;
}
