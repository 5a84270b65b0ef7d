/** The stage that measures the null of a run: noise against naive gradients, walks against the noise, and runs that have none. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { NoWalk, PcaSummary, WalkNull } from '../src/analyse/trajectory/results.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRun, reportRun } from '../src/experiments/ivf2021/reanalyse.js';
import { gammaOf } from '../src/experiments/ivf2021/walk-jobs.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { matrix } from '../src/numeric/linalg/matrix.js';
import { randomKey } from '../src/numeric/random.js';
import { readArray } from '../src/record/arrays.js';
import { readModel } from '../src/record/checkpoint.js';
import { readJson, writeJson } from '../src/record/json.js';
import { completeConfig } from '../src/runs/config.js';
import { loadFor } from '../src/runs/prepare.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { walkExponents } from '../src/theory/walk-motion.js';
import { pageWords } from './support/reading.js';
import { naiveLayerGradients } from './support/small-nets.js';

/** 300 samples in batches of 15: 20 steps an epoch. */
const CONFIG = {
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 50 } },
  network: { widths: [8, 6, 3] },
  training: { batchSize: 15, learningRate: 0.05, stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 20 },
  record: { layer: 'layer1', windowEpochs: 10 },
  analysis: { directions: 12, profiles: [1] },
} satisfies PartialConfig;
const home = mkdtempSync(join(tmpdir(), 'walk-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const out = join(home, 'run');
const walkIn = (folder: string) => readJson<WalkNull & NoWalk>(join(folder, 'walk.json'))!;
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);

let walk: WalkNull;
let pca: PcaSummary;
beforeAll(async () => {
  await reproduceIvf2021(CONFIG, { out });
  walk = walkIn(out);
  pca = readJson<PcaSummary>(join(out, 'pca.json'))!;
});

const la = embeddedLinearAlgebra();

describe('the noise of a run', () => {
  /** C1 of the recorded layer with the layer at these weights, from naive gradients of every sample. */
  async function noise(centre: string) {
    const config = completeConfig(CONFIG);
    const { train } = await loadFor(config, {});
    const w = Float64Array.from(readModel(join(out, 'model.safetensors'), config.network)!);
    const { data } = await readArray(join(out, 'pca.zarr'), centre);
    data.forEach((v, i) => {
      w[i] = Math.fround(v);
    });
    const mean = (await readArray(join(out, 'pca.zarr'), 'mean')).data;
    const list = Array.from({ length: train.count }, (_, k) => ({
      x: Array.from(train.values.subarray(k * train.size, (k + 1) * train.size)).map((v) => v / train.divisor),
      label: train.labels![k],
    }));
    const g = naiveLayerGradients(config.network, w, list, 'layer1');
    const P = g[0].length;
    const average = Float64Array.from({ length: P }, (_, i) => sum(g.map((v) => v[i])) / g.length);
    const away = g.map((v) => v.map((x, i) => x - average[i]));
    const c1 = (i: number, k: number) => sum(away.map((v) => v[i] * v[k])) / g.length;
    let [trace, square, along] = [0, 0, 0];
    for (let i = 0; i < P; i++) {
      trace += c1(i, i);
      for (let k = 0; k < P; k++) {
        square += c1(i, k) ** 2;
        along += mean[i] * c1(i, k) * mean[k];
      }
    }
    const c = matrix(P, P);
    for (let i = 0; i < P; i++) for (let k = 0; k < P; k++) c.data[i * P + k] = c1(i, k);
    const spectrum = Float64Array.from([...la.eigvalsh(c)].reverse().map((v) => Math.max(0, v)));
    return {
      spectrum,
      trace,
      directions: trace ** 2 / square,
      along: Math.sqrt(along / (trace * sum(mean.map((m) => m * m)))),
    };
  }

  it('is the exact gradient covariance of the layer at the centre, of one step', async () => {
    const { trace, directions, along } = await noise('mean');
    // eta² C1/B·(N − B)/(N − 1): one batch drawn without replacement
    expect(walk.stepVariance / ((0.05 ** 2 * trace * (300 - 15)) / (15 * 299))).toBeCloseTo(1, 5);
    expect(walk.directions / directions).toBeCloseTo(1, 5);
    expect(walk.alongWeights / along).toBeCloseTo(1, 5);
    expect(walk.samples).toBe(300);
  });

  it('moves the walks: PC1, and the median of the ranks from 10 to 100 that the run follows', async () => {
    const covariance = (await noise('mean')).spectrum.map((v) => (0.05 ** 2 * v * 285) / (15 * 299));
    const { dynamics } = readJson<{ dynamics: { index: number }[] }>(join(out, 'dynamics.json'))!;
    const followed = dynamics.map((d) => d.index).filter((i) => i >= 10 && i <= 100);
    for (const { sampling, first, median } of walk.forms) {
      const draws = Array.from({ length: 8 }, (_, n) =>
        walkExponents(la, {
          steps: 200,
          sampling,
          batchesPerEpoch: 20,
          covariance,
          ranks: [1, ...followed],
          key: randomKey(0).child('walk').child(sampling).child('motion').child(n),
        }),
      );
      const own = draws.map((d) => d[0]);
      const middle = draws.map(([, ...rest]) => {
        const s = rest.sort((a, b) => a - b);
        return (s[Math.floor((s.length - 1) / 2)] + s[Math.ceil((s.length - 1) / 2)]) / 2;
      });
      for (const [found, values] of [
        [first, own],
        [median, middle],
      ] as const) {
        const mean = sum(values) / 8;
        expect(found.mean).toBeCloseTo(mean, 4);
        expect(found.deviation).toBeCloseTo(Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / 7), 4);
      }
    }
  });

  it('is that of the last weights where these are the centre', async () => {
    const folder = await analyseRun(out, { analysis: { centre: 'last' } });
    const { trace, along } = await noise('last');
    const last = walkIn(folder);
    expect(last.stepVariance / ((0.05 ** 2 * trace * (300 - 15)) / (15 * 299))).toBeCloseTo(1, 5);
    expect(last.alongWeights / along).toBeCloseTo(1, 5);
    expect(Math.abs(last.stepVariance / walk.stepVariance - 1)).toBeGreaterThan(1e-3);
  });
});

