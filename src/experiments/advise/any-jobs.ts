/** The jobs of advice on a run of any network and optimiser, which run in worker threads. */
import type { AdvicePoint } from '../../apply/advice-facts.js';
import { measureOptimiserAdvice, type OptimiserMeasured } from '../../apply/advice-optimiser.js';
import { tryOptimiserRate } from '../../apply/advice-run-optimiser.js';
import type { RunSeen } from '../../apply/advice-verify.js';
import type { Samples } from '../../data/dataset.js';
import type { ReportProgress, Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, asLayered, isLayered } from '../../model/any-network.js';
import { chooseProvider, type ProviderChoice } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { layeredSurface } from '../../surface/layered/surface.js';
import { networkSurface } from '../../surface/network/surface.js';
import { PackedSamples } from '../../train/layered-trainer.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { SURFACE_BYTES } from './any-run.js';

/** Holds what all jobs share. */
export interface AnyShared {
  readonly network: AnyNetwork;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly optimiser: OptimiserSpec;
  /** v as the optimiser kept it, and its steps. */
  readonly squares?: Float32Array;
  readonly steps: number;
  readonly setting: Pick<AdvicePoint, 'momentum' | 'batchSize' | 'sampling'>;
  readonly seed: number;
  readonly directions: number;
  /** Samples over which curvature and noise are measured. */
  readonly measured: number;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Describes one job. */
export type AnyJob =
  | { readonly kind: 'measure' }
  | {
      readonly kind: 'verify';
      readonly learningRate: number;
      readonly run: number;
      readonly epochs: number;
      readonly looked: Uint32Array;
      /** v at the start of the runs, corrected. */
      readonly squares?: Float32Array;
    };

/** Holds the result of one job. */
export type AnyResult =
  | {
      readonly kind: 'measure';
      readonly measured: Omit<OptimiserMeasured, 'form' | 'preconditioner'>;
      /** v as it divides the gradients: corrected; none for SGD. */
      readonly squares?: Float32Array;
      readonly linearAlgebra: string;
    }
  | { readonly kind: 'verify'; readonly seen: RunSeen };

/** What a thread keeps between jobs: what they share, and the samples in kernel memory once a run needed them. */
interface Kept {
  readonly shared: AnyShared;
  packed?: PackedSamples;
}

/** The work of a thread. */
export const ANY_WORK: Work<AnyShared, AnyJob, AnyResult, Kept> = {
  prepare(shared) {
    forceKernelBuild(shared.kernelBuild);
    return { shared };
  },
  run: runAnyJob,
};

async function runAnyJob(job: AnyJob, kept: Kept, report: ReportProgress): Promise<AnyResult> {
  const { shared } = kept;
  const { network, samples, weights, optimiser, setting, seed } = shared;
  if (job.kind === 'verify') {
    const spec = asLayered(network);
    kept.packed ??= new PackedSamples(samples);
    return { kind: 'verify', seen: tryOptimiserRate({ ...shared, ...job, spec, packed: kept.packed, report }) };
  }
  const la = await chooseProvider({ prefer: shared.provider });
  const surface = isLayered(network)
    ? layeredSurface({ spec: network, samples, ...SURFACE_BYTES })
    : networkSurface({ spec: network, samples, lines: 'float64' });
  report('curvature and noise', 0);
  const { form, preconditioner, ...measured } = await measureOptimiserAdvice(surface, Float64Array.from(weights), {
    la,
    key: randomKey(seed).child('advice'),
    optimiser,
    setting,
    directions: shared.directions,
    samples: shared.measured,
    steps: Math.max(1, shared.steps),
    ...(shared.squares && { squares: shared.squares }),
  });
  await surface.close();
  const { epsilon } = form.optimiser;
  return {
    kind: 'measure',
    measured,
    ...(form.adaptive && { squares: Float32Array.from(preconditioner, (p) => Math.max(0, 1 / p - epsilon) ** 2) }),
    linearAlgebra: la.name,
  };
}
