/** The motion in the window along principal directions: temperature with its fluctuation-dissipation pair, and displacement. docs/theory [S9], [R4], [P5]. */
import { z } from 'zod';
import { ritzBasis } from '../../../analyse/curvature/ritz.js';
import { displacementExponent } from '../../../analyse/trajectory/displacement.js';
import { motionRelation } from '../../../analyse/trajectory/fluctuation-dissipation.js';
import { pca } from '../../../analyse/trajectory/pca.js';
import { rowsInMemory } from '../../../analyse/trajectory/rows.js';
import { stepTemperatures } from '../../../analyse/trajectory/temperatures.js';
import { countOfRows, projected, type Rows } from '../../../analyse/trajectory/window-rows.js';
import type { RecordedBlock } from '../../../model/any-network.js';
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { type Matrix, matrix } from '../../../numeric/linalg/index.js';
import { logSpaced } from '../../../numeric/spacing.js';
import { mean, variance } from '../../../numeric/statistics.js';
import { surfaceBlock } from '../../../runs/surface.js';
import { walkOf } from '../../../theory/optimisers/walk.js';
import { completeOptimiser } from '../../../train/optimisers/spec.js';
import type { Measured, NotMeasured } from '../measured.js';
import type { Bench } from './bench.js';
import { LAYERS, measureKind, WINDOW } from './measure.js';
import { atMean, orWhy, overLayers, preconditionerIn, walkRows, withoutParts } from './relation.js';

/** Fewest steps of a window with temperatures, and with displacements. */
const [FEWEST, FOLLOWED] = [80, 40];

const DIRECTIONS = z
  .int()
  .min(2)
  .default(20)
  .describe('The number of principal directions, at log-spaced ranks from 2 on.');

/** Returns principal directions at log-spaced ranks from 2 on. */
async function principal(bench: Bench, rows: Rows, count: number): Promise<Matrix> {
  const last = Math.min(rows.P, countOfRows(rows) - 1);
  const keep = last < 2 ? [1] : logSpaced(last, count, 2);
  const { components } = await pca(rowsInMemory(rows.data, rows.P), bench.la, { keep });
  return matrix(keep.length, rows.P, components);
}

/** Says why the steps of a run have no temperature, or nothing. */
function noTemperature({ optimiser }: Bench): string | undefined {
  const { type, nesterov, dampening, weightDecay, decoupled } = completeOptimiser(optimiser);
  if (type !== 'sgd') return `${type} has a preconditioner, in whose coordinates alone its steps have one temperature.`;
  if (nesterov || dampening > 0)
    return 'the relation holds for SGD with plain momentum, not with Nesterov’s or dampening.';
  return decoupled && weightDecay > 0 ? 'decoupled decay moves weights without a gradient.' : undefined;
}

export const temperature = measureKind({
  name: 'temperature',
  what: 'T = (1+μ)⟨(Δθ)²⟩/(2η), mean over principal directions of the window from rank 2 on, and ⟨θ·g⟩/T with the gradients of the steps themselves, which is 1 for a stationary motion [S9], [R4]',
  columns: {
    temperature: 'T, nat',
    'fluctuation-dissipation': '⟨θ·g⟩ over (1+μ)⟨(Δθ)²⟩/(2η), summed over the directions',
  },
  options: z.strictObject({ layers: LAYERS, windowEpochs: WINDOW, directions: DIRECTIONS }),
  async measure(bench, { layers, windowEpochs, directions }) {
    const none = (why: string) => ({ temperature: { why }, 'fluctuation-dissipation': { why } });
    const without = noTemperature(bench);
    if (without) return none(without);
    const blocks = bench.blocks(layers);
    const window = bench.window(blocks, windowEpochs ?? bench.config.record.windowEpochs);
    if (window.steps < FEWEST)
      return none(`a window of ${window.steps} steps is too short: temperatures need ${FEWEST}; raise windowEpochs.`);
    const temperatures: Record<string, Estimate> = {};
    const ratios: Record<string, Estimate> = {};
    for (const block of blocks) {
      const rows = window.rows.get(block.name)!;
      const basis = await principal(bench, rows, directions);
      const theta = centred(projected(bench.la, rows, basis));
      temperatures[block.name] = meanTemperature(bench, theta);
      ratios[block.name] = pairOf(bench, theta);
    }
    return { temperature: overLayers(temperatures), 'fluctuation-dissipation': overLayers(ratios) };
  },
});

/** Subtracts the mean of each row of a matrix. */
function centred({ data, rows, cols }: Matrix): Matrix {
  const out = matrix(rows, cols, data.slice());
  for (let i = 0; i < rows; i++) {
    const own = out.data.subarray(i * cols, (i + 1) * cols);
    const m = mean(own);
    for (let t = 0; t < cols; t++) own[t] -= m;
  }
  return out;
}

