/** A recording made in PyTorch, with NumPy's own numbers of it; and the recorder in Python, where it is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { analyseRecording } from '../src/experiments/recording/experiment.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-torch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const python = ['/usr/bin/python3', 'python3'].find((p) => spawnSync(p, ['-c', 'import numpy, torch']).status === 0);
const recorder = fileURLToPath(new URL('../python/src', import.meta.url));

const TRAINING = `
import json, sys
import numpy as np, torch
torch.manual_seed(0); torch.set_num_threads(1)
x = torch.randn(300, 6); y = (x @ torch.randn(6, 3) + 0.8 * torch.randn(300, 3)).argmax(1)
model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
loss_of = torch.nn.CrossEntropyLoss()
def steps(count):
    for k in range(count):
        i = torch.randint(0, 300, (15,))
        optimizer.zero_grad(); loss = loss_of(model(x[i]), y[i]); loss.backward(); optimizer.step()
        yield loss.item()
list(steps(500))
`;
const TABLE = `${TRAINING}
rows, losses = {n: [] for n, _ in model.named_parameters()}, []
for l in steps(800):
    losses.append(l)
    for n, p in model.named_parameters(): rows[n].append(p.detach().numpy().copy())
np.savez('torch.npz', loss=np.array(losses), step=np.arange(501, 1301), **{n: np.stack(r) for n, r in rows.items()})
w = np.concatenate([np.stack(rows[n]).reshape(800, -1) for n in ('0.weight', '0.bias')], 1).astype('f8')
c = w - w.mean(0)
values, vectors = np.linalg.eigh(c.T @ c / 800)
p = vectors[:, ::-1][:, :3]
theta = c @ p
between = 0.25 * ((w[400:].mean(0) - w[:400].mean(0)) ** 2).sum() / values.sum()
print(json.dumps({
  'variances': values[::-1].tolist(),
  'cos': (abs(w.mean(0) @ p[:, 0]) / np.linalg.norm(w.mean(0))).item(),
  'between': between.item(),
  'drift': [abs(np.polyfit(np.arange(800), theta[:, k], 1)[0]).item() for k in range(3)],
  'temperature': [(np.diff(theta[:, k]) ** 2).mean().item() / (2 * 0.2) for k in range(3)],
  'successive': ((np.diff(w, axis=0)[1:] * np.diff(w, axis=0)[:-1]).sum() / (np.diff(w, axis=0) ** 2).sum()).item(),
}))
`;
const RECORDED = `${TRAINING}
sys.path.insert(0, sys.argv[1])
import thermograd
rec = thermograd.Recorder(model, optimizer, params='0.*', out='run', batch_size=15)
for l in steps(300): rec.step(l)
rec.close()
print(json.dumps(torch.cat([p.detach().flatten() for p in model[0].parameters()]).tolist()))
`;

function run(code: string, ...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(python!, ['-c', code, ...args], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

const needs = python ? '' : 'skipped: needs Python with torch and numpy: ';
it.skipIf(!python)(`${needs}a table of weights from PyTorch has the numbers that NumPy finds`, async () => {
  const wanted = run(TABLE) as Record<'variances' | 'drift' | 'temperature', number[]> &
    Record<'cos' | 'between' | 'successive', number>;
  const { measured } = await analyseRecording(join(folder, 'torch.npz'), {
    provider: 'embedded',
    options: { params: ['0.*'], facts: { learningRate: 0.2, batchSize: 15 } },
  });
  const { pca, motion, temperatures, survey, recording } = measured;
  expect(recording.parameters.map((p) => [p.name, p.shape])).toEqual([
    ['0.weight', [5, 6]],
    ['0.bias', [5]],
  ]);
  expect([recording.steps, recording.every]).toEqual([[501, 1300], 1]);
  wanted.variances.forEach((v, k) => {
    expect(Math.abs(pca.variances[k] - v)).toBeLessThan(1e-9 * wanted.variances[0]);
  });
  expect(Math.abs(motion.dynamics[0].cosWithWeights)).toBeCloseTo(wanted.cos, 6);
  expect(motion.between.value).toBeCloseTo(wanted.between, 6);
  expect(survey.successive).toBeCloseTo(wanted.successive, 6);
  if ('missing' in temperatures) throw new Error(temperatures.missing);
  for (const k of [0, 1, 2]) {
    expect(Math.abs(motion.dynamics[k].driftVelocity.value) / wanted.drift[k]).toBeCloseTo(1, 5);
    expect(temperatures.directions[k].temperature.value / wanted.temperature[k]).toBeCloseTo(1, 5);
  }
});

const there = existsSync(join(recorder, 'thermograd'));
const missing = !python ? needs : there ? '' : 'skipped: needs python/src/thermograd: ';
it.skipIf(missing !== '')(`${missing}a folder of the recorder in Python`, async () => {
  const last = run(RECORDED, recorder) as number[];
  const { measured } = await analyseRecording(join(folder, 'run'), {
    provider: 'embedded',
    options: { params: ['0.*'] },
  });
  const { recording, temperatures } = measured;
  expect([recording.T, recording.P]).toEqual([300, 35]);
  expect(recording.facts).toMatchObject({ optimiser: 'SGD', learningRate: 0.2, momentum: 0, batchSize: 15 });
  expect(recording.loss?.every((l) => l > 0)).toBe(true);
  expect('missing' in temperatures).toBe(false);
  expect(last).toHaveLength(35);
});
