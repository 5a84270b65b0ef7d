/** Calls that succeed: landscapes, ensembles, densities, predictions. */
import * as door from '../../../src/parts.js';
import { type Call, call, made } from './battery.js';
import { key, la, two } from './numeric.js';

const parse = (text: string, ...more: string[]) => made(door.parseExpression(text, { variables: ['x', ...more] }));
const [well, unit] = [parse('x^2'), parse('1')];
const input = () => ({ names: ['x'], landscape: { loss: well }, noise: { kind: 'covariance', values: [unit] }, learningRate: 0.1, momentum: 0, interpretation: 'ito' }); // biome-ignore format: one problem
const problem = made(door.problemOf(input() as never));
const along = made(door.problemOf({ names: ['x', 'y'], landscape: { valley: { floor: parse('x^2'), curvature: parse('2+x^2') } }, noise: { kind: 'diffusion', values: [unit, parse('0'), unit] }, learningRate: 0.1 })); // biome-ignore format: one problem
const langevin = made(door.langevinModel(problem));
const sgd = made(door.sgdModel(problem));
const axes = () => [{ name: 'x', from: -3, to: 3, cells: 20 }];
const jumps = made(door.fokkerPlanck({ model: langevin, axes: axes() }));
const walls: [door.Boundary[]] = [[{ low: { kind: 'absorbing', at: -2 }, high: { kind: 'absorbing', at: 2 } }]];
const leaving = made(door.fokkerPlanck({ model: langevin, axes: axes(), boundaries: [['absorbing', 'absorbing']] }));
const { grid } = jumps;
made(grid);
const density = made(door.densityFrom(grid, (p) => Math.exp(-p[0] * p[0])));
const flatGrid = made(door.gridOf([{ name: 'x', from: -1, to: 1, cells: 4 }, { name: 'y', from: -1, to: 1, cells: 4 }])); // biome-ignore format: a grid
const plane = made(door.densityFrom(flatGrid, () => 1));
const ensembleOptions = () => ({
  model: sgd,
  learningRate: 0.1,
  momentum: 0,
  start: [0],
  walkers: 4,
  key,
  boundaries: walls[0],
  bound: 100,
  firstWalker: 0,
});
const walkers = () => made(door.sgdEnsemble({ ...ensembleOptions(), momentum: 0 } as never));
const valley = made(
  door.valley(
    (x) => x * x,
    (x) => 2 + x * x,
  ),
);
const acrossNoise = () => ({ valley, noise: { power: 1, strength: 0.5 }, learningRate: 0.1 });
const line = () => ({ drift: (x: number) => x - x ** 3, diffusion: () => 0.1 });
const batch = () => ({ mean: 1, variance: 0.5 });
const regression = () => ({ inputCovariance: two, labelNoise: 0.1, learningRate: 0.05, batchSize: 4, momentum: 0 });
const sampled = made(door.regressionLoss(la, { inputs: made(door.fromRows([[1, 0], [0, 1], [1, 1]])), targets: made(door.fromRows([[1], [2], [2.5]])) })); // biome-ignore format: matrices
const stepper = new door.Stepper(jumps, { step: 0.01 });
const passage = new door.Passage(leaving);
const bound = <F extends (...args: never[]) => unknown>(f: F, self: unknown) =>
  ((...args: never[]) => f.apply(self, args)) as (...args: never[]) => unknown;
const loss = () => ({ valley, density: 'floor', anisotropy: 2, diffusion: 0.1, unit: 'along' });

const adam = { type: 'adam', learningRate: 0.01 } as const;
const adamForm = made(door.linearForm(adam));
const near = () => ({ form: adamForm, hessian: two, noise: two, preconditioner: [1, 2] });
const sgdNear = () => ({ form: made(door.linearForm({ type: 'sgd', learningRate: 0.1 })), hessian: two, noise: two });

