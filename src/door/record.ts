/** Public names of the room record that need no module of Node: arrays and their files, in memory. */

export { type ArrayStore, MemoryStore } from '../record/array-store.js';
export type { NpyData, NpyType } from '../record/npy.js';
export { type NpyArray, readNpy, writeNpy } from '../record/npy.js';
export { readNpz, writeNpz } from '../record/npz.js';
export type { TensorData } from '../record/safetensors.js';
export { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from '../record/safetensors.js';
export { Trajectory, type TrajectoryShape, TrajectoryWriter } from '../record/trajectory.js';
