/** What single constraints must be, against closed forms, the naive Fisher matrix, and made-up measurements. docs/theory §7. */
import { describe, expect, it } from 'vitest';
import { hessianBlock } from '../src/analyse/curvature/hessian.js';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { movementAlong } from '../src/apply/movement.js';
import { protect, protectTask } from '../src/apply/protect.js';
import { surfaceTask } from '../src/apply/surface-task.js';
import type { Task, Width } from '../src/apply/task.js';
import { layersOf, type NetworkSpec } from '../src/model/network.js';
import { penalty } from '../src/model/penalty.js';
import type { LossSurface } from '../src/model/surface.js';
import { identity, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { fisherDiagonal } from '../src/surface/network/fisher.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { gradient, logits, type Sample } from './support/naive-network.js';
import { denseOf, orthonormalRows, solve } from './support/penalties.js';
import { SPECS, smallNet } from './support/small-nets.js';
import { la } from './support/tasks.js';

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(b).reduce((m, v, i) => Math.max(m, Math.abs(a[i] - v)), 0) /
  Array.from(b).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

describe('the Fisher diagonal is per sample', () => {
  const entropy = SPECS.filter(([, s]) => s.loss === 'cross-entropy');
  const naive = (
    spec: NetworkSpec,
    w: Float32Array,
    list: readonly Sample[],
    labels: (s: Sample) => [number, number][],
  ) => {
    const sum = new Float64Array(w.length);
    for (const s of list)
      for (const [label, p] of labels(s))
        gradient(spec, w, [{ ...s, label }]).forEach((g, j) => {
          sum[j] += (p * g * g) / list.length;
        });
    return sum;
  };
  const predicted =
    (spec: NetworkSpec, w: Float32Array) =>
    (s: Sample): [number, number][] => {
      const e = logits(spec, w, s.x).map(Math.exp);
      const total = e.reduce((a, b) => a + b);
      return e.map((v, c) => [c, v / total]);
    };

  it.each(entropy)('empirical: the mean of squares of single gradients, %s', (_, spec) => {
    const { weights, list, passes } = smallNet(spec, 30);
    const truth = naive(spec, weights, list, (s) => [[s.label!, 1]]);
    expect(distance(fisherDiagonal(passes, 'empirical'), truth)).toBeLessThan(1e-12);
  });

  it.each(entropy)('true: the expectation over all classes by the model itself, %s', (_, spec) => {
    const { weights, list, passes } = smallNet(spec, 30);
    const truth = naive(spec, weights, list, predicted(spec, weights));
    expect(distance(fisherDiagonal(passes, 'true'), truth)).toBeLessThan(1e-12);
  });

  it.each(SPECS)('true: the diagonal of the Gauss-Newton matrix, %s', (_, spec) => {
    const { passes } = smallNet(spec, 30);
    const fisher = fisherDiagonal(passes, 'true');
    for (const { name, weightOffset, inputs, outputs } of layersOf(spec)) {
      const { hessian } = hessianBlock(passes, name, { kind: 'gauss-newton', precision: 'float64' });
      const n = inputs * outputs;
      const diagonal = Array.from({ length: n }, (_, i) => hessian.data[i * n + i]);
      expect(distance(fisher.subarray(weightOffset, weightOffset + n), diagonal)).toBeLessThan(1e-12);
    }
  });

  it('is no square of batch means, and knows neither order nor batches', () => {
    const [, spec] = SPECS[0];
    const { weights, list, passes, samples } = smallNet(spec, 30);
    const fisher = fisherDiagonal(passes, 'empirical');
    const batches = Array.from({ length: 3 }, (_, b) => gradient(spec, weights, list.slice(10 * b, 10 * b + 10)));
    const ofMeans = fisher.map((_, j) => batches.reduce((s, g) => s + g[j] ** 2 / 3, 0));
    // independent gradients of mean 0 would give a tenth
    const ratio = ofMeans.reduce((a, b) => a + b) / fisher.reduce((a, b) => a + b);
    expect(ratio).toBeLessThan(0.5);
    const order = randomKey(4).stream().permutation(30);
    const { size } = samples;
    const turned = {
      ...samples,
      values: Float32Array.from([...order].flatMap((s) => [...samples.values.subarray(s * size, (s + 1) * size)])),
      labels: Uint8Array.from(order, (s) => samples.labels![s]),
    };
    const again = fisherDiagonal(new NetworkPasses({ spec, weights, samples: turned }), 'empirical');
    expect(distance(again, fisher)).toBeLessThan(1e-13);
  });
});

/** A task whose measurements are made up: axes are the unit vectors of a space of 8. */
function madeUp(change: Partial<Task> = {}): Task {
  const P = 8;
  const refuse = () => {
    throw new Error('not asked for');
  };
  return {
    size: P,
    anchor: Float64Array.from({ length: P }, (_, i) => i),
    blocks: [{ name: 'all', offset: 0, size: P, span: P }],
    loss: 0.01,
    training: { learningRate: 0.1, batchSize: 5, windowSteps: 1000 },
    principal: async (_, most) => ({
      axes: matrix(most, P, identity(P).data.slice(0, most * P)),
      values: Float64Array.from({ length: most }, (_, i) => 1 / (i + 1)),
    }),
    curvatures: (_, axes) => new Float64Array(axes.rows).fill(3),
    widths: refuse,
    stiffest: refuse,
    trace: () => 16,
    noise: refuse,
    fisher: refuse,
    ...change,
  };
}
const build = (method: string, task: Task, axes: number) => protectTask(task, { method, axes, la, key: randomKey(1) });
const diagonalOf = (p: Awaited<ReturnType<typeof build>>) =>
  denseOf(
    p.penalty.terms.flatMap((t) => t.parts),
    p.penalty.size,
  ).map((line, i) => line[i]);

describe('from made-up measurements', () => {
  it('ldc: Σ x²/F², without the axes whose side is open, and no others in their place', async () => {
    const flatness = [0.5, null, 2, 4];
    const widths = (): Width[] => flatness.map((f) => ({ flatness: f, curvature: 1 }));
    const p = await build('ldc', madeUp({ widths }), 4);
    const x = [0.3, 0.7, -0.2, 0.1, 5, 5, 5, 5];
    const value = p.value(x.map((v, i) => v + i));
    expect(value).toBeCloseTo((0.3 / 0.5) ** 2 + (0.2 / 2) ** 2 + (0.1 / 4) ** 2, 14);
    expect(p.diagnostics[0]).toMatchObject({ constrained: 3, excluded: 1, why: expect.stringContaining('open') });
    expect(p.laplaceStrength).toBeCloseTo(4 * (Math.E - 1) * 0.01, 15);
  });

  it('ldc: all sides open constrains nothing and says so', async () => {
    const widths = (): Width[] => [{ flatness: null, curvature: 0 }];
    const p = await build('ldc', madeUp({ widths }), 1);
    expect(p.penalty.terms).toEqual([]);
    expect(p.diagnostics[0]).toMatchObject({ constrained: 0, excluded: 1 });
  });

  it('variance: 1/sigma_i², the temperature ⟨h·sigma²⟩ as its strength', async () => {
    const p = await build('variance', madeUp(), 3);
    expect(diagonalOf(p)).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
    expect(p.unit.strength).toBeCloseTo((3 * (1 + 1 / 2 + 1 / 3)) / 3, 14);
    expect(p.laplaceStrength).toBeNaN();
  });

  it('l2: all weights alike, the mean curvature as its strength', async () => {
    const p = await build('l2', madeUp(), 3);
    expect(diagonalOf(p)).toEqual(new Array(8).fill(1));
    expect(p.unit.strength).toBe(2);
  });

  it('random: orthonormal axes that depend on the key alone', async () => {
    const [a, b] = [await build('random', madeUp(), 3), await build('random', madeUp(), 3)];
    const other = await protectTask(madeUp(), { method: 'random', axes: 3, la, key: randomKey(2) });
    const k = denseOf(a.penalty.terms[0].parts, 8);
    const square = k.map((line) => k[0].map((_, j) => line.reduce((s, v, l) => s + v * k[l][j], 0)));
    square.forEach((line, i) => {
      line.forEach((v, j) => {
        expect(v).toBeCloseTo(k[i][j], 13); // a projection: K² = K, of trace 3
      });
    });
    expect(diagonalOf(a).reduce((s, v) => s + v, 0)).toBeCloseTo(3, 13);
    expect(diagonalOf(b)).toEqual(diagonalOf(a));
    expect(diagonalOf(other)).not.toEqual(diagonalOf(a));
  });

  const h = [8, 3, 1];
  const noise = [
    [2, 0.5, 0.3],
    [0.5, 1, -0.2],
    [0.3, -0.2, 0.4],
  ];
  const rows = orthonormalRows(3, 8, randomKey(6).stream());
  const stationary: Partial<Task> = {
    stiffest: (_, most) => ({
      axes: matrix(Math.min(3, most), 8, Float64Array.from(rows.slice(0, most).flat())),
      values: Float64Array.from(h.slice(0, most)),
    }),
    noise: (_, axes) =>
      matrix(axes.rows, axes.rows, Float64Array.from(noise.slice(0, axes.rows).flatMap((r) => r.slice(0, axes.rows)))),
  };

  it('potential: the inverse of the stationary covariance Σ_ij = 2 epsilon C1_ij/(eta(h_i + h_j)) in the modes', async () => {
    const p = await build('potential', madeUp(stationary), 3);
    const [eta, epsilon] = [0.1, 0.1 ** 2 / (2 * 5)];
    const sigma = noise.map((line, i) => line.map((c, j) => (2 * epsilon * c) / (eta * (h[i] + h[j]))));
    const x = [0.02, -0.05, 0.04];
    const truth = 0.5 * solve(sigma, x).reduce((s, v, i) => s + v * x[i], 0);
    const w = Array.from({ length: 8 }, (_, j) => j + rows.reduce((s, r, i) => s + x[i] * r[j], 0));
    expect(p.value(w) / truth).toBeCloseTo(1, 11);
    // the temperature of equipartition: Tr(H Σ)/n
    expect(p.unit.strength / (h.reduce((s, v, i) => s + v * sigma[i][i], 0) / 3)).toBeCloseTo(1, 11);
  });

  it('potential: modes that have not settled stay out', async () => {
    const training = { learningRate: 0.1, batchSize: 5, windowSteps: 40 }; // eta·h·T = 32, 12, 4
    const p = await build('potential', madeUp({ ...stationary, training }), 3);
    expect(p.diagnostics[0]).toMatchObject({ constrained: 2, excluded: 1, why: expect.stringContaining('window') });
    await expect(build('potential', madeUp({ ...stationary, training: undefined }), 3)).rejects.toThrow(
      /learning rate/,
    );
  });

  it('potential and vortex: too few settled modes hold nothing, and say so', async () => {
    const training = { learningRate: 0.1, batchSize: 5, windowSteps: 20 }; // eta·h·T = 16, 6, 2
    const one = await build('potential', madeUp({ ...stationary, training }), 3);
    expect(one.diagnostics[0]).toMatchObject({ constrained: 1, excluded: 2 });
    // one mode is an Ornstein-Uhlenbeck motion of its own: <x²> = eta² D/(2B)/(eta h)
    const variance = (0.01 / 10) * (2 / (0.1 * 8));
    const w = Array.from({ length: 8 }, (_, j) => j + 0.03 * rows[0][j]);
    expect(one.value(w) / ((0.5 * 0.03 ** 2) / variance)).toBeCloseTo(1, 10);
    await expect(build('vortex', madeUp({ ...stationary, training }), 3)).rejects.toThrow(
      /vortex needs 2 modes of one block that relax.*window of 20 steps.*are fewer.*longer window/,
    );
    await expect(
      build('potential', madeUp({ ...stationary, training: { ...training, windowSteps: 1 } }), 3),
    ).rejects.toThrow(/potential needs a mode that relaxes.* there is none/);
    await expect(build('vortex', madeUp(stationary), 1)).rejects.toThrow(/at most 1 in each of all.*more axes/);
  });

  it('vortex: of two modes the plane is the whole of them, pinned by 1 or by q', async () => {
    const plain = await build('vortex', madeUp(stationary), 2);
    const x = Array.from({ length: 8 }, (_, j) => 0.3 * rows[0][j] - 0.4 * rows[1][j] + 0.5 * rows[2][j]);
    expect(plain.value(x.map((v, j) => v + j))).toBeCloseTo(0.5 * 0.25, 13);
    const weighted = await build('vortex-q', madeUp(stationary), 2);
    // 2×2: Q_12 = D_12 (h_1 − h_2)/(h_1 + h_2), whitened by D: q = Q_12/√det D
    const q = Math.abs((0.5 * (8 - 3)) / (8 + 3)) / Math.sqrt(2 * 1 - 0.25);
    expect(weighted.value(x.map((v, j) => v + j)) / (0.5 * 0.25 * q)).toBeCloseTo(1, 10);
  });

  it('vortex: a system without a current has none to pin', async () => {
    const still = { ...stationary, noise: () => identity(2) };
    await expect(build('vortex', madeUp(still), 2)).rejects.toThrow(/no current/);
  });
});

describe('a parabola L0 + ½(w − m)ᵀH(w − m): the Laplace value makes lambda·K the Hessian on the axes', () => {
  const P = 5;
  const rows = orthonormalRows(P, P, randomKey(8).stream());
  const h = [9, 4, 1, 0.25, 0.04];
  const L0 = 0.02;
  const centre = Float64Array.from({ length: P }, (_, i) => 0.1 * i);
  const hessian = Array.from({ length: P }, (_, i) =>
    Array.from({ length: P }, (_, j) => rows.reduce((s, r, k) => s + h[k] * r[i] * r[j], 0)),
  );
  const surface: LossSurface = {
    size: P,
    gradient: (w) => Float64Array.from(hessian, (line) => line.reduce((s, v, j) => s + v * (w[j] - centre[j]), 0)),
    loss(w) {
      return L0 + 0.5 * this.gradient(w).reduce((s, g, i) => s + g * (w[i] - centre[i]), 0);
    },
  };
  // a window that varies along the eigenvectors with known variances: ±s_k along row k, in turns
  const window = new Float64Array(2 * P * P);
  for (let k = 0; k < P; k++)
    for (const sign of [1, -1])
      for (let j = 0; j < P; j++)
        window[(2 * k + (sign < 0 ? 1 : 0)) * P + j] = centre[j] + (sign * (P - k) * rows[k][j]) / 10;
  const run = {
    weights: centre,
    window: rowsInMemory(window, P),
    training: { learningRate: 0.1, batchSize: 5, windowSteps: 1e6 },
  };

  it.each(['ldc', 'hessian'])('%s', async (method) => {
    const p = await protect(surface, run, { method, axes: 3, la });
    const k = denseOf(p.penalty.terms[0].parts, P);
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) {
        const truth = [0, 1, 2].reduce((s, r) => s + h[r] * rows[r][i] * rows[r][j], 0);
        expect(Math.abs(p.laplaceStrength * k[i][j] - truth)).toBeLessThan(2e-5); // crossings to 1e-6, differences to 1e-9
      }
  });

  it('measures nothing twice: fewer axes are the first of more', async () => {
    let asked = 0;
    const counted: LossSurface = {
      size: P,
      loss: (w) => {
        asked++;
        return surface.loss(w);
      },
      gradient: surface.gradient,
    };
    const task = surfaceTask(counted, run, { la, key: randomKey(1) });
    const three = await protectTask(task, { method: 'ldc', axes: 3, la });
    const before = asked;
    const two = await protectTask(task, { method: 'ldc', axes: 2, la });
    expect(before).toBeGreaterThan(10);
    expect(asked).toBe(before);
    expect(two.diagnostics[0].stiffness).toEqual(three.diagnostics[0].stiffness.slice(0, 2));
  });

  it('variance: sigma_i² of the window', async () => {
    const p = await protect(surface, run, { method: 'variance', axes: 2, la });
    const x = rows[0].map((v, j) => 0.2 * v + centre[j]);
    expect(p.value(x) / ((0.5 * 0.04) / ((2 * 0.5 ** 2) / (2 * P)))).toBeCloseTo(1, 9);
  });

  it('says what a method misses', async () => {
    const ask = (method: string, without: object = run) => protect(surface, without as typeof run, { method, la });
    await expect(ask('ewc')).rejects.toThrow(/predictiveGradients.*ewc-empirical/);
    await expect(ask('ewc-empirical')).rejects.toThrow(/perSampleGradients/);
    await expect(ask('potential')).rejects.toThrow(/perSampleGradients/);
    await expect(ask('ldc', { weights: centre })).rejects.toThrow(/window/);
    await expect(ask('hessian', { weights: [1] })).rejects.toThrow(/must end at 5 finite weights.*got 1/);
    await expect(protect(surface, run, { method: 'l2', axes: 0 })).rejects.toThrow(/positive integer; got 0/);
    await expect(ask('l2', { ...run, blocks: [{ name: 'a', offset: 3, size: 3 }] })).rejects.toThrow(/block 'a'/);
  });
});

