/** The choice of a kernel build, as users make it. */
import { forceKernelBuild as force, type KernelBuild } from '../kernels/load.js';
import * as is from './wants.js';

/**
 * Forces one build (for tests, comparisons, or to reproduce a run of another machine); `undefined` restores the automatic
 * choice.
 * @throws InputError for another name
 */
export function forceKernelBuild(build: KernelBuild | undefined): void {
  is.given('forceKernelBuild', { build }, { build: is.maybe(is.oneOf('fma', 'simd')) });
  force(build);
}
