/**
 * The part of the public entry point that needs no module of Node, for browsers and other hosts: arithmetic, data in
 * memory, networks and their training, measurements on them, theory, penalties, findings and reports. Names are
 * explicit, as in index.ts.
 */

export {
  type BatchCurvature,
  type BatchCurvatureOptions,
  batchCurvature,
} from './analyse/curvature/batch-curvature.js';
export { hessianBlock } from './analyse/curvature/hessian.js';
export { hessianOperator, projectedMatrices } from './analyse/curvature/network-hessian.js';
export { type SampleCurvature, sampleCurvature } from './analyse/curvature/sample-curvature.js';
export {
  type CurvatureMemory,
  type CurvaturePair,
  curvatureMemory,
  type SurfaceCurvature,
  type SurfaceCurvatureOptions,
  surfaceCurvature,
} from './analyse/curvature/surface-curvature.js';
export { type SurfaceTraceOptions, surfaceTrace } from './analyse/curvature/surface-trace.js';
export type { Residuals } from './analyse/decomposition/checks.js';
export { type StationaryCovariance, stationaryCovariance } from './analyse/decomposition/covariance.js';
export {
  type ConditionNumbers,
  type DecomposeOptions,
  type Decomposition,
  decompose,
} from './analyse/decomposition/decompose.js';
export { type DiscreteCovariance, discreteCovariance } from './analyse/decomposition/discrete.js';
export type { LinearSystem } from './analyse/decomposition/linear-system.js';
export { type PotentialPlane, potentialPlane } from './analyse/decomposition/plane.js';
export { type Vortex, type Vortices, vortices } from './analyse/decomposition/vortices.js';
export { FlatnessMeter, type FlatnessOptions } from './analyse/landscape/flatness.js';
export { randomLandscape } from './analyse/landscape/landscape.js';
export { type SurfaceConfidenceOptions, surfaceConfidence } from './analyse/landscape/surface-confidence.js';
export {
  type SurfaceDirection,
  type SurfaceFlatness,
  type SurfaceFlatnessOptions,
  surfaceFlatness,
} from './analyse/landscape/surface-flatness.js';
export { type SurfaceLandscapeOptions, surfaceLandscape } from './analyse/landscape/surface-landscape.js';
export { layerBlocks, type SurfaceSolutionOptions, surfaceSolution } from './analyse/landscape/surface-solution.js';
export { batchCovariance, covarianceOperator, gradientCovariance } from './analyse/noise/noise.js';
export { gradientNoiseScale } from './analyse/noise/noise-scale.js';
export { type TwoBatches, type TwoBatchNoise, twoBatchNoise } from './analyse/noise/noise-two-batches.js';
export { type ProjectedNoise, projectedNoise, type SurfaceNoiseOptions } from './analyse/noise/surface-noise.js';
export { surfaceNoiseScale } from './analyse/noise/surface-scales.js';
export { type MeasureOptions, type MeasureProgress, measureSurface } from './analyse/surface/measure.js';
export type { GivenDirections } from './analyse/surface/measure-block.js';
export type { SurfacePlan } from './analyse/surface/plan.js';
export type { BlockMeasured, SurfaceMeasured } from './analyse/surface/results.js';
export { correlationTime } from './analyse/trajectory/autocorrelation.js';
export { type BoltzmannTest, boltzmannTest, energiesOf } from './analyse/trajectory/boltzmann.js';
export { circulation, expectedCirculation } from './analyse/trajectory/circulation.js';
export { displacementExponent, meanSquaredDisplacement } from './analyse/trajectory/displacement.js';
export { type DynamicsInput, directionDynamics, driftVelocity } from './analyse/trajectory/dynamics.js';
export { componentOf, type Pca, type PcaOptions, pca, pcaMemory, project } from './analyse/trajectory/pca.js';
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
} from './analyse/trajectory/results.js';
export { type RowChunk, type RowSource, rowRange, rowsInMemory, scaledRows } from './analyse/trajectory/rows.js';
export { type ScalingInput, scaling } from './analyse/trajectory/scaling.js';
export { measureOptimiserAdvice, type OptimiserAdviceOptions } from './apply/advice-optimiser.js';
export { type AdviceMeasureOptions, type MeasuredOnSurface, measureAdvice } from './apply/advice-surface.js';
export type { BlockDiagnostics, BuiltConstraint, Constraint, UnitStrength } from './apply/constraint.js';
export { CONSTRAINTS } from './apply/constraints/table.js';
export type { FinishedRun } from './apply/finished-run.js';
export { modelTask } from './apply/model-task.js';
export { type Movement, movementAlong } from './apply/movement.js';
export { type NetworkTaskOptions, networkTask } from './apply/network-task.js';
export { type Protection, type ProtectOptions, protect, protectTask } from './apply/protect.js';
export type { ProtectableSurface } from './apply/surface-task.js';
export type { Task, TaskTraining } from './apply/task.js';
export { layerWindows } from './apply/windows.js';
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
export { ao2022Findings } from './experiments/ao2022/findings.js';
export { potentialFigure } from './experiments/decompose/figures/potential.js';
export type { Ivf2021Input } from './experiments/ivf2021/facts.js';
export { ivf2021Findings } from './experiments/ivf2021/findings.js';
export { type ReportInput, renderReport } from './experiments/ivf2021/page.js';
export { type KernelBuild, kernelBuild } from './kernels/load.js';
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
export { type BootstrapOptions, type BootstrapResult, bootstrap } from './numeric/bootstrap.js';
export { DivergedError, InputError, RunError, ThermogradError } from './numeric/errors.js';
export { type ErrorKind, type Estimate, estimate } from './numeric/estimate.js';
export {
  derivative,
  type Expression,
  evaluator,
  formatExpression,
  type ParseOptions,
  parseExpression,
} from './numeric/expression/index.js';
export { forceKernelBuild } from './numeric/kernel-build.js';
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
export { type ArrayStore, MemoryStore } from './record/array-store.js';
export { type NpyArray, readNpy, writeNpy } from './record/npy.js';
export { readNpz, writeNpz } from './record/npz.js';
export { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from './record/safetensors.js';
export { Trajectory, type TrajectoryShape, TrajectoryWriter } from './record/trajectory.js';
export type { Finding, Verdict } from './report/finding.js';
export type { Report, RunFacts } from './report/input.js';
export { blockNamed, blockOf, parametersOf, wholeBlock } from './surface/blocks.js';
export { checkSurface, examineSurface, type SurfaceCheckOptions } from './surface/check.js';
export type { CheckName, SurfaceCheck, SurfaceReport } from './surface/check-report.js';
export { completed } from './surface/completed.js';
export { withDecay } from './surface/decay.js';
export { functionSurface, type ModelFunctions } from './surface/functions.js';
export { weightsHash } from './surface/hash.js';
export type { SurfaceParts } from './surface/made.js';
export { NetworkPasses } from './surface/network/passes.js';
export { type NetworkSurfaceOptions, networkSurface } from './surface/network/surface.js';
export { scaledSurface } from './surface/scaled.js';
export { hardAndRandom, sampleWeights, stratifiedMean } from './surface/subsets.js';
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
} from './surface/surface.js';
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
export { optimiserCeiling, optimiserMeanSquareCeiling } from './theory/optimisers/ceiling.js';
export { circulationParts, continuousOptimiser } from './theory/optimisers/continuous.js';
export { type OptimiserCovariance, optimiserCovariance } from './theory/optimisers/covariance.js';
export { type HeavyBallRequest, heavyBallRequest } from './theory/optimisers/heavy-ball.js';
export { type FormFailure, type WindowSeen, whereFormFails } from './theory/optimisers/holds.js';
export { type LinearForm, type LinearMap, linearForm, linearMap } from './theory/optimisers/linear-form.js';
export { type OptimiserNear, preconditionerOf } from './theory/optimisers/own-coordinates.js';
export { type AdaptiveNear, type SelfConsistent, selfConsistent } from './theory/optimisers/self-consistent.js';
export { type CovariancePrediction, type CovarianceRequest, predictCovariance } from './theory/predictions.js';
export { predictRegression } from './theory/regression.js';
export { type RegressionData, regressionLoss } from './theory/regression-data.js';
export { simulateRegression } from './theory/regression-simulation.js';
export {
  type BatchDraw,
  type BatchNoise,
  batchNoise,
  type SampledLoss,
  type SampledQuadratic,
  sampledLoss,
} from './theory/sampled-loss.js';
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
export { type OptimiserSteps, optimiserSteps } from './train/optimisers/reference.js';
export { rateAt, type Schedule, scheduleInSteps } from './train/optimisers/schedule.js';
export { type CompleteOptimiser, completeOptimiser, type OptimiserSpec } from './train/optimisers/spec.js';
export type { Integration } from './train/pull.js';
export { type EpochCurves, type StopRule, shouldStop } from './train/stopping.js';
export { type StepsResult, Trainer, type TrainerOptions } from './train/trainer.js';
export { recordWindow, type WeightWindow, type WindowRequest } from './train/window.js';
