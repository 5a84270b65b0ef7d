/**
 * The effective loss of valley2023: its equations 7 and 11, and the density that each belongs to. docs/theory [V1], [V2].
 *
 * With constant diffusion D_x along and D_y = kappa·D_x across the valley, and y fast, the stationary density is
 *
 *     P(x, y) ∝ e^{−L0/D_x} F^{kappa−1} e^{−lambda y²/(2 D_y)}                        (F = 1/√lambda)
 *
 * so that there are two densities of x and two effective losses −Delta ln P (Delta: the unit of energy, see below):
 *
 *     floor     P(x, 0)      ∝ e^{−L0/D_x} F^{kappa−1}     the density of eq. 7
 *     marginal  ∫P(x, y) dy  ∝ e^{−L0/D_x} F^{kappa}       how often SGD is at x, whatever y: the density of histograms
 *
 * eq. 7:   L_SGD = Delta (1 − kappa) ln F                       with Delta = D_x
 * eq. 11:  L_SGD = Delta (1 − kappa) ln F + (kappa − 1) L       with Delta = D_y, and L the loss on the floor
 *
 * Both give the SAME density: with Delta = D_y, L0 + L_SGD of eq. 11 is kappa (L0 + L_SGD of eq. 7). Off the floor eq. 11 read
 * with L(x, y) would give ⟨y²⟩ = D_x/lambda instead of D_y/lambda: it holds on the floor. The reading of Delta in eq. 11 is
 * derived here, not quoted; the equations themselves are quoted after a secondary source (docs/theory [V1]).
 *
 * At kappa = 1 the floor density is Boltzmann's and L_SGD = 0; the marginal still prefers flat regions, by entropy.
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { curvatureAt, VALLEY_WANTS, type Valley } from './valley.js';

/** Names a density of x: `floor` is P(x, 0), that of eq. 7; `marginal` is ∫ P dy. */
export type DensityKind = 'floor' | 'marginal';

/** Describes a valley with constant diffusion, and which effective loss is meant. */
export interface EffectiveLossOptions {
  readonly valley: Valley;
  /** The density that the effective loss belongs to; it has no default. */
  readonly density: DensityKind;
  /** kappa = D_y/D_x > 0. */
  readonly anisotropy: number;
  /** D_x, the diffusion along the valley, weight² per eta·step: an energy, since time is in eta·steps. */
  readonly diffusion: number;
  /** The unit Delta: `along` (default, eq. 7) D_x, `across` (eq. 11) D_y = kappa D_x. */
  readonly unit?: 'along' | 'across';
}

/** Says what an {@link EffectiveLossOptions} needs. */
export const EFFECTIVE_LOSS_OPTIONS_WANTS = is.shape<EffectiveLossOptions>({
  valley: VALLEY_WANTS,
  density: is.oneOf('floor', 'marginal'),
  anisotropy: is.finite,
  diffusion: is.finite,
  unit: is.maybe(is.oneOf('along', 'across')),
});

/**
 * Returns L_SGD(x), nat, which the noise of SGD adds to the loss on the floor, so that the density is ∝ exp(−(L0 +
 * L_SGD)/Delta). For `floor` it is eq. 7 with the unit `along` and eq. 11 with `across`; the marginal has −kappa ln F in place
 * of (1 − kappa) ln F. docs/theory [V1].
 * @throws InputError for an anisotropy or diffusion that is not positive; the function throws where lambda is not positive
 */
export function sgdLoss(options: EffectiveLossOptions): (x: number) => number {
  is.given('sgdLoss', { options }, { options: EFFECTIVE_LOSS_OPTIONS_WANTS });
  const { valley, density, anisotropy: kappa, diffusion, unit = 'along' } = options;
  check(
    kappa > 0 && Number.isFinite(kappa),
    'bad-anisotropy',
    () => `the anisotropy D_y/D_x is positive; got ${kappa}.`,
  );
  check(
    diffusion > 0 && Number.isFinite(diffusion),
    'bad-diffusion',
    () => `the diffusion along the valley is positive; got ${diffusion}.`,
  );
  const power = density === 'floor' ? 1 - kappa : -kappa;
  const stretch = unit === 'along' ? 1 : kappa;
  return (x) => {
    const logF = -0.5 * Math.log(curvatureAt(valley.curvature, x));
    return stretch * diffusion * power * logF + (stretch - 1) * valley.floor.at(x);
  };
}

/** Returns L0 + L_SGD as a function of x, nat; throws as `sgdLoss` does. */
export function effectiveLoss(options: EffectiveLossOptions): (x: number) => number {
  is.given('effectiveLoss', { options }, { options: EFFECTIVE_LOSS_OPTIONS_WANTS });
  const added = sgdLoss(options);
  return (x) => options.valley.floor.at(x) + added(x);
}
