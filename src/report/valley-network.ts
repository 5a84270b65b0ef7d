/**
 * Verdicts of the study of the degenerate valley on real networks. The rules, written before any seed of the study was run (pilots on
 * another seed and on the quick preset had shown how long training takes and in which range thresholds lie):
 *
 * All errors are over seeds; intervals are 95 % of Student's t. A *slope* is d ln m/d ln(eta/B) by least squares over the settings that
 * reached the target loss, seed by seed.
 *
 * flatter-…: the slope of each measure has the sign of "flatter". Reproduced: the interval lies wholly on that side of 0. Not reproduced:
 *   wholly on the other, or it holds 0 and its half-width is at most 0.05. Undecided else, and with fewer than two seeds.
 * test-error: the same rule for the number of wrong test answers, which should fall.
 * floor-…: the same rules at the mean of an epoch's weights, each taken where that mean's loss is the target's.
 * ratio-…: at equal eta/B a measure does not depend on eta: its slope b = d ln m/d ln eta within pairs of settings of equal eta/B. Reproduced:
 *   |b| at most 0.05, or the interval holds 0 with a half-width of at most 0.1. Not reproduced: |b| above 0.05 and the interval without 0.
 * sooner-…: the time until Tr H has fallen, after its maximum, to what the seed's weakest noise has at the target (mean of its settings),
 *   interpolated in the logarithms. A slope below 0 (interval) reproduces; above 0, or within ±0.05, does not. Asked in eta·steps, the time of
 *   gradient flow, and in epochs. Settings that reach the target above that level have no such time; where more than a quarter have none:
 *   undecided.
 * until-divergence: the strongest noise of the ladder does not reach the target and all others do, in every seed: reproduced. It does in
 *   every seed: not reproduced. Undecided else.
 * anisotropy: kappa = C across over C along the drift exceeds 1: sign of the mean of ln kappa over the solutions of a seed.
 * noise-curvature: C_ii ~ lambda_i^gamma over directions across, along the drift and at random, gamma of least squares in the logarithms,
 *   averaged over a seed's solutions. Reproduced (gamma = 1): |gamma − 1| at most 0.2. Not reproduced: more than that, and the interval
 *   without 1.
 * drift-flattens: at the strongest two ratios that reached the target, the mean over directions across of d ln lambda/dx times the length of
 *   the drift is below 0 (sign, interval).
 * ceiling-…: measured over predicted learning rate where runs from a solution become unstable, for every batch size. Reproduced: every mean
 *   within 30 % of 1. Not reproduced: some interval wholly outside. Undecided else.
 * ceiling-slope: how that threshold falls with smaller batches: slope of ln measured against ln [V4] over batch sizes, 1 predicted. Reproduced:
 *   within 0.2 of 1. Not reproduced: farther, and the interval without 1.
 * ceiling-initial: as ceiling-…, from the initial weights and 2/h_max there, which linear theory would have for divergence.
 * recovery: runs that became unstable settle elsewhere: divergence over instability from a solution, at the largest batch. Reproduced: the
 *   interval lies above 1.2. Not reproduced: the mean is below 1.2 and the interval's upper end below 1.5.
 */
