/** The measurement of flatness as jobs: a meter built once in each thread, then direction after direction. */
import { FlatnessMeter, type FlatnessOptions } from '../../analyse/landscape/flatness.js';
import type { DirectionFlatness, FlatnessSummary } from '../../analyse/trajectory/results.js';
import type { Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';

/** Says what a meter measures, and with which kernel build. */
export interface MeterRequest extends FlatnessOptions {
  readonly kernelBuild: KernelBuild;
}

/** Describes one job: the loss at the centre, the width along one direction, or the loss profile along one. */
export type Task =
  | { readonly kind: 'centre' }
  | {
      readonly kind: 'measure' | 'profile';
      readonly index: number;
      readonly variance: number;
      /** The unit vector p_index. */
      readonly direction: Float64Array;
    };

/** Holds the losses along one direction. */
export type Profile = FlatnessSummary['profiles'][number];
/** Holds the loss at the centre of a meter and the factor that defines its widths. */
export interface Centre {
  readonly centreLoss: number;
  readonly factor: number;
}

/** Holds the result of a `Task`. */
export type Answer =
  | { readonly kind: 'centre'; readonly value: Centre }
  | { readonly kind: 'measure'; readonly value: DirectionFlatness }
  | { readonly kind: 'profile'; readonly value: Profile };

/**
 * The work of a worker thread, which builds one meter and then does tasks with it. Building a meter takes a few tenths
 * of a second for 60 000 images.
 */
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
