/** The long commands of the program in two sizes, with the files that they need. */
import { fileURLToPath } from 'node:url';

const teacher = (widths, train, epochs, windowEpochs) => ({
  seed: 5,
  data: {
    set: 'teacher',
    teacher: { network: { widths: [widths[0], 2 * widths[0], widths.at(-1)] }, train, test: 200 },
  },
  network: { widths, activation: 'relu', bias: false },
  training: {
    learningRate: 0.1,
    batchSize: 20,
    lastBatch: 'keep',
    stop: { rule: 'epochs', epochs },
    maxEpochs: epochs + windowEpochs,
  },
  record: { layer: 'layer2', windowEpochs },
});

/** Momentum, biases, a shorter last batch, hundreds of checkpoints: everything that a checkpoint could forget. */
const forTraining = teacher([24, 40, 40, 5], 2010, 15, 8);
forTraining.network.bias = true;
forTraining.training.momentum = 0.5;

/** Convolution, dense layers and dropout, Adam with clipping, and two recorded layers. */
const ofLayers = (train, epochs, windowEpochs) => {
  const { network: _, training, ...rest } = teacher([16, 8, 4], train, epochs, windowEpochs);
  return {
    ...rest,
    network: {
      input: [1, 4, 4],
      layers: [
        { type: 'conv', channels: 3, kernel: 3, padding: 1 },
        { type: 'relu' },
        { type: 'max-pool', kernel: 2 },
        { type: 'dropout', rate: 0.1 },
        { type: 'dense', outputs: 6 },
        { type: 'tanh' },
        { type: 'dense', outputs: 4 },
      ],
    },
    training: { ...training, learningRate: 0.01, lastBatch: 'drop' },
    optimiser: { type: 'adam', clipNorm: 1 },
    record: { layers: ['conv1', 'dense1'], windowEpochs },
    analysis: { directions: 8 },
  };
};

const well = (walkers, length) => `title: A double well
variables: [x]
landscape: { loss: b*(x^2 - 1)^2 }
parameters: { b: 2 }
noise: { diffusion: { xx: 0.8 } }
learningRate: 0.002
start: { low: [-1.5], high: [1.5] }
grid: { x: { from: -2.2, to: 2.2, cells: 120 } }
time: { burnIn: 2, length: ${length} }
methods: { sgd: { walkers: ${walkers} }, langevin: { walkers: ${walkers} }, fokker-planck: {}, adiabatic: {} }
`;

/** The matrices of a linear system of n coordinates. */
const system = (n) => {
  const rows = (of) => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => of(i, j)).join(','));
  return {
    'F.csv': rows((i, j) => (i === j ? 1 + i / n : Math.abs(i - j) === 1 ? 0.3 * Math.sign(i - j) : 0)).join('\n'),
    'D.csv': rows((i, j) => (i === j ? 1 : 0)).join('\n'),
  };
};

/** Twelve cells, and tables, laws and figures from them. */
const sweep = ({ seed: _, ...base }, level) =>
  JSON.stringify({
    base,
    axes: { seed: '0..1', 'training.learningRate': [0.05, 0.1, 0.2], 'training.batchSize': [10, 20] },
    until: { loss: level, within: 2000 },
    measure: [
      'loss',
      'error',
      'trace',
      'divergence',
      { name: 'psi', layers: ['layer2'], windowEpochs: 2, directions: 12 },
    ],
    laws: ['trace ~ eta^a B^b'],
  });

/** Files that each working folder holds, by size. */
export const INPUTS = {
  quick: {
    'run.json.in': JSON.stringify(teacher([12, 16, 12, 4], 1010, 8, 8)),
    'train.json.in': JSON.stringify(forTraining),
    'layers.json.in': JSON.stringify(ofLayers(410, 4, 4)),
    'well.yaml': well(200, 8),
    'sweep.yaml': sweep({ data: teacher([12, 16, 12, 4], 500).data, network: { widths: [12, 16, 12, 4] } }, 0.2),
    ...system(40),
  },
  real: {
    'layers.json.in': JSON.stringify(ofLayers(4010, 10, 8)),
    'well.yaml': well(2000, 20),
    'sweep.yaml': sweep({ data: { set: 'mnist', limit: 1000 }, network: { widths: [784, 20, 20, 10] } }, 0.1),
    ...system(400),
  },
};

/** The run that commands on a trained network start from; also the reference of ivf2021. */
const ivf2021 = {
  quick: 'reproduce ivf2021 --config run.json.in --directions 12 --checkpoint-every 0.02',
  real: 'reproduce ivf2021 --preset quick --seed 1',
};

