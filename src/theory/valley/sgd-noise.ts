/**
 * The valley in the units of SGD: learning rate and gradient noise in place of diffusion. docs/theory [V3], derived.
 *
 * Time is in eta·steps. The gradient of ONE minibatch across the valley has the variance C_yy(x) at y = 0 and the mean lambda y:
 *
 *     y ← (1 − eta lambda) y − eta n,  ⟨n²⟩ = C_yy:   ⟨y²⟩ = eta C_yy/(lambda (2 − eta lambda))
 *
 * (eta C_yy/(2 lambda) for small steps, i.e. D_y = eta C_yy/2), and the mean force along the valley that follows from it is
 *
 *     −½ lambda' ⟨y²⟩ = −V',   V = ½ ∫ ⟨y²⟩ dlambda,   the regularisation.
 *
 * With C_yy = strength·lambda^power the integral has a closed form; u = eta lambda/2 < 1:
 *
 *     power 0   constant noise             V = (eta s/4) ln(lambda/(1 − u))        → (eta s/4) ln lambda = −(eta s/2) ln F
 *     power 1   noise like the Hessian     V = −(s/2) ln(1 − u)                    → (eta s/4) lambda, a trace of the Hessian
 *     power 2   noise of the minimum's position: batch loss ½ lambda(x)(y² − 2 xi y), xi ~ N(0, s)
 *                                          V = −s [lambda/2 + ln(1 − u)/eta]       → eta s lambda²/8
 *
 * The arrows are the limit of small steps. For power 2 the gradient along the valley is ½ lambda'(y² − 2 xi y), whose second
 * term has mean zero because y is independent of this step's xi: the force is −½ lambda'⟨y²⟩ there too, which is
 * −eta s lambda lambda'/(2 (2 − eta lambda)). The power law may hold along the valley only; V then is a function of lambda(x).
 */
import { check } from '../../numeric/errors.js';
import { computed, type Estimate } from '../../numeric/estimate.js';
import { wholePower } from '../../numeric/power.js';
import { integral } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';
import { curvatureAt, VALLEY_WANTS, type Valley } from './valley.js';

/**
 * Describes C_yy = strength·lambda^power, PER BATCH. For power 2 the strength is the variance of the position of a batch's
 * minimum, weight².
 */
export interface AcrossNoise {
  readonly power: 0 | 1 | 2;
  readonly strength: number;
}

/** Says what an {@link AcrossNoise} needs. */
export const ACROSS_NOISE_WANTS = is.shape<AcrossNoise>({ power: is.oneOf(0, 1, 2), strength: is.finite });

/** Describes a valley with the noise across it and the learning rate. */
export interface SgdValley {
  readonly valley: Valley;
  readonly noise: AcrossNoise;
  readonly learningRate: number;
}

/** Says what a {@link SgdValley} needs. */
export const SGD_VALLEY_WANTS = is.shape<SgdValley>({
  valley: VALLEY_WANTS,
  noise: ACROSS_NOISE_WANTS,
  learningRate: is.finite,
});

/**
 * Returns ⟨y²⟩ of the SGD map itself, eta C_yy/(lambda(2 − eta lambda)), weight². docs/theory [V3].
 * @throws InputError where eta lambda ≥ 2
 */
export function acrossVariance(s: Omit<SgdValley, 'valley'>, lambda: number): number {
  is.given(
    'acrossVariance',
    { s, lambda },
    { s: is.shape({ noise: ACROSS_NOISE_WANTS, learningRate: is.finite }), lambda: is.finite },
  );
  const { noise, learningRate: eta } = s;
  checkStable(eta, lambda);
  return (eta * noise.strength * wholePower(lambda, noise.power - 1)) / (2 - eta * lambda);
}

/**
 * Returns the mean force along the valley due to the fluctuations across it, −½ lambda'⟨y²⟩, nat/weight. docs/theory [V3].
 * @throws InputError where lambda is not positive or eta lambda ≥ 2
 */
export function regularisingForce(s: SgdValley, x: number): number {
  is.given('regularisingForce', { s, x }, { s: SGD_VALLEY_WANTS, x: is.finite });
  const lambda = curvatureAt(s.valley.curvature, x);
  return -0.5 * s.valley.curvature.slope(x) * acrossVariance(s, lambda);
}

/**
 * Returns the regularisation V(x) with V' = −`regularisingForce`, nat, by the formulas above, which fix its zero. docs/theory
 * [V3].
 * @throws InputError where lambda is not positive or eta lambda ≥ 2
 */
export function regularisation(s: SgdValley, x: number): number {
  is.given('regularisation', { s, x }, { s: SGD_VALLEY_WANTS, x: is.finite });
  const { valley, noise, learningRate: eta } = s;
  const lambda = curvatureAt(valley.curvature, x);
  checkStable(eta, lambda);
  const { power, strength } = noise;
  const log = Math.log1p(-(eta * lambda) / 2);
  if (power === 0) return ((eta * strength) / 4) * (Math.log(lambda) - log);
  if (power === 1) return (-strength / 2) * log;
  return -strength * (lambda / 2 + log / eta);
}

/** Returns the effective drift −L0' − V', weight per eta·step. */
export function effectiveDrift(s: SgdValley, x: number): number {
  is.given('effectiveDrift', { s, x }, { s: SGD_VALLEY_WANTS, x: is.finite });
  return -s.valley.floor.slope(x) + regularisingForce(s, x);
}

/**
 * Computes the time that the effective drift takes from one point to another, ∫ dx/drift, in eta·steps (divided by eta: steps),
 * without diffusion along the valley, which `meanFirstPassage` includes.
 * @throws InputError where the drift does not lead there
 */
export function driftTime(drift: (x: number) => number, from: number, to: number): Estimate {
  is.given('driftTime', { drift, from, to }, { drift: is.func, from: is.finite, to: is.finite });
  const direction = Math.sign(to - from);
  const time = (panels: number) =>
    integral(
      (x) => {
        const f = drift(x);
        check(
          f * direction > 0,
          'no-arrival',
          () =>
            `the drift does not lead from ${from} to ${to}: at ${x} it is ${f}, so only noise does; ask for the mean first-passage time instead.`,
        );
        return 1 / f;
      },
      from,
      to,
      panels,
    );
  const [coarse, fine] = [time(32), time(64)];
  return computed(fine, Math.abs(fine - coarse), 640, 'Gauss-Legendre quadrature; error: against half the panels');
}

function checkStable(eta: number, lambda: number): void {
  check(
    eta > 0 && lambda > 0 && eta * lambda < 2,
    'unstable',
    () =>
      `SGD across a valley of curvature ${lambda} is stable for learning rates between 0 and ${2 / lambda}; got ${eta}.`,
  );
}
