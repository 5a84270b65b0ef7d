/**
 * What the page knows, as signals: the state that the URL holds, the session, the last messages of the engine, results of
 * measurements. Views read these and call the actions; only this file listens to the engine.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { formatCount } from '../../report/format.js';
import type { MeasureArguments, MeasureResults } from '../measures.js';
import type {
  Diverged,
  EpochReport,
  FromEngine,
  LabBytes,
  LabEngine,
  LabState,
  MeasureKind,
  Measurement,
  Progress,
  SessionFacts,
  SliderKey,
  SliderValues,
} from '../protocol.js';
import { addEpoch, addProgress, clearCurves, curves, curvesVersion, cutCurves, traceRate } from './curves.js';
import { highlight } from './highlight.js';

export type Phase = 'opening' | 'paused' | 'running' | 'diverged' | 'failed';

/** A sentence that the reader must see, until it is closed. */
export interface Told {
  readonly sentence: string;
  readonly kind: 'error' | 'mild';
}

/** The state of the page; set it through the actions below. */
export const lab = signal<LabState>(undefined as unknown as LabState);
export const session = signal<SessionFacts | undefined>(undefined);
export const phase = signal<Phase>('opening');
export const progress = signal<Progress | undefined>(undefined);
export const lastEpoch = signal<EpochReport | undefined>(undefined);
export const diverged = signal<Diverged | undefined>(undefined);
export const told = signal<readonly Told[]>([]);
/** The step to which a link or a rewinding trains. */
export const target = signal<number | undefined>(undefined);
/** Grows with each session, so that a view can forget what belonged to another one. */
export const sessionNumber = signal(0);
/** Steps taken; 0 before the first. */
export const step = computed(() => progress.value?.step ?? 0);
/** The last result of each measurement in this session, with its step. */
export const results = signal<Partial<MeasureResults>>({});

/** The step of each of them. */
let resultSteps: Record<string, number> = {};

/** The settings that sliders show: what was asked last, which the next step has. */
export const values = signal<SliderValues>({ learningRate: 0.1, momentum: 0, weightDecay: 0, batchSize: 50 });

let engine: LabEngine;
let bytes: (state: LabState) => Promise<LabBytes | undefined>;

/** Connects the page to an engine and opens the first session. `data` finds the bytes that a state needs. */
export function connect(to: LabEngine, data: typeof bytes, first: LabState): void {
  engine = to;
  bytes = data;
  lab.value = first;
  engine.listen(hear);
  Object.defineProperty(window, 'thermogradLab', { value: forTests, configurable: true });
  void open(first);
}

/** What tests and the curious read: cheap answers that may be polled, and everything as plain data. */
const forTests = Object.freeze({
  get step() {
    return step.peek();
  },
  get phase() {
    return phase.peek();
  },
  /** The step of each result that is there, by kind. */
  get measured(): Record<string, number> {
    return { ...resultSteps };
  },
  snapshot() {
    const { loss: _, correct: __, ...facts } = progress.peek() ?? ({} as Progress);
    const all = {
      state: lab.peek(),
      phase: phase.peek(),
      step: step.peek(),
      progress: { ...facts, lastLoss: curves.loss.last },
      epoch: lastEpoch.peek(),
      session: session.peek(),
      diverged: diverged.peek(),
      highlight: highlight.peek(),
      told: told.peek(),
      results: results.peek(),
    };
    return JSON.parse(
      JSON.stringify(all, (_key, v) => (ArrayBuffer.isView(v) ? [...(v as unknown as Iterable<number>)] : v)),
    );
  },
});

