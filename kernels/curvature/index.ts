// Exact second-order quantities of a network over all samples, float64. Arrays of a block of samples are stored
// [unit][sample], so that layers are plain matrix products and everything else runs along samples; only the sparse
// inputs are treated sample by sample.
export { gemm, useWork, workBytes } from '../linalg/gemm';
export { addTiles, compress, factorWeights, micro32, micro64, pack32, pack64, pairSums, pairWork, prefixes, roots, tileCount, tiles32, tiles64 } from './pairs';
export { activate, addBend, clearPadding, dotColumns, fillRows, logistic, logisticFactor, logisticMiddle, logisticTangent, middleSlopes, squared, squaredMiddle, sumRows, timesRow, timesSlope } from './elements';
export { gather, scatter, transpose } from './inputs';

/** Returns the first free address after the kernel's own constants. */
export function heapBase(): usize {
  return __heap_base;
}
