/** Widths of the loss valley in units of the layer's norm: the order parameter of flatness. docs/theory [F1]–[F4]. */
import { z } from 'zod';
import { FlatnessMeter } from '../../../analyse/landscape/flatness.js';
import { surfaceFlatness } from '../../../analyse/landscape/surface-flatness.js';
import { pca } from '../../../analyse/trajectory/pca.js';
import type { DirectionFlatness } from '../../../analyse/trajectory/results.js';
import { rowsInMemory } from '../../../analyse/trajectory/rows.js';
import { countOfRows } from '../../../analyse/trajectory/window-rows.js';
import { isLayered, type RecordedBlock } from '../../../model/any-network.js';
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { type Matrix, matrix, row } from '../../../numeric/linalg/index.js';
import { dot, normalVector } from '../../../numeric/operators/lanczos.js';
import { logSpaced } from '../../../numeric/spacing.js';
import { mean, variance } from '../../../numeric/statistics.js';
import { surfaceBlock } from '../../../runs/surface.js';
import { gather } from '../../../surface/blocks.js';
import type { Measured, NotMeasured } from '../measured.js';
import type { Bench } from './bench.js';
import { LAYERS, measureKind, SAMPLES, WINDOW } from './measure.js';

const WIDTH = {
  samples: SAMPLES,
  factor: z.number().gt(1).default(Math.E).describe('The level of the crossings in units of the loss at the end.'),
  tolerance: z.number().min(1e-8).max(0.1).default(0.01).describe('The relative accuracy of each crossing.'),
  reach: z.number().positive().default(10).describe('The farthest displacement, in norms of the layer.'),
};

/** What widths need. */
interface WidthOptions {
  readonly samples?: number | undefined;
  readonly factor: number;
  readonly tolerance: number;
  readonly reach: number;
}

export const flatness = measureKind({
  name: 'flatness',
  what: 'F/|w|: width of the valley at `factor` times the loss along random directions of a layer, in norms of that layer; geometric mean over directions and layers [F1]. Rescaling layers against each other does not change it',
  columns: { flatness: 'geometric mean over layers of F/|w| along random directions' },
  options: z.strictObject({
    ...WIDTH,
    layers: z
      .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
      .default('all')
      .describe("The layers that are measured: a list of names, or 'all'."),
    directions: z.int().min(2).default(8).describe('The number of random directions in each layer.'),
  }),
  async measure(bench, { layers, directions, ...options }) {
    const found: [string, Estimate | NotMeasured][] = [];
    for (const block of bench.blocks(layers)) {
      const random = matrix(directions, block.size);
      for (let i = 0; i < directions; i++) {
        const v = normalVector(block.size, bench.key('flatness').child(block.name).child(i).stream());
        const size = Math.sqrt(dot(v, v));
        random.data.set(
          v.map((x) => x / size),
          i * block.size,
        );
      }
      const at = await widthsAlong(bench, block, random, bench.w, options);
      found.push([block.name, inNorms(at, normOf(bench, block), `random directions of ${block.name}`)]);
    }
    return { flatness: overLayers(found) };
  },
});

