/** The two presets and the cells of `reproduce controls`. docs/theory [S6], [S7]. */
import { check } from '../../numeric/errors.js';
import { completeRunConfig } from '../../runs/config.js';
import { optimiserIn } from '../../runs/optimiser.js';
import type { AnyConfig, PartialConfig } from '../../runs/schema.js';
import { completeOptimiser, type OptimiserSpec } from '../../train/optimisers/spec.js';
import type { Sampling } from './measured.js';

/** Describes how the steps of a cell are taken: by SGD, or by an optimiser with this rate and momentum. */
export interface MovingCell {
  readonly sampling: Sampling;
  readonly momentum: number;
  readonly learningRate: number;
  readonly optimiser?: OptimiserSpec;
}

/** Describes a branch from the trained weights, in which all layers are trained. */
export interface BranchCell extends MovingCell {
  readonly kind: 'branch';
  readonly name: string;
  /** Epochs of the windows analysed, each ending with the cell's last step. */
  readonly windows: readonly number[];
}

/** Describes a branch in which all layers but the recorded one are frozen. */
export interface FrozenCell extends MovingCell {
  readonly kind: 'frozen';
  readonly name: string;
}

/** Describes linear modes driven by the noise of real batches at fixed weights. */
export interface FixedCell {
  readonly kind: 'fixed';
  readonly name: string;
  readonly sampling: Sampling;
  readonly momentum: 0;
  readonly learningRate: number;
}

/** Describes a cell. */
export type Cell = BranchCell | FrozenCell | FixedCell;

/** Describes the complete config of the controls. */
export interface ControlsConfig {
  readonly preset: 'quick' | 'standard';
  /** The base network and its training, as a config of ivf2021; its seed is replaced by each seed in turn. */
  readonly base: AnyConfig;
  /** Epochs of each cell; its windows are at the end of it. */
  readonly epochs: number;
  /** Epochs of the window in which all bases are compared; even. */
  readonly mainWindow: number;
  /** Epochs that frozen cells run before their window, which has `epochs` epochs. */
  readonly relaxEpochs: number;
  /** Epochs that the surrogate runs before its window. */
  readonly surrogateEpochs: number;
  /** Walks without a restoring force that are drawn for each branch. */
  readonly walks: number;
  /** Log-spaced directions along which the flatness is measured. */
  readonly directions: number;
  /** Ranks of curvature, inclusive. */
  readonly groups: readonly (readonly [number, number])[];
  /**
   * Points of the frozen trajectory at which H and C are measured again, and the modes of each group that are used for
   * it.
   */
  readonly points: number;
  readonly modesPerGroup: number;
  readonly cells: readonly Cell[];
}

/**
 * Share of the learning rate in the frozen cell that shows what the theory leaves out: noise that depends on the
 * weights.
 */
const SMALL = 0.2;

/** Returns all cells for a base learning rate. With momentum 0.9 eta is a tenth, which gives the same eta/(1−mu). */
function cells(eta: number, windows: readonly number[], main: number): Cell[] {
  const branch = (sampling: Sampling, momentum: 0 | 0.9): BranchCell => ({
    kind: 'branch',
    name: `${sampling}-momentum${momentum}`,
    sampling,
    momentum,
    learningRate: momentum === 0 ? eta : Number((eta / 10).toPrecision(12)),
    windows: momentum === 0 ? windows : [main],
  });
  const frozen = (sampling: Sampling, share = 1): FrozenCell => ({
    kind: 'frozen',
    name: `frozen-${sampling}${share === 1 ? '' : '-small-eta'}`,
    sampling,
    momentum: 0,
    learningRate: Number((eta * share).toPrecision(12)),
  });
  return [
    branch('shuffled', 0),
    branch('replaced', 0),
    frozen('replaced'),
    frozen('shuffled'),
    branch('shuffled', 0.9),
    branch('replaced', 0.9),
    frozen('shuffled', SMALL),
    { kind: 'fixed', name: 'fixed-shuffled', sampling: 'shuffled', momentum: 0, learningRate: eta },
  ];
}

/**
 * Returns the cells of an optimiser. SGD without momentum is compared with momentum 0.9 at the same eta/(1−mu); where the optimiser has a
 * buffer of its own there is nothing to compare, and modes at fixed weights are those of plain SGD alone.
 */
