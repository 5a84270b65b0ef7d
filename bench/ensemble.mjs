// Steps of walkers a second: Langevin in a two-dimensional valley with position-dependent anisotropic noise, and SGD maps, on one core.
// Usage: node bench/ensemble.mjs [--repeats 7] [--peer] [--python PATH]
// A line: nanoseconds of process CPU time a walker-step (median and fastest of the repeats), floating-point operations of its
// formulas (an elementary function counted as one), those of its random numbers, and the share of the float64 peak of bench/peak.mjs.
// With --peer the same motion in NumPy, and the ratio: in turns with ours.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseExpression } from '../dist/numeric/expression/index.js';
import { forceKernelBuild, kernelBuild, randomKey } from '../dist/parts.js';
import { langevinEnsemble, sgdEnsemble } from '../dist/theory/ensemble/ensemble.js';
import { fieldOf } from '../dist/theory/fields.js';
import { peers } from './environment.mjs';
import { ONE_THREAD } from './identity.mjs';

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : (process.argv[at + 1] ?? true);
};
const repeats = Number(option('--repeats', 7));
const walkers = 4096;
const steps = 400;

const field = (names, ...texts) =>
  fieldOf(
    texts.map((t) => parseExpression(t, { variables: names })),
    names,
  );
const names = ['x', 'y'];
// L = 0.1 x⁴/4 + λ(x) y²/2, λ = 1 + 4 exp(−x²); noise kappa·λ across and along, rotated with the slope of the valley
const valley = {
  size: 2,
  names,
  drift: field(names, '-0.1*x^3 + 4*x*exp(-x^2)*y^2', '-(1 + 4*exp(-x^2))*y'),
  diffusion: field(names, '0.05*(1 + 4*exp(-x^2))', '0', '0.2*(1 + 4*exp(-x^2))'),
};
const full = {
  ...valley,
  diffusion: field(names, '0.05*(1 + 4*exp(-x^2))', '0.02*tanh(x*y)', '0.2*(1 + 4*exp(-x^2))'),
};
const map = {
  size: 2,
  names,
  batchGradient: field(
    [...names, 'n1', 'n2'],
    '0.1*x^3 - 4*x*exp(-x^2)*y^2 + 0.3*n1',
    '(1 + 4*exp(-x^2))*(y - 0.4*n2)',
  ),
  normals: 2,
};
const line = { size: 1, names: ['x'], batchGradient: field(['x', 'n1'], '(1 + 0.3*n1)*x + n1'), normals: 1 };
const common = { walkers, key: randomKey(1), timestep: 0.01, learningRate: 0.01 };
const tasks = {
  'Langevin 2-D, Euler-Maruyama': (key) =>
    langevinEnsemble({ ...common, key, model: valley, scheme: 'euler-maruyama', start: [1, 0] }),
  'Langevin 2-D, Euler-Maruyama, full tensor': (key) =>
    langevinEnsemble({ ...common, key, model: full, scheme: 'euler-maruyama', start: [1, 0] }),
  'Langevin 2-D, Platen weak 2': (key) =>
    langevinEnsemble({ ...common, key, model: valley, scheme: 'platen-weak-2', start: [1, 0] }),
  'Langevin 2-D, Platen weak 2, full tensor': (key) =>
    langevinEnsemble({ ...common, key, model: full, scheme: 'platen-weak-2', start: [1, 0] }),
  'SGD map 2-D': (key) => sgdEnsemble({ ...common, key, model: map, start: [1, 0] }),
  'SGD map 1-D': (key) => sgdEnsemble({ ...common, key, model: line, start: [1] }),
};
// float64 operations of two normal numbers: 70 of Box–Muller; Philox works on integers
const NORMAL_PAIR = 70;
const PEAK = { fma: 28, simd: 14 };

const cpu = (job) => {
  const used = process.cpuUsage();
  job();
  const { user, system } = process.cpuUsage(used);
  return ((user + system) * 1e3) / (walkers * steps);
};
const peer = () => {
  const script = fileURLToPath(new URL('./peers/ensemble_peer.py', import.meta.url));
  const { python, skipped } = peers(['numpy']);
  if (skipped) return undefined;
  const env = { ...process.env, ...ONE_THREAD };
  const done = spawnSync(python, [script, String(walkers), String(steps)], { env, encoding: 'utf8' });
  return done.status === 0 ? JSON.parse(done.stdout) : undefined;
};

const builds = kernelBuild() === 'fma' ? ['fma', 'simd'] : ['simd'];
const times = {};
const others = [];
for (const build of builds) {
  forceKernelBuild(build);
  for (const make of Object.values(tasks)) make(randomKey(0)).advance(1000); // the optimising tier of the engine
}
for (let r = 0; r < repeats; r++) {
  for (const build of builds) {
    forceKernelBuild(build);
    for (const [name, make] of Object.entries(tasks)) {
      const e = make(randomKey(r));
      times[`${build} ${name}`] ??= { build, name, e, all: [] };
      times[`${build} ${name}`].all.push(cpu(() => e.advance(steps)));
    }
  }
  if (process.argv.includes('--peer')) others.push(peer());
}
const median = (x) => [...x].sort((a, b) => a - b)[x.length >> 1];
for (const { build, name, e, all } of Object.values(times)) {
  const ns = median(all);
  const pairs = name.includes('1-D') ? 0.5 : 1;
  const flops = e.operations + NORMAL_PAIR * pairs;
  console.log(
    JSON.stringify({
      task: name,
      build,
      nsPerStep: +ns.toFixed(1),
      fastest: +Math.min(...all).toFixed(1),
      flops,
      shareOfPeak: +(flops / ns / PEAK[build]).toFixed(2),
      stepsPerMinuteOnTwoCores: +(120e9 / ns).toPrecision(2),
    }),
  );
}
if (others.length > 0 && others.every(Boolean)) {
  for (const name of Object.keys(others[0])) {
    const ns = median(others.map((o) => o[name]));
    const ours = times[`${builds[0]} ${name}`];
    console.log(
      JSON.stringify({
        task: name,
        provider: peers(['numpy']).identity.labels.numpy,
        nsPerStep: +ns.toFixed(1),
        ratio: +median(others.map((o, r) => o[name] / ours.all[r])).toPrecision(3),
      }),
    );
  }
} else if (process.argv.includes('--peer'))
  console.error(`skipped: NumPy: ${peers(['numpy']).skipped ?? 'the peer failed'}`);
