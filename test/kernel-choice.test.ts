/** Which build of the kernels a machine can run: that with fused multiply-add only where both the engine and the processor have it. */
import { spawnSync } from 'node:child_process';
import { execPath, version } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';

/** The module as if it were loaded on another machine. */
const fresh = async () => {
  vi.resetModules();
  return import('../src/kernels/load.js');
};
afterEach(() => vi.restoreAllMocks());

/** A processor whose relaxed multiply-add gives this value for the product that the probe asks for. */
const processor = (value: number) =>
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(
    class {
      readonly exports = { fma: () => value };
    } as never,
  );

it('an engine without relaxed SIMD has the other build alone', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { kernelBuild, canUse } = await fresh();
  expect([kernelBuild(), canUse('fma'), canUse('simd')]).toEqual(['simd', false, true]);
});

it('a processor that rounds twice has the other build alone, because the bits would differ', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
  processor(0);
  const { kernelBuild, canUse } = await fresh();
  expect([kernelBuild(), canUse('fma'), canUse('simd')]).toEqual(['simd', false, true]);
});

it('a processor that rounds once has both', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
  processor(2 ** -24);
  const { kernelBuild, canUse, forceKernelBuild } = await fresh();
  expect([kernelBuild(), canUse('fma'), canUse('simd')]).toEqual(['fma', true, true]);
  forceKernelBuild('simd');
  // what is forced for a comparison does not change what the machine can do
  expect([kernelBuild(), canUse('fma')]).toEqual(['simd', true]);
});

it('the probe computes one product with one rounding or with two', async () => {
  const { kernelBuild } = await fresh();
  const [a, c] = [1 + 2 ** -12, -(1 + 2 ** -11)];
  // in exact arithmetic 2⁻²⁴; the product alone rounds to −c in float32
  expect(a * a + c).toBe(2 ** -24);
  expect(Math.fround(Math.fround(a * a) + c)).toBe(0);
  expect(['fma', 'simd']).toContain(kernelBuild());
});

it('a folder of the build with fused multiply-add is refused where the machine lacks it', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  await fresh();
  const { checkKernel } = await import('../src/jobs/pins.js');
  expect(() => checkKernel({ kernelBuild: 'fma' }, 'there')).toThrow(
    /^the work in there was begun with the kernel build 'fma', which this machine cannot run .*; use a machine that has them/,
  );
  expect(() => checkKernel({ kernelBuild: 'simd' }, 'there')).not.toThrow();
});

it.skipIf(!version.startsWith('v20.'))(
  'in Node 20 no code is compiled in the background while a worker thread may end',
  () => {
    const load = pathToFileURL(fileURLToPath(new URL('../dist/kernels/load.js', import.meta.url)));
    const hot =
      'function f(n) { let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s } for (let k = 0; k < 3000; k++) f(1000)';
    const compiled = (first: string) =>
      spawnSync(
        execPath,
        [
          '--trace-opt',
          '--input-type=module',
          '--eval',
          `${first} const { Worker } = await import('node:worker_threads'); new Worker(${JSON.stringify(hot)}, { eval: true });`,
        ],
        { encoding: 'utf8' },
      ).stdout.match(/compiling method .* mode: ConcurrencyMode::k\w+/g) ?? [];
    expect(compiled('').some((line) => line.endsWith('kConcurrent'))).toBe(true);
    const ours = compiled(`(await import(${JSON.stringify(load.href)})).kernelBuild();`);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.filter((line) => line.endsWith('kConcurrent'))).toEqual([]);
  },
);
