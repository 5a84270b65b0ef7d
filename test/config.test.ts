/** Configs: complete, checked, and helpful when wrong. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { editDistance, nearest } from '../src/numeric/spelling.js';
import { completeConfig, configHash, firstDifference, readConfig } from '../src/runs/config.js';
import type { PartialConfig } from '../src/runs/schema.js';

function refusal(...layers: unknown[]): InputError {
  try {
    completeConfig(...(layers as PartialConfig[]));
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error('the config was accepted');
}

describe('defaults and presets', () => {
  it('writes out every key of the protocol of ivf2021', () => {
    const config = completeConfig();
    expect(config).toMatchObject({
      experiment: 'ivf2021',
      preset: 'standard',
      data: { set: 'mnist' },
      network: { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' },
      training: { learningRate: 0.1, momentum: 0, batchSize: 50, sampling: 'shuffled', lastBatch: 'drop' },
      record: { layer: 'layer2', windowEpochs: 10 },
      analysis: { centre: 'mean', directions: 120, relativeTolerance: 1e-4, profiles: [5, 20, 50, 100, 200] },
    });
  });

  it('the paper preset has the stopping rule of the paper and all directions', () => {
    const { training, analysis } = completeConfig({ preset: 'paper' });
    expect(training.stop).toEqual({ rule: 'accuracy-and-loss', accuracy: 0.99, loss: 5e-5, overEpochs: 10 });
    expect(analysis.directions).toBe('all');
  });

  it('later layers win, and a stopping rule is replaced whole', () => {
    const config = completeConfig(
      { preset: 'paper', training: { learningRate: 0.2, stop: { rule: 'epochs', epochs: 3 } } },
      { training: { learningRate: 0.05 } },
    );
    expect(config.training.learningRate).toBe(0.05);
    expect(config.training.stop).toEqual({ rule: 'epochs', epochs: 3 });
    expect(config.training.maxEpochs).toBe(2000);
  });

  it('a teacher without a stated network gives its own architecture to the student', () => {
    const config = completeConfig({ data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] } } } });
    expect(config.network.widths).toEqual([8, 6, 3]);
    expect(config.network.activation).toBe('tanh');
    const own = completeConfig({ data: { set: 'teacher' }, network: { widths: [20, 30, 30, 4] } });
    expect(own.network.widths).toEqual([20, 30, 30, 4]);
  });
});

describe('what is refused', () => {
  it.each([
    [{ trainig: {} }, "no key 'trainig'; did you mean 'training'?"],
    [{ training: { learningrate: 1 } }, "no key 'training.learningrate'; did you mean 'training.learningRate'?"],
    [{ learningRate: 1 }, "no key 'learningRate'; did you mean 'training.learningRate'?"],
    [{ training: { stop: { rule: 'epochs', epochs: 3, epoch: 3 } } }, "did you mean 'training.stop.epochs'?"],
    [{ analysis: { center: 'mean' } }, "did you mean 'analysis.centre'?"],
    [{ data: { teacher: { network: { witdhs: [1, 2] } } } }, "did you mean 'data.teacher.network.widths'?"],
    [{ zzz: 1 }, 'known keys here are experiment, preset, seed'],
  ])('%j: unknown key', (config, sentence) => {
    const error = refusal(config);
    expect(error.code).toBe('unknown-key');
    expect(error.message).toContain(sentence);
  });

  it.each([
    [{ training: { learningRate: -1 } }, "'training.learningRate'", '-1'],
    [{ training: { sampling: 'random' } }, "'training.sampling'", 'random'],
    [{ data: { set: 'imagenet' } }, "'data.set'", 'imagenet'],
    [{ preset: 'huge' }, "'preset'", 'huge'],
    [{ seed: 1.5 }, "'seed'", '1.5'],
    [{ training: { stop: { rule: 'never' } } }, "'training.stop", 'never'],
  ])('%j: wrong value', (config, key, came) => {
    const error = refusal(config);
    expect(error.code).toBe('bad-config');
    expect(error.message).toContain(key);
    expect(error.message).toContain(came);
  });

  it.each([0.5, [1], true])('a network that is neither a name nor a mapping: %j', (network) => {
    expect(refusal({ network }).message).toMatch(/^config key 'network': .*got/);
  });

  it('a layer that does not exist, with those that do', () => {
    const error = refusal({ record: { layer: 'layer9' } });
    expect(error.code).toBe('no-such-layer');
    expect(error.message).toContain('layer1, layer2, layer3');
  });

  it('a window longer than the run, before anything starts', () => {
    const error = refusal({
      training: { maxEpochs: 12, stop: { rule: 'epochs', epochs: 5 } },
      record: { windowEpochs: 8 },
    });
    expect(error.code).toBe('window-too-long');
    expect(error.message).toContain('at least 13');
    expect(() =>
      completeConfig({ training: { maxEpochs: 13, stop: { rule: 'epochs', epochs: 5 } }, record: { windowEpochs: 8 } }),
    ).not.toThrow();
  });

  it('the rule of zero training errors where nothing is classified', () => {
    expect(refusal({ network: { loss: 'squared-error' } }).message).toContain('zero-training-error');
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  it('YAML and JSON say the same', () => {
    const [yaml, json] = [join(folder, 'a.yaml'), join(folder, 'a.json')];
    writeFileSync(yaml, 'training:\n  learningRate: 0.3\n  stop: {rule: epochs, epochs: 4}\n');
    writeFileSync(json, '{"training": {"learningRate": 0.3, "stop": {"rule": "epochs", "epochs": 4}}}');
    expect(completeConfig(readConfig(yaml))).toEqual(completeConfig(readConfig(json)));
  });
  it('neither a missing file nor a broken one nor a list passes', () => {
    const path = join(folder, 'b.yaml');
    expect(() => readConfig(join(folder, 'absent.yaml'))).toThrow(/cannot read the config file/);
    writeFileSync(path, 'a: [1, 2');
    expect(() => readConfig(path)).toThrow(/neither JSON nor YAML/);
    writeFileSync(path, '- 1\n- 2\n');
    expect(() => readConfig(path)).toThrow(/must hold a mapping/);
    for (const encoding of ['latin1', 'utf16le'] as const) {
      writeFileSync(path, Buffer.from('\ufeffnotes: "für"\n', encoding));
      expect(() => readConfig(path), encoding).toThrow('is not text in UTF-8');
    }
  });
});

describe('comparison of configs', () => {
  it('names the first key that differs, and lets workers differ', () => {
    const a = completeConfig({ seed: 1 });
    expect(firstDifference(a, completeConfig({ seed: 1, workers: 7 }))).toBeUndefined();
    expect(firstDifference(a, completeConfig({ seed: 1, training: { batchSize: 60 } }))).toEqual({
      key: 'training.batchSize',
      was: 50,
      is: 60,
    });
    expect(firstDifference(a, completeConfig({ seed: 1, analysis: { profiles: [5] } }))?.key).toBe('analysis.profiles');
  });
  it('the hash follows what decides the trajectory and nothing else', () => {
    const hash = configHash(completeConfig());
    expect(configHash(completeConfig({ analysis: { centre: 'last' }, workers: 3 }))).toBe(hash);
    expect(configHash(completeConfig({ seed: 1 }))).not.toBe(hash);
    expect(configHash(completeConfig({ training: { sampling: 'replaced' } }))).not.toBe(hash);
  });
});

describe('spelling', () => {
  it('counts insertions, deletions, substitutions and swaps', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('centre', 'center')).toBe(1);
  });
  it('suggests what is near and nothing that is far', () => {
    expect(nearest('sed', ['seed', 'data'])).toBe('seed');
    expect(nearest('learning-rate', ['learningRate', 'batchSize'])).toBe('learningRate');
    expect(nearest('colour', ['seed', 'data'])).toBeUndefined();
  });
});
