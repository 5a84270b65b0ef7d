/** Measures a surface at the mean weights of a recording, along its principal directions. docs/rules/recordings.md. */
import { measureSurface } from '../../../analyse/surface/measure.js';
import type { SurfacePlan } from '../../../analyse/surface/plan.js';
import type { BlockMeasured } from '../../../analyse/surface/results.js';
import type { DirectionFlatness } from '../../../analyse/trajectory/results.js';
import {
  closedDirections,
  FIRST_RANK,
  LAST_LEADING_RANK,
  RESOLUTIONS,
  scaling,
} from '../../../analyse/trajectory/scaling.js';
import { bootstrap } from '../../../numeric/bootstrap.js';
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { type LinearAlgebra, matrix } from '../../../numeric/linalg/index.js';
import type { Key } from '../../../numeric/random.js';
import { median, spearman } from '../../../numeric/statistics.js';
import { formatNumber } from '../../../report/format.js';
import { blockNamed } from '../../../surface/blocks.js';
import { checkSurface } from '../../../surface/check.js';
import type { Surface } from '../../../surface/surface.js';
import { stationaryPlane } from '../../../theory/stationary-plane.js';
import type { RecordingAnswer } from '../job.js';
import { align, weightsOf } from './align.js';
import type { NotPredicted, PredictedVariances, RecordedSurface } from './measured.js';

/** A model, and the weights that it was made with. */
export interface OpenedSurface {
  readonly surface: Surface;
  /** All weights, in the order of its parameters. */
  readonly weights: Float64Array;
  /** What a reader has to know of these weights and of buffers; undefined where the state of the recording is still to be set. */
  readonly notes?: readonly string[];
}

/** The state of the model at the end of the recording. */
type State = Parameters<typeof weightsOf>[2];

/** Says what is measured beside the recorded parameters, and within which time. */
export interface SurfaceStage {
  readonly model: OpenedSurface;
  /** The whole model at the end of the recording, where that is known and not set yet. */
  readonly state: State | undefined;
  /** Patterns of parameters; each is a block of its own. */
  readonly blocks: readonly string[];
  /** Seconds; undefined for all samples whatever they take. */
  readonly budgetSeconds: number | undefined;
  /** A clock, seconds. */
  readonly now: () => number;
  readonly key: Key;
  readonly la: LinearAlgebra;
  readonly memoryBytes?: number;
  readonly signal: AbortSignal | undefined;
  readonly onPlan: (plan: SurfacePlan) => void;
  /** The checks come before the measurement and have a share of their own: how long one takes says nothing of the other. */
  readonly onProgress: (stage: 'checks' | 'surface', what: string, share: number) => void;
}

/**
 * Checks the surface, then measures the recorded parameters along the principal directions, and other blocks along the eigenvectors of
 * their Hessians.
 * @throws InputError where recording and surface do not fit each other, for a surface that fails a check, and for a budget that is too small
 */
export async function measureRecorded(
  { measured, directions }: RecordingAnswer,
  stage: SurfaceStage,
): Promise<RecordedSurface> {
  const { model, key, la, budgetSeconds, now } = stage;
  const started = now();
  const { surface } = model;
  const { pca, recording } = measured;
  const from = stage.state && weightsOf(surface, model.weights, stage.state);
  const own = align(surface, from?.weights ?? model.weights, {
    ...directions,
    parameters: recording.parameters,
    variances: pca.variances,
  });
  const others = stage.blocks
    .map((pattern) => blockNamed(surface.parameters, pattern))
    .filter((b) => b.name !== own.block.name);
  const blocks = [own.block, ...others];
  const request = stage.signal ? { signal: stage.signal } : {};
  stage.onProgress('checks', 'of losses, gradients and products', 0);
  const checks = await checkSurface(surface, own.centre, {
    ...request,
    key: key.child('checks'),
    ...(budgetSeconds !== undefined && { budget: { seconds: CHECKED * budgetSeconds, now } }),
    onProgress: (share) => stage.onProgress('checks', 'of losses, gradients and products', share),
  });
  const { facts } = recording;
  const result = await measureSurface(surface, own.centre, blocks, {
    key: key.child('surface'),
    directions: new Map([[own.block.name, own.directions]]),
    la,
    ...(facts.batchSize !== undefined && { batchSize: facts.batchSize }),
    ...(budgetSeconds !== undefined && { budget: { seconds: budgetSeconds, now, spent: now() - started } }),
    ...(stage.memoryBytes !== undefined && { memoryBytes: stage.memoryBytes }),
    ...request,
    onPlan: stage.onPlan,
    onProgress: ({ block, what, share }) => {
      const at = blocks.findIndex((b) => b.name === block);
      const part = ['curvature', 'flatness', 'noise'].indexOf(what);
      stage.onProgress('surface', `${what} of ${block}`, (at + (part + share) / 3) / blocks.length);
    },
  });
  const block = result.blocks[0];
  const widths = flatnessOf(block);
  const { varianceFlatness, varianceFlatnessRanges } = scaling({ pca, directions: widths, key: key.child('psi') });
  const errors = (block.flatness?.directions ?? [])
    .map((d) => d.flatness.standardError / d.flatness.value)
    .filter(Number.isFinite);
  const resolved = closedDirections(widths).filter(
    (d) => d.index >= FIRST_RANK && d.variance > RESOLUTIONS * pca.resolution,
  );
  const group = (name: 'head' | 'rest') => {
    const some = resolved.filter((d) => d.index <= LAST_LEADING_RANK === (name === 'head'));
    return { rho: rankCorrelation(some, key.child(`flatness-rank ${name}`)), n: some.length };
  };
  return {
    checks,
    measured: result,
    recorded: own.block.name,
    notes: [
      ...(model.notes ?? notesOnWeights(surface, own.block.size, from)),
      ...notesOnLoss(result.loss.value, recording.loss),
    ],
    directions: widths,
    scaling: { varianceFlatness, varianceFlatnessRanges },
    widthError: result.asked < surface.samples && errors.length > 0 ? median(errors) : 0,
    ranks: { head: group('head'), rest: group('rest') },
    predicted: predictedOf(measured, block, surface.samples, la),
  };
}

