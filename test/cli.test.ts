/** The program as people and machines meet it: help, exit codes, and a clear sentence for everything that goes wrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Trajectory } from '../src/record/trajectory.js';
import { layersOfFlags } from '../src/terminal/flags.js';
import { directions } from '../src/terminal/values.js';
import { begin, scratch, thermograd } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const SMALL = {
  data: { set: 'teacher', teacher: { train: 400, test: 100 } },
  training: { batchSize: 20, stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 5 },
  record: { layer: 'layer1', windowEpochs: 2 },
};
const { folder, config } = scratch(SMALL);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The one JSON document that --json promises on stdout. */
async function failure(...args: string[]): Promise<{ code: number | null; error: { code: string; message: string } }> {
  const { code, stdout, stderr } = await thermogradHere(...args, '--json');
  const { error } = JSON.parse(stdout);
  expect(stderr).toContain(error.message.slice(0, 40));
  return { code, error };
}

describe('help', () => {
  it.each([
    [['--help'], 'thermograd reproduce ivf2021'],
    [['reproduce', '--help'], 'Presets:'],
    [['train', '--help'], 'trajectory.zarr'],
    [['analyse', '--help'], '--directions 1-50,100,200'],
    [['report', '--help'], 'again from its numbers'],
  ])('%j teaches', async (args, text) => {
    const { code, stdout } = await thermogradHere(...args);
    expect(code).toBe(0);
    expect(stdout).toContain(text);
  });

  it('--version is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(thermograd('--version').stdout.trim()).toBe(version);
  });

  it.each([
    [['frobnicate'], /unknown command/],
    [['reproduce', 'ivf2022'], /no experiment 'ivf2022'/],
    [['train', '--preset', 'huge'], /Allowed choices are quick, standard, paper/],
    [['train', '--seed', 'x'], /expected a whole number/],
    [['train', '--lerning-rate', '1'], /--learning-rate/],
    [['reproduce', 'ivf2021', '--directions', '5-3'], /such as 1-20,50,100/],
  ])('%j: exit 2 and a sentence', async (args, text) => {
    const { code, stderr } = await thermogradHere(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });
});

it('doctor says what the machine has', async () => {
  const { code, stdout } = await thermogradHere('doctor', '--json');
  expect(code).toBe(0);
  const d = JSON.parse(stdout);
  expect(['fma', 'simd']).toContain(d.kernelBuild);
  expect(['embedded', 'system']).toContain(d.linearAlgebra.kind);
  expect(d.machine.cores).toBeGreaterThan(0);
  expect(d.machine.memory).toBeGreaterThan(1e8);
  expect(d.versions.node).toBe(process.version);
  const text = (await thermogradHere('doctor')).stdout;
  expect(text).toContain(d.linearAlgebra.name);
  expect(text).toContain('kernels');
});

