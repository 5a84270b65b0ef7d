// The stages that bench/growth.mjs measures: for each size what is prepared and run, the operations that the algorithm counts (a
// multiplication and an addition are two, an exponential twenty), and the bytes that it has to hold.
import { readFileSync, writeFileSync } from 'node:fs';
import { hessianOperator } from '../dist/analyse/curvature/network-hessian.js';
import { gradientCovariance } from '../dist/analyse/noise/noise.js';
import { directionDynamics } from '../dist/analyse/trajectory/dynamics.js';
import { pca, pcaMemory } from '../dist/analyse/trajectory/pca.js';
import { chooseProvider, matrix } from '../dist/numeric/linalg/index.js';
import { batchPlan, initialWeights, loadDataset, randomKey, Trainer } from '../dist/parts.js';
import { LineLoss } from '../dist/surface/network/line.js';
import { NetworkPasses } from '../dist/surface/network/passes.js';

const CLASSES = 10;
const EXPONENTIAL = 20;
const BATCH = 50;
const key = randomKey(1);
const netOf = (m) => ({ widths: [784, m, m, CLASSES], activation: 'relu', bias: false, loss: 'cross-entropy' });
const wave = (n) => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i + 1) / Math.sqrt(n));

let train;
/** The first N images of MNIST, and the mean number of pixels that are not zero. */
function images(N) {
  const samples = { ...train, count: N, values: train.values.slice(0, 784 * N), labels: train.labels.slice(0, N) };
  let nonzero = 0;
  for (const v of samples.values) if (v !== 0) nonzero++;
  return { samples, nonzero: nonzero / N };
}

/** Each stage over a width m, N samples or T rows: `prepare` is not timed and returns what is; `count` and `bytes` belong to one call of it. */
const WORK = {
  '200 recorded training steps': ({ m, N }) => {
    const { samples, nonzero } = images(N);
    const above = m * m + CLASSES * m;
    const [steps, spec] = [200, netOf(m)];
    return {
      count: steps * (BATCH * (6 * above + 4 * m * nonzero) + 2 * (784 * m + above)),
      bytes: 8 * N * nonzero + 8 * (784 * m + above) + 4 * steps * m * m,
      prepare() {
        const trainer = new Trainer({ spec, samples, learningRate: 0.02, batchSize: BATCH, recordLayer: 'layer2' });
        trainer.setWeights(initialWeights(spec, key));
        const plan = batchPlan({ count: N, batchSize: BATCH, sampling: 'shuffled', lastBatch: 'drop', key });
        const { order } = plan.epoch(0);
        const chosen = Uint32Array.from({ length: steps * BATCH }, (_, i) => order[i % order.length]);
        return () => trainer.steps(chosen, BATCH);
      },
    };
  },
  'flatness set-up': ({ m, N }) => ({
    ...lineAt(m, N, (line, p) => () => line.setDirection(p)),
    count: 2 * N * m * m,
  }),
  'flatness evaluation': ({ m, N }) => {
    const run = (line, p) => {
      line.setDirection(p);
      return () => line.losses([0.1]);
    };
    return { ...lineAt(m, N, run), count: N * (2 * m + 2 * CLASSES * m + EXPONENTIAL * CLASSES) };
  },
  'gradient of all weights': ({ m, N }) => passesAt(m, N, 1, (passes) => () => passes.gradient()),
  'product with the Hessian': ({ m, N }) =>
    passesAt(m, N, 2, (passes) => {
      const op = hessianOperator(passes);
      const v = wave(passes.size);
      return () => op.apply(v);
    }),
  'dense gradient covariance': ({ m, N }) => ({
    ...passesAt(m, N, 0, (passes) => () => gradientCovariance(passes, 'layer2')),
    count: N * (m * m) ** 2,
    bytes: 16 * m ** 4 + 16 * N * m,
  }),
  'PCA of a window': ({ P, T }) => {
    const kept = 20;
    const n = Math.min(P, T);
    const memory = pcaMemory({ T, P, kept });
    const keep = Array.from({ length: kept }, (_, k) => 1 + Math.floor(((n - 2) * k) / (kept - 1)));
    return {
      // the symmetric sum, the eigenproblem with vectors and its residual, and via the Gram matrix the directions
      count: P * T * n + 6 * n ** 3 + (T < P ? 2 * T * P * kept : 0),
      // and via the Gram matrix as much of the rows as the budget of 1 GiB allows
      bytes: memory + (T < P ? Math.min(4 * T * P, 2 ** 30 - memory) : 0),
      async prepare() {
        const la = await chooseProvider({ prefer: 'embedded' });
        return () => pca(rows(T, P), la, { keep });
      },
    };
  },
  'symmetric eigenproblem': ({ n }) => ({
    count: (4 + 4 / 3) * n ** 3,
    bytes: 8 * 4 * n * n,
    async prepare() {
      const la = await chooseProvider({ prefer: 'embedded' });
      const a = matrix(
        n,
        n,
        Float64Array.from({ length: n * n }, (_, i) =>
          noise(Math.min(i % n, (i / n) | 0) * n + Math.max(i % n, (i / n) | 0)),
        ),
      );
      return () => la.eigh(a);
    },
  }),
  'dynamics of 20 directions': ({ T }) => {
    const k = 20;
    const padded = 2 ** Math.ceil(Math.log2(1.5 * T + 1));
    return {
      // Fourier transforms of the series padded for lags up to half of its length, to a power of two
      count: k * padded * Math.log2(padded),
      bytes: 8 * k * T,
      prepare() {
        const thetas = new Float64Array(k * T);
        for (let d = 0; d < k; d++)
          for (let t = 1, x = 0; t < T; t++) thetas[d * T + t] = x += noise(d * T + t) - 0.02 * x;
        const input = {
          indices: Array.from({ length: k }, (_, d) => d + 1),
          thetas,
          components: new Float64Array(k * k).fill(1),
          mean: new Float64Array(k),
        };
        return () => directionDynamics(input);
      },
    };
  },
};

