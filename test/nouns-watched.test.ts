/** Long calls of the nouns: progress, stopping, and the noise of blocks that are not formed as matrices. */
import { describe, expect, it } from 'vitest';
import { functionSurface, model, network, pca, randomKey } from '../src/index.js';
import type { RequestOptions } from '../src/surface/surface.js';
import { gradient } from './support/naive-network.js';

const stream = randomKey(5).stream();
const normals = (rows: number, columns: number) =>
  Array.from({ length: rows }, () => Float32Array.from({ length: columns }, () => stream.normal()));
const inputs = normals(24, 70);
const labels = inputs.map((x) => (x[0] > 0 ? 1 : x[1] > 0 ? 2 : 0));
const net = network('70-50-3', { bias: false });
const weights = net.initial(2);
const samples = { inputs: inputs.map((x) => Array.from(x)), labels };
const at = net.at(weights, samples);

/** The gradients of the samples on the 3500 weights of layer1, by plain loops. */
const naive = inputs.map((x, k) => gradient(net.spec as never, weights, [{ x, label: labels[k] }]).subarray(0, 3500));
const sum = (x: ArrayLike<number>, y: ArrayLike<number>) => {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * y[i];
  return total;
};

/** C1 v, with the mean taken over all samples and the second moment over some. */
function naiveNoise(v: ArrayLike<number>, of = naive.map((_, k) => k)): Float64Array {
  const mean = Float64Array.from({ length: 3500 }, (_, i) => naive.reduce((s, g) => s + g[i] / naive.length, 0));
  const out = new Float64Array(3500);
  for (const k of of) {
    const away = naive[k].map((g, i) => g - mean[i]);
    const along = sum(away, v) / of.length;
    for (let i = 0; i < 3500; i++) out[i] += along * away[i];
  }
  return out;
}

describe('C1 of a block of more than 3000 weights', () => {
  it('has eigenpairs, which are those of plain loops and together make up the trace', async () => {
    const noise = at.noise('layer1');
    const top = await noise.top(23);
    for (const { value, vector, error, converged } of top) {
      expect(converged).toBe(true);
      expect(sum(vector, vector)).toBeCloseTo(1, 10);
      const product = naiveNoise(vector);
      const residual = Math.sqrt(product.reduce((s, x, i) => s + (x - value * vector[i]) ** 2, 0));
      expect(residual).toBeLessThan(1e-5 * value + 1e-9 * top[0].value);
      expect(error).toBeLessThan(1e-5 * value + 1e-9 * top[0].value);
    }
    for (let i = 1; i < top.length; i++) expect(top[i].value).toBeLessThanOrEqual(top[i - 1].value);
    const total = top.reduce((s, e) => s + e.value, 0);
    expect(total).toBeCloseTo((await noise.trace()).value, 9);
    expect((await noise.along(top[2].vector)).value).toBeCloseTo(top[2].value, 9);
  });

  it('is the same for a model that gives one gradient at a time, and over a subset', async () => {
    const subset = { samples: Uint32Array.of(1, 4, 6, 9, 17), strata: [{ count: 5, of: 24 }] };
    for (const point of [
      net.at(weights, samples, { subset }),
      model(at.surface).at(weights, { subset }),
      model(at.surface).at(weights),
    ]) {
      const whole = point.toString().includes('5 of 24') ? [1, 4, 6, 9, 17] : undefined;
      const [first, second] = await point.noise('layer1').top(2);
      for (const { value, vector } of [first, second]) {
        const product = naiveNoise(vector, whole);
        expect(Math.sqrt(product.reduce((s, x, i) => s + (x - value * vector[i]) ** 2, 0))).toBeLessThan(1e-6 * value);
      }
      expect(first.value).toBeGreaterThan(second.value);
    }
  });

  it('refuses more eigenvalues than the samples give, and the matrix', async () => {
    await expect(at.noise('layer1').top(24)).rejects.toThrow(
      'noise.top: C1 of 24 samples has 23 eigenvalues above 0 at most; got 24.',
    );
    expect(() => at.noise('layer1').matrix()).toThrow('layer1 has 3500 weights');
    expect(() => at.noise('layer1').matrix()).toThrow('ask for top(k), trace() or along(v)');
  });
});

