/** The library in a browser: a bundle asks for no module of Node, and computes there bit for bit what Node computes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';
import own from '../package.json' with { type: 'json' };
import { bundleForBrowser, ROOT, runInNode } from './support/bundle.js';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
/** Code that loads a module of Node. Strings such as 'node:link' are names of options in other libraries. */
const NODE_IMPORT = /(?:\bfrom|\bimport|require)\s*\(?\s*["']node:/;
const DOORS = ['thermograd/parts', 'thermograd/parts/core'];
const CORES = ['thermograd/core', 'thermograd/parts/core'];

it('the pattern finds imports of modules of Node and nothing else', () => {
  for (const code of ['import { a } from "node:fs"', "import 'node:fs'", 'import("node:fs")', "__require('node:fs')"])
    expect(code).toMatch(NODE_IMPORT);
  expect('initializer("node:link")').not.toMatch(NODE_IMPORT);
});

it('package.json names the modules that act when they are loaded, and no others', () => {
  // loops that fill a table of their own module are no act: where the table is used, the loop stays with it
  const acts = (file: string) =>
    parseAst(readFileSync(join(ROOT, file), 'utf8')).body.some((s) => /^(?:Expression|Try|If)Statement$/.test(s.type));
  const built = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && !file.endsWith('.generated.js') && !file.startsWith('lab/page/'))
    .map((file) => join('dist', file));
  const named = own.sideEffects.map(
    (glob) => new RegExp(`^${glob.slice(2).replaceAll('.', '\\.').replace('**', '.+')}$`),
  );
  expect(built.filter(acts).sort()).toEqual(built.filter((file) => named.some((n) => n.test(file))).sort());
});

describe('a bundle for browsers, nothing external', () => {
  it.each(DOORS)('three names of %s: only what they need', async (door) => {
    const names = 'powerLaw, decompose, Trainer';
    const { code, outside, inside } = await bundleForBrowser(`export { ${names} } from '${door}';`);
    expect(outside).toEqual([]);
    expect(code).not.toMatch(NODE_IMPORT);
    expect(inside).toContain('dist/train/trainer.js');
    expect(
      inside.filter(
        (f) => !/^dist\/(?:kernels|numeric|model|train|analyse\/decomposition|data\/(?:dataset|inputs))[./]/.test(f),
      ),
    ).toEqual([]);
    expect(inside.filter((f) => /koffi|linalg\/system/.test(f))).toEqual([]);
  });

  it.each(CORES)('all of %s: no module of Node, no library of machine code', async (door) => {
    const text = `import * as core from '${door}';\nglobalThis.core = core;`;
    const { code, outside, inside } = await bundleForBrowser(text);
    expect(outside).toEqual([]);
    expect(code).not.toMatch(NODE_IMPORT);
    expect(inside.filter((f) => /koffi|resvg/.test(f) && !/\/no-(?:koffi|resvg)\.js$/.test(f))).toEqual([]);
    expect(inside.filter((f) => /^dist\/(?:cli|terminal|runs|jobs)\//.test(f))).toEqual([]);
  });
});

/** Trains, fits, decomposes and draws; leaves JSON in globalThis.answer. Random inputs are uniform: no libm is asked. */
const study = (door: string) => `
import {
  batchPlan, chooseProvider, decompose, forceKernelBuild, fromRows, initialWeights, kernelBuild, MemoryStore, powerLaw,
  randomKey, Trainer, Trajectory, TrajectoryWriter, vortices,
} from '${door}';
import { potentialFigure, potentialPlane } from 'thermograd/parts/core';

const bits = (a) => Array.from(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), (b) => b.toString(16).padStart(2, '0')).join('');
forceKernelBuild('simd');
const key = randomKey(11);
const stream = key.child('data').stream();
const [count, size, classes] = [200, 12, 3];
const values = Float32Array.from({ length: count * size }, () => stream.uniform());
const labels = Uint8Array.from({ length: count }, () => stream.integer(classes));
const spec = { widths: [size, 10, 8, classes], activation: 'tanh', bias: true, loss: 'cross-entropy' };
const trainer = new Trainer({
  spec, samples: { count, size, values, divisor: 1, labels }, learningRate: 0.1, momentum: 0.5, batchSize: 20, recordLayer: 'layer2',
});
const before = initialWeights(spec, key.child('init'));
trainer.setWeights(before);
const plan = batchPlan({ count, batchSize: 20, sampling: 'shuffled', lastBatch: 'drop', key: key.child('batches') });
const steps = trainer.steps(plan.epoch(0).order, 20);
const [loss, recorded] = [steps.loss.slice(), steps.recorded.slice()];

const writer = await TrajectoryWriter.open(new MemoryStore(), { steps: 10, size: 80, layer: 'layer2', layerShape: [8, 10], chunkRows: 4 });
writer.append(1, recorded, loss, steps.correct);
const again = await Trajectory.open(writer.store);

const x = Float64Array.from({ length: 30 }, (_, i) => i + 1);
const fit = powerLaw(x, x.map((v) => v * v * (1 + stream.uniform() / 10)), { key: key.child('fit'), replicates: 50 });
const la = await chooseProvider({ prefer: 'embedded' });
const d = decompose({ la, drift: fromRows([[1, -2, 0], [2, 1, 0.5], [0, 0.25, 3]]), diffusion: fromRows([[1, 0.1, 0], [0.1, 2, 0], [0, 0, 0.5]]) });
globalThis.answer = JSON.stringify({
  build: kernelBuild(),
  moved: bits(before) !== bits(trainer.weights()),
  weights: bits(trainer.weights()),
  loss: bits(loss),
  recorded: bits(recorded),
  read: bits(await again.rows(0, 10)),
  fit: [fit.exponent.value, fit.exponent.standardError],
  potential: bits(d.u.data),
  figure: potentialFigure(potentialPlane(la, d, vortices(la, d))).svg,
});
`;

describe.skipIf(!existsSync(CHROMIUM))('in Chromium (needs Chromium)', () => {
  it.each(DOORS)('a bundle of %s gives the numbers of Node, bit for bit', async (door) => {
    const text = study(door);
    const inNode = JSON.parse(runInNode(`${text}console.log(globalThis.answer);`));
    const { code } = await bundleForBrowser(text, true);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage({ deviceScaleFactor: 2 }); // Plot moves lines by half a pixel on coarser screens
      const noise: string[] = [];
      page.on('console', (m) => noise.push(m.text()));
      page.on('pageerror', (e) => noise.push(e.message));
      await page.addScriptTag({ type: 'module', content: `${code}\nglobalThis.ended = true;` });
      await page.waitForFunction('globalThis.ended === true', undefined, { timeout: 60_000 });
      expect(noise).toEqual([]);
      const inBrowser = JSON.parse((await page.evaluate('globalThis.answer')) as string);
      expect(inBrowser).toEqual(inNode);
      expect(inNode).toMatchObject({ build: 'simd', moved: true, read: inNode.recorded });
      expect(inNode.figure).toMatch(/^<svg/);
    } finally {
      await browser.close();
    }
  });
});
