/** Finds an installed BLAS with LAPACK and binds its Fortran symbols through koffi (an optional dependency). */
import { InputError } from '../errors.js';

/** Calls a Fortran routine: characters are strings, every number and array goes by reference (typed arrays). */
type Routine = (...args: (string | Float64Array | Int32Array | null)[]) => void;

// One letter an argument: c character, i integer array, d double array, p null pointer.
const SIGNATURES = {
  dgemm: 'cciiiddididdi',
  dsyrk: 'cciiddiddi',
  dtrsm: 'cccciiddidi',
  dsyevd: 'ccididdiiii',
  dpotrf: 'cidii',
  dgetrf: 'iidiii',
  dgetrs: 'ciidiidii',
  dgesdd: 'ciididdididiii',
  dgees: 'ccpidiidddidiii',
} as const;

/** Holds the bound BLAS and LAPACK routines. */
export type Lapack = { readonly [K in keyof typeof SIGNATURES]: Routine };

/** Describes an installed library that was loaded and works. */
export interface SystemLibrary {
  readonly lapack: Lapack;
  /** For example 'OpenBLAS 0.3.21 (Haswell) through koffi, 1 thread', with the processor whose kernels it uses. */
  readonly name: string;
  /** The name under which it was found. */
  readonly path: string;
}

/** The library files that are tried, in this order; names without a folder go through the system's own search path. */
const LIBRARY_NAMES: readonly string[] = [
  'libopenblas.so.0',
  'libopenblas.so',
  'libmkl_rt.so.2',
  'libmkl_rt.so',
  '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
  '/usr/local/opt/openblas/lib/libopenblas.dylib',
  '/System/Library/Frameworks/Accelerate.framework/Accelerate',
  'libopenblas.dll',
  'mkl_rt.2.dll',
];

const LETTERS = { c: 'str', i: 'int *', d: 'double *', p: 'void *' } as const;

/** Makes an integer argument. The second word is 0, so that a library with 64-bit integers reads the same number. */
export function int(v: number): Int32Array {
  return Int32Array.of(v, 0);
}

/** Makes a floating-point argument. */
export function real(v: number): Float64Array {
  return Float64Array.of(v);
}

/**
 * Loads the first library of `names` that exists and solves a small problem correctly. The library's own thread count
 * is set to `threads` where it can be set (OpenBLAS, MKL).
 * @throws InputError when koffi is not installed, and, with what was tried, when no library works
 */
export async function loadSystemLibrary(names: readonly string[] = LIBRARY_NAMES, threads = 1): Promise<SystemLibrary> {
  // package.json leads #koffi to the package in Node and to no-koffi.ts elsewhere, so that no browser bundle contains it
  const koffi = await import('#koffi').catch(() => undefined);
  if (!koffi?.load) {
    throw new InputError(
      'no-koffi',
      'linear algebra: the system provider needs the optional package koffi, which is not installed; run "npm install koffi" or use the embedded provider.',
    );
  }
  const tried: string[] = [];
  for (const path of names) {
    try {
      const library = koffi.load(path);
      const lapack = {} as { -readonly [K in keyof Lapack]: Routine };
      for (const key of Object.keys(SIGNATURES) as (keyof Lapack)[]) {
        const letters = [...SIGNATURES[key]] as (keyof typeof LETTERS)[];
        // gfortran expects the length of every character argument, by value, after the others
        const lengths = letters.filter((c) => c === 'c');
        const types = [...letters.map((c) => LETTERS[c]), ...lengths.map(() => 'size_t')];
        const call = library.func(`${key}_`, 'void', types);
        const ones = lengths.map(() => 1);
        lapack[key] = (...args) => call(...args, ...ones);
      }
      probe(lapack);
      const optional = (name: string, result: string, args: string[]) => {
        try {
          return library.func(name, result, args);
        } catch {
          return undefined;
        }
      };
      optional('openblas_set_num_threads', 'void', ['int'])?.(threads);
      optional('MKL_Set_Num_Threads', 'void', ['int'])?.(threads);
      const config = optional('openblas_get_config', 'str', [])?.() as string | undefined;
      // one OpenBLAS holds kernels for many processors, which differ in the last bits
      const core = optional('openblas_get_corename', 'str', [])?.() as string | undefined;
      const product = config?.split(' ').slice(0, 2).join(' ') ?? path.replace(/^.*\//, '');
      const many = threads === 1 ? '1 thread' : `${threads} threads`;
      return { lapack, path, name: `${product}${core ? ` (${core})` : ''} through koffi, ${many}` };
    } catch (error) {
      tried.push(`${path} (${(error as Error).message.split('\n')[0]})`);
    }
  }
  throw new InputError(
    'no-system-blas',
    `linear algebra: no usable BLAS with LAPACK was found; install OpenBLAS (Debian: libopenblas0) or use the embedded provider. Tried: ${tried.join('; ')}.`,
  );
}

/** Checks a product and a factorisation with known results; the latter distinguishes 32-bit from 64-bit integers. */
function probe(lapack: Lapack): void {
  const c = new Float64Array(4);
  const [one, two] = [real(1), int(2)];
  lapack.dgemm(
    'N',
    'N',
    two,
    two,
    two,
    one,
    Float64Array.of(1, 2, 3, 4),
    two,
    Float64Array.of(5, 6, 7, 8),
    two,
    real(0),
    c,
    two,
  );
  if (c.join() !== '23,34,31,46') throw new Error(`a 2×2 product came out as ${c.join()}`);
  const pivots = new Int32Array(8);
  const info = int(-1);
  lapack.dgetrf(two, two, Float64Array.of(0, 1, 1, 0), two, pivots, info);
  if (pivots[0] === 2 && pivots[1] === 0) throw new Error('it uses 64-bit integers, which are not supported');
  if (info[0] !== 0 || pivots[0] !== 2 || pivots[1] !== 2) throw new Error('a 2×2 factorisation failed');
}
