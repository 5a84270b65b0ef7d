/** The Hessian on a small block of any `Surface`, dense, by products with unit vectors. */
import { check } from '../../numeric/errors.js';
import { computed } from '../../numeric/estimate.js';
import { column, type LinearAlgebra, type Matrix, matrix, trace } from '../../numeric/linalg/index.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from '../../surface/surface.js';
import type { CurvaturePair, SurfaceCurvature } from './surface-curvature.js';

/** Blocks up to this size are formed where they can be: 72 MB a matrix. */
export const DENSE_SIZE = 3000;

/** Holds the Hessian on a block. */
export interface DenseBlock {
  /** P_b×P_b, exactly symmetric: (M + Mᵀ)/2 of the products M. */
  readonly hessian: Matrix;
  /** ‖M − Mᵀ‖/(2‖M‖), Frobenius: how far products are from those of a symmetric matrix. */
  readonly asymmetry: number;
  readonly samples: number;
  readonly of: number;
}

/**
 * Computes the Hessian on a block. Costs P_b products, at most `rows` in one request.
 * @throws InputError for a block of more than 3000 weights
 */
export async function denseHessian(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: RequestOptions & { readonly subset?: Subset /** 250 by default. */; readonly rows?: number } = {},
): Promise<DenseBlock> {
  const { subset, rows = 250, signal, onProgress } = options;
  const P = block.size;
  check(
    P <= DENSE_SIZE,
    'block-too-large',
    () => `the block ${block.name} has ${P} weights; only blocks of up to ${DENSE_SIZE} are formed as matrices.`,
  );
  const request = signal ? { signal } : {};
  const m = matrix(P, P);
  for (let first = 0; first < P; first += rows) {
    const count = Math.min(rows, P - first);
    const units = matrix(count, P);
    for (let i = 0; i < count; i++) units.data[i * P + first + i] = 1;
    m.data.set((await surface.hessianVectors(w, block, units, subset, request)).data, first * P);
    onProgress?.((first + count) / P);
  }
  let [all, odd] = [0, 0];
  for (let i = 0; i < P; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [m.data[i * P + j], m.data[j * P + i]];
      all += i === j ? a * a : a * a + b * b;
      odd += i === j ? 0 : (a - b) ** 2 / 2;
      m.data[i * P + j] = m.data[j * P + i] = (a + b) / 2;
    }
  const samples = subset ? subset.samples.length : surface.samples;
  return { hessian: m, asymmetry: all > 0 ? Math.sqrt(odd / all) : 0, samples, of: surface.samples };
}

/**
 * Returns the spectrum of a dense block in the form of `surfaceCurvature`. The errors of eigenvalues are those of the asymmetry of
 * the products; `withSubsetErrors` adds those of a subset. Costs an eigenproblem.
 */
export function denseSpectrum(
  la: LinearAlgebra,
  { hessian, asymmetry, samples, of }: DenseBlock,
  top: number,
): SurfaceCurvature {
  const P = hessian.rows;
  const { values, vectors } = la.eigh(hessian);
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[P - 1]));
  const size = Math.sqrt(hessian.data.reduce((s, x) => s + x * x, 0));
  const bound = asymmetry * size + P * 2 ** -52 * scale;
  const pairAt = (i: number): CurvaturePair => ({
    value: computed(values[i], bound, samples, 'dense block, error by the asymmetry of its products'),
    vector: column(vectors, i),
    residual: bound,
  });
  return {
    size: P,
    top: Array.from({ length: Math.min(top, P) }, (_, i) => pairAt(P - 1 - i)),
    smallest: pairAt(0),
    trace: computed(trace(hessian), Math.sqrt(P) * bound, samples, 'sum of the diagonal'),
    density: undefined,
    products: P,
    samples,
    of,
    converged: true,
  };
}
