/** The nouns that work with files, and so need Node. */

export { type TrainedRun, type TrainOptions, type TrainResult, train } from '../nouns/train.js';