export const principalFlatness = measureKind({
  name: 'principal-flatness',
  what: 'F/|w| along principal directions of the window, from rank 2 on, at its mean; geometric mean over directions and layers [F1]',
  columns: { 'principal-flatness': 'geometric mean of F/|w| along principal directions' },
  options: z.strictObject({
    ...WIDTH,
    layers: LAYERS,
    windowEpochs: WINDOW,
    directions: z
      .int()
      .min(2)
      .default(20)
      .describe('The number of principal directions of each layer, at log-spaced ranks from 2 on.'),
  }),
  async measure(bench, { layers, windowEpochs, directions, ...options }) {
    const blocks = bench.blocks(layers);
    const window = bench.window(blocks, windowEpochs ?? bench.config.record.windowEpochs);
    const found: [string, Estimate | NotMeasured][] = [];
    for (const block of blocks) {
      const rows = window.rows.get(block.name)!;
      const last = Math.min(rows.P, countOfRows(rows) - 1);
      if (last < 2) {
        found.push([
          block.name,
          { why: `a window of ${countOfRows(rows)} steps has no principal direction of rank 2.` },
        ]);
        continue;
      }
      const keep = logSpaced(last, directions, 2);
      const { components, mean: centre } = await pca(rowsInMemory(rows.data, rows.P), bench.la, { keep });
      const w = Float64Array.from(window.last);
      w.set(Float32Array.from(centre), block.offset);
      const at = await widthsAlong(bench, block, matrix(keep.length, rows.P, components), w, options);
      found.push([block.name, inNorms(at, Math.sqrt(dot(centre, centre)), `principal directions of ${block.name}`)]);
    }
    return { 'principal-flatness': overLayers(found) };
  },
});

const normOf = ({ w }: Bench, block: RecordedBlock): number => {
  const own = gather(surfaceBlock(block), w);
  return Math.sqrt(dot(own, own));
};

/** Measures widths along unit vectors of a layer about any weights: in the kernel of perceptrons, else on the surface. */
async function widthsAlong(
  bench: Bench,
  block: RecordedBlock,
  directions: Matrix,
  w: Float64Array,
  { samples: count, factor, tolerance: relativeTolerance, reach }: WidthOptions,
): Promise<readonly DirectionFlatness[]> {
  const { network } = bench;
  const place = bench.at(count);
  if (!isLayered(network) && place.passes) {
    const meter = new FlatnessMeter({
      spec: network,
      weights: Float32Array.from(w),
      samples: place.samples,
      layer: block.name,
      factor,
      relativeTolerance,
      reach,
    });
    return Array.from({ length: directions.rows }, (_, i) => meter.measure(row(directions, i), i + 1, Number.NaN));
  }
  const found = await surfaceFlatness(place.surface, w, surfaceBlock(block), directions, {
    factor,
    relativeTolerance,
    reach,
  });
  return found.directions;
}

/** Returns the geometric mean of F/|w| over closed directions. */
function inNorms(found: readonly DirectionFlatness[], norm: number, what: string): Estimate | NotMeasured {
  const logs = found.flatMap(({ flatness: F }) => (F === null ? [] : [Math.log(F / norm)]));
  const open = found.length - logs.length;
  if (logs.length === 0) return { why: `the valley is open along all ${found.length} ${what}: there is no crossing.` };
  const value = Math.exp(mean(logs));
  const error = logs.length > 1 ? value * Math.sqrt(variance(logs, 1) / logs.length) : Number.NaN;
  return estimate(
    value,
    error,
    logs.length,
    `geometric mean along ${logs.length} ${what}${open > 0 ? `; ${open} open, left out` : ''}`,
    open === 0 && Number.isFinite(error),
  );
}

/** Returns the geometric mean over layers, whose errors are independent. */
function overLayers(found: readonly [string, Estimate | NotMeasured][]): Measured {
  const closed = found.flatMap(([, e]) => ('why' in e ? [] : [e]));
  const missing = found.find(([, e]) => 'why' in e)?.[1];
  if (closed.length === 0) return { why: (missing as NotMeasured).why };
  const value = Math.exp(mean(closed.map((e) => Math.log(e.value))));
  const relative = Math.hypot(...closed.map((e) => e.standardError / e.value)) / closed.length;
  const left = found.length - closed.length;
  return {
    ...estimate(
      value,
      value * relative,
      closed.reduce((sum, e) => sum + e.n, 0),
      `geometric mean over ${closed.length} layer${closed.length > 1 ? 's' : ''}${left > 0 ? `; ${left} without a width, left out` : ''}`,
      left === 0 && closed.every((e) => e.converged),
    ),
    parts: Object.fromEntries(found),
  };
}
