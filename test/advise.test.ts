/** `thermograd advise` from the command line, on a small synthetic set. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type AdviseRequest, adviseRun } from '../src/experiments/advise/experiment.js';
import { initialWeights } from '../src/model/network.js';
import { InputError } from '../src/numeric/errors.js';
import { randomKey } from '../src/numeric/random.js';
import { writeSafetensors } from '../src/record/safetensors.js';
import { readStateDict } from '../src/record/state-dict.js';
import { readConfig } from '../src/runs/config.js';
import { begin, scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const config = {
  data: { set: 'teacher', teacher: { train: 400, test: 0 } },
  training: { stop: { rule: 'epochs', epochs: 5 }, maxEpochs: 30, learningRate: 0.2 },
  record: { layer: 'layer1', windowEpochs: 3 },
};
const place = scratch(config);
const at = (name: string) => join(place.folder, name);
afterAll(() => rmSync(place.folder, { recursive: true, force: true }));

describe('advice on a run folder', () => {
  it('is text, one JSON document, a page, figures and tables; the same for the same seed', async () => {
    expect((await thermogradHere('train', '--config', place.config, '--out', at('run'))).code).toBe(0);
    const words = ['advise', at('run'), '--directions', '6', '--workers', '1'];
    const first = await thermogradHere(...words, '--runs', '2');
    expect(first.stderr).toContain('needs about');
    expect(first.code).toBe(0);
    const names = first.stdout
      .trim()
      .split('\n')
      .map((l) => l.split(/\s/)[0]);
    expect(names.slice(0, 8)).toEqual([
      'state',
      'setting',
      'rate',
      'ceiling',
      'batch',
      'noise',
      'stationary',
      'verified',
    ]);
    const files = ['advice.json', 'figures', 'report.html', 'tables', 'theory.html', 'weights.safetensors'];
    expect(readdirSync(at('run/advice')).sort()).toEqual(files);
    expect(readdirSync(at('run/advice/tables')).sort()).toEqual(['ceiling.csv', 'numbers.csv', 'runs.csv']);
    const again = await thermogradHere(...words, '--runs', '2', '--json');
    expect(again.code).toBe(0);
    const { advice, folder } = JSON.parse(again.stdout);
    expect(folder).toBe(at('run/advice-2')); // the earlier one stays
    const kept = JSON.parse(readFileSync(at('run/advice/advice.json'), 'utf8'));
    expect(kept.advice).toEqual(advice);
    const { verification } = kept;
    const item = (id: string) => advice.items.find((i: { id: string }) => i.id === id).value;
    expect(item('ceiling').value).toBeLessThan(item('edge').value);
    for (const i of advice.items)
      expect(i.value !== null || i.refused !== undefined || i.interval !== undefined).toBe(true);
    expect(verification.runs.some((r: { outcome: string }) => r.outcome === 'stays')).toBe(true);
    expect(verification.runs.some((r: { outcome: string }) => r.outcome !== 'stays')).toBe(true);
    const stayed = verification.runs.filter((r: { learningRate: number }) => r.learningRate <= advice.rate.largestRate);
    expect(stayed.length).toBeGreaterThan(0);
    expect(stayed.every((r: { outcome: string }) => r.outcome === 'stays')).toBe(true);
    // the weights that the advice is about are kept with it
    const { network } = readConfig(place.config) as { network?: object };
    const spec = { widths: [20, 16, 4], activation: 'relu', bias: false, loss: 'cross-entropy', ...network } as const;
    const { weights } = readStateDict(at('run/advice/weights.safetensors'), spec);
    expect(weights).toEqual(readStateDict(at('run/model.safetensors'), spec).weights);
  });

  it('judges another setting on request, but no other data or network', async () => {
    const other = await thermogradHere(
      'advise',
      at('run'),
      '--learning-rate',
      '50',
      '--batch-size',
      '8',
      '--no-verify',
      '--json',
      '--workers',
      '1',
    );
    expect(other.code).toBe(0);
    const told = JSON.parse(other.stdout);
    expect([told.advice.rate, told.verification]).toEqual([null, null]);
    expect(told.words.rate).toMatch(/^no rate is advised without runs/);
    expect(told.words.ceiling).toMatch(/50 is beyond the edge/);
    const wrong = await thermogradHere('advise', at('run'), '--data', 'mnist');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/has data\.set "teacher", and "mnist" is asked for/);
  });

  it('is refused before anything is written', async () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/mine.txt'), 'x');
    const layers = [readConfig(place.config)];
    const training = (change: object) => [...layers, { training: change }];
    const cases: [AdviseRequest, RegExp][] = [
      [{ run: at('run'), at: 'init' }, /at one state/],
      [{ run: at('run'), epochs: 3 }, /does not go with/],
      [{ run: at('none') }, /no run in/],
      [{ layers: training({ sampling: 'cyclic' }) }, /batches that are drawn anew/],
      [{ layers: training({ batchSize: 500 }), at: 'init' }, /from 1 to the 400 training samples/],
      [{ layers, safety: 3 }, /--safety is a share/],
      [{ layers, directions: 0 }, /--directions takes 1 to 40/],
      [{ layers, weights: at('nowhere.safetensors') }, /no file of weights/],
      [{ run: at('run'), out: at('full') }, /not empty/],
      [{ run: at('run'), out: at('full'), force: true }, /mine\.txt, which no advice leaves/],
    ];
    for (const [request, message] of cases) {
      const error = await adviseRun(request).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(message);
    }
    expect(existsSync(at('advice'))).toBe(false);
  });
});

describe('advice at given weights', () => {
  const spec = { widths: [20, 16, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
  const flat = initialWeights(spec, randomKey(9));
  const dict = (names: [string, string], data = flat) =>
    writeSafetensors([
      [names[0], { shape: [16, 20], data: data.slice(0, 320) }],
      [names[1], { shape: [4, 16], data: data.slice(320) }],
    ]);

  it('reads state dicts of linear layers by any name, in natural order', () => {
    writeFileSync(at('sequential.safetensors'), dict(['2.weight', '10.weight']));
    expect(readStateDict(at('sequential.safetensors'), spec).weights).toEqual(flat);
    writeFileSync(at('wrong.safetensors'), dict(['10.weight', '2.weight']));
    expect(() => readStateDict(at('wrong.safetensors'), spec)).toThrow(
      /2\.weight has the shape \[4, 16\].*needs floating-point numbers of \[16, 20\]/,
    );
    expect(() => readStateDict(at('sequential.safetensors'), { ...spec, bias: true })).toThrow(
      /2 weights and 0 biases/,
    );
  });

  it('gives it, and ends with 1 and the reason where there is none', async () => {
    const good = await thermogradHere(
      'advise',
      '--config',
      place.config,
      '--weights',
      at('sequential.safetensors'),
      '--json',
      '--workers',
      '1',
      '--out',
      at('good'),
    );
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout).advice.point.origin).toContain('sequential.safetensors');
    writeFileSync(at('dead.safetensors'), dict(['a.weight', 'b.weight'], new Float32Array(384)));
    const dead = await thermogradHere(
      'advise',
      '--config',
      place.config,
      '--weights',
      at('dead.safetensors'),
      '--json',
      '--workers',
      '1',
      '--out',
      at('dead'),
    );
    // tanh at zero weights: no gradient anywhere
    expect(dead.code).toBe(1);
    expect(JSON.parse(dead.stdout).error).toMatchObject({
      code: 'no-advice',
      message: expect.stringMatching(/exactly zero/),
    });
    expect(existsSync(at('dead'))).toBe(false);
  });

  it('stopped by Ctrl-C leaves nothing', async () => {
    const running = begin('advise', '--config', place.config, '--epochs', '20000', '--out', at('stopped'));
    await running.said('train');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(stderr).toContain('nothing was written');
    expect(code).toBe(130);
    expect(existsSync(at('stopped'))).toBe(false);
  });
});
