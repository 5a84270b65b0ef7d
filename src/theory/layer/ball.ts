/**
 * An optimiser as a heavy ball in its own coordinates y = P^(−1/2) w, and what of Nesterov's momentum a heavy ball leaves out. The modes
 * of a layer are predicted, drawn and decomposed as those of SGD with momentum there. docs/theory [O1], [S2].
 *
 * With m' = b m + f g, y' = (1 − s) y − eta c m' (linear-form.ts, a = 0), eliminating m gives
 *
 *     y(t+1) = (1 − s + b) y(t) − b (1 − s) y(t−1) − eta c f g(t)
 *
 * which is the heavy ball of momentum b (1 − s) and learning rate eta c f with s (1 − b)/(eta c f) added to every curvature: exact, so
 * that AdamW with its decay is one too. Nesterov's y is x + mu (x − x(t−1)) of a ball x whose momentum is mu (1 − eta α); to first order
 * in eta α it is the ball itself, and `lookAhead` gives the factor between the two in an infinite window of independent batches.
 */
import type { LinearForm } from '../optimisers/linear-form.js';
import { pairMoments } from '../optimisers/pair.js';
import type { Ball, LayerSetting } from './results.js';

/** Returns the heavy ball of a linear form, and what its decoupled decay adds to every curvature of A. */
export function ballOf(form: LinearForm): Ball & { readonly penalty: number } {
  const { learningRate: eta, memory: b, fresh: f, own: a, held: c, shrink: s } = form;
  if (c === 0) return { rate: eta * a, momentum: 0, nesterov: false, penalty: s / (eta * a) };
  if (a === 0) {
    const rate = eta * c * f;
    return { rate, momentum: b * (1 - s), nesterov: false, penalty: (s * (1 - b)) / rate };
  }
  return { rate: eta, momentum: b, nesterov: true, penalty: (s * (1 - b)) / eta };
}

/** Returns the learning rate of single steps and the momentum of a setting. */
export const stepsOf = ({ ball, learningRate }: Pick<LayerSetting, 'ball' | 'learningRate'>): Ball =>
  ball ?? { rate: learningRate, momentum: 0, nesterov: false };

/**
 * Returns, for a pair of curvatures, the covariance and the circulation under Nesterov's momentum over those of the heavy ball, for
 * independent batches and an infinite window; 1 for every other optimiser, and where a mode has no stationary state.
 */
export function lookAhead(
  setting: Pick<LayerSetting, 'ball' | 'learningRate'>,
): (hi: number, hj: number) => { readonly now: number; readonly circulation: number } {
  const { rate, momentum, nesterov } = stepsOf(setting);
  if (!nesterov) return () => ({ now: 1, circulation: 1 });
  const common = { learningRate: rate, shrink: 0, penalty: 0, memory: momentum, fresh: 1, adaptive: false };
  const form = (own: number, held: number) => ({ ...common, own, held }) as LinearForm;
  const [ahead, ball] = [form(1, momentum), form(0, 1)];
  // det of a mode: |b (1 − eta α)| < 1 and 1 + tr + det > 0
  const edge = Math.min((2 * (1 + momentum)) / (1 + 2 * momentum), (1 + momentum) / momentum) / rate;
  return (hi, hj) => {
    if (!(hi > 0 && hj > 0 && hi < edge && hj < edge)) return { now: 1, circulation: 1 };
    const [a, b] = [pairMoments(ahead, hi, hj), pairMoments(ball, hi, hj)];
    return { now: a.now / b.now, circulation: b.circulation === 0 ? 1 : a.circulation / b.circulation };
  };
}
