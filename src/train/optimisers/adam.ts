/**
 * Adam and AdamW, as torch.optim.Adam and torch.optim.AdamW without AMSGrad. With t the number of the step, from 1,
 *
 *     m ← beta1 m + (1 − beta1) g,   v ← beta2 v + (1 − beta2) g²
 *     w ← w − eta (m/(1 − beta1^t)) / (√(v/(1 − beta2^t)) + eps)
 *
 * where decay is part of g (Adam), or w ← (1 − eta lambda) w comes first (AdamW).
 */
import { wholePower } from '../../numeric/power.js';
import { applyDecay, type OptimiserEntry } from './entry.js';

export const adam: OptimiserEntry = {
  vectors: () => ['momentum', 'squares'],
  step(o, w, g, { momentum, squares }, { count, rate }) {
    const [m, v] = [momentum!, squares!];
    const lambda = applyDecay(o, w, rate);
    const size = rate / (1 - wholePower(o.beta1, count));
    const correction = Math.sqrt(1 - wholePower(o.beta2, count));
    for (let i = 0; i < w.length; i++) {
      const own = g[i] + lambda * w[i];
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * own;
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * own * own;
      w[i] -= (size * m[i]) / (Math.sqrt(v[i]) / correction + o.epsilon);
    }
  },
};
