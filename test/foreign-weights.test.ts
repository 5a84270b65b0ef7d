/**
 * Files of weights as people have them, through `protect` and `advise`: the right loss and the right errors, or one
 * sentence. The right values are those of test/oracles/foreign-weights.py.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { type ProtectRequest, protectRun } from '../src/experiments/protect/experiment.js';
import { InputError } from '../src/numeric/errors.js';
import { readPenalty } from '../src/record/penalty.js';
import { readSafetensors, type Tensor, writeSafetensors } from '../src/record/safetensors.js';
import { completeConfig } from '../src/runs/config.js';
import { doubtsOf, type JudgedState, suggestedLoss } from '../src/runs/expected.js';
import { loadFor, prepare } from '../src/runs/prepare.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { expectedErrors, expectedLoss } from '../src/terminal/expected.js';
import { Trainer } from '../src/train/trainer.js';
import { thermogradHere } from './support/here.js';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/weights/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'foreign-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const six: PartialConfig = {
  network: { widths: [36, 8, 8, 4], bias: true },
  data: { set: `idx:${fixture('data6')}` },
  training: { learningRate: 0.1, batchSize: 20 },
};
const square: PartialConfig = {
  network: { widths: [8, 8, 8, 2], bias: true },
  data: { set: `idx:${fixture('sq')}` },
  training: { learningRate: 0.1, batchSize: 20 },
};
const mlp = fixture('features-classifier.safetensors');
let files = 0;
const protect = (weights: string, layers: PartialConfig[], more: Partial<ProtectRequest> = {}) =>
  protectRun({ weights, layers, out: at(`${files++}.npz`), ...more });
const refused = async (weights: string, layers: PartialConfig[], sentence: RegExp, more?: Partial<ProtectRequest>) => {
  const before = readdirSync(folder).length;
  const error = await protect(weights, layers, more).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(sentence);
  expect(readdirSync(folder)).toHaveLength(before);
};

/** The tensors of the classifier under other names, in safetensors' own order. */
function renamed(path: string, rename: (name: string) => string, extra: [string, Tensor][] = []): string {
  const { tensors } = readSafetensors(readFileSync(mlp), mlp);
  writeFileSync(path, writeSafetensors([...[...tensors].map(([n, t]): [string, Tensor] => [rename(n), t]), ...extra]));
  return path;
}

/** A file of 16 bits made of the upper halves of float32 numbers, with a BOOL tensor behind them. */
function brain(path: string): string {
  const { tensors } = readSafetensors(readFileSync(mlp), mlp);
  let end = 0;
  const parts: Buffer[] = [];
  const header: Record<string, unknown> = {};
  for (const [name, { shape, data }] of tensors) {
    const words = new Uint16Array(data.buffer).filter((_, i) => i % 2 === 1);
    parts.push(Buffer.from(words.buffer));
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, (end += 2 * words.length)] };
  }
  header.mask = { dtype: 'BOOL', shape: [3], data_offsets: [end, end + 3] };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([start, text, ...parts, Buffer.from([1, 0, 1])]));
  return path;
}

