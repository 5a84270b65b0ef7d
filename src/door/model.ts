/** Public names of the room model that need no module of Node: networks, their losses and penalties. */

export type { AnyNetwork } from '../model/any-network.js';
export { type FunctionSurface, lossSurface, numericalGradient } from '../model/function-surface.js';
export { initialLayeredWeights, type LayeredSpec, type LayerSpec, namedNetwork } from '../model/layered/index.js';
export type { NetworkName } from '../model/layered/named.js';
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
export type { DensePart, DiagonalPart, LowRankPart, PenaltyTerm } from '../model/penalty.js';
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
export type { PlanKernel } from '../model/plan/machine.js';
export type { LossSurface } from '../model/surface.js';
