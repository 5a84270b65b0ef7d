/** Calls of the nouns that succeed, and of their methods. */

import { join } from 'node:path';
import * as door from '../../../src/index.js';
import { syntheticAnalysis } from '../ivf2021-results.js';
import { type Call, call, made, refused } from './battery.js';
import { key, la } from './numeric.js';

const stream = key.child('nouns').stream();
const inputs = made(Array.from({ length: 8 }, () => Array.from({ length: 3 }, () => stream.normal())));
const labels = [0, 1, 0, 1, 1, 0, 1, 0];
const net = made(door.network('3-4-2'));
const weights = () => Array.from(net.initial(1));
const at = made(net.at(weights(), { inputs, labels }));
const bowl = made(door.model(door.functionSurface({ size: 2, loss: (w) => w[0] ** 2 + 2 * w[1] ** 2 + 0.1 })));
const there = made(bowl.at([0, 0]));
const rows = made(Array.from({ length: 30 }, () => Array.from({ length: 4 }, () => stream.normal())));
const xs = () => Array.from({ length: 12 }, (_, i) => i + 1);
const ys = () => xs().map((x, i) => 3 * x ** -1.5 * (1 + 0.01 * (i % 3)));
const law = made(door.fit.powerLaw(xs(), ys()));
const F = made([[1, 0.5], [-0.5, 2]]); // biome-ignore format: a matrix
const D = made([[1, 0], [0, 1]]); // biome-ignore format: a matrix
const density = made(await there.hessian().density());
const found = made(await door.pca(rows));
const analysis = made(syntheticAnalysis({ epochs: 60, directions: 60, P: 400, steps: 80 }));
const signal = made(new AbortController().signal);
/** What every long call takes besides. */
const watch = () => ({ onProgress: () => {}, signal });
const figure = made(door.plot.density(density));
const trained = { seeds: 2, measure: false, out: join(process.execPath, 'a'), resume: false, signal, checkpointSeconds: 1, onProgress: () => {} }; // biome-ignore format: one line
/** Any array of numbers may be rows or a direction, and any text a path or a block. */
const ROWS = ['0=list', '0=rows', '0=numbers'];
const ofAnalysis = Object.fromEntries(
  (
    [
      'varianceFlatness',
      'trainingLoss',
      'trainingErrors',
      'rankedVariances',
      'displacement',
      'trajectory',
      'lossProfiles',
      'flatnessByRank',
      'curvatureByFlatness',
      'exponentByRange',
      'cumulatedVariance',
      'lossPlane',
      'correlationTimes',
      'all',
    ] as const
  ).map((name) => [`plot.${name}`, call(door.plot[name], () => [analysis])]),
);

