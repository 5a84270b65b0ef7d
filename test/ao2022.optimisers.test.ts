/** reproduce ao2022 on any network and optimiser: heavy balls, own coordinates, spans, and whole runs of small networks of layers. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAo2022Results } from '../src/experiments/ao2022/experiment.js';
import { asTheFormAllows } from '../src/experiments/ao2022/form.js';
import { layerMatrices, orthonormal, spanMatrices } from '../src/experiments/ao2022/matrices.js';
import type { Ao2022Results } from '../src/experiments/ao2022/measured.js';
import { ownPart } from '../src/experiments/ao2022/own-part.js';
import { motionOf, settledMotion } from '../src/experiments/ao2022/stationarity.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { reproduceAo2022 } from '../src/experiments/sequence.js';
import { initialOf } from '../src/model/any-network.js';
import { layeredOf } from '../src/model/layered/convert.js';
import { embeddedLinearAlgebra, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { readNpy } from '../src/record/npy.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { ballOf, lookAhead } from '../src/theory/layer/ball.js';
import { linearDraws } from '../src/theory/layer/draws.js';
import { measureModes } from '../src/theory/layer/modes.js';
import type { LayerSetting } from '../src/theory/layer/results.js';
import { circulationParts } from '../src/theory/optimisers/continuous.js';
import { linearForm } from '../src/theory/optimisers/linear-form.js';
import { inOwnCoordinates } from '../src/theory/optimisers/own-coordinates.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { smallSamples } from './support/small-nets.js';

const la = embeddedLinearAlgebra();
const normals = (count: number, seed: number) => {
  const s = randomKey(seed).stream();
  return Float64Array.from({ length: count }, () => s.normal());
};

describe('an optimiser as a heavy ball', () => {
  it.each<[string, OptimiserSpec]>([
    ['sgd', { type: 'sgd', learningRate: 0.3 }],
    ['momentum with dampening', { type: 'sgd', learningRate: 0.1, momentum: 0.8, dampening: 0.4 }],
    ['adam', { type: 'adam', learningRate: 0.2 }],
    ['adamw with a strong decay', { type: 'adamw', learningRate: 0.2, weightDecay: 0.5 }],
    ['rmsprop with momentum', { type: 'rmsprop', learningRate: 0.05, momentum: 0.6 }],
  ])('%s: the ball moves as the form does, step by step', (_, spec) => {
    const form = linearForm(spec);
    const { rate, momentum, penalty, nesterov } = ballOf(form);
    expect(nesterov).toBe(false);
    const alpha = 0.7;
    const xi = normals(40, 2);
    let [w, m] = [0, 0];
    let [y, v] = [0, 0];
    for (const x of xi) {
      const g = alpha * w + x;
      m = form.memory * m + form.fresh * g;
      w = (1 - form.shrink) * w - form.learningRate * (form.own * g + form.held * m);
      v = momentum * v - rate * ((alpha + penalty) * y + x);
      y += v;
      expect(y).toBeCloseTo(w, 12);
    }
  });

  it("Nesterov's draws have the covariance that iterating its map gives, and lookAhead is its ratio to the ball", () => {
    const [eta, mu] = [0.2, 0.6];
    const setting: LayerSetting = {
      T: 60_000,
      samples: 1000,
      batchSize: 10,
      stepsPerEpoch: 100,
      sampling: 'replaced',
      learningRate: eta / (1 - mu),
      ball: { rate: eta, momentum: mu, nesterov: true },
      noiseStrength: (eta / (1 - mu)) ** 2 / 20,
      centreLoss: 1,
    };
    /** ⟨y y⟩ of one mode under unit noise, by sums over its response. */
    const power = (a: number, nesterov: boolean) => {
      let [y, m, sum] = [0, 0, 0];
      for (let t = 0; t < 4000; t++) {
        const g = a * y + (t === 0 ? 1 : 0);
        m = mu * m + g;
        y -= eta * (nesterov ? g + mu * m : m);
        sum += y * y;
      }
      return sum;
    };
    const ahead = lookAhead(setting);
    for (const a of [0.01, 0.5, 2]) expect(ahead(a, a).now).toBeCloseTo(power(a, true) / power(a, false), 8);
    expect(ahead(0.001, 0.001).now).toBeCloseTo(1, 2);
    const [draw] = linearDraws({
      la,
      setting,
      curvatures: Float64Array.of(2, 0.5),
      noise: matrix(2, 2, Float64Array.of(3, 0, 0, 1)),
      sampling: 'white',
      count: 1,
      key: randomKey(5),
    });
    for (const [i, a, c] of [
      [0, 2, 3],
      [1, 0.5, 1],
    ]) {
      const x = draw.stationary.subarray(i * setting.T, (i + 1) * setting.T);
      const variance = x.reduce((s, v) => s + v * v, 0) / setting.T;
      // correlation times of a few steps: √(2·2·10/T) of the variance
      expect(Math.abs(variance / ((power(a, true) * c) / 10) - 1)).toBeLessThan(0.08);
    }
  });

  it('stationarity under momentum is ⟨w·g⟩ of the gradients that made the steps', () => {
    const [eta, mu, T] = [0.1, 0.7, 400];
    const g = normals(T, 8);
    const w = new Float64Array(T);
    let v = 0;
    for (let t = 0; t + 1 < T; t++) {
      v = mu * v - eta * (g[t] + 0.5 * w[t]);
      w[t + 1] = w[t] + v;
    }
    // by hand, from t = 1 on: the first step of a recording has no velocity before it
    let [left, right] = [0, 0];
    for (let t = 1; t + 1 < T; t++) {
      left += w[t] * (g[t] + 0.5 * w[t]);
      right += ((1 + mu) / (2 * eta)) * (w[t + 1] - w[t]) ** 2;
    }
    const ball = { rate: eta, momentum: mu, nesterov: false };
    const { value } = settledMotion(w, 1, T, ball);
    // blocks of unequal lengths weigh steps slightly differently
    expect(value / (left / right)).toBeCloseTo(1, 1);
    const sums = { weightsDotStep: new Float64Array(T - 1), stepSquared: new Float64Array(T - 1) };
    for (let t = 0; t + 1 < T; t++) {
      sums.weightsDotStep[t] = w[t] * (w[t + 1] - w[t]);
      sums.stepSquared[t] = (w[t + 1] - w[t]) ** 2;
    }
    expect(motionOf(sums, ball).value).toBeCloseTo(value, 12);
  });
});

