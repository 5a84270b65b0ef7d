// Dense linear algebra, one core each: the embedded kernels, the system's LAPACK through koffi, and SciPy in the same minutes, with
// the BLAS and the core that it ran on, and then the ratios of processor times.
// Prints one JSON line per measurement: wall and processor seconds (each the best of a few runs; they differ on a shared
// machine), GFLOP/s of processor time with the flop count of the textbook algorithm (svd: 22 n³, Golub & Van Loan), and the
// error of the result. Usage: node bench/linalg.mjs [--quick] [--python PATH]   (after npm run build)
import { chooseProvider, covarianceAccumulator, lyapunov, matrix } from '../dist/numeric/linalg/index.js';
import { peerLines, printRatios } from './peer-lines.mjs';

const quick = process.argv.includes('--quick');
const big = quick ? 1200 : 2500;
const steps = quick ? 3000 : 12000;

function uniform(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function random(n, seed) {
  const u = uniform(seed);
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, () => 2 * u() - 1),
  );
}

function symmetric(n) {
  const a = random(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a.data[i * n + j] = a.data[j * n + i];
  return a;
}

function norm(x) {
  let s = 0;
  for (const v of x) s += v * v;
  return Math.sqrt(s);
}

function eighResidual(la, a, { values, vectors }) {
  const av = la.gemm(a, vectors).data;
  const n = a.rows;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) av[i * n + j] -= vectors.data[i * n + j] * values[j];
  return norm(av) / norm(a.data);
}

/** Lines of our own. */
const own = [];

/** The best wall and processor seconds of `repeats` runs, and the last result. */
function best(repeats, job) {
  let seconds = Infinity;
  let cpu = Infinity;
  let result;
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

function report(provider, task, flops, { seconds, cpu }, error) {
  const line = { task, provider, seconds: +seconds.toPrecision(3), cpu: +cpu.toPrecision(3) };
  line.gflops = +(flops / cpu / 1e9).toPrecision(3);
  if (error !== undefined) line.error = +error.toPrecision(2);
  own.push(line);
  console.log(JSON.stringify(line));
}

function bench(la) {
  const a = random(1000, 1);
  const b = random(1000, 2);
  report(
    la.name,
    'gemm 1000',
    2e9,
    best(5, () => la.gemm(a, b)),
  );

  const s = symmetric(1000);
  let run = best(3, () => la.eigh(s));
  report(la.name, 'eigh 1000', 4e9, run, eighResidual(la, s, run.result));
  run = best(2, () => la.svd(a));
  report(la.name, 'svd 1000', 22e9, run);
  report(
    la.name,
    'cholesky+solve 1000',
    1e9 / 3 + 2e9,
    best(3, () => la.choleskySolve(la.cholesky(spd), b)),
  );
  report(
    la.name,
    'lu inverse 1000',
    8e9 / 3,
    best(3, () => la.lu(a).inverse()),
  );

  run = best(1, () => la.schur(a));
  report(la.name, 'schur 1000', 25e9, run);
  run = best(2, () => lyapunov(la, drift, spd));
  report(la.name, 'lyapunov 1000', 32e9, run, run.result.residual);
  const small = { rows: 300, cols: 300, data: drift.data.slice(0, 90_000) };
  run = best(3, () => lyapunov(la, small, matrix(300, 300, spd.data.slice(0, 90_000).fill(1))));
  report(la.name, 'lyapunov 300', 0.86e9, run, run.result.residual);

  const chunk = Float32Array.from({ length: 500 * big }, uniform(3));
  run = best(1, () => {
    const acc = covarianceAccumulator(la, big);
    for (let done = 0; done < steps; done += 500) acc.add(chunk, 500);
    return acc.finish();
  });
  report(la.name, `covariance ${steps}×${big} float32 streamed`, steps * big * big, run);

  const large = symmetric(big);
  run = best(1, () => la.eigh(large));
  report(la.name, `eigh ${big}`, 4 * big ** 3, run, eighResidual(la, large, run.result));
}

const spd = matrix(
  1000,
  1000,
  Float64Array.from({ length: 1e6 }, (_, k) => (k % 1001 === 0 ? 2 : 1 / 1000)),
);
// a stable general drift matrix: random entries and a shifted diagonal
const drift = random(1000, 4);
for (let i = 0; i < 1000; i++) drift.data[i * 1001] += 30;

bench(await chooseProvider({ prefer: 'embedded' }));
const system = await chooseProvider({ prefer: 'system' }).catch((error) => console.error(`skipped: ${error.message}`));
if (system) bench(system);
printRatios(own, peerLines('linalg_peer.py', String(big), String(steps)));
