/** The relation of a recorded window under the controls that matter, for any network and optimiser; measured in a worker thread. */
import type { Samples } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import type { Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, asLayered, recordedBlock } from '../../model/any-network.js';
import { ThermogradError } from '../../numeric/errors.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { randomKey } from '../../numeric/random.js';
import { Trajectory } from '../../record/trajectory.js';
import { type LayerMeasured, measureLayer } from '../../runs/relation/layer.js';
import { gradientRows } from '../../runs/relation/train.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { walkOf } from '../../theory/optimisers/walk.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { type EndsRequest, type WindowEnds, windowEnds } from './relation-ends.js';

/** Asks for the loss and the noise at both ends of the window. */
interface EndsJob extends EndsRequest {
  readonly job: 'ends';
  readonly kernelBuild: KernelBuild;
}

/** Says what is measured. */
interface MeasureJob {
  readonly job: 'measure';
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
  readonly trajectory: string;
  readonly network: AnyNetwork;
  /** All weights at the centre. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  readonly optimiser: OptimiserSpec;
  /** Lambda of the L2 penalty, which the measured loss holds. */
  readonly penalty: number;
  /** The diagonal of P of the layer's weights, for adaptive optimisers. */
  readonly preconditioner?: Float64Array;
  readonly batchSize: number;
  readonly windowEpochs: number;
  readonly directions: number;
  readonly relativeTolerance: number;
  readonly seed: number;
}

export type RelationJob = EndsJob | MeasureJob;

/** Ritz vectors of the fixed basis. */
const VECTORS = 32;

/** What was measured, or why it could not be: a layer in which nothing moves, or a loss of 0. */
export type RelationFound = LayerMeasured | { readonly missing: string };
export type RelationAnswer = RelationFound | WindowEnds;

export const RELATION_WORK: Work<undefined, RelationJob, RelationAnswer> = {
  async run(job, _, report) {
    forceKernelBuild(job.kernelBuild);
    if (job.job === 'ends') {
      report('both ends of the window', 0);
      return windowEnds(job);
    }
    const la = await chooseProvider({ prefer: job.provider });
    const { network, samples, batchSize, windowEpochs, optimiser } = job;
    const spec = asLayered(network);
    const block = recordedBlock(spec, job.layer);
    const window = await Trajectory.open(job.trajectory);
    const rows = { data: await window.rows(0, window.recorded), P: window.size };
    const key = randomKey(job.seed).child('relation');
    const surface = surfaceOf(spec, samples, job.penalty);
    const walk = () => {
      const learner = new LayeredTrainer({
        spec,
        samples,
        learningRate: optimiser.learningRate,
        batchSize,
        key: key.child('dropout'),
      });
      learner.setWeights(job.weights);
      const own = { batchSize, key: key.child('walk'), count: samples.count };
      const plan = batchPlan({ count: samples.count, batchSize, sampling: 'shuffled', lastBatch: 'drop', key });
      const found = gradientRows(learner, { plan, windowEpochs }, [block], own).get(block.name)!;
      walkOf(found, linearForm(optimiser), job.preconditioner);
      return found;
    };
    return orWhy(
      measureLayer({
        surface,
        block: surfaceBlock(block),
        centre: Float64Array.from(job.weights),
        rows,
        walk,
        scale: job.preconditioner?.map(Math.sqrt),
        directions: job.directions,
        vectors: VECTORS,
        relativeTolerance: job.relativeTolerance,
        key,
        la,
        report,
      }),
    );
  },
};

/** Gives the sentence of an error that belongs to the run and not to the program. */
async function orWhy(measuring: Promise<LayerMeasured>): Promise<RelationFound> {
  try {
    return await measuring;
  } catch (error) {
    const own = error instanceof ThermogradError && ['nothing-moved', 'no-centre-loss'].includes(error.code);
    if (!own) throw error;
    return { missing: error.message };
  }
}
