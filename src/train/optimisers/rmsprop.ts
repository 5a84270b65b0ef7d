/**
 * RMSprop, as torch.optim.RMSprop without centring:
 *
 *     g ← g + lambda w,   v ← alpha v + (1 − alpha) g²,   u = g/(√v + eps),   w ← w − eta u
 *
 * and with momentum m ← mu m + u, w ← w − eta m. The mean of squares is not corrected for its start at 0, so that the first steps
 * are up to 1/√(1 − alpha) times as long as later ones.
 */
import { applyDecay, type OptimiserEntry } from './entry.js';

export const rmsprop: OptimiserEntry = {
  vectors: (o) => (o.momentum > 0 ? ['momentum', 'squares'] : ['squares']),
  step(o, w, g, { momentum: m, squares }, { rate }) {
    const v = squares!;
    const lambda = applyDecay(o, w, rate);
    for (let i = 0; i < w.length; i++) {
      const own = g[i] + lambda * w[i];
      v[i] = o.alpha * v[i] + (1 - o.alpha) * own * own;
      const u = own / (Math.sqrt(v[i]) + o.epsilon);
      if (m) {
        m[i] = o.momentum * m[i] + u;
        w[i] -= rate * m[i];
      } else w[i] -= rate * u;
    }
  },
};
