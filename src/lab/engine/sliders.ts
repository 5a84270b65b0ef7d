/** What sliders do to the settings of training, by step. */
import { check } from '../../numeric/errors.js';
import { completeOptimiser, type OptimiserSpec } from '../../train/optimisers/spec.js';
import type { LabChange, LabState, SliderKey, SliderValues } from '../protocol.js';

/** The keys of sliders. */
export const SLIDER_KEYS: readonly SliderKey[] = ['learningRate', 'momentum', 'weightDecay', 'batchSize'];

/** Settings of training that can change between steps. */
export interface Settings {
  readonly optimiser: OptimiserSpec;
  readonly batchSize: number;
}

/** Returns the settings with one slider moved. */
export function moved({ optimiser, batchSize }: Settings, { key, value }: Omit<LabChange, 'at'>): Settings {
  return key === 'batchSize'
    ? { optimiser, batchSize: value }
    : { optimiser: { ...optimiser, [key]: value }, batchSize };
}

/** Returns the settings of step `step` + 1: all changes after at most `step` steps are in them. */
export function settingsAt(state: Pick<LabState, 'optimiser' | 'batchSize' | 'changes'>, step: number): Settings {
  return state.changes
    .filter(({ at }) => at <= step)
    .reduce<Settings>(moved, { optimiser: state.optimiser, batchSize: state.batchSize });
}

/** Returns the values of the sliders; 0 where an optimiser has no such setting. */
export function valuesOf({ optimiser, batchSize }: Settings): SliderValues {
  const { learningRate, momentum, weightDecay } = completeOptimiser(optimiser);
  return { learningRate, momentum, weightDecay, batchSize };
}

/**
 * Refuses settings that cannot be trained with.
 * @throws InputError
 */
export function checkSettings({ optimiser, batchSize }: Settings, samples: number): void {
  completeOptimiser(optimiser);
  const most = Math.min(samples, 65_535);
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= most,
    'bad-batch-size',
    `the batch size must be a whole number from 1 to ${most}; got ${batchSize}.`,
  );
}

/** Adds a change to the list; one of the same setting after the same step is replaced, and later ones are dropped. */
export function withChange(changes: readonly LabChange[], change: LabChange): LabChange[] {
  const kept = changes.filter(({ at, key }) => at < change.at || (at === change.at && key !== change.key));
  return [...kept, change];
}
