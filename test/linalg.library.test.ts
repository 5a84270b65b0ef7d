/** Which library of linear algebra is found, with which kernels, and what happens to one that computes wrong results. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../src/numeric/linalg/battery.js';
import { environment } from '../src/numeric/linalg/environment.js';
import { host } from '../src/numeric/linalg/host.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../src/numeric/linalg/index.js';
import { type Host, pythonPlaces } from '../src/numeric/linalg/libraries.js';
import { mismatchOf, vectorsOfProcessor } from '../src/numeric/linalg/openblas-core.js';
import { bestLibrary, type Search } from '../src/numeric/linalg/system-choice.js';
import { type Koffi, loadKoffi } from '../src/numeric/linalg/system-library.js';
import { random, randomSymmetric } from './oracles/linalg-matrices.js';
import { providers, wheel } from './support/providers.js';

const AVX512 = 'sse2 avx avx2 fma avx512f avx512cd avx512dq avx512bw avx512vl'.split(' ');

describe('the core that OpenBLAS names is compared with the flags of the processor', () => {
  it.each([
    ['Prescott', AVX512, 'SkylakeX'],
    ['Haswell', AVX512, 'SkylakeX'],
    ['Nehalem', ['avx', 'avx2', 'fma'], 'Haswell'],
    ['Sandybridge', ['avx', 'avx2', 'fma'], 'Haswell'],
    // the library knows better, or cannot do better, or is not ours to judge
    ['SkylakeX', AVX512, undefined],
    ['Cooperlake', AVX512, undefined],
    ['Zen', ['avx', 'avx2', 'fma'], undefined],
    ['Prescott', ['avx'], undefined],
    ['Prescott', AVX512.filter((f) => f !== 'avx2'), undefined],
    ['neoversen1', AVX512, undefined],
    ['Prescott', [], undefined],
    [undefined, AVX512, undefined],
  ])('%s on %j: %s', (core, flags, better) => {
    expect(mismatchOf(core, flags)?.better).toBe(better);
  });

  it('AVX-512 counts only as a whole', () => {
    expect(vectorsOfProcessor(AVX512)).toBe('AVX-512');
    for (const one of AVX512.slice(4)) expect(vectorsOfProcessor(AVX512.filter((f) => f !== one))).toBe('AVX2');
    expect(vectorsOfProcessor(['fma'])).toBe('SSE');
  });
});

/** A machine with these folders. */
const machine = (platform: string, folders: Record<string, string[]>): Host => ({
  platform,
  list: (folder) => folders[folder] ?? [],
  processor: () => [],
  trial: () => false,
});

describe('an active Python environment brings its own library', () => {
  const active = (of: Record<string, string>) => (name: string) => of[name];

  it('on Linux the wheel of NumPy, with what lies beside it, before that of SciPy', () => {
    const packages = '/v/lib/python3.12/site-packages';
    const on = machine('linux', {
      '/v/lib': ['libother.so', 'python3.12'],
      [`${packages}/numpy.libs`]: ['libscipy_openblas64_-1.so', 'libquadmath-2.so', 'libgfortran-3.so'],
      [`${packages}/scipy.libs`]: ['libscipy_openblas-4.so'],
    });
    expect(pythonPlaces(on, active({ VIRTUAL_ENV: '/v' }))).toEqual([
      {
        path: `${packages}/numpy.libs/libscipy_openblas64_-1.so`,
        needs: [`${packages}/numpy.libs/libquadmath-2.so`, `${packages}/numpy.libs/libgfortran-3.so`],
      },
      { path: `${packages}/scipy.libs/libscipy_openblas-4.so`, needs: [] },
    ]);
    expect(pythonPlaces(on, active({}))).toEqual([]);
  });

  it('on Windows and macOS likewise, and in a conda environment under the usual names', () => {
    const windows = machine('win32', { 'C:/v/Lib/site-packages/numpy.libs': ['libscipy_openblas64_-1.dll'] });
    expect(pythonPlaces(windows, active({ VIRTUAL_ENV: 'C:/v' })).map(({ path }) => path)).toEqual([
      'C:/v/Lib/site-packages/numpy.libs/libscipy_openblas64_-1.dll',
    ]);
    const mac = machine('darwin', {
      '/v/lib': ['python3.13'],
      '/v/lib/python3.13/site-packages/numpy/.dylibs': ['libscipy_openblas64_.dylib', 'libgfortran.5.dylib'],
    });
    expect(pythonPlaces(mac, active({ VIRTUAL_ENV: '/v' }))).toHaveLength(1);
    const conda = machine('linux', { '/c/lib': ['libopenblas.so.0', 'libmkl_rt.so.2', 'libz.so'] });
    expect(pythonPlaces(conda, active({ CONDA_PREFIX: '/c' })).map(({ path }) => path)).toEqual([
      '/c/lib/libmkl_rt.so.2',
      '/c/lib/libopenblas.so.0',
    ]);
  });
});

