/** Lists of runs: what they find, what they say of each, and what they do with folders that are none. */
import { mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { describeList } from '../src/cli/list-command.js';
import { listRuns } from '../src/results/disk/listed.js';
import { scratch, thermograd } from './support/cli.js';
import { found, put, runRecord, stages } from './support/result-folders.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, 'runs', name);
put(at('seed10'), {
  'run.json': runRecord(10),
  'findings.json': [found('a', 1, 1, 3), found('b', 1, 1, 3, 'not reproduced')],
});
put(at('seed2'), {
  'run.json': runRecord(2, { stages: stages({ walk: 'interrupted', fits: 'waiting', report: 'waiting' }) }),
});
put(at('failed'), {
  'run.json': runRecord(3, {
    stages: { ...stages(), fits: { status: 'failed', seconds: 1, note: 'the disk is full.' } },
  }),
});
const rest = Object.fromEntries(['pca', 'dynamics', 'flatness', 'walk', 'fits', 'report'].map((s) => [s, 'waiting']));
put(at('trained'), { 'run.json': runRecord(4, { stages: stages(rest) }) });
const working = stages({ ...rest, pca: 'running' });
put(at('working'), { 'run.json': runRecord(5, { stages: working }), lock: { pid, host: hostname(), started: null } });
put(at('killed'), {
  'run.json': runRecord(6, { stages: working }),
  lock: { pid: 2 ** 30, host: hostname(), started: null },
});
put(at('far'), {
  'run.json': runRecord(7, { stages: working }),
  lock: { pid: 12, host: 'another-machine', started: null },
});
put(at('seeds'), { 'seeds.json': { ...runRecord(0), format: 'thermograd seeds', seeds: 2 } });
put(at('seeds/seed0'), { 'run.json': runRecord(0) });
put(at('seed10/ao2022'), { 'ao2022.json': { format: 'thermograd ao2022', seed: 10, stages: stages() } });
put(at('cut'), { 'run.json': '{"format": "thermogr' });
put(at('other'), { 'run.json': { name: 'a program that runs' } });
put(at('tool'), { 'run.json': { format: 'another', stages: {} } });
put(at('photos'), { 'holiday.json': {} });
put(at('.hidden'), { 'run.json': runRecord(9) });
symlinkSync(at('seed10'), at('link'));
mkdirSync(at('empty'));
utimesSync(at('seed2/run.json'), new Date(2026, 5, 1, 12), new Date(2026, 5, 1, 12));

const { runs, unread } = await listRuns(join(folder, 'runs'));
const run = (name: string) => runs.find((r) => r.folder === name)!;

describe('a list of runs', () => {
  it('has every run once, in the order in which people count, with those inside others but no parts of studies', () => {
    expect(runs.map((r) => r.folder)).toEqual([
      ...['failed', 'far', 'killed', 'seed2', 'seed10', 'seed10/ao2022', 'seeds', 'trained', 'working'],
    ]);
  });

  it('has the parts of studies where they are asked for', async () => {
    const all = await listRuns(join(folder, 'runs'), { all: true });
    expect(all.runs.map((r) => r.folder)).toContain('seeds/seed0');
    expect(all.runs).toHaveLength(runs.length + 1);
  });

  it('says the state of each, by its stages and by the process that holds its lock', () => {
    expect(run('seed10')).toMatchObject({
      state: 'done',
      experiment: 'ivf2021',
      verdicts: { reproduced: 1, 'not reproduced': 1 },
    });
    expect(run('seed2')).toMatchObject({ state: 'stopped', stage: 'walk' });
    expect(run('failed')).toMatchObject({ state: 'failed', stage: 'fits', note: 'the disk is full.' });
    expect(run('trained')).toMatchObject({ state: 'done', experiment: 'train' });
    expect(run('working')).toMatchObject({ state: 'running', holder: { pid, host: hostname() } });
    expect(run('killed')).toMatchObject({ state: 'stopped', stage: 'pca' });
    expect(run('killed').holder).toBeUndefined();
    expect(run('far')).toMatchObject({ state: 'running', holder: { pid: 12, host: 'another-machine' } });
    expect(run('seeds').settings).toMatchObject({ seed: 0, seeds: 2, network: '20-16-4', learningRate: 0.1 });
  });

  it('names what is damaged or of another program, and goes on', () => {
    expect(unread.map(({ folder: where, code }) => [where, code])).toEqual([
      ['cut', 'bad-document'],
      ['other', 'foreign'],
      ['tool', 'foreign'],
    ]);
    for (const { message } of unread) expect(message).toMatch(/^[^\n]+\.$/);
  });

  it('fits a line of 80 columns for each, and says the time of the last change', () => {
    const lines = describeList('runs', { runs, unread: [] }).split('\n');
    expect(
      lines
        .slice(0, runs.length + 1)
        .map((line) => line.length)
        .filter((n) => n > 80),
    ).toEqual([]);
    expect(lines[0]).toMatch(/^folder +what +state +in 2026 +verdicts +settings$/);
    expect(lines.find((l) => l.startsWith('seed2 '))).toMatch(/ivf2021 +stopped +06-01 12:00 +– +at walk quick/);
    expect(lines.find((l) => l.startsWith('seed10 '))).toContain('1✓ 1✗');
  });

  it('cuts names before settings, and keeps the end of a name', () => {
    const long = { ...run('seed10'), folder: `${'deep/'.repeat(30)}seed10` };
    const [, line] = describeList('runs', { runs: [long], unread: [] }).split('\n');
    expect(line).toMatch(/^….*\/seed10 +ivf2021 +done .*quick teacher/);
    expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('thermograd list', () => {
  it('prints JSON, and ends with 0 although some folders cannot be read', () => {
    const { code, stdout } = thermograd('list', join(folder, 'runs'), '--json', '--newest');
    const { runs: listed, unread: bad } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(listed.at(-1)).toMatchObject({ folder: 'seed2', changed: new Date(2026, 5, 1, 12).toISOString() });
    expect(bad).toHaveLength(3);
  });

  it('refuses a folder that is not there, and says where there is no run', () => {
    expect(thermograd('list', join(folder, 'nowhere'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^thermograd: there is no folder .*nowhere; [^\n]+\.\n$/),
    });
    expect(thermograd('list', at('empty')).stdout).toMatch(/^no runs or recordings of thermograd below /);
  });
});