describe('the walks of a run', () => {
  it('have both forms, over the ranks of the rank law', () => {
    expect(walk.forms.map((f) => f.sampling)).toEqual(['replaced', 'shuffled']);
    expect(walk.ranks).toEqual([20, 24]);
    for (const f of walk.forms) {
      expect([f.gamma.draws, f.share.draws, f.first.draws, f.median.draws]).toEqual([8, 200, 8, 8]);
      expect(f.variances.index).toEqual(Array.from({ length: 48 }, (_, k) => k + 1));
    }
  });

  it('gamma of the run is that of its own variances over these ranks', () => {
    const x = [20, 21, 22, 23, 24].map(Math.log);
    const y = [20, 21, 22, 23, 24].map((i) => Math.log(pca.variances[i - 1]));
    const [mx, my] = [sum(x) / 5, sum(y) / 5];
    const slope = sum(x.map((v, k) => (v - mx) * (y[k] - my))) / sum(x.map((v) => (v - mx) ** 2));
    expect(walk.gamma).toBeCloseTo(-slope, 10);
  });

  it('move as far as steps of this variance do: (T² − 1)/(6T) of them, and far less with bridges of 20', () => {
    const total = (k: number) => sum(walk.forms[k].variances.value) / walk.stepVariance;
    // 200 steps; the mean over 8 draws scatters by about √(0.8/directions/8)
    const scatter = Math.sqrt(0.8 / walk.directions / 8);
    expect(Math.abs(total(0) / ((200 ** 2 - 1) / 1200) - 1)).toBeLessThan(4 * scatter);
    // bridges of M steps: (M + 1)/6 about their ends, (M² − 1)/(12M)·M/(M − 1) about the mean of one
    expect(total(1)).toBeLessThan(21 / 6 + 4 * scatter);
    expect(total(1)).toBeGreaterThan(2);
    // independent batches leave the largest direction more of the whole
    expect(walk.forms[0].share.mean).toBeGreaterThan(walk.forms[1].share.mean);
    expect(walk.forms[0].first.mean).toBeGreaterThan(walk.forms[1].first.mean);
  });

  it('are numbers with a spread', () => {
    for (const f of walk.forms)
      for (const name of ['gamma', 'share', 'first', 'median'] as const) {
        expect(Number.isFinite(f[name].mean), name).toBe(true);
        expect(f[name].deviation, name).toBeGreaterThan(0);
      }
  });

  it('are the same for the same run', async () => {
    expect(walkIn(await analyseRun(out, {}))).toEqual(walk);
  });
});

