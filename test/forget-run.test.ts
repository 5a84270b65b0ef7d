/** `forget` from one end to the other on networks small enough for a test: resume, workers, no leaks, heads, several tasks, refusals. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskOf } from '../src/data/tasks.js';
import { completeForget } from '../src/experiments/forget/config.js';
import { type ForgetRun, forget } from '../src/experiments/forget/experiment.js';
import { displacement } from '../src/experiments/forget/measure.js';
import type { BranchGroup } from '../src/experiments/forget/measured.js';
import { sharedSize, specFor } from '../src/experiments/forget/network.js';
import type { PartialForget } from '../src/experiments/forget/schema.js';
import { InterruptedError } from '../src/jobs/context.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { loadDataset } from '../src/runs/datasets.js';
import { Trainer } from '../src/train/trainer.js';
import { thermograd } from './support/cli.js';
import { thermogradHere } from './support/here.js';
import { logits } from './support/naive-network.js';
import { SMALL_FORGET } from './support/small-studies.js';

const TINY: PartialForget = { ...SMALL_FORGET, provider: 'embedded' };
const home = mkdtempSync(join(tmpdir(), 'forget-'));
const out = join(home, 'run');
const doc = (...names: string[]) => join(out, 'seeds', ...names);
const timeless = (path: string) => ({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), seconds: 0 });
const group = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as BranchGroup;
const documents = (folder: string) =>
  readdirSync(join(folder, 'seeds'), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.json'))
    .sort();
let run: ForgetRun;
beforeAll(async () => {
  run = await forget([TINY], { out });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the experiment', () => {
  it('leaves a document for each group of branches, and a report with findings', () => {
    const files = readdirSync(doc('seed1')).sort();
    for (const name of [
      'axes.npz',
      'first.json',
      'task1.safetensors',
      'none.json',
      'l2.json',
      'ldc-6.json',
      'joint.json',
    ])
      expect(files).toContain(name);
    expect(files.filter((f) => /^(ldc|hessian)-3-at-(1|100)\.json$/.test(f))).toHaveLength(2);
    expect(existsSync(join(out, 'lock'))).toBe(false);
    expect(run.findings.map((f) => f.id)).toContain('forget.prevents.ldc');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('forget.prevents.ldc');
    expect(existsSync(join(out, 'figures', 'forget-front.svg'))).toBe(true);
    const rows = readFileSync(join(out, 'tables', 'branches.csv'), 'utf8')
      .trim()
      .split('\r\n');
    // two seeds: none and joint once, three methods at two strengths, two of them at another N_c
    expect(rows.length - 1).toBe(2 * (2 + 3 * 2 + 2));
  });

  it('starts every branch of a seed from the same solution, which no branch changes', () => {
    const first = JSON.parse(readFileSync(doc('seed0', 'first.json'), 'utf8'));
    for (const name of ['none', 'l2', 'ldc-6', 'joint'])
      for (const b of group(doc('seed0', `${name}.json`)).branches) {
        expect(b.test[0][0]).toBe(first.test);
        expect(b.curve.test.slice(0, -2)).toEqual(first.curve.test);
      }
  });

  it('a stronger anchor keeps the weights nearer', () => {
    for (const seed of ['seed0', 'seed1']) {
      const [weak, strong] = group(doc(seed, 'l2.json')).branches;
      const [free] = group(doc(seed, 'none.json')).branches;
      expect(strong.distance).toBeLessThan(weak.distance);
      expect(weak.distance).toBeLessThan(free.distance);
    }
  });
});

describe('the same numbers', () => {
  it.skipIf(process.env.CI === undefined)('in worker threads of the program, two at a time', () => {
    const other = join(home, 'threads');
    const file = join(home, 'tiny.json');
    writeFileSync(file, JSON.stringify(TINY));
    const { code, stdout, stderr } = thermograd('forget', '--config', file, '--out', other, '--workers', '2', '--json');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/about \d+ s on free cores/);
    expect(JSON.parse(stdout).findings).toHaveLength(run.findings.length);
    expect(documents(other)).toEqual(documents(out));
    for (const f of documents(out)) expect(timeless(join(other, 'seeds', f)), f).toEqual(timeless(doc(f)));
  });

  it('after a resume that computes what is missing, and nothing else', async () => {
    const copy = join(home, 'resumed');
    cpSync(out, copy, { recursive: true });
    const at = (f: string) => join(copy, 'seeds', f);
    const gone = ['seed0/ldc-6.json', 'seed1/first.json', 'seed1/none.json'];
    for (const f of gone) rmSync(at(f));
    const record = JSON.parse(readFileSync(join(copy, 'forget.json'), 'utf8'));
    for (const s of Object.values(record.stages) as { status: string }[]) s.status = 'interrupted';
    writeFileSync(join(copy, 'forget.json'), JSON.stringify(record));
    const stamp = statSync(at('seed0/none.json')).mtimeMs;
    await forget([], { out: copy, resume: true });
    for (const f of gone) expect(timeless(at(f)), f).toEqual(timeless(doc(f)));
    expect(statSync(at('seed0/none.json')).mtimeMs).toBe(stamp);
  });

  it('of a strength whatever others were asked for, with momentum too', async () => {
    const branchAt = async (strengths: number[]) => {
      const place = join(home, `momentum-${strengths.length}`);
      const training = { ...TINY.training, momentum: 0.9, learningRate: 0.02 };
      await forget([{ ...TINY, training, seeds: 1, methods: ['l2', 'joint'], strengths }], { out: place });
      return group(join(place, 'seeds/seed0/l2.json')).branches.at(-1)!;
    };
    const [alone, last] = [await branchAt([1]), await branchAt([0.01, 1])];
    expect([last.distance, last.test]).toEqual([alone.distance, alone.test]);
  });

  it('stopped on the way it keeps what is done; then more seeds may be asked for', async () => {
    const place = join(home, 'stopped');
    const stop = new AbortController();
    const short: PartialForget = { ...TINY, seeds: 1, methods: ['none', 'l2'] };
    const onProgress = (p: { stage: string; note?: string }) => {
      if (p.stage === 'strengths' && p.note?.startsWith('l2')) stop.abort();
    };
    await expect(forget([short], { out: place, signal: stop.signal, onProgress })).rejects.toBeInstanceOf(
      InterruptedError,
    );
    expect(existsSync(join(place, 'report.html'))).toBe(false);
    await forget([{ seeds: 2 }], { out: place, resume: true });
    const tests = (path: string) => group(path).branches.map((b) => [b.test, b.validation, b.distance]);
    for (const f of ['seed0/none.json', 'seed1/none.json', 'seed0/l2.json', 'seed1/l2.json'])
      expect(tests(join(place, 'seeds', f)), f).toEqual(tests(doc(f)));
    await expect(forget([{ seeds: 1 }], { out: place, resume: true })).rejects.toThrow(
      /has 2 seeds; it cannot be continued with fewer/,
    );
    await expect(forget([{ head: 'all-compete' }], { out: place, resume: true })).rejects.toThrow(
      /was begun with head/,
    );
    await expect(forget([short], { out: place })).rejects.toThrow(/--resume/);
  });
});

describe('strengths beyond the grid', () => {
  const grid: PartialForget = { ...TINY, methods: ['none', 'l2'], strengths: [1, 10], extend: 2 };
  const tried = (place: string, seed: number) =>
    readdirSync(join(place, 'seeds', `seed${seed}`))
      .filter((f) => f.startsWith('l2'))
      .flatMap((f) => group(join(place, 'seeds', `seed${seed}`, f)).branches)
      .sort((a, b) => a.multiple - b.multiple);

  it.each([
    [1, 10],
    [100, 1000],
  ])('from %d and %d by the rule, retyped: one more while the last gained a tenth of a point', async (...begun) => {
    const place = join(home, `beyond-${begun[0]}`);
    await forget([{ ...grid, strengths: begun }], { out: place });
    const seeds = [0, 1].map((s) => tried(place, s));
    const mean = (k: number) =>
      (seeds[0][k].validation[0] + seeds[0][k].validation[1] + seeds[1][k].validation[0] + seeds[1][k].validation[1]) /
      4;
    const strengths = seeds[0].map((b) => b.multiple);
    expect(seeds[1].map((b) => b.multiple)).toEqual(strengths);
    let [low, high] = [strengths.indexOf(begun[0]), strengths.indexOf(begun[1])];
    const expected = [...begun];
    for (let round = 0; round < 2; round++) {
      const known = Array.from({ length: high - low + 1 }, (_, k) => low + k);
      const best = known.reduce((b, k) => (mean(k) > mean(b) ? k : b));
      if (best === high && mean(high) - mean(high - 1) >= 0.001) expected.push(strengths[++high]);
      else if (best === low && mean(low) - mean(low + 1) >= 0.001) expected.unshift(strengths[--low]);
    }
    expect(strengths).toEqual(expected);
    expect(strengths.length).toBeGreaterThan(2);
    for (const [k, s] of strengths.entries()) expect(s / strengths[0]).toBeCloseTo(10 ** k, 3);
    // a resume finds all rounds done
    const stamps = () => documents(place).map((f) => statSync(join(place, 'seeds', f)).mtimeMs);
    const before = stamps();
    rmSync(join(place, 'report.html'));
    await forget([], { out: place, resume: true });
    expect(stamps()).toEqual(before);
  });

  it('none where the program is told which strengths', async () => {
    const place = join(home, 'named');
    const file = join(home, 'grid.json');
    writeFileSync(file, JSON.stringify(grid));
    const { code, stderr } = await thermogradHere('forget', '--config', file, '--lambda-grid', '1,10', '--out', place);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/about \d+ s on free cores/);
    expect(tried(place, 0).map((b) => b.multiple)).toEqual([1, 10]);
  });
});

describe('task 1 knows nothing of task 2', () => {
  it.each([
    ['task-known', '0,1/3,2'],
    ['task-known', '0,1/4,5'],
    // the same number of outputs must compete
    ['all-compete', '0,1/4,5'],
  ] as const)('%s: other samples and labels there (%s), the same bits here', async (head, other) => {
    const data = { set: 'teacher', teacher: { network: { widths: [8, 8, 6] }, train: 700, test: 300 } };
    const [a, b] = ['0,1/2,3', other].map((protocol, k) => {
      const place = join(home, `leak-${head}-${other.replace('/', '-')}-${k}`);
      return forget([{ ...TINY, data, head, protocol, seeds: 1, methods: ['none', 'ldc', 'ewc'], strengths: [1] }], {
        out: place,
      }).then(() => place);
    });
    const [one, two] = [await a, await b];
    for (const f of ['axes.npz', 'task1.safetensors'])
      expect(readFileSync(join(one, 'seeds/seed0', f)).equals(readFileSync(join(two, 'seeds/seed0', f))), f).toBe(true);
    const lambda = (place: string, m: string) => group(join(place, 'seeds/seed0', `${m}.json`)).branches[0].strength;
    expect(lambda(one, 'ldc-6')).toBe(lambda(two, 'ldc-6'));
  });
});

describe('heads', () => {
  it('of its own: the gradient is that of a wide network whose other logits are left out of the softmax', async () => {
    const dataset = await loadDataset({
      teacher: {
        network: { widths: [5, 4, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' },
        train: 60,
        test: 10,
        seed: 3,
      },
    });
    const protocol = { name: 'pairs', tasks: [{ classes: [0, 1] }, { classes: [2, 3] }] };
    const task = taskOf(dataset, protocol, 1, { head: 'task-known', validationShare: 0.2, key: randomKey(0) });
    const network = { hidden: [4], activation: 'tanh' as const, bias: false };
    const spec = specFor(network, task) as NetworkSpec;
    const size = sharedSize('task-known', spec);
    const wide = { ...spec, widths: [5, 4, 4] };
    const w = initialWeights(wide, randomKey(1));
    // rows 2 and 3 of the wide output layer are task 2's head
    const own = Float32Array.from([...w.subarray(0, size), ...w.subarray(size + 2 * 4)]);
    const masked = (weights: ArrayLike<number>) => {
      let sum = 0;
      for (let s = 0; s < task.train.count; s++) {
        const x = task.train.values.subarray(5 * s, 5 * s + 5);
        const z = logits(wide, weights, x).slice(2);
        sum += Math.log(z.reduce((a, v) => a + Math.exp(v), 0)) - z[task.train.labels![s]];
      }
      return sum / task.train.count;
    };
    const trainer = new Trainer({ spec, samples: task.train, learningRate: 0.1, batchSize: 10 });
    trainer.setWeights(own);
    const { loss, gradient } = trainer.gradient();
    expect(loss).toBeCloseTo(masked(w), 5);
    const h = 1e-4; // central differences in float64: error h²·third derivative, far below float32's own 1e-6
    for (let i = 0; i < w.length; i++) {
      const [up, down] = [h, -h].map((d) => masked(Float64Array.from(w, (v, j) => (j === i ? v + d : v))));
      const slope = (up - down) / (2 * h);
      const head1 = i >= size && i < size + 8;
      expect(Math.abs(slope - (head1 ? 0 : gradient[i < size ? i : i - 8])), `weight ${i}`).toBeLessThan(3e-6);
    }
  });
});

describe('more than two tasks', () => {
  it.each(['separate', 'online'] as const)('%s: penalties add up, and a hard anchor never moves', async (several) => {
    const place = join(home, several);
    const data = { set: 'teacher', teacher: { network: { widths: [8, 8, 6] }, train: 700, test: 300 } };
    await forget(
      [
        {
          ...TINY,
          data,
          several,
          protocol: '0,1/2,3/4,5',
          seeds: 1,
          methods: ['none', 'l2', 'ewc', 'ldc'],
          strengths: [1, 1e7],
          constraints: [6],
        },
      ],
      { out: place },
    );
    const [soft, hard] = group(join(place, 'seeds/seed0/l2.json')).branches;
    expect(hard.test.map((row) => row.filter(Number.isFinite).length)).toEqual([1, 2, 3]);
    expect(hard.distance).toBeLessThan(1e-6 * soft.distance);
    expect(hard.test[2][0]).toBe(hard.test[0][0]);
    expect(hard.test[2][1]).toBe(hard.test[1][1]);
    // an entry an epoch, also within the windows of tasks that others follow
    expect(soft.curve.task).toEqual([...Array(9).fill(0), 1, 1, 2, 2]);
    expect(soft.curve.epoch).toEqual(soft.curve.epoch.map((_, k) => k + 1));
    expect(group(join(place, 'seeds/seed0/ldc-6.json')).branches.every((b) => !b.diverged)).toBe(true);
    expect(readFileSync(join(place, 'report.html'), 'utf8')).toContain('three tasks'.replace('three', '3'));
  });
});

describe('a method that a seed cannot give', () => {
  it('is told with what it misses, and the others go on', async () => {
    const place = join(home, 'missing');
    // no mode relaxes ten times within a window of so few steps
    const { outcome } = await forget([{ ...TINY, methods: ['vortex', 'none', 'l2'] }], { out: place });
    const refused = group(join(place, 'seeds/seed0/vortex-6.json'));
    expect(refused.branches).toEqual([]);
    expect(refused.refused).toMatch(/window of \d+ steps/);
    expect(readFileSync(join(place, 'report.html'), 'utf8')).toMatch(/vortex planes did not run/);
    expect(outcome.join(' ')).not.toContain('vortex');
    const [head, row] = readFileSync(join(place, 'tables', 'branches.csv'), 'utf8').split('\r\n');
    expect(row.split(',')).toHaveLength(head.split(',').length);
    expect(head).toContain('validation_2');
  });
});

describe('displacement', () => {
  it('by groups of directions and planes, by hand', () => {
    const axes = matrix(4, 4, Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]));
    const delta = Float64Array.of(1, 2, 3, 4);
    const single = displacement(delta, axes);
    expect(single.ranks.flat()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(single.perDirection).toEqual([1, 4, 9, 16]);
    expect(displacement(delta, axes, 2).perDirection).toEqual([2.5, 12.5]);
  });
});

describe('refusals', () => {
  const place = join(home, 'refused');
  const refused = (layer: PartialForget) => forget([TINY, layer], { out: place });
  it.each([
    [{ methods: ['ldcc'] }, /no method 'ldcc'; did you mean 'ldc'/],
    [{ protocol: 'digit-pairs' }, /did you mean 'digits-pairs'/],
    [{ protocol: 'digits-pairs' }, /asks for class 4, and teacher has classes 0 … 3/],
    [{ protocol: '0,1/1,2' }, /class 1 to more than one place/],
    [{ strengths: [1, -1] }, /strengths\.1/],
    [{ constraints: [500] }, /N_c = 500 is too large/],
    [{ layers: ['layer3'] }, /can hold layer1, layer2 \(each task has its own output layer\); got 'layer3'/],
    [{ statistics: { layer: 'layer3', profiles: [1] } }, /statistics\.layer is 'layer3'/],
    [{ protocol: '0/1' }, /'classes 0' has one class/],
    [{ training: { batchSize: 400 } }, /training samples, fewer than a batch of 400/],
    [{ training: { batchSize: 10, windowEpochs: 1, windowEvery: 100 } }, /keeps 0 rows, every 100 steps; at least 2/],
    [{ training: { epoch: 3 } }, /did you mean 'training\.epochs'/],
    [{ data: { set: 'teacher', teacher: { network: { widths: [8, 6, 4] }, test: 0 } } }, /no test set/],
  ] as [PartialForget, RegExp][])('%j', async (layer, sentence) => {
    await expect(refused(layer)).rejects.toThrow(sentence);
    expect(existsSync(place)).toBe(false);
  });

  it('resumes nothing where nothing is', async () => {
    await expect(forget([TINY], { out: place, resume: true })).rejects.toThrow(
      /no experiment on forgetting in .* to resume/,
    );
    expect(existsSync(place)).toBe(false);
  });

  it('goes on with the linear algebra that it was begun with', async () => {
    const copy = join(home, 'provider');
    cpSync(out, copy, { recursive: true });
    const record = JSON.parse(readFileSync(join(copy, 'forget.json'), 'utf8'));
    writeFileSync(join(copy, 'forget.json'), JSON.stringify({ ...record, linearAlgebra: 'another' }));
    await expect(forget([], { out: copy, resume: true })).rejects.toThrow(/begun with the linear algebra 'another'/);
  });

  it('the program: exit 2, and help that teaches', async () => {
    const wrong = await thermogradHere('forget', '--lambda-grid', '1,0', '--out', place);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/expected a positive number, got '0'/)]);
    expect((await thermogradHere('forget', '--help')).stdout).toMatch(/Examples:[\s\S]*--protocol digits-halves/);
  });

  it('fills in a config: the preset’s data give way to other data', () => {
    const config = completeForget({ preset: 'quick', data: { set: 'mnist' }, strengths: [10, 1, 10] });
    expect(config.data).toEqual({ set: 'mnist' });
    expect(config.strengths).toEqual([1, 10]);
    const fewer = completeForget({ data: { set: 'fashion-mnist' } }, { data: { limit: 1000 } });
    expect(fewer.data).toEqual({ set: 'fashion-mnist', limit: 1000 });
    expect(completeForget({ preset: 'quick', data: { limit: 500 } }).data).toMatchObject({
      set: 'teacher',
      limit: 500,
      teacher: { train: 1600 },
    });
    expect(completeForget({ network: { hidden: [10] }, data: { set: 'mnist' } }).statistics.layer).toBe('layer1');
  });
});
