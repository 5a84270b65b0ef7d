/**
 * A network of layers over its samples as a surface: every verb is exact, in float64 where not said otherwise. States are computed
 * block by block of samples; those that further products with the Hessian need are kept as far as they fit. docs/theory [F4], [S1], [S10].
 */
import { SAMPLES_WANTS, type Samples } from '../../data/dataset.js';
import { layeredShapes, weightsOf } from '../../model/layered/parameters.js';
import { resolveLayers } from '../../model/layered/resolve.js';
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec } from '../../model/layered/spec.js';
import type { Program } from '../../model/plan/draft.js';
import { partsOf } from '../../model/plan/frame.js';
import { gradientProgram, lossesProgram, productsProgram } from '../../model/plan/programs.js';
import {
  fisherProgram,
  gradientsProgram,
  projectionsProgram,
  squaresProgram,
} from '../../model/plan/sample-programs.js';
import { piecesOf } from '../../model/plan/samples.js';
import { type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { gather, parametersOf, scatterAdd } from '../blocks.js';
import { completed } from '../completed.js';
import { momentSum } from '../made-samples.js';
import { progressOf } from '../requests.js';
import { sampleWeights } from '../subsets.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from '../surface.js';
import { checkLayeredSamples } from './check-samples.js';
import { lossesAlong } from './lines.js';
import { type PassMachine, passMachine } from './machine.js';
import { outputsOf, trueFisherOf } from './outcomes.js';
import { type Asked, LayeredPasses, type RunningBlock } from './passes.js';

/** Names a network of layers, its samples, and what its passes may take. */
export interface LayeredSurfaceOptions {
  readonly spec: LayeredSpec;
  readonly samples: Samples;
  /** What the surface is called in reports; its kinds of layers by default. */
  readonly name?: string;
  /**
   * Precision of losses along lines; `float64` by default. In `float32` they take half the time, and where the weights are float32
   * numbers the centre is not rounded. All other answers are in float64.
   */
  readonly lines?: 'float32' | 'float64';
  /** Bytes that a pass may take beside the samples; 512 MiB by default. Blocks of samples become smaller where they must. */
  readonly programBytes?: number;
  /**
   * Bytes for states that are kept for further products with the Hessian at the same weights, over the same samples and in the same
   * block; 512 MiB by default.
   */
  readonly cacheBytes?: number;
  /** The machine that runs the passes; the kernel by default. */
  readonly machine?: PassMachine;
}

const OPTIONS_WANTS = is.shape<LayeredSurfaceOptions>({
  spec: LAYERED_SPEC_WANTS,
  samples: SAMPLES_WANTS,
  name: is.maybe(is.text),
  lines: is.maybe(is.oneOf('float32', 'float64')),
  programBytes: is.maybe(is.positive),
  cacheBytes: is.maybe(is.real),
  machine: is.maybe(is.having('a machine, such as passMachine makes', 'run64', 'setLanes', 'setOrder')),
});

const MEBI_512 = 512 * 2 ** 20;
/** Most directions that one pass over the samples serves. */
const TOGETHER = 64;
/** Multiplications after which a request reports its progress and lets itself be stopped. */
const BETWEEN_STEPS = 4e8;

/**
 * Makes a surface of a network of layers. Its parameters are those of the layers: conv1.weight, conv1.bias, dense1.weight, ….
 * Dropout is off, as it is when a network is measured.
 * @throws InputError for samples that do not fit the network, and for a network that does not fit the memory
 */
export function layeredSurface(options: LayeredSurfaceOptions): Surface {
  is.given('layeredSurface', { options }, { options: OPTIONS_WANTS });
  const { spec, samples, lines: precision = 'float64', programBytes = MEBI_512, cacheBytes = MEBI_512 } = options;
  const layers = resolveLayers(spec);
  const size = weightsOf(layers);
  checkLayeredSamples(layers, spec.loss, samples);
  const machine = options.machine ?? passMachine();
  let passes: LayeredPasses | undefined;
  const work = multiplications(layers);

  /** Returns the passes at these weights; samples are copied into the memory of the machine at the first request. */
  const at = (w: Float64Array): LayeredPasses => {
    passes ??= new LayeredPasses(layers, spec.loss, samples, machine, programBytes, cacheBytes);
    passes.setWeights(w);
    return passes;
  };
  const askedOf = (subset: Subset): Asked =>
    subset
      ? { samples: subset.samples.slice(), shares: sampleWeights(subset) }
      : {
          samples: Uint32Array.from({ length: samples.count }, (_, k) => k),
          shares: new Float64Array(samples.count).fill(1 / samples.count),
        };
  /** Makes a function to be called after each block; `passesEach` is what a block costs in forward passes. */
  const stepsOf = (
    request: RequestOptions | undefined,
    program: Program,
    asked: Asked,
    rounds: number,
    each: number,
  ) => {
    const blocks = rounds * Math.ceil(asked.samples.length / program.lanes);
    const together = Math.max(1, Math.floor(BETWEEN_STEPS / (each * work * program.lanes)));
    const step = progressOf(request, Math.ceil(blocks / together));
    let done = 0;
    return () => (++done % together === 0 || done === blocks ? step() : undefined);
  };
  const chunk = (rows: number) => Math.max(1, Math.min(rows, TOGETHER, Math.floor(programBytes / 4 / (16 * size))));
  /** Writes the rows of `v` from `first` on, in a block, where a program reads its directions: flat vectors, 0 elsewhere. */
  const placeDirections = (
    own: LayeredPasses,
    { directions }: { readonly directions: readonly number[] },
    block: SurfaceBlock,
    v: Matrix,
    first: number,
  ) => {
    directions.forEach((direction, i) => {
      scatterAdd(block, row(v, first + i), 1, own.view(direction, size).fill(0));
    });
  };
  const nameOf = (block: SurfaceBlock) => block.ranges.map((r) => `${r.offset}+${r.size}`).join(' ');

  return completed({
    name: options.name ?? layers.map((l) => l.type).join('-'),
    size,
    samples: samples.count,
    precision,
    parameters: parametersOf(layeredShapes(spec)),

    losses: (w, lines, subset, request) =>
      lossesAlong(
        { passes: at(w), layers, size, most: chunk(TOGETHER), asked: askedOf(subset), precision },
        lines,
        subset,
        {
          ...request,
          steps: (program, rounds, each) => stepsOf(request, program, askedOf(subset), rounds, each),
        },
      ),

    async gradient(w, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const program = own.ready('gradient', asked.samples.length, gradientProgram);
      own.view(program.gradient, size).fill(0);
      let loss = 0;
      await own.blocks(
        program,
        asked,
        ({ first, count, run }) => {
          run(0);
          const losses = own.view(program.losses, count);
          for (let i = 0; i < count; i++) loss += asked.shares[first + i] * losses[i];
        },
        stepsOf(request, program, asked, 1, 3),
      );
      return { loss, gradient: own.view(program.gradient, size).slice() };
    },

    async hessianVectors(w, block, v, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const parts = partsOf(layers, block.ranges);
      const out = matrix(v.rows, v.cols);
      const most = chunk(v.rows);
      const rounds = Math.ceil(v.rows / most);
      let step: (() => Promise<void> | undefined) | undefined;
      for (let first = 0; first < v.rows; first += most) {
        const k = Math.min(most, v.rows - first);
        const program = own.ready(`products of ${k} in ${nameOf(block)}`, asked.samples.length, (placed) =>
          productsProgram(placed, parts, k),
        );
        step ??= stepsOf(request, program, asked, rounds, 3 + 6 * k);
        placeDirections(own, program, block, v, first);
        for (const product of program.products) own.view(product, size).fill(0);
        const visit = (running: RunningBlock) => {
          own.restoreOr(program, asked, running);
          running.run(1);
        };
        await own.blocks(program, asked, visit, step);
        program.products.forEach((product, i) => {
          row(out, first + i).set(gather(block, own.view(product, size)));
        });
      }
      return out;
    },

    async sampleLosses(w, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const program = own.ready('losses', asked.samples.length, lossesProgram);
      const out = new Float64Array(asked.samples.length);
      await own.blocks(
        program,
        asked,
        ({ first, count, run }) => {
          run(0);
          out.set(own.view(program.losses, count), first);
        },
        stepsOf(request, program, asked, 1, 1),
      );
      return out;
    },

    async projectedSampleGradients(w, block, v, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const parts = partsOf(layers, block.ranges);
      const out = matrix(asked.samples.length, v.rows);
      const most = chunk(v.rows);
      const rounds = Math.ceil(v.rows / most);
      let step: (() => Promise<void> | undefined) | undefined;
      for (let from = 0; from < v.rows; from += most) {
        const k = Math.min(most, v.rows - from);
        const program = own.ready(`projections on ${k} in ${nameOf(block)}`, asked.samples.length, (placed) =>
          projectionsProgram(placed, parts, k),
        );
        step ??= stepsOf(request, program, asked, rounds, 3 + k);
        placeDirections(own, program, block, v, from);
        await own.blocks(
          program,
          asked,
          ({ first, count, run }) => {
            run(0);
            const slopes = own.view(program.out, k * program.lanes);
            for (let i = 0; i < k; i++)
              for (let s = 0; s < count; s++) out.data[(first + s) * v.rows + from + i] = slopes[i * program.lanes + s];
          },
          step,
        );
      }
      return out;
    },

    async secondMoment(w, block, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const pieces = piecesOf(layers, block.ranges);
      const program = own.ready(`gradients in ${nameOf(block)}`, asked.samples.length, (placed) =>
        gradientsProgram(placed, partsOf(layers, block.ranges)),
      );
      const { lanes } = program;
      const sum = momentSum(block.size);
      const g = new Float64Array(block.size);
      await own.blocks(
        program,
        asked,
        ({ count, run }) => {
          run(0);
          const rows = pieces.map(({ layer, role, from, count: n }) =>
            own.view(program.rows.get(layer)![role] + 8 * lanes * from, n * lanes),
          );
          for (let s = 0; s < count; s++) {
            pieces.forEach(({ at: to, count: n }, p) => {
              for (let i = 0; i < n; i++) g[to + i] = rows[p][i * lanes + s];
            });
            sum.add(g, 1);
          }
        },
        stepsOf(request, program, asked, 1, 4 + block.size ** 2 / work),
        Math.sqrt,
      );
      return sum.finish();
    },

    async squaredNorms(w, block, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const program = own.ready(`squares in ${nameOf(block)}`, asked.samples.length, (placed) =>
        squaresProgram(placed, partsOf(layers, block.ranges), piecesOf(layers, block.ranges)),
      );
      const out = new Float64Array(asked.samples.length);
      await own.blocks(
        program,
        asked,
        ({ first, count, run }) => {
          run(0);
          out.set(own.view(program.out, count), first);
        },
        stepsOf(request, program, asked, 1, 4),
      );
      return out;
    },

    async fisher(w, subset, request) {
      const own = at(w);
      const asked = askedOf(subset);
      const program = own.ready('fisher', asked.samples.length, fisherProgram);
      own.view(program.out, size).fill(0);
      await own.blocks(program, asked, ({ run }) => run(0), stepsOf(request, program, asked, 1, 4), Math.sqrt);
      return own.view(program.out, size).slice();
    },

    ...(spec.loss === 'cross-entropy' && {
      async logits(w: Float64Array, subset: Subset, request?: RequestOptions) {
        const asked = askedOf(subset);
        return outputsOf(at(w), asked, (program, each) => stepsOf(request, program, asked, 1, each));
      },
    }),

    async trueFisher(w, subset, request) {
      const asked = askedOf(subset);
      return trueFisherOf(at(w), asked, spec.loss, size, (program, each) => stepsOf(request, program, asked, 1, each));
    },

    async close() {
      passes = undefined;
    },
  });
}

/** Returns the multiplications of a forward pass of one sample. */
function multiplications(layers: readonly ResolvedLayer[]): number {
  return layers.reduce((sum, { type, parameters: [weight], outputShape: [, h, w] }) => {
    if (type === 'conv') return sum + h * w * weight.size;
    return type === 'dense' ? sum + weight.size : sum;
  }, 1);
}
