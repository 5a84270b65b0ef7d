// Elimination of the states of a Markov jump process, front by front: see src/theory/fokker-planck/fronts.ts. Inner
// loops are exported by name so that they remain separate functions (the engine optimises a function between calls).
export { gemm, macro, micro, packLeft, packRight, useWork, workBytes } from '../linalg/gemm';
export { axpy, combine, combine4, dot } from '../linalg/vectors';
export { eliminate, eliminateSmall, panelBytes, reducePanel, updatePair, updateStrip } from './eliminate';
export { extendAdd, factorFront, gatherEntries } from './assemble';
export { backward, backwardAdjoint, backwardFront, backwardFrontAdjoint, forward, forwardAdjoint, forwardFront, forwardFrontAdjoint } from './solve';
