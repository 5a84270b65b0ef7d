/** Calls that succeed: numbers, linear algebra, formulas, records. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as door from '../../../src/parts.js';
import { type Call, call, made } from './battery.js';

export const la = made(door.embeddedLinearAlgebra());
export const key = made(door.randomKey(1));
export const two = made(door.fromRows([[2, 0.5], [0.5, 1]])); // biome-ignore format: a matrix
export const six = () => Float64Array.of(1, 2, 3, 4, 5, 6);
export const rising = () => Float64Array.of(1.1, 3.9, 9.2, 15.8, 25.3, 35.7);
const spread = () => Float64Array.of(0.1, 0.2, 0.1, 0.2, 0.1, 0.2);
export const SPEC = made({
  widths: [3, 4, 2],
  activation: 'relu',
  bias: true,
  loss: 'cross-entropy',
} as door.NetworkSpec);
const operator = () => ({ size: 8, apply: (x: Float64Array) => x.map((v, i) => v * (i + 1)) });
const folder = mkdtempSync(join(tmpdir(), 'door-'));
const x2 = made(door.parseExpression('x^2', { variables: ['x'] }));
const text = (s: string) => new TextEncoder().encode(s);
const weights = door.initialWeights(SPEC, key);
const K = made(door.penalty([0, 0, 0], [{ kind: 'diagonal', offset: 0, values: Float64Array.of(1, 2, 3) }]));
const at = (name: string) => join(folder, name);
const part = () => ({ kind: 'diagonal', offset: 0, values: Float64Array.of(1, 2, 3) });
const store = made(new door.MemoryStore());
const shape = () => ({ steps: 4, size: 2, layer: 'layer1', layerShape: [1, 2], chunkRows: 2 });
const writer = await door.TrajectoryWriter.open(store, shape() as never);
for (const first of [1, 2, 3, 4]) writer.append(first, Float32Array.of(first, 2), [0.5], [1]);
writer.flush();
const trajectory = await door.Trajectory.open(store);
door.writeCheckpoint(at('c.safetensors'), SPEC, { weights, state: { step: 1 }, configHash: 'x' });
door.writeModel(at('m.safetensors'), SPEC, weights, {});
door.writePenalty(at('p.npz'), K, 1);
const npy = door.writeNpy({ shape: [2], data: Float64Array.of(1, 2) });
const npz = door.writeNpz([['a', { shape: [2], data: Float64Array.of(1, 2) }]]);
const safe = door.writeSafetensors([['a', { shape: [2], data: Float32Array.of(1, 2) }]]);
const tensor = () => [['a', { shape: [2], data: Float32Array.of(1, 2) }]];

export const NUMERIC: Record<string, Call> = {
  DivergedError: call(
    (a, b, c) => new door.DivergedError(a, b, c),
    () => [1, 2, 3],
    '0',
    '1',
    '2',
  ),
  InputError: call(
    (a, b) => new door.InputError(a, b),
    () => ['a', 'b'],
    '0',
    '1',
  ),
  RunError: call(
    (a, b) => new door.RunError(a, b),
    () => ['a', 'b'],
    '0',
    '1',
  ),
  ThermogradError: call(
    (a, b) => new door.ThermogradError(a, b),
    () => ['a', 'b'],
    '0',
    '1',
  ),
  InterruptedError: call(
    (a, b) => new door.InterruptedError(a, b),
    () => ['a', true],
    '0',
    '1',
  ),
  bootstrap: call(door.bootstrap, () => [5, (i: Uint32Array) => [i[0]], { key, replicates: 20, blockLength: 2 }]),
  estimate: call(door.estimate, () => [1, 2, 3, 'm', true], '0', '1', '2'),
  derivative: call(door.derivative, () => [x2, 'x']),
  evaluator: call(door.evaluator, () => [[x2], ['x']]),
  formatExpression: call(door.formatExpression, () => [x2]),
  parseExpression: call(door.parseExpression, () => [
    'a*x',
    { variables: ['x'], parameters: { a: 2 }, source: 'parseExpression' },
  ]),
  chooseProvider: call(door.chooseProvider, () => [{ prefer: 'embedded', threads: 1, library: 'x' }]),
  embeddedLinearAlgebra: call(door.embeddedLinearAlgebra, () => []),
  fromRows: call(door.fromRows, () => [[[1, 2], [3, 4]]]), // biome-ignore format: a matrix
  identity: call(door.identity, () => [3]),
  matrix: call(door.matrix, () => [2, 2, Float64Array.of(1, 2, 3, 4)]),
  transpose: call(door.transpose, () => [two]),
  deming: call(door.deming, () => [six(), rising(), 1]),
  inverseLeastSquares: call(door.inverseLeastSquares, () => [six(), rising()]),
  leastSquares: call(door.leastSquares, () => [six(), rising()]),
  york: call(door.york, () => [six(), rising(), spread(), spread(), { intrinsic: 0.1 }]),
  hutchinsonTrace: call(door.hutchinsonTrace, () => [operator(), { probes: 4, key }]),
  lanczos: call(door.lanczos, () => [
    operator(),
    { count: 2, key, end: 'largest', maxSteps: 8, patience: 2, tolerance: 1e-8, la },
  ]),
  spectralDensity: call(door.spectralDensity, () => [
    operator(),
    { probes: 2, steps: 4, key, at: six(), width: 1, la },
  ]),
  powerLaw: call(
    door.powerLaw,
    () => [
      six(),
      rising(),
      { key, method: 'york', errors: { x: spread(), y: spread() }, replicates: 20, blockLength: 1 },
    ],
    '2.errors=nothing',
  ),
  randomKey: call(door.randomKey, () => [1]),
  logSpaced: call(door.logSpaced, () => [100, 5, 1]),
  forceKernelBuild: call(door.forceKernelBuild, () => [undefined]),
  kernelBuild: call(door.kernelBuild, () => []),
  addPenalties: call(door.addPenalties, () => [K, K]),
  continuePenalty: call(door.continuePenalty, () => [K, K, 0.5]),
  penalty: call(door.penalty, () => [Float64Array.of(0, 0, 0), [part()]]),
  penaltyGradient: call(door.penaltyGradient, () => [K, Float64Array.of(1, 2, 3)]),
  penaltyValue: call(door.penaltyValue, () => [K, Float64Array.of(1, 2, 3)]),
  planes: call(door.planes, () => [0, [[Float64Array.of(1, 0), Float64Array.of(0, 1)]], [2]]),
  scalePenalty: call(door.scalePenalty, () => [K, 2]),
  MemoryStore: call(
    () => new door.MemoryStore(),
    () => [],
  ),
  'MemoryStore.get': call(
    (k) => store.get(k),
    () => ['/a'],
  ),
  'MemoryStore.set': call(
    (k, v) => store.set(k, v),
    () => ['/a', text('x')],
  ),
  FolderStore: call(
    (root) => new door.FolderStore(root),
    () => [folder],
  ),
  'FolderStore.get': call(
    (k) => new door.FolderStore(folder).get(k),
    () => ['/a'],
  ),
  'FolderStore.getRange': call(
    (k, r) => new door.FolderStore(folder).getRange(k, r),
    () => ['/a', made({ offset: 0, length: 1 })],
  ),
  'FolderStore.set': call(
    (k, v) => new door.FolderStore(folder).set(k, v),
    () => ['/a', text('x')],
  ),
  Trajectory: call(
    () => undefined,
    () => [],
  ),
  'Trajectory.open': call(door.Trajectory.open, () => [store], '0=text'),
  'Trajectory.rows': call(
    (a, b) => trajectory.rows(a, b),
    () => [0, 2],
  ),
  'Trajectory.chunks': call(
    () => trajectory.chunks().next(),
    () => [],
  ),
  'Trajectory.blocks': call(
    () => trajectory.blocks().next(),
    () => [],
  ),
  TrajectoryWriter: call(
    () => undefined,
    () => [],
  ),
  'TrajectoryWriter.open': call(
    async (...a: never[]) => void (await (door.TrajectoryWriter.open as (...a: never[]) => Promise<unknown>)(...a)),
    () => [made(new door.MemoryStore()), { ...shape(), attributes: {} }, 0],
    '0=text',
  ),
  'TrajectoryWriter.append': call(
    async (...a: never[]) => {
      const w = await door.TrajectoryWriter.open(new door.MemoryStore(), shape() as never);
      (w.append as (...a: never[]) => void).apply(w, a);
    },
    () => [1, Float32Array.of(1, 2), Float64Array.of(0.5), Int32Array.of(1)],
  ),
  'TrajectoryWriter.flush': call(
    () => writer.flush(),
    () => [],
  ),
  readCheckpoint: call(door.readCheckpoint, () => [at('c.safetensors'), SPEC, made({ step: 1 })]),
  readModel: call(door.readModel, () => [at('m.safetensors'), SPEC]),
  writeCheckpoint: call(
    door.writeCheckpoint,
    () => [at('d.safetensors'), SPEC, { weights, velocity: weights, state: made({ step: 1 }), configHash: 'x' }],
    '0=text',
  ),
  writeModel: call(door.writeModel, () => [at('n.safetensors'), SPEC, weights, made({ a: 'b' })], '0=text'),
  readNpy: call(door.readNpy, () => [npy, 'f.npy']),
  writeNpy: call(door.writeNpy, () => [{ shape: [2], data: Float64Array.of(1, 2) }]),
  readNpz: call(door.readNpz, () => [npz, 'f.npz']),
  writeNpz: call(door.writeNpz, () => [[['a', { shape: [2], data: Float64Array.of(1, 2) }]]]),
  readPenalty: call(door.readPenalty, () => [at('p.npz')]),
  writePenalty: call(
    door.writePenalty,
    () => [at('q.npz'), K, 1, made({ a: 'b' }), [{ name: 'w', shape: [3] }]],
    '0=text',
  ),
  readSafetensors: call(door.readSafetensors, () => [safe, 'f.safetensors']),
  writeSafetensors: call(door.writeSafetensors, () => [tensor(), made({ a: 'b' })]),
  renderPdf: call(door.renderPdf, () => ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"/>']),
  renderPng: call(door.renderPng, () => ['<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>', 8]),
};
