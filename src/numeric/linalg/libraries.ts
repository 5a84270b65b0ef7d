/** Where libraries of linear algebra are looked for. */

/** Answers questions about the machine; host.ts implements it in Node. */
export interface Host {
  /** As Node names it: 'linux', 'darwin', 'win32'. */
  readonly platform: string;
  /** Names in a folder; none when it cannot be read. */
  list(folder: string): string[];
  /** Flags of the processor as Linux lists them, such as 'avx2'; none where they are unknown. */
  processor(): string[];
  /** Whether the library works with kernels for this core, tried in a process of its own, which may crash. */
  trial(path: string, core: string): boolean;
}

/** Names a file that may be a library with BLAS and LAPACK. */
export interface Place {
  /** A path, or a name that goes through the system's own search path. */
  readonly path: string;
  /** Libraries beside it that it needs and may not find by itself. */
  readonly needs: readonly string[];
}

/** The library files of the system that are tried, in this order. */
const SYSTEM: readonly string[] = [
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

/** Returns the libraries that the system may have installed. */
export const systemPlaces = (): Place[] => SYSTEM.map(place);

/** Makes a place of a path alone. */
export const place = (path: string): Place => ({ path, needs: [] });

/**
 * Returns the libraries that the active Python environments bring: the OpenBLAS of NumPy's wheel (64-bit integers), that of
 * SciPy's (32-bit), and in a conda environment its OpenBLAS or MKL.
 * @param variable - reads a variable of the environment; VIRTUAL_ENV and CONDA_PREFIX name the environments
 */
export function pythonPlaces(host: Host, variable: (name: string) => string | undefined): Place[] {
  const virtual = variable('VIRTUAL_ENV');
  const conda = variable('CONDA_PREFIX');
  return [virtual, conda].flatMap((prefix) => (prefix ? [...wheels(host, prefix), ...inConda(host, prefix)] : []));
}

function wheels(host: Host, prefix: string): Place[] {
  const packages =
    host.platform === 'win32'
      ? [`${prefix}/Lib/site-packages`]
      : host
          .list(`${prefix}/lib`)
          .filter((name) => /^python3/.test(name))
          .sort()
          .map((name) => `${prefix}/lib/${name}/site-packages`);
  const folders = packages.flatMap((p) =>
    ['numpy.libs', 'numpy/.dylibs', 'scipy.libs', 'scipy/.dylibs'].map((f) => `${p}/${f}`),
  );
  return folders.flatMap((folder) => {
    const names = host.list(folder).sort();
    const needs = ['quadmath', 'gfortran'].flatMap((lib) => names.filter((name) => name.startsWith(`lib${lib}`)));
    return names
      .filter((name) => /^libscipy_openblas/.test(name))
      .map((name) => ({ path: `${folder}/${name}`, needs: needs.map((n) => `${folder}/${n}`) }));
  });
}

/** The libraries of a conda environment, which carry their usual names. */
function inConda(host: Host, prefix: string): Place[] {
  const folder = host.platform === 'win32' ? `${prefix}/Library/bin` : `${prefix}/lib`;
  const known = ['libmkl_rt.so.2', 'mkl_rt.2.dll', 'libopenblas.so.0', 'libopenblas.0.dylib', 'openblas.dll'];
  const names = new Set(host.list(folder));
  return known.filter((name) => names.has(name)).map((name) => place(`${folder}/${name}`));
}
