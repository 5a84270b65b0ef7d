/** The Python that the bench compares with: found or made, refused with a sentence, and judged by the kernels that its BLAS runs. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

interface Blas {
  version: string;
  core: string;
}
interface Answer {
  packages: Record<string, string>;
  blas: Record<string, Blas[]>;
  rates?: Record<string, Record<string, number>>;
  mkl?: string;
  cpu?: string;
}
const bench = (file: string) => new URL(`../bench/${file}`, import.meta.url);
const { cacheFolder, madeEnvironment } = (await import(bench('environment.mjs').href)) as {
  cacheFolder: (env: Record<string, string>, platform: string, home: string) => string;
  madeEnvironment: (options: Record<string, unknown>) => string;
};
const {
  parseMkl,
  describe: describeLibraries,
  unfairTo,
} = (await import(bench('identity.mjs').href)) as {
  parseMkl: (text?: string) => Blas | undefined;
  describe: (answer: Answer, flags: string[]) => Answer & { labels: Record<string, string>; lines: string[] };
  unfairTo: (identity: Answer, names: string[], flags: string[]) => string | undefined;
};

const AVX2 = ['sse2', 'avx', 'avx2', 'fma'];
const AVX512 = [...AVX2, 'avx512f', 'avx512cd', 'avx512dq', 'avx512bw', 'avx512vl'];
const scipyOn = (core: string): Answer => ({
  packages: { numpy: '2.4.6', scipy: '1.17.1' },
  blas: { numpy: [{ version: 'OpenBLAS 0.3.31', core: 'SkylakeX' }], scipy: [{ version: 'OpenBLAS 0.3.21', core }] },
});

describe('what a peer computes with', () => {
  it("is read from MKL's own words", () => {
    const words = (kind: string, version = '2024.0 Update 2') =>
      `MKL_VERBOSE oneMKL ${version} Product build 20240605 for Intel(R) 64 architecture ${kind}, Lnx 2.60GHz lp64 gnu_thread`;
    expect(parseMkl(words('Intel(R) Architecture processors'))).toEqual({
      version: 'MKL 2024.2',
      core: 'Intel Architecture processors',
    });
    const wide = 'Intel(R) Advanced Vector Extensions 512 (Intel(R) AVX-512) enabled processors';
    expect(parseMkl(words(wide, '2025.1'))).toEqual({
      version: 'MKL 2025.1',
      core: 'Intel Advanced Vector Extensions 512 (Intel AVX-512) enabled processors',
    });
    for (const other of [undefined, '', 'MKL_VERBOSE SGEMM(N,N,8,8)']) expect(parseMkl(other)).toBeUndefined();
  });

  it('is named with version, BLAS and core of each library', () => {
    const mkl = 'MKL_VERBOSE oneMKL 2024.2 Product for Intel(R) 64 architecture AVX2 processors, Lnx 2.60GHz';
    const { blas, packages } = scipyOn('Haswell');
    const answer = { packages: { ...packages, torch: '2.15.0' }, blas, mkl, cpu: 'AVX512' };
    expect(describeLibraries(answer, AVX2).labels).toEqual({
      torch: 'PyTorch 2.15.0 (MKL 2024.2, core AVX2 processors; its own loops AVX512)',
      numpy: 'NumPy 2.4.6 (OpenBLAS 0.3.31, core SkylakeX)',
      scipy: 'SciPy 1.17.1 (OpenBLAS 0.3.21, core Haswell)',
    });
  });

  it('is called crippled where OpenBLAS took the kernels of an older processor', () => {
    expect(unfairTo(scipyOn('Prescott'), ['scipy'], AVX512)).toBe(
      "SciPy's OpenBLAS 0.3.21 runs its kernels for Prescott (SSE) on a processor with AVX-512",
    );
    expect(unfairTo(scipyOn('Haswell'), ['scipy'], AVX512)).toContain('Haswell (AVX2)');
    expect(describeLibraries(scipyOn('Prescott'), AVX512).lines.join('\n')).toMatch(/SciPy.*Prescott \(SSE\)/);
    // the library beside it, a processor that has no more, an unknown core, an unknown processor
    expect(unfairTo(scipyOn('Prescott'), ['numpy'], AVX512)).toBeUndefined();
    expect(unfairTo(scipyOn('Haswell'), ['scipy'], AVX2)).toBeUndefined();
    expect(unfairTo(scipyOn('VORTEX'), ['scipy'], AVX512)).toBeUndefined();
    expect(unfairTo(scipyOn('Prescott'), ['scipy'], [])).toBeUndefined();
  });

  it("is called crippled where its products run below half of the rate of NumPy's", () => {
    const rates = (torch: number): Answer => ({
      packages: { numpy: '2.4.6', torch: '2.15.0' },
      blas: { numpy: [{ version: 'OpenBLAS 0.3.31', core: 'SkylakeX' }], torch: [{ version: 'MKL', core: 'unknown' }] },
      rates: { numpy: { float32: 100, float64: 50 }, torch: { float32: 95, float64: torch } },
    });
    expect(unfairTo(rates(24), ['torch'], AVX512)).toBe(
      "PyTorch 2.15.0 multiplies at 24 GFLOP/s in float64 where NumPy's BLAS reaches 50",
    );
    expect(unfairTo(rates(26), ['torch'], AVX512)).toBeUndefined();
  });
});

describe('the environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-bench-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    rmSync(join(folder, 'cache'), { recursive: true, force: true });
    rmSync(join(folder, 'calls'), { force: true });
  });

  /** Writes a program that answers as python3 does, and notes its calls. */
  function python({ version = '3 11 2', venv = 'ok', pip = 'ok' } = {}): string {
    const file = join(folder, 'python-of-test');
    const fail = (text: string) => `echo "${text}" >&2; exit 1`;
    writeFileSync(
      file,
      `#!/bin/sh
echo "$*" >> "${folder}/calls"
case "$1 $2" in
  "-c "*) echo "${version}" ;;
  "-m venv") ${venv === 'ok' ? 'mkdir -p "$3/bin" && cp "$0" "$3/bin/python"' : fail(venv)} ;;
  "-m pip") ${pip === 'ok' ? ':' : fail(pip)} ;;
esac
`,
    );
    chmodSync(file, 0o755);
    return file;
  }
  const make = (base: string) =>
    madeEnvironment({
      base,
      env: { PATH: process.env.PATH ?? '', THERMOGRAD_BENCH_CACHE: join(folder, 'cache') },
      say: (line: string) => said.push(line),
    });
  const left = () => (existsSync(join(folder, 'cache')) ? readdirSync(join(folder, 'cache')) : []);

  it('lies in the cache folder of the system', () => {
    expect(cacheFolder({}, 'linux', '/home/a')).toBe('/home/a/.cache/thermograd');
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux', '/home/a')).toBe('/c/thermograd');
    expect(cacheFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Caches/thermograd');
    expect(cacheFolder({ THERMOGRAD_BENCH_CACHE: '/x' }, 'darwin', '/Users/a')).toBe('/x');
  });

  describe.skipIf(platform() === 'win32')('with a program in place of python3', () => {
    it('is made once, and again when the requirements change', () => {
      const base = python();
      const made = make(base);
      expect(existsSync(made)).toBe(true);
      expect(said.join()).toMatch(/installing torch==[\d.]+, numpy==/);
      expect(make(base)).toBe(made);
      expect(said).toHaveLength(1);
      expect(readFileSync(join(folder, 'calls'), 'utf8').match(/-m pip install/g)).toHaveLength(1);
      const requirements = join(folder, 'requirements.txt');
      writeFileSync(requirements, 'numpy==1\n');
      const env = { PATH: process.env.PATH ?? '', THERMOGRAD_BENCH_CACHE: join(folder, 'cache') };
      expect(madeEnvironment({ base, env, requirements, say: () => {} })).not.toBe(made);
    });

    it('is refused with a sentence where there is no python3, an old one, no venv, or no network, and leaves nothing', () => {
      expect(() => make(join(folder, 'no-such-python'))).toThrow(
        /does not run here: install Python 3\.11 or later\..*--python PATH/,
      );
      expect(() => make(python({ version: '3 9 7' }))).toThrow(/need Python 3\.11 or later, and .* is 3\.9\.7/);
      expect(() => make(python({ venv: 'No module named venv' }))).toThrow(
        /-m venv failed \(No module named venv\): install the module venv/,
      );
      const network = 'ERROR: No matching distribution found for torch==2.15.0';
      expect(() => make(python({ pip: network }))).toThrow(
        `pip could not install the packages of bench/peers/requirements.txt (${network}): it needs the network`,
      );
      expect(left()).toEqual([]);
    });
  });

  it('a Python that the user named and that does not run ends the program with exit code 2', () => {
    const script = fileURLToPath(bench('environment.mjs'));
    const { status, stderr } = spawnSync(process.execPath, [script, '--python', join(folder, 'none')], {
      encoding: 'utf8',
    });
    expect(stderr.trim()).toBe(`bench: The Python ${join(folder, 'none')} does not run.`);
    expect(status).toBe(2);
  });
});