describe('the right loss and the right errors', () => {
  it('of modules whose names say their order', async () => {
    const { loss, errors, origin, doubts } = await protect(mlp, [six]);
    expect(loss / 0.006313899308119766).toBeCloseTo(1, 5);
    expect(errors).toBe(0);
    expect(origin).toContain('layers features.0, features.2, classifier in the order of their names');
    expect(doubts).toBeUndefined();
  });

  it('of inp, hidden, out, and the largest stable rate of full batches', async () => {
    const weights = fixture('inp-hidden-out.safetensors');
    const { loss, errors } = await protect(weights, [square]);
    expect(loss / 0.014369184913175587).toBeCloseTo(1, 5);
    expect(errors).toBe(0);
    const { facts } = await adviseRun({ weights, layers: [square], verify: false, workers: 1, out: at('advice') });
    const edge = 'facts' in facts.curvature ? facts.curvature.facts.edge : undefined;
    expect(edge?.value).toBeCloseTo(0.30331, 4); // 2 over the largest eigenvalue of the full Hessian in float64
  });

  it('of bfloat16 beside a mask of booleans, which is named', async () => {
    const { loss, errors, origin } = await protect(brain(at('bf16.safetensors')), [six]);
    expect(loss / 0.00660991501228194).toBeCloseTo(1, 5);
    expect(errors).toBe(0);
    expect(origin).toContain('BF16 widened to float32; left out, because no weight of the network: mask');
  });

  it('of float64, and of a counter beside the weights', async () => {
    const { tensors } = readSafetensors(readFileSync(mlp), mlp);
    const wide = [...tensors].map(([n, { shape, data }]): [string, Tensor] => [
      n,
      { shape, data: Float64Array.from(data as Float32Array) },
    ]);
    const counter: [string, Tensor] = ['features.1.num_batches_tracked', { shape: [], data: BigInt64Array.of(12n) }];
    writeFileSync(at('f64.safetensors'), writeSafetensors([...wide, counter]));
    const { loss, origin } = await protect(at('f64.safetensors'), [six]);
    expect(loss / 0.006313899308119766).toBeCloseTo(1, 5);
    expect(origin).toContain('F64 rounded to float32; left out, because no weight of the network: features.1.num');
  });

  it('of a network that was trained on normalised inputs', async () => {
    const weights = fixture('trained-on-normalised.safetensors');
    const normalize = { mean: 0.1307, std: 0.3081 };
    const { loss, errors } = await protect(weights, [six, { data: { normalize } }]);
    expect(loss / 0.09484868578899949).toBeCloseTo(1, 5);
    expect(errors).toBe(0);
    const raw = await protect(weights, [six]);
    expect([raw.loss / 0.6330732319110633, raw.errors]).toEqual([expect.closeTo(1, 5), 102]);
    expect(raw.doubts).toEqual([expect.stringMatching(/misclassify 34 % .* normalisation of the inputs/)]);
  });

  it('of the squared error on labels: half the sum over the outputs, with one-hot targets', async () => {
    const network = { ...(six.network as object), loss: 'squared-error' } as const;
    const { loss, errors } = await protect(mlp, [six, { network, training: { stop: { rule: 'epochs', epochs: 1 } } }]);
    expect(loss / 35.0474152021819).toBeCloseTo(1, 5);
    expect(errors).toBeNaN();
  });
});

describe('squared error on labels', () => {
  it('trains towards the classes', async () => {
    const config = completeConfig(six, {
      network: { widths: [36, 8, 4], loss: 'squared-error' },
      training: { learningRate: 0.2, stop: { rule: 'epochs', epochs: 60 } },
    });
    const { train } = await loadFor(config);
    expect(train.labels).toBeUndefined();
    const labels = readFileSync(fixture('data6/train-labels-idx1-ubyte')).subarray(8);
    expect([...train.targets!]).toEqual([...labels].flatMap((y) => [0, 1, 2, 3].map((j) => (j === y ? 1 : 0))));
    const trainer = new Trainer({ spec: config.network, samples: train, learningRate: 0.2, batchSize: 20 });
    expect(trainer.evaluate().loss).toBeCloseTo(0.5, 6); // at w = 0 one output of four is wrong by 1
  });

  it('cross-entropy on targets is refused before anything is written', async () => {
    const config = completeConfig({
      data: { set: 'teacher', teacher: { network: { loss: 'squared-error' } } },
      network: { loss: 'cross-entropy' },
    });
    await expect(loadFor(config)).rejects.toThrow(/has targets and no labels.*set network\.loss to squared-error/);
  });
});

