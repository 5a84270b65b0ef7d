/** The tables of the model part as CSV documents, at full precision. */
import type { Estimate } from '../../numeric/estimate.js';
import { csv } from '../../report/csv.js';
import type { ValleyModelResults } from './measured.js';

const both = (e: Estimate | undefined): [number | undefined, number | undefined] => [e?.value, e?.standardError];

export function valleyTables(m: ValleyModelResults): Record<string, string> {
  const { phase } = m;
  const columns = phase.noise.length;
  return {
    'potential.csv': csv(
      ['diffusion', 'kappa', 'separation', 'method', 'floor_slope', 'floor_error', 'marginal_slope', 'marginal_error'],
      m.potential.cases.flatMap((c) =>
        c.slopes.map((s) => [c.diffusion, c.anisotropy, c.separation, s.method, ...both(s.floor), ...both(s.marginal)]),
      ),
    ),
    'tilted.csv': csv(
      ['diffusion', 'kappa', 'separation', 'loss_coefficient', 'error', 'flatness_coefficient', 'error_flatness'],
      m.potential.tilted.map((c) => [
        c.diffusion,
        c.anisotropy,
        c.separation,
        ...both(c.lossCoefficient),
        ...both(c.flatnessCoefficient),
      ]),
    ),
    'densities.csv': csv(
      ['x_from', 'x_to', ...m.densities.densities.flatMap((d) => [`${d.source}_marginal`, `${d.source}_floor`])],
      m.densities.edges
        .slice(1)
        .map((to, k) => [
          m.densities.edges[k],
          to,
          ...m.densities.densities.flatMap((d) => [d.marginal[k], d.floor[k]]),
        ]),
    ),
    'finite-steps.csv': csv(
      [
        'learning_rate',
        'eta_lambda',
        'variance_ratio',
        'error',
        'predicted_ratio',
        'mean_x',
        'mean_x_error',
        'continuous_x',
        'finite_step_x',
        'tv_continuous',
        'tv_finite_step',
        'tv_counting',
      ],
      m.densities.steps.map((s) => [
        s.learningRate,
        s.sharpest,
        ...both(s.varianceRatio),
        s.predictedRatio,
        ...both(s.meanX),
        s.continuousX,
        s.finiteStepX,
        s.toContinuous.value,
        s.toFiniteStep.value,
        s.counting,
      ]),
    ),
    'convergence.csv': csv(
      [
        'noise',
        'strength',
        'learning_rate',
        'steps',
        'error',
        'arrived',
        'diverged',
        'diverged_error',
        'drift_steps',
        'passage_steps',
        'growth',
      ],
      m.convergence.rows.map((r) => [
        r.noise,
        r.strength,
        r.learningRate,
        ...both(r.steps),
        r.arrived,
        ...both(r.diverged),
        r.driftSteps,
        r.passageSteps,
        r.growth,
      ]),
    ),
    'equal-temperature.csv': csv(
      ['learning_rate', 'strength', 'time', 'error', 'drift_time'],
      m.convergence.equalTemperature.map((r) => [r.learningRate, r.strength, ...both(r.time), r.driftTime]),
    ),
    'phase.csv': csv(
      ['learning_rate', 'curvature_noise', 'flatness', 'diverged'],
      phase.rates.flatMap((eta, j) =>
        phase.noise.map((s, i) => [eta, s, phase.flatness[j * columns + i], phase.diverged[j * columns + i]]),
      ),
    ),
    'phase-lines.csv': csv(
      ['curvature_noise', ...Object.keys(phase.lines), 'first_divergence', 'half_diverged'],
      phase.noise.map((s, k) => [s, ...Object.values(phase.lines).map((l) => l[k]), phase.first[k], phase.half[k]]),
    ),
    'freezing.csv': csv(
      [
        'noise',
        'diffusion',
        'freezing_time',
        'error',
        'predicted_time',
        'final_flat',
        'final_error',
        'predicted_final',
        'fokker_planck_final',
      ],
      m.freezing.rows.map((r) => [
        r.noise,
        r.diffusion,
        ...both(r.freezingTime),
        r.predictedTime,
        ...both(r.final),
        r.predictedFinal,
        r.fokkerPlanckFinal,
      ]),
    ),
    'escape.csv': csv(
      ['barrier_over_D', 'walkers', 'error', 'exact', 'fokker_planck', 'kramers'],
      m.freezing.escapes.map((e) => [e.barrier, ...both(e.walkers), e.exact, e.fokkerPlanck, e.kramers]),
    ),
    'circulation.csv': csv(
      [
        'l',
        'tv_fokker_planck',
        'tv_langevin',
        'tv_counting',
        'rotation_langevin',
        'error',
        'rotation_grid',
        'rotation_theory',
        'current_error',
      ],
      m.circulation.rows.map((r) => [
        r.strength,
        r.fokkerPlanck.value,
        r.langevin.value,
        r.counting,
        ...both(r.rotation),
        r.gridRotation.value,
        r.predictedRotation,
        r.currentError.value,
      ]),
    ),
  };
}