export const THEORY: Record<string, Call> = {
  completeOptimiser: call(door.completeOptimiser, () => [{ ...adam, beta1: 0.9, schedule: { type: 'constant', warmup: 3, unit: 'steps' } }]), // biome-ignore format: an optimiser
  optimiserSteps: call(door.optimiserSteps, () => [{ ...adam }, 3, 0]),
  rateAt: call(door.rateAt, () => [{ type: 'step', every: 10, factor: 0.5, warmup: 2 }, 0.1, 5]),
  scheduleInSteps: call(door.scheduleInSteps, () => [{ type: 'cosine', length: 3, minimum: 0.01, unit: 'epochs' }, 10]),
  linearForm: call(door.linearForm, () => [{ ...adam }, 0.02]),
  linearMap: call(door.linearMap, () => [adamForm, two, [1, 2]]),
  optimiserCeiling: call(door.optimiserCeiling, () => [adamForm, 2]),
  optimiserMeanSquareCeiling: call(door.optimiserMeanSquareCeiling, () => [la, adamForm, { mean: two, covariance: made(door.identity(3)) }]), // biome-ignore format: a matrix
  optimiserCovariance: call(door.optimiserCovariance, () => [la, near()]),
  circulationParts: call(door.circulationParts, () => [la, near()]),
  continuousOptimiser: call(door.continuousOptimiser, () => [near()]),
  heavyBallRequest: call(door.heavyBallRequest, () => [sgdNear()]),
  preconditionerOf: call(door.preconditionerOf, () => [adamForm, [1, 2], 100]),
  selfConsistent: call(door.selfConsistent, () => [
    la,
    { form: adamForm, hessian: two, noise: two, gradient: [0.1, 0] },
  ]),
  whereFormFails: call(door.whereFormFails, () => [
    { form: adamForm, steps: { start: 10, end: 20 }, clipped: 1, squares: { start: [1, 2], end: [1, 3] }, noise: { start: 1, end: 2 }, loss: { start: 1, end: 2 } }, // biome-ignore format: one window
  ]),
  coupledCeiling: call(door.coupledCeiling, () => [la, { hessian: two, covariance: made(door.identity(3)), momentum: 0 }]), // biome-ignore format: a matrix
  edgeOfStability: call(door.edgeOfStability, () => [2, 0.5]),
  meanSquareCeiling: call(door.meanSquareCeiling, () => [{ curvature: 2, variance: 1, momentum: 0.5 }]),
  langevinEnsemble: call(door.langevinEnsemble, () => [
    {
      model: langevin,
      timestep: 0.01,
      scheme: 'euler-maruyama',
      start: [0],
      walkers: 4,
      key,
      boundaries: walls[0],
      bound: 100,
      firstWalker: 0,
    },
  ]),
  sgdEnsemble: call(door.sgdEnsemble, () => [ensembleOptions()]),
  stableTimestep: call(door.stableTimestep, () => [langevin.drift, [{ from: -1, to: 1 }], 10]),
  ensembleMoments: call(door.ensembleMoments, () => [walkers()]),
  histogram: call(door.histogram, () => [walkers(), made(door.newHistogram([{ from: -1, to: 1, cells: 4 }]))]),
  newHistogram: call(door.newHistogram, () => [[{ from: -1, to: 1, cells: 4 }]]),
  timeMoments: call(door.timeMoments, () => [walkers(), { samples: 40, every: 1, blocks: 20 }]),
  descentField: call(door.descentField, () => [well, ['x']]),
  fieldFrom: call(door.fieldFrom, () => [(_: unknown, out: Float64Array) => out.fill(1), 1]),
  fieldOf: call(door.fieldOf, () => [[well], ['x']]),
  gradientField: call(door.gradientField, () => [well, ['x']]),
  currentDivergence: call(door.currentDivergence, () => [jumps, density]),
  entropyProduction: call(door.entropyProduction, () => [jumps, langevin, density, 1]),
  probabilityCurrent: call(door.probabilityCurrent, () => [jumps, density]),
  fokkerPlanck: call(door.fokkerPlanck, () => [
    {
      model: langevin,
      axes: axes(),
      memoryLimit: 1e9,
      boundaries: [['reflecting', 'absorbing']],
      target: (p: number[]) => p[0] > 1,
      diffusionScale: 1,
    },
  ]),
  gridCentres: call(door.gridCentres, () => [grid, 0]),
  gridOf: call(door.gridOf, () => [axes()]),
  escapeFlux: call(door.escapeFlux, () => [leaving, density]),
  densityAlong: call(door.densityAlong, () => [plane, 0, 0.1]),
  densityAtPoint: call(door.densityAtPoint, () => [grid, [0.1]]),
  densityAverage: call(door.densityAverage, () => [density, new Float64Array(20).fill(1)]),
  densityFrom: call(door.densityFrom, () => [grid, () => 1]),
  densityFromCounts: call(door.densityFromCounts, () => [grid, new Float64Array(20).fill(1), 20]),
  densityFromWalkers: call(door.densityFromWalkers, () => [grid, [0.1, 0.2]]),
  densityMoments: call(door.densityMoments, () => [density]),
  marginalDensity: call(door.marginalDensity, () => [plane, 0]),
  massOf: call(door.massOf, () => [density]),
  normaliseDensity: call(door.normaliseDensity, () => [density]),
  totalVariation: call(door.totalVariation, () => [density, density]),
  fokkerPlanckMemory: call(door.fokkerPlanckMemory, () => [axes(), 1]),
  Passage: call(
    (a, b) => void new door.Passage(a, b),
    () => [leaving, { memoryLimit: 1e9, onProgress: () => {}, hiddenBasins: true }],
  ),
  'Passage.meanTimes': call(bound(door.Passage.prototype.meanTimes, passage), () => []),
  'Passage.committor': call(bound(door.Passage.prototype.committor, passage), () => [
    { sides: ['x lower'], target: () => false },
  ]),
  'Passage.escapeRate': call(bound(door.Passage.prototype.escapeRate, passage), () => [1e-3]),
  checkHolds: call(door.checkHolds, () => [density, 0.1, [true, true]]),
  edgeMass: call(door.edgeMass, () => [density]),
  numericalDiffusion: call(door.numericalDiffusion, () => [jumps, density]),
  resolutionOf: call(door.resolutionOf, () => [density]),
  stationaryDensity: call(door.stationaryDensity, () => [
    jumps,
    { memoryLimit: 1e9, onProgress: () => {}, hiddenBasins: true },
  ]),
  positiveStep: call(door.positiveStep, () => [jumps, 'sdirk2']),
  Stepper: call(
    (a, b) => void new door.Stepper(a, b),
    () => [jumps, { step: 0.01, scheme: 'sdirk2', memoryLimit: 1e9, onProgress: () => {}, hiddenBasins: true }],
  ),
  'Stepper.advance': call(bound(door.Stepper.prototype.advance, stepper), () => [density, 2, () => {}]),
  alongFloor: call(door.alongFloor, () => [along, { order: 'leading', steps: 'continuous' }]),
  modelsOf: call(door.modelsOf, () => [
    {
      surface: { size: 1, loss: (w: Float64Array) => w[0] ** 2, gradient: (w: Float64Array) => w.map((v) => 2 * v) },
      covariance: [1],
      learningRate: 0.1,
      force: [() => 0],
    },
  ]),
  langevinModel: call(door.langevinModel, () => [problem]),
  problemOf: call(door.problemOf, () => [input()]),
  sgdModel: call(door.sgdModel, () => [problem]),
  dimensionless: call(door.dimensionless, () => [problem, { length: 1, time: 1, loss: 1, at: [0] }]),
  scalesAt: call(door.scalesAt, () => [problem, [0.1]]),
  predictCovariance: call(
    door.predictCovariance,
    () => [
      la,
      {
        hessian: two,
        covariance: two,
        learningRate: 0.05,
        momentum: 0,
        sampling: 'replaced',
        batchesPerEpoch: 10,
        time: 'discrete',
        window: 20,
        start: 'window',
        gradient: [0.1, 0.1],
        velocity: [0, 0],
      },
    ],
    '1.curvatureNoise',
    '1.time',
    '1.start',
  ),
  predictRegression: call(door.predictRegression, () => [la, regression(), { multiplicative: true }]),
  regressionLoss: call(door.regressionLoss, () => [la, { inputs: two, targets: two }]),
  simulateRegression: call(door.simulateRegression, () => [
    la,
    regression(),
    { key, chains: 2, steps: 200, burnIn: 10 },
  ]),
  batchNoise: call(door.batchNoise, () => [sampled, { batchSize: 2, sampling: 'replaced' }]),
  sampledLoss: call(door.sampledLoss, () => [la, { gradients: made(door.fromRows([[1, 0], [-1, 0]])), hessian: () => two, minimum: Float64Array.of(0, 0) }]), // biome-ignore format: a matrix
  surrogate: call(door.surrogate, () => [
    la,
    {
      hessian: two,
      covariance: two,
      learningRate: 0.05,
      momentum: 0,
      sampling: 'replaced',
      batchesPerEpoch: 10,
      window: 20,
      burnIn: 0,
      gradient: [0.1, 0.1],
      basis: 'hessian',
      key,
    },
  ]),
  adiabatic: call(door.adiabatic, () => [{ valley, along: 0.1, across: 0.1 }], '0.along=function', '0.across=function'),
  almostSureRate: call(door.almostSureRate, () => [batch()]),
  lyapunov: call(door.lyapunov, () => [batch(), 0.1]),
  meanSquareRate: call(door.meanSquareRate, () => [batch()]),
  multiplicativeVariance: call(door.multiplicativeVariance, () => [batch(), 0.1, 0.1]),
  tailExponent: call(door.tailExponent, () => [batch(), 0.1]),
  effectiveLoss: call(door.effectiveLoss, () => [loss()]),
  sgdLoss: call(door.sgdLoss, () => [loss()]),
  barrierHeight: call(door.barrierHeight, () => [line(), -1, 0]),
  kramersRate: call(door.kramersRate, () => [line(), -1, 0]),
  meanFirstPassage: call(door.meanFirstPassage, () => [line(), { from: -1, to: 0, wall: -3, panels: 50 }]),
  restPoints: call(door.restPoints, () => [(x: number) => x - x ** 3, -2, 2, 100]),
  growingBarrier: call(door.growingBarrier, () => [{ rate: 1, start: 0, growth: 1, noise: 1 }]),
  occupation: call(door.occupation, () => [
    { fromSharp: () => 1, fromFlat: () => 0.5, end: 1, startSharp: 0.5, panels: 20 },
  ]),
  acrossVariance: call(door.acrossVariance, () => [{ noise: { power: 1, strength: 0.5 }, learningRate: 0.1 }, 2]),
  driftTime: call(door.driftTime, () => [() => -1, 1, 0]),
  effectiveDrift: call(door.effectiveDrift, () => [acrossNoise(), 0.5]),
  regularisation: call(door.regularisation, () => [acrossNoise(), 0.5]),
  regularisingForce: call(door.regularisingForce, () => [acrossNoise(), 0.5]),
  flatnessAt: call(door.flatnessAt, () => [valley, 0.5]),
  valley: call(door.valley, () => [1, 2], '0=function', '1=function'),
};