describe('what is refused', () => {
  it('two orders that fit, where only the shapes are left, with both named', async () => {
    const two = renamed(at('two.safetensors'), (n) => n.replace('features.0', 'mu').replace('features.2', 'nu'));
    expect((await protect(two, [six])).origin).toContain('layers mu, nu, classifier in the only order that fits');
    const rename = (n: string) => n.replace('inp', 'mu').replace('hidden', 'nu').replace('out', 'xi');
    const { tensors } = readSafetensors(readFileSync(fixture('inp-hidden-out.safetensors')), 'f');
    writeFileSync(at('open.safetensors'), writeSafetensors([...tensors].map(([n, t]) => [rename(n), t])));
    const open = at('open.safetensors');
    await refused(open, [square], /two orders.*\[mu, nu, xi\] and \[nu, mu, xi\]/);
    expect((await protect(open, [square, { layers: ['mu', 'nu', 'xi'] }])).loss).toBeCloseTo(0.014369, 6);
    const other = await protect(open, [square, { layers: ['nu', 'mu', 'xi'] }]);
    expect([other.loss, other.errors]).toEqual([expect.closeTo(1.524224, 5), 115]);
    expect(other.doubts).toEqual([
      expect.stringMatching(/loss 1\.52 is above 0\.\d+, that of the best constant answer/),
    ]);
  });

  it('layers where no file is read, and weight decay', async () => {
    await expect(adviseRun({ layers: [six, { layers: ['a'] }], at: 'init', out: at('none') })).rejects.toThrow(
      /layers names the modules of a file of weights.*no file is read/,
    );
    expect(existsSync(at('none'))).toBe(false);
    const training = { ...six, layers: ['a', 'b', 'c'] };
    await expect(prepare([training], at('none'), false, {})).rejects.toThrow(/no file is read here/);
    expect(existsSync(at('none'))).toBe(false);
    await refused(
      mlp,
      [six, { training: { weightDecay: 0.0005 } } as never],
      /weightDecay is not taken.*d to every curv/,
    );
  });

  it('another loss or another number of errors than expected, with the usual cause', async () => {
    const expected = { loss: expectedLoss('0.0063'), errors: expectedErrors('0') };
    const judged: JudgedState[] = [];
    await protect(mlp, [six], { expected, onJudged: (j) => judged.push(j) });
    expect(judged).toEqual([{ loss: expect.closeTo(0.0063139, 7), errors: 0, samples: 300, doubts: [] }]);
    const tanh: PartialConfig = { ...six, network: { ...(six.network as object), activation: 'tanh' } };
    await refused(mlp, [tanh], /--expect-loss asks for a loss of 0\.0063 ± 0\.000063.*activation, or a norm/, {
      expected,
    });
    const errors = expectedErrors('0');
    await refused(
      fixture('trained-on-normalised.safetensors'),
      [six],
      /--expect-error asks for 0 ± 0 misclassified, and the weights misclassify 102 of 300 samples \(34 %\)/,
      { expected: { errors } },
    );
    const network = { ...(six.network as object), loss: 'squared-error' } as const;
    const stop = { rule: 'epochs', epochs: 1 } as const;
    await refused(mlp, [six, { network, training: { stop } }], /squared error does not have/, { expected: { errors } });
    const advice = { weights: mlp, layers: [tanh], expected, out: at('refused') };
    await expect(adviseRun(advice)).rejects.toThrow(/--expect-loss/);
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('a doubt stands in the document and on the page of the advice', async () => {
    const weights = fixture('trained-on-normalised.safetensors');
    await adviseRun({ weights, layers: [six], verify: false, workers: 1, out: at('doubted') });
    expect(readFileSync(at('doubted/advice.json'), 'utf8')).toMatch(/"doubts": \[\s*"the weights misclassify 34 %/);
    expect(readFileSync(at('doubted/report.html'), 'utf8')).toMatch(/Warning: the weights misclassify 34/);
  });
});

describe('doubts', () => {
  const samples = { count: 1000, size: 1, values: new Uint8Array(1000), divisor: 1 };
  const labels = Uint8Array.from({ length: 1000 }, (_, k) => k % 10);
  const doubts = (loss: number, errors: number) => doubtsOf(loss, errors, { ...samples, labels }, 10);

  it('a loss above that of a constant answer, or more than twice what the errors suggest and 0.1', () => {
    const e = 31 / 1002;
    const suggested = -(1 - e) * Math.log(1 - e) - e * Math.log(e / 9);
    expect(suggestedLoss(30, 1000, 10)).toBeCloseTo(suggested, 14);
    expect(doubts(2 * suggested + 0.0999, 30)).toEqual([]);
    expect(doubts(2 * suggested + 0.1001, 30)).toEqual([
      expect.stringMatching(
        /far above what 30 misclassified of 1000 samples suggest \(about 0\.206\): the usual cause is/,
      ),
    ]);
    expect(doubts(Math.log(10) - 1e-9, 900)).toEqual([expect.stringMatching(/misclassify 90 % .* if training ended/)]);
    expect(doubts(0.3, 100)).toEqual([]);
    expect(doubts(0.3, 101)).toEqual([expect.stringMatching(/misclassify 10\.1 %/)]);
    expect(doubts(Math.log(10) + 1e-3, 0)).toEqual([expect.stringContaining('best constant answer')]);
    expect(doubtsOf(0.4, Number.NaN, { ...samples, labels }, 10)).toEqual([]);
  });
});

describe('flags of what is expected', () => {
  it.each([
    ['0.0144', { value: 0.0144, within: 0.000144 }],
    ['0.01', { value: 0.01, within: 0.005 }],
    ['1e-5', { value: 1e-5, within: 0.5e-5 }],
    ['0.0144±0.002', { value: 0.0144, within: 0.002 }],
    ['0.0144 +- 2e-3', { value: 0.0144, within: 0.002 }],
  ])('a loss of %s', (text, { value, within }) => {
    const found = expectedLoss(text);
    expect([found.value, found.within]).toEqual([value, expect.closeTo(within, 12)]);
  });
  it.each([
    ['3', { value: 3, within: 0 }],
    ['3±2', { value: 3, within: 2 }],
    ['1.3%', { value: 0.013, within: 0.0005 }],
    ['2 ± 0.5 %', { value: 0.02, within: 0.005 }],
  ])('errors of %s', (text, { value, within }) => {
    const found = expectedErrors(text);
    expect([found.value, found.within]).toEqual([expect.closeTo(value, 12), expect.closeTo(within, 12)]);
    expect(found.share ?? false).toBe(text.includes('%'));
  });
  it.each(['', 'x', '-1', '1,5', '0x10', '5%'])('a loss of %j is refused', (text) => {
    expect(() => expectedLoss(text)).toThrow(/expected a loss such as/);
  });
  it.each(['', '0.013', '-1', 'three', '0x3'])('errors of %j are refused', (text) => {
    expect(() => expectedErrors(text)).toThrow(/expected a number of samples/);
  });
});

it('the command shows loss and errors before anything is written, and ends with 2 where they are not expected', async () => {
  writeFileSync(at('six.json'), JSON.stringify(six));
  const ask = (...flags: string[]) =>
    thermogradHere('protect', '--config', at('six.json'), '--weights', mlp, '--out', at('cli.npz'), ...flags);
  const other = await ask('--expect-error', '5', '--json');
  expect(other.code).toBe(2);
  expect(JSON.parse(other.stdout).error).toEqual({
    code: 'not-expected',
    message: expect.stringMatching(/asks for 5 ± 0 misclassified, and the weights misclassify 0 of 300/),
  });
  expect(existsSync(at('cli.npz'))).toBe(false);
  const good = await ask('--expect-error', '0', '--expect-loss', '0.0063');
  expect(good.stderr).toContain('loss 0.0063139, 0 misclassified (0 %) over 300 training samples\n');
  expect([good.code, existsSync(at('cli.npz'))]).toEqual([0, true]);
  expect((await ask('--expect-loss', 'low')).stderr).toMatch(/expected a loss such as 0\.0144/);
});

it('the penalty file carries the names and shapes of the module', async () => {
  await protect(mlp, [six], { out: at('names.npz') });
  expect((await readPenalty(at('names.npz'))).parameters).toEqual([
    { name: 'features.0.weight', shape: [8, 36] },
    { name: 'features.0.bias', shape: [8] },
    { name: 'features.2.weight', shape: [8, 8] },
    { name: 'features.2.bias', shape: [8] },
    { name: 'classifier.weight', shape: [4, 8] },
    { name: 'classifier.bias', shape: [4] },
  ]);
});
