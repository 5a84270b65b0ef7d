/**
 * The drift that belongs to an interpretation of noise whose strength depends on the place. docs/theory [V5].
 *
 *     dx = f dt + b(x) ∘ dW,  b bᵀ = 2 D      ⇔      dx = (f + c) dt + b(x) dW (Itô)
 *
 *     ito                      c_i = 0
 *     stratonovich             c_i = ½ Σ_jk b_kj ∂_k b_ij                 (midpoint of a step)
 *     haenggi-klimontovich     c_i = Σ_j ∂_j D_ij                          (end of a step; the current is f P − D ∇P)
 *
 * In one coordinate c is 0, D'/2 and D'. In two coordinates with correlated noise, c of Stratonovich depends on which root b of
 * 2 D is meant, because b and b R(x) with a rotation R are the same Itô noise; b is the lower triangular root here. For a
 * diagonal D that is the diagonal root, and c_i = ½ ∂_i D_ii.
 */
import { call, derivative, type Expression, number, sum } from '../../numeric/expression/index.js';
import { noiseColumns } from '../noise-columns.js';

/** The interpretations of noise that depends on the place. */
export const INTERPRETATIONS = ['ito', 'stratonovich', 'haenggi-klimontovich'] as const;
/** Names an interpretation of noise that depends on the place. */
export type Interpretation = (typeof INTERPRETATIONS)[number];

const isZero = (e: Expression) => e.kind === 'number' && e.value === 0;

/**
 * Returns c, the drift to be added so that the Itô equation has the law of the given interpretation; weight per unit of time.
 * @param diffusion - D: xx, or xx, xy, yy
 */
export function interpretedDrift(
  interpretation: Interpretation,
  diffusion: readonly Expression[],
  names: readonly string[],
): Expression[] {
  if (interpretation === 'ito') return names.map(() => number(0));
  const entry = (i: number, j: number) => diffusion[names.length === 1 ? 0 : i + j];
  if (interpretation === 'haenggi-klimontovich')
    return names.map((_, i) => sum(names.map((name, j) => derivative(entry(i, j), name))));
  const half = (e: Expression) => call('multiply', number(0.5), e);
  if (names.length === 1 || isZero(diffusion[1])) return names.map((name, i) => half(derivative(entry(i, i), name)));
  const b = noiseColumns(diffusion.map((d) => call('multiply', number(2), d)));
  return names.map((_, i) =>
    half(sum(b.flatMap((column) => names.map((name, k) => call('multiply', column[k], derivative(column[i], name)))))),
  );
}

/** Says whether a drift is zero everywhere, as that of constant noise is. */
export const isNothing = (drift: readonly Expression[]): boolean => drift.every(isZero);
