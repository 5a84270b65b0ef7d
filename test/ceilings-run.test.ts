/** `reproduce ceilings` on a network small enough for a test: cells, weights, resume, and the command. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rimOf } from '../src/apply/advice-verify.js';
import { type CeilingsConfig, ceilingsConfig } from '../src/experiments/ceilings/config.js';
import { type CeilingsRun, reproduceCeilings } from '../src/experiments/ceilings/experiment.js';
import type { StateCell, TriedState } from '../src/experiments/ceilings/measured.js';
import { configOf, samplesOf } from '../src/experiments/ceilings/training.js';
import { readModel } from '../src/record/checkpoint.js';
import { loadFor } from '../src/runs/prepare.js';
import { Trainer } from '../src/train/trainer.js';
import { thermogradHere } from './support/here.js';

const quick = ceilingsConfig('quick');
const [first] = quick.states;
const squared = quick.states.find((s) => s.network.loss === 'squared-error' && s.momentum > 0)!;
const CONFIG: CeilingsConfig = {
  ...quick,
  states: [
    { ...first, name: 'small', samples: 200, learningRate: 0.3, batchSize: 10, age: 12 },
    { ...squared, name: 'squared', samples: 200, batchSize: 20, age: 6 },
    { ...first, name: 'wild', samples: 200, learningRate: 80, age: 3 },
    { ...first, name: 'to the end', samples: 60, batchSize: 5, learningRate: 0.3, age: 'fitted' },
  ],
  run: { epochs: 1, steps: 20, looked: 100 },
  measure: { directions: 3, batchSamples: 100, batches: [4, 10] },
};
const home = mkdtempSync(join(tmpdir(), 'ceilings-'));
const out = join(home, 'run');
const cell = (name: string) => JSON.parse(readFileSync(join(out, 'states', `${name}.json`), 'utf8')) as StateCell;
let run: CeilingsRun;
beforeAll(async () => {
  run = await reproduceCeilings({ out, config: CONFIG, workers: 1 });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the study', () => {
  it('leaves a document for each state and its weights, and a report', () => {
    expect(readdirSync(join(out, 'states')).sort()).toEqual([
      'small.json',
      'small.safetensors',
      'squared.json',
      'squared.safetensors',
      'to the end.json',
      'to the end.safetensors',
      'wild.json',
    ]);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
    expect(run.conclusion).toEqual(['Only 3 states have a threshold: too few to fit and to judge.']);
    expect(run.findings.map((f) => f.id)).toEqual([
      'ceilings.half',
      'ceilings.bound',
      'ceilings.edge',
      'ceilings.rank',
    ]);
    expect(cell('wild')).toMatchObject({ outcome: 'none', why: 'training has stopped moving' });
  });

  it('keeps the weights at which it measured, with their loss', async () => {
    const { train } = await loadFor(CONFIG.base);
    for (const name of ['small', 'squared']) {
      const state = cell(name) as TriedState;
      const { spec } = state;
      const weights = readModel(join(out, 'states', `${name}.safetensors`), spec.network)!;
      const trainer = new Trainer({
        spec: spec.network,
        samples: samplesOf(spec, train),
        learningRate: 1,
        batchSize: 1,
      });
      trainer.setWeights(weights);
      expect(trainer.evaluate().loss).toBeCloseTo(state.loss, 6);
      expect(state.errors === null).toBe(name === 'squared');
    }
  });

  it('tries rates on the ladder until runs leave, each run up to the rim', () => {
    const { spec, rungs, base } = cell('small') as TriedState;
    expect(rungs.some((r) => r.rung === 0)).toBe(true);
    for (const { rung, learningRate, rim, runs } of rungs) {
      expect(learningRate / (spec.learningRate * 1.3 ** rung)).toBeCloseTo(1, 12);
      expect(rim).toBeCloseTo(rimOf(learningRate, base), 12);
      expect(runs).toHaveLength(6);
      for (const r of runs) {
        expect(r.left).toBe(r.peak === null || r.peak > rim);
        if (!r.left) expect(r.looks).toBe(20); // as many as there are steps
      }
    }
    const left = rungs.map((r) => r.runs.filter((x) => x.left).length);
    expect(left[0]).toBe(0);
    expect(left.at(-1)!).toBeGreaterThan(3);
  });

  it('trains the fitted state ten epochs beyond the first without an error', () => {
    const state = cell('to the end') as TriedState;
    expect(state.errors).toBe(0);
    expect(state.epochs).toBeGreaterThan(10);
    expect(state.steps).toBe(state.epochs * 12);
    expect(configOf(CONFIG.base, state.spec).training.stop.rule).toBe('zero-training-error');
  });

  it('does only what is missing when it is continued, with the same numbers on two threads', async () => {
    const before = { ...(cell('small') as TriedState), seconds: 0 };
    const kept = readFileSync(join(out, 'states', 'squared.json'), 'utf8');
    rmSync(join(out, 'states', 'small.json'));
    await expect(reproduceCeilings({ out, config: CONFIG })).rejects.toThrow(/--resume/);
    await reproduceCeilings({ out, config: CONFIG, resume: true, workers: 2 });
    expect({ ...(cell('small') as TriedState), seconds: 0 }).toEqual(before);
    expect(readFileSync(join(out, 'states', 'squared.json'), 'utf8')).toBe(kept);
    const other = { ...CONFIG, splitSeed: 12 };
    await expect(reproduceCeilings({ out, config: other, resume: true })).rejects.toThrow(
      /was begun with other settings/,
    );
  });
});

it('the command refuses a run, a seed, and the preset paper', async () => {
  for (const [words, message] of [
    [['a-run'], /ceilings makes its own runs/],
    [['--seed', '3'], /--seed is fixed by its preset/],
    [['--preset', 'paper'], /quick and standard; got paper/],
  ] as const) {
    const { code, stderr } = await thermogradHere('reproduce', 'ceilings', ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  }
});
