/** Recordings of the recorder in Python in a list of runs, and the commands that want their analysis in their place. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeList } from '../src/cli/list-command.js';
import { compareRuns } from '../src/results/disk/compare.js';
import { openResults } from '../src/results/disk/folder.js';
import { listRuns } from '../src/results/disk/listed.js';
import { scratch, thermograd } from './support/cli.js';
import { put, runRecord } from './support/result-folders.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parameter = (name: string, size: number, offset = 0) => ({ name, shape: [size], size, offset });
const block = (name: string, size: number, projection: object | null = null) => ({
  ...{ name, path: `blocks/${name}`, projection },
  parameters: [parameter(`${name}.weight`, size - 3), parameter(`${name}.bias`, 3, size - 3)],
});
/** A header as docs/reference/recording-format.md has it, without what no list shows. */
const header = (other: Readonly<Record<string, unknown>> = {}) => ({
  format: 'thermograd recording',
  version: 1,
  status: 'complete',
  reason: null,
  every: 1,
  streams: { path: 'streams', steps: 120 },
  blocks: [block('fc2', 53), block('fc3', 13)],
  model: { class: 'Net' },
  optimizer: { class: 'torch.optim.sgd.SGD', groups: [{ lr: 0.1, momentum: 0.9 }], columns: [] },
  batch: { size: 50 },
  ...other,
});
/** An array of Zarr of whole numbers in one chunk. */
const zarr = (numbers: readonly number[]) => ({
  'zarr.json': {
    ...{
      zarr_format: 3,
      node_type: 'array',
      shape: [numbers.length],
      data_type: 'int32',
      fill_value: -1,
      attributes: {},
    },
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [numbers.length] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
  },
  'c/0': new Uint8Array(Int32Array.from(numbers).buffer),
});
const analysisOf = (recording: string) => ({
  'settings.json': { format: 'thermograd recording analysis', version: 1, recording, seed: 0, outputs: {} },
  'directions.npz': '',
});

const at = (name: string) => join(folder, 'runs', name);
put(at('rec'), { 'recording.json': header() });
put(at('rec-analysis'), analysisOf('some/where/else/rec'));
put(at('more/late'), analysisOf(at('rec')));
put(at('alone'), { 'recording.json': header({ model: null, optimizer: null, batch: null }) });
put(at('large'), {
  'recording.json': header({
    blocks: [block('conv', 200_000, { size: 1000 })],
    every: 10,
    status: 'failed',
    reason: 'The disk is full.',
  }),
});
put(at('early'), {
  'recording.json': header({ status: 'interrupted', reason: 'KeyboardInterrupt ended the training.' }),
});
const growing = header({ status: 'recording', streams: { path: 'streams', steps: null } });
put(at('growing'), { 'recording.json': growing });
put(join(at('growing'), 'streams/step'), zarr([1, 2, 3, 4, 5, -1, -1, -1]));
put(at('begun'), { 'recording.json': growing });
put(at('run'), { 'run.json': runRecord(1) });
// neither the arrays of a recording nor a folder inside one is another recording
put(at('rec/blocks/fc2'), { 'recording.json': header() });

const whole = JSON.stringify(header());
for (const [k, length] of [0, 1, 40, whole.length - 1].entries())
  put(at(`damaged/cut${k}`), { 'recording.json': whole.slice(0, length) });
put(at('damaged/lists'), { 'recording.json': header({ blocks: 'fc2' }) });
put(at('damaged/later'), { 'recording.json': header({ version: 2 }) });
put(at('damaged/odd'), { 'recording.json': header({ status: 'toString' }) });
put(at('damaged/music'), { 'recording.json': { artist: 'somebody' } });
mkdirSync(at('damaged/place/recording.json'), { recursive: true });

const { runs, unread } = await listRuns(join(folder, 'runs'));
const run = (name: string) => runs.find((r) => r.folder === name)!;