/** Opens a session with this state and trains to `state.at`. The session before it is given up. */
export async function open(state: LabState): Promise<void> {
  batch(() => {
    lab.value = state;
    phase.value = 'opening';
    progress.value = undefined;
    lastEpoch.value = undefined;
    diverged.value = undefined;
    results.value = {};
    resultSteps = {};
    highlight.value = undefined;
    target.value = state.at > 0 ? state.at : undefined;
    sessionNumber.value++;
    values.value = valuesOf(state);
  });
  inbox.length = 0;
  pending.clear();
  clearCurves();
  traceRate(state, 0, state.optimiser.learningRate);
  const mine = sessionNumber.peek();
  try {
    const data = await bytes(state);
    if (mine !== sessionNumber.peek()) return;
    const facts = await engine.open(state, data);
    if (mine !== sessionNumber.peek()) return;
    session.value = facts;
    if (phase.peek() === 'opening') phase.value = state.at > 0 ? 'running' : 'paused';
    flush();
  } catch (error) {
    if (mine !== sessionNumber.peek()) return;
    phase.value = 'failed';
    tell(error instanceof Error ? error.message : String(error));
  }
}

/** Changes settings that need a new session: it begins at step 0 with the values that the sliders show. */
export function reopen(change: Partial<LabState>): Promise<void> {
  const { learningRate, momentum, weightDecay, batchSize } = values.peek();
  const state = lab.peek();
  const optimiser = change.optimiser ?? {
    ...state.optimiser,
    learningRate,
    ...(takesMomentum(state) && { momentum }),
    weightDecay,
  };
  return open({ ...state, batchSize, ...change, optimiser, changes: [], at: 0 });
}

/** Changes what numbers do not depend on, such as the view, or what one view keeps. */
export function keep(change: Partial<Pick<LabState, 'view' | 'valley' | 'landscape' | 'controls' | 'runs'>>): void {
  lab.value = { ...lab.peek(), ...change };
}

export function run(): void {
  if (session.peek() === undefined || phase.peek() === 'diverged') return;
  phase.value = 'running';
  engine.run();
}

export function pause(): void {
  engine.pause();
}

export function takeSteps(n: number): void {
  if (session.peek() === undefined || phase.peek() !== 'paused') return;
  phase.value = 'running';
  engine.step(n);
}

/** Goes back to the state after `at` steps. */
export function rewind(at: number): void {
  if (session.peek() === undefined) return;
  engine.rewind(Math.max(0, Math.min(at, step.peek())));
}

/** Milliseconds between two settings of one slider that is being dragged; the last one always arrives. */
const PACE = 120;
const pending = new Map<SliderKey, number>();
let lastSet = -PACE;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Moves a slider: it acts from the next step on, without a reset. */
export function set(key: SliderKey, value: number): void {
  values.value = { ...values.peek(), [key]: value };
  pending.set(key, value);
  const wait = lastSet + PACE - performance.now();
  if (wait <= 0) flush();
  else timer ??= setTimeout(flush, wait);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (phase.peek() === 'opening') return; // what is moved meanwhile is told when the session is ready
  lastSet = performance.now();
  for (const [key, value] of pending) engine.set(key, value);
  pending.clear();
}

/** Calls `end` when a measurement has ended, with a sentence where it has no result. */
export function whenEnded({ result }: Pick<Measurement<MeasureKind>, 'result'>, end: (why?: string) => void): void {
  result.then(
    () => end(),
    (error: unknown) => {
      const { code, message } = error as { code?: string; message?: string };
      end(code === 'cancelled' ? 'Stopped.' : (message ?? String(error)));
    },
  );
}

/** Measures on the weights and the window of this moment; the result is also kept in `results`. */
export function measure<K extends MeasureKind>(
  kind: K,
  args: MeasureArguments[K],
  onPart?: Parameters<LabEngine['measure']>[2],
): Measurement<K> {
  const mine = sessionNumber.peek();
  const at = step.peek();
  const running = engine.measure(kind, args, onPart);
  running.result.then(
    (result) => {
      if (mine !== sessionNumber.peek()) return;
      resultSteps[kind] = at;
      results.value = { ...results.peek(), [kind]: result };
    },
    () => {}, // whoever asked hears of it
  );
  return running;
}

export function tell(sentence: string, kind: Told['kind'] = 'error'): void {
  if (!told.peek().some((t) => t.sentence === sentence)) told.value = [...told.peek(), { sentence, kind }];
}

