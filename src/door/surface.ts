/** Public names of the room surface that need no module of Node: surfaces and what is asked of them. */

export { blockNamed, blockOf, parametersOf, wholeBlock } from '../surface/blocks.js';
export { checkSurface, examineSurface, type SurfaceCheckOptions } from '../surface/check.js';
export type { CheckName, SurfaceCheck, SurfaceReport } from '../surface/check-report.js';
export { completed } from '../surface/completed.js';
export { withDecay } from '../surface/decay.js';
export { functionSurface, type ModelFunctions } from '../surface/functions.js';
export { weightsHash } from '../surface/hash.js';
export { type LayeredSurfaceOptions, layeredSurface } from '../surface/layered/surface.js';
export type { SurfaceParts } from '../surface/made.js';
export { NetworkPasses } from '../surface/network/passes.js';
export { type NetworkSurfaceOptions, networkSurface } from '../surface/network/surface.js';
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