describe('a list with recordings', () => {
  it('has every recording once, beside runs and analyses', () => {
    expect(runs.map(({ folder: where, experiment }) => [where, experiment])).toEqual([
      ['alone', 'recorder'],
      ['begun', 'recorder'],
      ['early', 'recorder'],
      ['growing', 'recorder'],
      ['large', 'recorder'],
      ['more/late', 'recording'],
      ['rec', 'recorder'],
      ['rec-analysis', 'recording'],
      ['run', 'ivf2021'],
    ]);
  });

  it('says of each the model, the steps, the weights and the optimiser, and what is known of them', () => {
    expect(run('rec')).toMatchObject({ state: 'done', verdicts: {} });
    expect(run('rec').settings).toEqual({
      ...{
        model: 'Net',
        steps: 120,
        weights: 66,
        blocks: 'fc2 fc3',
        optimiser: 'SGD',
        learningRate: 0.1,
        batchSize: 50,
      },
    });
    expect(run('alone').settings).toEqual({ steps: 120, weights: 66, blocks: 'fc2 fc3' });
    expect(run('large').settings).toMatchObject({ weights: 200_000, projected: 1000, every: 10 });
  });

  it('says whether it was closed, and counts the steps of one that was not', () => {
    expect(run('large')).toMatchObject({ state: 'failed', note: 'The disk is full.' });
    expect(run('early')).toMatchObject({ state: 'stopped', note: 'KeyboardInterrupt ended the training.' });
    expect(run('growing')).toMatchObject({ state: 'open', settings: { steps: 5 } });
    expect(run('begun').state).toBe('open');
    expect(run('begun').settings).not.toHaveProperty('steps');
  });

  it('names the analyses of each, wherever they were made', () => {
    expect(run('rec').analyses).toEqual(['more/late', 'rec-analysis']);
    expect(run('alone').analyses).toEqual([]);
    expect(run('run')).not.toHaveProperty('analyses');
  });

  it('finds the analysis beside a recording that is listed alone', async () => {
    const alone = await listRuns(at('rec'));
    expect(alone.runs.map(({ folder: where, analyses }) => [where, analyses])).toEqual([['.', ['../rec-analysis']]]);
  });

  it('names in one line each what is damaged, of another version or of another program', () => {
    expect(unread.map(({ folder: where, code }) => [where, code])).toEqual([
      ...[0, 1, 2, 3].map((k) => [`damaged/cut${k}`, 'bad-zarr']),
      ['damaged/later', 'other-version'],
      ['damaged/lists', 'bad-recording'],
      ['damaged/music', 'foreign'],
      ['damaged/odd', 'bad-recording'],
      ['damaged/place', expect.any(String)],
    ]);
    for (const { message } of unread) expect(message).toMatch(/^[^\n]*recording\.json[^\n]*\.$/);
  });

  it('shows them in a table', () => {
    const lines = describeList('runs', { runs, unread: [] }, 200).split('\n');
    const line = (name: string) => lines.find((l) => l.startsWith(`${name} `));
    expect(line('rec')).toMatch(
      /recorder +done .* Net steps 120 weights 66 analysis more\/late rec-analysis blocks fc2 fc3 SGD lr 0\.1 B 50$/,
    );
    expect(line('growing')).toMatch(/recorder +open .* Net steps 5 weights 66 not analysed /);
    expect(line('run')).not.toContain('analysed');
  });
});

describe('a header with any value changed', () => {
  const ODD: readonly unknown[] = [
    undefined,
    null,
    -1,
    0.5,
    1e300,
    '',
    'a\nb',
    '../..',
    true,
    [],
    {},
    [null],
    { x: 1 },
  ];
  type Tree = Record<string, unknown>;
  const placesIn = (value: unknown, path: readonly string[] = []): (readonly string[])[] => [
    ...(path.length > 0 ? [path] : []),
    ...(typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))
      : []),
  ];
  const changed = (path: readonly string[], value: unknown) => {
    const copy = JSON.parse(JSON.stringify(header({ status: 'recording' }))) as Tree;
    path.slice(0, -1).reduce((at, key) => at[key] as Tree, copy)[path[path.length - 1]] = value;
    return copy;
  };

  it('is listed, or named in one line, and nothing else', async () => {
    const root = join(folder, 'changed');
    const places = placesIn(header());
    expect(places.length).toBeGreaterThan(40);
    for (const [i, path] of places.entries())
      for (const [j, value] of ODD.entries()) put(join(root, `${i}-${j}`), { 'recording.json': changed(path, value) });
    const { runs: listed, unread: named } = await listRuns(root);
    expect(listed.length + named.length).toBe(places.length * ODD.length);
    expect(Math.min(listed.length, named.length)).toBeGreaterThan(100);
    for (const { message } of named) expect(message).toMatch(/^[^\n]*recording\.json[^\n]*\.$/);
    expect(describeList(root, { runs: listed, unread: [] }).split('\n')).toHaveLength(1 + listed.length);
  });
});

describe('what wants results', () => {
  it('refuses a recording, and says what to do', async () => {
    const refusal = { code: 'not-analysed', message: expect.stringContaining(`thermograd analyse ${at('rec')},`) };
    await expect(openResults(at('rec'))).rejects.toMatchObject(refusal);
    await expect(compareRuns([at('run'), at('rec')])).rejects.toMatchObject(refusal);
    await expect(openResults(at('rec-analysis'))).resolves.toMatchObject({ kind: { experiment: 'recording' } });
  });

  it.each([
    ['compare', at('rec'), at('run')],
    ['export', at('rec'), '--format', 'csv'],
    ['figure', at('rec')],
  ])('thermograd %s ends with 2 and one sentence', (...args) => {
    const { code, stdout, stderr } = thermograd(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^thermograd: [^\n]+ is a recording, [^\n]+ thermograd analyse [^\n]+\.\n$/);
  });

  it('thermograd list prints them as JSON', () => {
    const { code, stdout } = thermograd('list', at('rec'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).runs).toMatchObject([
      {
        experiment: 'recorder',
        what: expect.stringMatching(/^a recording /),
        state: 'done',
        analyses: ['../rec-analysis'],
      },
    ]);
    expect(JSON.parse(readFileSync(join(at('rec'), 'recording.json'), 'utf8'))).toEqual(header());
  });
});
