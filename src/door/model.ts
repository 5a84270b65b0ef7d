/** Public names of the room model that need no module of Node: networks, their losses and penalties. */

export { type FunctionSurface, lossSurface, numericalGradient } from '../model/function-surface.js';
export { initialLayeredWeights, type LayeredSpec, type LayerSpec, namedNetwork } from '../model/layered/index.js';
export {
  type Activation,
  initialWeights,
  type LayerBlock,
  type LossKind,
  layerNamed,
  layersOf,
  type NetworkSpec,
  parameterCount,
} from '../model/network.js';
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
} from '../model/penalty.js';
export type { LossSurface } from '../model/surface.js';
