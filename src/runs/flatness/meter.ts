/** The measurement of flatness as jobs: a meter built once in each thread, then direction after direction. */
import { FlatnessMeter, type FlatnessOptions } from '../../analyse/landscape/flatness.js';
import type { DirectionFlatness, FlatnessSummary } from '../../analyse/trajectory/results.js';
import type { Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';

export interface MeterRequest extends FlatnessOptions {
  readonly kernelBuild: KernelBuild;
}

/** The loss at the centre to look at, or one direction to measure, or to draw the loss along. */
export type Task =
  | { readonly kind: 'centre' }
  | {
      readonly kind: 'measure' | 'profile';
      readonly index: number;
      readonly variance: number;
      /** The unit vector p_index. */
      readonly direction: Float64Array;
    };

export type Profile = FlatnessSummary['profiles'][number];
/** What a meter knows of its centre. */
export interface Centre {
  readonly centreLoss: number;
  readonly factor: number;
}

export type Answer =
  | { readonly kind: 'centre'; readonly value: Centre }
  | { readonly kind: 'measure'; readonly value: DirectionFlatness }
  | { readonly kind: 'profile'; readonly value: Profile };

/** A meter takes a few tenths of a second to build for 60 000 images. */
export const FLATNESS_WORK: Work<MeterRequest, Task, Answer, FlatnessMeter> = {
  prepare({ kernelBuild, ...options }) {
    forceKernelBuild(kernelBuild);
    return new FlatnessMeter(options);
  },
  run(task, meter) {
    if (task.kind === 'centre')
      return { kind: 'centre', value: { centreLoss: meter.line.centreLoss, factor: meter.factor } };
    const { kind, index, variance, direction } = task;
    return kind === 'measure'
      ? { kind, value: meter.measure(direction, index, variance) }
      : { kind, value: meter.profile(direction, index) };
  },
};
