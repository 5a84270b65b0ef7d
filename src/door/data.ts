/** Public names of the room data that need no module of Node: datasets, samplers and tasks. */

export type { Dataset, Normalization, Samples } from '../data/dataset.js';
export type { IdxData } from '../data/idx.js';
export { type IdxArray, idxSamples, parseIdx } from '../data/idx.js';
export type { IdxParts, KnownCounts, NamedBytes } from '../data/mnist.js';
export { datasetFromIdx } from '../data/mnist.js';
export {
  type BatchPlan,
  type BatchRequest,
  batchPlan,
  type Epoch,
  type LastBatch,
  type Sampling,
} from '../data/samplers.js';
export { limitTraining, selectClasses } from '../data/subset.js';
export type { Task as ProtocolTask } from '../data/tasks.js';
export {
  classProtocol,
  type Head,
  PROTOCOLS,
  type Protocol,
  type TaskOptions,
  type TaskRequest,
  taskOf,
} from '../data/tasks.js';
export { type TeacherNetwork, type TeacherRequest, type TeacherSet, teacherSet } from '../data/teacher.js';
