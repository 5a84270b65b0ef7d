/** The measurements of the view Landscape on a small network, against direct sums over its samples. */
import { beforeAll, describe, expect, it } from 'vitest';
import { benchOf } from '../../src/lab/engine/bench.js';
import { windowDirections } from '../../src/lab/engine/landscape/window.js';
import { landscapeMeasurements } from '../../src/lab/engine/landscape.js';
import type { Bench } from '../../src/lab/engine/registry.js';
import { LabSession } from '../../src/lab/engine/session.js';
import type { SliceRow } from '../../src/lab/landscape-results.js';
import type { Snapshot } from '../../src/lab/protocol.js';
import type { NetworkSpec } from '../../src/model/network.js';
import { gradient, type Sample, sampleLoss } from '../support/naive-network.js';
import { teacherState } from './support.js';

const state = teacherState({
  data: { kind: 'teacher', limit: 200 },
  batchSize: 10,
  window: 20,
  network: '20-8-4:tanh',
});
const quiet = async () => {};
let bench: Bench;
let snapshot: Snapshot;
let samples: Sample[];
let spec: NetworkSpec;

beforeAll(async () => {
  bench = await benchOf(state);
  const session = await LabSession.open(state);
  session.trainTo(1200);
  snapshot = session.snapshot(true);
  spec = bench.network as NetworkSpec;
  const { train } = bench.dataset;
  samples = Array.from({ length: train.count }, (_, k) => ({
    x: valuesOf(k),
    label: train.labels![k],
  }));
});

/** Returns the inputs of one sample. */
function valuesOf(k: number): number[] {
  const { size, values, divisor } = bench.dataset.train;
  return Array.from(values.subarray(k * size, (k + 1) * size), (v) => v / divisor);
}

const meanLoss = (w: ArrayLike<number>) => samples.reduce((s, x) => s + sampleLoss(spec, w, x), 0) / samples.length;

describe('a slice', () => {
  it('holds the loss at centre + x p1 + y p2, the path, and what the plane misses', async () => {
    const rows: SliceRow[] = [];
    const result = await landscapeMeasurements.slice(
      bench,
      snapshot,
      { ranks: [1, 3], points: 5, batches: 6 },
      async (_share, _what, part) => void (part && rows.push(part as SliceRow)),
    );
    const w = await windowDirections(bench, snapshot, [1, 3]);
    const [{ offset, size }] = bench.block.ranges;
    const at = (x: number, y: number) => {
      const out = Float64Array.from(snapshot.weights);
      for (let i = 0; i < size; i++)
        out[offset + i] = w.mean[i] + x * w.directions.data[i] + y * w.directions.data[size + i];
      return out;
    };
    for (const [i, j] of [
      [0, 0],
      [4, 1],
      [2, 2],
      [3, 4],
    ] as const)
      expect(result.values[i + 5 * j] / meanLoss(at(result.x[i], result.y[j])), `${i}, ${j}`).toBeCloseTo(1, 4);
    expect(result.centreLoss / meanLoss(at(0, 0))).toBeCloseTo(1, 4);
    expect(rows.map((r) => r.row)).toEqual([0, 1, 2, 3, 4]);
    expect([...rows[3].values]).toEqual([...result.values.slice(15, 20)]);

    const T = snapshot.rows.length / size;
    expect(result.path.steps[T - 1]).toBe(1200);
    let [all, inside] = [0, 0];
    for (let t = 0; t < T; t++) {
      for (let i = 0; i < size; i++) all += (snapshot.rows[t * size + i] - w.mean[i]) ** 2;
      inside += result.path.x[t] ** 2 + result.path.y[t] ** 2;
    }
    expect(result.offPlane).toBeCloseTo(1 - inside / all, 6);
    const last = result.rows.at(-1)!;
    const own = Float64Array.from(snapshot.weights);
    own.set(snapshot.rows.subarray((T - 1) * size), offset);
    expect(last.loss / meanLoss(own)).toBeCloseTo(1, 4);
    expect(last.shadow / meanLoss(at(result.path.x[T - 1], result.path.y[T - 1]))).toBeCloseTo(1, 4);
    let far = 0;
    for (let i = 0; i < size; i++) far += (snapshot.rows[(T - 1) * size + i] - w.mean[i]) ** 2;
    expect(last.offPlane).toBeCloseTo(1 - (result.path.x[T - 1] ** 2 + result.path.y[T - 1] ** 2) / far, 6);
    expect(result.batches![0].curvature.n).toBe(6);
  });

  it('refuses one direction twice and ranks that there are not, with a sentence', async () => {
    await expect(landscapeMeasurements.slice(bench, snapshot, { ranks: [2, 2] }, quiet)).rejects.toThrow(
      'two different',
    );
    await expect(landscapeMeasurements.slice(bench, snapshot, { ranks: [1, 900] }, quiet)).rejects.toThrow(
      'ranks 1 to',
    );
    const empty = { ...snapshot, rows: snapshot.rows.slice(0, 5 * bench.block.size) };
    await expect(landscapeMeasurements.slice(bench, empty, {}, quiet)).rejects.toThrow('5 rows');
  });
});

