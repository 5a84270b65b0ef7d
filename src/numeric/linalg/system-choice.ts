/** Finds the best installed library of linear algebra, and the kernels of it that suit the processor. */
import { InputError } from '../errors.js';
import { faultOf } from './battery.js';
import { type Environment, environment } from './environment.js';
import { type Host, type Place, place, pythonPlaces, systemPlaces } from './libraries.js';
import { type Mismatch, mismatchOf } from './openblas-core.js';
import { systemLinearAlgebra } from './system.js';
import { type Koffi, loadKoffi, openLibrary, type SystemLibrary } from './system-library.js';

/** The variable that names the library to use. */
const NAMED = 'THERMOGRAD_BLAS';
/** The variable by which OpenBLAS is told which kernels to run. */
const CORE = 'OPENBLAS_CORETYPE';

/** Says what the search may use; a test gives its own. */
export interface Search {
  readonly koffi: Koffi;
  readonly environment: Environment;
  readonly host: Host | undefined;
}

/** Loads what a search needs. @throws InputError when koffi is not installed */
async function search(): Promise<Search> {
  const koffi = await loadKoffi();
  const { host } = await import('#host');
  return { koffi, environment: environment(koffi), host };
}

/**
 * Loads the library that computes fastest and right. One that the user names, by `library` or by THERMOGRAD_BLAS, is taken
 * alone. Otherwise the system's libraries come first, then those of an active Python environment, and the first whose kernels
 * suit the processor is taken. Where none does, OpenBLAS is loaded again with OPENBLAS_CORETYPE, unless the user has set that,
 * and once a process of its own has solved the battery of known answers with these kernels. Every library must solve that
 * battery before it is used.
 * @throws InputError `no-koffi`; `no-system-blas` with what was tried; `named-blas` when the one that the variable names does
 *   not work
 */
export async function bestLibrary(
  library: string | undefined,
  threads: number,
  given?: Search,
): Promise<SystemLibrary> {
  const { koffi, environment: variables, host } = given ?? (await search());
  const named = library ?? variables.get(NAMED);
  const places = named
    ? [place(named)]
    : [...systemPlaces(), ...(host ? pythonPlaces(host, (name) => variables.get(name)) : [])];
  const flags = host?.processor() ?? [];
  const chosen = variables.get(CORE) || undefined;
  const tried: string[] = [];
  const open = (at: Place): SystemLibrary | undefined => {
    try {
      return openLibrary(koffi, at, threads);
    } catch (error) {
      tried.push(`${at.path} (${(error as Error).message.split('\n')[0]})`);
      return undefined;
    }
  };
  const proven = (found: SystemLibrary): SystemLibrary | undefined => {
    const fault = faultOf(systemLinearAlgebra(found));
    if (!fault) return found;
    tried.push(`${found.path} (${found.name} gave ${fault})`);
    found.unload();
    return undefined;
  };
  const slow: { at: Place; mismatch: Mismatch }[] = [];
  for (const at of places) {
    const found = open(at);
    const mismatch = mismatchOf(found?.core, flags);
    if (found && mismatch) {
      slow.push({ at, mismatch });
      // let go of it at once: only the last one that holds it can load it with other kernels
      found.unload();
    } else if (found && proven(found)) return found;
  }
  for (const { at, mismatch } of slow) {
    const other =
      chosen === undefined && variables.set && host?.trial(at.path, mismatch.better)
        ? withCore(variables, mismatch.better, () => open(at))
        : open(at);
    const found = other && proven(other);
    if (found) return { ...found, advice: adviceOn(mismatchOf(found.core, flags), chosen) };
  }
  const list = `Tried: ${tried.join('; ')}.`;
  throw named && library === undefined
    ? new InputError('named-blas', `linear algebra: the library that ${NAMED} names does not work. ${list}`)
    : new InputError(
        'no-system-blas',
        `linear algebra: no usable BLAS with LAPACK was found; install OpenBLAS (Debian: libopenblas0) or use the embedded provider. ${list}`,
      );
}

/** Runs `open` with the variable set, and removes it again: it is meant for this library alone, not for programs that run later. */
function withCore<T>(variables: Environment, core: string, open: () => T): T {
  variables.set?.(CORE, core);
  try {
    return open();
  } finally {
    variables.set?.(CORE, undefined);
  }
}

/** Says why kernels are slow and what to do about it. */
function adviceOn(mismatch: Mismatch | undefined, chosen: string | undefined): string[] {
  if (!mismatch) return [];
  const { core, runs, could, better } = mismatch;
  return [
    chosen === undefined
      ? `OpenBLAS does not know this processor and runs its kernels for ${core} (${runs}, of ${could}), and those for ${better} ` +
        'failed a trial: install a newer OpenBLAS, or activate a Python environment with NumPy, whose OpenBLAS is then used.'
      : `OpenBLAS runs its kernels for ${core} (${runs}, of ${could}) because ${CORE} is set to ${chosen}: those for ${better} would be ` +
        'faster; remove the variable if it was not set because this version computes wrong results without it.',
  ];
}
