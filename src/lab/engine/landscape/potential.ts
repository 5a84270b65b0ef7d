/**
 * The potential that the fluctuations follow, beside the loss, and the current that turns in it. docs/theory [D1]–[D7].
 *
 * In K principal directions theta' = −F theta + noise with F = PᵀHP and D = (eta/2) PᵀCP, per eta·step, where H is the curvature of
 * the training loss at the mean of the window and C the covariance of the gradient of ONE minibatch, both over the same random samples.
 * With momentum mu eta stands for eta/(1 − mu). The decomposition gives the stationary covariance Σ, the potential ½ thetaᵀΣ⁻¹theta
 * and Q, which turns. Directions that the others would be left without a stationary state by are dropped, lowest curvature first.
 *
 * The measured circulation is that of the recorded rows, per row; what is expected of rows that are m steps apart is that of the map
 * (1 − eta F)^m with its own covariance.
 */
import { type Decomposition, decompose } from '../../../analyse/decomposition/decompose.js';
import { potentialPlane } from '../../../analyse/decomposition/plane.js';
import { type Vortices, vortices } from '../../../analyse/decomposition/vortices.js';
import { circulation, expectedCirculation } from '../../../analyse/trajectory/circulation.js';
import { check, InputError } from '../../../numeric/errors.js';
import { type Estimate, missing } from '../../../numeric/estimate.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../../numeric/linalg/index.js';
import type { SampleSubset } from '../../../surface/surface.js';
import { linearForm } from '../../../theory/optimisers/linear-form.js';
import type { PlaneOfMotion, PotentialArguments, PotentialResult, VortexSeen } from '../../landscape-results.js';
import type { Snapshot } from '../../protocol.js';
import type { Bench, Report } from '../registry.js';
import { alongRank, type WindowDirections, windowDirections } from './window.js';

/** Measures force and noise in some directions and decomposes their motion. */
export async function measurePotential(
  bench: Bench,
  snapshot: Snapshot,
  args: PotentialArguments,
  report: Report,
): Promise<PotentialResult> {
  const { ranks: chosen = [1, 2], directions: K = 8, samples = 1000 } = args;
  const { settings, batchSize, sampling } = snapshot;
  check(
    settings.type === 'sgd',
    'wrong-optimiser',
    () =>
      `the potential of this view belongs to SGD, whose force is the gradient; ${settings.type} moves in coordinates of its own.`,
  );
  check(
    chosen[0] !== chosen[1] && Number.isInteger(K) && K >= 2 && K <= 40,
    'bad-rank',
    () => `a plane has two different directions among 2 to 40; got ${chosen.join(', ')} among ${K}.`,
  );
  await report(0, 'directions of the window');
  const wanted = [...new Set([...chosen, ...Array.from({ length: K }, (_, k) => k + 1)])].slice(0, Math.max(K, 2));
  const w = await windowDirections(bench, snapshot, wanted, args.rows);
  const eta = settings.learningRate / (1 - (settings.momentum ?? 0));
  const surface = bench.surface(linearForm(snapshot.settings).penalty);
  const subset = drawn(surface.samples, samples, bench);
  const n = subset?.samples.length ?? surface.samples;
  await report(0.1, 'curvature');
  const products = await surface.hessianVectors(w.centre, bench.block, w.directions, subset);
  const H = symmetric(bench.la.gemm(w.directions, products, { transposeB: true }));
  await report(0.6, 'noise');
  const gradients = await surface.projectedSampleGradients(w.centre, bench.block, w.directions, subset);
  const shared = sampling === 'shuffled' ? (surface.samples - batchSize) / Math.max(1, surface.samples - 1) : 1;
  const C = covarianceOf(gradients, shared / batchSize);
  await report(0.9, 'decomposition');
  const found = stable(bench.la, w, H, C, eta, chosen);
  const { ranks, d, hessian } = found;
  const turning = vortices(bench.la, d);
  const theta = coordinatesOf(w, ranks);
  const rotation = rotationOf(bench.la, theta, ranks.length, d, eta, snapshot.every);
  const sigma = d.sigma as Matrix;
  return {
    basis: w.basis,
    ranks,
    dropped: w.ranks.filter((r) => !ranks.includes(r)),
    planes: planesOf(bench.la, d, turning, hessian, theta, ranks, chosen),
    vortices: turning.vortices
      .filter((v) => v.share >= 0.005)
      .slice(0, 4)
      .map((v) => vortexOf(v, ranks)),
    entropyProduction: d.entropyProductionRate,
    variances: ranks.map((rank, i) => ({
      rank,
      theory: sigma.data[i * ranks.length + i],
      measured: second(theta, i, i, ranks.length),
    })),
    ...rotation,
    learningRate: eta,
    samples: n,
    warnings: warningsOf(found.d, snapshot, n),
  };
}

