/**
 * The engine as the page sees it: two workers, one that trains and one that measures on copies of its weights, so that training goes on.
 * Buffers are cloned or transferred, never shared, so that any static server will do.
 */
import { NEEDS_ROWS } from '../engine/registry.js';
import type { MeasureArguments, MeasureResults } from '../measures.js';
import type {
  FromEngine,
  FromTraining,
  LabBytes,
  LabChange,
  LabCheckpoint,
  LabEngine,
  LabState,
  MeasureKind,
  Measurement,
  SessionFacts,
  SliderKey,
  ToMeasuring,
  ToTraining,
} from '../protocol.js';

/** A worker, as far as it is used; tests put hosts of the engine in its place. */
export interface EngineWorker {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  terminate(): void;
}

/** How workers are started. */
export interface EngineWorkers {
  training(): EngineWorker;
  measuring(): EngineWorker;
}

const WORKERS: EngineWorkers = {
  training: () => new Worker(new URL('../engine/worker.ts', import.meta.url), { type: 'module', name: 'training' }),
  measuring: () => new Worker(new URL('../engine/worker.ts', import.meta.url), { type: 'module', name: 'measuring' }),
};

/** Most restarts of a worker without a step or a result between them. */
const MOST_RESTARTS = 3;

/** An error of the engine: one sentence, and a code for machines. */
export class EngineError extends Error {
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

interface Opened {
  readonly state: LabState;
  readonly data: LabBytes | undefined;
  changes: readonly LabChange[];
  step: number;
  checkpoint: LabCheckpoint | undefined;
  running: boolean;
  /** The edge of stability that was measured last. */
  edge: Extract<ToTraining, { type: 'know' }> | undefined;
}

interface Waiting {
  readonly kind: MeasureKind;
  readonly args: unknown;
  readonly onPart: ((part: { share: number; what: string; part?: unknown }) => void) | undefined;
  resolve(result: never): void;
  reject(error: Error): void;
}

/** Starts the workers, passes messages on, and starts a worker again that died. */
export class EngineClient implements LabEngine {
  private readonly listeners = new Set<(message: FromEngine) => void>();
  private readonly waiting = new Map<number, Waiting>();
  private training: EngineWorker | undefined;
  private measuring: EngineWorker | undefined;
  private opened: Opened | undefined;
  private opening: { resolve(facts: SessionFacts): void; reject(error: Error): void } | undefined;
  private nextId = 1;
  private sessions = 0;
  private ready = false;
  private restarts = { training: 0, measuring: 0 };

  constructor(private readonly workers: EngineWorkers = WORKERS) {}