/**
 * `base`: needs a finished run of ivf2021 in the folder base, or of the command that it names. `main`: what is started in place of the
 * program. `resumes`: takes --resume; the others write at once.
 * `continues`: goes on when it is called again as it was. `file`: writes this file and no folder; `beside`: and then this folder. Without `workers` the command takes no --workers.
 */
export const COMMANDS = [
  { name: 'ivf2021', ...ivf2021, resumes: true, workers: true },
  {
    name: 'ivf2021 --seeds',
    quick: 'reproduce ivf2021 --seeds 2 --config run.json.in --directions 8',
    real: 'reproduce ivf2021 --seeds 2 --preset quick --limit 10000',
    resumes: true,
    workers: true,
  },
  {
    name: 'ivf2021 layers',
    quick: 'reproduce ivf2021 --config layers.json.in --checkpoint-every 0.02',
    real: 'reproduce ivf2021 --config layers.json.in',
    resumes: true,
    workers: true,
  },
  {
    name: 'train layers',
    quick: 'train --config layers.json.in --checkpoint-every 0.02',
    real: 'train --config layers.json.in --checkpoint-every 0.5',
    resumes: true,
  },
  {
    name: 'advise layers',
    base: 'ivf2021 layers',
    quick: 'advise base --runs 2 --verify-epochs 1 --directions 6',
    real: 'advise base --runs 2 --verify-epochs 1',
    workers: true,
  },
  {
    name: 'generality',
    main: fileURLToPath(new URL('generality.mjs', import.meta.url)),
    quick: '',
    real: '',
    resumes: true,
    workers: true,
  },
  {
    name: 'train',
    quick: 'train --config train.json.in --checkpoint-every 0.02',
    real: 'train --preset quick --seed 2 --sampling replaced --checkpoint-every 0.5',
    resumes: true,
  },
  {
    name: 'analyse',
    base: true,
    continues: true,
    quick: 'analyse base --centre last --directions 6',
    real: 'analyse base --centre last --directions 1-20,50',
    workers: true,
  },
  {
    name: 'analyse recording',
    base: true,
    quick: 'analyse base/trajectory.zarr',
    real: 'analyse base/trajectory.zarr',
  },
  {
    name: 'ao2022',
    base: true,
    quick: 'reproduce ao2022 base',
    real: 'reproduce ao2022 base',
    resumes: true,
    workers: true,
  },
  {
    name: 'controls',
    quick: 'reproduce controls --preset quick --seeds 2',
    real: 'reproduce controls --preset quick --seeds 3',
    resumes: true,
    workers: true,
  },
  {
    name: 'valley2023 model',
    quick: 'reproduce valley2023 --part model --preset quick',
    real: 'reproduce valley2023 --part model --preset quick',
    resumes: true,
    workers: true,
  },
  {
    name: 'valley2023 network',
    quick: 'reproduce valley2023 --part network --preset quick --seeds 2',
    real: 'reproduce valley2023 --part network --preset quick --seeds 4',
    resumes: true,
    workers: true,
  },
  {
    name: 'ceilings',
    quick: 'reproduce ceilings --preset quick',
    real: 'reproduce ceilings --preset quick',
    resumes: true,
    workers: true,
  },
  {
    name: 'forget',
    quick: 'forget --preset quick --seeds 2 --methods none,ewc,ldc --constraints 4 --lambda-grid 1,10',
    real: 'forget --preset quick --methods all',
    resumes: true,
    workers: true,
  },
  { name: 'sweep', quick: 'sweep sweep.yaml', real: 'sweep sweep.yaml', resumes: true, workers: true },
  {
    name: 'simulate',
    quick: 'simulate well.yaml --seed 3',
    real: 'simulate well.yaml --seed 3',
    resumes: true,
    workers: true,
  },
  {
    name: 'decompose',
    quick: 'decompose --drift F.csv --diffusion D.csv --step 0.01',
    real: 'decompose --drift F.csv --diffusion D.csv --step 0.01',
  },
  {
    name: 'advise',
    base: true,
    quick: 'advise base --runs 2 --verify-epochs 1',
    real: 'advise base --runs 2 --verify-epochs 1',
    workers: true,
  },
  {
    name: 'protect',
    base: true,
    file: 'out.npz',
    beside: 'out-report',
    quick: 'protect base --method hessian --axes 5',
    real: 'protect base --method hessian --axes 5 --samples 5000',
  },
];
