/** The nouns: what a user measures with, of use in a browser as well. */

export type { At } from '../nouns/at.js';
export { type DecomposeOptions, type DecompositionResult, decompose } from '../nouns/decompose.js';
export type { Density } from '../nouns/density.js';
export type { Eigenvalue } from '../nouns/eigenvalue.js';
export type { AxisNames } from '../nouns/figures/power-law.js';
export { type FitOptions, fit, type LineOptions, type LineResult, type PowerLawResult } from '../nouns/fit.js';
export type { Flatness, FlatnessOptions } from '../nouns/flatness.js';
export type { DensityOptions, EigenOptions, Hessian, ProbeOptions } from '../nouns/hessian.js';
export type { Measured } from '../nouns/measured.js';
export { type Model, model, type Network, type NetworkOptions, network } from '../nouns/network.js';
export type { Noise } from '../nouns/noise.js';
export { type PcaOptions, type PcaResult, pca } from '../nouns/pca.js';
export type { BlockLike, DirectionsLike } from '../nouns/places.js';
export { type FigureResult, type HasAnalysis, plot } from '../nouns/plot.js';
export type { AtOptions } from '../nouns/point.js';
export type { RowsLike, Shaped } from '../nouns/rows.js';
export type { Arrays, Rows, SamplesLike } from '../nouns/samples.js';
export type { WeightsLike } from '../nouns/weights.js';
