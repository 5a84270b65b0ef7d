/**
 * The reference of configs and their published JSON Schemas: what is committed is what the sources give, an independent validator (ajv)
 * accepts what commands accept, and refuses what they refuse.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { referenceDocuments } from '../scripts/build-reference.mjs';
import * as schemas from '../src/experiments/config-schemas.js';
import { CONFIG_KINDS, type ConfigKind, configSchemas, type SchemaNode } from '../src/experiments/config-schemas.js';
import { controlsConfig } from '../src/experiments/controls/config.js';
import { completeForget } from '../src/experiments/forget/config.js';
import { FORGET_PRESETS, type PartialForget } from '../src/experiments/forget/schema.js';
import { completeSimulation, setupOf } from '../src/experiments/simulate/config.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { completeSweep, readSweepFile } from '../src/experiments/sweep/config.js';
import { MEASURES } from '../src/experiments/sweep/measures/registry.js';
import { rulesOf } from '../src/experiments/sweep/rules.js';
import { NETWORK_NAMES } from '../src/model/layered/named.js';
import { InputError } from '../src/numeric/errors.js';
import { completeRunConfig } from '../src/runs/config.js';
import { readMapping } from '../src/runs/config-file.js';
import { LAYER_KEYS } from '../src/runs/layered-schema.js';
import { PRESETS } from '../src/runs/presets.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { writtenLayer, writtenOptimiser } from '../src/runs/written-schema.js';
import { completeOptimiser, type OptimiserSpec } from '../src/train/optimisers/spec.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const published = configSchemas();
const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const checks = Object.fromEntries(CONFIG_KINDS.map((kind) => [kind, ajv.compile(published[kind])]));
const folder = mkdtempSync(join(tmpdir(), 'thermograd-config-'));

/** The reader of the command that takes a kind of file. */
const READERS: Record<ConfigKind, (path: string) => unknown> = {
  run: (path) => completeRunConfig(readMapping(path) as PartialConfig),
  forget: (path) => completeForget(readMapping(path) as PartialForget),
  simulate: (path) => setupOf(completeSimulation(readMapping(path) as unknown as PartialSimulationConfig)),
  sweep: async (path) => {
    const written = readSweepFile(path);
    return completeSweep(written, await rulesOf(written.experiment));
  },
};

const told = (kind: ConfigKind, value: unknown): string =>
  checks[kind](value) ? '' : ajv.errorsText(checks[kind].errors, { dataVar: kind });

const EXAMPLES: Record<string, ConfigKind> = {
  'config/train.yaml': 'run',
  'config/reproduce-ivf2021.yaml': 'run',
  'config/reproduce-ao2022.yaml': 'run',
  'config/reproduce-controls.yaml': 'run',
  'config/advise.yaml': 'run',
  'config/protect.yaml': 'run',
  'config/forget.yaml': 'forget',
  'config/simulate.yaml': 'simulate',
  'config/sweep.yaml': 'sweep',
  ...Object.fromEntries(
    readdirSync(join(root, 'examples/simulate')).map((f) => [`simulate/${f}`, 'simulate' as const]),
  ),
  ...Object.fromEntries(readdirSync(join(root, 'examples/sweep')).map((f) => [`sweep/${f}`, 'sweep' as const])),
};

it('what is committed is what the sources give', () => {
  const documents = referenceDocuments({ schemas, PRESETS, FORGET_PRESETS, controlsConfig, MEASURES });
  expect(Object.keys(documents).sort()).toEqual([
    'docs/reference/config.md',
    ...CONFIG_KINDS.map((kind) => `schemas/${kind}.json`).sort(),
  ]);
  for (const [path, text] of Object.entries(documents))
    expect(readFileSync(join(root, path), 'utf8') === text, `${path}: run node scripts/build-reference.mjs`).toBe(true);
});

it('knows every example of a config', () => {
  expect(
    readdirSync(join(root, 'examples/config'))
      .map((f) => `config/${f}`)
      .sort(),
  ).toEqual(
    Object.keys(EXAMPLES)
      .filter((f) => f.startsWith('config/'))
      .sort(),
  );
});

