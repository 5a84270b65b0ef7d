/** A stand-in for the engine with made-up numbers, for drawing panels before there is one. */
import type { MeasureArguments, MeasureResults } from '../measures.js';
import type {
  FromEngine,
  LabBytes,
  LabChange,
  LabEngine,
  LabState,
  MeasureKind,
  Measurement,
  SessionFacts,
  SliderKey,
  SliderValues,
} from '../protocol.js';

const est = (value: number, rel = 0.05, n = 600) => ({
  value,
  standardError: Math.abs(value) * rel,
  n,
  method: 'made up',
  converged: true,
});

export class FakeEngine implements LabEngine {
  #listeners = new Set<(m: FromEngine) => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #step = 0;
  #id = 0;
  #changes: LabChange[] = [];
  #values: SliderValues = { learningRate: 0.1, momentum: 0, weightDecay: 0, batchSize: 50 };

  #say(m: FromEngine) {
    for (const l of this.#listeners) l(m);
  }
  async open(state: LabState): Promise<SessionFacts> {
    this.pause();
    this.#step = 0;
    this.#changes = [];
    this.#values = {
      learningRate: state.optimiser.learningRate,
      momentum: state.optimiser.momentum ?? 0,
      weightDecay: state.optimiser.weightDecay ?? 0,
      batchSize: state.batchSize,
    };
    const facts: SessionFacts = {
      parameters: 42200,
      layers: ['layers.0.weight', 'layers.1.weight', 'layers.2.weight'].map((name, k) => ({
        name,
        shape: [50, 50],
        size: [39200, 2500, 500][k],
      })),
      network: state.network,
      dataset: 'made up',
      samples: { train: 2000, test: 500, inputs: 784, classes: 10 },
      batchesPerEpoch: 40,
      kernel: 'fma',
      memory: { training: 4e6, window: 4e6, checkpoints: 1e6 },
      checkpointEvery: 40,
    };
    this.#say({ type: 'ready', facts, state });
    return facts;
  }
  #take(n: number) {
    const firstStep = this.#step + 1;
    const loss = Float32Array.from(
      { length: n },
      (_, k) => 2.3 * Math.exp(-(this.#step + k) / 800) + 0.02 + 0.1 * Math.random() ** 2,
    );
    const correct = Uint16Array.from({ length: n }, () => Math.floor(40 + 10 * Math.random()));
    const before = Math.floor(this.#step / 40);
    this.#step += n;
    const epoch = Math.floor(this.#step / 40);
    for (let e = before + 1; e <= epoch; e++)
      this.#say({
        type: 'epoch',
        epoch: e,
        step: e * 40,
        runningLoss: 1,
        runningAccuracy: 0.9,
        trainLoss: 2.3 * Math.exp(-e / 20) + 0.02,
        trainErrors: 30,
        trainSamples: 2000,
        testLoss: 2.3 * Math.exp(-e / 25) + 0.05,
        testAccuracy: 0.95,
        testSamples: 500,
        weightNorm: 20,
      });
    this.#say({
      type: 'progress',
      step: this.#step,
      epoch: this.#step / 40,
      stepsPerSecond: 640,
      firstStep,
      loss,
      correct,
      batchSize: 50,
      window: { rows: Math.min(400, this.#step), capacity: 400, every: 1, since: 0 },
      values: this.#values,
    });
  }
  run() {
    this.#timer ??= setInterval(() => this.#take(50), 80);
  }
  pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#say({ type: 'stopped', step: this.#step, why: 'paused' });
  }
  step(n: number) {
    this.#take(n);
    this.pause();
  }
  rewind(at: number) {
    const from = this.#step;
    this.#step = at;
    this.#changes = this.#changes.filter((c) => c.at < at);
    this.#say({ type: 'rewound', at, from, changes: this.#changes });
  }
  set(key: SliderKey, value: number) {
    this.#values = { ...this.#values, [key]: value };
    this.#changes = [...this.#changes, { at: this.#step, key, value }];
    this.#say({ type: 'changed', at: this.#step, changes: this.#changes, values: this.#values });
  }
  measure<K extends MeasureKind>(
    kind: K,
    _args: MeasureArguments[K],
    onPart?: (part: { share: number; what: string; part?: unknown }) => void,
  ): Measurement<K> {
    const id = ++this.#id;
    const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
    const result = (async () => {
      const r = made(this.#step)[kind] as MeasureResults[K];
      if (kind === 'flatness') {
        const parts = (r as MeasureResults['flatness']).parts;
        for (const [k, part] of parts.entries()) {
          await wait(120);
          onPart?.({ share: (k + 1) / parts.length, what: 'widths', part });
        }
      } else await wait(300);
      return r;
    })();
    return { id, result, cancel() {} };
  }
  listen(listener: (m: FromEngine) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  close() {
    this.pause();
  }
}

function made(step: number): Partial<MeasureResults> {
  const basis = { step, rows: 400, every: 1, weights: 2500 };
  const ranks = Array.from({ length: 24 }, (_, k) => Math.round(1.3 ** k * 0.6 + k * 0.7 + 1));
  const variance = (i: number) => 1e-3 * i ** -2.2;
  const T = 400;
  const coordinates = new Float32Array(3 * T);
  for (let i = 0; i < 3; i++) {
    let x = 0;
    for (let t = 0; t < T; t++) {
      x = 0.97 * x + (0.01 * (Math.random() - 0.5)) / (i + 1);
      coordinates[i * T + t] = x + (i === 0 ? (t / T - 0.5) * 0.06 : 0);
    }
  }
  const parts = ranks.map((index) => {
    const F = 0.4 * index ** 0.55 * Math.exp(0.2 * (Math.random() - 0.5));
    return {
      direction: {
        index,
        variance: variance(index),
        left: -F / 2,
        right: F / 2,
        flatness: F,
        open: null,
        slope: 0,
        curvature: 1 / F ** 2,
        quadraticRatio: 1,
        asymmetry: 0,
        evaluations: 30,
      },
      profile: { displacement: [-1, 0, 1], loss: [1, 0.1, 1] },
    };
  });
  const fit = { exponent: est(-3.9), intercept: est(-4), range: [0.4, 4] as const, points: 24, scatter: 0.2, r2: 0.96 };
  return {
    cloud: {
      basis,
      ranks: [1, 2, 3],
      variances: [1, 2, 3].map((i) => est(variance(i))),
      shares: [0.6, 0.15, 0.06],
      totalVariance: 2e-3,
      coordinates,
      steps: Float64Array.from({ length: T }, (_, t) => step - T + t),
    },
    spectrum: {
      basis,
      variances: Float64Array.from({ length: 399 }, (_, i) => variance(i + 1)),
      resolution: 1e-12,
      totalVariance: 2e-3,
      gamma: est(2.2),
      walk: {
        variances: Float64Array.from({ length: 399 }, (_, i) => 1.1e-3 * (i + 1) ** -2.4),
        gamma: est(2.4),
        words: 'walk with the gradient covariance of the run',
      },
    },
    displacement: {
      basis,
      directions: [1, 2, 5, 20].map((index) => {
        const lag = [1, 2, 4, 8, 16, 32];
        return {
          index,
          cosWithWeights: 0.8 / index,
          driftVelocity: est(1e-5),
          msdExponent: est(index === 1 ? 1.8 : 1),
          correlationTime: est(40 / index),
          msd: { lag, value: lag.map((l) => variance(index) * 0.01 * l ** (index === 1 ? 1.8 : 1)) },
        };
      }),
    },
    temperature: {
      basis,
      directions: ranks
        .slice(0, 14)
        .map((index) => ({ index, variance: variance(index), temperature: est(1e-4 * index ** -0.8, 0.1) })),
    },
    'noise-scale': { step, simple: est(120, 0.2), trace: est(4), squaredGradient: est(0.03), batchSize: 50 },
    ceiling: {
      step,
      curvature: est(9),
      edge: est(0.222),
      share: est(0.45),
      learningRate: 0.1,
      batchSize: 50,
      momentum: 0,
      words: '2(1 + mu)/lambda for SGD',
    },
    flatness: { basis, centre: 'mean', centreLoss: est(0.05, 0.01), samples: 2000, parts, psi: est(3.9), fit },
    controls: {
      basis,
      controls: (['same', 'half', 'hessian', 'walk'] as const).map((name, k) => ({
        name,
        words: `control ${name}`,
        psi: est([3.9, 2.1, 1.8, 3.7][k]),
        r2: 0.9,
        points: 20,
        open: 1,
        flatness: ranks.map((i) => 0.4 * i ** 0.55),
        variance: ranks.map((i) => 1e-3 * i ** -[2.2, 1.2, 1, 2.1][k]),
      })),
    },
  };
}

/** The worker that trains, with made-up measurements, until there is a client. */
export class HalfEngine extends FakeEngine {
  #worker = new Worker(new URL('../engine/train-worker.ts', import.meta.url), { type: 'module' });
  #own = new Set<(m: FromEngine) => void>();
  #ready: { done(f: SessionFacts): void; fail(e: Error): void } | undefined;
  constructor() {
    super();
    this.#worker.onmessage = ({ data }) => {
      const m = data as FromEngine;
      if (m.type === 'ready') this.#ready?.done(m.facts);
      if (m.type === 'error' && this.#ready) this.#ready.fail(new Error(m.sentence));
      for (const l of this.#own) l(m);
    };
  }
  override open(state: LabState, data?: LabBytes): Promise<SessionFacts> {
    this.#worker.postMessage({ type: 'open', state, data }, data?.packs ? [...data.packs] : []);
    return new Promise((done, fail) => {
      this.#ready = { done, fail };
    });
  }
  override run() {
    this.#worker.postMessage({ type: 'run' });
  }
  override pause() {
    this.#worker.postMessage({ type: 'pause' });
  }
  override step(n: number) {
    this.#worker.postMessage({ type: 'step', n });
  }
  override rewind(at: number) {
    this.#worker.postMessage({ type: 'rewind', at });
  }
  override set(key: SliderKey, value: number) {
    this.#worker.postMessage({ type: 'set', key, value });
  }
  override listen(l: (m: FromEngine) => void) {
    this.#own.add(l);
    return () => this.#own.delete(l);
  }
}
