/** Products with the Hessian of a surface on a block, in the form that `multiplyTogether` asks for them. */
import { row, stacked } from '../../numeric/linalg/index.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from '../../surface/surface.js';

/**
 * Returns the function that multiplies many vectors by H_b; each product is an array of its own.
 * @param together - most vectors in one request; all by default
 */
export const hessianProducts =
  (
    surface: Surface,
    w: Float64Array,
    block: SurfaceBlock,
    { subset, signal, together = Number.POSITIVE_INFINITY }: RequestOptions & { subset?: Subset; together?: number },
  ) =>
  async (vectors: readonly Float64Array[]): Promise<Float64Array[]> => {
    const out: Float64Array[] = [];
    for (let first = 0; first < vectors.length; first += together) {
      const rows = stacked(vectors.slice(first, first + together), block.size);
      const answer = await surface.hessianVectors(w, block, rows, subset, signal ? { signal } : {});
      for (let i = 0; i < rows.rows; i++) out.push(row(answer, i).slice());
    }
    return out;
  };