test('gamma of variances that fall as a power of the rank', () => {
  const variances = Array.from({ length: 40 }, (_, k) => 3 * (k + 1) ** -2.5);
  expect(gammaOf([2, 5, 9, 20, 40], variances)).toBeCloseTo(2.5, 12);
  expect(gammaOf([2, 5, 9, 20], variances)).toBeNaN();
});

describe('a run without a walk says why', () => {
  const saysSo = (folder: string, sentence: RegExp) => {
    expect(walkIn(folder).missing).toMatch(sentence);
    const findings = readJson<{ id: string; verdict: string; reason: string }[]>(join(folder, 'findings.json'))!;
    const found = findings.find((f) => f.id === 'ivf.rank-law-null')!;
    expect(found.verdict).toBe('not decidable with this run');
    expect(found.reason).toMatch(sentence);
  };

  test.each<[string, PartialConfig, RegExp]>([
    ['cyclic', { training: { sampling: 'cyclic' } }, /periodic force, not a noise/],
    [
      'full',
      { training: { batchSize: 300, maxEpochs: 60 }, record: { windowEpochs: 50 } },
      /^Full batches have no noise\.$/,
    ],
    [
      'one weight',
      {
        data: { set: 'teacher', teacher: { network: { widths: [1, 3, 2] }, train: 300, test: 50 } },
        network: { widths: [1, 1, 2] },
      },
      /^A window of 200 steps of 1 weights is too small for a walk\.$/,
    ],
  ])('%s', async (name, change, sentence) => {
    const folder = join(home, name);
    await reproduceIvf2021([CONFIG, change], { out: folder });
    saysSo(folder, sentence);
  });

  it('memory for C1 and its eigenproblem: 24 bytes for each of P² entries', async () => {
    const folder = join(home, 'wide');
    await reproduceIvf2021([CONFIG, { network: { widths: [8, 26, 3] } }], { out: folder });
    // 24·208² = 1 038 336
    const at = (memoryBudget: number) => analyseRun(folder, { analysis: { memoryBudget } });
    expect(walkIn(await at(1_038_336)).forms.length).toBe(2);
    saysSo(await at(1_038_335), /^The gradient covariance of 208 weights needs .* more than analysis\.memoryBudget\.$/);
  });
});

it('directions without noise, as of a dead unit, have no exponent: the walk has no median then, and the run ends with a report', async () => {
  // one of five ReLU units is dead with this seed: 6 of 30 variances are exactly zero
  const folder = join(home, 'dead');
  await reproduceIvf2021(
    {
      seed: 3,
      data: { set: 'teacher', teacher: { network: { widths: [8, 6, 5, 3] }, train: 300, test: 50, labelNoise: 0.05 } },
      network: { widths: [8, 6, 5, 3], activation: 'relu' },
      training: { batchSize: 15, stop: { rule: 'epochs', epochs: 20 }, maxEpochs: 60 },
      record: { layer: 'layer2', windowEpochs: 30 },
      analysis: { directions: 20, profiles: [1] },
    },
    { out: folder },
  );
  const { variances } = readJson<PcaSummary>(join(folder, 'pca.json'))!;
  expect(variances.filter((v) => v === 0)).toHaveLength(6);
  for (const form of walkIn(folder).forms) expect(form.median.mean).toBeNaN();
  const html = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(html).toContain('median exponent of directions 10–100');
});

it('an analysis of an earlier version, which drew no walks, can be reported again', async () => {
  const folder = await analyseRun(out, {});
  const file = join(folder, 'analysis.json');
  const { walk: _, ...earlier } = readJson<Record<string, unknown>>(file)!;
  writeJson(file, earlier);
  // nor did it keep digests of what it wrote
  const settings = join(folder, 'settings.json');
  const { outputs: __, ...before } = readJson<Record<string, unknown>>(settings)!;
  writeJson(settings, before);
  const html = readFileSync(await reportRun(folder), 'utf8');
  expect(pageWords(html, '#fluctuations .missing')).toContain(
    'An earlier version, which drew no walks, made this analysis.',
  );
});
