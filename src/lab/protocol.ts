/**
 * What the live page and its engine say to each other: plain types without code. Messages are cloned as structures, and typed arrays in them
 * are transferred. All numbers of a session follow from the `LabState` without its view and from the number of steps.
 */
import type { OptimiserSpec } from '../train/optimisers/spec.js';
import type { MeasureArguments, MeasureResults } from './measures.js';

/** Names the views of the page. */
export type LabView = 'train' | 'fluctuate' | 'landscape' | 'valley' | 'open' | 'compare' | 'lessons';

/** Names the settings that sliders change while a network trains. */
export type SliderKey = 'learningRate' | 'momentum' | 'weightDecay' | 'batchSize';

/** A setting that was changed after `at` steps: step at + 1 is the first that has it. */
export interface LabChange {
  readonly at: number;
  readonly key: SliderKey;
  readonly value: number;
}

/** What one view keeps in the URL: numbers, words, switches and lists of them. */
export type ViewState = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** Says which data are trained on. */
export interface LabData {
  /** `mnist`: from the packs of the page; `teacher`: drawn from the seed 1; `file`: dropped on the page, IDX or CSV. */
  readonly kind: 'mnist' | 'teacher' | 'file';
  /** The first so many training samples. */
  readonly limit: number;
  /** Name of the dropped file or set. */
  readonly name?: string;
}

/** Holds everything that the numbers of a session depend on, and the view; it is what the URL holds. */
export interface LabState {
  readonly v: 1;
  readonly view: LabView;
  readonly data: LabData;
  /** Widths such as 784-50-50-10, or `mlp`, `lenet5`, `cnn-small`, `resnet8`; the first and last width follow from the data. */
  readonly network: string;
  readonly optimiser: OptimiserSpec;
  readonly batchSize: number;
  readonly sampling: 'shuffled' | 'replaced' | 'cyclic';
  readonly seed: number;
  /** The recorded layer. */
  readonly layer: string;
  /** Epochs that are kept for measuring: the last ones. */
  readonly window: number;
  /** What the sliders did, by ascending step. */
  readonly changes: readonly LabChange[];
  /** The step that a link shows; opening it trains to there. */
  readonly at: number;
  readonly valley?: ViewState;
  readonly landscape?: ViewState;
  readonly controls?: ViewState;
  /** The run that is open, and those that are compared, by their names in links. */
  readonly runs?: ViewState;
}

/** A file as it was dropped. */
export interface DroppedFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
}

/** The bytes behind `LabState.data`; the teacher set needs none. */
export interface LabBytes {
  /** Packs of MNIST (`packMnist`): the first 10 000 training images, and the others where more are asked for. */
  readonly packs?: readonly ArrayBuffer[];
  readonly files?: readonly DroppedFile[];
}

/** Describes the layers of a network whose weights can be recorded. */
export interface LayerFacts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
}

/** What is fixed once a session is open. */
export interface SessionFacts {
  readonly parameters: number;
  readonly layers: readonly LayerFacts[];
  /** Widths, or layers with their shapes. */
  readonly network: string;
  readonly dataset: string;
  readonly samples: {
    readonly train: number;
    readonly test: number;
    readonly inputs: number;
    readonly classes: number;
  };
  readonly batchesPerEpoch: number;
  readonly kernel: 'fma' | 'simd';
  /** Bytes: of the kernel's memory, of the window when full, and most of all checkpoints together. */
  readonly memory: { readonly training: number; readonly window: number; readonly checkpoints: number };
  /** Steps between the checkpoints that rewinding starts from; it doubles when their memory is full. */
  readonly checkpointEvery: number;
}

/** Values of the settings that sliders change, as the next step has them. */
export type SliderValues = Readonly<Record<SliderKey, number>>;

/** How full the window is. It begins anew where a slider moves, because other settings are another process. */
export interface WindowFacts {
  /** Rows recorded, and most that are kept. */
  readonly rows: number;
  readonly capacity: number;
  /** Steps between rows: 1, or more where a layer is too large for all of them. */
  readonly every: number;
  /** Steps after which recording began. */
  readonly since: number;
}

/** Steps that were just taken; sent about twelve times a second. */
export interface Progress {
  readonly type: 'progress';
  /** Steps taken since the start, and epochs, the running one as a fraction. */
  readonly step: number;
  readonly epoch: number;
  readonly stepsPerSecond: number;
  /** Number of the step (from 1) that the first loss belongs to. */
  readonly firstStep: number;
  /** Minibatch loss before each step since the last message, in nat: every step's, none left out; and correct predictions in each batch. */
  readonly loss: Float32Array;
  readonly correct: Uint16Array;
  /** Batch size of each of these steps, which `correct` is to be divided by. */
  readonly batchSize: number;
  readonly window: WindowFacts;
  readonly values: SliderValues;
  /** The step to which a link or a rewinding trains; absent otherwise. */
  readonly target?: number;
}

/** The end of an epoch, with evaluations of whole sets (NaN and 0 samples where there is no test set). */
export interface EpochReport {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly step: number;
  readonly runningLoss: number;
  readonly runningAccuracy: number;
  readonly trainLoss: number;
  readonly trainErrors: number;
  readonly trainSamples: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly testSamples: number;
  readonly weightNorm: number;
}

/** Training cannot go on; the weights are those before step `at`. */
export interface Diverged {
  readonly type: 'diverged';
  readonly at: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly kind: 'not-finite' | 'standstill';
  /** One sentence or two: what happened, and how eta compares with the measured edge where one is known. */
  readonly why: string;
}