export function forget(t: Told): void {
  told.value = told.peek().filter((other) => other !== t);
}

export const takesMomentum = (state: LabState): boolean =>
  state.optimiser.type === 'sgd' || state.optimiser.type === 'rmsprop';

const valuesOf = (state: LabState): SliderValues => {
  const last = (key: SliderKey, first: number) => state.changes.findLast((c) => c.key === key)?.value ?? first;
  const { optimiser, batchSize } = state;
  return {
    learningRate: last('learningRate', optimiser.learningRate),
    momentum: last('momentum', optimiser.momentum ?? 0),
    weightDecay: last('weightDecay', optimiser.weightDecay ?? (optimiser.type === 'adamw' ? 0.01 : 0)),
    batchSize: last('batchSize', batchSize),
  };
};

/** Milliseconds between two updates of the page: a small network has thousands of epochs a second, and each sends a message. */
const UPDATE = 60;
const inbox: (Progress | EpochReport)[] = [];
let updated = -UPDATE;
let updating: ReturnType<typeof setTimeout> | undefined;

/** Takes what has come in of progress and epochs: every point enters the curves, and the page is drawn once. */
function update(): void {
  clearTimeout(updating);
  updating = undefined;
  updated = performance.now();
  if (inbox.length === 0) return;
  batch(() => {
    for (const message of inbox) {
      if (message.type === 'epoch') {
        lastEpoch.value = message;
        addEpoch(message);
      } else {
        progress.value = message;
        addProgress(message);
      }
    }
    inbox.length = 0;
    const p = progress.peek();
    target.value = p?.target;
    if (p) traceRate(lab.peek(), p.step, p.values.learningRate);
    curvesVersion.value++;
  });
}

function hear(message: FromEngine): void {
  if (message.type === 'progress' || message.type === 'epoch') {
    inbox.push(message);
    updating ??= setTimeout(update, Math.max(0, updated + UPDATE - performance.now()));
    return;
  }
  update();
  batch(() => {
    switch (message.type) {
      case 'ready':
        session.value = message.facts;
        break;
      case 'diverged':
        diverged.value = message;
        phase.value = 'diverged';
        break;
      case 'changed':
        lab.value = { ...lab.peek(), changes: message.changes };
        if (pending.size === 0) values.value = message.values;
        traceRate(lab.peek(), Math.max(message.at, step.peek()), message.values.learningRate);
        break;
      case 'rewound':
        diverged.value = undefined;
        lab.value = { ...lab.peek(), changes: message.changes, at: message.at };
        values.value = valuesOf(lab.peek());
        if (progress.peek()) progress.value = { ...progress.peek()!, step: message.at };
        cutCurves(message.at);
        phase.value = 'running'; // until it says that it has arrived there
        break;
      case 'stopped':
        target.value = undefined;
        phase.value = message.why === 'diverged' ? 'diverged' : 'paused';
        lab.value = { ...lab.peek(), at: message.step };
        break;
      case 'restarted':
        tell(
          message.sentence ||
            `The worker was started again from the checkpoint after ${formatCount(message.step)} steps.`,
          'mild',
        );
        if (message.worker === 'training') cutCurves(message.step);
        break;
      case 'error':
        if (message.id !== undefined) break;
        tell(message.sentence);
        // an error ends what was going on; a worker that cannot be started again ends the session
        if (message.code === 'worker-failed') phase.value = 'failed';
        else if (phase.peek() === 'running') phase.value = 'paused';
        break;
      default:
        break;
    }
  });
}

/** Keeps the URL in step with the state, without an entry in the history for every change. */
export function followUrl(write: (state: LabState) => string, read: (hash: string) => LabState): void {
  let own = '';
  effect(() => {
    const text = write(lab.value);
    own = text.startsWith('#') ? text : `#${text}`;
    if (location.hash !== own) history.replaceState(null, '', own);
  });
  addEventListener('hashchange', () => {
    if (location.hash === own) return;
    try {
      void open(read(location.hash));
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
    }
  });
}