describe('the potential', () => {
  it('solves H Σ + Σ H = eta C, with H and C from the gradients of the samples', async () => {
    const result = await landscapeMeasurements.potential(bench, snapshot, { ranks: [1, 2], directions: 2 }, quiet);
    const w = await windowDirections(bench, snapshot, [1, 2]);
    const [{ offset, size }] = bench.block.ranges;
    const direction = (k: number) => w.directions.data.subarray(k * size, (k + 1) * size);
    const along = (g: ArrayLike<number>, k: number) => direction(k).reduce((s, p, i) => s + p * g[offset + i], 0);
    const shifted = (k: number, by: number) => {
      const out = w.centre.slice();
      direction(k).forEach((p, i) => {
        out[offset + i] += by * p;
      });
      return out;
    };
    const h = 1e-4;
    const H = [0, 1].map((k) => {
      const [up, down] = [gradient(spec, shifted(k, h), samples), gradient(spec, shifted(k, -h), samples)];
      return [0, 1].map((j) => (along(up, j) - along(down, j)) / (2 * h));
    });
    const g = samples.map((s) => gradient(spec, w.centre, [s])).map((v) => [along(v, 0), along(v, 1)]);
    const mean = [0, 1].map((k) => g.reduce((s, v) => s + v[k], 0) / g.length);
    // one batch of 10 without replacement from 200
    const factor = (190 / 199 / 10) * (1 / (g.length - 1));
    const C = [0, 1].map((i) =>
      [0, 1].map((j) => factor * g.reduce((s, v) => s + (v[i] - mean[i]) * (v[j] - mean[j]), 0)),
    );
    const [plane] = result.planes;
    const [hxx, hxy, hyy] = plane.hessian;
    expect(hxx / H[0][0]).toBeCloseTo(1, 4);
    expect(hyy / H[1][1]).toBeCloseTo(1, 4);
    expect(hxy).toBeCloseTo(H[0][1], 4);
    const [a, b, d] = plane.covariance;
    const eta = 0.2;
    const left = [2 * (hxx * a + hxy * b), hxx * b + hxy * d + a * hxy + b * hyy, 2 * (hxy * b + hyy * d)];
    const right = [eta * C[0][0], eta * C[0][1], eta * C[1][1]];
    right.forEach((r, k) => {
      expect(left[k] / r, String(k)).toBeCloseTo(1, 4);
    });
    // Q = H Σ − D
    expect(plane.circulation / (hxx * b + hxy * d - (eta / 2) * C[0][1])).toBeCloseTo(1, 3);
    // two directions have one pair: ½ eta (H Σ − Σ H) is expected for each step
    const expected = (eta / 2) * (hxx * b + hxy * d - (a * hxy + b * hyy));
    const current = await landscapeMeasurements.current(bench, snapshot, { ranks: [1, 2] }, quiet);
    expect((result.rotation.value * expected) / current.circulation.value).toBeCloseTo(1, 3);
    expect(result.samples).toBe(200);
    expect(result.learningRate).toBe(0.2);
  });

  it('lists planes, vortices and warnings of a larger motion', async () => {
    const result = await landscapeMeasurements.potential(bench, snapshot, { ranks: [2, 4], directions: 6 }, quiet);
    expect(result.ranks).toContain(2);
    expect(result.ranks).toContain(4);
    expect(result.planes.map((p) => p.name)).toEqual(['chosen', 'vortex']);
    const shares = result.vortices.reduce((s, v) => s + v.share, 0);
    expect(shares).toBeGreaterThan(0.5);
    expect(shares).toBeLessThan(1 + 1e-9);
    expect(result.entropyProduction).toBeGreaterThan(0);
    expect(result.turning.of).toBe((result.ranks.length * (result.ranks.length - 1)) / 2);
    expect(result.variances.every((v) => v.theory > 0 && v.measured > 0)).toBe(true);
  });

  it('is refused to optimisers that move in coordinates of their own', async () => {
    const adam = { ...snapshot, settings: { type: 'adam' as const, learningRate: 0.01 } };
    await expect(landscapeMeasurements.potential(bench, adam, {}, quiet)).rejects.toThrow('belongs to SGD');
  });
});

describe('the current', () => {
  it('is the area swept for each row, with its error', async () => {
    const result = await landscapeMeasurements.current(bench, snapshot, { ranks: [1, 2] }, quiet);
    const w = await windowDirections(bench, snapshot, [1, 2]);
    const T = w.rows;
    const centred = (k: number) => {
      const v = w.coordinates.slice(k * T, (k + 1) * T);
      const m = v.reduce((s, x) => s + x, 0) / T;
      return v.map((x) => x - m);
    };
    const [x, y] = [centred(0), centred(1)];
    let sum = 0;
    for (let t = 0; t + 1 < T; t++) sum += (x[t] * y[t + 1] - y[t] * x[t + 1]) / 2 / (T - 1);
    // blocks of 19 and 20 rows count alike there
    expect(Math.abs(result.circulation.value - sum)).toBeLessThan(0.15 * result.circulation.standardError);
    expect(Math.abs(result.circulation.value + sum)).toBeGreaterThan(0.15 * result.circulation.standardError);
    expect(result.circulation.standardError).toBeGreaterThan(0);
  });
});
