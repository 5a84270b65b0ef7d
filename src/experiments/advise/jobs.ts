/** The jobs of `thermograd advise`, which run in worker threads. */
import type { Measured, WindowFacts } from '../../apply/advice-facts.js';
import { type MeasuredState, type MeasureRequest, measureState } from '../../apply/advice-measure.js';
import { tryRate } from '../../apply/advice-run.js';
import type { RunSeen } from '../../apply/advice-verify.js';
import type { Samples } from '../../data/dataset.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import type { NetworkSpec } from '../../model/network.js';
import { chooseProvider, type ProviderChoice } from '../../numeric/linalg/index.js';
import { measureWindow } from './window.js';

/** Holds what all jobs share. */
export interface AdviceShared {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly velocity?: Float32Array;
  readonly setting: MeasureRequest['setting'];
  readonly seed: number;
  readonly directions: number;
  readonly windowEpochs: number;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Describes one job. */
export type AdviceJob =
  | { readonly kind: 'measure' }
  | { readonly kind: 'window' }
  | {
      readonly kind: 'verify';
      readonly learningRate: number;
      readonly run: number;
      readonly epochs: number;
      readonly looked: Uint32Array;
      /** Whether the curvature at the end is measured. */
      readonly curved: boolean;
    };

/** Holds the result of one job. */
export type AdviceResult =
  | { readonly kind: 'measure'; readonly state: MeasuredState; readonly linearAlgebra: string }
  | { readonly kind: 'window'; readonly window: Measured<WindowFacts> }
  | { readonly kind: 'verify'; readonly seen: RunSeen };

/** Does one job. */
export async function runAdviceJob(
  job: AdviceJob,
  shared: AdviceShared,
  report: ReportProgress,
): Promise<AdviceResult> {
  forceKernelBuild(shared.kernelBuild);
  if (job.kind === 'measure') {
    const la = await chooseProvider({ prefer: shared.provider });
    return { kind: 'measure', state: measureState({ ...shared, la, report }), linearAlgebra: la.name };
  }
  if (job.kind === 'window')
    return { kind: 'window', window: measureWindow({ ...shared, epochs: shared.windowEpochs, report }) };
  return { kind: 'verify', seen: tryRate({ ...shared, ...job, report }) };
}
