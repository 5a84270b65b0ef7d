/** The environment of the process as libraries see it: a worker thread's own copy does not reach them. */
import type { Koffi } from './system-library.js';

/** Reads and changes variables of the process through its C library. */
export interface Environment {
  get(name: string): string | undefined;
  /** Sets a variable, or removes it; undefined where the C library cannot. */
  readonly set?: (name: string, value: string | undefined) => void;
}

/** The process itself, then the C library of Windows. */
const C_LIBRARIES: readonly (string | null)[] = [null, 'ucrtbase.dll'];

/** Returns the environment of the process; an empty one where no C library is found. */
export function environment(koffi: Koffi): Environment {
  for (const name of C_LIBRARIES) {
    try {
      const c = koffi.load(name);
      const get = c.func('getenv', 'str', ['str']);
      const out = { get: (key: string) => (get(key) as string | null) ?? undefined };
      try {
        const put = c.func('setenv', 'int', ['str', 'str', 'int']);
        const remove = c.func('unsetenv', 'int', ['str']);
        return { ...out, set: (key, value) => void (value === undefined ? remove(key) : put(key, value, 1)) };
      } catch {
        return out;
      }
    } catch {
      // the next one
    }
  }
  return { get: () => undefined };
}