function lineAt(m, N, run) {
  const padded = 5 * Math.ceil(m / 5);
  const { samples, nonzero } = images(N);
  return {
    // inputs, A and B of the layer, and the packed images that its inputs are computed from
    bytes: 4 * N * m + 8 * N * padded + 8 * N * nonzero,
    prepare() {
      const spec = netOf(m);
      return run(new LineLoss({ spec, weights: initialWeights(spec, key), samples, layer: 'layer2' }), wave(m * m));
    },
  };
}

/** `times` gradients: forward, deltas back, and outer products, the first layer with its zeros left out. */
function passesAt(m, N, times, run) {
  const { samples, nonzero } = images(N);
  const spec = netOf(m);
  return {
    count: times * N * 2 * (2 * nonzero * m + 3 * (m * m + CLASSES * m)),
    bytes: 8 * N * (nonzero + 4 * m + 2 * CLASSES + 2) + 8 * (784 * m + m * m) * (1 + times),
    prepare() {
      const passes = new NetworkPasses({ spec, samples, weights: initialWeights(spec, key) });
      passes.gradient(); // the states, which later calls find
      return run(passes);
    },
  };
}

/** A number between −1 and 1 from an index. */
function noise(i) {
  let t = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d);
  t = Math.imul(t ^ (t >>> 12), 0x297a2d39);
  return ((t ^ (t >>> 15)) | 0) / 2147483648;
}

/** T rows of P numbers that are made when they are read, so that no window lies in memory. */
function rows(T, P) {
  return {
    T,
    P,
    *chunks() {
      const size = Math.max(1, Math.min(256, Math.floor(2e6 / P)));
      const chunk = new Float32Array(size * P);
      for (let t = 0; t < T; t += size) {
        const count = Math.min(size, T - t);
        for (let r = 0; r < count; r++) for (let j = 0; j < P; j++) chunk[r * P + j] = noise((t + r) * P + j);
        yield chunk.subarray(0, count * P);
      }
    },
  };
}

/** Returns the series: a stage, the axis along which it grows, and the sizes. */
export function stages(quick) {
  const widths = quick ? [10, 20, 40] : [50, 100, 200, 400];
  const samples = quick ? [500, 1000, 2000] : [10_000, 20_000, 40_000, 60_000];
  const lengths = quick ? [200, 400, 800] : [1000, 3000, 10_000, 30_000, 100_000];
  const [m, N, P, T] = quick ? [20, 500, 100, 100] : [50, 10_000, 900, 1000];
  const series = (name, axis, sizes, at) => ({ name, axis, sizes, at });
  const both = (name) => [
    series(name, 'width', widths, (x) => ({ m: x, N })),
    series(name, 'samples', samples, (x) => ({ m, N: x })),
  ];
  return [
    ...both('200 recorded training steps'),
    ...both('flatness set-up'),
    ...both('flatness evaluation'),
    ...both('gradient of all weights'),
    ...both('product with the Hessian'),
    series('dense gradient covariance', 'width', quick ? [8, 12, 16] : [25, 35, 50, 70], (x) => ({
      m: x,
      N: quick ? 500 : 2000,
    })),
    series('dense gradient covariance', 'samples', samples, (x) => ({ m: quick ? 10 : 25, N: x })),
    series(
      'PCA of a window',
      'weights',
      widths.map((w) => w * w),
      (x) => ({ P: x, T }),
    ),
    series('PCA of a window', 'length', lengths, (x) => ({ P, T: x })),
    series('symmetric eigenproblem', 'order', quick ? [50, 100, 200] : [312, 625, 1250, 2500], (x) => ({ n: x })),
    series('dynamics of 20 directions', 'length', lengths, (x) => ({ T: x })),
  ];
}

const resident = () => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
};

/** Measures one point: the least processor seconds of a few calls, and what preparing and calling added to the resident memory at most. */
export async function measurePoint({ quick, name, axis, size }) {
  const { at } = stages(quick).find((s) => s.name === name && s.axis === axis);
  const arguments_ = at(size);
  if (arguments_.N) ({ train } = await loadDataset('mnist'));
  const { count, bytes, prepare } = WORK[name](arguments_);
  globalThis.gc?.();
  const before = startPeak();
  const call = await prepare();
  const cpu = [];
  let spent = 0;
  do {
    const used = process.cpuUsage();
    await call();
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1e6);
    // the first calls run in the baseline tier of the engine and touch new memory; short ones are repeated until its optimised code
    // runs, and those of up to some seconds at least three times, or the largest size alone would be measured cold
    spent += cpu.at(-1);
  } while (cpu.length < 200 && (spent < (quick ? 0.1 : 0.6) || (cpu.length < 3 && spent < (quick ? 0.3 : 6))));
  return { count, bytes, cpu: Math.min(...cpu), memory: Math.max(1, resident() - before) };
}

/** Sets the high-water mark of resident memory back to what is resident now, where the system can, and returns it. */
function startPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {}
  return resident();
}
