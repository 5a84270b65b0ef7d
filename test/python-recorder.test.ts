/** What the recorder of the Python package writes while PyTorch trains is what the readers of the program read. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecorder } from '../src/record/recording/recorder-table.js';
import { readSafetensors } from '../src/record/safetensors.js';
import { Trajectory } from '../src/record/trajectory.js';
import { type ListedRun, listRuns } from '../src/results/disk/listed.js';

const source = fileURLToPath(new URL('../python/src', import.meta.url));
const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
  (command) => command && spawnSync(command, ['-c', 'import torch, numpy']).status === 0,
);

/** Trains 20 steps with every second one recorded; after 11 of them it waits for a line. Its own copies of the rows go to stdout. */
const PROGRAM = `
import sys
sys.path.insert(0, sys.argv[1])
import torch, thermograd
torch.manual_seed(1)
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
optimizer = torch.optim.SGD(model.parameters(), 0.5)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)
x, y = torch.randn(40, 4), torch.randint(0, 3, (40,))
rec = thermograd.Recorder(model, optimizer, params=["2.*", "0.weight"], out=sys.argv[2], every=2, batch_size=8)
for t in range(20):
    if t == 11:
        print("waiting", flush=True)
        sys.stdin.readline()
    batch = torch.randint(0, 40, (8,))
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
    rec.step(loss)
    schedule.step()
    row = torch.cat([model[2].weight.reshape(-1), model[2].bias]).tolist()
    print("row", float(loss.detach()), *row, flush=True)
rec.close()
`;

const name = (text: string) => (python === undefined ? `skipped: needs python3 with torch: ${text}` : text);

describe.skipIf(python === undefined)(name('a recording made in PyTorch'), () => {
  const parent = mkdtempSync(join(tmpdir(), 'thermograd-recorder-'));
  const folder = join(parent, 'run');
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
  let rows: number[][] = [];
  let listed: readonly ListedRun[] = [];
  let growing = { recorded: 0, last: new Float32Array() as Float32Array, table: 0 };

  beforeAll(async () => {
    const child = spawn(python!, ['-c', PROGRAM, source, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text) => (out += text));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await Promise.race([
      ended,
      new Promise<void>((resolve) => child.stdout.on('data', () => out.includes('waiting') && resolve())),
    ]);
    const open = await Trajectory.open(join(folder, 'blocks/2'));
    growing = { recorded: open.recorded, last: await open.rows(5, 1), table: (await openRecorder(folder)).T };
    listed = (await listRuns(parent)).runs;
    child.stdin.end('go on\n');
    expect(await ended).toBe(0);
    rows = [...out.matchAll(/^row (.*)$/gm)].map((m) => m[1].split(' ').map(Number));
  });

  it('can be read while it grows', () => {
    expect(growing.recorded).toBe(6);
    expect(growing.table).toBe(6);
    expect([...growing.last]).toEqual(rows[10].slice(1));
  });

  it('is listed while it grows and when it is closed', async () => {
    const said = { folder: 'run', experiment: 'recorder', analyses: [] };
    const settings = { model: 'Sequential', weights: 38, blocks: '2 0.weight', every: 2, batchSize: 8 };
    expect(listed).toMatchObject([{ ...said, state: 'open', settings: { ...settings, steps: 11 } }]);
    const { runs, unread } = await listRuns(parent);
    expect(runs).toMatchObject([{ ...said, state: 'done', settings: { ...settings, steps: 20 } }]);
    expect(unread).toEqual([]);
  });

  it('is a trajectory of each block', async () => {
    const trajectory = await Trajectory.open(join(folder, 'blocks/2'));
    expect([trajectory.recorded, trajectory.steps, trajectory.P, trajectory.layer]).toEqual([10, 10, 18, '2']);
    expect([...trajectory.step]).toEqual(Array.from({ length: 10 }, (_, k) => 1 + 2 * k));
    const every = rows.filter((_, t) => t % 2 === 0);
    expect([...(await trajectory.rows(0, 10))]).toEqual(every.flatMap((row) => row.slice(1)));
    expect([...trajectory.loss]).toEqual(every.map(([loss]) => Math.fround(loss)));
    expect((await Trajectory.open(join(folder, 'blocks/0.weight'))).attributes.layerShape).toEqual([5, 4]);
  });

  it('is a table of all blocks with the facts of the training', async () => {
    const table = await openRecorder(folder);
    expect(table.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ['2.weight', [3, 5]],
      ['2.bias', [3]],
      ['0.weight', [5, 4]],
    ]);
    expect([...((await table.read(9, 1, [1])) as Float32Array)]).toEqual(rows[18].slice(16));
    expect(table.facts.batchSize).toBe(8);
  });

  it('ends with the whole model, whose hash is in the header', () => {
    const { model, status, blocks } = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
    expect([status, blocks[0].rows, model.class, model.size]).toEqual(['complete', 10, 'Sequential', 43]);
    const path = join(folder, model.final);
    const { tensors } = readSafetensors(readFileSync(path), path);
    const flat = model.parameters.flatMap((p: { name: string }) => [...(tensors.get(p.name)!.data as Float32Array)]);
    expect(flat.slice(-18)).toEqual(rows[19].slice(1));
    expect(
      createHash('sha256')
        .update(new Uint8Array(Float32Array.from(flat).buffer))
        .digest('hex'),
    ).toBe(model.finalSha256);
  });
});
