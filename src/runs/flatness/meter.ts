/** The measurement of flatness as jobs: a meter built once in each thread, then direction after direction. */
import { FlatnessMeter } from '../../analyse/landscape/flatness.js';
import type { DirectionFlatness, FlatnessSummary } from '../../analyse/trajectory/results.js';
import type { Samples } from '../../data/dataset.js';
import type { Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import { surfaceBlock, surfaceOf } from '../surface.js';
import { SurfaceMeter } from './surface-meter.js';

/** Says what a meter measures, and with which kernel build. */
export interface MeterRequest {
  readonly network: AnyNetwork;
  /** All weights at the centre, flat. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  readonly relativeTolerance: number;
  readonly kernelBuild: KernelBuild;
  /** lambda of the L2 penalty that is part of the loss; 0 by default. */
  readonly penalty?: number;
}

/** What measures widths: `FlatnessMeter`, and the same over a surface. */
export interface Meter {
  readonly centreLoss: number;
  readonly factor: number;
  measure(direction: Float64Array, index: number, variance: number): DirectionFlatness | Promise<DirectionFlatness>;
  profile(direction: Float64Array, index: number): Profile | Promise<Profile>;
  /** The losses at displacements along a unit vector. */
  losses(direction: Float64Array, displacements: readonly number[]): number[] | Promise<number[]>;
}

/** Makes the meter of a network: in float32 by the kernel of lines for a perceptron, in float64 for layers and with a penalty. */
function meterOf({
  network,
  weights,
  samples,
  layer,
  relativeTolerance,
  penalty = 0,
}: MeterRequest): Meter | Promise<Meter> {
  if (isLayered(network) || penalty > 0) {
    const block = surfaceBlock(recordedBlock(network, layer));
    return SurfaceMeter.at(surfaceOf(network, samples, penalty), Float64Array.from(weights), block, relativeTolerance);
  }
  const meter = new FlatnessMeter({ spec: network, weights, samples, layer, relativeTolerance });
  return {
    centreLoss: meter.line.centreLoss,
    factor: meter.factor,
    measure: (direction, index, variance) => meter.measure(direction, index, variance),
    profile: (direction, index) => meter.profile(direction, index),
    losses(direction, displacements) {
      meter.line.setDirection(direction);
      return meter.line.losses(displacements);
    },
  };
}

/** Describes one job: the loss at the centre, the width along one direction, the loss profile along one, or a line of the plane. */
export type Task =
  | { readonly kind: 'centre' }
  | {
      readonly kind: 'measure' | 'profile';
      readonly index: number;
      readonly variance: number;
      /** The unit vector p_index. */
      readonly direction: Float64Array;
    }
  | {
      readonly kind: 'plane';
      /** Number of the line, from 0. */
      readonly index: number;
      readonly direction: Float64Array;
      readonly displacements: readonly number[];
    };

/** Holds the losses along one direction. */
export type Profile = FlatnessSummary['profiles'][number];
/** Holds the loss at the centre of a meter and the factor that defines its widths. */
export interface Centre {
  readonly centreLoss: number;
  readonly factor: number;
}

/** Holds the losses of one line of the plane. */
export interface LossesOfLine {
  readonly index: number;
  readonly losses: number[];
}

/** Holds the result of a `Task`. */
export type Answer =
  | { readonly kind: 'centre'; readonly value: Centre }
  | { readonly kind: 'measure'; readonly value: DirectionFlatness }
  | { readonly kind: 'profile'; readonly value: Profile }
  | { readonly kind: 'plane'; readonly value: LossesOfLine };

/**
 * The work of a worker thread, which builds one meter and then does tasks with it. Building a meter takes a few tenths
 * of a second for 60 000 images.
 */
export const FLATNESS_WORK: Work<MeterRequest, Task, Answer, Meter> = {
  prepare(request) {
    forceKernelBuild(request.kernelBuild);
    return meterOf(request);
  },
  async run(task, meter) {
    if (task.kind === 'centre')
      return { kind: 'centre', value: { centreLoss: meter.centreLoss, factor: meter.factor } };
    if (task.kind === 'plane') {
      const { kind, index, direction, displacements } = task;
      return { kind, value: { index, losses: await meter.losses(direction, displacements) } };
    }
    const { kind, index, variance, direction } = task;
    return kind === 'measure'
      ? { kind, value: await meter.measure(direction, index, variance) }
      : { kind, value: await meter.profile(direction, index) };
  },
};
