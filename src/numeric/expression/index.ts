/** Formulas: read, differentiated, evaluated, written. */
export { call, number, substitute, sum, variable, variablesOf } from './build.js';
export { derivative } from './derivative.js';
export { evaluator } from './evaluate.js';
export type { Expression, Operation } from './expression.js';
export { formatExpression } from './format.js';
export { type ParseOptions, parseExpression } from './parse.js';
