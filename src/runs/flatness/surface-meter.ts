/** Widths and profiles of one layer by any `Surface`, as `FlatnessMeter` gives them for multilayer perceptrons. */
import { surfaceFlatness } from '../../analyse/landscape/surface-flatness.js';
import type { DirectionFlatness, FlatnessSummary } from '../../analyse/trajectory/results.js';
import { matrix } from '../../numeric/linalg/index.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';

type Profile = FlatnessSummary['profiles'][number];

/** Measures along directions of one block, all from the same centre. */
export class SurfaceMeter {
  readonly factor = Math.E;

  private constructor(
    private readonly surface: Surface,
    private readonly w: Float64Array,
    private readonly block: SurfaceBlock,
    private readonly relativeTolerance: number,
    readonly centreLoss: number,
  ) {}

  /** Evaluates the centre once, for all directions. */
  static async at(
    surface: Surface,
    w: Float64Array,
    block: SurfaceBlock,
    relativeTolerance: number,
  ): Promise<SurfaceMeter> {
    const centre = await surface.gradient(w);
    const known: Surface = { ...surface, gradient: async () => centre };
    return new SurfaceMeter(known, w, block, relativeTolerance, centre.loss);
  }

  /** Measures the width along one unit vector. */
  async measure(direction: Float64Array, index: number, variance: number): Promise<DirectionFlatness> {
    const { surface, w, block, relativeTolerance, centreLoss } = this;
    const { directions } = await surfaceFlatness(surface, w, block, matrix(1, block.size, direction), {
      relativeTolerance,
      centreLoss,
      indices: [index],
      variances: [variance],
    });
    const { flatnessError: _, ...found } = directions[0];
    return found;
  }

  /** Returns the losses at displacements along one unit vector. */
  async losses(direction: Float64Array, displacements: readonly number[]): Promise<number[]> {
    const line = { block: this.block, direction, displacements: [...displacements] };
    const [{ losses }] = await this.surface.losses(this.w, [line]);
    return Array.from(losses);
  }

  /** Returns the loss at evenly spaced displacements that reach 1.5 times as far as the crossings. */
  async profile(direction: Float64Array, index: number, points = 121): Promise<Profile> {
    const { left, right } = await this.measure(direction, index, Number.NaN);
    const norm = Math.sqrt(
      this.block.ranges.reduce(
        (sum, { offset, size }) => sum + this.w.subarray(offset, offset + size).reduce((s, v) => s + v * v, 0),
        0,
      ),
    );
    const cap = 10 * norm;
    const [from, to] = [1.5 * (left ?? -(right ?? cap)), 1.5 * (right ?? -(left ?? -cap))];
    const displacement = Array.from({ length: points }, (_, k) => from + ((to - from) * k) / (points - 1));
    return { index, displacement, loss: await this.losses(direction, displacement) };
  }
}