describe('train', () => {
  it('leaves a complete record, and --json prints it', () => {
    const out = join(folder, 'a');
    const { code, stdout, stderr } = thermograd('train', '--config', config, '--out', out, '--seed', '3', '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/needs about \d+ MB of memory/);
    const result = JSON.parse(stdout);
    expect(result.folder).toBe(out);
    const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(record.config).toMatchObject({ seed: 3, preset: 'standard', network: { widths: [20, 16, 4] } });
    expect(record.stages.train).toMatchObject({ status: 'done' });
    expect(record.stages.pca).toMatchObject({ status: 'waiting' });
    expect(record.versions.dependencies.zarrita).toMatch(/^\d/);
    expect(record.machine.cpu.length).toBeGreaterThan(0);
    expect(record.data).toMatchObject({ kind: 'teacher', train: 400 });
    expect(existsSync(join(out, 'lock'))).toBe(false);
    const history = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8'));
    expect(history.window).toEqual([4, 5]);
    expect(history.testAccuracy).toHaveLength(5);
  });

  it('the same seed gives the same bits, another seed others', async () => {
    const weights: Buffer[] = [];
    for (const seed of ['8', '8', '9']) {
      const out = join(folder, `s${weights.length}`);
      expect((await thermogradHere('train', '--config', config, '--out', out, '--seed', seed)).code).toBe(0);
      weights.push(readFileSync(join(out, 'trajectory.zarr/weights/c/0/0')));
    }
    const [a, b, c] = weights;
    expect(a.equals(b)).toBe(true);
    expect(a.equals(c)).toBe(false);
  });
});

describe('refused before anything is written', () => {
  const out = join(folder, 'never');
  const given = (value: unknown) => {
    const path = join(folder, 'given.json');
    writeFileSync(path, JSON.stringify(value));
    return failure('train', '--config', path, '--out', out);
  };
  it.each([
    ['an unknown key', { ...SMALL, trainning: {} }, 'unknown-key', "did you mean 'training'"],
    ['a layer that does not exist', { ...SMALL, record: { layer: 'layer7' } }, 'no-such-layer', 'layer1, layer2'],
    [
      'a window longer than the run',
      { ...SMALL, record: { layer: 'layer1', windowEpochs: 3 } },
      'window-too-long',
      '6',
    ],
    [
      'a batch larger than the data',
      { ...SMALL, training: { ...SMALL.training, batchSize: 401 } },
      'bad-batch-size',
      '401',
    ],
    [
      'a network that does not fit',
      { ...SMALL, network: { widths: [21, 16, 4] } },
      'network-does-not-fit',
      '20 inputs',
    ],
    ['a rank that cannot be', { ...SMALL, analysis: { directions: [40] } }, 'no-such-direction', 'rank 40'],
    [
      'data that are not there',
      { ...SMALL, data: { set: 'idx:/nowhere' }, network: { widths: [4, 4, 2] } },
      'no-dataset-files',
      '/nowhere',
    ],
    [
      'more memory than there is',
      { ...SMALL, network: { widths: [20, 60000, 60000, 4] }, record: { layer: 'layer2', windowEpochs: 2 } },
      'not-enough-memory',
      'lower it with',
    ],
  ])('%s', async (_, value, code, text) => {
    const { code: exit, error } = await given(value);
    expect(exit).toBe(2);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(existsSync(out)).toBe(false);
  });

  it('truncated data files', async () => {
    const data = join(folder, 'idx');
    mkdirSync(data, { recursive: true });
    const images = Buffer.alloc(16 + 10 * 4 - 3); // three bytes short
    [0x803, 10, 2, 2].forEach((v, i) => {
      images.writeUInt32BE(v, 4 * i);
    });
    const labels = Buffer.alloc(8 + 10);
    [0x801, 10].forEach((v, i) => {
      labels.writeUInt32BE(v, 4 * i);
    });
    writeFileSync(join(data, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(data, 'train-labels-idx1-ubyte'), labels);
    const { code, error } = await given({ ...SMALL, data: { set: `idx:${data}` }, network: { widths: [4, 4, 2] } });
    expect(code).toBe(2);
    expect(error.message).toContain('train-images-idx3-ubyte');
    expect(existsSync(out)).toBe(false);
  });
});

describe('run folders', () => {
  it('a changed config is not resumed; the first differing key is named', async () => {
    const out = join(folder, 'changed');
    expect((await thermogradHere('train', '--config', config, '--out', out)).code).toBe(0);
    const { code, error } = await failure('train', '--out', out, '--resume', '--learning-rate', '0.2');
    expect(code).toBe(2);
    expect(error.code).toBe('config-changed');
    expect(error.message).toContain("'training.learningRate' was 0.1 and is now 0.2");
    expect((await failure('train', '--config', config, '--out', out)).error.code).toBe('run-exists');
    expect((await thermogradHere('train', '--config', config, '--out', out, '--resume', '--workers', '1')).code).toBe(
      0,
    );
  });

  it('of a newer version, of nobody, of something else', async () => {
    const out = join(folder, 'newer');
    expect((await thermogradHere('train', '--config', config, '--out', out)).code).toBe(0);
    const path = join(out, 'run.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...record, folderVersion: 99, thermograd: '9.9.9' }));
    for (const args of [
      ['train', '--resume', '--out', out],
      ['analyse', out],
      ['report', out],
    ]) {
      const { code, error } = await failure(...args);
      expect(code).toBe(2);
      expect(error.code).toBe('other-version');
      expect(error.message).toContain('Use thermograd 9.9.9');
    }
    writeFileSync(path, '{}');
    expect((await failure('report', out)).error.code).toBe('bad-run');
    expect((await failure('analyse', join(folder, 'absent'))).error.code).toBe('no-recording');
    expect((await failure('train', '--resume', '--out', join(folder, 'absent'))).error.code).toBe('no-run');
  });

  it('begun by another thermograd and not trained to the end: not continued', async () => {
    const out = join(folder, 'older');
    expect((await thermogradHere('train', '--config', config, '--out', out)).code).toBe(0);
    const path = join(out, 'run.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    record.stages.train.status = 'interrupted';
    writeFileSync(path, JSON.stringify({ ...record, thermograd: '0.0.1' }));
    expect((await failure('train', '--resume', '--out', out)).error.code).toBe('other-version');
  });

  it('data that changed since are not taken for the same', async () => {
    const out = join(folder, 'other-data');
    expect((await thermogradHere('train', '--config', config, '--out', out)).code).toBe(0);
    const path = join(out, 'run.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...record, data: { ...record.data, seed: 77 } }));
    expect((await failure('train', '--resume', '--out', out)).error.code).toBe('data-changed');
  });

  it('an untrained run is not analysed, an unmeasured one not drawn', async () => {
    const out = join(folder, 'untrained');
    expect((await thermogradHere('train', '--config', config, '--out', out)).code).toBe(0);
    expect((await failure('report', out)).error.code).toBe('not-analysed');
    const path = join(out, 'run.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    record.stages.train.status = 'interrupted';
    writeFileSync(path, JSON.stringify(record));
    const { error } = await failure('analyse', out);
    expect(error.code).toBe('not-trained');
    expect(error.message).toContain('--resume');
  });

  it('a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, error } = await failure('train', '--config', config, '--out', join(folder, 'file', 'run'));
    expect(code).toBe(1);
    expect(error.code).toBe('not-writable');
    expect(error.message).toContain('--out');
  });
});

describe('runs that fail', () => {
  it('a diverging one stops with step, loss, learning rate and advice; what was recorded stays readable', async () => {
    // a linear student whose every step overshoots: errors grow by a constant factor until float32 overflows in the window
    const diverging = {
      data: {
        set: 'teacher',
        teacher: { network: { widths: [6, 3], activation: 'identity', loss: 'squared-error' }, train: 400, test: 0 },
      },
      training: { learningRate: 2.2, batchSize: 40, stop: { rule: 'epochs', epochs: 1 }, maxEpochs: 4000 },
      record: { layer: 'layer1', windowEpochs: 3000 },
    };
    const path = join(folder, 'diverging.json');
    writeFileSync(path, JSON.stringify(diverging));
    const out = join(folder, 'diverged');
    const { code, error } = await failure('train', '--config', path, '--out', out);
    expect(code).toBe(1);
    expect(error.code).toBe('diverged');
    expect(error.message).toMatch(
      /diverged at step \d+: the minibatch loss is \S+ with learning rate 2\.2; try a learning rate of 0\.55/,
    );
    const step = Number(/step (\d+)/.exec(error.message)![1]);
    const window = await Trajectory.open(join(out, 'trajectory.zarr'));
    expect(window.recorded).toBeGreaterThan(0);
    expect(window.recorded).toBeLessThan(step);
    expect(window.step[0]).toBe(11);
    const rows = await window.rows(0, window.recorded);
    expect(rows.every((v) => Number.isFinite(v))).toBe(true);
    const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(record.stages.train.status).toBe('failed');
    expect(record.stages.train.note).toContain('diverged');
    expect(existsSync(join(out, 'lock'))).toBe(false);
  });

  const mount = join(folder, 'disk');
  mkdirSync(mount, { recursive: true });
  const mounted =
    process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=50M', 'tmpfs', mount]).status === 0;
  if (mounted) afterAll(() => void spawnSync('umount', [mount]));
  it.skipIf(!mounted)(
    'a disk that fills up: one sentence, then --resume on a larger one (needs root and tmpfs)',
    async () => {
      const [out, other] = [join(mount, 'run'), join(folder, 'enough')];
      const bigger = {
        ...SMALL,
        training: { ...SMALL.training, stop: { rule: 'epochs', epochs: 5000 }, maxEpochs: 5050 },
        record: { layer: 'layer1', windowEpochs: 50 },
      };
      const path = join(folder, 'bigger.json');
      writeFileSync(path, JSON.stringify(bigger));
      // there is room when the run begins, and another program takes it
      const running = begin('train', '--config', path, '--out', out, '--json');
      await running.said('run folder');
      expect(spawnSync('mount', ['-o', 'remount,size=100k', mount]).status).toBe(0);
      const { code, stdout } = await running.ended;
      const { error } = JSON.parse(stdout);
      expect(code).toBe(1);
      expect(error.code).toBe('disk-full');
      expect(error.message).toContain('make room and continue with --resume');
      JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
      expect(spawnSync('mount', ['-o', 'remount,size=50M', mount]).status).toBe(0);
      expect((await thermogradHere('train', '--out', out, '--resume')).code).toBe(0);
      expect((await thermogradHere('train', '--config', path, '--out', other)).code).toBe(0);
      const [a, b] = [out, other].map((f) => readFileSync(join(f, 'model.safetensors')));
      expect(a.equals(b)).toBe(true);
      expect((await Trajectory.open(join(out, 'trajectory.zarr'))).recorded).toBe(1000);
    },
  );
});

describe('flags', () => {
  it('directions: all, a number, ranks and ranges', () => {
    expect(directions('all')).toBe('all');
    expect(directions('120')).toBe(120);
    expect(directions('7,')).toEqual([7]);
    expect(directions('3-5,1,4,100')).toEqual([1, 3, 4, 5, 100]);
    expect(() => directions('a,b')).toThrow(/such as/);
    expect(() => directions('0-3')).toThrow(/such as/);
    expect(() => directions(',')).toThrow(/such as/);
  });
  it('only what was given enters the config', () => {
    expect(layersOfFlags({})).toEqual([{}]);
    expect(layersOfFlags({ seed: 0, sampling: 'cyclic', centre: 'last' })).toEqual([
      { seed: 0, training: { sampling: 'cyclic' }, analysis: { centre: 'last' } },
    ]);
  });
  it('what only a grid takes is refused', () => {
    expect(() => layersOfFlags({ optimiser: 'nesterov' })).toThrow('{type: sgd, momentum: 0.9, nesterov: true}');
    expect(() => layersOfFlags({ optimiser: 'momentum' })).toThrow('{type: sgd, momentum: 0.9}.');
    expect(() => layersOfFlags({ network: 'mlp,lenet5' })).toThrow('--network takes one name here');
    expect(() => layersOfFlags({ optimiser: 'sgd,adam' })).toThrow('--optimiser takes one name here');
    expect(layersOfFlags({ optimiser: 'adam' })).toEqual([{ optimiser: { type: 'adam' } }]);
  });
});
