/** Public names of the room kernels that need no module of Node: which build of the kernels runs. */

export { type KernelBuild, kernelBuild } from '../kernels/load.js';
