/**
 * A network that trains, without a page: its state follows from a `LabState` and the number of steps alone. How many steps are taken at
 * once, and what is measured or drawn between them, changes no number.
 */
import type { Dataset } from '../../data/dataset.js';
import { type AnyNetwork, countOf, initialOf, recordedBlock } from '../../model/any-network.js';
import { check, DivergedError, ThermogradError } from '../../numeric/errors.js';
import { type Key, randomKey } from '../../numeric/random.js';
import {
  type Cursor,
  type Curves,
  type EpochEnd,
  newCursor,
  newCurves,
  type StepChunk,
  trainingLoop,
} from '../../train/loop.js';
import { STEPS_PER_CALL } from '../../train/trainer.js';
import type {
  Diverged,
  EpochReport,
  LabBytes,
  LabChange,
  LabCheckpoint,
  LabState,
  SessionFacts,
  SliderKey,
  SliderValues,
  Snapshot,
  WindowFacts,
} from '../protocol.js';
import { Checkpoints } from './checkpoints.js';
import { datasetOf } from './data.js';
import { type KnownEdge, notFinite, standstill } from './divergence.js';
import { Evaluation, epochReport } from './evaluation.js';
import { factsOf } from './facts.js';
import { GrowingFloats } from './growing.js';
import { inSteps, SessionLearner } from './learner.js';
import { networkFor } from './network.js';
import { orderFrom } from './order.js';
import { checkSettings, moved, type Settings, settingsAt, valuesOf, withChange } from './sliders.js';
import { RowRing, windowShape } from './window.js';

/** What a session says while it works. */
export type SessionEvent = EpochReport | Diverged;

/** Trains one network. */
export class LabSession {
  readonly facts: SessionFacts;
  private readonly cursor: Cursor = { ...newCursor(), stoppedAfter: 0, reason: 'live' };
  private readonly curves: Curves = newCurves();
  private readonly learner: SessionLearner;
  private readonly checkpoints: Checkpoints;
  private readonly evaluation: Evaluation;
  private readonly key: Key;
  private readonly losses = new GrowingFloats();
  private readonly corrects = new GrowingFloats();
  /** Steps whose losses are not here: those before the checkpoint that a session began with. */
  private offset = 0;
  private changes: readonly LabChange[];
  private window: RowRing;
  private loop: Generator<StepChunk | EpochEnd, void, void> | undefined;
  private allowed = 1;
  private running:
    | { readonly work: ReturnType<Evaluation['run']>; readonly epoch: number; readonly step: number }
    | undefined;
  /** Up to this step everything was reported before a rewinding. */
  private known = 0;
  private ended: Diverged | undefined;
  private edge: KnownEdge | undefined;

  private constructor(
    private readonly initial: LabState,
    readonly dataset: Dataset,
    readonly network: AnyNetwork,
    checkpoint: LabCheckpoint | undefined,
  ) {
    const { train, test } = dataset;
    this.changes = initial.changes;
    this.key = randomKey(initial.seed);
    const settings = { optimiser: initial.optimiser, batchSize: initial.batchSize };
    checkSettings(settings, train.count);
    for (const change of initial.changes) checkSettings(settingsAt(initial, change.at), train.count);
    const batchesPerEpoch = Math.floor(train.count / initial.batchSize);
    const request = { network, samples: train, layer: initial.layer, seed: initial.seed, batchesPerEpoch };
    recordedBlock(network, initial.layer);
    this.learner = new SessionLearner(request, settings);
    this.evaluation = new Evaluation(network, this.learner, train, test);
    this.learner.restore(initialOf(network, this.key.child('init')), {}, 0);
    const bytes = 4 * countOf(network) * (1 + Object.keys(this.learner.states()).length);
    this.checkpoints = new Checkpoints(bytes);
    this.checkpoints.put(this.checkpoint());
    this.window = this.newWindow(settings, 0);
    this.facts = factsOf({ network, dataset, batchesPerEpoch }, this.checkpoints, {
      training: SessionLearner.bytes(request, settings),
      window: this.window.bytes,
      checkpoints: Checkpoints.bytes(bytes),
    });
    if (checkpoint) {
      this.checkpoints.put(checkpoint);
      this.restore(checkpoint, checkpoint.step);
      this.offset = checkpoint.step;
    }
  }

  /**
   * Opens a session after step 0, or after the step of a checkpoint.
   * @throws InputError for data, a network, a layer and settings that do not fit one another
   */
  static async open(state: LabState, bytes?: LabBytes, checkpoint?: LabCheckpoint): Promise<LabSession> {
    const dataset = await datasetOf(state.data, bytes);
    return new LabSession(state, dataset, networkFor(state.network, dataset), checkpoint);
  }

  /** Steps taken. */
  get step(): number {
    return this.cursor.step;
  }

  /** Epochs, the running one as a fraction. */
  get epochs(): number {
    return this.cursor.epoch + this.cursor.seen / this.dataset.train.count;
  }

  /** Whether the end of an epoch is being evaluated, during which no step can be taken. */
  get evaluating(): boolean {
    return this.running !== undefined;
  }