/** Returns the widths in the form of those of our own runs. */
function flatnessOf(block: BlockMeasured): DirectionFlatness[] {
  return (block.flatness?.directions ?? []).map((d) => ({
    index: d.index,
    variance: d.variance,
    left: d.left,
    right: d.right,
    flatness: d.open === null ? d.flatness.value : null,
    open: d.open,
    slope: d.slope.value,
    curvature: d.curvature.value,
    quadraticRatio: d.quadraticRatio,
    asymmetry: d.asymmetry,
    evaluations: d.flatness.n,
  }));
}

/** Spearman's rho of width and rank, its error by the bootstrap over directions. */
function rankCorrelation(directions: readonly (DirectionFlatness & { flatness: number })[], key: Key): Estimate {
  const n = directions.length;
  const method = `Spearman's rho over ${n} directions`;
  if (n < 3) return estimate(Number.NaN, Number.NaN, n, method, false);
  const rho = (rows: ArrayLike<number>) =>
    spearman(
      Array.from(rows, (k) => directions[k].index),
      Array.from(rows, (k) => directions[k].flatness),
    );
  const { standardError } = bootstrap(n, (rows) => [rho(rows)], { key });
  const all = Uint32Array.from({ length: n }, (_, k) => k);
  return estimate(rho(all), standardError[0], n, `${method}, moving-block bootstrap`);
}

/** Share of the budget that the checks are given. */
const CHECKED = 0.2;

/** A loss at the centre that is so many times the recorded one has other weights, or other data. */
const UNLIKE = 3;

function notesOnWeights({ size }: Surface, recorded: number, from: ReturnType<typeof weightsOf> | undefined): string[] {
  const names = (list: readonly string[]) =>
    `${list.slice(0, 5).join(', ')}${list.length > 5 ? ` and ${list.length - 5} more` : ''}`;
  const notes: string[] = [];
  if (recorded < size && !from)
    notes.push(
      'weights that were not recorded are those that the model was made with: the recording holds no final state',
    );
  if (from && from.kept.length > 0)
    notes.push(
      `the final state of the recording lacks ${names(from.kept)}; these weights are those that the model was made with`,
    );
  if (from && from.others.length > 0)
    notes.push(
      `buffers such as ${names(from.others)} are those that the model was made with; load them where it is made`,
    );
  return notes;
}

function notesOnLoss(loss: number, recorded: readonly [number, number] | undefined): string[] {
  if (!recorded) return [];
  const own = recorded[1];
  if (loss <= UNLIKE * own && own <= UNLIKE * loss) return [];
  return [
    `the loss at the mean weights is ${formatNumber(loss)} over the data of the model, and ${formatNumber(own)} in the second half of the recording: weights that were not recorded may be those of another state, or the data others`,
  ];
}

function predictedOf(
  { recording, pca, motion }: RecordingAnswer['measured'],
  { plane, flatness }: BlockMeasured,
  samples: number,
  la: LinearAlgebra,
): PredictedVariances | NotPredicted {
  const { learningRate, batchSize, momentum = 0, optimiser, sampling = 'shuffled', varied } = recording.facts;
  if (!plane || !flatness) return { missing: 'The surface gives no curvature or no noise along the directions.' };
  if (learningRate === undefined || batchSize === undefined)
    return { missing: 'Learning rate and batch size are not known (--learning-rate, --batch-size).' };
  if (optimiser !== undefined && !/^sgd$/i.test(optimiser))
    return { missing: `The prediction is that of SGD; this recording was made with ${optimiser}.` };
  if (varied !== undefined) return { missing: `The prediction needs one learning rate: ${varied}.` };
  if (sampling !== 'shuffled' && sampling !== 'replaced')
    return { missing: `The prediction is that of shuffled batches or of batches drawn anew; these were ${sampling}.` };
  if (batchSize > samples) return { missing: `Batches of ${batchSize} are larger than the ${samples} samples.` };
  const window = recording.T * recording.every;
  const k = plane.size;
  const state = stationaryPlane(la, {
    hessian: matrix(k, k, Float64Array.from(plane.hessian)),
    covariance: matrix(k, k, Float64Array.from(plane.covariance)),
    learningRate,
    batchSize,
    momentum,
    samples,
    sampling,
    window,
  });
  const tau = new Map(motion.dynamics.map((d) => [d.index, d.correlationTime]));
  return {
    learningRate,
    momentum,
    batchSize,
    window,
    ceiling: state.ceiling,
    lowest: state.modes[0].curvature,
    entropy:
      'missing' in state.decomposition
        ? { missing: state.decomposition.missing }
        : state.decomposition.entropyProductionRate,
    directions: flatness.directions.map((d, i) => {
      const value = pca.variances[d.index - 1];
      const n = tau.get(d.index)?.n ?? Number.NaN;
      return {
        index: d.index,
        measured: estimate(value, value * Math.sqrt(2 / n), n, 'variance over the window; error of T/(2τ) values'),
        predicted: state.variances[i],
        settled: motion.settled.includes(d.index),
      };
    }),
  };
}
