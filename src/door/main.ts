/** The parts that stand beside the nouns in `thermograd` and `thermograd/core`: data, models, files, errors. All parts: `thermograd/parts`. */

export type { Residuals } from '../analyse/decomposition/checks.js';
export type { ConditionNumbers, Decomposition } from '../analyse/decomposition/decompose.js';
export type { LinearSystem } from '../analyse/decomposition/linear-system.js';
export { FlatnessMeter, type FlatnessOptions as FlatnessMeterOptions } from '../analyse/landscape/flatness.js';
export { type MeasureOptions, type MeasureProgress, measureSurface } from '../analyse/surface/measure.js';
export type { SurfaceMeasured } from '../analyse/surface/results.js';
export type {
  Analysis,
  DirectionFlatness,
  PcaSummary,
  ScalingSummary,
  TrainingCurves,
} from '../analyse/trajectory/results.js';
export type { RowChunk, RowSource } from '../analyse/trajectory/rows.js';
export { type Protection, type ProtectOptions, protect } from '../apply/protect.js';
export type { Dataset, Samples } from '../data/dataset.js';
export { limitTraining, selectClasses } from '../data/subset.js';
export { type TeacherNetwork, type TeacherRequest, type TeacherSet, teacherSet } from '../data/teacher.js';
export { type KernelBuild, kernelBuild } from '../kernels/load.js';
export { type FunctionSurface, lossSurface } from '../model/function-surface.js';
export type { LayeredSpec, LayerSpec } from '../model/layered/index.js';
export { type Activation, initialWeights, type LossKind, type NetworkSpec } from '../model/network.js';
export type { LossSurface } from '../model/surface.js';
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
export { type Key, randomKey, type Stream } from '../numeric/random.js';
export { type ArrayStore, MemoryStore } from '../record/array-store.js';
export { type NpyArray, readNpy, writeNpy } from '../record/npy.js';
export { readNpz, writeNpz } from '../record/npz.js';
export { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from '../record/safetensors.js';
export { Trajectory, type TrajectoryShape, TrajectoryWriter } from '../record/trajectory.js';
export type { Finding, Verdict } from '../report/finding.js';
export type { Report, RunFacts } from '../report/input.js';
export { renderPdf } from '../report/pdf.js';
export { checkSurface, type SurfaceCheckOptions } from '../surface/check.js';
export { functionSurface, type ModelFunctions } from '../surface/functions.js';
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
export { type CovariancePrediction, type CovarianceRequest, predictCovariance } from '../theory/predictions.js';
export { type RegressionData, regressionLoss } from '../theory/regression-data.js';
export { type BatchNoise, batchNoise, type SampledLoss } from '../theory/sampled-loss.js';
export { type StepsResult, Trainer, type TrainerOptions } from '../train/trainer.js';
