/**
 * The check that a surface is as precise as it says. Steps of differences and what may be claimed follow from the precision, so that
 * losses or gradients in float32 behind a claim of float64 spoil every difference of gradients.
 *
 * Over points in line, so close together that the loss between them is a polynomial, differences of high order hold rounding alone:
 *
 *     D_n f = Σ_j (−1)^j (n choose j) f(w + j h u),   rounding of one value ≈ |D_n f| / √(2n choose n).
 *
 * Losses take n = 5 and h = 2⁻²³ of the weights' norm, so that weights that are rounded to float32 change as well. A gradient jumps
 * where a unit of ReLU begins to work, hence n = 3, h = 2⁻³⁰, and the least of three places.
 */
import type { Matrix } from '../numeric/linalg/index.js';
import { type SurfaceCheck, skipped } from './check-report.js';
import { norm } from './made-derivatives.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from './surface.js';

/** Factors of the differences, and the square root of the sum of their squares. */
const FIFTH = { factors: [1, -5, 10, -10, 5, -1], size: Math.sqrt(252) } as const;
const THIRD = { factors: [1, -3, 3, -1], size: Math.sqrt(20) } as const;
/** Steps in units of max(1, |w|). */
const [LOSS_STEP, GRADIENT_STEP] = [2 ** -23, 2 ** -30];
/**
 * Rounding that is allowed, in units of the largest loss of a sample and of the norm of a sample's gradient: float32 leaves at least a
 * billionth of either over 512 samples, float64 less than a ten-thousandth of that.
 */
const [OF_LOSSES, OF_GRADIENTS] = [1e-10, 1e-11];
/** The same in units of the loss itself (a nat), and of what a rounding of the weights does. */
const [ABSOLUTE, OF_WEIGHTS] = [1e-13, 1e-12];
/** Places at which a gradient is looked at, in steps; a kink of the loss may lie at one of them. */
const PLACES = [0, 8, 16];
/** How much longer the steps become where they leave nothing to see. */
const WIDER = 53;

/** Names what is looked at. */
interface Looked {
  readonly surface: Surface;
  readonly w: Float64Array;
  readonly whole: SurfaceBlock;
  /** Unit vectors as rows; the last one is random. */
  readonly directions: Matrix;
  readonly subset: Subset;
  readonly part: RequestOptions | undefined;
}

/**
 * Checks the rounding of losses and gradients of a surface that claims float64. Costs six losses and four gradients over the subset, twelve
 * where something is found, and the losses and squared norms of the samples in it.
 * @param largest - the largest loss and the root mean square of the norms of gradients, of single samples where these are known
 */
export async function checkPrecision(
  looked: Looked,
  largest: { readonly loss: number; readonly gradient: number },
): Promise<SurfaceCheck> {
  const { surface, w, whole, directions, subset, part } = looked;
  const { name, offers } = surface;
  if (surface.precision === 'float32') return skipped('precision', 'The surface claims float32, the lowest precision.');
  const size = Math.max(1, norm(w));
  const u = directions.data.slice(-directions.cols);
  const displacements = FIFTH.factors.map((_, j) => j * LOSS_STEP * size);
  const [{ losses }] = await surface.losses(w, [{ block: whole, direction: u, displacements }], subset, part);
  const slope = Math.abs(losses[5] - losses[0]) / (5 * LOSS_STEP * size);
  const ofLoss =
    Math.abs(FIFTH.factors.reduce((sum, c, j) => sum + c * losses[j], 0)) /
    FIFTH.size /
    (largest.loss + (ABSOLUTE + OF_WEIGHTS * size * slope) / OF_LOSSES);
  if (ofLoss > OF_LOSSES)
    return found(
      ofLoss,
      OF_LOSSES,
      `the losses of ${name} are rounded to about ${ofLoss.toExponential(0)} of their size, and it claims float64: compute all of it in float64, in PyTorch with model.double() and no .float() inside, or say that the precision is float32.`,
    );
  if (offers.gradient !== 'exact') return passed(ofLoss, OF_LOSSES, 'Losses are as precise as float64.');
  let least = Number.POSITIVE_INFINITY;
  let step = GRADIENT_STEP;
  for (const place of PLACES) {
    const values: Float64Array[] = [];
    for (const j of THIRD.factors.keys()) {
      const delta = (place + j) * step * size;
      values.push(
        (
          await surface.gradient(
            w.map((x, i) => x + delta * u[i]),
            subset,
            part,
          )
        ).gradient,
      );
    }
    let [rounding, change] = [0, 0];
    for (let i = 0; i < w.length; i++) {
      rounding += THIRD.factors.reduce((sum, c, j) => sum + c * values[j][i], 0) ** 2;
      change += (values[3][i] - values[0][i]) ** 2;
    }
    if (rounding === 0) {
      // rounded numbers may be the same, or rise by the same amount each time
      step *= WIDER;
      continue;
    }
    const curved = Math.sqrt(change) / (3 * step);
    const scale = Math.max(largest.gradient, norm(values[0])) + (OF_WEIGHTS / OF_GRADIENTS) * curved;
    least = Math.min(least, scale > 0 ? Math.sqrt(rounding) / THIRD.size / scale : 0);
    if (least <= OF_GRADIENTS) break;
  }
  if (Number.isFinite(least) && least > OF_GRADIENTS)
    return found(
      least,
      OF_GRADIENTS,
      `the gradient of ${name} is rounded to about ${least.toExponential(0)} of its size, and the surface claims float64: differentiate in float64, in PyTorch with model.double() and no .float() inside, or say that the precision is float32.`,
    );
  return passed(Number.isFinite(least) ? least : 0, OF_GRADIENTS, 'Losses and gradients are as precise as float64.');
}

const found = (deviation: number, tolerance: number, sentence: string): SurfaceCheck => ({
  name: 'precision',
  verdict: 'failed',
  deviation,
  tolerance,
  sentence,
});
const passed = (deviation: number, tolerance: number, sentence: string): SurfaceCheck => ({
  name: 'precision',
  verdict: 'passed',
  deviation,
  tolerance,
  sentence,
});
