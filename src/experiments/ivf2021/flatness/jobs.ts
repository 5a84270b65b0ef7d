/** One worker's share of the measurement of flatness: a meter built once, then direction after direction. */
import { FlatnessMeter, type FlatnessOptions } from '../../../analyse/landscape/flatness.js';
import type { DirectionFlatness, FlatnessSummary } from '../../../analyse/trajectory/results.js';
import { forceKernelBuild, type KernelBuild } from '../../../kernels/load.js';

export interface MeterRequest extends FlatnessOptions {
  readonly kernelBuild: KernelBuild;
}

/** One direction to measure, or to draw the loss along. */
export interface Task {
  readonly kind: 'measure' | 'profile';
  readonly index: number;
  readonly variance: number;
  /** The unit vector p_index. */
  readonly direction: Float64Array;
}

export type Profile = FlatnessSummary['profiles'][number];
export type Answer =
  | { readonly kind: 'measure'; readonly value: DirectionFlatness }
  | { readonly kind: 'profile'; readonly value: Profile };

/** What a meter knows of its centre. */
export interface Centre {
  readonly centreLoss: number;
  readonly factor: number;
}

export interface TaskRunner {
  readonly centre: Centre;
  run(task: Task): Answer;
}

/** Builds the meter; takes a few tenths of a second for 60 000 images. */
export function taskRunner({ kernelBuild, ...options }: MeterRequest): TaskRunner {
  forceKernelBuild(kernelBuild);
  const meter = new FlatnessMeter(options);
  return {
    centre: { centreLoss: meter.line.centreLoss, factor: meter.factor },
    run({ kind, index, variance, direction }) {
      return kind === 'measure'
        ? { kind, value: meter.measure(direction, index, variance) }
        : { kind, value: meter.profile(direction, index) };
    },
  };
}
