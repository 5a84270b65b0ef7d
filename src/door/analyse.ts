/** Public names of the room analyse that need no module of Node: measurements of trajectories, landscapes, curvature and noise. */

export {
  type BatchCurvature,
  type BatchCurvatureOptions,
  batchCurvature,
} from '../analyse/curvature/batch-curvature.js';
export { hessianBlock } from '../analyse/curvature/hessian.js';
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
export type { LinearSystem } from '../analyse/decomposition/linear-system.js';
export { type PotentialPlane, potentialPlane } from '../analyse/decomposition/plane.js';
export { type Vortex, type Vortices, vortices } from '../analyse/decomposition/vortices.js';
export { FlatnessMeter, type FlatnessOptions } from '../analyse/landscape/flatness.js';
export { randomLandscape } from '../analyse/landscape/landscape.js';
export { type SurfaceConfidenceOptions, surfaceConfidence } from '../analyse/landscape/surface-confidence.js';
export {
  type SurfaceDirection,
  type SurfaceFlatness,
  type SurfaceFlatnessOptions,
  surfaceFlatness,
} from '../analyse/landscape/surface-flatness.js';
export { type SurfaceLandscapeOptions, surfaceLandscape } from '../analyse/landscape/surface-landscape.js';
export { layerBlocks, type SurfaceSolutionOptions, surfaceSolution } from '../analyse/landscape/surface-solution.js';
export { batchCovariance, covarianceOperator, gradientCovariance } from '../analyse/noise/noise.js';
export { gradientNoiseScale } from '../analyse/noise/noise-scale.js';
export { type TwoBatches, type TwoBatchNoise, twoBatchNoise } from '../analyse/noise/noise-two-batches.js';
export { type ProjectedNoise, projectedNoise, type SurfaceNoiseOptions } from '../analyse/noise/surface-noise.js';
export { surfaceNoiseScale } from '../analyse/noise/surface-scales.js';
export { type MeasureOptions, type MeasureProgress, measureSurface } from '../analyse/surface/measure.js';
export type { GivenDirections } from '../analyse/surface/measure-block.js';
export type { SurfacePlan } from '../analyse/surface/plan.js';
export type { BlockMeasured, SurfaceMeasured } from '../analyse/surface/results.js';
export { correlationTime } from '../analyse/trajectory/autocorrelation.js';
export { type BoltzmannTest, boltzmannTest, energiesOf } from '../analyse/trajectory/boltzmann.js';
export { circulation, expectedCirculation } from '../analyse/trajectory/circulation.js';
export { displacementExponent, meanSquaredDisplacement } from '../analyse/trajectory/displacement.js';
export { type DynamicsInput, directionDynamics, driftVelocity } from '../analyse/trajectory/dynamics.js';
export { componentOf, type Pca, type PcaOptions, pca, pcaMemory, project } from '../analyse/trajectory/pca.js';
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
} from '../analyse/trajectory/results.js';
export { type RowChunk, type RowSource, rowRange, rowsInMemory, scaledRows } from '../analyse/trajectory/rows.js';
export { type ScalingInput, scaling } from '../analyse/trajectory/scaling.js';