export const NOUNS: Record<string, Call> = {
  network: call(
    door.network,
    () => ['3-4-2', { bias: true, activation: 'tanh', loss: 'cross-entropy', input: [1, 8, 8], outputs: 3 }],
    '1.input=numbers',
  ),
  'network.initial': call((seed) => net.initial(seed), () => [3]), // biome-ignore format: one line
  'network.at': call(
    (w: never, s: never, o: never) => net.at(w, s, o),
    () => [weights(), { inputs, labels }, { subset: 4, seed: 1, key, la }],
    '1.labels=rows',
  ),
  model: call(door.model, () => [made(bowl.surface)]),
  'model.at': call((w: never, o: never) => bowl.at(w, o), () => [[0, 0], { seed: 1, key, la }]), // biome-ignore format: one line
  'at.gradient': call((b: never) => at.gradient(b), () => ['layer1']), // biome-ignore format: one line
  'at.hessian': call((b: never) => at.hessian(b), () => ['layer1']), // biome-ignore format: one line
  'at.noise': call((b: never) => at.noise(b), () => ['layer1']), // biome-ignore format: one line
  'at.flatness': call(
    (b: never, d: never, o: never) => there.flatness(b, d, o),
    () => [undefined, [1, 0], { factor: 2, tolerance: 1e-3, reach: 8, ...watch() }],
    '1=rows',
  ),
  'hessian.top': call((k: never, o: never) => there.hessian().top(k, o), () => [1, { tolerance: 1e-6, maxSteps: 20, ...watch() }]), // biome-ignore format: one line
  'hessian.smallest': call((o: never) => there.hessian().smallest(o), () => [{ tolerance: 1e-6, maxSteps: 20, ...watch() }]), // biome-ignore format: one line
  'hessian.trace': call((o: never) => there.hessian().trace(o), () => [{ probes: 4, ...watch() }]), // biome-ignore format: one line
  'hessian.density': call(
    (o: never) => there.hessian().density(o),
    () => [{ probes: 3, steps: 2, width: 0.1, at: [1, 2, 4], ...watch() }],
  ),
  'density.above': call((x: never) => density.above(x), () => [1]), // biome-ignore format: one line
  'density.quantile': call((x: never) => density.quantile(x), () => [0.5]), // biome-ignore format: one line
  'hessian.along': call((d: never, o: never) => there.hessian().along(d, o), () => [[1, 0], watch()], '0=rows'), // biome-ignore format: one line
  'noise.along': call((d: never, o: never) => at.noise('layer2').along(d, o), () => [[1, 0, 0, 0, 0, 0, 0, 1], watch()]), // biome-ignore format: one line
  'noise.between': call(
    (d: never, o: never) => at.noise('layer2').between(d, o),
    () => [made([[1, 0, 0, 0, 0, 0, 0, 1]]), watch()],
  ),
  'noise.matrix': call((o: never) => at.noise('layer2').matrix(o), () => [watch()]), // biome-ignore format: one line
  'noise.trace': call((o: never) => at.noise('layer2').trace(o), () => [watch()]), // biome-ignore format: one line
  'noise.scale': call((o: never) => at.noise('layer2').scale(o), () => [watch()]), // biome-ignore format: one line
  'hessian.matrix': call((o: never) => there.hessian().matrix(o), () => [watch()]), // biome-ignore format: one line
  'noise.top': call((k: never, o: never) => at.noise('layer2').top(k, o), () => [2, watch()]), // biome-ignore format: one line
  pca: call(
    door.pca,
    () => [rows, { components: 2, shape: [30, 4], from: 1, to: 20, method: 'subspace', tolerance: 1e-6, budget: 1e8, seed: 1, key, la, ...watch() }], // biome-ignore format: one line
    '0=text',
    '1.shape',
    '1.shape=text',
    ...ROWS,
  ),
  decompose: call(door.decompose, () => [F, D, { noiseStrength: 0.5, unstable: false, la }], '0=rows', '1=rows'),
  'fit.powerLaw': call(door.fit.powerLaw, () => [
    xs(),
    ys(),
    {
      method: 'york',
      errors: { x: xs().map(() => 0.01), y: xs().map(() => 0.02) },
      replicates: 20,
      blockLength: 2,
      seed: 1,
      key,
    },
  ]),
  'fit.line': call(door.fit.line, () => [xs(), ys(), { replicates: 20, blockLength: 2, seed: 1, key }]),
  train: refused(door.train, () => [{ seed: 1, preset: 'nothing' }, trained], '0=nothing', '0=object', '0=list', '0.seed', '0.preset', '1=nothing'), // biome-ignore format: one line
  ...ofAnalysis,
  'plot.report': call(door.plot.report, () => [{ figures: { a: figure.svg } }, 'a'], '0.figures.a'),
  'plot.density': call(door.plot.density, () => [density]),
  'plot.variances': call(door.plot.variances, () => [found]),
  'plot.powerLaw': call(door.plot.powerLaw, () => [xs(), ys(), law, { x: 'rank', y: 'variance' }]),
  'plot.potential': call(door.plot.potential, () => [made(door.decompose(F, D))]),
};