  open(state: LabState, data?: LabBytes): Promise<SessionFacts> {
    this.opening?.reject(new EngineError('replaced', 'another session was opened.'));
    for (const id of this.waiting.keys()) this.cancel(id);
    this.opened = {
      state,
      data,
      changes: state.changes,
      step: 0,
      checkpoint: undefined,
      running: false,
      edge: undefined,
    };
    this.restarts = { training: 0, measuring: 0 };
    this.ready = false;
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.toTraining({ type: 'open', session: ++this.sessions, state, ...(data && { data }) });
      this.toMeasuring({ type: 'data', state, ...(data && { data }) });
    });
  }

  run(): void {
    if (this.opened) this.opened.running = true;
    this.toTraining({ type: 'run' });
  }

  pause(): void {
    if (this.opened) this.opened.running = false;
    this.toTraining({ type: 'pause' });
  }

  step(n: number): void {
    this.toTraining({ type: 'step', n });
  }

  rewind(at: number): void {
    if (this.opened) this.opened.running = false;
    this.toTraining({ type: 'rewind', at });
  }

  set(key: SliderKey, value: number): void {
    this.toTraining({ type: 'set', key, value });
  }

  measure<K extends MeasureKind>(
    kind: K,
    args: MeasureArguments[K],
    onPart?: (part: { share: number; what: string; part?: unknown }) => void,
  ): Measurement<K> {
    const id = this.nextId++;
    const result = new Promise<MeasureResults[K]>((resolve, reject) => {
      this.waiting.set(id, { kind, args, onPart, resolve, reject });
    });
    // a measurement whose result nobody waits for is no fault of the page
    result.catch(() => {});
    if (this.opened) this.toTraining({ type: 'snapshot', id, rows: NEEDS_ROWS.includes(kind) });
    else this.fail(id, new EngineError('no-session', 'there is no session to measure.'));
    return { id, result, cancel: () => this.cancel(id) };
  }

  listen(listener: (message: FromEngine) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    for (const id of this.waiting.keys()) this.cancel(id);
    this.training?.terminate();
    this.measuring?.terminate();
    this.training = undefined;
    this.measuring = undefined;
    this.opened = undefined;
  }

  private say(message: FromEngine): void {
    for (const listener of [...this.listeners]) listener(message);
  }

  private toTraining(message: ToTraining): void {
    if (!this.training) {
      const worker = this.workers.training();
      this.training = worker;
      worker.onmessage = ({ data }) => this.fromTraining(data as FromTraining);
      this.watch(worker, 'training');
    }
    this.training.postMessage(message);
  }

  private toMeasuring(message: ToMeasuring, transfer: Transferable[] = []): void {
    if (!this.measuring) {
      const worker = this.workers.measuring();
      this.measuring = worker;
      worker.onmessage = ({ data }) => this.fromMeasuring(data as FromEngine);
      this.watch(worker, 'measuring');
    }
    this.measuring.postMessage(message, transfer);
  }

  private watch(worker: EngineWorker, which: 'training' | 'measuring'): void {
    const died = (why: string) => {
      if (worker === this[which]) this.died(which, why);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      died(event.message || 'it could not be loaded');
    };
    worker.onmessageerror = () => died('a message could not be read');
  }

  private fromTraining(message: FromTraining): void {
    const { opened } = this;
    // what comes before the session is ready was said of another one
    if (message.type === 'ready' && message.session === this.sessions) this.ready = true;
    if (!this.ready && message.type !== 'error') return;
    switch (message.type) {
      case 'snapshot': {
        const waiting = this.waiting.get(message.id);
        if (!waiting) return;
        const { kind, args } = waiting;
        const { snapshot } = message;
        const buffers = [snapshot.weights, snapshot.rows, ...Object.values(snapshot.optimiser)].map((a) => a.buffer);
        this.toMeasuring({ type: 'measure', id: message.id, kind, args, snapshot }, buffers as ArrayBuffer[]);
        return;
      }
      case 'checkpoint':
        if (opened) opened.checkpoint = message.checkpoint;
        return;
      case 'ready':
        this.opening?.resolve(message.facts);
        this.opening = undefined;
        if (opened?.edge) this.toTraining(opened.edge);
        if (opened?.running) this.toTraining({ type: 'run' });
        break;
      case 'progress':
        if (opened) opened.step = message.step;
        if (message.loss.length > 0) this.restarts.training = 0;
        break;
      case 'changed':
        if (opened) opened.changes = message.changes;
        break;
      case 'rewound':
        if (opened) {
          opened.changes = message.changes;
          if ((opened.checkpoint?.step ?? 0) > message.at) opened.checkpoint = undefined;
        }
        break;
      case 'stopped':
        if (opened && message.why !== 'target') opened.running = false;
        break;
      case 'error':
        if (message.code === 'worker-failed') {
          this.died('training', message.sentence);
          return;
        }
        if (message.id !== undefined) {
          this.fail(message.id, new EngineError(message.code, message.sentence));
          return;
        }
        if (this.opening) {
          this.opening.reject(new EngineError(message.code, message.sentence));
          this.opening = undefined;
        }
        break;
    }
    this.say(message);
  }

  private fromMeasuring(message: FromEngine): void {
    if (message.type === 'error' && message.id === undefined) {
      // its code could not be loaded: nothing that was asked for will be answered
      for (const id of [...this.waiting.keys()]) this.fail(id, new EngineError(message.code, message.sentence));
      this.say(message);
      return;
    }
    if (!('id' in message) || message.id === undefined) return;
    const waiting = this.waiting.get(message.id);
    if (!waiting) return;
    if (message.type === 'part') waiting.onPart?.(message);
    else if (message.type === 'measured') {
      this.waiting.delete(message.id);
      this.restarts.measuring = 0;
      this.remember(message.kind, message.step, message.result);
      waiting.resolve(message.result as never);
    } else if (message.type === 'error') this.fail(message.id, new EngineError(message.code, message.sentence));
    else if (message.type === 'cancelled') this.fail(message.id, cancelled());
    this.say(message);
  }

  /** Tells training the measured edge of stability, so that a divergence can be compared with it. */
  private remember(kind: MeasureKind, at: number, result: unknown): void {
    if (kind !== 'ceiling') return;
    const { edge } = result as MeasureResults['ceiling'];
    if (!this.opened || !Number.isFinite(edge.value)) return;
    this.opened.edge = { type: 'know', edge: edge.value, at };
    this.toTraining(this.opened.edge);
  }

  private cancel(id: number): void {
    if (!this.waiting.has(id)) return;
    if (this.measuring) this.toMeasuring({ type: 'cancel', id });
    this.fail(id, cancelled());
  }

  private fail(id: number, error: Error): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.reject(error);
  }

  private died(which: 'training' | 'measuring', why: string): void {
    const { opened } = this;
    this[which]?.terminate();
    this[which] = undefined;
    for (const id of [...this.waiting.keys()])
      this.fail(id, new EngineError('worker-failed', `the worker of the ${which} stopped (${why}); measure again.`));
    if (!opened) return;
    const times = ++this.restarts[which];
    if (times > MOST_RESTARTS || (which === 'training' && this.opening)) {
      const sentence = `The worker of the ${which} cannot go on: ${why}. Choose a smaller network or fewer samples, or load the page again.`;
      this.opening?.reject(new EngineError('worker-failed', sentence));
      this.opening = undefined;
      this.say({ type: 'error', sentence, code: 'worker-failed' });
      return;
    }
    const { data, changes, step, checkpoint } = opened;
    const state = { ...opened.state, changes, at: step };
    const from = which === 'training' ? (checkpoint?.step ?? 0) : step;
    const sentence =
      which === 'training'
        ? `The worker that trains stopped (${why}); it was started again from its checkpoint after step ${from}.`
        : `The worker that measures stopped (${why}); it was started again, and training went on.`;
    this.say({ type: 'restarted', worker: which, step: from, sentence });
    if (which === 'measuring') {
      this.toMeasuring({ type: 'data', state, ...(data && { data }) });
      return;
    }
    this.ready = false;
    this.toTraining({
      type: 'open',
      session: ++this.sessions,
      state,
      ...(data && { data }),
      ...(checkpoint && { checkpoint }),
    });
  }
}

const cancelled = () => new EngineError('cancelled', 'the measurement was cancelled.');

// (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt))
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Says in one sentence what this browser lacks; undefined where it has everything. */
export function missingInBrowser(scope: {
  readonly Worker?: unknown;
  readonly WebAssembly?: Pick<typeof WebAssembly, 'validate'>;
}): string | undefined {
  if (!scope.Worker)
    return 'This browser starts no workers, in which networks are trained here; a current Firefox, Chrome or Safari does.';
  if (!scope.WebAssembly)
    return 'This browser runs no WebAssembly, or it is switched off (some private modes do that); training needs it.';
  if (!scope.WebAssembly.validate(SIMD))
    return 'This browser runs WebAssembly without SIMD, which training needs; a version from 2021 or later has it.';
  return undefined;
}
