/** A run killed at any moment, continued, ends with the bits of a run never stopped. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begin, filesOf, scratch, thermograd } from './support/cli.js';
import { thermogradHere } from './support/here.js';

/** Momentum, biases, a shorter last batch: everything that a checkpoint could forget. */
const CONFIG = {
  seed: 5,
  data: { set: 'teacher', teacher: { network: { widths: [24, 32, 5] }, train: 2010, test: 100 } },
  network: { widths: [24, 40, 40, 5], activation: 'relu', bias: true },
  training: {
    learningRate: 0.05,
    momentum: 0.5,
    batchSize: 20,
    lastBatch: 'keep',
    stop: { rule: 'epochs', epochs: 40 },
    maxEpochs: 60,
  },
  record: { layer: 'layer2', windowEpochs: 15 },
};
const { folder, config } = scratch(CONFIG);
const train = (out: string, resume: boolean) => [
  'train',
  '--config',
  config,
  '--out',
  out,
  '--checkpoint-every',
  '0.02',
  ...(resume ? ['--resume'] : []),
];
const numbersOf = (out: string) => ({
  trajectory: filesOf(join(out, 'trajectory.zarr')),
  model: readFileSync(join(out, 'model.safetensors')),
  history: readFileSync(join(out, 'history.json'), 'utf8'),
});

let reference: ReturnType<typeof numbersOf>;
let duration: number;

beforeAll(() => {
  const out = join(folder, 'reference');
  const start = performance.now();
  const { code, stderr } = thermograd(...train(out, false));
  duration = performance.now() - start;
  expect(stderr).not.toContain('thermograd:');
  expect(code).toBe(0);
  reference = numbersOf(out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Moments spread over the run: a low-discrepancy sequence, so that every phase is hit. */
const moment = (k: number) => ((k * 0.6180339887 + 0.13) % 1) * 1.05;

describe('kill -9 at many moments, then --resume', () => {
  // fewer trials outside CI; `npm run kill` makes hundreds
  it.each(process.env.CI === undefined ? [1, 4, 6] : [0, 1, 2, 3, 4, 5, 6, 7])('twice, trial %i', async (k) => {
    const out = join(folder, `killed-${k}`);
    let kills = 0;
    for (const m of [2 * k, 2 * k + 1].map(moment)) {
      const run = begin(...train(out, existsSync(join(out, 'run.json'))));
      const wait = setTimeout(m * duration);
      await Promise.race([wait, run.ended]);
      if (run.child.exitCode === null) kills++;
      run.child.kill('SIGKILL');
      await run.ended;
    }
    const last = await thermogradHere(...train(out, existsSync(join(out, 'run.json'))));
    expect(last.stderr).not.toContain('thermograd:');
    expect(last.code).toBe(0);
    const numbers = numbersOf(out);
    expect([...numbers.trajectory.keys()]).toEqual([...reference.trajectory.keys()]);
    for (const [name, bytes] of reference.trajectory)
      expect(bytes.equals(numbers.trajectory.get(name)!), `${name} after ${kills} kills`).toBe(true);
    expect(numbers.model.equals(reference.model)).toBe(true);
    expect(numbers.history).toBe(reference.history);
    expect([...filesOf(out).keys()].filter((n) => n.endsWith('.tmp') || n === 'lock')).toEqual([]);
    rmSync(out, { recursive: true });
  });
});

it('the reference is a run worth comparing with: 55 epochs, 1515 rows that all differ', () => {
  const history = JSON.parse(reference.history);
  expect(history.epoch.length).toBe(55);
  expect(history.window).toEqual([41, 55]);
  expect(history.stepsPerEpoch).toBe(101);
  const step = reference.trajectory.get(join('step', 'c', '0'))!;
  expect(step.readInt32LE(0)).toBe(40 * 101 + 1);
  const weights = reference.trajectory.get(join('weights', 'c', '0', '0'))!;
  const row = 4 * 40 * 40;
  for (let t = 1; t < 500; t++)
    expect(weights.subarray((t - 1) * row, t * row).equals(weights.subarray(t * row, (t + 1) * row))).toBe(false);
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s saves, says how to resume, exits with 130; the end is the same',
    async (signal) => {
      const out = join(folder, `stopped-${signal}`);
      const run = begin(...train(out, false));
      await run.said('run folder');
      run.child.kill(signal);
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).toContain(`continue with:  thermograd train --out ${out} --resume`);
      const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
      expect(record.stages.train.status).toBe('interrupted');
      expect(existsSync(join(out, 'lock'))).toBe(false);
      // the command that was shown, without the config file
      expect((await thermogradHere('train', '--out', out, '--resume')).code).toBe(0);
      const numbers = numbersOf(out);
      expect(numbers.model.equals(reference.model)).toBe(true);
      expect(numbers.history).toBe(reference.history);
    },
  );
});

describe('two processes on one folder', () => {
  it('the second is refused by name and harms nothing', async () => {
    const out = join(folder, 'shared');
    const first = begin(...train(out, false));
    await first.said('run folder');
    first.child.kill('SIGSTOP'); // it holds the lock while the others try, however slow they are
    const second = await thermogradHere(...train(out, true), '--json');
    const third = await thermogradHere(...train(out, false), '--json');
    first.child.kill('SIGINT');
    first.child.kill('SIGCONT');
    await first.ended;
    expect(second.code).toBe(2);
    expect(JSON.parse(second.stdout).error.code).toBe('locked');
    expect(JSON.parse(second.stdout).error.message).toContain(`process ${first.child.pid}`);
    expect(JSON.parse(third.stdout).error.code).toBe('run-exists');
    expect((await thermogradHere(...train(out, true))).code).toBe(0);
    expect(numbersOf(out).model.equals(reference.model)).toBe(true);
  });
});