const v = Float64Array.from({ length: 150 }, (_, i) => Number(i === 7));
const big = Float64Array.from({ length: 3500 }, (_, i) => Number(i === 7));
const table = Array.from({ length: 400 }, () => Array.from({ length: 330 }, () => stream.normal()));
const bowl = model(functionSurface({ size: 20, loss: (w) => 0.1 + w.reduce((s, x, i) => s + (1 + i) * x * x, 0) })).at(
  new Float64Array(20),
);
/** Calls with the number of shares that they tell at least. */
const CALLS: [string, number, (o: RequestOptions) => Promise<unknown>][] = [
  ['hessian.top', 2, (o) => at.hessian('layer1').top(2, o)],
  ['hessian.top of a formed block', 1, (o) => at.hessian('layer2').top(2, o)],
  ['hessian.smallest', 2, (o) => at.hessian('layer1').smallest(o)],
  ['hessian.trace', 1, (o) => at.hessian('layer1').trace({ probes: 4, ...o })],
  ['hessian.trace of a formula', 1, (o) => bowl.hessian().trace(o)],
  ['hessian.density', 3, (o) => at.hessian('layer1').density({ probes: 2, steps: 6, ...o })],
  ['hessian.along', 1, (o) => at.hessian('layer1').along([big, big], o)],
  ['hessian.matrix', 1, (o) => bowl.hessian().matrix(o)],
  ['noise.along', 2, (o) => at.noise('layer2').along([v, v], o)],
  ['noise.between', 2, (o) => at.noise('layer2').between([v, v], o)],
  ['noise.matrix', 1, (o) => at.noise('layer2').matrix(o)],
  ['noise.top', 1, (o) => at.noise('layer2').top(2, o)],
  ['noise.top beyond 3000', 3, (o) => at.noise('layer1').top(2, o)],
  ['noise.trace', 2, (o) => at.noise('layer1').trace(o)],
  ['noise.scale', 2, (o) => at.noise('layer1').scale(o)],
  ['at.flatness', 1, (o) => at.flatness('layer2', v, o)],
  ['pca', 3, (o) => pca(table, { method: 'exact', ...o })],
  ['pca by a subspace', 3, (o) => pca(table, { method: 'subspace', components: 2, ...o })],
];

describe.each(CALLS)('%s', (_name, least, run) => {
  it('tells of its progress by rising shares that end with 1, and finds the same', async () => {
    const shares: number[] = [];
    const found = await run({ onProgress: (share) => shares.push(share), signal: new AbortController().signal });
    expect(shares.length).toBeGreaterThanOrEqual(least);
    for (let i = 1; i < shares.length; i++) expect(shares[i]).toBeGreaterThan(shares[i - 1]);
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares.at(-1)).toBe(1);
    expect(JSON.stringify(found)).toBe(JSON.stringify(await run({})));
  });

  it('stops before it begins and while it runs, and can be asked again', async () => {
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    setImmediate(() => stop.abort());
    // a call that has nothing to wait for may have ended
    const end = await running.then(
      () => 'done',
      (error) => error.code,
    );
    expect(['done', 'interrupted']).toContain(end);
    expect(await run({})).toBeDefined();
  });
});

it('an event of this thread stops what makes many requests', async () => {
  for (const run of [
    (o: RequestOptions) => at.hessian('layer1').top(5, { tolerance: 1e-15, ...o }),
    (o: RequestOptions) => at.hessian('layer1').density(o),
    (o: RequestOptions) => pca(table, { method: 'subspace', components: 2, ...o }),
  ]) {
    const stop = new AbortController();
    let told = 0;
    // by then Lanczos alone is left, with one product a request
    const onProgress = () => {
      if (++told === 4) setImmediate(() => stop.abort());
    };
    await expect(run({ signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'interrupted' });
  }
});
