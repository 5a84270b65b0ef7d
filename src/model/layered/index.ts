/** Networks as lists of layers: what a user of the library writes and draws. */
export { type NetworkName, namedNetwork } from './named.js';
export { initialLayeredWeights } from './parameters.js';
export type { LayeredSpec, LayerSpec } from './spec.js';
