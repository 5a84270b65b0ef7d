/** The coordinates in which a layer is decomposed: its own, y = P^(−1/2) w, or those in the span of leading principal directions. */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { readArray } from '../../record/arrays.js';
import { orthonormal } from './matrices.js';

/** Returns an orthonormal basis, one vector a row, of the span of the leading `count` principal directions in own coordinates. */
export async function spanned(arrays: string, count: number, root: Float64Array | undefined): Promise<Matrix> {
  const { data, shape } = await readArray(arrays, 'directions', 0, count);
  return orthonormal(matrix(shape[0], shape[1], root ? data.map((x, at) => x / root[at % shape[1]]) : data));
}

/** Rows of the principal directions that are held at once. */
const TOGETHER = 256;

/**
 * Returns the principal directions p as forms, P^(−1/2) p, and where P is not 1 as duals, P^(1/2) p, both in the coordinates of the
 * span, or in all of them without one.
 */
export async function directionsIn(
  la: LinearAlgebra,
  arrays: string,
  span: Matrix | undefined,
  root: Float64Array | undefined,
): Promise<{ directions: Matrix; duals?: Matrix }> {
  if (!span && !root) {
    const { data, shape } = await readArray(arrays, 'directions');
    return { directions: matrix(shape[0], shape[1], data) };
  }
  const { shape } = await readArray(arrays, 'variances');
  const [ranks] = shape;
  const parts: Record<'directions' | 'duals', Matrix[]> = { directions: [], duals: [] };
  for (let from = 0; from < ranks; from += TOGETHER) {
    const { data, shape: own } = await readArray(arrays, 'directions', from, Math.min(ranks, from + TOGETHER));
    const part = matrix(own[0], own[1], data);
    const times = (f: (r: number) => number): Matrix =>
      root
        ? matrix(
            part.rows,
            part.cols,
            data.map((x, at) => x * f(root[at % part.cols])),
          )
        : part;
    const into = (m: Matrix) => (span ? la.gemm(m, span, { transposeB: true }) : m);
    parts.directions.push(into(times((r) => 1 / r)));
    if (root) parts.duals.push(into(times((r) => r)));
  }
  return { directions: stacked(parts.directions), ...(root && { duals: stacked(parts.duals) }) };
}

function stacked(parts: readonly Matrix[]): Matrix {
  const [{ cols }] = parts;
  const out = matrix(
    parts.reduce((sum, p) => sum + p.rows, 0),
    cols,
  );
  let at = 0;
  for (const { data } of parts) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
}

/** Returns the rows that take weights to the coordinates of modes: v_iᵀ P^(−1/2), in all weights. */
export function onWeights(
  la: LinearAlgebra,
  basis: Matrix,
  span: Matrix | undefined,
  root: Float64Array | undefined,
): Matrix {
  const rows = span ? la.gemm(basis, span) : basis;
  return root
    ? matrix(
        rows.rows,
        rows.cols,
        rows.data.map((x, at) => x / root[at % rows.cols]),
      )
    : rows;
}
