// What one core can do at most in 128-bit WebAssembly: ten independent sums held in registers, nothing read or written.
// Usage: node bench/peak.mjs   prints GFLOP/s in float32 and float64, with and without fused multiply-add
import asc from 'assemblyscript/asc';
import { kernelBuild } from '../dist/parts.js';

kernelBuild(); // sets the engine's flags, as every run does

function source(lane, fma) {
  const sums = Array.from({ length: 10 }, (_, k) => `s${k}`);
  const step = (s) =>
    fma ? `v128.relaxed_madd<${lane}>(a, b, ${s})` : `v128.add<${lane}>(${s}, v128.mul<${lane}>(a, b))`;
  return `export function run(n: i32): f32 {
    let a = v128.splat<${lane}>(<${lane}>0.5), b = v128.splat<${lane}>(<${lane}>1e-9);
    let ${sums.map((s) => `${s} = a`).join(', ')};
    for (let i = 0; i < n; i++) { ${sums.map((s) => `${s} = ${step(s)};`).join(' ')} }
    return <f32>v128.extract_lane<${lane}>(${sums.reduce((x, s) => `v128.add<${lane}>(${x}, ${s})`)}, 0);
  }`;
}

async function compile(text, fma) {
  let binary;
  const flags = ['--enable', 'simd', ...(fma ? ['--enable', 'relaxed-simd'] : [])];
  const { error, stderr } = await asc.main(
    ['peak.ts', '--outFile', 'peak.wasm', '-O3', '--runtime', 'stub', ...flags],
    {
      readFile: (name) => (name === 'peak.ts' ? text : null),
      writeFile: (name, data) => {
        if (name.endsWith('.wasm')) binary = data;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return new WebAssembly.Instance(new WebAssembly.Module(binary), {}).exports.run;
}

const results = {};
for (const fma of kernelBuild() === 'fma' ? [true, false] : [false]) {
  for (const lane of ['f32', 'f64']) {
    const run = await compile(source(lane, fma), fma);
    const count = 20_000_000;
    let best = Number.POSITIVE_INFINITY;
    for (let r = 0; r < 6; r++) {
      const used = process.cpuUsage();
      run(count);
      best = Math.min(best, process.cpuUsage(used).user / 1e6);
    }
    results[`${lane}${fma ? ' fma' : ''}`] = +((count * 10 * (lane === 'f32' ? 4 : 2) * 2) / best / 1e9).toPrecision(3);
  }
}
console.log(JSON.stringify({ command: 'peak', gflops: results }));