function warningsOf(d: Decomposition, snapshot: Snapshot, n: number): string[] {
  return [
    ...d.warnings,
    ...(snapshot.sampling === 'cyclic'
      ? [
          'The order of the samples is the same in every epoch, so that its noise is none: the noise taken here is that of drawn batches.',
        ]
      : []),
    ...(snapshot.sampling === 'shuffled'
      ? [
          'Samples are shuffled, so that the batches of an epoch cancel one another: along directions that relax slowly compared with an epoch the window is narrower than this theory, which draws every batch anew.',
        ]
      : []),
    `Force and noise come from ${n} samples at the mean of the window; they change while the network trains.`,
  ];
}

/** Draws samples without replacement; undefined for all of them. */
function drawn(of: number, count: number, bench: Bench): SampleSubset | undefined {
  if (count >= of) return undefined;
  const samples = bench.key.child('potential').stream().permutation(of).slice(0, count).sort();
  return { samples: Uint32Array.from(samples), strata: [{ count, of }] };
}

/** Returns factor·cov of the columns of n×k, k×k. */
function covarianceOf(g: Matrix, factor: number): Matrix {
  const { rows: n, cols: k } = g;
  const mean = new Float64Array(k);
  for (let t = 0; t < n; t++) for (let i = 0; i < k; i++) mean[i] += g.data[t * k + i] / n;
  const out = matrix(k, k);
  for (let t = 0; t < n; t++)
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++)
        out.data[i * k + j] += ((g.data[t * k + i] - mean[i]) * (g.data[t * k + j] - mean[j]) * factor) / (n - 1);
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out.data[j * k + i] = out.data[i * k + j];
  return out;
}

function symmetric(m: Matrix): Matrix {
  const n = m.rows;
  const out = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out.data[i * n + j] = (m.data[i * n + j] + m.data[j * n + i]) / 2;
  return out;
}

/** Drops directions, lowest curvature first but never the chosen two, until the motion in the others is stationary. */
function stable(
  la: LinearAlgebra,
  w: WindowDirections,
  H: Matrix,
  C: Matrix,
  eta: number,
  chosen: readonly [number, number],
): { ranks: number[]; d: Decomposition; hessian: Matrix } {
  const k = w.ranks.length;
  let kept = Array.from({ length: k }, (_, i) => i);
  const part = (m: Matrix) =>
    matrix(kept.length, kept.length, Float64Array.from(kept.flatMap((i) => kept.map((j) => m.data[i * k + j]))));
  for (;;) {
    const hessian = part(H);
    const lowest = la.eigh(hessian).values[0];
    if (lowest > 0) {
      const D = part(C);
      for (let i = 0; i < D.data.length; i++) D.data[i] *= eta / 2;
      return {
        ranks: kept.map((i) => w.ranks[i]),
        d: decompose({ la, drift: hessian, diffusion: D }),
        hessian,
      };
    }
    const others = kept.filter((i) => !chosen.includes(w.ranks[i]));
    if (others.length === 0)
      throw new InputError(
        'unstable',
        `in the plane of the directions ${chosen.join(' and ')} the loss curves downwards (lowest curvature ${lowest.toPrecision(2)} nat/weight²), so that the motion there has no stationary state and no potential; choose other directions, or train on.`,
      );
    const worst = others.reduce((m, i) => (H.data[i * k + i] < H.data[m * k + m] ? i : m));
    kept = kept.filter((i) => i !== worst);
  }
}

/** Returns the coordinates of the window along some ranks, k×T. */
function coordinatesOf(w: WindowDirections, ranks: readonly number[]): Float64Array {
  const out = new Float64Array(ranks.length * w.rows);
  ranks.forEach((r, i) => {
    out.set(alongRank(w, r).coordinates, i * w.rows);
  });
  return out;
}

/** Returns the covariance of two coordinates of k×T about their means. */
function second(theta: Float64Array, i: number, j: number, k: number): number {
  const T = theta.length / k;
  const mean = (c: number) => theta.subarray(c * T, (c + 1) * T).reduce((s, v) => s + v, 0) / T;
  const [mi, mj] = [mean(i), mean(j)];
  let sum = 0;
  for (let t = 0; t < T; t++) sum += (theta[i * T + t] - mi) * (theta[j * T + t] - mj);
  return sum / T;
}