describe.each(Object.entries(EXAMPLES))('examples/%s', (name, kind) => {
  const path = join(root, 'examples', name);

  it('is accepted by the reader of its command, and by the schema', async () => {
    await READERS[kind](path);
    expect(told(kind, readMapping(path))).toBe('');
  });

  it.runIf(name.startsWith('config/'))('names its schema and its command', () => {
    const [first, second] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe(`# yaml-language-server: $schema=../../schemas/${kind}.json`);
    const command = name.slice('config/'.length, -'.yaml'.length).replace('-', ' ');
    expect(second).toMatch(new RegExp(`^# thermograd ${command} (--config )?${name.slice('config/'.length)}`));
  });
});

it('accepts every preset, every named network, and an empty config', () => {
  for (const preset of Object.values(PRESETS)) expect(told('run', preset)).toBe('');
  for (const preset of Object.values(FORGET_PRESETS)) expect(told('forget', preset)).toBe('');
  for (const name of NETWORK_NAMES) for (const network of [name, { name }]) expect(told('run', { network })).toBe('');
  for (const kind of ['run', 'forget', 'sweep'] as const) expect(told(kind, {})).toBe('');
  expect(told('simulate', {})).toContain("must have required property 'noise'");
});

const GOOD = {
  noise: { covariance: { xx: 1 } },
  variables: ['x'],
  landscape: { loss: 'x^2' },
  learningRate: 0.1,
  grid: { x: { from: -1, to: 1 } },
  methods: { sgd: null },
};

/** Configs of each kind that commands refuse. */
const BAD: readonly (readonly [ConfigKind, unknown])[] = [
  ['run', { trainig: {} }],
  ['run', { training: { learningrate: 0.1 } }],
  ['run', { training: { learningRate: 0 } }],
  ['run', { training: { batchSize: 1.5 } }],
  ['run', { training: { stop: { rule: 'epochs' } } }],
  ['run', { training: { stop: { rule: 'zero-training-error', epochs: 3 } } }],
  ['run', { data: { set: 'mnits' } }],
  ['run', { network: 'lenet6' }],
  ['run', { network: { layers: [{ type: 'dens', outputs: 3 }] } }],
  ['run', { network: { layers: [{ type: 'dense', output: 3 }] } }],
  ['run', { network: { layers: [{ type: 'residual', layers: [{ type: 'relu', rate: 1 }] }] } }],
  ['run', { optimiser: { type: 'adam', momentum: 0.9 } }],
  ['run', { optimiser: { type: 'sgd', learningRate: -1 } }],
  ['run', { optimiser: { type: 'adam', schedule: { type: 'cosine' } } }],
  ['run', { analysis: { directions: 'some' } }],
  ['run', { seed: -1 }],
  ['forget', { seed: 3 }],
  ['forget', { strengths: [0] }],
  ['forget', { head: 'both' }],
  ['forget', { network: { widths: [3, 4] } }],
  ['simulate', { ...GOOD, noise: undefined }],
  ['simulate', { ...GOOD, grid: { x: { from: 0, to: 1, cells: 2 } } }],
  ['simulate', { ...GOOD, methods: { sdg: {} } }],
  ['simulate', { ...GOOD, methods: { langevin: { scheme: 'euler' } } }],
  ['sweep', { experiment: 'trian' }],
  ['sweep', { base: { training: { learningRat: 1 } } }],
  ['sweep', { experiment: 'forget', base: { heads: 1 } }],
  ['sweep', { design: { random: 0 } }],
  ['sweep', { until: { loss: 0.1 } }],
  ['sweep', { figures: [{ kind: 'bar' }] }],
];

