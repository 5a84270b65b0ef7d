/** Calls that succeed: data, networks, training, measurements, penalties from measurements. */
import * as door from '../../../src/parts.js';
import { smallNet } from '../small-nets.js';
import { type Call, call, made, refused } from './battery.js';
import { key, la, SPEC, six, two } from './numeric.js';

const { passes, samples, weights } = smallNet(SPEC, 6);
made(samples);
const size = 8;
const rows = made(door.fromRows([[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])); // biome-ignore format: a matrix
const directions = () => [Float64Array.from({ length: passes.size }, (_, i) => Math.sin(i))];
const series = () => Float64Array.from({ length: 200 }, (_, t) => Math.sin(t * 1.3) + Math.cos(t * t));
const source = made(
  door.rowsInMemory(
    Float64Array.from({ length: 160 }, (_, i) => Math.sin(i * i)),
    size,
  ),
);
const result = made(await door.pca(source, la));
const system = made(door.decompose({ la, drift: two, diffusion: two }));
const turns = made(door.vortices(la, system));
const idx = (dims: number[], data: Uint8Array) => ({ dims, data });
const images = () => idx([2, 1, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
const bytesOf = (dims: number[], data: number[]) =>
  Uint8Array.from([0, 0, 8, dims.length, ...dims.flatMap((d) => [0, 0, 0, d]), ...data]);
const dataset = made(await door.datasetFromIdx('d', {
  trainImages: { name: 'a', bytes: bytesOf([4, 1, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) },
  trainLabels: { name: 'b', bytes: bytesOf([4], [0, 1, 0, 1]) },
  testImages: { name: 'c', bytes: bytesOf([2, 1, 3], [1, 2, 3, 4, 5, 6]) },
  testLabels: { name: 'd', bytes: bytesOf([2], [0, 1]) },
}, {})); // biome-ignore format: one data set
const plan = made(door.batchPlan({ count: 6, batchSize: 2, sampling: 'shuffled', lastBatch: 'drop', key }));
const trainer = () => {
  const t = new door.Trainer({ spec: SPEC, samples, learningRate: 0.1, batchSize: 2 });
  t.setWeights(weights);
  return made(t);
};
const one = made(trainer());
const meter = new door.FlatnessMeter({ spec: SPEC, weights, samples, layer: 'layer1' });
const order = () => Uint32Array.of(0, 1, 2, 3);
const taskOptions = () => ({ spec: SPEC, weights, samples, la, key });
const task = made(door.networkTask(taskOptions()));
const P = door.parameterCount(SPEC);
const K = made(
  door.penalty(new Float64Array(P), [{ kind: 'diagonal', offset: 0, values: new Float64Array(P).fill(1) }]),
);
const axis = made(
  door.penalty(new Float64Array(P), [
    door.planes(0, [[new Float64Array(P).fill(0.1), Float64Array.from({ length: P }, (_, i) => (i % 2) - 0.5)]], [2]),
  ]),
);
const surface = () => ({
  size: 2,
  loss: (w: Float64Array) => w[0] ** 2 + w[1] ** 2,
  gradient: (w: Float64Array) => w.map((v) => 2 * v),
});
const LAYERS = made<door.LayeredSpec>({
  input: SPEC.widths[0],
  layers: [{ type: 'dense', outputs: SPEC.widths[SPEC.widths.length - 1] }],
  loss: SPEC.loss,
});
const spec = () => ({ widths: [3, 4, 2], activation: 'relu', bias: true, loss: 'cross-entropy' });
const plainSamples = () => ({ ...samples });
const curves = () => ({ runningLoss: [1], runningAccuracy: [1], trainLoss: [1], trainErrors: [1] });
const flat = made(meter.measure(new Float64Array(12).fill(0.3), 1, 1));
const protocol = made(door.classProtocol('0/1'));
const bound = <F extends (...args: never[]) => unknown>(f: F, self: () => unknown) =>
  ((...args: never[]) => f.apply(self(), args)) as (...args: never[]) => unknown;
const T = door.Trainer.prototype;
const N = door.NetworkPasses.prototype;

const model = () => ({
  name: 'm',
  size: 2,
  samples: 1,
  precision: 'float64',
  loss: (w: Float64Array) => w[0] ** 2 + w[1] ** 2,
});
const parameters = () => [{ name: 'a', shape: [1, 2], offset: 0, size: 2 }];
const subset = () => ({ samples: Uint32Array.of(0, 1), strata: [{ count: 2, of: 4 }] });
const modelSurface = made(door.functionSurface({ size: 2, loss: (w) => w[0] ** 2 + w[1] ** 2 }));

const point = () => Float64Array.of(0.3, 0.2);
const whole = made({ name: 'all', ranges: [{ offset: 0, size: 2 }], size: 2 });
const axes = made(door.fromRows([[1, 0], [0, 1]])); // biome-ignore format: a matrix

export const NETWORKS: Record<string, Call> = {
  parametersOf: call(door.parametersOf, () => [[{ name: 'a', shape: [1, 2] }]]),
  wholeBlock: call(door.wholeBlock, () => [parameters(), 'all']),
  blockOf: call(door.blockOf, () => ['a', parameters()]),
  blockNamed: call(door.blockNamed, () => [parameters(), 'a']),
  checkSurface: call(door.checkSurface, () => [modelSurface, [0.3, 0.2], { key, onProgress: () => {} }]),
  examineSurface: call(door.examineSurface, () => [modelSurface, [0.3, 0.2], { key, onProgress: () => {} }]),
  completed: call(door.completed, () => [{ ...modelSurface, name: 'm', subsets: true }]),
  functionSurface: call(door.functionSurface, () => [{ ...model(), parameters: [{ name: 'a', shape: [2] }] }]),
  withDecay: call(door.withDecay, () => [modelSurface, 0.1, [0, 1]]),
  scaledSurface: call(door.scaledSurface, () => [modelSurface, [1, 2], 'a name']),
  surfaceCurvature: call(door.surfaceCurvature, () => [
    modelSurface,
    point(),
    whole,
    {
      key,
      top: 1,
      probes: 2,
      maxSteps: 3,
      tolerance: 1e-3,
      memoryBytes: 1e6,
      density: { probes: 2, steps: 2 },
      onProgress: () => {},
    },
  ]),
  curvatureMemory: call(door.curvatureMemory, () => [100, { top: 2, maxSteps: 9, memoryBytes: 1e6 }]),
  surfaceTrace: call(door.surfaceTrace, () => [
    modelSurface,
    point(),
    [whole],
    { key, probes: 2, onProgress: () => {} },
  ]),
  surfaceConfidence: refused(door.surfaceConfidence, () => [
    modelSurface,
    point(),
    0.3,
    { key, layers: [whole], probes: 2, onProgress: () => {} },
  ]),
  surfaceFlatness: call(
    door.surfaceFlatness,
    () => [
      modelSurface,
      point(),
      whole,
      axes,
      {
        factor: 2,
        relativeTolerance: 1e-3,
        reach: 10,
        centreLoss: 0.13,
        indices: [1, 2],
        variances: [1, 1],
        onProgress: () => {},
      },
    ],
    '4=nothing',
    '4=object',
    '4.variances=nothing',
  ),
  surfaceLandscape: refused(door.surfaceLandscape, () => [
    modelSurface,
    point(),
    whole,
    axes,
    { order: Uint32Array.of(0, 0), batchSize: 1, floor: 0.1, onProgress: () => {} },
  ]),
  layerBlocks: call(door.layerBlocks, () => [parameters()]),
  surfaceSolution: call(door.surfaceSolution, () => [
    modelSurface,
    point(),
    {
      key,
      pairs: 1,
      probes: 2,
      directions: 2,
      noise: { draws: 2, absolute: 0.1, relative: 0.1 },
      layers: [whole],
      onProgress: () => {},
    },
  ]),
  projectedNoise: call(door.projectedNoise, () => [modelSurface, point(), whole, axes, { gradient: [0.6, 0.4] }]),
  surfaceNoiseScale: call(door.surfaceNoiseScale, () => [modelSurface, point(), whole, { gradient: [0.6, 0.4] }]),
  measureSurface: call(
    door.measureSurface,
    () => [
      modelSurface,
      point(),
      [whole],
      { key, top: 1, density: { probes: 2, steps: 2 }, probes: 2, batchSize: 1, batches: 0, onProgress: () => {} },
    ],
    '3.top=nothing',
  ),
  weightsHash: call(door.weightsHash, () => [[1, 2]]),
  networkSurface: call(door.networkSurface, () => [
    { spec: SPEC, samples, name: 'n', lines: 'float64', cacheBytes: 1e6 },
  ]),
  namedNetwork: call(door.namedNetwork, () => ['lenet5', [1, 28, 28], 10, 'cross-entropy']),
  initialLayeredWeights: call(door.initialLayeredWeights, () => [LAYERS, key]),
  layeredSurface: call(door.layeredSurface, () => [
    { spec: LAYERS, samples, name: 'n', lines: 'float64', programBytes: 1e6, cacheBytes: 1e6 },
  ]),
  hardAndRandom: call(door.hardAndRandom, () => [six(), 2, key]),
  sampleWeights: call(door.sampleWeights, () => [subset()]),
  stratifiedMean: call(door.stratifiedMean, () => [[1, 2], subset()]),
  'NetworkPasses.setWeights': call(
    (w) => passes.setWeights(w),
    () => [weights],
  ),
  'NetworkPasses.lossesAt': call(
    (w) => passes.lossesAt(w),
    () => [weights],
  ),
  batchCurvature: call(door.batchCurvature, () => [passes, directions(), { batchSize: 2, sampling: 'shuffled' }]),
  hessianBlock: call(door.hessianBlock, () => [passes, 'layer1', { kind: 'exact', precision: 'float64' }]),
  hessianOperator: call(door.hessianOperator, () => [passes, { layer: 'layer1', kind: 'exact' }]),
  projectedMatrices: call(door.projectedMatrices, () => [passes, 'layer1', rows, 'exact']),
  NetworkPasses: call(
    (o) => void new door.NetworkPasses(o),
    () => [{ spec: spec(), weights, samples: plainSamples(), cacheBytes: 1e6 }],
    '0.samples.labels=nothing',
    '0.samples.targets=nothing',
  ),
  'NetworkPasses.memoryBytes': call(door.NetworkPasses.memoryBytes, () => [SPEC, samples, 1e6]),
  'NetworkPasses.layerIndex': call(
    bound(N.layerIndex, () => passes),
    () => ['layer1'],
  ),
  'NetworkPasses.gradient': call(
    bound(N.gradient, () => passes),
    () => [six()],
  ),
  'NetworkPasses.layerStates': call(
    bound(N.layerStates, () => passes),
    () => ['layer1'],
  ),
  'NetworkPasses.losses': call(
    bound(N.losses, () => passes),
    () => [],
  ),
  sampleCurvature: call(door.sampleCurvature, () => [passes, directions()]),
  stationaryCovariance: call(door.stationaryCovariance, () => [{ la, drift: two, diffusion: two, noiseStrength: 1 }]),
  decompose: call(door.decompose, () => [{ la, drift: two, diffusion: two, noiseStrength: 1, unstable: false }]),
  discreteCovariance: call(door.discreteCovariance, () => [la, system, 0.1]),
  potentialPlane: call(door.potentialPlane, () => [la, system, turns]),
  vortices: call(door.vortices, () => [la, system]),
  FlatnessMeter: call(
    (o) => void new door.FlatnessMeter(o),
    () => [{ spec: SPEC, weights, samples, layer: 'layer1', factor: Math.E, relativeTolerance: 1e-3, reach: 10 }],
  ),
  'FlatnessMeter.measure': call(
    bound(door.FlatnessMeter.prototype.measure, () => meter),
    () => [new Float64Array(12).fill(0.3), 1, 0.5],
    '2=nan',
  ),
  'FlatnessMeter.profile': call(
    bound(door.FlatnessMeter.prototype.profile, () => meter),
    () => [new Float64Array(12).fill(0.3), 1, 5],
  ),
  randomLandscape: call(door.randomLandscape, () => [
    passes,
    { layer: 'layer1', directions: rows, order: order(), batchSize: 1, floor: 0, kind: 'exact' },
  ]),
  batchCovariance: call(door.batchCovariance, () => [two, { batchSize: 2, samples: 10, sampling: 'shuffled' }]),
  covarianceOperator: call(door.covarianceOperator, () => [passes, 'layer1']),
  gradientCovariance: call(door.gradientCovariance, () => [passes, 'layer1', 'float64']),
  gradientNoiseScale: call(door.gradientNoiseScale, () => [passes]),
  twoBatchNoise: call(door.twoBatchNoise, () => [
    { smallSize: 2, small: six(), bigSize: 8, big: six().map((v) => v / 2) },
  ]),
  correlationTime: call(door.correlationTime, () => [series(), 5]),
  boltzmannTest: call(
    door.boltzmannTest,
    () => [series().map((v) => v * v), 2, { temperature: 'fit' }],
    '2.temperature=number',
  ),
  energiesOf: call(door.energiesOf, () => [la, Float64Array.of(1, 2, 3, 4), two]),
  circulation: call(
    door.circulation,
    () => [la, series(), 2, { expected: two, blocks: 4, pairs: 1 }],
    '3=nothing',
    '3=object',
    '3.expected=nothing',
  ),
  expectedCirculation: call(door.expectedCirculation, () => [la, two, two]),
  displacementExponent: call(door.displacementExponent, () => [series(), { lastLag: 20, lags: 6 }]),
  meanSquaredDisplacement: call(door.meanSquaredDisplacement, () => [series(), [1, 2]]),
  directionDynamics: call(door.directionDynamics, () => [
    { indices: [0], thetas: series(), components: result.components.subarray(0, size), mean: result.mean },
  ]),
  driftVelocity: call(door.driftVelocity, () => [series()]),
  componentOf: call(door.componentOf, () => [result, 1]),
  pca: call(door.pca, () => [source, la, { keep: [1, 2], from: 0, to: 20, budget: 1e8 }], '0=rows', '0=list'),
  pcaMemory: call(door.pcaMemory, () => [{ T: 20, P: 8, kept: 2 }]),
  project: call(door.project, () => [source, result, la], '0=rows', '0=list'),
  rowRange: call(door.rowRange, () => [source, 1, 5], '0=rows', '0=list'),
  scaledRows: call(door.scaledRows, () => [source, new Float64Array(size).fill(2)], '0=rows', '0=list'),
  rowsInMemory: call(door.rowsInMemory, () => [six(), 2, 2]),
  scaling: call(door.scaling, () => [{ pca: made({ ...result.summary }), directions: [flat], key, replicates: 20 }]),
  movementAlong: call(door.movementAlong, () => [axis, new Float64Array(P).fill(0.1), la]),
  networkTask: call(door.networkTask, () => [
    {
      ...taskOptions(),
      layers: ['layer1'],
      windows: made({}),
      training: { learningRate: 0.1, batchSize: 2, windowSteps: 10 },
      axes: 2,
    },
  ]),
  measureOptimiserAdvice: refused(door.measureOptimiserAdvice, () => [
    modelSurface,
    Float64Array.of(0.1, 0.2),
    {
      key,
      la,
      optimiser: { type: 'adam', learningRate: 0.1 },
      setting: { batchSize: 1, sampling: 'shuffled' },
      squares: [1, 2],
      steps: 10,
    },
  ]),
  // an analytic landscape has no samples to compare batches of
  measureAdvice: refused(door.measureAdvice, () => [
    modelSurface,
    [0.1, 0.2],
    { key, la, setting: { momentum: 0, batchSize: 1, sampling: 'shuffled' }, directions: 2, samples: 50 },
  ]),
  modelTask: call(door.modelTask, () => [
    modelSurface,
    {
      weights: [0.1, 0.2],
      blocks: [{ name: 'a', offset: 0, size: 2, span: 2 }],
      training: { learningRate: 0.1, batchSize: 1, windowSteps: 5 },
    },
    { key, la },
  ]),
  protect: call(door.protect, () => [
    surface(),
    {
      weights: [0, 0],
      blocks: [{ name: 'a', offset: 0, size: 2, span: 2 }],
      training: { learningRate: 0.1, batchSize: 1, windowSteps: 5 },
    },
    { method: 'l2', axes: 2, key, la, hold: ['a'] },
  ]),
  protectTask: call(door.protectTask, () => [task, { method: 'ewc', axes: 2, key, la, hold: ['layer1'] }]),
  layerWindows: call(door.layerWindows, () => [SPEC, made(door.rowsInMemory(new Float64Array(2 * P), P))]),
  idxSamples: call(door.idxSamples, () => [images(), idx([2], Uint8Array.of(0, 1)), 's', 2], '3=numbers'),
  parseIdx: call(door.parseIdx, () => [bytesOf([2], [1, 2]), 'f']),
  datasetFromIdx: call(door.datasetFromIdx, () => [
    'd',
    {
      trainImages: { name: 'a', bytes: bytesOf([1, 1, 3], [1, 2, 3]) },
      trainLabels: { name: 'b', bytes: bytesOf([1], [0]) },
    },
    made({ a: 1 }),
  ]),
  batchPlan: call(door.batchPlan, () => [{ count: 6, batchSize: 2, sampling: 'shuffled', lastBatch: 'drop', key }]),
  limitTraining: call(door.limitTraining, () => [dataset, 2]),
  selectClasses: call(door.selectClasses, () => [dataset, [0, 1]]),
  classProtocol: call(door.classProtocol, () => ['0/1']),
  taskOf: call(door.taskOf, () => [dataset, protocol, 0, { head: 'task-known', validationShare: 0.5, key }]),
  teacherSet: call(door.teacherSet, () => [
    { network: spec(), train: 5, test: 2, labelNoise: 0.1, spectrum: [1, 1, 1] },
    key,
  ]),
  lossSurface: call(door.lossSurface, () => [surface()]),
  numericalGradient: call(door.numericalGradient, () => [(w: Float64Array) => w[0], [1]]),
  initialWeights: call(door.initialWeights, () => [spec(), key]),
  layerNamed: call(door.layerNamed, () => [spec(), 'layer1']),
  layersOf: call(door.layersOf, () => [spec()]),
  parameterCount: call(door.parameterCount, () => [spec()]),
  newCursor: call(door.newCursor, () => []),
  newCurves: call(door.newCurves, () => []),
  trainingLoop: call(door.trainingLoop, () => [{
    learner: one, plan, batchSize: 2, stop: { rule: 'epochs', epochs: 1 }, windowEpochs: 1, maxEpochs: 3, evaluateEvery: 1,
    evaluateTrain: () => one.evaluate(), evaluateTest: () => one.evaluate(), cursor: made(door.newCursor()), curves: made(door.newCurves()), chunkSteps: 4, room: () => 10,
  }]), // biome-ignore format: one request
  shouldStop: call(door.shouldStop, () => [
    { rule: 'accuracy-and-loss', accuracy: 0.5, loss: 1, overEpochs: 1 },
    curves(),
  ]),
  Trainer: call(
    (o) => void new door.Trainer(o),
    () => [
      {
        spec: spec(),
        samples: plainSamples(),
        learningRate: 0.1,
        momentum: 0.5,
        batchSize: 2,
        recordLayer: 'layer1',
        trainable: ['layer1'],
      },
    ],
  ),
  'Trainer.memoryBytes': call(door.Trainer.memoryBytes, () => [
    { spec: SPEC, samples, learningRate: 0.1, momentum: 0.5, batchSize: 2, recordLayer: 'layer1' },
  ]),
  'Trainer.setWeights': call(
    bound(T.setWeights, () => one),
    () => [weights],
  ),
  'Trainer.weights': call(
    bound(T.weights, () => one),
    () => [],
  ),
  'Trainer.velocity': call(
    bound(T.velocity, () => one),
    () => [],
  ),
  'Trainer.setVelocity': call(bound(T.setVelocity, trainer), () => [weights]),
  'Trainer.setPenalty': call(bound(T.setPenalty, trainer), () => [K, 1, 'implicit']),
  'Trainer.steps': call(bound(T.steps, trainer), () => [order(), 2]),
  'Trainer.evaluate': call(
    bound(T.evaluate, () => one),
    () => [order()],
  ),
  'Trainer.gradient': call(
    bound(T.gradient, () => one),
    () => [order()],
  ),
  'Trainer.layerStates': call(
    bound(T.layerStates, () => one),
    () => ['layer1', order()],
  ),
  'Trainer.perSampleGradients': call(
    bound(T.perSampleGradients, () => one),
    () => ['layer2', order()],
  ),
  recordWindow: call(door.recordWindow, () => [
    { trainer: one, plan, batchSize: 2, firstEpoch: 0, epochs: 1, every: 1, onEpoch: () => {} },
  ]),
};
