/** A window of thermograd in the files of other programs has the numbers of the run's own analysis. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PcaSummary } from '../src/analyse/trajectory/results.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRecording } from '../src/experiments/recording/experiment.js';
import { parseJson } from '../src/numeric/json.js';
import { Trajectory } from '../src/record/trajectory.js';
import type { DynamicsResult } from '../src/runs/window/jobs.js';
import { asNpy, asTensorFolder, asZarr2, type Recorded } from './support/recordings.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-window-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const embedded = { provider: 'embedded' } as const;

describe('a window of thermograd in other files', () => {
  const run = at('run');
  let r: Recorded;
  beforeAll(async () => {
    await reproduceIvf2021(
      {
        preset: 'quick',
        data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 200, test: 0 } },
        network: { widths: [8, 6, 6, 3] },
        training: { batchSize: 20, stop: { rule: 'epochs', epochs: 4 }, maxEpochs: 24 },
        record: { windowEpochs: 20 },
        analysis: { directions: 3, profiles: [1] },
        provider: 'embedded',
      },
      { out: run },
    );
    const window = await Trajectory.open(join(run, 'trajectory.zarr'));
    r = { T: window.recorded, P: window.size, data: await window.rows(0, window.recorded) };
  });
  const pca = () => parseJson(readFileSync(join(run, 'pca.json'), 'utf8')) as PcaSummary;
  const dynamics = () => (parseJson(readFileSync(join(run, 'dynamics.json'), 'utf8')) as DynamicsResult).dynamics;

  it.each([
    ['its own Zarr', () => join(run, 'trajectory.zarr')],
    ['.npy', () => asNpy(at('same.npy'), r, [6, 6])],
    ['a folder of safetensors', () => asTensorFolder(at('same'), r, { 'fc2.weight': [6, 6] })],
    ['Zarr 2 in chunks', () => asZarr2(at('same.zarr'), r, { weights: [6, 6] })],
  ])('has the numbers of its own analysis: %s', async (name, path) => {
    const { measured } = await analyseRecording(path(), { ...embedded, out: at(`out ${name}`) });
    const own = pca();
    expect(measured.recording.T).toBe(own.T);
    measured.pca.variances.forEach((v, k) => {
      expect(Math.abs(v - own.variances[k])).toBeLessThan(1e-12 * own.totalVariance);
    });
    let compared = 0;
    for (const d of dynamics()) {
      const mine = measured.motion.dynamics.find((m) => m.index === d.index);
      if (!mine || own.variances[d.index - 1] < 1e-6 * own.totalVariance) continue;
      compared++;
      for (const key of ['driftVelocity', 'msdExponent', 'correlationTime'] as const) {
        expect(mine[key].value).toBeCloseTo(d[key].value, 6);
        expect(mine[key].converged).toBe(d[key].converged);
      }
      expect(Math.abs(mine.cosWithWeights)).toBeCloseTo(Math.abs(d.cosWithWeights), 8);
    }
    expect(compared).toBeGreaterThan(5);
  });
});
