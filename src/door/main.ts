/** The parts that stand beside the nouns in `thermograd` and `thermograd/core`: data, models, files, errors. All parts: `thermograd/parts`. */

export type { Residuals } from '../analyse/decomposition/checks.js';
export type { ConditionNumbers, Decomposition } from '../analyse/decomposition/decompose.js';
export type { CheckedSystem, LinearSystem } from '../analyse/decomposition/linear-system.js';
export type { DriftSpectrum, Eigenvalues } from '../analyse/decomposition/spectrum.js';
export { FlatnessMeter, type FlatnessOptions as FlatnessMeterOptions } from '../analyse/landscape/flatness.js';
export type { SurfaceDirection } from '../analyse/landscape/surface-flatness.js';
export { type MeasureOptions, type MeasureProgress, measureSurface } from '../analyse/surface/measure.js';
export type { GivenDirections } from '../analyse/surface/measure-block.js';
export type { SurfaceCosts, SurfacePlan, ThinnedDirections } from '../analyse/surface/plan.js';
export type {
  BlockMeasured,
  MeasuredDirection,
  MeasuredFlatness,
  MeasuredMode,
  MeasuredNoise,
  MeasuredPlane,
  MeasuredSpectrum,
  NotMeasured,
  SurfaceMeasured,
} from '../analyse/surface/results.js';
export type {
  Analysis,
  DirectionDynamics,
  DirectionFlatness,
  FlatnessSummary,
  LossPlane,
  NoWalk,
  OverDraws,
  PcaSummary,
  PlanePath,
  PowerLaw,
  ScalingSummary,
  TrainingCurves,
  WalkForm,
  WalkNull,
} from '../analyse/trajectory/results.js';
export type { RowChunk, RowSource } from '../analyse/trajectory/rows.js';
export type { GivenBlock } from '../apply/blocks.js';
export type { BlockDiagnostics, UnitStrength } from '../apply/constraint.js';
export type { FinishedRun } from '../apply/finished-run.js';
export { type Protection, type ProtectOptions, protect } from '../apply/protect.js';
export type { SampleSurface } from '../apply/surface-samples.js';
export type { ProtectableSurface } from '../apply/surface-task.js';
export type { Block as TaskBlock, TaskTraining } from '../apply/task.js';
export type { Dataset, Normalization, Samples } from '../data/dataset.js';
export { limitTraining, selectClasses } from '../data/subset.js';
export { type TeacherNetwork, type TeacherRequest, type TeacherSet, teacherSet } from '../data/teacher.js';
export { type KernelBuild, kernelBuild } from '../kernels/load.js';
export type { AnyNetwork } from '../model/any-network.js';
export { type FunctionSurface, lossSurface } from '../model/function-surface.js';
export type { LayeredSpec, LayerSpec } from '../model/layered/index.js';
export type {
  ActivationSpec,
  BatchNormSpec,
  ConvSpec,
  DenseSpec,
  DropoutSpec,
  GlobalPoolSpec,
  LayerNormSpec,
  Named,
  PoolSpec,
  ResidualSpec,
} from '../model/layered/spec.js';
export type { LayerBlock } from '../model/network.js';
export { type Activation, initialWeights, type LossKind, type NetworkSpec } from '../model/network.js';
export type { DensePart, DiagonalPart, LowRankPart, Penalty, PenaltyPart, PenaltyTerm } from '../model/penalty.js';
export type { LossSurface } from '../model/surface.js';
export type { Found } from '../nouns/pca.js';
export type { Point } from '../nouns/point.js';
export type { Shown } from '../nouns/shown.js';
export { DivergedError, InputError, RunError, ThermogradError } from '../numeric/errors.js';
export type { ErrorKind, Estimate } from '../numeric/estimate.js';
export {
  type ChooseOptions,
  chooseProvider,
  embeddedLinearAlgebra,
  fromRows,
  type LinearAlgebra,
  type Matrix,
  matrix,
  type ProviderChoice,
} from '../numeric/linalg/index.js';
export type {
  GemmOptions,
  LuFactor,
  RankUpdater,
  RealSchur,
  SingularValues,
  SubsetEigen,
  SylvesterOptions,
  SymmetricEigen,
  TriangularSolution,
} from '../numeric/linalg/provider.js';
export type { LibraryFacts } from '../numeric/linalg/system-library.js';
export type { Quadrature, SpectralDensity } from '../numeric/operators/slq.js';
export type { PowerLawFit } from '../numeric/powerlaw.js';
export { type Key, randomKey, type Stream } from '../numeric/random.js';
export { type ArrayStore, MemoryStore } from '../record/array-store.js';
export type { NpyData, NpyType } from '../record/npy.js';
export { type NpyArray, readNpy, writeNpy } from '../record/npy.js';
export { readNpz, writeNpz } from '../record/npz.js';
export type { TensorData } from '../record/safetensors.js';
export { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from '../record/safetensors.js';
export { Trajectory, type TrajectoryShape, TrajectoryWriter } from '../record/trajectory.js';
export type { Finding, Verdict } from '../report/finding.js';
export type { Json as JsonValue, Report, RunFacts } from '../report/input.js';
export { renderPdf } from '../report/pdf.js';
export { checkSurface, type SurfaceCheckOptions } from '../surface/check.js';
export type { CheckName, SurfaceCheck, SurfaceReport } from '../surface/check-report.js';
export type { Answer as FunctionAnswer } from '../surface/functions.js';
export { functionSurface, type ModelFunctions } from '../surface/functions.js';
export type { LineFunction, LineLoss, LineOptions as NetworkLineOptions } from '../surface/network/line.js';
export type { NetworkPasses, States } from '../surface/network/passes.js';
export type { PassesKernel, PlacedVector } from '../surface/network/passes-kernel.js';
export type { PassesOptions } from '../surface/network/passes-options.js';
export type {
  Line as SurfaceLine,
  LineLosses,
  Offer,
  Parameter,
  RequestOptions,
  SampleSubset,
  Subset,
  Surface,
  SurfaceBlock,
  Verb,
} from '../surface/surface.js';
export type { NoiseSampling } from '../theory/lag-weights.js';
export type { ModeKind } from '../theory/modes.js';
export { type CovariancePrediction, type CovarianceRequest, predictCovariance } from '../theory/predictions.js';
export { type RegressionData, regressionLoss } from '../theory/regression-data.js';
export type { BatchDraw } from '../theory/sampled-loss.js';
export { type BatchNoise, batchNoise, type SampledLoss } from '../theory/sampled-loss.js';
export type { Arena } from '../train/arena.js';
export type { Integration } from '../train/pull.js';
export type { LayerStates } from '../train/trainer.js';
export { type StepsResult, Trainer, type TrainerOptions } from '../train/trainer.js';
