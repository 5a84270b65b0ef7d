/**
 * Curvature and slope of every sample along given directions in one layer, without the layer's P×P matrices.
 *
 *     p_iᵀ H_k p_j = t_i·(A_k t_j) + Σ_{tanh units u} f″(z_u) (∂L_k/∂h_u) t_iu t_ju,   g_k·p_i = delta_L·t_i
 *
 * with t_i the derivative of the outputs (and of the units' pre-activations) along p_i: the second sum is what the exact Hessian
 * has beyond Gauss-Newton. A sample costs inputs·outputs of the layer and of those above for each direction, then k²·outputs.
 */
import { check } from '../../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { BLOCK, type NetworkPasses, type States } from './passes.js';
import { putVector } from './passes-kernel.js';
import { placeOnce } from './placed.js';
import { type CurvatureKind, hasBend, outputCurvature } from './tangents.js';

/** Gives the slopes and curvatures of one block of samples along all k directions, valid during the visit. */
export interface ProjectedBlock {
  /** Position of the block's first sample in the order. */
  readonly first: number;
  readonly count: number;
  /** Samples' own losses, by number in the block. */
  readonly losses: Float64Array;
  /** k×BLOCK: g_k·p_i. */
  readonly slopes: Float64Array;
  /** Adds Σ p_iᵀ H_k p_j over samples [from, to) of the block to a k×k array. */
  addCurvature(sum: Float64Array, from: number, to: number): void;
  /** Adds Σ (g_k·p_i)(g_k·p_j) over the block's samples. */
  addSlopeProducts(sum: Float64Array): void;
}

const MOST_BYTES = 2 ** 29;

/**
 * Projects curvature and slope of the samples of `order` on k directions in one layer, and calls `visit` block by block.
 * @param directions - k×P, one direction a row, in PyTorch's order of the layer's weight
 * @param la - multiplies in place of the kernel where it is an installed library
 * @throws InputError for directions of another layer, or so many that a block of them does not fit
 */
