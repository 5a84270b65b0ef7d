/** The trial of a library with the kernels of another core, in a process of its own: the wrong kernels may crash it. */
import { faultOf } from './battery.js';
import { environment } from './environment.js';
import { systemLinearAlgebra } from './system.js';
import { loadKoffi, openLibrary } from './system-library.js';

/**
 * Loads the library at `path` with OPENBLAS_CORETYPE set to `core` and lets it solve the battery of known answers.
 * @throws Error when it runs other kernels, or gives a wrong answer
 */
export async function tryCore(path: string, core: string): Promise<void> {
  const koffi = await loadKoffi();
  environment(koffi).set?.('OPENBLAS_CORETYPE', core);
  const library = openLibrary(koffi, { path, needs: [] });
  if (library.core?.toLowerCase() !== core.toLowerCase()) throw new Error(`it runs ${library.core}`);
  const fault = faultOf(systemLinearAlgebra(library));
  if (fault) throw new Error(fault);
}