const [, system] = providers[1];
const koffi = await loadKoffi().catch(() => undefined);
const SYSTEM = system?.library?.path ?? '';
const PYTHON = '/v/lib/python3.12/site-packages/numpy.libs/libscipy_openblas64_-1.so';

/**
 * The system's library under another core's name, which follows OPENBLAS_CORETYPE when it is loaded; and, under the path of a
 * wheel, the same library with a core that suits every processor.
 */
function stage(options: { trial?: boolean; chosen?: string; wheel?: boolean; wrong?: string[]; named?: string }) {
  const log: string[] = [];
  const variables: Record<string, string | undefined> = {
    OPENBLAS_CORETYPE: options.chosen,
    THERMOGRAD_BLAS: options.named,
    VIRTUAL_ENV: options.wheel ? '/v' : undefined,
  };
  const fake: Koffi = {
    load(path) {
      if (path !== SYSTEM && path !== PYTHON) throw new Error(`there is no ${path}`);
      const real = koffi!.load(SYSTEM);
      const core = path === PYTHON ? 'SkylakeX' : (variables.OPENBLAS_CORETYPE ?? 'Prescott');
      log.push(`load ${path === PYTHON ? 'wheel' : 'system'} for ${core}`);
      return {
        func(name, result, args) {
          if (name === 'openblas_get_corename') return () => core;
          const call = real.func(name, result, args);
          if (name !== 'dsyevd_' || !options.wrong?.includes(core)) return call;
          return (...given) => {
            call(...given);
            (given[5] as Float64Array)[0] += 1e-6;
          };
        },
        unload: () => void log.push('unload'),
      };
    },
  };
  const search: Search = {
    koffi: fake,
    environment: {
      get: (name) => variables[name],
      set(name, value) {
        log.push(`${name}=${value ?? ''}`);
        variables[name] = value;
      },
    },
    host: {
      platform: 'linux',
      list: (folder) =>
        ({ '/v/lib': ['python3.12'], '/v/lib/python3.12/site-packages/numpy.libs': ['libscipy_openblas64_-1.so'] })[
          folder
        ] ?? [],
      processor: () => AVX512,
      trial(path, core) {
        log.push(`trial of ${path === SYSTEM ? 'system' : path} for ${core}`);
        return options.trial ?? true;
      },
    },
  };
  return { log, found: bestLibrary(undefined, 1, search) };
}

const usable = system?.library?.core !== undefined && koffi !== undefined;

