/** Programs of what is asked of the gradients of single samples; see programs.ts. docs/theory [S1], [C2]. */
import type { ResolvedLayer } from '../layered/resolved.js';
import { Adjoints, backward } from './backward.js';
import { Draft, type Placed, type Program } from './draft.js';
import { forward } from './forward.js';
import { allParts, type Parts } from './frame.js';
import { byLane, type LaneGradients, laneGradients, type Piece, project, squaresOf, sumsOfSquares } from './samples.js';

/** Makes the program of g_k·v along several directions: one section; `out` are rows, one a direction. */
export function projectionsProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly out: number } {
  const draft = new Draft(placed);
  const directions = Array.from({ length: count }, () => draft.flat());
  const out = draft.layout.rows(count);
  draft.section(() => {
    const adjoints = draft.adjoints(parts, false);
    draft.frame.push({ op: 'clear', y: out, rows: count });
    directions.forEach((direction, i) => {
      project(draft.frame, parts, adjoints, direction, out + i * draft.layout.rowBytes);
    });
  });
  return { ...draft.finish(), directions, out };
}

/** Groups the pieces of a block by layer. */
const byLayer = (pieces: readonly Piece[]): Piece[][] =>
  Array.from(new Set(pieces.map((p) => p.layer)), (layer) => pieces.filter((p) => p.layer === layer));

/** Makes the program of |g_k|² over pieces of layers: one section; `out` is a row. */
export function squaresProgram(
  placed: Placed,
  parts: Parts,
  pieces: readonly Piece[],
): Program & { readonly out: number } {
  const draft = new Draft(placed);
  const out = draft.layout.rows(1);
  draft.section(() => {
    const adjoints = draft.adjoints(parts, false);
    draft.frame.push({ op: 'clear', y: out, rows: 1 });
    for (const own of byLayer(pieces)) squaresOf(draft.frame, own, adjoints, out);
  });
  return { ...draft.finish(), out };
}

/**
 * Makes the program of Σ_k (share_k g_kj)², added to the flat vector `out`: one section. With shares √c_k this is the diagonal of
 * the empirical Fisher matrix.
 */
export function fisherProgram(placed: Placed): Program & { readonly out: number } {
  const draft = new Draft(placed);
  const out = draft.flat();
  draft.section(() => {
    const adjoints = draft.adjoints(allParts(placed.layers), true);
    sumsOfSquares(draft.frame, adjoints, out);
  });
  return { ...draft.finish(), out };
}

/**
 * Makes the program of Σ_k (∂/∂w_j of delta·z_k)² for adjoints of the outputs that are given. Section 0 computes the states and, for
 * the cross-entropy, the probabilities; section 1 adds the squares for the rows at `delta` to the flat vector `out`.
 */
export function outcomesProgram(placed: Placed): Program & {
  readonly probabilities: number;
  readonly delta: number;
  readonly out: number;
  readonly classes: number;
} {
  const draft = new Draft(placed);
  const out = draft.flat();
  const adjoints = new Adjoints(draft.frame);
  const delta = adjoints.of(draft.frame.outputs);
  draft.section(() => {
    draft.gather();
    forward(draft.frame);
    draft.loss(0, true);
  });
  draft.section(() => {
    backward(draft.frame, allParts(placed.layers), adjoints);
    sumsOfSquares(draft.frame, adjoints, out);
  });
  return { ...draft.finish(), probabilities: draft.probabilities, delta, out, classes: draft.classes };
}

/** Makes the program of share_k g_k itself, a row for each number of the layers of `parts`: one section. */
export function gradientsProgram(
  placed: Placed,
  parts: Parts,
): Program & { readonly rows: ReadonlyMap<ResolvedLayer, LaneGradients> } {
  const draft = new Draft(placed);
  const rows = new Map<ResolvedLayer, LaneGradients>();
  draft.section(() => {
    const adjoints = draft.adjoints(parts, true);
    for (const layer of placed.layers) {
      const part = parts.get(layer.index);
      if (!part) continue;
      const to = laneGradients(draft.frame, layer, part);
      byLane(draft.frame, layer, adjoints, to);
      rows.set(layer, to);
    }
  });
  return { ...draft.finish(), rows };
}
