/** The long computation of an analysis, as one job of a worker thread: it opens the recording and does the stages. */
import type { ReportProgress, Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { randomKey } from '../../numeric/random.js';
import { openRecording, type RecordingOptions } from '../../record/recording/open.js';
import type { Arrays, MeasuredRecording } from './measured.js';
import { type Bench, STAGES } from './stages.js';

/** Asks for the analysis of a recording. */
export interface RecordingJob {
  readonly path: string;
  readonly options: RecordingOptions;
  readonly seed: number;
  /** Bytes that principal directions may take. */
  readonly budget: number;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Holds what the job measured. */
export interface RecordingAnswer {
  readonly measured: MeasuredRecording;
  /** Directions as rows, with their ranks, and the mean weights. */
  readonly directions: Pick<Arrays, 'ranks' | 'components' | 'mean'>;
  readonly linearAlgebra: string;
}

async function run(job: RecordingJob, _: undefined, report: ReportProgress): Promise<RecordingAnswer> {
  forceKernelBuild(job.kernelBuild);
  const recording = await openRecording(job.path, job.options);
  const la = await chooseProvider({ prefer: job.provider });
  let bench: Bench = {
    recording,
    la,
    key: randomKey(job.seed).child('recording'),
    budget: job.budget,
    report,
    measured: {},
    arrays: {},
  };
  for (const [k, stage] of STAGES.entries()) {
    const own: ReportProgress = (what, share) => report(`${stage.name}: ${what}`, (k + share) / STAGES.length);
    bench = (await stage.run({ ...bench, report: own })) ?? bench;
  }
  const { ranks, components, mean } = bench.arrays as Arrays;
  return {
    measured: bench.measured as MeasuredRecording,
    directions: { ranks, components, mean },
    linearAlgebra: la.name,
  };
}

/** The work of the job. */
export const RECORDING_WORK: Work<undefined, RecordingJob, RecordingAnswer> = { run };