  /** What ended training; it goes on after a slider was moved or after rewinding. */
  get diverged(): Diverged | undefined {
    return this.ended;
  }

  /** Loss of the next step's settings and of the sliders. */
  get values(): SliderValues {
    return valuesOf(this.settings);
  }

  get windowFacts(): WindowFacts {
    return this.window.facts();
  }

  get checkpointEvery(): number {
    return this.checkpoints.every;
  }

  /** The state that a link to this moment has. */
  get state(): LabState {
    return { ...this.initial, changes: this.changes, at: this.step };
  }

  /** Returns minibatch losses, correct predictions of the steps after `step`. */
  since(step: number): { readonly firstStep: number; readonly loss: Float32Array; readonly correct: Uint16Array } {
    const from = Math.max(0, step - this.offset);
    return {
      firstStep: this.offset + from + 1,
      loss: this.losses.slice(from),
      correct: Uint16Array.from(this.corrects.slice(from)),
    };
  }

  /** Remembers the edge of stability, so that a divergence can be compared with it. */
  know(edge: KnownEdge): void {
    this.edge = edge;
  }

  /**
   * Moves a slider: the next step has the new value, and the window begins anew.
   * @throws InputError for a value that the optimiser refuses; nothing has changed then
   */
  set(key: SliderKey, value: number): readonly LabChange[] {
    checkSettings(moved(this.settings, { key, value }), this.dataset.train.count);
    this.changes = withChange(this.changes, { at: this.step, key, value });
    this.loop = undefined;
    this.window = this.newWindow(this.settings, this.step);
    this.ended = undefined;
    return this.changes;
  }

  /**
   * Takes at most `most` steps, in one call of the kernel and not beyond the next change or checkpoint. While an epoch is evaluated it
   * does a block of that instead. Returns what there is to tell.
   */
  advance(most: number): SessionEvent[] {
    if (this.running) return this.evaluateBlock();
    if (this.ended) return [];
    this.applySettings();
    this.allowed = Math.max(1, Math.min(most, STEPS_PER_CALL, this.checkpoints.due(this.step), this.untilChange()));
    try {
      return this.take();
    } catch (error) {
      return this.failed(error);
    }
  }

  /** Trains to a step, evaluations at the ends of epochs included or, to be quick, left out. */
  trainTo(step: number, evaluate = true): SessionEvent[] {
    const events: SessionEvent[] = [];
    if (!evaluate) this.known = Math.max(this.known, step);
    while ((this.step < step || this.running) && !this.ended) events.push(...this.advance(step - this.step));
    return events;
  }

  /**
   * Goes back to `at`: to a checkpoint from which training to `at` fills the window as it was. Moves of sliders after `at` are
   * forgotten. Training to `at` is the caller's.
   * @throws InputError for a step that was not reached
   */
  rewind(at: number): void {
    const { step } = this;
    check(Number.isInteger(at) && at >= 0 && at <= step, 'bad-step', `there are ${step} steps to rewind; got ${at}.`);
    this.changes = this.changes.filter((change) => change.at <= at);
    const begun = this.changes.map((change) => change.at);
    const { capacity, every } = windowShape(
      this.window.size,
      this.windowSteps(settingsAt({ ...this.initial, changes: this.changes }, at)),
    );
    this.checkpoints.cut(at);
    const start = this.checkpoints.before(Math.max(0, at - capacity * every, ...begun))!;
    this.restore(start, Math.max(0, ...begun.filter((change) => change <= start.step)));
    this.known = at;
    this.offset = Math.min(this.offset, at);
    this.losses.cut(at - this.offset);
    this.corrects.cut(at - this.offset);
  }

  /** Returns the present state of training. */
  checkpoint(): LabCheckpoint {
    const { step, epoch, seen, lossSum, correct } = this.cursor;
    return {
      step,
      epoch,
      taken: seen,
      lossSum,
      correct,
      weights: this.learner.weights(),
      optimiser: this.learner.states(),
      weightNorm: this.curves.weightNorm[epoch - 1] ?? Number.NaN,
    };
  }

  /** Returns a copy of what measurements work on. */
  snapshot(withRows: boolean): Snapshot {
    const { optimiser, batchSize } = this.settings;
    const { rows, firstStep } = withRows ? this.window.snapshot() : { rows: new Float32Array(), firstStep: 0 };
    return {
      step: this.step,
      epoch: this.epochs,
      weights: this.learner.weights(),
      optimiser: this.learner.states(),
      layer: this.initial.layer,
      rows,
      firstStep,
      every: this.window.every,
      batchesPerEpoch: Math.floor(this.dataset.train.count / batchSize),
      settings: inSteps(optimiser, this.facts.batchesPerEpoch),
      batchSize,
      sampling: this.initial.sampling,
      seed: this.initial.seed,
    };
  }

  private get settings(): Settings {
    return settingsAt({ ...this.initial, changes: this.changes }, this.step);
  }

  private windowSteps({ batchSize }: Settings): number {
    return this.initial.window * Math.floor(this.dataset.train.count / batchSize);
  }

