/**
 * SGD with momentum, as torch.optim.SGD:
 *
 *     g ← g + lambda w,   m ← mu m + (1 − dampening) g   (m ← g in the first step),   w ← w − eta m
 *
 * and with Nesterov's momentum w ← w − eta (g + mu m). Without momentum w ← w − eta g.
 */
import { applyDecay, type OptimiserEntry } from './entry.js';

export const sgd: OptimiserEntry = {
  vectors: (o) => (o.momentum > 0 ? ['momentum'] : []),
  step(o, w, g, { momentum: m }, { count, rate }) {
    const lambda = applyDecay(o, w, rate);
    const fresh = count === 1 ? 1 : 1 - o.dampening;
    for (let i = 0; i < w.length; i++) {
      const own = g[i] + lambda * w[i];
      if (!m) {
        w[i] -= rate * own;
        continue;
      }
      m[i] = o.momentum * m[i] + fresh * own;
      w[i] -= rate * (o.nesterov ? own + o.momentum * m[i] : m[i]);
    }
  },
};
