// The decomposition of linear systems, one core each: whole calls of decompose (every matrix, every identity checked)
// and of vortices, on both providers, and in the same minutes SciPy's functions for W, U, Q, S and A alone, with the BLAS
// and the core that it ran on. Prints one JSON line per measurement: wall and processor seconds (best of a few runs; they
// differ on a shared machine) and the residual of F·W = D + Q; then one line for each ratio of processor times. `with all
// numbers` also reads the entropy production rate, the cycle frequencies and the condition numbers, which SciPy does not
// compute. Usage: node bench/decompose.mjs [--quick] [--python PATH]   (after npm run build)
import { decompose } from '../dist/analyse/decomposition/decompose.js';
import { vortices } from '../dist/analyse/decomposition/vortices.js';
import { chooseProvider, matrix } from '../dist/numeric/linalg/index.js';
import { peerLines, printRatios } from './peer-lines.mjs';

const quick = process.argv.includes('--quick');

function random(n, seed) {
  let s = seed >>> 0;
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, () => {
      s = (s + 0x6d2b79f5) | 0;
      let t = Math.imul(s ^ (s >>> 15), 1 | s);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
    }),
  );
}

/** A stable general F: random entries around a diagonal beyond their spectral radius of √(n/3). */
function general(n) {
  const f = random(n, 1);
  for (let i = 0; i < n; i++) f.data[i * (n + 1)] += 1.2 * Math.sqrt(n);
  return f;
}

/** R·Rᵀ/n + 1/10. */
function positive(la, n, seed) {
  const m = la.syrk(random(n, seed), { alpha: 1 / n });
  for (let i = 0; i < n; i++) m.data[i * (n + 1)] += 0.1;
  return m;
}

/** Lines of our own. */
const own = [];

function best(repeats, job) {
  let [seconds, cpu, result] = [Infinity, Infinity];
  for (let r = 0; r < repeats; r++) {
    const start = performance.now();
    const used = process.cpuUsage();
    result = job();
    const { user, system } = process.cpuUsage(used);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    cpu = Math.min(cpu, (user + system) / 1e6);
  }
  return { seconds, cpu, result };
}

function report(provider, task, { seconds, cpu }, residual) {
  const line = { task, provider, seconds: +seconds.toPrecision(3), cpu: +cpu.toPrecision(3) };
  if (residual !== undefined) line.residual = +residual.toPrecision(2);
  own.push(line);
  console.log(JSON.stringify(line));
}

function bench(la) {
  for (const [n, kind, repeats] of [
    [300, 'general', 4],
    [300, 'symmetric', 4],
    [1000, 'symmetric', 3],
    [1000, 'general', 2],
  ]) {
    // biome-ignore format: table
    if (quick && n > 300) continue;
    const drift = kind === 'general' ? general(n) : positive(la, n, 3);
    const diffusion = positive(la, n, 2);
    const run = best(repeats, () => decompose({ la, drift, diffusion }));
    report(la.name, `decompose ${n} ${kind}`, run, run.result.residuals.force);
    const all = best(repeats, () => structuredClone({ ...decompose({ la, drift, diffusion }), system: null }));
    report(la.name, `decompose ${n} ${kind}, with all numbers`, all);
    report(la.name, `vortices ${n} ${kind}`, best(repeats, () => vortices(la, run.result))); // biome-ignore format: one line
  }
}

bench(await chooseProvider({ prefer: 'embedded' }));
const system = await chooseProvider({ prefer: 'system' }).catch((error) => console.error(`skipped: ${error.message}`));
if (system) bench(system);
const by = (n, kind) => `Lyapunov and inverses ${n} ${kind}`;
printRatios(own, peerLines('decompose_peer.py', quick ? '300' : '1000'), {
  'decompose 300 general': by(300, 'general'),
  'decompose 300 symmetric': by(300, 'symmetric, by eigh'),
  'decompose 1000 general': by(1000, 'general'),
  'decompose 1000 symmetric': by(1000, 'symmetric, by eigh'),
});
