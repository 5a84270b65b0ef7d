// Fokker-Planck on 400×400 cells, one core: rates, stationary density, one implicit step; and in the same minutes SuperLU (through
// SciPy) on the same matrices, written to a temporary file. Prints one JSON line per measurement: wall and processor seconds
// (best of a few runs), operations, their share of what the core can do (bench/peak.mjs), and the errors.
// Usage: node bench/fokker-planck.mjs [--quick] [--python PATH]   (after npm run build)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fokkerPlanck, gridCentres, Stepper, stationaryDensity } from '../dist/parts.js';
import { structureOf } from '../dist/theory/fokker-planck/dissection.js';
import { FrontSolver } from '../dist/theory/fokker-planck/fronts.js';
import { forEachPair } from '../dist/theory/fokker-planck/jumps.js';
import { peers } from './environment.mjs';
import { ONE_THREAD, unfairTo } from './identity.mjs';

const n = process.argv.includes('--quick') ? 200 : 400;
const repeats = 4;
const STEP = 0.01;

/** The double well of Chaudhari & Soatto (2018): density e^{−Phi} whatever the current. */
const phi = (x, y) => (x * x - 1) ** 2 / 4 + (y * y) / 2;
const problem = (noise, half, cells) => ({
  model: {
    size: 2,
    names: ['x', 'y'],
    drift: {
      outputs: 2,
      at: (p, out) => {
        out[0] = -p[0] * (p[0] * p[0] - 1);
        out[1] = -p[1];
      },
    },
    diffusion: { outputs: 3, at: (_, out) => out.set([noise, 0, noise]) },
  },
  axes: half.map((h) => ({ from: -h, to: h, cells })),
});
const large = problem(1, [3.6, 6], n);
/**
 * A barrier of 50 times the noise: passages between the two wells are so rare that a rounding error in a diagonal
 * decides their weights.
 */
const rare = problem(0.005, [1.8, 0.8], 100);

function best(job) {
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
const short = (v) => Number(v.toPrecision(3));
function report(task, { seconds, cpu }, more = {}, cells = n) {
  console.log(
    JSON.stringify({
      task: `${task} ${cells}x${cells}`,
      provider: 'thermograd',
      seconds: short(seconds),
      cpu: short(cpu),
      ...more,
    }),
  );
}

/** Total variation and largest relative error against e^{−Phi/noise}, all normalised. */
function errors({ grid, values }, noise) {
  const [x, y] = [gridCentres(grid, 0), gridCentres(grid, 1)];
  const exact = values.map((_, i) => Math.exp(-phi(x[i % grid.nx], y[Math.floor(i / grid.nx)]) / noise));
  const z = exact.reduce((s, v) => s + v, 0) * grid.volume;
  return {
    relativeError: short(values.reduce((m, v, i) => Math.max(m, Math.abs((v * z) / exact[i] - 1)), 0)),
    totalVariation: short(values.reduce((s, v, i) => s + Math.abs(v - exact[i] / z), 0) * (grid.volume / 2)),
  };
}

const rates = best(() => fokkerPlanck(large));
const jumps = rates.result;
report('rates', rates);
const whole = best(() => stationaryDensity(jumps));
const { density, flops, factorNumbers } = whole.result;
const solver = new FrontSolver(structureOf(jumps));
const factor = best(() => solver.factor(STEP, 1));
const peak = JSON.parse(
  spawnSync(process.execPath, [fileURLToPath(new URL('./peak.mjs', import.meta.url))], { encoding: 'utf8' }).stdout,
);
const top = Math.max(peak.gflops['f64 fma'] ?? 0, peak.gflops.f64);
report('stationary', whole, {
  ...errors(density, 1),
  factorMegabytes: Math.round(factorNumbers / 125e3),
});
report('factorisation', factor, {
  gflop: short(flops / 1e9),
  gflops: short(flops / 1e9 / factor.cpu),
  shareOfPeak: short(flops / 1e9 / factor.cpu / top),
});
const stepper = new Stepper(jumps, { step: STEP });
const ten = best(() => stepper.advance(density, 10));
report('implicit step', { seconds: ten.seconds / 10, cpu: ten.cpu / 10 });

const rareJumps = fokkerPlanck(rare);
const rareRun = best(() => stationaryDensity(rareJumps));
report('stationary, barrier of 50', rareRun, errors(rareRun.result.density, 0.005), 100);

const folder = mkdtempSync(join(tmpdir(), 'thermograd-bench-'));
try {
  const files = [
    [jumps, 'large.f64'],
    [rareJumps, 'rare.f64'],
  ].map(([of, name]) => write(of, join(folder, name)));
  const env = { ...process.env, ...ONE_THREAD };
  const script = fileURLToPath(new URL('./peers/fokker_planck_peer.py', import.meta.url));
  const { python, identity, skipped } = peers(['numpy', 'scipy']);
  const args = [script, files[0], String(n), String(STEP), files[1]];
  if (skipped) console.error(`skipped: SciPy: ${skipped}`);
  else {
    console.log(JSON.stringify({ peer: identity.labels.scipy, unfair: unfairTo(identity, ['scipy']) }));
    const done = spawnSync(python, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (done.status !== 0) console.error(`skipped: SciPy: the peer ended with ${done.status}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** All rows, all columns, all rates: the row gains from the column. */
function write(of, file) {
  const entries = [[], [], []];
  forEachPair(of, (i, j, link) => {
    entries[0].push(j, i);
    entries[1].push(i, j);
    entries[2].push(link.forward[i], link.backward[i]);
  });
  writeFileSync(file, Buffer.from(Float64Array.from(entries.flat()).buffer));
  return file;
}
