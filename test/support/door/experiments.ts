/** Calls of whole experiments: right arguments that name folders which are not there, and documents made up. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as door from '../../../src/parts.js';
import { syntheticAo2022 } from '../ao2022-results.js';
import { syntheticAnalysis } from '../ivf2021-results.js';
import { type Call, call, made, refused } from './battery.js';
import { key } from './numeric.js';

const folder = mkdtempSync(join(tmpdir(), 'door-'));
const nowhere = join(folder, 'nowhere');
const out = join(folder, 'taken.json');
for (const [name, text] of [['taken.json', '{}'], ['F.csv', '1,0\n0,1\n'], ['c.yaml', 'seed: 3\n'], ['s.yaml', 'axes: {seed: 3}\n']]) writeFileSync(join(folder, name), text); // biome-ignore format: files
const signal = made(new AbortController().signal);
const run = () => ({ onProgress: () => {}, signal, checkpointSeconds: 2, onStart: () => {} });
/** Where cells are computed; every study takes it. */
const where = () => ({ ...inside(), cancel: false });
const inside = () => ({ on: 'threads', prepare: false, takeOver: false });
const analysis = made(syntheticAnalysis({ epochs: 60, directions: 60, P: 400, steps: 80 }));
const inner = <T extends object>(document: T): T => {
  for (const value of Object.values(document)) if (typeof value === 'object' && value !== null) made(value);
  return document;
};
const ao = inner(syntheticAo2022());
inner(analysis);
const state = () => ({ run: nowhere, layers: [], epochs: 1, at: 'end', workers: 1, force: true });
const study = () => made(door.networkStudyConfig('quick'));
const config = () => ({ preset: 'quick', seed: 1 });
const simulation = () => ({ noise: made({ covariance: { xx: 1 } }), landscape: made({ loss: 'x^2' }), variables: ['x'], learningRate: 0.1, grid: made({ x: { from: -2, to: 2, cells: 20 } }), methods: made({ 'fokker-planck': {} }), time: made({ length: 1 }) }); // biome-ignore format: one config
/** Without a request or its folder, the whole experiment begins. */
const BEGINS = [
  '0=nothing',
  '0=object',
  '1=nothing',
  '1=object',
  '0.run=nothing',
  '0.out=nothing',
  '1.out=nothing',
  '0.resume',
  '1.resume',
  '0.seeds=nothing',
  '1.run=nothing',
  '0=list',
  '0.out=text',
  '1.out=text',
];
/** What the schema of configs refuses names the key and not the function. */
const BY_SCHEMA = [
  '0.preset',
  '0.seed',
  '0.learningRate',
  '0.noise',
  '0.landscape',
  '0.grid',
  '0.variables',
  '0.methods',
  '0.time',
];
const sweep = () => ({
  name: 'a',
  base: made({ data: { set: 'teacher', teacher: { network: { widths: [3, 4, 2] }, train: 9, test: 3 } }, training: { batchSize: 3 } }),
  axes: made({ 'training.learningRate': [0.1, 0.2] }),
  measure: ['loss'],
  until: made({ epochs: 1 }),
}); // biome-ignore format: one sweep
const SWEEP_BY_SCHEMA = [
  '1.seeds=numbers',
  '0.name',
  '0.base',
  '0.axes',
  '0.measure',
  '0.measure.0',
  '0.until',
  '0=nothing',
];
const x2 = made(door.parseExpression('-x', { variables: ['x'] }));
const spec = () => ({
  names: ['x'],
  motion: { kind: 'sgd', batchGradient: [x2], normals: 0, learningRate: 0.1 },
  start: [0.1],
  walkers: 4,
  seed: 1,
  purpose: ['a'],
  looks: [1, 2],
});

