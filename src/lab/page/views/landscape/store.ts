/** What the view Landscape measures, and on which plane: one measurement after another, on copies, while training goes on. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { SliceRow } from '../../../landscape-results.js';
import type { MeasureArguments } from '../../../measures.js';
import { keep, lab, measure, phase, progress, session, sessionNumber, whenEnded } from '../../store.js';
import { FEWEST_ROWS } from '../fluctuate/schedule.js';

export type Kind = 'slice' | 'potential';

/** The ranks of the plane, and how many directions the motion is taken in: kept in the URL. */
export const plane = computed<readonly [number, number]>(() => {
  const { a, b } = lab.value.landscape ?? {};
  return [typeof a === 'number' ? a : 1, typeof b === 'number' ? b : 2];
});
export const directions = computed<number>(() => {
  const { k } = lab.value.landscape ?? {};
  return typeof k === 'number' ? k : 8;
});
/** Which plane of the motion is drawn. */
export const shownPlane = computed<'chosen' | 'vortex'>(() =>
  lab.value.landscape?.shown === 'vortex' ? 'vortex' : 'chosen',
);

/** Changes what the view keeps. */
export const choose = (part: Readonly<Record<string, string | number>>): void =>
  keep({ landscape: { ...lab.peek().landscape, ...part } });

export const running = signal<{ kind: Kind; share: number; what: string } | undefined>(undefined);
export const failures = signal<Partial<Record<Kind, string>>>({});
/** The rows of the plane that are there, while it is being measured. */
export const rows = signal<readonly SliceRow[]>([]);

const asked: Kind[] = [];
let current: { cancel(): void } | undefined;

export const enough = computed(() => session.value !== undefined && (progress.value?.window.rows ?? 0) >= FEWEST_ROWS);

/** Asks for a measurement, after those that were asked for before. */
export function ask(kind: Kind): void {
  if (!asked.includes(kind)) asked.push(kind);
  next();
}

/** Ends the measurement that runs and forgets the others. */
export function cancel(): void {
  asked.length = 0;
  current?.cancel();
}

function next(): void {
  if (running.peek() || phase.peek() === 'opening' || phase.peek() === 'failed') return;
  const kind = asked.shift();
  if (kind) start(kind);
}

function start(kind: Kind): void {
  const mine = sessionNumber.peek();
  const args: MeasureArguments['slice'] & MeasureArguments['potential'] =
    kind === 'slice' ? { ranks: plane.peek() } : { ranks: plane.peek(), directions: directions.peek() };
  batch(() => {
    running.value = { kind, share: 0, what: '' };
    failures.value = { ...failures.peek(), [kind]: undefined };
    if (kind === 'slice') rows.value = [];
  });
  const going = measure(kind, args, ({ share, what, part }) => {
    if (mine !== sessionNumber.peek()) return;
    running.value = { kind, share, what };
    if (kind === 'slice' && part !== undefined) rows.value = [...rows.peek(), part as SliceRow];
  });
  current = going;
  const end = (why?: string) => {
    current = undefined;
    batch(() => {
      running.value = undefined;
      if (mine === sessionNumber.peek()) failures.value = { ...failures.peek(), [kind]: why };
    });
    next();
  };
  whenEnded(going, end);
}

/** Forgets what belongs to another session; returns what ends it. */
export function follow(): () => void {
  let seen = sessionNumber.peek();
  return effect(() => {
    if (sessionNumber.value === seen) return;
    seen = sessionNumber.value;
    cancel();
    batch(() => {
      failures.value = {};
      rows.value = [];
    });
  });
}