describe.skipIf(!usable)(`kernels for another core${usable ? '' : ' (skipped: needs OpenBLAS)'}`, () => {
  it('are asked for after a trial, and the variable is removed again', async () => {
    const { log, found } = stage({});
    const { core, name, advice } = await found;
    expect(core).toBe('SkylakeX');
    expect(name).toContain('(SkylakeX, 32-bit integers)');
    expect(advice).toEqual([]);
    expect(log).toEqual([
      'load system for Prescott',
      'unload',
      'trial of system for SkylakeX',
      'OPENBLAS_CORETYPE=SkylakeX',
      'load system for SkylakeX',
      'OPENBLAS_CORETYPE=',
    ]);
  });

  it('are not used when the trial fails, and doctor learns why', async () => {
    const { log, found } = stage({ trial: false });
    const { core, advice } = await found;
    expect(core).toBe('Prescott');
    expect(advice.join()).toMatch(
      /does not know this processor .* Prescott .* SkylakeX failed a trial: install a newer/,
    );
    expect(log.filter((line) => line.startsWith('OPENBLAS'))).toEqual([]);
  });

  it('are the user’s choice where OPENBLAS_CORETYPE is set', async () => {
    const { log, found } = stage({ chosen: 'Nehalem' });
    const { core, advice } = await found;
    expect(core).toBe('Nehalem');
    expect(advice.join()).toMatch(/Nehalem .* because OPENBLAS_CORETYPE is set to Nehalem/);
    expect(log.some((line) => line.startsWith('trial') || line.startsWith('OPENBLAS'))).toBe(false);
  });

  it('are not needed where a Python environment brings a library that knows the processor', async () => {
    const { log, found } = stage({ wheel: true });
    expect((await found).path).toBe(PYTHON);
    expect(log).toEqual(['load system for Prescott', 'unload', 'load wheel for SkylakeX']);
  });

  it('that compute wrong results are refused, with what was wrong', async () => {
    const { log, found } = stage({ wheel: true, wrong: ['SkylakeX'] });
    // the wheel is wrong and let go of, and so are the system's kernels for the better core
    await expect(found).rejects.toThrow(/no usable BLAS.*SkylakeX, 32-bit integers\) .* gave wrong eigen/);
    expect(log.filter((line) => line === 'unload')).toHaveLength(3);
  });

  it('a library that the user names is taken alone, or refused', async () => {
    expect((await stage({ wheel: true, chosen: 'Haswell', named: PYTHON }).found).path).toBe(PYTHON);
    await expect(stage({ named: '/no/library.so' }).found).rejects.toMatchObject({
      code: 'named-blas',
      message: expect.stringMatching(/THERMOGRAD_BLAS names does not work\. Tried: \/no\/library\.so/),
    });
  });

  it('the trial runs in a process of its own: right answers pass, an unknown core does not', () => {
    expect(host.trial(SYSTEM, system!.library!.core!)).toBe(true);
    expect(host.trial(SYSTEM, 'NoSuchCore')).toBe(false);
  });
});

const better = mismatchOf('Prescott', host.processor())?.better;
const reloads = usable && better !== undefined && SYSTEM.startsWith('libopenblas');

it.skipIf(!reloads)(
  `a library is really let go of and loaded with other kernels, for threads too${reloads ? '' : ' (skipped: needs OpenBLAS and a processor with AVX2)'}`,
  () => {
    // Prescott by the variable stands for a version that does not know the processor; the search does not see the variable
    const code = `
      const folder = ${JSON.stringify(new URL('../dist/numeric/linalg/', import.meta.url).href)};
      const [choice, library, variables, { host }] = await Promise.all(
        ['system-choice', 'system-library', 'environment', 'host'].map((name) => import(folder + name + '.js')));
      const koffi = await library.loadKoffi();
      const real = variables.environment(koffi);
      const environment = {
        get: (name) => (/^OPENBLAS_CORETYPE$|_PREFIX$|_ENV$/.test(name) ? undefined : real.get(name)),
        set: (name, value) => real.set(name, value ?? 'Prescott'),
      };
      const cores = [(await choice.bestLibrary(undefined, 1, { koffi, environment, host })).core];
      const { Worker } = await import('node:worker_threads');
      const work = "import(" + JSON.stringify(folder + 'system-library.js') + ").then(async (m) => " +
        "require('node:worker_threads').parentPort.postMessage(" +
        "m.openLibrary(await m.loadKoffi(), { path: '${SYSTEM}', needs: [] }).core))";
      await new Promise((end) => new Worker(work, { eval: true, execArgv: [] }).on('message', (core) => cores.push(core)).on('exit', end));
      console.log(cores.join());`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      env: { ...process.env, OPENBLAS_CORETYPE: 'Prescott', THERMOGRAD_BLAS: '' },
      encoding: 'utf8',
    });
    expect([stdout.trim(), stderr]).toEqual([`${better},${better}`, '']);
  },
);

