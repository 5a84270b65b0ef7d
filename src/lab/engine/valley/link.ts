/** The state of the view Valley as the flat record that a link holds, and back. What equals the preset `valley` is left out. */
import { check } from '../../../numeric/errors.js';
import type { ViewState } from '../../protocol.js';
import { checkValley, VALLEY_PRESETS, VALLEY_SLIDERS, type ValleySlider, type ValleyState } from './state.js';

const NUMBERS = [...VALLEY_SLIDERS, 'particles', 'seed', 'at'] as const;
const TEXTS = ['shape', 'floor', 'curvature', 'loss'] as const;
const BASE = VALLEY_PRESETS.valley;

/** Writes a state for a link. Changes become a list of step, name, value, step, name, value, … */
export function valleyLink(s: ValleyState): ViewState {
  const out: Record<string, string | number | readonly (string | number)[]> = {};
  for (const key of [...NUMBERS, ...TEXTS]) if (s[key] !== BASE[key]) out[key] = s[key];
  for (const key of ['start', 'box'] as const) if (s[key].join() !== BASE[key].join()) out[key] = [...s[key]];
  if (s.changes.length > 0) out.changes = s.changes.flatMap((c) => [c.at, c.key, c.value]);
  return out;
}

/**
 * Reads a state from a link.
 * @throws InputError, one sentence, for values of another kind or out of range
 */
export function valleyFromLink(view: ViewState = {}): ValleyState {
  const state: Record<string, unknown> = { ...BASE };
  for (const [key, value] of Object.entries(view)) {
    if ((NUMBERS as readonly string[]).includes(key)) state[key] = numberOf(key, value);
    else if ((TEXTS as readonly string[]).includes(key)) state[key] = String(value);
    else if (key === 'start' || key === 'box') state[key] = numbersOf(key, value, key === 'start' ? 2 : 4);
    else if (key === 'changes') state[key] = changesOf(value);
    else check(false, 'bad-link', () => `the link names ${key} for the view Valley, which has no such setting.`);
  }
  return checkValley(state as unknown as ValleyState);
}

function numberOf(key: string, value: unknown): number {
  const n = Number(value);
  check(
    value !== '' && Number.isFinite(n),
    'bad-link',
    () => `${key} of the view Valley is a number; got ${String(value)}.`,
  );
  return n;
}

function numbersOf(key: string, value: unknown, count: number): number[] {
  const list = Array.isArray(value) ? value : [];
  check(
    list.length === count,
    'bad-link',
    () => `${key} of the view Valley has ${count} numbers; got ${String(value)}.`,
  );
  return list.map((v) => numberOf(key, v));
}

function changesOf(value: unknown): { at: number; key: ValleySlider; value: number }[] {
  const list = Array.isArray(value) ? value : [];
  check(
    list.length % 3 === 0,
    'bad-link',
    'the changes of the view Valley are a list of step, name, value for each change.',
  );
  return Array.from({ length: list.length / 3 }, (_, i) => ({
    at: numberOf('changes', list[3 * i]),
    key: String(list[3 * i + 1]) as ValleySlider,
    value: numberOf('changes', list[3 * i + 2]),
  }));
}
