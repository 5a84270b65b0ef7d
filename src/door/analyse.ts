/** Public names of the room analyse that need no module of Node: measurements of trajectories, landscapes, curvature and noise. */

export {
  type BatchCurvature,
  type BatchCurvatureOptions,
  batchCurvature,
} from '../analyse/curvature/batch-curvature.js';
export type { HessianBlock, HessianOptions } from '../analyse/curvature/hessian.js';
export { hessianBlock } from '../analyse/curvature/hessian.js';
export type { HessianTrace } from '../analyse/curvature/hessian-trace.js';
export type { Projection } from '../analyse/curvature/network-hessian.js';
export { hessianOperator, projectedMatrices } from '../analyse/curvature/network-hessian.js';
export { type SampleCurvature, sampleCurvature } from '../analyse/curvature/sample-curvature.js';
export {
  type CurvatureMemory,
  type CurvaturePair,
  curvatureMemory,
  type SurfaceCurvature,
  type SurfaceCurvatureOptions,
  surfaceCurvature,
} from '../analyse/curvature/surface-curvature.js';
export { type SurfaceTraceOptions, surfaceTrace } from '../analyse/curvature/surface-trace.js';
export type { Residuals } from '../analyse/decomposition/checks.js';
export { type StationaryCovariance, stationaryCovariance } from '../analyse/decomposition/covariance.js';
export {
  type ConditionNumbers,
  type DecomposeOptions,
  type Decomposition,
  decompose,
} from '../analyse/decomposition/decompose.js';
export { type DiscreteCovariance, discreteCovariance } from '../analyse/decomposition/discrete.js';
export type { CheckedSystem, LinearSystem } from '../analyse/decomposition/linear-system.js';
export { type PotentialPlane, potentialPlane } from '../analyse/decomposition/plane.js';
export type { DriftSpectrum, Eigenvalues } from '../analyse/decomposition/spectrum.js';
export { type Vortex, type Vortices, vortices } from '../analyse/decomposition/vortices.js';
export type { Confidence, TraceAtTemperature } from '../analyse/landscape/confidence.js';
export { FlatnessMeter, type FlatnessOptions } from '../analyse/landscape/flatness.js';
export type { DirectionLandscape, Landscape, LandscapeOptions } from '../analyse/landscape/landscape.js';
export { randomLandscape } from '../analyse/landscape/landscape.js';
export type {
  LayerFlatness,
  SolutionEffort,
  SolutionFlatness,
  Widths,
} from '../analyse/landscape/solution-flatness.js';
export { type SurfaceConfidenceOptions, surfaceConfidence } from '../analyse/landscape/surface-confidence.js';
export {
  type SurfaceDirection,
  type SurfaceFlatness,
  type SurfaceFlatnessOptions,
  surfaceFlatness,
} from '../analyse/landscape/surface-flatness.js';
export { type SurfaceLandscapeOptions, surfaceLandscape } from '../analyse/landscape/surface-landscape.js';
export { layerBlocks, type SurfaceSolutionOptions, surfaceSolution } from '../analyse/landscape/surface-solution.js';
export type { GradientCovariance } from '../analyse/noise/noise.js';
export { batchCovariance, covarianceOperator, gradientCovariance } from '../analyse/noise/noise.js';
export type { NoiseScale } from '../analyse/noise/noise-scale.js';
export { gradientNoiseScale } from '../analyse/noise/noise-scale.js';
export { type TwoBatches, type TwoBatchNoise, twoBatchNoise } from '../analyse/noise/noise-two-batches.js';
export { type ProjectedNoise, projectedNoise, type SurfaceNoiseOptions } from '../analyse/noise/surface-noise.js';
export { surfaceNoiseScale } from '../analyse/noise/surface-scales.js';
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
export { correlationTime } from '../analyse/trajectory/autocorrelation.js';
export type { Energies } from '../analyse/trajectory/boltzmann.js';
export { type BoltzmannTest, boltzmannTest, energiesOf } from '../analyse/trajectory/boltzmann.js';
export type { CirculationOptions, CirculationPair, CirculationResult } from '../analyse/trajectory/circulation.js';
export { circulation, expectedCirculation } from '../analyse/trajectory/circulation.js';
export { displacementExponent, meanSquaredDisplacement } from '../analyse/trajectory/displacement.js';
export { type DynamicsInput, directionDynamics, driftVelocity } from '../analyse/trajectory/dynamics.js';
export type { RangeFit } from '../analyse/trajectory/fit-ranges.js';
export { componentOf, type Pca, type PcaOptions, pca, pcaMemory, project } from '../analyse/trajectory/pca.js';
export type { Regime, RegimeName } from '../analyse/trajectory/regime.js';
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
export { type RowChunk, type RowSource, rowRange, rowsInMemory, scaledRows } from '../analyse/trajectory/rows.js';
export { type ScalingInput, scaling } from '../analyse/trajectory/scaling.js';
