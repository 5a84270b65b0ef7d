/** A model in PyTorch behind the bridge: the battery of surfaces, and our own network of the same weights. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSurface } from '../src/jobs/bridge/open.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import { networkSurface } from '../src/surface/network/surface.js';
import type { ProcessSurface } from '../src/surface/process/surface.js';
import { hardAndRandom } from '../src/surface/subsets.js';
import { type Surface, VERBS } from '../src/surface/surface.js';
import { gradient, type Sample, sampleLoss } from './support/naive-network.js';
import { pythonFile, torchMaps, torchPython } from './support/python.js';
import { smallSamples } from './support/small-nets.js';
import { type BatteryEntry, offersWith, surfaceBattery } from './support/surface-battery.js';

// one thread for each Python: passes this small only wait for one another
process.env.OMP_NUM_THREADS = '1';
const MLP = readFileSync(new URL('./fixtures/bridge/mlp.py', import.meta.url), 'utf8');
const here = describe.skipIf(!torchPython);
const title = (text: string) => (torchPython ? text : `skipped: needs python3 with torch: ${text}`);

/** A network of ours, its samples and weights, and the same in PyTorch. */
function twins(spec: NetworkSpec, count: number) {
  const outputs = spec.widths[spec.widths.length - 1];
  const size = spec.widths[0];
  const samples = smallSamples(count, size, outputs);
  const w = Float64Array.from(initialWeights(spec, randomKey(3)).map((x) => 2 * x));
  const rows = (values: ArrayLike<number>, n: number) =>
    Array.from({ length: count }, (_, k) => Array.from({ length: n }, (_, j) => values[k * n + j]));
  const file = pythonFile(MLP, {
    ...spec,
    weights: Array.from(w),
    x: rows(samples.values, size),
    labels: Array.from(samples.labels!),
    targets: rows(samples.targets!, outputs),
  });
  const list: Sample[] = rows(samples.values, size).map((x, k) => ({
    x: Float32Array.from(x),
    label: samples.labels![k],
    target: samples.targets!.subarray(k * outputs, (k + 1) * outputs),
  }));
  const open = () => openSurface(`python:${file}:make`, { python: torchPython, onOutput: () => {} });
  return { spec, samples, w, list, open };
}

/** Enters the battery with what this PyTorch computes as defined; older ones take gradients of samples one by one. */
async function entryOf({ spec, w, list, open }: ReturnType<typeof twins>): Promise<BatteryEntry> {
  return {
    surface: await open(),
    w,
    loss: (at, k) => sampleLoss(spec, at, list[k]),
    gradient: (at, k) => gradient(spec, at, [list[k]]),
    ...(spec.loss === 'cross-entropy' && {
      outcomes: {
        count: spec.widths[spec.widths.length - 1],
        loss: (at: Float64Array, k: number, label: number) => sampleLoss(spec, at, { ...list[k], label }),
        gradient: (at: Float64Array, k: number, label: number) => gradient(spec, at, [{ ...list[k], label }]),
      },
    }),
  };
}