function optimiserCells(spec: OptimiserSpec, windows: readonly number[], main: number): Cell[] {
  const { type, momentum, beta1 } = completeOptimiser(spec);
  const own = type === 'adam' || type === 'adamw' ? beta1 : momentum;
  const moving = (sampling: Sampling, optimiser: OptimiserSpec, mu = own): MovingCell => ({
    sampling,
    momentum: mu,
    learningRate: optimiser.learningRate,
    optimiser,
  });
  const at = (share: number): OptimiserSpec => ({
    ...spec,
    learningRate: Number((spec.learningRate * share).toPrecision(12)),
  });
  const branch = (sampling: Sampling): BranchCell => ({
    kind: 'branch',
    name: sampling,
    ...moving(sampling, spec),
    windows,
  });
  const frozen = (sampling: Sampling, share = 1): FrozenCell => ({
    kind: 'frozen',
    name: `frozen-${sampling}${share === 1 ? '' : '-small-eta'}`,
    ...moving(sampling, at(share)),
  });
  const heavy: OptimiserSpec = { ...at(0.1), momentum: 0.9 };
  return [
    branch('shuffled'),
    branch('replaced'),
    frozen('replaced'),
    frozen('shuffled'),
    ...(type === 'sgd' && own === 0
      ? [
          {
            kind: 'branch' as const,
            name: 'shuffled-momentum0.9',
            ...moving('shuffled', heavy, 0.9),
            windows: [main],
          },
        ]
      : []),
    frozen('shuffled', SMALL),
  ];
}

/** Largest recorded layer of a network of layers: its matrices take a product with the Hessian for each weight. */
export const LARGEST = 1000;

/** @throws InputError for what the controls have no cells for */
function checkBase({ optimiser, training }: AnyConfig): void {
  check(
    training.sampling === 'shuffled' && training.lastBatch === 'drop',
    'bad-config',
    'reproduce controls compares shuffled with replaced batches of one size; leave training.sampling and training.lastBatch out.',
  );
  const { schedule, clipNorm } = (optimiser ?? {}) as Partial<OptimiserSpec>;
  check(
    schedule === undefined && clipNorm === undefined,
    'bad-optimiser',
    `reproduce controls compares windows at one learning rate, with steps that are linear in the gradient; leave optimiser.${schedule ? 'schedule' : 'clipNorm'} out.`,
  );
}

const QUICK: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [16, 12, 4] }, train: 1200, test: 0 } },
  network: { widths: [16, 12, 10, 4], activation: 'relu' },
  training: { batchSize: 20, stop: { rule: 'epochs', epochs: 60 }, maxEpochs: 90 },
  record: { layer: 'layer2' },
};

/**
 * Returns the complete config of a preset, with layers of a config over its base.
 * @throws InputError for another preset, a wrong config, and a base that the controls have no cells for
 */
export function controlsConfig(preset: 'quick' | 'standard', layers: readonly PartialConfig[] = []): ControlsConfig {
  check(
    preset === 'quick' || preset === 'standard',
    'bad-preset',
    `reproduce controls has the presets quick and standard; got ${preset}.`,
  );
  const quick = preset === 'quick';
  const own = quick ? QUICK : ({ preset: 'standard' } as const);
  // another data set has other inputs than the network of the preset
  const others = layers.some((l) => l.data?.set !== undefined);
  const base = completeRunConfig(
    quick && others ? ({ training: QUICK.training, record: QUICK.record } as PartialConfig) : own,
    ...layers.map((l) => ({ ...l, preset: undefined })),
  );
  checkBase(base);
  const eta = base.training.learningRate;
  const plain = base.optimiser === undefined && 'widths' in base.network && base.training.momentum === 0;
  const main = quick ? 6 : 10;
  return {
    preset,
    base,
    epochs: quick ? 12 : 30,
    mainWindow: main,
    relaxEpochs: quick ? 8 : 30,
    surrogateEpochs: quick ? 6 : 10,
    walks: 4,
    directions: 40,
    groups: quick
      ? [
          [1, 5],
          [6, 20],
          [21, 60],
        ]
      : [
          [1, 10],
          [11, 50],
          [51, 200],
          [201, 800],
        ],
    points: 4,
    modesPerGroup: quick ? 15 : 40,
    cells: plain
      ? cells(eta, quick ? [2, 6, 12] : [1, 3, 10, 30], main)
      : optimiserCells(optimiserIn(base, 1), quick ? [2, 6, 12] : [1, 3, 10, 30], main),
  };
}

/** Returns the number of seeds when none is given. */
export const defaultSeeds = (preset: 'quick' | 'standard'): number => (preset === 'quick' ? 2 : 5);
