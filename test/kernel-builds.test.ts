/** The two builds of the kernels agree within what docs/decisions/04-two-kernel-builds.md states; `kernel` in a config chooses one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FlatnessSummary } from '../src/analyse/trajectory/results.js';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { forceKernelBuild, type KernelBuild, kernelBuild } from '../src/kernels/load.js';
import { initialWeights } from '../src/model/network.js';
import type { DiagonalPart } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import { readModel } from '../src/record/checkpoint.js';
import { readPenalty } from '../src/record/penalty.js';
import { completeConfig } from '../src/runs/config.js';
import { loadFor } from '../src/runs/prepare.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { LineLoss } from '../src/surface/network/line.js';
import { Trainer } from '../src/train/trainer.js';
import { thermograd } from './support/cli.js';
import { SMALL_RUN } from './support/small-studies.js';

/** The stated tolerances: of one pass and five steps; of a small run of 1000 steps; of its widths, the median. */
const [PASS, RUN, WIDTHS] = [4e-6, 1e-5, 1e-4];
const BUILDS: KernelBuild[] = ['fma', 'simd'];
const both = kernelBuild() === 'fma';
const test = it.skipIf(!both);
if (!both) console.log('skipped: needs an engine with relaxed SIMD');

const CONFIG = { ...SMALL_RUN, analysis: { directions: 20, profiles: [1] } } satisfies PartialConfig;
const spec = completeConfig(CONFIG).network;
const home = mkdtempSync(join(tmpdir(), 'builds-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
afterEach(() => forceKernelBuild(undefined));

const at = (build: KernelBuild, file: string) => join(home, build, 'run', file);
const json = <T>(build: KernelBuild, file: string) => JSON.parse(readFileSync(at(build, file), 'utf8')) as T;
/** |a − b| over |b|, as Euclidean norms. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (x, i) => x - b[i])) / Math.hypot(...Array.from(b));

beforeAll(() => {
  if (!both) return;
  for (const kernel of BUILDS) {
    const place = join(home, kernel);
    mkdirSync(place);
    const config = join(place, 'config.json');
    writeFileSync(config, JSON.stringify({ ...CONFIG, kernel }));
    const { code, stderr } = thermograd('reproduce', 'ivf2021', '--config', config, '--out', join(place, 'run'));
    expect(code, stderr).toBe(0);
  }
});

test('each run used and recorded the build that its config names, and they are two', () => {
  for (const build of BUILDS) expect(json<{ kernelBuild: string }>(build, 'run.json').kernelBuild).toBe(build);
  expect(readFileSync(at('fma', 'model.safetensors')).equals(readFileSync(at('simd', 'model.safetensors')))).toBe(
    false,
  );
});

test('gradient, five steps and losses along a line from the same weights', async () => {
  const { train } = await loadFor(completeConfig(CONFIG));
  const weights = initialWeights(spec, randomKey(4));
  const direction = Float64Array.from({ length: 30 }, (_, i) => Math.fround(Math.sin(1 + i)));
  const at = [-2, -0.5, 0, 0.25, 3];
  const [a, b] = BUILDS.map((build) => {
    forceKernelBuild(build);
    const trainer = new Trainer({ spec, samples: train, learningRate: 0.1, batchSize: 15 });
    trainer.setWeights(weights);
    const { gradient } = trainer.gradient(Uint32Array.from({ length: 300 }, (_, i) => i));
    trainer.steps(
      Uint32Array.from({ length: 75 }, (_, i) => i),
      15,
    );
    const line = new LineLoss({ spec, weights, samples: train, layer: 'layer2' });
    line.setDirection(direction);
    return { gradient, stepped: trainer.weights(), losses: line.losses(at) };
  });
  expect(apart(a.gradient, b.gradient)).toBeLessThan(PASS);
  expect(apart(a.stepped, b.stepped)).toBeLessThan(PASS);
  expect(apart(a.losses, b.losses)).toBeLessThan(PASS);
  expect(apart(a.gradient, b.gradient)).toBeGreaterThan(0);
});

test('weights, losses, variances and widths of a run of 1000 steps', () => {
  const [a, b] = BUILDS.map((build) => ({
    weights: readModel(at(build, 'model.safetensors'), spec)!,
    losses: json<{ trainLoss: number[] }>(build, 'history.json').trainLoss,
    flatness: json<FlatnessSummary>(build, 'flatness.json'),
  }));
  expect(a.losses).toHaveLength(50);
  expect(apart(a.weights, b.weights)).toBeLessThan(RUN);
  expect(apart(a.losses, b.losses)).toBeLessThan(RUN);
  expect(Math.abs(a.flatness.centreLoss / b.flatness.centreLoss - 1)).toBeLessThan(RUN);
  const ratios = (key: 'variance' | 'flatness') =>
    a.flatness.directions
      .map((d, i) => Math.abs((d[key] ?? Number.NaN) / (b.flatness.directions[i][key] ?? Number.NaN) - 1))
      .filter(Number.isFinite)
      .sort((x, y) => x - y);
  const [variances, widths] = [ratios('variance'), ratios('flatness')];
  expect(widths.length).toBeGreaterThan(10);
  expect(variances[variances.length >> 1]).toBeLessThan(WIDTHS);
  expect(widths[widths.length >> 1]).toBeLessThan(WIDTHS);
});

test('findings: the same verdicts', () => {
  const verdicts = (build: KernelBuild) =>
    json<{ id: string; verdict: string }[]>(build, 'findings.json').map(({ id, verdict }) => [id, verdict]);
  expect(verdicts('fma').length).toBeGreaterThan(5);
  expect(verdicts('fma')).toEqual(verdicts('simd'));
});

test('advise and protect take the build that the config names, in their threads too', async () => {
  const run = at('fma', '');
  const made = [];
  for (const kernel of BUILDS) {
    const layers = [{ kernel }];
    const out = join(home, kernel);
    const { kernelBuild: build } = await protectRun({ run, layers, method: 'ewc', out: join(out, 'penalty.npz') });
    const { parts } = (await readPenalty(join(out, 'penalty.npz'))).penalty.terms[0];
    const { facts } = await adviseRun({ run, layers, verify: false, directions: 4, out: join(out, 'advice') });
    const { run: told } = JSON.parse(readFileSync(join(out, 'advice', 'advice.json'), 'utf8'));
    expect([build, told.kernel]).toEqual([kernel, kernel]);
    made.push({ fisher: (parts[0] as DiagonalPart).values, loss: facts.point.loss });
  }
  const [a, b] = made;
  expect(apart(a.fisher, b.fisher)).toBeLessThan(RUN);
  expect(apart(a.fisher, b.fisher) + Math.abs(a.loss - b.loss)).toBeGreaterThan(0);
  // and afterwards the best one again
  expect(kernelBuild()).toBe('fma');
});