const numpy = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find((python) => {
  const code =
    'import sys; sys.path.insert(0, sys.argv[1]); import numpy; from blas_in_use import blas_in_use as b; assert b()';
  return python && spawnSync(python, ['-c', code, fileURLToPath(bench('peers'))]).status === 0;
});

it.skipIf(!numpy || process.arch !== 'x64')(
  numpy
    ? 'a real OpenBLAS that runs the kernels of Prescott is named'
    : 'skipped: needs Python with NumPy over OpenBLAS',
  () => {
    const { stdout, status } = spawnSync(`${numpy}`, [fileURLToPath(bench('peers/identity.py')), 'numpy'], {
      env: { ...process.env, OPENBLAS_CORETYPE: 'Prescott', OPENBLAS_NUM_THREADS: '1' },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const identity = describeLibraries(JSON.parse(stdout), AVX512);
    const { labels } = identity;
    // versions that run these kernels on older processors too call them Katmai, the first of those processors
    expect(labels.numpy).toMatch(/^NumPy [\d.]+ \(OpenBLAS [\d.]+, core (?:Prescott|Katmai)/i);
    expect(unfairTo(identity, ['numpy'], AVX512)).toMatch(/(?:Prescott|Katmai) \(SSE\)/i);
    expect(identity.lines.join()).toMatch(/on a processor with AVX-512/);
  },
);
