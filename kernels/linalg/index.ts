// Dense linear algebra, float64. Inner loops are exported by name so that they remain separate functions (the engine
// optimises a function between calls, not within one).
export { axpy, combine, combine4, dot, dots, dots4, rotateRows, scale, symv, symv4, transposeBlock, transposeSquare } from './vectors';
export { gemm, macro, micro, packLeft, packRight, useWork, workBytes } from './gemm';
export { applyBlock, reflector, triangle } from './reflect';
export { backScratch, backTransform, panelStep, tridiagonalScratch, tridiagonalise } from './tridiagonal';
export { ql } from './ql';
export { poles, secularRoot, shiftPoles } from './secular';
export { conquer, divide, divideScratch, merge, rootVector, weightRow, weights } from './divide';
export { cholesky, choleskyRow, lu, luColumn, luScratch, solveLower, solveUpper, swap, swapRows } from './triangular';
export { qr, qrColumn, qrScratch } from './qr';
export { bidiagonalScratch, bidiagonalStep, bidiagonalise } from './bidiagonal';
export { hessenberg, hessenbergScratch, hessenbergStep } from './hessenberg';
export { finishPair, francis, francisStep, negligible, reflectColumns, reflectRows2, reflectRows3, standardise, startBulge } from './francis';
export { bulgeStep, closeWindow, deflate, schur, schurScratch, sweep } from './schur';
