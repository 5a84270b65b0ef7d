/** Public names that work with files, threads and processes, or are of use with Node alone: whole experiments, runs, files of models. */

export { type AdviseRequest, type AdviseResult, adviseRun } from '../experiments/advise/experiment.js';
export { readAo2022Results } from '../experiments/ao2022/experiment.js';
export { type ControlsRequest, type ControlsRun, reproduceControls } from '../experiments/controls/experiment.js';
export { type DecomposeRequest, type DecomposeResult, decomposeFiles } from '../experiments/decompose/experiment.js';
export { completeForget } from '../experiments/forget/config.js';
export { type ForgetRequest, type ForgetRun, forget } from '../experiments/forget/experiment.js';
export type { ForgetConfig, PartialForget } from '../experiments/forget/schema.js';
export {
  type GeneralityConfig,
  type GridOptimiser,
  generalityConfig,
  type Setting as GeneralitySetting,
} from '../experiments/generality/config.js';
export {
  type GeneralityRequest,
  type GeneralityRun,
  reproduceGenerality,
} from '../experiments/generality/experiment.js';
export { reproduceIvf2021 } from '../experiments/ivf2021/experiment.js';
export { type AnalyseRequest, analyseRun, reportRun } from '../experiments/ivf2021/reanalyse.js';
export { readResults } from '../experiments/ivf2021/stages.js';
export { type ProtectRequest, type ProtectResult, protectRun } from '../experiments/protect/experiment.js';
export { analyseRecording, type RecordingRequest, type RecordingResult } from '../experiments/recording/experiment.js';
export { reportRecording } from '../experiments/recording/redraw.js';
export { reproduceAo2022 } from '../experiments/sequence.js';
export { SIMULATION_EXAMPLES, simulationExample } from '../experiments/simulate/examples.js';
export {
  planSimulation,
  readSimulation,
  type SimulationRequest,
  type SimulationRun,
  simulate,
} from '../experiments/simulate/experiment.js';
export type { PartialSimulationConfig, SimulationConfig } from '../experiments/simulate/schema.js';
export { readSweepFile } from '../experiments/sweep/config.js';
export { SWEEP_EXAMPLES, sweepExample } from '../experiments/sweep/examples.js';
export {
  planSweep,
  runSweep,
  type SweepPlan,
  type SweepRequest,
  type SweepRun,
} from '../experiments/sweep/experiment.js';
export type { PartialSweep } from '../experiments/sweep/schema.js';
export { reproduceValley2023, type ValleyRequest, type ValleyRun } from '../experiments/valley2023/experiment.js';
export { networkStudyConfig } from '../experiments/valley2023/network/config.js';
export { type NetworkStudyRequest, runNetworkStudy } from '../experiments/valley2023/network/experiment.js';
export { type OpenSurfaceOptions, openSurface } from '../jobs/bridge/open.js';
export { InterruptedError, type Progress, type RunOptions } from '../jobs/context.js';
export type { EnsembleSpec, Motion } from '../jobs/ensembles/jobs.js';
export { type EnsemblesOptions, runEnsembles } from '../jobs/ensembles/pool.js';
export type { StageRecord } from '../jobs/record.js';
export { type Checkpoint, readCheckpoint, readModel, writeCheckpoint, writeModel } from '../record/checkpoint.js';
export { readPenalty, writePenalty } from '../record/penalty.js';
export { FolderStore } from '../record/store.js';
export { renderPng } from '../report/png.js';
export { completeConfig, readConfig } from '../runs/config.js';
export { type DatasetPart, type DatasetRequest, loadDataset } from '../runs/datasets.js';
export { type RunRecord, readRecord, type StageName } from '../runs/folder.js';
export { PRESETS } from '../runs/presets.js';
export { type RunRequest, type RunResult, trainRun } from '../runs/run.js';
export type { Config, PartialConfig } from '../runs/schema.js';