export function projectBlocks(
  passes: NetworkPasses,
  layer: string,
  directions: Matrix,
  order: Uint32Array,
  curvature: CurvatureKind,
  visit: (block: ProjectedBlock) => void,
  la?: LinearAlgebra,
): void {
  const { layers, kernel, arena, classes } = passes;
  const l = passes.layerIndex(layer);
  const { inputs: n, outputs: m } = layers[l];
  const k = directions.rows;
  check(
    directions.cols === n * m && k >= 1,
    'direction-size',
    () => `directions in ${layer} have ${n * m} components; got ${k} of ${directions.cols}.`,
  );
  const bend = curvature === 'exact' && hasBend(passes, l);
  const units = layers.slice(l, -1).map((x) => x.outputs);
  const rows = classes + (bend ? units.reduce((a, b) => a + b, 0) : 0);
  const widest = Math.max(m, rows);
  check(
    8 * k * BLOCK * widest <= MOST_BYTES,
    'too-many-directions',
    () =>
      `${k} directions at once need ${((8 * k * BLOCK * (2 * rows + m)) / 2 ** 30).toFixed(1)} GiB; take fewer, or project the dense block of hessianBlock.`,
  );
  // the samples of a block follow each other within a line, `rows` lines a direction
  const tangents = passes.scratch('project-t', k * rows * BLOCK);
  const weighted = passes.scratch('project-w', k * rows * BLOCK);
  const slopesAt = passes.scratch('project-slopes', k * BLOCK);
  const square = passes.scratch('project-square', k * k);
  const state = [0, 1].map((i) =>
    passes.scratch(`project-x${i}`, k * Math.max(...layers.slice(l).map((x) => x.outputs)) * BLOCK),
  );
  const library = la?.kind === 'system' ? la : undefined;
  const placed = library ? 0 : placeDirections(passes, l, directions);
  for (let first = 0; first < order.length; first += BLOCK) {
    const states = passes.of(order.slice(first, first + BLOCK));
    let x = state[0];
    if (l === 0) {
      const vector = placeOnce(passes, 'direction');
      const flat = new Float64Array(passes.size);
      for (let i = 0; i < k; i++) {
        flat.set(directions.data.subarray(i * n * m, (i + 1) * n * m));
        putVector(arena, layers, vector, flat);
        passes.firstLayer(vector, states.count, x + 8 * i * m * BLOCK);
      }
    } else if (library)
      library.gemm(matrix(k * m, n, directions.data), matrix(n, BLOCK, arena.f64(states.h[l - 1], n * BLOCK)), {
        into: matrix(k * m, BLOCK, arena.f64(x, k * m * BLOCK)),
      });
    else kernel.gemm(k * m, BLOCK, n, 1, placed, n, 1, states.h[l - 1], BLOCK, 1, 0, x, BLOCK, 0);
    let line = classes;
    for (let above = l + 1; above < layers.length; above++) {
      const { inputs, outputs } = layers[above];
      const next = x === state[0] ? state[1] : state[0];
      for (let i = 0; i < k; i++) {
        const own = x + 8 * i * inputs * BLOCK;
        if (bend) keepBend(passes, states, above - 1, own, 8 * (i * rows + line) * BLOCK, tangents, weighted);
        kernel.timesSlope(passes.kind, states.h[above - 1], own, inputs, 1, BLOCK);
        passes.times(above, passes.weightsAt.weights[above], own, next + 8 * i * outputs * BLOCK, 0);
      }
      if (bend) line += inputs;
      x = next;
    }
    arena.f64(slopesAt, k * BLOCK).fill(0);
    for (let i = 0; i < k; i++) {
      const at = 8 * i * rows * BLOCK;
      const own = x + 8 * i * classes * BLOCK;
      arena.f64(tangents + at, classes * BLOCK).set(arena.f64(own, classes * BLOCK));
      outputCurvature(passes, states, own, weighted + at);
      kernel.dotColumns(states.delta[layers.length - 1], own, classes, BLOCK, slopesAt + 8 * i * BLOCK);
    }
    visit({
      first,
      count: states.count,
      losses: arena.f64(states.losses, states.count),
      slopes: arena.f64(slopesAt, k * BLOCK),
      addCurvature(sum, from, to) {
        const line = rows * BLOCK;
        const [whole, lines] = from === 0 && to === states.count ? [line, 1] : [to - from, rows];
        for (let r = 0; r < lines; r++) {
          const shift = 8 * (r * BLOCK + from);
          const beta = r === 0 ? 0 : 1;
          kernel.gemm(k, k, whole, 1, tangents + shift, line, 1, weighted + shift, 1, line, beta, square, k, 0);
        }
        addSymmetric(sum, arena.f64(square, k * k), k);
      },
      addSlopeProducts(sum) {
        kernel.gemm(k, k, states.count, 1, slopesAt, BLOCK, 1, slopesAt, 1, BLOCK, 0, square, k, 0);
        addSymmetric(sum, arena.f64(square, k * k), k);
      },
    });
  }
}

/** Copies the pre-activations' tangents of a tanh layer, and the same times f″ ∂L/∂h = −2 h δ. */
function keepBend(
  passes: NetworkPasses,
  states: States,
  layer: number,
  t: number,
  shift: number,
  tangents: number,
  weighted: number,
): void {
  const { arena, kernel, layers } = passes;
  const length = layers[layer].outputs * BLOCK;
  arena.f64(tangents + shift, length).set(arena.f64(t, length));
  arena.f64(weighted + shift, length).fill(0);
  kernel.addBend(states.h[layer], states.delta[layer], t, weighted + shift, length);
}

function placeDirections(passes: NetworkPasses, layer: number, { data }: Matrix): number {
  if (layer === 0) return 0;
  const at = passes.scratch('project-directions', data.length);
  passes.arena.f64(at, data.length).set(data);
  return at;
}

function addSymmetric(sum: Float64Array, part: Float64Array, k: number): void {
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) sum[i * k + j] += 0.5 * (part[i * k + j] + part[j * k + i]);
}
