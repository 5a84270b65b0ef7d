/** Public names of the room theory that need no module of Node: predictions in closed form, ensembles and densities. */

export {
  type CoupledCurvature,
  type CurvatureLaw,
  coupledCeiling,
  edgeOfStability,
  meanSquareCeiling,
} from '../theory/ceiling.js';
export type { Common } from '../theory/ensemble/ensemble.js';
export {
  type Ensemble,
  type EnsembleView,
  type LangevinOptions,
  langevinEnsemble,
  type SgdOptions,
  sgdEnsemble,
} from '../theory/ensemble/ensemble.js';
export { LANGEVIN_SCHEMES, type LangevinScheme, type SchemeOrders } from '../theory/ensemble/schemes.js';
export type { Range as BoxRange } from '../theory/ensemble/stability.js';
export { type StableStep, stableTimestep } from '../theory/ensemble/stability.js';
export {
  type Averaging,
  type CellAxis,
  ensembleMoments,
  type Histogram,
  histogram,
  type Moments,
  newHistogram,
  timeMoments,
} from '../theory/ensemble/statistics.js';
export { type Boundary, STATUS as WALKER_STATUS, type Wall } from '../theory/ensemble/walls.js';
export { descentField, fieldFrom, fieldOf, gradientField } from '../theory/fields.js';
export {
  type Current,
  currentDivergence,
  entropyProduction,
  probabilityCurrent,
} from '../theory/fokker-planck/current.js';
export { type FokkerPlanckOptions, fokkerPlanck } from '../theory/fokker-planck/equation.js';
export type { Progress as SteppingProgress } from '../theory/fokker-planck/fronts.js';
export { type Grid, type GridAxis, type GridDensity, gridCentres, gridOf } from '../theory/fokker-planck/grid.js';
export type { Escape as JumpEscape, Exit as JumpExit, Link as JumpLink } from '../theory/fokker-planck/jumps.js';
export { escapeFlux, type JumpProcess } from '../theory/fokker-planck/jumps.js';
export type { Moments as DensityMoments } from '../theory/fokker-planck/measures.js';
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
} from '../theory/fokker-planck/measures.js';
export type { MemoryNeed as GridMemory } from '../theory/fokker-planck/memory.js';
export { fokkerPlanckMemory } from '../theory/fokker-planck/memory.js';
export { type EscapeRate, Passage } from '../theory/fokker-planck/passage.js';
export type { Resolution } from '../theory/fokker-planck/quality.js';
export { checkHolds, edgeMass, numericalDiffusion, resolutionOf } from '../theory/fokker-planck/quality.js';
export type { ProcessOptions, Side as GridSide } from '../theory/fokker-planck/rates.js';
export type { SolveOptions } from '../theory/fokker-planck/stationary.js';
export { type Stationary, stationaryDensity } from '../theory/fokker-planck/stationary.js';
export type { SteppingOptions } from '../theory/fokker-planck/stepping.js';
export { type Evolved, positiveStep, type Scheme, Stepper } from '../theory/fokker-planck/stepping.js';
export type { NoiseSampling } from '../theory/lag-weights.js';
export type {
  Ball,
  DecompositionFacts,
  EnergyRow,
  HessianModes,
  LayerSetting,
  Regime as LayerRegime,
  Subspaces,
} from '../theory/layer/results.js';
export { type AlongOptions, alongFloor } from '../theory/models/along.js';
export type { PointFunction } from '../theory/models/functions.js';
export { type FunctionInput, modelsOf } from '../theory/models/functions.js';
export type { Interpretation } from '../theory/models/interpretation.js';
export type { LandscapeInput } from '../theory/models/problem.js';
export {
  langevinModel,
  type NoiseInput,
  type Problem,
  type ProblemInput,
  problemOf,
  sgdModel,
} from '../theory/models/problem.js';
export { dimensionless, type Scales, scalesAt } from '../theory/models/scales.js';
export type { ModeKind } from '../theory/modes.js';
export type { Field, LangevinModel, SgdModel } from '../theory/motion.js';
export type { VaryingCurvature } from '../theory/optimisers/ceiling.js';
export { optimiserCeiling, optimiserMeanSquareCeiling } from '../theory/optimisers/ceiling.js';
export type { CirculationParts, ContinuousOptimiser } from '../theory/optimisers/continuous.js';
export { circulationParts, continuousOptimiser } from '../theory/optimisers/continuous.js';
export { type OptimiserCovariance, optimiserCovariance } from '../theory/optimisers/covariance.js';
export { type HeavyBallRequest, heavyBallRequest } from '../theory/optimisers/heavy-ball.js';
export type { Ends as HoldsEnds } from '../theory/optimisers/holds.js';
export { type FormFailure, type WindowSeen, whereFormFails } from '../theory/optimisers/holds.js';
export { type LinearForm, type LinearMap, linearForm, linearMap } from '../theory/optimisers/linear-form.js';
export { type OptimiserNear, preconditionerOf } from '../theory/optimisers/own-coordinates.js';
export { type AdaptiveNear, type SelfConsistent, selfConsistent } from '../theory/optimisers/self-consistent.js';
export { type CovariancePrediction, type CovarianceRequest, predictCovariance } from '../theory/predictions.js';
export type { RegressionPrediction, RegressionProblem } from '../theory/regression.js';
export { predictRegression } from '../theory/regression.js';
export { type RegressionData, regressionLoss } from '../theory/regression-data.js';
export type { RegressionMeasurement, RegressionRun } from '../theory/regression-simulation.js';
export { simulateRegression } from '../theory/regression-simulation.js';
export {
  type BatchDraw,
  type BatchNoise,
  batchNoise,
  type SampledLoss,
  type SampledQuadratic,
  sampledLoss,
} from '../theory/sampled-loss.js';
export { type SurrogateRequest, surrogate } from '../theory/surrogate.js';
export { type Adiabatic, type AdiabaticInput, adiabatic } from '../theory/valley/adiabatic.js';
export type { BatchCurvature as ValleyBatchCurvature } from '../theory/valley/divergence.js';
export {
  almostSureRate,
  lyapunov,
  meanSquareRate,
  multiplicativeVariance,
  tailExponent,
} from '../theory/valley/divergence.js';
export {
  type DensityKind,
  type EffectiveLossOptions,
  effectiveLoss,
  sgdLoss,
} from '../theory/valley/effective-loss.js';
export type { Line as EscapeLine, Passage as EscapePassage } from '../theory/valley/escape.js';
export { barrierHeight, kramersRate, meanFirstPassage, restPoints } from '../theory/valley/escape.js';
export { type Freezing, growingBarrier, occupation, type TwoValleys } from '../theory/valley/freezing.js';
export {
  type AcrossNoise,
  acrossVariance,
  driftTime,
  effectiveDrift,
  regularisation,
  regularisingForce,
  type SgdValley,
} from '../theory/valley/sgd-noise.js';
export { type Curve, type CurveInput, flatnessAt, type Valley, valley } from '../theory/valley/valley.js';
