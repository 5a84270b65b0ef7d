/** The state of the live page: through a link and back, bad links, and the config that the command line runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LabSession } from '../../src/lab/engine/session.js';
import type { LabState } from '../../src/lab/protocol.js';
import { checkState, DEFAULT_STATE } from '../../src/lab/state.js';
import { configYaml } from '../../src/lab/state-config.js';
import { hashOf, stateFromHash } from '../../src/lab/state-hash.js';
import { readSafetensors } from '../../src/record/safetensors.js';
import { completeRunConfig } from '../../src/runs/config.js';
import { scratch } from '../support/cli.js';
import { thermogradHere } from '../support/here.js';
import { teacherState } from './support.js';

const rate = fc.double({ min: 1e-9, max: 1e3, noNaN: true });
const share = fc.double({ min: 0, max: 0.999, noNaN: true }).map((x) => x + 0);
const optimiser = fc.oneof(
  fc.record({ type: fc.constant('sgd' as const), learningRate: rate, weightDecay: share }),
  fc.record({
    type: fc.constant('sgd' as const),
    learningRate: rate,
    momentum: fc.constant(0.9),
    nesterov: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom('adam' as const, 'adamw' as const),
    learningRate: fc.constant(1e-3),
    beta1: share,
    beta2: share,
    clipNorm: rate,
    schedule: fc.constant({ type: 'step', at: [3, 9], factor: 0.1, unit: 'epochs' } as const),
  }),
);
const word = fc.string({ unit: 'grapheme', maxLength: 20 });
const viewState = fc.dictionary(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/),
  fc.oneof(
    word,
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
    fc.array(fc.oneof(word, fc.integer()), { maxLength: 4 }),
  ),
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
);
const changes = fc
  .uniqueArray(
    fc.oneof(
      fc.record({ at: fc.nat(5000), key: fc.constant('learningRate' as const), value: rate }),
      fc.record({ at: fc.nat(5000), key: fc.constant('batchSize' as const), value: fc.integer({ min: 1, max: 500 }) }),
    ),
    { selector: (c) => `${c.at} ${c.key}`, maxLength: 6 },
  )
  .map((list) => [...list].sort((a, b) => a.at - b.at));
const states: fc.Arbitrary<LabState> = fc
  .record({
    v: fc.constant(1 as const),
    view: fc.constantFrom('train' as const, 'valley' as const, 'compare' as const),
    data: fc.oneof(
      fc.record({
        kind: fc.constantFrom('mnist' as const, 'teacher' as const),
        limit: fc.integer({ min: 500, max: 60_000 }),
      }),
      fc.record({ kind: fc.constant('file' as const), limit: fc.integer({ min: 500, max: 1e6 }), name: word }),
    ),
    network: fc.constantFrom('784-50-50-10', '20-16-4:tanh', '3-2:identity:bias', 'mlp', 'lenet5', 'resnet8'),
    optimiser,
    batchSize: fc.integer({ min: 1, max: 500 }),
    sampling: fc.constantFrom('shuffled' as const, 'replaced' as const, 'cyclic' as const),
    seed: fc.nat(),
    layer: fc.constantFrom('layer1', 'conv2', 'dense1'),
    window: fc.integer({ min: 1, max: 1000 }),
    changes,
    at: fc.integer({ min: 5000, max: 1e7 }),
  })
  .chain((state) =>
    fc
      .record({ valley: viewState, landscape: viewState, controls: viewState }, { requiredKeys: [] })
      .map((views) => ({ ...state, ...views })),
  )
  // decoupled decay of adamw and the like are refused by the optimiser, which is not what is tried here
  .filter((state) => {
    try {
      checkState(state);
      return true;
    } catch {
      return false;
    }
  });

describe('a link', () => {
  it('gives the same state back', () => {
    fc.assert(
      fc.property(states, (state) => {
        const hash = hashOf(state);
        expect(stateFromHash(hash)).toEqual(state);
        // as browsers hand it on
        expect(new URL(`http://localhost/${hash}`).hash).toBe(hash);
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  it('is short and readable, and empty for the beginning', () => {
    expect(stateFromHash('')).toEqual(DEFAULT_STATE);
    expect(stateFromHash('#valley')).toEqual({ ...DEFAULT_STATE, view: 'valley' });
    expect(hashOf(DEFAULT_STATE)).toBe('#train?v=1&data=mnist:10000&net=784-50-50-10&opt=sgd&lr=0.1&B=50&layer=layer2');
    const moved: LabState = {
      ...DEFAULT_STATE,
      view: 'fluctuate',
      data: { kind: 'teacher', limit: 2000 },
      network: '20-16-4:tanh',
      layer: 'layer1',
      optimiser: { type: 'sgd', learningRate: 0.2, momentum: 0.9 },
      changes: [
        { at: 200, key: 'learningRate', value: 0.3 },
        { at: 250, key: 'batchSize', value: 20 },
      ],
      at: 400,
      valley: { kappa: 2, formula: 'x^2/2 + y', on: true, text: 'true' },
    };
    expect(hashOf(moved)).toBe(
      '#fluctuate?v=1&data=teacher:2000&net=20-16-4:tanh&opt=sgd&lr=0.2&mu=0.9&B=50&layer=layer1&moves=200:lr:0.3;250:B:20&at=400' +
        '&valley.kappa=2&valley.formula=x%5E2/2%20%2B%20y&valley.on=true&valley.text=%22true%22',
    );
    expect(stateFromHash(hashOf(moved))).toEqual(moved);
  });

  it.each([
    [
      '#trian',
      "this link asks for the view 'trian'; there are train, fluctuate, landscape, valley, open, compare, lessons (did you mean 'train'?).",
    ],
    ['#train?v=2', 'this link has the version 2, and this page reads version 1; open it with the page that made it.'],
    ['#train?lr=0.1&lr=0.2', 'this link says lr twice.'],
    ['#train?Batch=4', "this link says 'Batch=4', which this page does not know."],
    ['#train?windows=4', "this link says 'windows=4', which this page does not know; did you mean window?"],
    ['#train?B=fifty', 'this link says B=fifty, where a number belongs.'],
    ['#train?B=0', 'the state of the page: state.batchSize must be a whole number ≥ 1; got 0.'],
    ['#train?B=20000', 'the batch size must be a whole number from 1 to 10000; got 20000.'],
    ['#train?net=%E0%A4', 'this link is damaged: net=%E0%A4 cannot be decoded.'],
    ['#train?net=lenet', /there is no network 'lenet'.*did you mean 'lenet5'/],
    ['#train?data=cifar:10', /data.kind must be/],
    ['#train?data=mnist:70000', 'mnist has at most 60000 training samples here; got 70000.'],
    ['#train?opt=adam&lr=0.1&mu=0.9', /'momentum' is a setting of sgd and rmsprop, not of adam/],
    ['#train?lr=x', /learningRate must be/],
    ['#train?lr=-1', 'the learning rate must be a positive number; got -1.'],
    ['#train?moves=5:lr', /moves a slider by '5:lr'/],
    ['#train?moves=5:toString:1', /moves a slider by '5:toString:1'/],
    ['#train?moves=5:lr:1', 'a slider moves after step 5, and the state is that after step 0.'],
    ['#train?moves=7:lr:1;5:lr:2&at=9', /moves of sliders are listed by ascending step/],
    ['#train?moves=5:B:0&at=9', 'the batch size must be a whole number from 1 to 10000; got 0.'],
    ['#train?at=1e300', /state.at must be a whole number/],
    ['#train?at=100000000', 'a link trains to step 10000000 at most; got 100000000.'],
    ['#train?valley.=3', /valley must be numbers/],
  ])('that is bad gets one sentence: %s', (hash, sentence) => {
    expect(() => stateFromHash(hash)).toThrow(sentence);
  });

  it('that is far too long is not read', () => {
    expect(() => stateFromHash(`#train?net=${'1-'.repeat(20_000)}`)).toThrow(
      'this link has 40010 characters; at most 20000 are read.',
    );
  });
});

describe('as a config', () => {
  it('of every kind passes the schema of runs with the numbers of the state', () => {
    const adam: LabState = {
      ...DEFAULT_STATE,
      network: 'lenet5',
      layer: 'dense1',
      optimiser: { type: 'adamw', learningRate: 0.002, schedule: { type: 'cosine', length: 20, unit: 'epochs' } },
      changes: [{ at: 100, key: 'learningRate', value: 0.001 }],
      at: 9000,
    };
    const config = completeRunConfig(parse(configYaml(adam)));
    expect(config).toMatchObject({
      data: { set: 'mnist', limit: 10_000 },
      network: { name: 'lenet5' },
      optimiser: { type: 'adamw', learningRate: 0.001, schedule: { type: 'cosine', length: 20, unit: 'epochs' } },
      training: { batchSize: 50, maxEpochs: 45, stop: { rule: 'epochs', epochs: 35 } },
      record: { layer: 'dense1', windowEpochs: 10 },
    });
    expect(configYaml(adam)).toContain('#   after step 100: learningRate 0.001\n');
    const facts = { batchesPerEpoch: 3, samples: { train: 150, test: 0, inputs: 7, classes: 3 } };
    const dropped: LabState = { ...DEFAULT_STATE, data: { kind: 'file', limit: 150, name: 'a-images-idx3-ubyte' } };
    expect(completeRunConfig(parse(configYaml(dropped, facts)))).toMatchObject({
      data: { set: 'idx:.', limit: 150 },
      network: { widths: [7, 50, 50, 3] },
    });
    expect(() => configYaml({ ...dropped, data: { ...dropped.data, name: 'iris.csv' } })).toThrow(
      /iris.csv is a table/,
    );
    fc.assert(
      fc.property(
        states.filter((s) => s.data.kind !== 'file' && /^[\d-]+(:|$)/.test(s.network)),
        (state) => {
          const layer = 'layer1';
          expect(() => completeRunConfig(parse(configYaml({ ...state, layer })))).not.toThrow();
        },
      ),
      { seed: 4, numRuns: 25 },
    );
  });

  it('is trained by the command line to the same bits', async () => {
    const state = teacherState({ optimiser: { type: 'sgd', learningRate: 0.2, momentum: 0.5 }, at: 7 * 20 });
    const { folder } = scratch();
    const config = join(folder, 'lab.yaml');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(config, configYaml(state));
    const run = join(folder, 'run');
    const outcome = await thermogradHere('train', '--config', config, '--out', run);
    expect(outcome.stderr).not.toMatch(/error/i);
    expect(outcome.code).toBe(0);
    const file = readSafetensors(readFileSync(join(run, 'model.safetensors')), 'model');
    const session = await LabSession.open(state);
    session.trainTo(7 * 20);
    const own = session.checkpoint().weights;
    const [first, second] = ['layer1.weight', 'layer2.weight'].map(
      (name) => file.tensors.get(name)!.data as Float32Array,
    );
    expect(Float32Array.from([...first, ...second])).toEqual(own);
    // the window of the page holds the rows that the run recorded
    const history = JSON.parse(readFileSync(join(run, 'history.json'), 'utf8'));
    expect(history.window).toEqual([6, 7]);
    expect(session.windowFacts).toMatchObject({ rows: 40, capacity: 40 });
  });
});