describe('a move along the axes of a penalty', () => {
  it('is the squared projection on their span, also of oblique axes', () => {
    const rows = orthonormalRows(3, 6, randomKey(9).stream());
    const axes = matrix(2, 6, Float64Array.from([...rows[0], ...rows[0].map((v, i) => 0.6 * v + 0.8 * rows[1][i])]));
    const anchor = new Float64Array(8).fill(1);
    const p = penalty(anchor, [{ kind: 'lowRank', offset: 2, axes, weights: Float64Array.of(5, 0.1) }]);
    const w = anchor.slice();
    w[0] += 2;
    for (let j = 0; j < 6; j++) w[2 + j] += 0.3 * rows[0][j] - 0.4 * rows[1][j] + 1.2 * rows[2][j];
    const { total, along, axes: count } = movementAlong(p, w);
    expect(total).toBeCloseTo(4 + 0.25 + 1.44, 13);
    expect(along).toBeCloseTo(0.25, 13);
    expect(count).toBe(2);
    const diagonal = penalty(anchor, [{ kind: 'diagonal', offset: 0, values: anchor }]);
    expect(() => movementAlong(diagonal, w)).toThrow(/weight by weight/);
  });
});

describe('blocks too large for a dense Hessian', () => {
  const n = 500;
  const h = Float64Array.from({ length: n }, (_, i) => (i < 6 ? 2 ** (6 - i) : i < 400 ? 0.01 : 0));
  // turned by a reflection, so that no axis is an eigenvector: H = R diag(h) R
  const stream = randomKey(10).stream();
  const v = Float64Array.from({ length: n }, () => stream.normal());
  const norm = Math.hypot(...v);
  const reflect = (x: ArrayLike<number>) => {
    let along = 0;
    for (let i = 0; i < n; i++) along += (2 * v[i] * x[i]) / norm ** 2;
    return Float64Array.from(v, (u, i) => x[i] - along * u);
  };
  const surface: LossSurface = {
    size: n,
    loss: () => 1,
    gradient: (w) => reflect(reflect(w).map((x, i) => h[i] * x)),
  };
  const run = { weights: new Float64Array(n) };

  it('find the stiffest directions by the Lanczos process', async () => {
    const p = await protect(surface, run, { method: 'hessian', axes: 6, la });
    const [part] = p.penalty.terms[0].parts;
    if (part.kind !== 'lowRank') throw new Error('axes were asked for');
    expect(distance(part.weights, h.subarray(0, 6))).toBeLessThan(1e-8);
    for (let k = 0; k < 6; k++) {
      const unit = new Float64Array(n);
      unit[k] = 1;
      const truth = reflect(unit);
      const cosine = part.axes.data.subarray(k * n, (k + 1) * n).reduce((s, x, j) => s + x * truth[j], 0);
      expect(Math.abs(cosine)).toBeGreaterThan(1 - 1e-8); // residual 1e-6 over a gap of 1e-2: 1 − cos below 1e-8
    }
  });

  it('estimate the trace from random signs', async () => {
    const p = await protect(surface, run, { method: 'l2', la });
    const truth = h.reduce((s, x) => s + x, 0) / n;
    // 64 probes, each of variance 2(‖H‖² − Σ H_ii²) ≤ 2‖H‖²: four standard errors
    const error = Math.sqrt((2 * h.reduce((s, x) => s + x * x, 0)) / 64) / n;
    expect(Math.abs(p.unit.strength - truth)).toBeLessThan(4 * error);
  });
});