  private newWindow(settings: Settings, since: number): RowRing {
    const { size } = recordedBlock(this.network, this.initial.layer);
    const { capacity, every } = windowShape(size, this.windowSteps(settings));
    return new RowRing(size, capacity, every, since);
  }

  private untilChange(): number {
    return Math.min(...this.changes.filter(({ at }) => at > this.step).map(({ at }) => at - this.step), STEPS_PER_CALL);
  }

  /** Gives the learner the settings of the next step; a change that came up on the way empties the window. */
  private applySettings(): void {
    const { settings } = this;
    if (this.changes.some(({ at }) => at === this.step) && this.window.since !== this.step) {
      this.window = this.newWindow(settings, this.step);
      this.loop = undefined;
    }
    if (JSON.stringify(settings) === JSON.stringify(this.learner.present)) return;
    this.learner.use(settings);
    this.loop = undefined;
  }

  /** Takes a chunk of steps, and closes the epoch where it ends with them. */
  private take(): SessionEvent[] {
    const event = this.next();
    if (event.kind === 'epoch') return this.epochEnd();
    const { firstStep, loss, correct, recorded } = event;
    if (recorded) this.window.append(firstStep, recorded);
    const fresh = Math.max(0, this.offset + this.losses.length + 1 - firstStep);
    this.losses.push(loss.subarray(fresh));
    this.corrects.push(Float32Array.from(correct.subarray(fresh)));
    const left = this.dataset.train.count - this.cursor.seen;
    // a step belongs to one epoch only, so the end of one follows at once
    const events = left < this.settings.batchSize ? this.take() : [];
    if (this.checkpoints.wants(this.step)) this.checkpoints.put(this.checkpoint());
    return events;
  }

  private next(): StepChunk | EpochEnd {
    this.loop ??= this.newLoop();
    return this.loop.next().value as StepChunk | EpochEnd;
  }

  /** Makes the loop of the library from here on; nothing stops it. */
  private newLoop(): Generator<StepChunk | EpochEnd, void, void> {
    const { initial, cursor, dataset, learner } = this;
    const { batchSize } = learner.present;
    cursor.batch = 0;
    return trainingLoop({
      learner,
      plan: orderFrom({
        count: dataset.train.count,
        batchSize,
        sampling: initial.sampling,
        key: this.key.child('batches'),
        epoch: cursor.epoch,
        taken: cursor.seen,
      }),
      batchSize,
      stop: { rule: 'epochs', epochs: 1 },
      windowEpochs: Number.MAX_SAFE_INTEGER,
      maxEpochs: Number.MAX_SAFE_INTEGER,
      evaluateEvery: Number.MAX_SAFE_INTEGER,
      evaluateTrain: () => ({ loss: Number.NaN, errors: Number.NaN, samples: 0 }),
      evaluateTest: undefined,
      cursor,
      curves: this.curves,
      chunkSteps: STEPS_PER_CALL,
      room: () => this.allowed,
    });
  }

  private epochEnd(): SessionEvent[] {
    const { epoch, step } = this.cursor;
    if (step > this.known) this.running = { work: this.evaluation.run(), epoch, step };
    return [];
  }

  private evaluateBlock(): SessionEvent[] {
    const { work, epoch, step } = this.running!;
    const { done, value } = work.next();
    if (!done) return [];
    this.running = undefined;
    return [epochReport(this.curves, { epoch, step }, value)];
  }

  /** Brings training to the last step that can be taken, and says why it ends there. */
  private failed(error: unknown): SessionEvent[] {
    this.loop = undefined;
    if (error instanceof DivergedError) {
      const good = error.step - 1 - this.step;
      this.allowed = good;
      const events = good > 0 ? this.take() : [];
      this.ended = notFinite(error.step, error.loss, error.learningRate, this.edge);
      return [...events, this.ended];
    }
    if (!(error instanceof ThermogradError && error.code === 'standstill')) throw error;
    const { cursor, curves } = this;
    Object.assign(cursor, { batch: 0, lossSum: 0, correct: 0, seen: 0 });
    // where a slider was moved here, training goes on from here
    if (this.changes.some(({ at }) => at === cursor.step)) return [];
    this.ended = standstill(cursor.step, curves.runningLoss[cursor.epoch - 1], this.learner.learningRate, this.edge);
    return [this.ended];
  }

  /** @param since - steps after which the window begins */
  private restore(checkpoint: LabCheckpoint, since: number): void {
    const { step, epoch, taken, lossSum, correct, weights, optimiser, weightNorm } = checkpoint;
    Object.assign(this.cursor, { step, epoch, batch: 0, seen: taken, lossSum, correct });
    for (const list of Object.values(this.curves) as number[][]) {
      list.length = Math.min(epoch, list.length);
      while (list.length < epoch) list.push(Number.NaN);
    }
    if (epoch > 0) (this.curves.weightNorm as number[])[epoch - 1] = weightNorm;
    this.loop = undefined;
    this.running = undefined;
    this.ended = undefined;
    this.window = this.newWindow(this.settings, since);
    this.learner.use(this.settings);
    this.learner.restore(weights, optimiser, step);
  }
}
