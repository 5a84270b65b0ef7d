/** Public names of the room surface that need no module of Node: surfaces and what is asked of them. */

export { blockNamed, blockOf, parametersOf, wholeBlock } from '../surface/blocks.js';
export { checkSurface, examineSurface, type SurfaceCheckOptions } from '../surface/check.js';
export type { CheckName, SurfaceCheck, SurfaceReport } from '../surface/check-report.js';
export { completed } from '../surface/completed.js';
export { withDecay } from '../surface/decay.js';
export type { Answer as FunctionAnswer } from '../surface/functions.js';
export { functionSurface, type ModelFunctions } from '../surface/functions.js';
export { weightsHash } from '../surface/hash.js';
export type { PassMachine } from '../surface/layered/machine.js';
export { type LayeredSurfaceOptions, layeredSurface } from '../surface/layered/surface.js';
export type { SurfaceParts } from '../surface/made.js';
export type { FisherKind } from '../surface/network/fisher.js';
export type { LineFunction, LineLoss, LineOptions as NetworkLineOptions } from '../surface/network/line.js';
export type { States } from '../surface/network/passes.js';
export { NetworkPasses } from '../surface/network/passes.js';
export type { PassesKernel, PlacedVector } from '../surface/network/passes-kernel.js';
export type { PassesOptions } from '../surface/network/passes-options.js';
export type { Precision, Precisions } from '../surface/network/precision.js';
export { type NetworkSurfaceOptions, networkSurface } from '../surface/network/surface.js';
export type { CurvatureKind } from '../surface/network/tangents.js';
export { scaledSurface } from '../surface/scaled.js';
export { hardAndRandom, sampleWeights, stratifiedMean } from '../surface/subsets.js';
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
