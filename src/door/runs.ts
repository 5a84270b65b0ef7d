/** Parts from runs that need no module of Node: what is measured of a layer. */

export type { GammaLaw } from '../runs/relation/gamma.js';
export type { LayerMeasured } from '../runs/relation/layer.js';