const DOUBLE = { losses: 1e-12, gradient: 1e-11, products: 1e-7, samples: 1e-10 };
const tanh: NetworkSpec = { widths: [5, 6, 4, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
/** Gradients of single samples are mapped by PyTorch 2; older versions take them one by one. */
const OFFERS = torchMaps
  ? offersWith(...VERBS)
  : ({
      ...offersWith('losses', 'gradient', 'hessianVectors', 'sampleLosses', 'projectedSampleGradients', 'logits'),
      trueFisher: 'made',
    } as const);
/** A loss that is no cross-entropy says nothing of other outcomes. */
const UNLABELLED = { logits: 'missing', trueFisher: 'missing' } as const;

here(title('PyTorch enters the battery:'), () => {
  surfaceBattery('a tanh network of cross-entropy', () => entryOf(twins(tanh, 19)), {
    tolerances: DOUBLE,
    offers: OFFERS,
  });
  const squared: NetworkSpec = { widths: [4, 5, 2], activation: 'relu', bias: false, loss: 'squared-error' };
  surfaceBattery('a ReLU network whose loss has no form without reduction', () => entryOf(twins(squared, 11)), {
    tolerances: DOUBLE,
    offers: { ...(torchMaps ? OFFERS : offersWith('losses', 'gradient', 'hessianVectors')), ...UNLABELLED },
    step: 1e-6,
  });
});

here(title('the network of ivf2021 in PyTorch and in our kernels'), () => {
  const spec: NetworkSpec = { widths: [40, 20, 20, 10], activation: 'relu', bias: true, loss: 'cross-entropy' };
  const { samples, w, open } = twins(spec, 1500);
  let theirs: ProcessSurface;
  let ours: Surface;
  beforeAll(async () => {
    theirs = await open();
    ours = networkSurface({ spec, samples, lines: 'float64' });
  });
  afterAll(() => Promise.all([theirs?.close(), ours?.close()]));
  const far = (a: Float64Array, b: Float64Array) =>
    a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0) / b.reduce((m, x) => Math.max(m, Math.abs(x)), 0);

  it('have one flat vector', () => {
    expect(theirs.size).toBe(ours.size);
    expect(theirs.parameters.map((p) => p.shape)).toEqual(ours.parameters.map((p) => p.shape));
    expect(theirs.weights).toEqual(w);
    expect(theirs.facts).toMatchObject({ reduction: 'mean', device: 'cpu', notes: [] });
  });

  it('agree: losses along lines and their errors to 1e-8, derivatives to 1e-6', async () => {
    const block = blockNamed(theirs.parameters, '2.*');
    const s = randomKey(1).stream();
    const v = matrix(
      2,
      block.size,
      Float64Array.from({ length: 2 * block.size }, () => s.normal()),
    );
    const lines = [0, 1].map((i) => ({
      block,
      direction: v.data.slice(i * block.size, (i + 1) * block.size),
      displacements: [-0.2, 0, 0.1, 0.4],
    }));
    const subset = hardAndRandom(await ours.sampleLosses(w), 300, randomKey(2));
    for (const part of [undefined, subset]) {
      const [a, b] = await Promise.all([theirs, ours].map((x) => x.losses(w, lines, part)));
      lines.forEach((_, i) => {
        expect(far(a[i].losses, b[i].losses)).toBeLessThan(1e-8);
        if (part) expect(far(a[i].standardErrors!, b[i].standardErrors!)).toBeLessThan(1e-6);
      });
      const pairs = await Promise.all(
        [theirs, ours].map(async (x) => [
          (await x.gradient(w, part)).gradient,
          (await x.hessianVectors(w, block, v, part)).data,
          (await x.projectedSampleGradients(w, block, v, part)).data,
          (await x.secondMoment(w, block, part)).data,
        ]),
      );
      pairs[0].forEach((x, i) => void expect(far(x, pairs[1][i])).toBeLessThan(1e-6));
    }
  });

  it('answers go on after a request that was stopped, and after one that was refused', async () => {
    const stop = new AbortController();
    const whole = wholeBlock(theirs.parameters);
    const many = Array.from({ length: 3000 }, (_, i) => i * 1e-6);
    const shares: number[] = [];
    const stopped = theirs.losses(w, [{ block: whole, direction: w, displacements: many }], undefined, {
      signal: stop.signal,
      onProgress: (share) => {
        shares.push(share);
        stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    expect(shares.every((s) => s >= 0 && s < 1)).toBe(true);
    await expect(theirs.gradient(new Float64Array(theirs.size).fill(Number.NaN))).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringContaining("train.py:make was asked for 'gradient'"),
    });
    expect((await theirs.gradient(w)).loss).toBeCloseTo((await ours.gradient(w)).loss, 8);
  });
});