export const EXPERIMENTS: Record<string, Call> = {
  adviseRun: refused(
    door.adviseRun,
    () => [
      {
        ...state(),
        ...run(),
        safety: 1,
        directions: 4,
        windowEpochs: 1,
        verify: false,
        runs: 6,
        verifyEpochs: 1,
        out,
        onJudged: () => {},
      },
    ],
    ...BEGINS,
  ),
  protectRun: refused(
    door.protectRun,
    () => [
      {
        ...state(),
        ...run(),
        method: 'ewc',
        axes: 4,
        held: ['layer1'],
        samples: 4,
        windowEpochs: 1,
        out,
        onJudged: () => {},
      },
    ],
    '0.workers',
    ...BEGINS,
  ),
  analyseRecording: refused(
    door.analyseRecording,
    () => [
      nowhere,
      {
        options: { params: ['a'], steps: { from: 1, to: 9 }, every: 1, arrays: 'steps', memory: 1e9 },
        out,
        force: true,
        memory: 1e9,
        seed: 1,
        provider: 'embedded',
        onProgress: () => {},
        onStart: () => {},
        signal,
      },
    ],
    '1=nothing',
  ),
  reportRecording: refused(door.reportRecording, () => [nowhere]),
  openSurface: refused(door.openSurface, () => ['nowhere', { python: nowhere, onOutput: () => {} }], '1=nothing'),
  readAo2022Results: refused(door.readAo2022Results, () => [nowhere]),
  readResults: refused(door.readResults, () => [nowhere]),
  readRecord: refused(door.readRecord, () => [nowhere]),
  readSimulation: refused(door.readSimulation, () => [nowhere]),
  reportRun: refused(door.reportRun, () => [nowhere]),
  analyseRun: refused(
    door.analyseRun,
    () => [
      nowhere,
      { analysis: made({ centre: 'last' }), workers: 1, out, onProgress: () => {}, signal, checkpointSeconds: 1 },
    ],
    '1.analysis.centre',
    '1=nothing',
  ),
  ao2022Findings: call(door.ao2022Findings, () => [{ ...ao }], '0.landscape=list'),
  ivf2021Findings: call(
    door.ivf2021Findings,
    () => [
      {
        key,
        pca: analysis.pca,
        dynamics: analysis.dynamics,
        flatness: analysis.flatness,
        scaling: analysis.scaling,
        walk: analysis.walk,
      },
    ],
    '0.dynamics=list',
  ),
  renderReport: call(
    door.renderReport,
    () => [{ title: 't', analysis: made({ ...analysis }), findings: [], run: {} }],
    '0.title=text',
    '0.findings=list',
    '0.run=object',
  ),
  reproduceControls: refused(
    door.reproduceControls,
    () => [{ ...run(), ...where(), preset: 'quick', seeds: 0, out: nowhere, resume: true, workers: 1 }],
    ...BEGINS,
  ),
  reproduceGenerality: refused(
    door.reproduceGenerality,
    () => [{ ...run(), ...where(), preset: 'quick', seeds: 0, data: 'mnist', networks: 'mlp', optimisers: 'sgd', out: nowhere, resume: true, workers: 1, config: made(door.generalityConfig('quick')) }], // biome-ignore format: one request
    '0.data=text',
    '0.networks=text',
    '0.optimisers=text',
    ...BEGINS,
  ),
  generalityConfig: call(door.generalityConfig, () => ['quick', ['mnist']]),
  reproduceValley2023: refused(
    door.reproduceValley2023,
    () => [{ ...run(), ...where(), part: 'model', preset: 'quick', seeds: 0, out: nowhere, resume: true, workers: 1 }],
    ...BEGINS,
  ),
  runNetworkStudy: refused(
    door.runNetworkStudy,
    () => [{ ...run(), ...inside(), config: study(), folder: nowhere, seeds: 0, workers: 1, resume: true }],
    ...BEGINS,
  ),
  networkStudyConfig: call(door.networkStudyConfig, () => ['quick']),
  decomposeFiles: call(
    door.decomposeFiles,
    () => [
      {
        drift: join(folder, 'F.csv'),
        diffusion: join(folder, 'F.csv'),
        noiseStrength: 1,
        step: 0.1,
        unstable: false,
        out: join(folder, 'd'),
        force: true,
        provider: 'embedded',
      },
    ],
    '0.out=nothing',
    '0.out=text',
  ),
  potentialFigure: call(
    door.potentialFigure,
    () => [
      {
        axes: [Float64Array.of(1, 0), Float64Array.of(0, 1)],
        covariance: [1, 0, 1],
        circulation: 0.1,
        noiseStrength: 1,
        n: 2,
        share: 1,
      },
    ],
    '0.share=nan',
  ),
  completeConfig: call(door.completeConfig, () => [config()], ...BY_SCHEMA),
  completeForget: call(door.completeForget, () => [{ preset: 'quick' }], ...BY_SCHEMA),
  forget: refused(
    door.forget,
    () => [[{ preset: 'quick' }], { ...run(), ...where(), out: nowhere, resume: true }],
    ...BEGINS,
  ),
  reproduceIvf2021: refused(
    door.reproduceIvf2021,
    () => [config(), { ...run(), out: nowhere, resume: true }],
    ...BY_SCHEMA,
    ...BEGINS,
  ),
  reproduceAo2022: refused(
    door.reproduceAo2022,
    () => [config(), { ...run(), run: nowhere, out, resume: true, onTraining: () => {} }],
    ...BY_SCHEMA,
    ...BEGINS,
  ),
  trainRun: refused(door.trainRun, () => [config(), { ...run(), out: nowhere, resume: true }], ...BY_SCHEMA, ...BEGINS),
  readConfig: call(door.readConfig, () => [join(folder, 'c.yaml')]),
  loadDataset: call(
    door.loadDataset,
    () => [
      {
        teacher: {
          network: made({ widths: [3, 4, 2], activation: 'relu', bias: true, loss: 'cross-entropy' }),
          train: 5,
          test: 2,
          labelNoise: 0,
          seed: 1,
        },
      },
      { classes: [0, 1], limit: 3, normalize: { mean: 0.1, std: 1 } },
    ],
    '0=text',
    '1.normalize.mean=list',
    '1.normalize.mean=numbers',
    '1.normalize.std=list',
    '1.normalize.std=numbers',
  ),
  readSweepFile: call(door.readSweepFile, () => [join(folder, 's.yaml')]),
  sweepExample: call(door.sweepExample, () => ['phase-diagram']),
  planSweep: call(
    door.planSweep,
    () => [sweep(), { out: nowhere, seeds: 2, workers: 1, yes: true }],
    ...SWEEP_BY_SCHEMA,
  ),
  runSweep: refused(
    door.runSweep,
    () => [sweep(), { ...run(), ...where(), out, seeds: 2, resume: false, workers: 1, yes: true }],
    ...SWEEP_BY_SCHEMA,
    ...BEGINS,
  ),
  simulationExample: call(door.simulationExample, () => ['valley']),
  planSimulation: call(door.planSimulation, () => [simulation()], ...BY_SCHEMA),
  simulate: refused(
    door.simulate,
    () => [simulation(), { ...run(), out: nowhere, resume: true }],
    ...BY_SCHEMA,
    ...BEGINS,
  ),
  runEnsembles: call(door.runEnsembles, () => [[spec()], { workers: 1, signal, onProgress: () => {} }]),
};