/** Everything that the engine says. */
export type FromEngine =
  | { readonly type: 'ready'; readonly session?: number; readonly facts: SessionFacts; readonly state: LabState }
  | Progress
  | EpochReport
  | Diverged
  /** A slider acted: the list of changes with it. */
  | {
      readonly type: 'changed';
      readonly at: number;
      readonly changes: readonly LabChange[];
      readonly values: SliderValues;
    }
  /** Curves end at `at` from now on; the steps after `from` are trained again before the page sees the present step. */
  | { readonly type: 'rewound'; readonly at: number; readonly from: number; readonly changes: readonly LabChange[] }
  | { readonly type: 'stopped'; readonly step: number; readonly why: 'paused' | 'target' | 'diverged' | 'rewound' }
  | {
      readonly type: 'part';
      readonly id: number;
      readonly share: number;
      readonly what: string;
      readonly part?: unknown;
    }
  | {
      readonly type: 'measured';
      readonly id: number;
      readonly kind: MeasureKind;
      readonly step: number;
      readonly result: unknown;
    }
  | { readonly type: 'cancelled'; readonly id: number }
  /** A worker died and was started again from the checkpoint after `step` steps. */
  | {
      readonly type: 'restarted';
      readonly worker: 'training' | 'measuring';
      readonly step: number;
      readonly sentence: string;
    }
  | { readonly type: 'error'; readonly sentence: string; readonly code: string; readonly id?: number };

/** Everything that the page says to the worker that trains. */
export type ToTraining =
  /** `session` counts the sessions of a page; `ready` repeats it. */
  | {
      readonly type: 'open';
      readonly session: number;
      readonly state: LabState;
      readonly data?: LabBytes;
      readonly checkpoint?: LabCheckpoint;
    }
  | { readonly type: 'run' }
  | { readonly type: 'pause' }
  | { readonly type: 'step'; readonly n: number }
  | { readonly type: 'rewind'; readonly at: number }
  | { readonly type: 'set'; readonly key: SliderKey; readonly value: number }
  /** The measured edge of stability, which a later divergence is compared with. */
  | { readonly type: 'know'; readonly edge: number; readonly at: number }
  | { readonly type: 'snapshot'; readonly id: number; readonly rows: boolean }
  | { readonly type: 'checkpoint' };

/** What the training worker says beside `FromEngine`, to the host class alone. */
export type FromTraining =
  | FromEngine
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: 'checkpoint'; readonly checkpoint: LabCheckpoint };

/** Everything that the page says to the worker that measures. */
export type ToMeasuring =
  | { readonly type: 'data'; readonly state: LabState; readonly data?: LabBytes }
  | {
      readonly type: 'measure';
      readonly id: number;
      readonly kind: MeasureKind;
      readonly args: unknown;
      readonly snapshot?: Snapshot;
    }
  | { readonly type: 'cancel'; readonly id: number };

/** The state of training from which a session continues with the same bits. */
export interface LabCheckpoint {
  readonly step: number;
  readonly epoch: number;
  /** Position within the order of the running epoch, in samples, and the sums over that epoch. */
  readonly taken: number;
  readonly lossSum: number;
  readonly correct: number;
  readonly weights: Float32Array;
  readonly optimiser: Readonly<Record<string, Float32Array>>;
  /** Euclidean norm of the weights at the end of the last epoch; NaN before. */
  readonly weightNorm: number;
}

/** What a measurement works on: a copy, so that training goes on. */
export interface Snapshot {
  readonly step: number;
  readonly epoch: number;
  /** All weights, in PyTorch's order. */
  readonly weights: Float32Array;
  /** What the optimiser keeps, by name: velocity, or momentum and squares. */
  readonly optimiser: Readonly<Record<string, Float32Array>>;
  readonly layer: string;
  /** Rows of the recorded layer, T×P row-major, oldest first; empty where a measurement needs none. */
  readonly rows: Float32Array;
  /** Number of the step after which each row was recorded is firstStep + every·k. */
  readonly firstStep: number;
  readonly every: number;
  readonly batchesPerEpoch: number;
  /** The optimiser with the present settings. */
  readonly settings: OptimiserSpec;
  readonly batchSize: number;
  readonly sampling: 'shuffled' | 'replaced' | 'cyclic';
  readonly seed: number;
}

/** Names what can be measured. */
export type MeasureKind = keyof MeasureResults;

/** A running measurement. */
export interface Measurement<K extends MeasureKind> {
  readonly id: number;
  /** Rejects with an error whose `code` is `cancelled` when it was cancelled, and with one sentence when it failed. */
  readonly result: Promise<MeasureResults[K]>;
  cancel(): void;
}

/** What the page calls: implemented by `EngineClient` (page/engine-client.ts). */
export interface LabEngine {
  /** Opens data and network and trains to `state.at`; resolves when the session is ready, before it trains. */
  open(state: LabState, data?: LabBytes): Promise<SessionFacts>;
  run(): void;
  pause(): void;
  step(n: number): void;
  rewind(at: number): void;
  set(key: SliderKey, value: number): void;
  /** Measures on the weights and rows of this moment. `onPart` gets each part as it appears (flatness: one direction). */
  measure<K extends MeasureKind>(
    kind: K,
    args: MeasureArguments[K],
    onPart?: (part: { share: number; what: string; part?: unknown }) => void,
  ): Measurement<K>;
  /** Calls back with everything that the engine says; returns a function that ends it. */
  listen(listener: (message: FromEngine) => void): () => void;
  close(): void;
}