function planesOf(
  la: LinearAlgebra,
  d: Decomposition,
  v: Vortices,
  H: Matrix,
  theta: Float64Array,
  ranks: readonly number[],
  chosen: readonly [number, number],
): PlaneOfMotion[] {
  const k = ranks.length;
  const sigma = d.sigma as Matrix;
  const unit = (r: number) => Float64Array.from(ranks, (other) => (other === r ? 1 : 0));
  const form = (m: Matrix, a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) sum += a[i] * m.data[i * k + j] * b[j];
    return sum;
  };
  const T = theta.length / k;
  const along = (a: Float64Array) => {
    const out = new Float64Array(T);
    for (let i = 0; i < k; i++) if (a[i] !== 0) for (let t = 0; t < T; t++) out[t] += a[i] * theta[i * T + t];
    const mean = out.reduce((s, x) => s + x, 0) / T;
    return out.map((x) => x - mean);
  };
  const plane = (
    name: PlaneOfMotion['name'],
    labels: PlaneOfMotion['labels'],
    a: Float64Array,
    b: Float64Array,
  ): PlaneOfMotion => {
    const [x, y] = [along(a), along(b)];
    const product = (p: Float64Array, q: Float64Array) => p.reduce((s, value, t) => s + value * q[t], 0) / T;
    return {
      name,
      labels,
      covariance: [form(sigma, a, a), form(sigma, a, b), form(sigma, b, b)],
      measured: [product(x, x), product(x, y), product(y, y)],
      hessian: [form(H, a, a), form(H, a, b), form(H, b, b)],
      circulation: d.system.noiseStrength * form(d.q, a, b),
      x,
      y,
    };
  };
  const own = plane('chosen', [`direction ${chosen[0]}`, `direction ${chosen[1]}`], unit(chosen[0]), unit(chosen[1]));
  const whirl = potentialPlane(la, d, v);
  if (!whirl || whirl.axes.length < 2 || v.vortices.length === 0 || k <= 2) return [own];
  const [e1, e2] = whirl.axes;
  return [own, plane('vortex', [nameOf(e1, ranks), nameOf(e2, ranks)], e1, e2)];
}

/** Names an axis after its two largest parts. */
function nameOf(axis: Float64Array, ranks: readonly number[]): string {
  const order = ranks.map((rank, i) => ({ rank, part: axis[i] })).sort((p, q) => Math.abs(q.part) - Math.abs(p.part));
  const [a, b] = order;
  return `${a.part.toFixed(2)} of direction ${a.rank}${b && Math.abs(b.part) > 0.1 ? `, ${b.part.toFixed(2)} of ${b.rank}` : ''}`;
}

function vortexOf(v: Vortices['vortices'][number], ranks: readonly number[]): VortexSeen {
  const [a, b] = v.basis;
  const weights = ranks.map((rank, i) => ({ rank, weight: (a[i] ** 2 + b[i] ** 2) / 2 }));
  return {
    share: v.share,
    circulation: v.circulation,
    ranks: weights.sort((p, q) => q.weight - p.weight).slice(0, 3),
  };
}

function rotationOf(
  la: LinearAlgebra,
  theta: Float64Array,
  k: number,
  d: Decomposition,
  eta: number,
  every: number,
): { rotation: Estimate; turning: { significant: number; of: number } } {
  const T = theta.length / k;
  const of = (k * (k - 1)) / 2;
  if (T <= 80) return { rotation: missing('circulation needs more than 80 rows'), turning: { significant: 0, of } };
  const drift = matrix(k, k);
  // 1 − (1 − eta F)^m
  let power = identityOf(k);
  const step = identityOf(k);
  for (let i = 0; i < k * k; i++) step.data[i] -= eta * d.system.drift.data[i];
  for (let m = 0; m < every; m++) power = la.gemm(power, step);
  for (let i = 0; i < k * k; i++) drift.data[i] = (i % (k + 1) === 0 ? 1 : 0) - power.data[i];
  const expected = expectedCirculation(la, drift, d.sigma as Matrix);
  const measured = circulation(la, theta, k, { expected });
  return {
    rotation: measured.slope ?? missing('no circulation is expected'),
    turning: { significant: measured.significant.holm, of },
  };
}

function identityOf(k: number): Matrix {
  const out = matrix(k, k);
  for (let i = 0; i < k; i++) out.data[i * k + i] = 1;
  return out;
}
