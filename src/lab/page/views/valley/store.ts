/** What the view Valley knows: the last frame of its worker, and the state that the link holds. */
import { signal } from '@preact/signals';
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import { valleyFromLink, valleyLink } from '../../../engine/valley/link.js';
import type { ValleySlider, ValleyState } from '../../../engine/valley/state.js';
import type { FromValley, ToValley } from '../../../engine/valley/talk.js';
import { keep, lab, tell } from '../../store.js';

export const frame = signal<ValleyFrame | undefined>(undefined);
/** The frame that words and tables speak of: a new one twice a second, and whenever something was changed or stands still. */
export const said = signal<ValleyFrame | undefined>(undefined);
export const running = signal(false);
export const opening = signal(false);
/** Steps of all particles together in a second; NaN while nothing moves. */
export const rate = signal(Number.NaN);
/** The step that a link asks for, while it is being reached. */
export const target = signal<number | undefined>(undefined);
/** What is wrong with a formula or a number, in one sentence. */
export const wrong = signal('');
/** The state as it was opened, with its changes: what the link holds. */
export const shown = signal<ValleyState>(valleyFromLink({}));

/** Milliseconds between two frames that are spoken of. */
const PACE = 500;
let saidAt = -PACE;
let worker: Worker | undefined;
/** The link that this view wrote last. */
let written = '';

function say(message: ToValley): void {
  worker ??= begin();
  worker.postMessage(message);
}

function begin(): Worker {
  const made = new Worker(new URL('../../../engine/valley-worker.ts', import.meta.url), { type: 'module' });
  made.onmessage = ({ data }: MessageEvent<FromValley>) => hear(data);
  made.onerror = (e) => {
    e.preventDefault();
    made.terminate();
    worker = undefined;
    tell(`The worker of the valley stopped (${e.message || 'no reason was given'}); it was started again.`, 'mild');
    const goesOn = running.peek();
    openValley({ ...shown.peek() });
    if (goesOn) run();
  };
  return made;
}

function hear(m: FromValley): void {
  if (m.type === 'error') {
    opening.value = false;
    asked.value = {};
    // the link goes on to say what is shown: the landscape before, or the first one of all
    if (m.old) write(shown.peek());
    else openValley(valleyFromLink({}));
    wrong.value = m.sentence;
    return;
  }
  frame.value = m.frame;
  running.value = m.running;
  target.value = m.target;
  opening.value = false;
  const moved = m.link.changes.length !== shown.peek().changes.length;
  const stands = !m.running && m.target === undefined;
  if (moved || stands || performance.now() - saidAt > PACE) {
    saidAt = performance.now();
    said.value = m.frame;
    rate.value = m.stepsPerSecond;
  }
  shown.value = m.link;
  if (moved && !waiting) asked.value = {};
  if (moved || stands) write(m.link);
}

function write(state: ValleyState): void {
  const link = valleyLink(state);
  const text = JSON.stringify(link);
  if (text === written) return;
  written = text;
  keep({ valley: link });
}

/** Opens a state; particles go to its step and wait there. */
export function openValley(state: ValleyState): void {
  wrong.value = '';
  opening.value = true;
  saidAt = -PACE;
  write(state);
  say({ type: 'open', state });
}

/** Opens the state of the link where this view did not write it itself. */
export function followLink(): void {
  const view = lab.value.valley ?? {};
  const text = JSON.stringify(view);
  if (text === written && (frame.peek() || opening.peek())) return;
  written = text;
  try {
    openValley(valleyFromLink(view));
  } catch (error) {
    wrong.value = (error as Error).message;
    openValley(valleyFromLink({}));
  }
}

/** Opens the shown state with changes of what cannot act while particles move; they start again. */
export function change(part: Partial<ValleyState>): void {
  const now = frame.peek()?.state ?? shown.peek();
  openValley({ ...now, ...part, changes: [], at: 0 });
}

let waiting: { key: ValleySlider; value: number } | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Values that sliders ask for and that no frame has yet. */
export const asked = signal<Partial<Record<ValleySlider, number>>>({});

/** Moves a slider; of many moves in a tenth of a second the last one acts. */
export function setSlider(key: ValleySlider, value: number): void {
  if (waiting && waiting.key !== key) flush();
  waiting = { key, value };
  asked.value = { ...asked.peek(), [key]: value };
  timer ??= setTimeout(flush, 100);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (!waiting) return;
  wrong.value = '';
  say({ type: 'set', ...waiting });
  waiting = undefined;
}

export const run = () => say({ type: 'run' });
export const pause = () => say({ type: 'pause' });
export const stepOnce = () => say({ type: 'step', chunks: 1 });
/** Starts the particles again with the numbers that the sliders show. */
export const again = () => change({});
/** Stops the particles while the view is closed. */
export function leave(): void {
  if (worker) say({ type: 'pause' });
}
