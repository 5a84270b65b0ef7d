/** Loads a BLAS with LAPACK and binds its Fortran symbols through koffi (an optional dependency). */
import { InputError } from '../errors.js';
import type { Place } from './libraries.js';

/** Calls a Fortran routine: characters are strings, every number and array goes by reference (typed arrays). */
type Routine = (...args: (string | Float64Array | Int32Array | null)[]) => void;

// One letter an argument: c character, i integer array, d double array, p null pointer.
const SIGNATURES = {
  dgemm: 'cciiiddididdi',
  dsyrk: 'cciiddiddi',
  dtrsm: 'cccciiddidi',
  dsyevd: 'ccididdiiii',
  dsytrd: 'cididdddii',
  dsterf: 'iddi',
  dormtr: 'ccciididdidii',
  dpotrf: 'cidii',
  dgetrf: 'iidiii',
  dgetrs: 'ciidiidii',
  dgetri: 'idiidii',
  dtrtri: 'ccidii',
  dgesdd: 'ciididdididiii',
  dgees: 'ccpidiidddidiii',
} as const;

type Routines = { readonly [K in keyof typeof SIGNATURES]: Routine };

/** Holds the bound BLAS and LAPACK routines. */
export interface Lapack extends Routines {
  /** How many 32-bit words an integer of the library takes. */
  readonly words: 1 | 2;
}

/** Says which library computes, for the record and for advice. */
export interface LibraryFacts {
  /** The name under which it was found. */
  readonly path: string;
  /** For example 'OpenBLAS 0.3.21', or the name of the file. */
  readonly product: string;
  /** The core whose kernels OpenBLAS runs, as it names it; undefined for other libraries. */
  readonly core: string | undefined;
  /** Bits of its integers. */
  readonly integers: 32 | 64;
  /** What would make it faster, one sentence each. */
  readonly advice: readonly string[];
}

/** Describes a library that was loaded and works. */
export interface SystemLibrary extends LibraryFacts {
  readonly lapack: Lapack;
  /** For example 'OpenBLAS 0.3.21 (SkylakeX, 32-bit integers) through koffi, 1 thread'. */
  readonly name: string;
  /** Lets go of the library: nothing of it may be called afterwards. */
  unload(): void;
}

/** Holds what is used of the package koffi. */
export interface Koffi {
  load(path: string | null): Loaded;
}

interface Loaded {
  func(name: string, result: string, args: string[]): (...args: unknown[]) => unknown;
  unload(): void;
}

const LETTERS = { c: 'str', i: 'int *', d: 'double *', p: 'void *' } as const;

/** How a library spells its routines: the reference, the wheels of NumPy and of SciPy, builds with 64-bit integers. */
const SPELLINGS: readonly { readonly routine: (name: string) => string; readonly own: (name: string) => string }[] = [
  { routine: (n) => `${n}_`, own: (n) => n },
  { routine: (n) => `scipy_${n}_64_`, own: (n) => `scipy_${n}64_` },
  { routine: (n) => `scipy_${n}_`, own: (n) => `scipy_${n}` },
  { routine: (n) => `${n}_64_`, own: (n) => `${n}64_` },
];

/** Makes an integer argument. The second word extends the sign, so that a library with 64-bit integers reads the same. */
export function int(v: number): Int32Array {
  return Int32Array.of(v, v < 0 ? -1 : 0);
}

/** Makes a floating-point argument. */
export function real(v: number): Float64Array {
  return Float64Array.of(v);
}

/**
 * Loads the package koffi.
 * @throws InputError when it is not installed
 */
export async function loadKoffi(): Promise<Koffi> {
  // package.json leads #koffi to the package in Node and to no-koffi.ts elsewhere, so that no browser bundle contains it
  const koffi = await import('#koffi').catch(() => undefined);
  if (koffi?.load) return koffi as Koffi;
  throw new InputError(
    'no-koffi',
    'linear algebra: the system provider needs the optional package koffi, which is not installed; run "npm install koffi" or use the embedded provider.',
  );
}

/**
 * Loads a library that solves two problems of order 2 correctly. Its own thread count is set to `threads` where it can be set
 * (OpenBLAS, MKL).
 * @throws Error when there is no such library, or when it lacks routines
 */
export function openLibrary(koffi: Koffi, { path, needs }: Place, threads = 1): SystemLibrary {
  const library = loadWith(koffi, path, needs);
  const spelling = SPELLINGS.find(({ routine }) => bound(library, routine('dgemm'), 'void', []));
  if (!spelling) {
    library.unload();
    throw new Error('it has no routine dgemm');
  }
  try {
    const routines = {} as { -readonly [K in keyof Routines]: Routine };
    for (const key of Object.keys(SIGNATURES) as (keyof Routines)[]) {
      const letters = [...SIGNATURES[key]] as (keyof typeof LETTERS)[];
      // gfortran expects the length of every character argument, by value, after the others
      const lengths = letters.filter((c) => c === 'c');
      const types = [...letters.map((c) => LETTERS[c]), ...lengths.map(() => 'size_t')];
      const call = library.func(spelling.routine(key), 'void', types);
      const ones = lengths.map(() => 1);
      routines[key] = (...args) => call(...args, ...ones);
    }
    const words = probe(routines);
    const own = (name: string, result: string, args: string[]) => bound(library, spelling.own(name), result, args);
    own('openblas_set_num_threads', 'void', ['int'])?.(threads);
    bound(library, 'MKL_Set_Num_Threads', 'void', ['int'])?.(threads);
    const config = own('openblas_get_config', 'str', [])?.() as string | undefined;
    const core = own('openblas_get_corename', 'str', [])?.() as string | undefined;
    const product = config?.split(/ +/).slice(0, 2).join(' ') ?? path.replace(/^.*\//, '');
    const integers = words === 1 ? 32 : 64;
    const inside = `${core ? `${core}, ` : ''}${integers}-bit integers`;
    const name = `${product} (${inside}) through koffi, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
    const unload = () => library.unload();
    return { lapack: { ...routines, words }, path, name, product, core, integers, advice: [], unload };
  } catch (error) {
    library.unload();
    throw error;
  }
}

/** Loads a library, if need be after those beside it that it did not find. */
function loadWith(koffi: Koffi, path: string, needs: readonly string[]): Loaded {
  try {
    return koffi.load(path);
  } catch (error) {
    if (needs.length === 0) throw error;
    for (const other of needs) koffi.load(other);
    return koffi.load(path);
  }
}

function bound(library: Loaded, name: string, result: string, args: string[]) {
  try {
    return library.func(name, result, args);
  } catch {
    return undefined;
  }
}

/** Checks a product and a factorisation with known results; returns the words of an integer. */
function probe(lapack: Routines): 1 | 2 {
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
  const words = pivots[1] === 0 ? 2 : 1;
  if (info[0] !== 0 || pivots[0] !== 2 || pivots[words] !== 2) throw new Error('a 2×2 factorisation failed');
  return words;
}
