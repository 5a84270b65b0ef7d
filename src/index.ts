/** The one door of the library: explicit names, room by room in the order of import. */

// analyse
export { correlationTime } from './analyse/autocorrelation.js';
export { type BatchCurvature, type BatchCurvatureOptions, batchCurvature } from './analyse/batch-curvature.js';
export { type BoltzmannTest, boltzmannTest, energiesOf } from './analyse/boltzmann.js';
export { circulation, expectedCirculation } from './analyse/circulation.js';
export {
  type ConditionNumbers,
  type DecomposeOptions,
  type Decomposition,
  decompose,
} from './analyse/decomposition.js';
export type { Residuals } from './analyse/decomposition-checks.js';
export { type DiscreteCovariance, discreteCovariance } from './analyse/decomposition-discrete.js';
export { type PotentialPlane, potentialPlane } from './analyse/decomposition-plane.js';
export { displacementExponent, meanSquaredDisplacement } from './analyse/displacement.js';
export { type DynamicsInput, directionDynamics, driftVelocity } from './analyse/dynamics.js';
export { FlatnessMeter, type FlatnessOptions } from './analyse/flatness.js';
export { hessianBlock } from './analyse/hessian.js';
export { randomLandscape } from './analyse/landscape.js';
export type { LinearSystem } from './analyse/linear-system.js';
export { hessianOperator, projectedMatrices } from './analyse/network-hessian.js';
export { batchCovariance, covarianceOperator, gradientCovariance } from './analyse/noise.js';
export { gradientNoiseScale } from './analyse/noise-scale.js';
export { type TwoBatches, type TwoBatchNoise, twoBatchNoise } from './analyse/noise-two-batches.js';
export { NetworkPasses } from './analyse/passes.js';
export { componentOf, type Pca, type PcaOptions, pca, pcaMemory, project } from './analyse/pca.js';
export type {
  Analysis,
  DirectionDynamics,
  DirectionFlatness,
  FlatnessSummary,
  PcaSummary,
  PlanePath,
  PowerLaw,
  ScalingSummary,
  TrainingCurves,
} from './analyse/results.js';
export { type RowChunk, type RowSource, rowRange, rowsInMemory } from './analyse/rows.js';
export { type SampleCurvature, sampleCurvature } from './analyse/sample-curvature.js';
export { type ScalingInput, scaling } from './analyse/scaling.js';
export { type Vortex, type Vortices, vortices } from './analyse/vortices.js';
// apply
export type { BlockDiagnostics, BuiltConstraint, Constraint, UnitStrength } from './apply/constraint.js';
export { CONSTRAINTS } from './apply/constraints/table.js';
export { type Movement, movementAlong } from './apply/movement.js';
export { type NetworkTaskOptions, networkTask } from './apply/network-task.js';
export { type Protection, type ProtectOptions, protect, protectTask } from './apply/protect.js';
export type { FinishedRun, ProtectableSurface } from './apply/surface-task.js';
export type { Task, TaskTraining } from './apply/task.js';
export { layerWindows } from './apply/windows.js';
// data
export type { Dataset, Samples } from './data/dataset.js';
export { type IdxArray, idxSamples, parseIdx } from './data/idx.js';
export { datasetFromIdx } from './data/mnist.js';
export {
  type BatchPlan,
  type BatchRequest,
  batchPlan,
  type Epoch,
  type LastBatch,
  type Sampling,
} from './data/samplers.js';
export { limitTraining, selectClasses } from './data/subset.js';
export {
  classProtocol,
  type Head,
  PROTOCOLS,
  type Protocol,
  type TaskOptions,
  type TaskRequest,
  taskOf,
} from './data/tasks.js';
export { type TeacherNetwork, type TeacherRequest, type TeacherSet, teacherSet } from './data/teacher.js';
// kernels
export { forceKernelBuild, type KernelBuild, kernelBuild } from './kernels/load.js';
// model
export { type FunctionSurface, lossSurface, numericalGradient } from './model/function-surface.js';
export {
  type Activation,
  initialWeights,
  type LayerBlock,
  type LossKind,
  layerNamed,
  layersOf,
  type NetworkSpec,
  parameterCount,
} from './model/network.js';
export {
  addPenalties,
  continuePenalty,
  type Penalty,
  type PenaltyPart,
  penalty,
  penaltyGradient,
  penaltyValue,
  planes,
  scalePenalty,
} from './model/penalty.js';
export type { LossSurface } from './model/surface.js';
// numeric
export { type BootstrapOptions, type BootstrapResult, bootstrap } from './numeric/bootstrap.js';
export { DivergedError, InputError, RunError, ThermogradError } from './numeric/errors.js';
export { type Estimate, estimate } from './numeric/estimate.js';
export {
  derivative,
  type Expression,
  evaluator,
  formatExpression,
  type ParseOptions,
  parseExpression,
} from './numeric/expression/index.js';
export {
  type ChooseOptions,
  chooseProvider,
  embeddedLinearAlgebra,
  fromRows,
  identity,
  type LinearAlgebra,
  type LuFactor,
  type Matrix,
  matrix,
  type ProviderChoice,
  type SingularValues,
  type SymmetricEigen,
  transpose,
} from './numeric/linalg/index.js';
export { deming, inverseLeastSquares, type Line, leastSquares, york } from './numeric/lines.js';
export { hutchinsonTrace } from './numeric/operators/hutchinson.js';
export { type LinearOperator, lanczos } from './numeric/operators/lanczos.js';
export { spectralDensity } from './numeric/operators/slq.js';
export { type PowerLawFit, type PowerLawOptions, powerLaw } from './numeric/powerlaw.js';
export { type Key, randomKey, type Stream } from './numeric/random.js';
export { logSpaced } from './numeric/spacing.js';
// record
export { type Checkpoint, readCheckpoint, readModel, writeCheckpoint, writeModel } from './record/checkpoint.js';
export { type NpyArray, readNpy, writeNpy } from './record/npy.js';
export { readNpz, writeNpz } from './record/npz.js';
export { readPenalty, writePenalty } from './record/penalty.js';
export { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from './record/safetensors.js';
export { type ArrayStore, FolderStore, MemoryStore } from './record/store.js';
export { Trajectory, type TrajectoryShape, TrajectoryWriter } from './record/trajectory.js';
export { ao2022Findings } from './report/ao2022.js';
export { potentialFigure } from './report/figures/potential.js';
// report
export type { Finding, Verdict } from './report/finding.js';
export type { Report, ReportInput, RunFacts } from './report/input.js';
export { type Ivf2021Input, ivf2021Findings } from './report/ivf2021.js';
export { renderPng } from './report/png.js';
export { renderReport } from './report/render.js';
// run
export { type AdviseRequest, type AdviseResult, adviseRun } from './run/advise.js';
export { readResults } from './run/analysis-stages.js';
export { readAo2022Results, reproduceAo2022 } from './run/ao2022.js';
export { type Config, completeConfig, type PartialConfig, readConfig } from './run/config.js';
export { InterruptedError, type Progress, type RunOptions } from './run/context.js';
export { type ControlsRequest, type ControlsRun, reproduceControls } from './run/controls.js';
export { type DatasetPart, type DatasetRequest, loadDataset } from './run/datasets.js';
export { type DecomposeRequest, type DecomposeResult, decomposeFiles } from './run/decompose.js';
export type { EnsembleSpec, Motion } from './run/ensemble-jobs.js';
export { type EnsemblesOptions, runEnsembles } from './run/ensemble-pool.js';
export { type RunRecord, readRecord, type StageName, type StageRecord } from './run/folder.js';
export { type ForgetRequest, type ForgetRun, forget } from './run/forget.js';
export { completeForget, type ForgetConfig, type PartialForget } from './run/forget-config.js';
export { type RunRequest, type RunResult, reproduceIvf2021, trainRun } from './run/ivf2021.js';
export { PRESETS } from './run/presets.js';
export { type ProtectRequest, type ProtectResult, protectRun } from './run/protect.js';
export { type AnalyseRequest, analyseRun, reportRun } from './run/reanalyse.js';
export {
  planSimulation,
  readSimulation,
  type SimulationRequest,
  type SimulationRun,
  simulate,
} from './run/simulate.js';
export { SIMULATION_EXAMPLES, simulationExample } from './run/simulate-examples.js';
export type { PartialSimulationConfig, SimulationConfig } from './run/simulate-schema.js';
export { type NetworkStudyRequest, runNetworkStudy } from './run/valley-network.js';
export { networkStudyConfig } from './run/valley-network-config.js';
export { reproduceValley2023, type ValleyRequest, type ValleyRun } from './run/valley2023.js';
// theory
export {
  type CoupledCurvature,
  type CurvatureLaw,
  coupledCeiling,
  edgeOfStability,
  meanSquareCeiling,
} from './theory/ceiling.js';
export {
  type Ensemble,
  type EnsembleView,
  type LangevinOptions,
  langevinEnsemble,
  type SgdOptions,
  sgdEnsemble,
} from './theory/ensemble/ensemble.js';
export { LANGEVIN_SCHEMES, type LangevinScheme, type SchemeOrders } from './theory/ensemble/schemes.js';
export { type StableStep, stableTimestep } from './theory/ensemble/stability.js';
export {
  type Averaging,
  type CellAxis,
  ensembleMoments,
  type Histogram,
  histogram,
  type Moments,
  newHistogram,
  timeMoments,
} from './theory/ensemble/statistics.js';
export { type Boundary, STATUS as WALKER_STATUS, type Wall } from './theory/ensemble/walls.js';
export { descentField, fieldFrom, fieldOf, gradientField } from './theory/fields.js';
export {
  type Current,
  currentDivergence,
  entropyProduction,
  probabilityCurrent,
} from './theory/fokker-planck/current.js';
export { type FokkerPlanckOptions, fokkerPlanck } from './theory/fokker-planck/equation.js';
export { type Grid, type GridAxis, type GridDensity, gridCentres, gridOf } from './theory/fokker-planck/grid.js';
export { escapeFlux, type JumpProcess } from './theory/fokker-planck/jumps.js';
export {
  densityAlong,
  densityAtPoint,
  densityAverage,
  densityFrom,
  densityFromCounts,
  densityFromWalkers,
  densityMoments,
  marginalDensity,
  massOf,
  normaliseDensity,
  totalVariation,
} from './theory/fokker-planck/measures.js';
export { fokkerPlanckMemory } from './theory/fokker-planck/memory.js';
export { type EscapeRate, Passage } from './theory/fokker-planck/passage.js';
export { checkHolds, edgeMass, numericalDiffusion, resolutionOf } from './theory/fokker-planck/quality.js';
export { type Stationary, stationaryDensity } from './theory/fokker-planck/stationary.js';
export { type Evolved, positiveStep, type Scheme, Stepper } from './theory/fokker-planck/stepping.js';
export { type AlongOptions, alongFloor } from './theory/models/along.js';
export { type FunctionInput, modelsOf } from './theory/models/functions.js';
export {
  langevinModel,
  type NoiseInput,
  type Problem,
  type ProblemInput,
  problemOf,
  sgdModel,
} from './theory/models/problem.js';
export { dimensionless, type Scales, scalesAt } from './theory/models/scales.js';
export type { Field, LangevinModel, SgdModel } from './theory/motion.js';
export { type CovariancePrediction, type CovarianceRequest, predictCovariance } from './theory/predictions.js';
export { predictRegression } from './theory/regression.js';
export { simulateRegression } from './theory/regression-simulation.js';
export { type SurrogateRequest, surrogate } from './theory/surrogate.js';
export { type Adiabatic, type AdiabaticInput, adiabatic } from './theory/valley/adiabatic.js';
export {
  almostSureRate,
  lyapunov,
  meanSquareRate,
  multiplicativeVariance,
  tailExponent,
} from './theory/valley/divergence.js';
export {
  type DensityKind,
  type EffectiveLossOptions,
  effectiveLoss,
  sgdLoss,
} from './theory/valley/effective-loss.js';
export { barrierHeight, kramersRate, meanFirstPassage, restPoints } from './theory/valley/escape.js';
export { type Freezing, growingBarrier, occupation, type TwoValleys } from './theory/valley/freezing.js';
export {
  type AcrossNoise,
  acrossVariance,
  driftTime,
  effectiveDrift,
  regularisation,
  regularisingForce,
  type SgdValley,
} from './theory/valley/sgd-noise.js';
export { type Curve, type CurveInput, flatnessAt, type Valley, valley } from './theory/valley/valley.js';
// train
export {
  type Cursor,
  type Curves,
  type EpochEnd,
  type Evaluate,
  type Learner,
  type LoopOptions,
  newCursor,
  newCurves,
  type Plan,
  type StepChunk,
  trainingLoop,
} from './train/loop.js';
export type { Integration } from './train/pull.js';
export { type EpochCurves, type StopRule, shouldStop } from './train/stopping.js';
export { type StepsResult, Trainer, type TrainerOptions } from './train/trainer.js';
export { recordWindow, type WeightWindow, type WindowRequest } from './train/window.js';
