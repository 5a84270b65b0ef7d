/**
 * Optimisers as linear maps near a minimum, docs/theory [O1]. With a fixed diagonal preconditioner P (1 for SGD) every optimiser
 * offered here is, for the gradient g = H w + xi with H the Hessian (plus lambda for an L2 penalty) and xi the noise of the batch,
 *
 *     m' = b m + f g,     w' = (1 − s) w − eta P (a g + c m')
 *
 * | optimiser | b | f | a | c | P |
 * |---|---|---|---|---|---|
 * | SGD | 0 | 1 | 1 | 0 | 1 |
 * | momentum | mu | 1 − dampening | 0 | 1 | 1 |
 * | Nesterov | mu | 1 | 1 | mu | 1 |
 * | RMSprop | 0 | 1 | 1 | 0 | 1/(√v + eps) |
 * | RMSprop with momentum | mu | 1 | 0 | 1 | 1/(√v + eps) |
 * | Adam, AdamW | beta1 | 1 − beta1 | 0 | 1 | 1/(√v + eps) |
 *
 * with s = eta lambda for decoupled decay and 0 otherwise. In the coordinates y = P^(−1/2) w, n = P^(1/2) m, the same map has P = 1,
 * the Hessian A = P^(1/2) H P^(1/2) and the noise P^(1/2) C P^(1/2): in the eigenbasis of A its motion splits into modes of two
 * variables each, which the noise alone couples. No larger system than 2×2 and 4×4 has to be solved.
 */
import { check } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { type CompleteOptimiser, type OptimiserSpec, optimiserOf } from '../../train/optimisers/spec.js';

/** Holds the numbers of the linear form. */
export interface LinearForm {
  readonly optimiser: CompleteOptimiser;
  /** eta, the learning rate. */
  readonly learningRate: number;
  /** s = eta·lambda of decoupled decay, the share of the weights that a step takes away. */
  readonly shrink: number;
  /** lambda of an L2 penalty, which is added to the Hessian. */
  readonly penalty: number;
  /** b, what of the buffer remains after a step. */
  readonly memory: number;
  /** f, the share of the gradient that enters the buffer. */
  readonly fresh: number;
  /** a, the share of the gradient itself in the step. */
  readonly own: number;
  /** c, the share of the buffer in the step. */
  readonly held: number;
  /** Whether P comes from mean squared gradients (Adam, AdamW, RMSprop); 1 otherwise. */
  readonly adaptive: boolean;
}

/** Says what a {@link LinearForm} needs. */
export const LINEAR_FORM_WANTS = is.shape<LinearForm>({
  learningRate: is.positive,
  shrink: is.finite,
  penalty: is.finite,
  memory: is.finite,
  fresh: is.finite,
  own: is.finite,
  held: is.finite,
});

/**
 * Returns the linear form of an optimiser after its first steps (in which PyTorch leaves out dampening and corrects the means).
 * @param learningRate - that of the steps in question, where a schedule changes it; by default the optimiser's
 */
export function linearForm(spec: OptimiserSpec, learningRate: number = spec?.learningRate): LinearForm {
  const optimiser = optimiserOf('linearForm', spec);
  is.given('linearForm', { learningRate }, { learningRate: is.positive });
  const { type, momentum, nesterov, dampening, beta1, weightDecay, decoupled } = optimiser;
  const adam = type === 'adam' || type === 'adamw';
  const memory = adam ? beta1 : momentum;
  const buffered = adam || momentum > 0;
  return {
    optimiser,
    learningRate,
    shrink: decoupled ? learningRate * weightDecay : 0,
    penalty: decoupled ? 0 : weightDecay,
    memory,
    fresh: adam ? 1 - beta1 : 1 - dampening,
    own: nesterov || !buffered ? 1 : 0,
    held: nesterov ? momentum : buffered ? 1 : 0,
    adaptive: type !== 'sgd',
  };
}

/**
 * Returns the rate at which slow motion follows the gradient, eta_e = eta (a + c f/(1 − b)): eta/(1 − mu) for momentum and for
 * Nesterov, and eta for Adam.
 */
export function effectiveRate({ learningRate, own, held, fresh, memory }: LinearForm): number {
  return learningRate * (own + (held * fresh) / (1 - memory));
}

/** Returns a form with another learning rate; decoupled decay changes with it. */
export function atRate(form: LinearForm, learningRate: number): LinearForm {
  return { ...form, learningRate, shrink: (form.shrink * learningRate) / form.learningRate };
}

/**
 * Returns the heavy ball v' = mu v − eta g, w' = w + v' that moves as the form does, or undefined where there is none. Adam with a
 * fixed P is a heavy ball of learning rate eta (1 − beta1) and momentum beta1 in the coordinates y, so that the predictions for SGD
 * with momentum hold of it in any window and with shuffled batches. Nesterov's momentum is none, nor is decoupled decay with momentum;
 * without momentum decoupled decay is an addition of lambda to A.
 */
export function asHeavyBall(
  form: LinearForm,
): { readonly learningRate: number; readonly momentum: number; readonly penalty: number } | undefined {
  const { learningRate, memory, fresh, own, held, shrink } = form;
  if (held === 0) return { learningRate: learningRate * own, momentum: 0, penalty: shrink / (learningRate * own) };
  if (own !== 0 || shrink !== 0) return undefined;
  return { learningRate: learningRate * held * fresh, momentum: memory, penalty: 0 };
}

/** Holds the map s' = M s + G xi of s = (w, m). */
export interface LinearMap {
  /** 2n×2n. */
  readonly m: Matrix;
  /** 2n×n. */
  readonly g: Matrix;
}

/**
 * Returns M and G in full, for checks and small systems; nothing here solves equations of that size.
 * @param hessian - n×n, without the penalty of the optimiser
 * @param preconditioner - the diagonal of P, length n; 1 by default
 */
export function linearMap(form: LinearForm, hessian: Matrix, preconditioner?: ArrayLike<number>): LinearMap {
  is.given(
    'linearMap',
    { form, hessian, preconditioner },
    { form: LINEAR_FORM_WANTS, hessian: is.matrix, preconditioner: is.maybe(is.numbers) },
  );
  const n = hessian.rows;
  check(n === hessian.cols, 'matrix-shape', () => `the Hessian must be square, but it is ${n}×${hessian.cols}.`);
  const { learningRate: eta, shrink, penalty, memory: b, fresh: f, own: a, held: c } = form;
  const [m, g] = [matrix(2 * n, 2 * n), matrix(2 * n, n)];
  for (let i = 0; i < n; i++) {
    const reach = eta * (preconditioner?.[i] ?? 1);
    for (let j = 0; j < n; j++) {
      const h = hessian.data[i * n + j] + (i === j ? penalty : 0);
      m.data[i * 2 * n + j] = (i === j ? 1 - shrink : 0) - reach * (a + c * f) * h;
      m.data[(n + i) * 2 * n + j] = f * h;
    }
    m.data[i * 2 * n + n + i] = -reach * c * b;
    m.data[(n + i) * 2 * n + n + i] = b;
    g.data[i * n + i] = -reach * (a + c * f);
    g.data[(n + i) * n + i] = f;
  }
  return { m, g };
}
