/**
 * The surrogates of a branch: linear systems with its H and C, or walks with its C alone, analysed as its own window is.
 * docs/theory [S7], [N1].
 */

import { forEachChunk } from '../../analyse/trajectory/rows.js';
import { scaling } from '../../analyse/trajectory/scaling.js';
import { frobenius, type Matrix, matrix, trace } from '../../numeric/linalg/matrix.js';
import type { SubsetEigen, SymmetricEigen } from '../../numeric/linalg/provider.js';
import { logSpaced } from '../../numeric/spacing.js';
import { factorOf } from '../../theory/noise-factor.js';
import { surrogate } from '../../theory/surrogate.js';
import { walkTimes, walkVariances } from '../../theory/walk.js';
import { walkDirections } from '../../theory/walk-directions.js';
import { type MeasuredBranch, othersDirections, ownDirections, type Span } from './look.js';
import type { WidthMeter } from './measure.js';
import type { Regime } from './measured.js';
import { type Moments, merged, PieceSums, type Principal, principal } from './moments.js';
import { ownMatrices, stepNoise, turnedMoments } from './motion.js';

/**
 * Computes three regimes: the surrogate along its own directions and along those of its other half, and walks along their own.
 * What is rounding in the network's window does not count here either, although these have none.
 * @param resolution - that of the network's window, and that along directions fixed beforehand for as many steps
 */
export async function surrogateRegimes(
  branch: MeasuredBranch,
  span: Span,
  eigen: SymmetricEigen,
  meter: WidthMeter,
  resolution: { readonly own: number; held(steps: number): number },
): Promise<Regime[]> {
  const { la, key, report } = branch;
  const regimes: Regime[] = [];
  report('surrogate', 0.7);
  const { motion } = branch;
  const { hessian, noise } = ownMatrices(motion, branch);
  const modes = motion.root ? la.eigh(hessian) : shifted(eigen, motion.decay);
  // without a preconditioner the steps have this noise too
  const ofNoise = la.eigh(noise);
  let halves = await linearHalves(branch, span.steps, modes, noise, factorOf(ofNoise));
  const turned = (rows: Matrix) => la.gemm(rows, eigen.vectors, { transposeB: true });
  const { root } = motion;
  // √P V takes the modes of A to the weights
  if (root) {
    const P = root.length;
    const s = matrix(
      P,
      P,
      modes.vectors.data.map((v, at) => root[Math.floor(at / P)] * v),
    );
    halves = halves.map((half) => turnedMoments(la, half, s));
  }
  const view = { meter, resolution: resolution.own, ...(!root && { turned }) };
  const { count } = halves[1];
  const half = { epochs: span.epochs / 2, steps: count, resolution: resolution.held(count) };
  regimes.push(
    await othersDirections(branch, halves, {
      ...view,
      ...half,
      basis: 'surrogate-other',
      key: key.child('surrogate other half'),
    }),
  );
  const whole = merged(halves[0], halves[1]);
  halves.length = 0;
  const basis = 'surrogate';
  regimes.push(
    await ownDirections(branch, principal(la, whole, branch.config.directions), {
      ...view,
      ...span,
      basis,
      key: key.child(basis),
    }),
  );
  regimes.push(await walks(branch, span, meter, resolution.own, root ? undefined : ofNoise));
  return regimes;
}

/**
 * Draws walks with the branch's own C, sampling and window and no restoring force, and one with an isotropic C of the same trace.
 * The regime is that of the first draw, with the exponents of all. docs/theory [N1].
 * @param known - eigenvalues and eigenvectors of the noise of a step, where these have been computed
 */
async function walks(
  branch: MeasuredBranch,
  span: Span,
  meter: WidthMeter,
  resolution: number,
  known: SymmetricEigen | undefined,
): Promise<Regime> {
  const { la, config, motion, key, report } = branch;
  const noise = stepNoise(motion, branch.noise);
  const P = noise.rows;
  const { learningRate, sampling, batchesPerEpoch, momentum } = motion.dynamics;
  const times = walkTimes({ steps: span.steps, sampling, batchesPerEpoch, momentum });
  const ranks = logSpaced(Math.min(P, span.steps - 1), config.directions);
  const own = known ?? la.eigh(noise);
  const step = { values: own.values.map((v) => learningRate ** 2 * v), vectors: own.vectors };
  const draw = (d: number): Promise<Regime> => {
    report(`walk ${d + 1} of ${config.walks}`, 0.85 + (0.15 * d) / config.walks);
    const walkKey = key.child('random-walk').child(d);
    const drawn = walkDirections(la, { step, times, ranks, key: walkKey });
    const basis = 'random-walk';
    return ownDirections(branch, principalOf(drawn, ranks, span.steps), {
      meter,
      resolution,
      ...span,
      basis,
      key: walkKey.child('fit'),
    });
  };
  const all: Regime[] = [];
  for (let d = 0; d < config.walks; d++) all.push(await draw(d));
  const covariance = new Float64Array(P).fill((learningRate ** 2 * trace(noise)) / P);
  const isotropic = walkVariances(la, { covariance, times, key: key.child('isotropic walk') });
  const pca = { variances: [...isotropic], resolution: all[0].resolution, totalVariance: all[0].totalVariance, P };
  const { rankLaw } = scaling({ pca, directions: [], key: key.child('isotropic walk').child('fit') });
  return {
    ...all[0],
    walks: {
      psi: all.map((r) => -r.relation.exponent.value),
      rank: all.map((r) => -r.rankLaw!.exponent.value),
      isotropicRank: -rankLaw.exponent.value,
    },
  };
}

/** Adds to every eigenvalue. */
const shifted = (eigen: SymmetricEigen, by: number): SymmetricEigen =>
  by === 0 ? eigen : { ...eigen, values: eigen.values.map((v) => v + by) };

/** Returns drawn eigenvalues as the principal directions of a window of `steps` rows. */
function principalOf({ values, vectors }: SubsetEigen, ranks: readonly number[], steps: number): Principal {
  const P = values.length;
  return {
    variances: Array.from({ length: Math.min(P, steps - 1) }, (_, k) => Math.max(0, values[P - 1 - k])),
    totalVariance: values.reduce((s, v) => s + v, 0),
    resolution: 2 ** -52 * frobenius(matrix(1, P, values)),
    ranks,
    directions: vectors,
  };
}

/**
 * Simulates a window of the linear system with this H (in its eigenbasis), with as many steps and the same sampling, in two
 * halves.
 */
async function linearHalves(
  { la, config, motion: { dynamics }, key }: MeasuredBranch,
  steps: number,
  eigen: SymmetricEigen,
  noise: Matrix,
  factor: Matrix,
): Promise<Moments[]> {
  const P = noise.rows;
  const source = surrogate(la, {
    hessian: eigen,
    covariance: noise,
    ...dynamics,
    window: steps,
    burnIn: config.surrogateEpochs * dynamics.batchesPerEpoch,
    basis: 'hessian',
    key: key.child('surrogate'),
    factor,
  });
  const sums = new PieceSums(la, P);
  const middle = Math.floor(steps / 2);
  await forEachChunk(source, (chunk, first, rows) => {
    const before = Math.max(0, Math.min(rows, middle - first));
    if (before > 0) sums.add(chunk.subarray(0, before * P));
    if (first + before === middle) sums.cut();
    if (before < rows) sums.add(chunk.subarray(before * P));
  });
  sums.cut();
  return sums.pieces;
}
