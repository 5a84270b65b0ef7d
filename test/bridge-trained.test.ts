/** A recording of a few parameters, and a program that builds the model anew: the rest of the model comes from the recording. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openSurface } from '../src/jobs/bridge/open.js';
import { trainedState } from '../src/jobs/bridge/trained.js';
import { pythonFile, torchPython } from './support/python.js';

process.env.OMP_NUM_THREADS = '1';
const PACKAGE = fileURLToPath(new URL('../python/src', import.meta.url));
const TRAIN = `
import torch
from torch import nn
import thermograd

generator = torch.Generator().manual_seed(0)
x, y = torch.randn(40, 4, generator=generator), torch.randint(0, 3, (40,), generator=generator)

def make():
    net = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))
    return thermograd.Problem(net, nn.CrossEntropyLoss(), (x, y), eval=True)

if __name__ == "__main__":
    net = make().model
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    with thermograd.Recorder(net, optimizer, params="3.*", out="run") as rec:
        for batch in torch.randperm(40).repeat(5).split(8):
            loss = nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rec.step(loss)
    net.eval().double()
    print(float(nn.functional.cross_entropy(net(x.double()), y).detach()))
`;

describe.skipIf(!torchPython)(torchPython ? 'a model that is built anew' : 'skipped: needs python3 with torch', () => {
  it('gets all weights and the running statistics from the recording', async () => {
    const file = pythonFile(TRAIN);
    const run = join(dirname(file), 'run');
    const env = { ...process.env, PYTHONPATH: PACKAGE };
    const { stdout, stderr, status } = spawnSync(torchPython!, [file], { cwd: dirname(file), env, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const surface = await openSurface(`python:${file}`, { python: torchPython, onOutput: () => {} });
    try {
      expect(surface.buffers.map((b) => b.name)).toEqual(['1.running_mean', '1.running_var', '1.num_batches_tracked']);
      const before = (await surface.gradient(surface.weights)).loss;
      const { weights, notes } = await trainedState(surface, run);
      expect(notes).toEqual([]);
      expect((await surface.gradient(weights)).loss).toBeCloseTo(Number(stdout), 10);
      expect(Math.abs(before - Number(stdout))).toBeGreaterThan(0.01);

      // without the final model, or in another format, the model stays as it was made, which is said
      for (const [where, words] of [
        [
          run,
          /^the recorder was not closed, so parameters that were not recorded and buffers are those of the model that/,
        ],
        [dirname(file), /^the recording does not hold the whole model, so .* it has to be the trained one\.$/],
      ] as const) {
        rmSync(join(run, 'final.safetensors'), { force: true });
        const left = await trainedState(surface, where);
        expect(left.weights).toEqual(surface.weights);
        expect(left.notes.join()).toMatch(words);
      }
      copyFileSync(join(run, 'initial.safetensors'), join(run, 'final.safetensors'));
      const wider = { ...surface, parameters: surface.parameters.map((p) => ({ ...p, shape: [...p.shape, 1] })) };
      await expect(trainedState(wider, run)).rejects.toThrow(/0\.weight has the shape \[5, 4\] in .* is it the model/);
    } finally {
      await surface.close();
    }
  });
});
