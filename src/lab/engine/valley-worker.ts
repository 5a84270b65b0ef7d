/**
 * The worker of the view Valley: it moves the particles in slices of some milliseconds between which it takes messages, and sends a frame
 * about twelve times a second. How long a slice is changes no number.
 */
import type { FromValley, ToValley } from './valley/talk.js';
import { CHUNK, ValleyRun } from './valley.js';

/** Milliseconds of a slice, and between frames. */
const [SLICE, FRAME] = [12, 80];

/** What a worker has of its global scope here. */
interface Scope {
  postMessage(message: FromValley): void;
  onmessage: ((event: { data: ToValley }) => void) | null;
}

const scope = globalThis as unknown as Scope;
const now = () => performance.now();

let run: ValleyRun | undefined;
let running = false;
let target = 0;
let most = 3000;
let drawn = 0;
let scheduled = false;
/** Where the rate of steps is counted from. */
let since = { time: 0, step: 0 };

const channel = new MessageChannel();
channel.port1.onmessage = () => {
  scheduled = false;
  slice();
};

function later(): void {
  if (scheduled) return;
  scheduled = true;
  channel.port2.postMessage(0);
}

function slice(): void {
  if (!run || !(running || run.step < target)) return;
  const start = now();
  const hurried = run.step < target;
  do run.advance(1);
  while (now() - start < SLICE && (!hurried || run.step < target));
  if (now() - drawn >= FRAME || !(running || run.step < target)) send();
  later();
}

function send(): void {
  if (!run) return;
  const time = now();
  const seconds = (time - since.time) / 1000;
  const rate = (run.step - since.step) / seconds;
  const stepsPerSecond = seconds > 0 && run.step > since.step ? rate * run.state.particles : Number.NaN;
  since = { time, step: run.step };
  drawn = time;
  scope.postMessage({
    type: 'frame',
    frame: run.frame(most),
    link: run.link(),
    running,
    stepsPerSecond,
    ...(run.step < target && { target }),
  });
}

function take(m: ToValley): void {
  if (m.type === 'open') {
    const opened = new ValleyRun(m.state);
    [run, running, target, most] = [opened, false, m.state.at, m.most ?? most];
    since = { time: now(), step: 0 };
    send();
  }
  if (!run) return;
  if (m.type === 'run') running = true;
  if (m.type === 'pause') {
    running = false;
    target = run.step;
    send();
  }
  if (m.type === 'step') {
    running = false;
    target = run.step + CHUNK * m.chunks;
  }
  if (m.type === 'set') {
    run.set(m.key, m.value);
    send();
  }
  later();
}

scope.onmessage = ({ data }) => {
  try {
    take(data);
  } catch (error) {
    const { message, code = 'failed' } = error as Error & { code?: string };
    scope.postMessage({ type: 'error', sentence: message, code, old: run !== undefined });
  }
};