it('refuses what commands refuse', async () => {
  expect(told('simulate', GOOD)).toBe('');
  for (const [k, [kind, value]] of BAD.entries()) {
    const path = join(folder, `${k}.json`);
    writeFileSync(path, JSON.stringify(value));
    await expect(async () => READERS[kind](path), JSON.stringify(value)).rejects.toThrow(InputError);
    expect(told(kind, JSON.parse(JSON.stringify(value))), JSON.stringify(value)).not.toBe('');
  }
});

describe('a key $schema', () => {
  const write = (value: unknown) => {
    const path = join(folder, 'with-schema.json');
    writeFileSync(path, JSON.stringify(value));
    return path;
  };

  it.each(CONFIG_KINDS)('is accepted and ignored in a config of %s', async (kind) => {
    const value = kind === 'simulate' ? GOOD : {};
    const without = await READERS[kind](write(value));
    const path = write({ $schema: 'schemas/x.json', ...value });
    expect(JSON.stringify(await READERS[kind](path))).toBe(JSON.stringify(without));
    expect(told(kind, { $schema: 'schemas/x.json', ...value })).toBe('');
  });

  it('is a text at the top alone', () => {
    expect(() => readMapping(write({ $schema: 3 }))).toThrow('has a key $schema that is no text');
    expect(() => READERS.run(write({ data: { $schema: 'x' } }))).toThrow("the config has no key 'data.$schema'");
    expect(told('run', { $schema: 3 })).not.toBe('');
    expect(told('run', { data: { $schema: 'x' } })).not.toBe('');
  });
});

const SENTENCE = /^[A-Z].*\.$/s;

it('describes every key in whole sentences', () => {
  const faults: string[] = [];
  const look = (node: SchemaNode, path: string) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, inner] of Object.entries(node.properties ?? {}))
      if (inner.$ref === undefined && !SENTENCE.test(inner.description ?? '')) faults.push(`${path}.${key}`);
    for (const [key, inner] of Object.entries(node))
      if (typeof inner === 'object' && key !== 'default')
        look(inner as SchemaNode, /^\d+$|^properties$/.test(key) ? path : `${path}.${key}`);
  };
  for (const kind of CONFIG_KINDS)
    for (const part of ['properties', '$defs'] as const)
      look(
        {
          ...(part === 'properties' ? { properties: published[kind].properties } : { d: published[kind].$defs }),
        } as SchemaNode,
        kind,
      );
  expect(faults).toEqual([]);
  for (const { name, options } of MEASURES)
    for (const [key, option] of Object.entries((options as unknown as z.ZodObject).shape))
      expect((option as z.ZodType).description, `${name}.${key}`).toMatch(SENTENCE);
});

/** The variants of a schema by their type. */
const variants = (type: typeof writtenLayer | typeof writtenOptimiser) =>
  Object.fromEntries(
    type.options.map(({ shape }) => [String((shape.type as { value: unknown }).value), Object.keys(shape)]),
  );

it('a layer has the keys that runs take', () => {
  expect(
    Object.fromEntries(
      Object.entries(variants(writtenLayer)).map(([type, keys]) => [
        type,
        keys.filter((k) => k !== 'type' && k !== 'name').sort(),
      ]),
    ),
  ).toEqual(Object.fromEntries(Object.entries(LAYER_KEYS).map(([type, keys]) => [type, [...keys].sort()])));
});

it('an optimiser has the keys and the defaults of runs', () => {
  for (const [type, keys] of Object.entries(variants(writtenOptimiser))) {
    let said = '';
    try {
      completeOptimiser({ type, learningRate: 1, nothing: 1 } as unknown as OptimiserSpec);
    } catch (error) {
      said = (error as Error).message;
    }
    const known = /it has (.*)\.$/.exec(said)![1].split(', ');
    expect([...keys].sort()).toEqual(['type', ...known].sort());
    const whole = completeOptimiser({ type, learningRate: 0.1 } as OptimiserSpec) as unknown as Record<string, unknown>;
    const given = writtenOptimiser.parse({ type }) as Record<string, unknown>;
    for (const [key, value] of Object.entries(given)) expect(value, `${type}.${key}`).toBe(whole[key]);
  }
});
