/** Public names of the room numeric that need no module of Node: numbers, linear algebra, expressions and errors. */

export { type BootstrapOptions, type BootstrapResult, bootstrap } from '../numeric/bootstrap.js';
export { DivergedError, InputError, RunError, ThermogradError } from '../numeric/errors.js';
export { type ErrorKind, type Estimate, estimate } from '../numeric/estimate.js';
export type { Operation } from '../numeric/expression/expression.js';
export {
  derivative,
  type Expression,
  evaluator,
  formatExpression,
  type ParseOptions,
  parseExpression,
} from '../numeric/expression/index.js';
export { forceKernelBuild } from '../numeric/kernel-build.js';
export {
  type ChooseOptions,
  chooseProvider,
  embeddedLinearAlgebra,
  fromRows,
  identity,
  type LinearAlgebra,
  type LuFactor,
  type Matrix,
  matrix,
  type ProviderChoice,
  type SingularValues,
  type SubsetEigen,
  type SymmetricEigen,
  transpose,
} from '../numeric/linalg/index.js';
export type {
  GemmOptions,
  RankUpdater,
  RealSchur,
  SylvesterOptions,
  TriangularSolution,
} from '../numeric/linalg/provider.js';
export type { LibraryFacts } from '../numeric/linalg/system-library.js';
export type { YorkLine, YorkOptions } from '../numeric/lines.js';
export { deming, inverseLeastSquares, type Line, leastSquares, york } from '../numeric/lines.js';
export type { HutchinsonOptions } from '../numeric/operators/hutchinson.js';
export { hutchinsonTrace } from '../numeric/operators/hutchinson.js';
export type { LanczosOptions, LanczosResult, RitzPair } from '../numeric/operators/lanczos.js';
export { type LinearOperator, lanczos } from '../numeric/operators/lanczos.js';
export type { Quadrature, SpectralDensity, SpectralDensityOptions } from '../numeric/operators/slq.js';
export { spectralDensity } from '../numeric/operators/slq.js';
export type { LineMethod } from '../numeric/powerlaw.js';
export { type PowerLawFit, type PowerLawOptions, powerLaw } from '../numeric/powerlaw.js';
export { type Key, randomKey, type Stream } from '../numeric/random.js';
export { logSpaced } from '../numeric/spacing.js';
