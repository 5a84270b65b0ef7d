/** What requests to a surface cost, by a trial, and how many of them a measurement makes. */
import { matrix } from '../../numeric/linalg/index.js';
import { signVector } from '../../numeric/operators/hutchinson.js';
import type { Key } from '../../numeric/random.js';
import type { RequestOptions, SampleSubset, Surface, SurfaceBlock } from '../../surface/surface.js';
import type { PlannedRequests, SurfaceCosts } from './plan.js';

/** Samples of a trial. */
const TRIAL = 256;
/** Directions of a trial with gradients of samples: those are asked for together, and one gradient serves all of them. */
const TOGETHER = 8;
/** A trial over all samples is made where it takes at most this share of the budget: kernels may be faster on all of them. */
const SHARE = 0.05;

/**
 * Times the second of two requests of each kind, over 256 samples, and losses also over all where that is short. The answers are not used.
 * @param now - a clock, seconds
 */
export async function costsOf(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: RequestOptions & {
    readonly now: () => number;
    readonly key: Key;
    readonly budgetSeconds: number;
    /** Time of one gradient over all samples, which was asked for already. */
    readonly gradientSeconds: number;
  },
): Promise<SurfaceCosts> {
  const { now, key, budgetSeconds, gradientSeconds, signal } = options;
  const request = signal ? { signal } : {};
  const { samples: N, offers } = surface;
  const split = offers.sampleLosses !== 'missing' && N > TRIAL;
  const samples = key.child('trial').stream().permutation(N).slice(0, TRIAL).sort();
  const subset: SampleSubset | undefined = split ? { samples, strata: [{ count: TRIAL, of: N }] } : undefined;
  const n = split ? TRIAL : N;
  const p = signVector(block.size, key.child('direction').stream());
  const row = matrix(1, block.size, p);
  const rows = matrix(TOGETHER, block.size);
  for (let i = 0; i < TOGETHER; i++) rows.data.set(p, i * block.size);
  const time = async (verb: keyof Surface['offers'], ask: () => Promise<unknown>): Promise<number> => {
    if (offers[verb] === 'missing') return 0;
    // the first request of a kind prepares what later ones use again
    await ask();
    const before = now();
    await ask();
    return Math.max(0, now() - before);
  };
  const lines = [{ block, direction: p, displacements: [0, 1e-6] }];
  const seen = {
    gradientOverAll: gradientSeconds / N,
    loss: (await time('losses', () => surface.losses(w, lines, subset, request))) / (2 * n),
    gradient: (await time('gradient', () => surface.gradient(w, subset, request))) / n,
    product: (await time('hessianVectors', () => surface.hessianVectors(w, block, row, subset, request))) / n,
    slope:
      (await time('projectedSampleGradients', () =>
        surface.projectedSampleGradients(w, block, rows, subset, request),
      )) /
      (TOGETHER * n),
  };
  if (!split || 2 * N * seen.loss > SHARE * budgetSeconds) return { ...seen, lossOverAll: seen.loss };
  const whole = (await time('losses', () => surface.losses(w, lines, undefined, request))) / (2 * N);
  return { ...seen, lossOverAll: Math.min(seen.loss, whole) };
}

/** Counts what is asked on one block. */
interface BlockCounts {
  /** Directions of the widths, eigenpairs, probes and products of the density, batches of the sharpness. */
  readonly directions: number;
  readonly top: number;
  readonly density: { readonly probes: number; readonly steps: number };
  readonly probes: number;
  readonly batches: number;
  readonly batchSize: number;
  /** Weights of the block, where it is formed as a matrix. */
  readonly dense: number;
}

/** Losses along a direction until both crossings are found, and those for the error of a width. */
const [LOSSES, ERROR_LOSSES] = [12, 6];

/** Returns the requests that a measurement of these blocks makes, over a subset; over all samples some are spared. */
export function requestsOf(blocks: readonly BlockCounts[]): PlannedRequests {
  const sum = (f: (b: BlockCounts) => number) => blocks.reduce((s, b) => s + f(b), 0);
  return {
    losses: sum((b) => b.directions * (LOSSES + ERROR_LOSSES)),
    gradients: sum(() => 3),
    // Lanczos from both ends in about 2·top + 40 steps
    products: sum((b) =>
      b.dense > 0
        ? b.dense + b.directions + b.probes
        : 2 * b.top + 40 + b.density.probes * b.density.steps + b.directions + b.probes,
    ),
    slopes: sum((b) => 2 * (b.top + 1 + b.density.probes + b.directions) + b.directions + 2 * b.top + 2 * b.probes + 4),
    batchSamples: sum((b) => b.batches * b.batchSize),
  };
}
