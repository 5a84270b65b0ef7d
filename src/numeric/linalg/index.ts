/** Dense linear algebra, float64: matrices, the interface, its two providers, streamed covariances. */
export { type ChooseOptions, chooseProvider } from './choose.js';
export {
  type CovarianceAccumulator,
  covarianceAccumulator,
  type GramAccumulator,
  gramAccumulator,
} from './covariance.js';
export { embeddedLinearAlgebra } from './embedded.js';
export { discreteLyapunov, type EquationSolution, lyapunov, sylvester } from './lyapunov.js';
export {
  column,
  copy,
  diagonal,
  frobenius,
  fromRows,
  identity,
  type Matrix,
  matrix,
  pairIndex,
  row,
  stacked,
  trace,
  transpose,
} from './matrix.js';
export type {
  GemmOptions,
  LinearAlgebra,
  LuFactor,
  ProviderChoice,
  RankUpdater,
  RealSchur,
  SingularValues,
  SubsetEigen,
  SylvesterOptions,
  SymmetricEigen,
  TriangularSolution,
} from './provider.js';
