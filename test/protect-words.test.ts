/** What `protect` reports at the terminal: each row with the numbers of the result, each warning on both sides of its rule. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeProtection } from '../src/experiments/protect/command.js';
import type { ProtectResult } from '../src/experiments/protect/experiment.js';
import { jsonText } from '../src/numeric/json.js';
import { protection } from './support/protect-results.js';
import { numbersIn, prints } from './support/reading.js';

const snapshot = (name: string) => fileURLToPath(new URL(`./snapshots/protect/${name}`, import.meta.url));
const example = fileURLToPath(new URL('../examples/protect.py', import.meta.url));

/** Rows of the table by name; the second row of the strength has none. */
function rows(changes: Partial<ProtectResult> = {}): Map<string, string> {
  const [table] = describeProtection(protection(changes)).split('\n\n');
  const lines = table.split('\n').map((l) => /^(\S*)\s+(.*)$/.exec(l)!);
  return new Map(lines.map(([, name, text]) => [name, text]));
}
const row = (name: string, changes: Partial<ProtectResult> = {}) => rows(changes).get(name) ?? '';

it('terminal and JSON document are as committed', async () => {
  await expect(`${describeProtection(protection()).replace(example, 'examples/protect.py')}\n`).toMatchFileSnapshot(
    snapshot('terminal.txt'),
  );
  await expect(jsonText(protection())).toMatchFileSnapshot(snapshot('result.json'));
});

it('one row for each fact, names in one column', () => {
  expect([...rows().keys()]).toEqual([
    'state',
    'task',
    'method',
    'window',
    'stationary',
    'layer1',
    'layer2',
    'strength',
    '',
    'steps',
    'file',
  ]);
  const [table, python] = describeProtection(protection()).split('\n\n');
  const starts = table.split('\n').map((l) => /^\S*\s+/.exec(l)![0].length);
  expect(new Set(starts)).toEqual(new Set([12]));
  expect(python).toContain(`with ${example}:`);
  expect(python).toContain('load_penalty("made up/penalty.npz", model)');
  expect(python).toContain('load_pull("made up/penalty.npz", model)');
  expect(python).toContain('learning_rate * strength');
});

it('the task: loss, errors and their share', () => {
  expect(row('state')).toBe('the weights in model.safetensors: 784-50-10');
  const task = row('task');
  expect(task).toMatch(/^loss 0\.0731, 31 misclassified \(1\.24 %\) over 2500 training samples of mnist$/);
  expect(100 * (31 / 2500)).toBeCloseTo(1.24, 10);
  expect(row('task', { errors: Number.NaN })).toBe('loss 0.0731 over 2500 training samples of mnist');
  expect(row('method')).toBe('ldc: principal directions by 1/F²');
});

it('the window: trained on, recorded, or none', () => {
  expect(row('window')).toMatch(/^12\u202f500 .* at learning rate 0\.15, 610 rows; loss 0\.0812 at its end$/);
  const recorded = { window: { steps: 1200, rows: 1200, loss: Number.NaN, trained: false } };
  expect(row('window', recorded)).toBe('the 1200 recorded steps before these weights');
  const { window: _, training: __, ...rest } = protection();
  expect(describeProtection(rest)).not.toMatch(/^(window|stationary)/m);
  expect(row('stationary')).toMatch(/31\u202f250 steps at learning rate 0\.3 with batches of 64$/);
});

it('layers: how many are held and left out, and the range of stiffness', () => {
  expect(row('layer1')).toBe('3 held, 1 left out (the loss falls on one side); stiffness 0.120 to 0.810');
  expect(row('layer2')).toBe('1234 held; stiffness 2.13');
  const [layer] = protection().layers;
  expect(row('layer1', { layers: [{ ...layer, stiffness: [] }] })).toMatch(/left out \([^)]*\)$/);
});

it('the strength: the natural one and how it follows, or none', () => {
  expect(row('strength')).toBe('0.502 (exact; 4(e−1)L0 with L0 = 0.0731)');
  const matched = { unit: { strength: 3.1, exact: false, how: 'matched: the mean' } };
  expect(row('strength', matched)).toBe('3.10 (matched: the mean)');
  expect(row('', matched)).toMatch(/some decades above it/);
  const none = { strength: 1, unit: { strength: Number.NaN, exact: false, how: 'matched: the mean' } };
  expect(row('strength', none)).toMatch(/^no natural one.*\(matched: the mean\).*the strength 1/);
  expect(rows(none).has('')).toBe(false);
  expect(row('steps', none)).not.toMatch(/natural/);
});

it('the steps that follow it: below which strength, and how many times the natural one', () => {
  expect(row('steps')).toMatch(
    /at learning rate 0\.15 and momentum 0\.5 follow it below strength 9\.13 \(18 times the natural one\): largest stiffness 2\.19;/,
  );
  expect(prints('18', 9.13 / 0.502)).toBe(true);
  expect(row('steps', { momentum: 0 })).toMatch(/at learning rate 0\.15 follow it/);
});

it('warns where the natural strength is too large for the steps', () => {
  const strength = (value: number) => ({ unit: { strength: value, exact: true, how: '' }, largestStrength: 2 });
  expect(row('warning', strength(1.999))).toBe('');
  expect(row('warning', strength(2))).toMatch(/natural strength is above that/);
  // 0.15·2/8: at that rate the bound is the natural strength
  expect(numbersIn(row('warning', strength(8))).at(-1)).toBe(0.0375);
});

it('warns where the trained window left the valley: more than e times the loss', () => {
  const window = (loss: number, trained = true) => ({ loss: 0.5, window: { steps: 1, rows: 1, loss, trained } });
  expect(row('warning', window(1.3585))).toBe('');
  expect(row('warning', window(1.3595))).toMatch(/its loss grew from 0\.500 to 1\.36;/);
  expect(row('warning', window(Number.POSITIVE_INFINITY))).toMatch(/its loss grew from 0\.500 to –;/);
  expect(row('warning', window(Number.NaN))).toMatch(/left the valley/);
  expect(row('warning', window(9, false))).toBe('');
});

it('the file with its size', () => {
  expect(row('file')).toBe('made up/penalty.npz (74 kB)');
  expect(row('file', { bytes: 999_999 })).toMatch(/\(1000 kB\)$/);
  expect(row('file', { bytes: 1_000_000 })).toMatch(/\(1\.0 MB\)$/);
  expect(row('file', { bytes: 12_345_678 })).toMatch(/\(12\.3 MB\)$/);
});