describe('own coordinates', () => {
  const P = 4;
  const random = (seed: number): Matrix => {
    const a = matrix(P, P, normals(P * P, seed));
    return la.gemm(a, a, { transposeB: true });
  };
  const [H, C] = [random(1), random(2)];
  const precondition = [0.5, 2, 1, 7];
  const root = Float64Array.from(precondition, Math.sqrt);
  const [eta, B] = [0.05, 10];

  /** Solves F Σ + Σ Fᵀ = 2 ε D in the weights by following dΣ/dt to its end. */
  function lyapunov(): Matrix {
    const f = matrix(
      P,
      P,
      H.data.map((x, at) => eta * precondition[Math.floor(at / P)] * x),
    );
    const d = C.data.map((x, at) => precondition[Math.floor(at / P)] * x * precondition[at % P]);
    let sigma = matrix(P, P);
    const dt = 0.2;
    for (let step = 0; step < 40_000; step++) {
      const fs = la.gemm(f, sigma);
      sigma = matrix(
        P,
        P,
        sigma.data.map((s, at) => {
          const [i, j] = [Math.floor(at / P), at % P];
          return s + dt * ((eta ** 2 / B) * d[at] - fs.data[at] - fs.data[j * P + i]);
        }),
      );
    }
    return sigma;
  }

  it('give the variances, curvatures and noise of the weights along directions', () => {
    const ends = la.eigh(random(3)).vectors;
    const directions = matrix(P, P, ends.data);
    const scaled = (f: (r: number) => number) =>
      matrix(
        P,
        P,
        directions.data.map((x, at) => x * f(root[at % P])),
      );
    const decay = 0.01;
    const A = inOwnCoordinates(H, root);
    for (let i = 0; i < P; i++) A.data[i * (P + 1)] += decay;
    const ask = (hessian: Matrix, off: number) =>
      measureModes({
        la,
        hessian,
        covariance: inOwnCoordinates(C, root),
        setting: {
          T: 4000,
          samples: 1000,
          batchSize: B,
          stepsPerEpoch: 100,
          sampling: 'replaced',
          learningRate: eta,
          noiseStrength: eta ** 2 / (2 * B),
          centreLoss: 1,
        },
        pca: { variances: [4, 3, 2, 1], resolution: 0.01 },
        directions: scaled((r) => 1 / r),
        duals: scaled((r) => r),
        decay: off,
        ranks: [1, 2, 3, 4],
        flatness: new Map(),
        key: randomKey(4),
      });
    const sigma = lyapunov();
    const form = (m: Matrix, k: number) => {
      let sum = 0;
      for (let i = 0; i < P; i++)
        for (let j = 0; j < P; j++) sum += directions.data[k * P + i] * m.data[i * P + j] * directions.data[k * P + j];
      return sum;
    };
    const { energy, modes } = ask(inOwnCoordinates(H, root), 0);
    energy.forEach((e, k) => {
      expect(e.curvature).toBeCloseTo(form(H, k), 9);
      expect(e.noise).toBeCloseTo(form(C, k), 9);
      expect(e.boltzmannVariance / form(sigma, k)).toBeCloseTo(1, 6);
    });
    // the window's covariance Σ σ_k² p_k p_kᵀ in y has the trace Σ σ_k² |P^(−1/2) p_k|²
    const trace = [4, 3, 2, 1].reduce(
      (s, v, k) => s + v * precondition.reduce((t, p, i) => t + directions.data[k * P + i] ** 2 / p, 0),
      0,
    );
    expect(modes.measured.reduce((s, v) => s + v)).toBeCloseTo(trace, 9);
    // the curvature of the loss does not hold the decay of the system
    ask(A, decay).energy.forEach((e, k) => {
      expect(e.curvature).toBeCloseTo(form(H, k), 9);
    });
  });

  it("the optimiser's own part of the circulation is that of circulationParts", () => {
    const A = inOwnCoordinates(H, root);
    const { values, vectors } = la.eigh(A);
    const basis = matrix(P, P);
    for (let i = 0; i < P; i++) for (let j = 0; j < P; j++) basis.data[i * P + j] = vectors.data[j * P + P - 1 - i];
    const covariance = inOwnCoordinates(C, root);
    const found = ownPart(la, {
      hessian: A,
      covariance,
      root,
      basis,
      curvatures: values.slice().reverse(),
      noise: la.gemm(la.gemm(basis, covariance), basis, { transposeB: true }),
    });
    const form = linearForm({ type: 'adam', learningRate: eta });
    const parts = circulationParts(la, { form, hessian: H, noise: C, preconditioner: precondition });
    const square = (m: Matrix) =>
      m.data.reduce((s, v, at) => s + (v / (root[Math.floor(at / P)] * root[at % P])) ** 2, 0);
    expect(found.own).toBeCloseTo(square(parts.own) / square(parts.q), 9);
    expect(found.misaligned).toBeCloseTo(square(parts.misaligned) / square(parts.q), 9);
    expect(found.own).toBeGreaterThan(0.01);
  });

  const spec = { widths: [9, 5, 4, 3], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
  const samples = smallSamples(60, 9, 3);
  const weights = initialOf(spec, randomKey(3));
  const asked = (network: typeof spec | ReturnType<typeof layeredOf>) => ({
    network,
    weights,
    samples,
    layer: 'layer2',
    penalty: 0.3,
    decay: 0.02,
    root: Float64Array.from({ length: 20 }, (_, i) => 0.5 + 0.1 * i),
  });

  it('the matrices of a perceptron written as layers are those of the perceptron', async () => {
    const [plain, layered] = [await layerMatrices(asked(spec)), await layerMatrices(asked(layeredOf(spec)))];
    for (const name of ['hessian', 'covariance'] as const) {
      const size = Math.sqrt(plain[name].data.reduce((s, v) => s + v * v, 0));
      layered[name].data.forEach((v, at) => {
        expect(Math.abs(v - plain[name].data[at])).toBeLessThan(2e-6 * size);
      });
    }
    layered.gradient.forEach((v, i) => {
      expect(v).toBeCloseTo(plain.gradient[i], 10);
    });
    expect(layered.loss).toBeCloseTo(plain.loss, 12);
    expect(layered.gradientNorm).toBeCloseTo(plain.gradientNorm, 10);
  });

  it('in a span they are the projections of those of the whole layer', async () => {
    const request = asked(layeredOf(spec));
    const whole = await layerMatrices(request);
    const span = orthonormal(matrix(6, 20, normals(120, 9)));
    expect(span.rows).toBe(6);
    const part = await spanMatrices(la, request, span);
    for (const name of ['hessian', 'covariance'] as const) {
      const expected = la.gemm(la.gemm(span, whole[name]), span, { transposeB: true });
      part[name].data.forEach((v, at) => {
        expect(v).toBeCloseTo(expected.data[at], 9);
      });
    }
    const twice = matrix(3, 4, Float64Array.of(1, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0));
    expect([...orthonormal(twice).data]).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
    expect(part.gradientNorm).toBeCloseTo(whole.gradientNorm, 10);
  });
});

describe('runs', () => {
  const home = mkdtempSync(join(tmpdir(), 'ao2022-any-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const base = {
    data: { set: 'teacher', teacher: { network: { widths: [9, 6, 3], activation: 'relu' }, train: 200, test: 20 } },
    training: { batchSize: 10, stop: { rule: 'epochs', epochs: 4 }, maxEpochs: 60 },
    record: { windowEpochs: 5 },
    analysis: { directions: 20, profiles: [1] },
  } as const;
  const small = {
    ...base,
    network: {
      input: [1, 3, 3],
      layers: [
        { type: 'conv', channels: 4, kernel: 2, name: 'a' },
        { type: 'relu' },
        { type: 'dense', outputs: 3, name: 'b' },
      ],
    },
    record: { ...base.record, layer: 'b' },
  };
  const of = (config: object) => config as unknown as PartialConfig;
  const adamw = of({ ...small, optimiser: { type: 'adamw', learningRate: 0.003, weightDecay: 0.1 } });
  const [run, out] = [join(home, 'run'), join(home, 'run', 'ao2022')];
  let results: Ao2022Results;
  beforeAll(async () => {
    await reproduceIvf2021(adamw, { out: run });
    await reproduceAo2022({}, { run });
    results = readAo2022Results(out).results;
  });

  it('AdamW in a network of layers: the system, and modes that hold the window in own coordinates', () => {
    const { setting, modes } = results;
    expect(setting.system).toMatchObject({ optimiser: 'adamw', adaptive: true, nesterov: false, penalty: 0 });
    expect(setting.system!.momentum).toBeCloseTo(0.9 * (1 - 3e-4), 12);
    expect(setting.system!.rate).toBeCloseTo(3e-4, 12);
    // η = rate/(1 − μ) of the ball
    expect(setting.learningRate).toBeCloseTo(3e-4 / (1 - 0.9 * (1 - 3e-4)), 12);
    expect(setting.P).toBe(modes.curvature.length);
    const { variances } = JSON.parse(readFileSync(join(run, 'pca.json'), 'utf8'));
    const read = (name: string) => readNpy(new Uint8Array(readFileSync(join(out, name))), name);
    const [basis, curvatures] = [read('decomposition/basis.npy'), read('decomposition/curvatures.npy')];
    expect(basis.shape).toEqual([curvatures.shape[0], setting.P]);
    expect(variances.length).toBe(setting.P);
    expect(results.ownCirculation!.own).toBeGreaterThan(0);
    expect(modes.measured.every((v) => v > 0)).toBe(true);
  });

  it('says what the optimiser leaves undecided, and why', () => {
    const { findings } = readAo2022Results(out);
    const of = (id: string) => findings.find((f) => f.id === id)!;
    // 80 steps before the window, and v remembers 1000
    expect(of('ao.sigma').verdict).toBe('not decidable with this run');
    expect(of('ao.sigma').reason).toContain('remembers 1000 steps');
    expect(of('ao.sigma').reason).toContain('P frozen at the end of the window');
    const none = { ...results, setting: { ...results.setting, system: { ...results.setting.system!, fails: [] } } };
    const given = findings.map((f) => ({ ...f, verdict: 'reproduced' as const }));
    const undecided = asTheFormAllows(none, given).filter((f) => f.verdict !== 'reproduced');
    expect(undecided.map((f) => f.id)).toEqual(['ao.chain-closure', 'ao.temperature']);
    const failing = asTheFormAllows(results, given).filter((f) => f.verdict === 'reproduced');
    expect(failing.map((f) => f.id)).toEqual([
      'ao.chain-curvature',
      'ao.chain-noise',
      'ao.chain-minima',
      'ao.chain-variance',
      'ao.leading',
    ]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('optimiser adamw');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  // seconds more, which only CI has
  const long = it.skipIf(process.env.CI === undefined);
  long('gives the same documents on two workers and when it is continued', async () => {
    const second = join(home, 'second');
    await reproduceIvf2021({ ...adamw, workers: 2 }, { out: second });
    await reproduceAo2022({}, { run: second });
    const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read(join(second, 'ao2022'), 'results.json')).toBe(read(out, 'results.json'));
    const resumed = join(home, 'resumed');
    cpSync(second, resumed, { recursive: true });
    const record = join(resumed, 'ao2022', 'ao2022.json');
    expect(existsSync(record)).toBe(true);
    await reproduceAo2022({}, { run: resumed, resume: true });
    expect(read(join(resumed, 'ao2022'), 'results.json')).toBe(read(out, 'results.json'));
  });

  const spun = { type: 'sgd', learningRate: 0.02, momentum: 0.8 };
  const kinds: [string, object][] = [
    ['momentum', spun],
    ['nesterov', { ...spun, nesterov: true, weightDecay: 0.001 }],
  ];
  it.each(process.env.CI === undefined ? kinds.slice(0, 1) : kinds)(
    '%s in the convolution',
    async (name, optimiser) => {
      const folder = join(home, name);
      await reproduceAo2022(of({ ...small, optimiser, record: { ...base.record, layer: 'a' } }), { out: folder });
      const { results: r, findings } = readAo2022Results(folder);
      expect(r.setting.learningRate).toBeCloseTo(0.1, 12);
      expect(r.setting.system).toMatchObject({ optimiser: 'sgd', adaptive: false, nesterov: name === 'nesterov' });
      expect(r.ownCirculation).toBeUndefined();
      const total = r.modes.measured.reduce((s, v) => s + v);
      const { totalVariance } = JSON.parse(readFileSync(join(folder, 'run', 'pca.json'), 'utf8'));
      expect(total / totalVariance).toBeCloseTo(1, 9);
      expect(findings.find((f) => f.id === 'ao.sigma')!.reason).toContain(
        'slow motion follows the gradient at η = 0.1',
      );
    },
  );

  it('a perceptron written as layers has the results of the perceptron', async () => {
    const widths = { ...base, network: { widths: [9, 6, 3], activation: 'relu', bias: false } };
    const layers = {
      ...base,
      network: {
        layers: [
          { type: 'dense', outputs: 6, bias: false, name: 'layer1' },
          { type: 'relu' },
          { type: 'dense', outputs: 3, bias: false, name: 'layer2' },
        ],
      },
    };
    const at = (name: string) => join(home, name);
    await reproduceAo2022(of({ ...widths, record: { ...base.record, layer: 'layer2' } }), { out: at('widths') });
    await reproduceAo2022(of({ ...layers, record: { ...base.record, layer: 'layer2' } }), { out: at('layers') });
    const read = (name: string) => readFileSync(join(at(name), 'results.json'), 'utf8');
    expect(read('layers')).toBe(read('widths'));
  });
});