describe('the battery of known answers', () => {
  const la = embeddedLinearAlgebra();

  it.each(providers.flatMap(([label, p]) => (p ? [[label, p] as const] : [])))('%s passes it', (_, p) => {
    expect(faultOf(p)).toBeUndefined();
  });

  const spoiled: [string, Partial<LinearAlgebra>, RegExp][] = [
    ['gemm', { gemm: (a, b, o) => spoil(la.gemm(a, b, o), (m) => m.data) }, /wrong product$/],
    ['syrk', { syrk: (a, o) => spoil(la.syrk(a, o), (m) => m.data) }, /its own transpose/],
    ['eigh, a vector', { eigh: (a) => spoil(la.eigh(a), (e) => e.vectors.data) }, /wrong eigenvectors/],
    ['svd', { svd: (a) => spoil(la.svd(a), (d) => d.s) }, /singular value/],
    ['schur', { schur: (a) => spoil(la.schur(a), (f) => f.z.data) }, /Schur/],
    ['lu', { lu: (a) => ({ ...la.lu(a), solve: (b) => spoil(la.lu(a).solve(b), (m) => m.data) }) }, /linear equations/],
    [
      'lu, inverse',
      { lu: (a) => ({ ...la.lu(a), inverse: () => spoil(la.lu(a).inverse(), (m) => m.data) }) },
      /linear equations/,
    ],
    ['lowerInverse', { lowerInverse: (l) => spoil(la.lowerInverse(l), (m) => m.data) }, /a triangular matrix/],
    ['cholesky', { cholesky: (a) => spoil(la.cholesky(a), (m) => m.data) }, /wrong Cholesky/],
    ['choleskySolve', { choleskySolve: (l, b) => spoil(la.choleskySolve(l, b), (m) => m.data) }, /by a Cholesky/],
  ];
  it.each(spoiled)('notices one wrong number of %s', (_, part, words) => {
    expect(faultOf({ ...la, ...part })).toMatch(words);
  });

  function spoil<T>(result: T, of: (result: T) => Float64Array): T {
    of(result)[0] += 1e-6;
    return result;
  }
});

it.skipIf(!koffi)('the environment is that of the process', async () => {
  const variables = environment(koffi!);
  expect(variables.get('PATH')).toBeTruthy();
  const name = 'THERMOGRAD_TEST_VARIABLE';
  expect(variables.get(name)).toBeUndefined();
  variables.set?.(name, 'a b');
  if (variables.set) expect(variables.get(name)).toBe('a b');
  variables.set?.(name, undefined);
  expect(variables.get(name)).toBeUndefined();
});

it.skipIf(!wheel || !system)(
  `64-bit integers give the numbers of 32-bit ones${wheel && system ? '' : ' (skipped: needs a system BLAS/LAPACK and NumPy’s wheel)'}`,
  () => {
    const [p, q] = [system!, providers[2][1]!];
    expect(q.name).toMatch(/^OpenBLAS [\d.]+ \(\w+, 64-bit integers\) through koffi, 1 thread$/);
    const [a, b, s] = [random(90, 60, 1), random(90, 90, 2), randomSymmetric(90, 3)];
    const near = (x: ArrayLike<number>, y: ArrayLike<number>) => {
      expect(x.length).toBe(y.length);
      for (let i = 0; i < x.length; i++) expect(Math.abs(x[i] - y[i])).toBeLessThan(1e-11);
    };
    near(p.gemm(a, a, { transposeB: true }).data, q.gemm(a, a, { transposeB: true }).data);
    near(p.syrk(a).data, q.syrk(a).data);
    near(p.eigh(s).values, q.eigh(s).values);
    near(p.eigvalsh(s), q.eigvalsh(s));
    near(p.eighSubset(s, [0, 1]).values, q.eighSubset(s, [0, 1]).values);
    near(p.svd(a).s, q.svd(a).s);
    expect([...p.lu(b).pivots]).toEqual([...q.lu(b).pivots]);
    near(p.lu(b).inverse().data, q.lu(b).inverse().data);
    const sorted = ({ re, im }: { re: Float64Array; im: Float64Array }) => [re.toSorted(), im.toSorted()];
    for (const part of [0, 1]) near(sorted(p.schur(b))[part], sorted(q.schur(b))[part]);
  },
);
