/** Widths of the loss valley along one direction after another, all from one centre. docs/theory [F1]–[F4]. */
import { FlatnessMeter } from '../../analyse/landscape/flatness.js';
import { surfaceFlatness } from '../../analyse/landscape/surface-flatness.js';
import type { DirectionFlatness } from '../../analyse/trajectory/results.js';
import { isLayered } from '../../model/any-network.js';
import { matrix } from '../../numeric/linalg/index.js';
import { gather } from '../../surface/blocks.js';
import type { Surface } from '../../surface/surface.js';
import type { LossProfile } from '../measures.js';
import type { Bench } from './registry.js';
import { evenSubset } from './subset.js';

const TOLERANCE = 1e-4;
/** How far a profile reaches, in units of the crossings. */
const REACH = 1.5;
/** Farthest displacement searched, in units of the norm of the layer's weights. */
const CAP = 10;
/** Most samples for networks of layers, of which each loss takes a pass. */
const MOST_LAYERED = 2000;
/** Half the distance, in units of that norm, over which a curvature is found from losses. */
const NEARBY = 1e-3;

/** Measures along unit vectors in the weights of the recorded layer. */
export interface Meter {
  /** Loss at the centre, and the samples behind losses. */
  readonly centreLoss: number;
  readonly samples: number;
  measure(direction: Float64Array, rank: number, variance: number): Promise<DirectionFlatness>;
  /** Returns losses at `points` places that reach 1.5 times as far as the crossings. */
  profile(direction: Float64Array, width: DirectionFlatness, points: number): Promise<LossProfile>;
}

/**
 * Makes a meter: the kernel that keeps everything below the layer for perceptrons, passes over all samples or, for networks of layers,
 * over a random part of them otherwise.
 * @param penalty - lambda of the L2 penalty that belongs to the loss
 * @throws InputError where the loss at the centre is 0 or not finite
 */
export async function meterAt(bench: Bench, centre: Float64Array, penalty: number, samples?: number): Promise<Meter> {
  const { network, dataset, block } = bench;
  const norm = Math.sqrt(gather(block, centre).reduce((sum, x) => sum + x * x, 0)) || 1;
  const whole = samples === undefined || samples >= dataset.train.count;
  if (isLayered(network) || penalty > 0 || !whole) return surfaceMeter(bench, centre, { penalty, norm, samples });
  const meter = new FlatnessMeter({
    spec: network,
    weights: Float32Array.from(centre),
    samples: dataset.train,
    layer: block.name,
    relativeTolerance: TOLERANCE,
  });
  return {
    centreLoss: meter.line.centreLoss,
    samples: dataset.train.count,
    measure: async (direction, rank, variance) => meter.measure(direction, rank, variance),
    profile: async (direction, width, points) => {
      meter.line.setDirection(direction);
      const displacement = placesOf(width, points, CAP * norm);
      return { displacement, loss: meter.line.losses(displacement) };
    },
  };
}

async function surfaceMeter(
  bench: Bench,
  centre: Float64Array,
  { penalty, norm, samples }: { readonly penalty: number; readonly norm: number; readonly samples: number | undefined },
): Promise<Meter> {
  const { block, network, dataset } = bench;
  const most = samples ?? (isLayered(network) ? MOST_LAYERED : dataset.train.count);
  const subset = evenSubset(dataset.train.count, most, bench.key.child('widths'));
  const surface = bench.surface(penalty);
  const there = await surface.gradient(centre, subset);
  // the gradient is the same for all directions
  const known: Surface = { ...surface, gradient: async () => there };
  const lossesAlong = async (direction: Float64Array, displacements: readonly number[]) =>
    (await known.losses(centre, [{ block, direction, displacements }], subset))[0].losses;
  return {
    centreLoss: there.loss,
    samples: subset?.samples.length ?? dataset.train.count,
    async measure(direction, rank, variance) {
      const step = NEARBY * norm;
      const [left, here, right] = await lossesAlong(direction, [-step, 0, step]);
      const curvature = (left - 2 * here + right) / (step * step);
      const { directions } = await surfaceFlatness(known, centre, block, matrix(1, block.size, direction), {
        relativeTolerance: TOLERANCE,
        indices: [rank],
        variances: [variance],
        products: matrix(
          1,
          block.size,
          direction.map((x) => curvature * x),
        ),
        centreLoss: there.loss,
        ...(subset && { subset }),
      });
      const { flatnessError: _, ...found } = directions[0];
      return found;
    },
    async profile(direction, width, points) {
      const displacement = placesOf(width, points, CAP * norm);
      return { displacement, loss: Array.from(await lossesAlong(direction, displacement)) };
    },
  };
}

function placesOf({ left, right }: DirectionFlatness, points: number, cap: number): number[] {
  const from = REACH * (left ?? -(right ?? cap));
  const to = REACH * (right ?? -(left ?? -cap));
  return Array.from({ length: points }, (_, k) => from + ((to - from) * k) / (points - 1));
}
