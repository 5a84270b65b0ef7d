/** The choice of the linear algebra provider, made once per process for each set of options. */

import { ThermogradError } from '../errors.js';
import * as is from '../wants.js';
import { embeddedLinearAlgebra } from './embedded.js';
import type { LinearAlgebra, ProviderChoice } from './provider.js';
import { systemLinearAlgebra } from './system.js';
import { bestLibrary } from './system-choice.js';

/** Says which provider of linear algebra is wanted. */
export interface ChooseOptions {
  /**
   * `auto` (default) takes the system's library where one works, else the embedded kernels; `system` fails where none
   * works.
   */
  readonly prefer?: ProviderChoice;
  /** Threads that the system library may use; default 1, because runs are spread over workers. */
  readonly threads?: number;
  /** Library file to use instead of the one that the variable THERMOGRAD_BLAS names, or else the best that is found. */
  readonly library?: string;
}

/** Says what a {@link ChooseOptions} needs. */
export const CHOOSE_OPTIONS_WANTS = is.shape<ChooseOptions>({
  prefer: is.maybe(is.oneOf('system', 'embedded', 'auto')),
  threads: is.maybe(is.finite),
  library: is.maybe(is.text),
});

const cache = new Map<string, Promise<LinearAlgebra>>();

/**
 * Returns the provider for these options; it is kept for the next call.
 * @throws InputError when `prefer` is `system` and no system library works, and when the one that THERMOGRAD_BLAS names does not
 */
export function chooseProvider(options: ChooseOptions = {}): Promise<LinearAlgebra> {
  is.given('chooseProvider', { options }, { options: CHOOSE_OPTIONS_WANTS });
  const { prefer = 'auto', threads = 1, library } = options;
  if (prefer === 'embedded') return Promise.resolve(embeddedLinearAlgebra());
  const key = `${threads} ${library ?? ''}`;
  let found = cache.get(key);
  if (!found) {
    found = bestLibrary(library, threads).then(systemLinearAlgebra);
    cache.set(key, found);
  }
  if (prefer === 'system') return found;
  return found.catch((error: unknown) => {
    // a library that the user named is not replaced in silence
    if (error instanceof ThermogradError && error.code === 'named-blas') throw error;
    return embeddedLinearAlgebra();
  });
}