/** Returns the mean temperature over directions; directions share their steps, so the larger of own errors and scatter counts. */
function meanTemperature(bench: Bench, { data, rows: K }: Matrix): Estimate {
  const { momentum } = completeOptimiser(bench.optimiser);
  const all = stepTemperatures(data, K, { learningRate: bench.learningRate, momentum });
  const values = all.map((e) => e.value);
  const own = mean(all.map((e) => e.standardError));
  return estimate(
    mean(values),
    Math.max(own, Math.sqrt(variance(values, Math.min(1, K - 1)) / K)),
    K,
    `mean over ${K} principal directions of (1 + mu)⟨Δθ²⟩/(2 eta)`,
    all.every((e) => e.converged),
  );
}

/** Compares ⟨θ·g⟩ with the temperature; the gradient of a step is what moved the weights, g_t = (μ v_t − v_{t+1})/η. */
function pairOf(bench: Bench, { data, rows: K, cols: T }: Matrix): Estimate {
  const { momentum } = completeOptimiser(bench.optimiser);
  const eta = bench.learningRate;
  const first = momentum > 0 ? 1 : 0;
  const n = T - 1 - first;
  const dots = new Float64Array(n);
  const squares = new Float64Array(n);
  for (let k = 0; k < K; k++) {
    const at = (t: number) => data[k * T + t];
    for (let s = 0; s < n; s++) {
      const t = s + first;
      const step = at(t + 1) - at(t);
      const before = momentum > 0 ? at(t) - at(t - 1) : 0;
      dots[s] += (at(t) * (momentum * before - step)) / eta;
      squares[s] += step * step;
    }
  }
  return motionRelation({ weightsDotGradient: dots, velocitySquared: squares, learningRate: eta, momentum }).ratio;
}

export const displacement = measureKind({
  name: 'displacement',
  what: 'exponent of ⟨(θ(t+s)−θ(t))²⟩ ~ s^α, mean over principal directions of the window from rank 2 on: 2 drift, 1 diffusion, 0 bounded; controls: half (directions of the first half-window, motion in the second), hessian (a fixed basis), walk (the walk of the run’s own noise) [P5], [S7], [N1]',
  columns: { displacement: 'exponent α' },
  options: z.strictObject({
    layers: LAYERS,
    windowEpochs: WINDOW,
    directions: DIRECTIONS,
    vectors: z.int().min(6).default(20).describe('The number of Lanczos steps of the fixed basis.'),
  }),
  async measure(bench, { layers, windowEpochs, directions, vectors }) {
    const blocks = bench.blocks(layers);
    const window = bench.window(blocks, windowEpochs ?? bench.config.record.windowEpochs);
    if (window.steps < 2 * FOLLOWED)
      return {
        displacement: {
          why: `a window of ${window.steps} steps is too short: displacements with their controls need ${2 * FOLLOWED}; raise windowEpochs.`,
        },
      };
    const noise = await walkRows(bench, window, blocks, atMean(window, blocks));
    const preconditioner = preconditionerIn(bench, window);
    const found = { same: {}, half: {}, hessian: {}, walk: {} } as Record<
      string,
      Record<string, Estimate | NotMeasured>
    >;
    for (const block of blocks) {
      const rows = window.rows.get(block.name)!;
      const T = countOfRows(rows);
      const half = T >> 1;
      const along = (basis: Matrix, of: Rows, from = 0) => meanExponent(projected(bench.la, of, basis, from));
      found.same[block.name] = along(await principal(bench, rows, directions), rows);
      const earlier = { data: rows.data.subarray(0, half * rows.P), P: rows.P };
      found.half[block.name] = along(await principal(bench, earlier, directions), rows, half);
      found.hessian[block.name] = along(await fixedBasis(bench, block, vectors), rows);
      const walk = noise.get(block.name)!;
      walkOf(walk, bench.form, preconditioner?.slice(block.offset, block.offset + block.size));
      found.walk[block.name] = along(await principal(bench, walk, directions), walk);
    }
    const whole = overLayers(found.same);
    if ('why' in whole) return { displacement: whole };
    const controls = Object.fromEntries(
      (['half', 'hessian', 'walk'] as const).map((name) => [name, withoutParts(overLayers(found[name]))]),
    );
    return { displacement: { ...whole, controls } satisfies Measured };
  },
});

async function fixedBasis(bench: Bench, block: RecordedBlock, count: number): Promise<Matrix> {
  const { surface } = bench.at();
  const key = bench.key('displacement').child(block.name);
  return (await ritzBasis(surface, bench.w, surfaceBlock(block), { count, key, la: bench.la })).vectors;
}

/** Returns the mean exponent over coordinates; its error is the larger of the mean own error and that of the scatter. */
function meanExponent({ data, rows: K, cols: T }: Matrix): Estimate | NotMeasured {
  const all = Array.from({ length: K }, (_, k) => displacementExponent(data.subarray(k * T, (k + 1) * T)));
  const values = all.map((e) => e.value);
  const bent = all.filter((e) => !e.converged).length;
  return orWhy(
    estimate(
      mean(values),
      Math.max(mean(all.map((e) => e.standardError)), Math.sqrt(variance(values, Math.min(1, K - 1)) / K)),
      K,
      `mean over ${K} directions, lags 1 to ${Math.floor(T / 10)} steps${bent > 0 ? `; ${bent} follow no power law` : ''}`,
      2 * bent < K,
    ),
  );
}
