/** Made-up runs of ivf2021 from the window to the findings, in which every claim has a known truth. */
import type {
  DirectionDynamics,
  DirectionFlatness,
  FlatnessSummary,
  PcaSummary,
} from '../../src/analyse/trajectory/results.js';
import { scaling } from '../../src/analyse/trajectory/scaling.js';
import type { Ivf2021Input } from '../../src/experiments/ivf2021/facts.js';
import { ivf2021Findings } from '../../src/experiments/ivf2021/findings.js';
import { estimate } from '../../src/numeric/estimate.js';
import { randomKey } from '../../src/numeric/random.js';
import type { Finding } from '../../src/report/finding.js';
import { draws, form, walkNull } from './ivf2021-input.js';

export interface World {
  P?: number;
  /** sigma_i² = i^−gamma. */
  gamma?: number;
  /** log10 F = (gamma/psi) log10 i + noise. */
  psi?: number;
  noise?: number;
  ratio?: number;
  /** Share of PC1, set by scaling its variance. */
  share?: number;
  cos?: number;
  alphaFirst?: number;
  alphaRest?: number;
  followed?: number;
  open?: boolean;
  /** gamma of the walk. */
  walkGamma?: number;
  noWalk?: boolean;
}

/** A made-up run in which every claim has a known truth. */
export function run(w: World): Map<string, Finding> {
  const { P = 400, gamma = 2.5, psi = 4, noise = 0.02, ratio = 1, share = 0.8 } = w;
  const s = randomKey(5).stream();
  const variances = Array.from({ length: P }, (_, k) => (k + 1) ** -gamma);
  const rest = variances.slice(1).reduce((a, b) => a + b);
  variances[0] = (rest * share) / (1 - share);
  const pca: PcaSummary = {
    T: 12_000,
    P,
    via: 'covariance',
    variances,
    resolution: 1e-18,
    totalVariance: rest + variances[0],
    residual: 1e-15,
  };
  const directions = variances.map((variance, k): DirectionFlatness => {
    const F = 10 ** ((gamma / psi) * Math.log10(k + 1) + noise * s.normal());
    const d = {
      index: k + 1,
      variance,
      slope: 0,
      curvature: 1,
      quadraticRatio: ratio * (1 + 0.02 * s.normal()),
      asymmetry: 0,
      evaluations: 12,
    };
    return w.open
      ? { ...d, left: -F / 2, right: null, flatness: null, open: 'right' }
      : { ...d, left: -F / 2, right: F / 2, flatness: F, open: null };
  });
  const flatness: FlatnessSummary = {
    centre: 'mean',
    centreLoss: 1e-4,
    samples: 60_000,
    factor: Math.E,
    relativeTolerance: 1e-6,
    directions,
    profiles: [],
  };
  const dynamics = Array.from({ length: w.followed ?? 40 }, (_, k): DirectionDynamics => {
    const index = k === 0 ? 1 : 10 + 2 * k;
    const alpha = k === 0 ? (w.alphaFirst ?? 1.98) : (w.alphaRest ?? 1) + 0.05 * s.normal();
    return {
      index,
      cosWithWeights: k === 0 ? (w.cos ?? -0.8) : 0.01,
      driftVelocity: estimate(1e-6, 1e-8, 100, 'made up'),
      msdExponent: estimate(alpha, 0.03, 10, 'made up, jackknife'),
      correlationTime: estimate(10, 1, 100, 'made up'),
      msd: { lag: [1], value: [1] },
    };
  });
  const input: Ivf2021Input = {
    pca,
    dynamics,
    flatness,
    scaling: scaling({ pca, directions, key: randomKey(6), replicates: 100 }),
    walk: w.noWalk
      ? { missing: 'Full batches have no noise.' }
      : walkNull({ gamma, forms: [form({ gamma: draws(w.walkGamma ?? 2, 0.05) })] }),
    key: randomKey(7),
  };
  return new Map(ivf2021Findings(input).map((f) => [f.id, f]));
}
