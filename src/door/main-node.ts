/** What stands beside the nouns in `thermograd` and needs Node: whole experiments, runs, data sets and files. */

export type { RangeFit } from '../analyse/trajectory/fit-ranges.js';
export type { Advice, AdviceItem, BatchPlace, CriticalBatch, RatePlace, Stationarity } from '../apply/advice.js';
export type {
  AdviceFacts,
  AdviceOptimiser,
  AdvicePoint,
  CeilingAt,
  CurvatureFacts,
  Measured as AdviceMeasured,
  NoiseFacts,
  WindowFacts,
} from '../apply/advice-facts.js';
export type {
  Outcome as VerifiedOutcome,
  RunJudged,
  RunSeen,
  Verification,
  VerifyBase,
} from '../apply/advice-verify.js';
export type { NormalizationRequest } from '../data/normalize.js';
export { type AdviseRequest, type AdviseResult, adviseRun } from '../experiments/advise/experiment.js';
export type { Ao2022Request, Ao2022Result } from '../experiments/ao2022/experiment.js';
export { readAo2022Results } from '../experiments/ao2022/experiment.js';
export type { Ao2022Head, Ao2022Record, Ao2022Stage } from '../experiments/ao2022/folder.js';
export type {
  Ao2022Results,
  Ao2022Setting,
  Ao2022System,
  ChainLink,
  FallWithFlatness,
  GammaTest,
  LandscapeRow,
  ModeAgreement,
  ModeGroupRatio,
  RulePower,
  SimulatedWindows,
  TrajectoryTests,
  WalkCorrelation,
  WidthComparison,
} from '../experiments/ao2022/measured.js';
export type {
  BranchCell,
  Cell as ControlsCell,
  ControlsConfig,
  FixedCell,
  FrozenCell,
  MovingCell,
} from '../experiments/controls/config.js';
export { type ControlsRequest, type ControlsRun, reproduceControls } from '../experiments/controls/experiment.js';
export type { Sampling as ControlsSampling } from '../experiments/controls/measured.js';
export { type ForgetRequest, type ForgetRun, forget } from '../experiments/forget/experiment.js';
export type { ForgetConfig, PartialForget } from '../experiments/forget/schema.js';
export type { GeneralityConfig, GridOptimiser, GridPart, Setting } from '../experiments/generality/config.js';
export {
  type GeneralityRequest,
  type GeneralityRun,
  reproduceGenerality,
} from '../experiments/generality/experiment.js';
export { reproduceIvf2021 } from '../experiments/ivf2021/experiment.js';
export { type AnalyseRequest, analyseRun, reportRun } from '../experiments/ivf2021/reanalyse.js';
export { readResults } from '../experiments/ivf2021/stages.js';
export { type ProtectRequest, type ProtectResult, protectRun } from '../experiments/protect/experiment.js';
export type { WindowSeen as ProtectWindow } from '../experiments/protect/job.js';
export { analyseRecording, type RecordingRequest, type RecordingResult } from '../experiments/recording/experiment.js';
export type {
  HalvesOfDirection,
  LeftOut,
  MeasuredRecording,
  Missing,
  Motion as RecordingMotion,
  OwnWalk,
  RankLaw,
  RecordingSummary,
  Rotation,
  StepSummary,
  Temperatures,
} from '../experiments/recording/measured.js';
export type { RecordingReportInput } from '../experiments/recording/page.js';
export { reportRecording } from '../experiments/recording/redraw.js';
export type {
  NotPredicted,
  PredictedDirection,
  PredictedVariances,
  RecordedSurface,
} from '../experiments/recording/surface/measured.js';
export type { OpenedSurface } from '../experiments/recording/surface/stage.js';
export { reproduceAo2022 } from '../experiments/sequence.js';
export type { Setup as SimulationSetup, SideKind, Start as SimulationStart } from '../experiments/simulate/config.js';
export { SIMULATION_EXAMPLES, simulationExample } from '../experiments/simulate/examples.js';
export type { SimulationHead, SimulationRecord, Stage } from '../experiments/simulate/experiment.js';
export {
  planSimulation,
  readSimulation,
  type SimulationRequest,
  type SimulationRun,
  simulate,
} from '../experiments/simulate/experiment.js';
export type {
  Method,
  MethodResult,
  MethodSummary,
  MomentEstimates,
  MomentNumbers,
  NumberArray,
} from '../experiments/simulate/measured.js';
export type { MethodPlan, Plan as SimulationPlan } from '../experiments/simulate/plan.js';
export type { PartialSimulationConfig, SimulationConfig } from '../experiments/simulate/schema.js';
export type { Expected } from '../experiments/simulate/settled.js';
export type { ValleyConfig, ValleyPreset, Walk as ValleyWalk } from '../experiments/valley2023/config.js';
export type { ValleyPart } from '../experiments/valley2023/experiment.js';
export { reproduceValley2023, type ValleyRequest, type ValleyRun } from '../experiments/valley2023/experiment.js';
export type { FreezingNoise } from '../experiments/valley2023/measured.js';
export type { NetworkStudyConfig } from '../experiments/valley2023/network/config.js';
export type { NoiseSetting } from '../experiments/valley2023/network/measured.js';
export { type OpenSurfaceOptions, openSurface } from '../jobs/bridge/open.js';
export type { PythonOptions } from '../jobs/bridge/python.js';
export { InterruptedError, type Progress, type RunOptions } from '../jobs/context.js';
export type { DiskPart } from '../jobs/disk.js';
export type { JobFolder, OpenOptions } from '../jobs/folder.js';
export type { Machine, Versions } from '../jobs/machine.js';
export type { MemoryNeed, MemoryPart } from '../jobs/memory.js';
export type { Output, Outputs } from '../jobs/outputs.js';
export type { FolderKind, RecordBase, StageRecord } from '../jobs/record.js';
export type { Instead as DoneElsewhere, WhereRequest } from '../jobs/where.js';
export type { NetworkName } from '../model/layered/named.js';
export type { NamedShape } from '../model/network.js';
export type { Expression, Operation } from '../numeric/expression/expression.js';
export type { PenaltyFile } from '../record/penalty.js';
export { readPenalty, writePenalty } from '../record/penalty.js';
export type { ArraysAre } from '../record/recording/npz-table.js';
export type { RecordingOptions } from '../record/recording/open.js';
export type { Parameter as TableParameter, TrainingFacts } from '../record/recording/table.js';
export { renderPng } from '../report/png.js';
export { completeConfig, readConfig } from '../runs/config.js';
export type { Context } from '../runs/context.js';
export { type DatasetPart, type DatasetRequest, loadDataset, type TeacherKeys } from '../runs/datasets.js';
export type { Expectation, ExpectedState, JudgedState } from '../runs/expected.js';
export type { RunFolder, RunHead } from '../runs/folder.js';
export { type RunRecord, readRecord, type StageName } from '../runs/folder.js';
export type { Prepared as PreparedRun } from '../runs/prepare.js';
export { PRESETS } from '../runs/presets.js';
export { type RunRequest, type RunResult, trainRun } from '../runs/run.js';
export type { AnyConfig, Config, PartialConfig } from '../runs/schema.js';
export type { StateRequest } from '../runs/state.js';
export type { ProcessFacts } from '../surface/process/hello.js';
export type { Patience } from '../surface/process/requests.js';
export type { ProcessSurface } from '../surface/process/surface.js';
export type { GridAxis } from '../theory/fokker-planck/grid.js';
export type {
  Ball,
  DecompositionFacts,
  EnergyRow,
  HessianModes,
  LayerSetting,
  Regime as LayerRegime,
  Subspaces,
} from '../theory/layer/results.js';
export type { Interpretation } from '../theory/models/interpretation.js';
export type { Problem } from '../theory/models/problem.js';
export type { Scales } from '../theory/models/scales.js';
export type { Schedule, Timed as ScheduleTiming } from '../train/optimisers/schedule.js';
export type { OptimiserSpec, OptimiserType } from '../train/optimisers/spec.js';
