/**
 * The surrogates of a branch: linear systems with its H and C, or with C alone, analysed as its own window is.
 * docs/theory [S7].
 */
import type { FlatnessMeter } from '../../analyse/landscape/flatness.js';
import { forEachChunk } from '../../analyse/trajectory/rows.js';
import type { Matrix } from '../../numeric/linalg/matrix.js';
import type { SymmetricEigen } from '../../numeric/linalg/provider.js';
import { noiseFactor } from '../../theory/noise-factor.js';
import { surrogate } from '../../theory/surrogate.js';
import { type MeasuredBranch, othersDirections, ownDirections, type Span } from './look.js';
import type { Regime } from './measured.js';
import { type Moments, merged, PieceSums, principal } from './moments.js';

/**
 * Computes three regimes: the surrogate along its own directions and along those of its other half, and the random walk
 * along its own. Variances below the resolution of float32 rows do not count here either: `resolution` is that of the
 * network's window.
 */
export async function surrogateRegimes(
  branch: MeasuredBranch,
  span: Span,
  eigen: SymmetricEigen,
  meter: FlatnessMeter,
  resolution: number,
): Promise<Regime[]> {
  const { la, key, report } = branch;
  const regimes: Regime[] = [];
  const factor = noiseFactor(la, branch.noise);
  for (const basis of ['surrogate', 'random-walk'] as const) {
    report(basis, basis === 'surrogate' ? 0.7 : 0.9);
    const linear = basis === 'surrogate';
    const halves = await linearHalves(branch, span.steps, linear ? eigen : 'zero', factor);
    const turned = linear
      ? (rows: Matrix) => la.gemm(rows, eigen.vectors, { transposeB: true })
      : (rows: Matrix) => rows;
    const view = { meter, resolution, turned };
    if (linear) {
      const half = { epochs: span.epochs / 2, steps: halves[1].count };
      regimes.push(
        othersDirections(branch, halves, {
          ...view,
          ...half,
          basis: 'surrogate-other',
          key: key.child('surrogate other half'),
        }),
      );
    }
    const whole = merged(halves[0], halves[1]);
    halves.length = 0;
    regimes.push(ownDirections(branch, principal(la, whole), { ...view, ...span, basis, key: key.child(basis) }));
  }
  return regimes;
}

/**
 * Simulates a window of the linear system with this H (in its eigenbasis) or none, with as many steps and the same
 * sampling, in two halves.
 */
async function linearHalves(
  { la, config, dynamics, noise, key }: MeasuredBranch,
  steps: number,
  eigen: SymmetricEigen | 'zero',
  factor: Matrix,
): Promise<Moments[]> {
  const P = noise.rows;
  const source = surrogate(la, {
    hessian: eigen,
    covariance: noise,
    ...dynamics,
    window: steps,
    burnIn: eigen === 'zero' ? 0 : config.surrogateEpochs * dynamics.batchesPerEpoch,
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
