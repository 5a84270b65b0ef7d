/**
 * What is measured next. One measurement runs at a time, in the worker that measures, on a copy of the weights and the window, so
 * that training goes on. The quick ones take turns as long as the view is open and training moves; widths are measured once when the
 * window is full, and then, like controls, when they are asked for.
 */
import { batch, effect, signal } from '@preact/signals';
import type { FlatnessPart, MeasureArguments, MeasureResults } from '../../../measures.js';
import { lab, measure, phase, progress, session, sessionNumber, whenEnded } from '../../store.js';

export type Kind = Exclude<keyof MeasureResults, 'slice' | 'potential' | 'current'>;

/** The measurements that take turns, in their order. */
export const QUICK: readonly Kind[] = ['cloud', 'spectrum', 'displacement', 'temperature', 'ceiling', 'noise-scale'];
/** The turns: the cloud, which is the cheapest and shows most of the motion, before each of the others. */
const TURNS: readonly Kind[] = QUICK.flatMap((kind) => (kind === 'cloud' ? [] : ['cloud' as const, kind]));

/** Fewest rows of the window with which measuring begins: with fewer there are hardly any directions. */
export const FEWEST_ROWS = 40;

/** Whether the quick measurements take turns by themselves. */
export const live = signal(true);
/** The measurement that runs, with the share that is done. */
export const running = signal<{ kind: Kind; share: number; what: string } | undefined>(undefined);
/** Why the last measurement of a kind gave nothing. */
export const failures = signal<Partial<Record<Kind, string>>>({});
/** The directions whose widths are there, one by one, of the newest measurement of widths. */
export const widths = signal<readonly FlatnessPart[]>([]);
/** How many directions are asked for. */
export const directions = signal(24);

const asked: Kind[] = [];
let turn = 0;
/** Whether widths were measured in this session. */
let widthsBegun = false;
/** The session and the step at which a kind was measured last. */
const done = new Map<Kind, string>();
let current: { cancel(): void } | undefined;

const moment = () => `${sessionNumber.peek()}:${progress.peek()?.step ?? 0}`;

const argumentsOf = (kind: Kind): MeasureArguments[Kind] => {
  const count = directions.peek();
  switch (kind) {
    case 'cloud':
      return { directions: 3, rows: 600 };
    case 'spectrum':
      return { rows: 600, walk: true };
    case 'flatness':
      return { directions: count, rows: 600 };
    case 'controls':
      return { directions: count, rows: 600 };
    default:
      return {};
  }
};

/** Asks for a measurement; it runs before the next quick one. */
export function ask(kind: Kind): void {
  if (!asked.includes(kind)) asked.push(kind);
  next();
}

/** Ends the measurement that runs and forgets those that were asked for. */
export function cancel(): void {
  asked.length = 0;
  current?.cancel();
}

const enough = () => session.peek() !== undefined && (progress.peek()?.window.rows ?? 0) >= FEWEST_ROWS;

function next(): void {
  if (running.peek() !== undefined || phase.peek() === 'opening' || phase.peek() === 'failed') return;
  const kind = asked.shift() ?? quick();
  if (kind !== undefined) start(kind);
}

/** The widths once, when the window is full and the quick ones have been there; else the next quick one without a result at this step. */
function quick(): Kind | undefined {
  // a page that nobody sees leaves the machine to the training
  if (!mounted || !live.peek() || !enough() || document.hidden) return undefined;
  const { rows = 0, capacity = 0 } = progress.peek()?.window ?? {};
  if (!widthsBegun && rows >= capacity && QUICK.every((kind) => done.has(kind))) return 'flatness';
  const now = moment();
  for (let k = 0; k < TURNS.length; k++) {
    const kind = TURNS[(turn + k) % TURNS.length];
    if (done.get(kind) === now) continue;
    turn = (turn + k + 1) % TURNS.length;
    return kind;
  }
  return undefined;
}

function start(kind: Kind): void {
  const mine = sessionNumber.peek();
  done.set(kind, moment());
  running.value = { kind, share: 0, what: '' };
  if (kind === 'flatness') {
    widths.value = [];
    widthsBegun = true;
  }
  const going = measure(kind, argumentsOf(kind), ({ share, what, part }) => {
    if (mine !== sessionNumber.peek()) return;
    batch(() => {
      running.value = { kind, share, what };
      if (kind === 'flatness' && part !== undefined) widths.value = [...widths.peek(), part as FlatnessPart];
    });
  });
  current = going;
  const end = (why?: string) => {
    current = undefined;
    batch(() => {
      running.value = undefined;
      if (mine === sessionNumber.peek()) failures.value = { ...failures.peek(), [kind]: why };
    });
    // a pause, so that the page draws what was measured and a fast measurement does not take a whole core
    setTimeout(next, why === undefined ? 60 : 800);
  };
  whenEnded(going, end);
}

let mounted = false;

/** Keeps measuring while the view is open; returns what ends it. */
export function keepMeasuring(): () => void {
  mounted = true;
  let seen = sessionNumber.peek();
  const stop = effect(() => {
    void [progress.value?.step, phase.value, live.value, lab.value.layer];
    if (sessionNumber.value !== seen) {
      seen = sessionNumber.value;
      cancel();
      widthsBegun = false;
      done.clear();
      batch(() => {
        failures.value = {};
        widths.value = [];
      });
    }
    next();
  });
  return () => {
    mounted = false;
    stop();
  };
}
