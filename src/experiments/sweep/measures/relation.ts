/** The variance-flatness relation with its controls, the law of noise and curvature, and the law of ranks. docs/theory [P4], [S6], [S7], [N1]. */
import { z } from 'zod';
import { ritzBasis } from '../../../analyse/curvature/ritz.js';
import { pca } from '../../../analyse/trajectory/pca.js';
import type { RegimeName } from '../../../analyse/trajectory/regime.js';
import { rowsInMemory } from '../../../analyse/trajectory/rows.js';
import { scaling } from '../../../analyse/trajectory/scaling.js';
import { countOfRows, meanOfRows, type Rows } from '../../../analyse/trajectory/window-rows.js';
import type { RecordedBlock } from '../../../model/any-network.js';
import { type Estimate, estimate, negated } from '../../../numeric/estimate.js';
import { mean, variance } from '../../../numeric/statistics.js';
import { runLearner } from '../../../runs/learner.js';
import { gammaLaw, sampleVariances } from '../../../runs/relation/gamma.js';
import { measureLayer } from '../../../runs/relation/layer.js';
import { gradientRows } from '../../../runs/relation/train.js';
import { surfaceBlock } from '../../../runs/surface.js';
import { preconditionerOf } from '../../../theory/optimisers/own-coordinates.js';
import { walkOf } from '../../../theory/optimisers/walk.js';
import type { Measured, NotMeasured } from '../measured.js';
import type { Bench, CellWindow } from './bench.js';
import { LAYERS, measureKind, SAMPLES, WINDOW } from './measure.js';

/** Fewest steps of a window with a relation. */
const FEWEST = 20;

const tooShort = (steps: number) => ({
  why: `a window of ${steps} steps is too short: ${FEWEST} are needed; raise record.windowEpochs, or windowEpochs of the measure.`,
});

/** Returns the mean over layers, whose error is that of the layers' own errors and, from two on, not below their scatter. */
export function overLayers(
  parts: Readonly<Record<string, Estimate | NotMeasured>>,
  controls?: Measured & object,
): Measured {
  const all = Object.values(parts);
  const found = all.filter((p): p is Estimate => !('why' in p));
  if (found.length === 0) return { why: (all[0] as NotMeasured).why };
  const extra = controls && 'controls' in controls ? { controls: controls.controls! } : {};
  if (all.length === 1) return { ...found[0], ...extra, parts };
  const own = Math.hypot(...found.map((e) => e.standardError)) / found.length;
  const scatter =
    found.length > 1
      ? Math.sqrt(
          variance(
            found.map((e) => e.value),
            1,
          ) / found.length,
        )
      : Number.NaN;
  return {
    ...estimate(
      mean(found.map((e) => e.value)),
      found.length > 1 ? Math.max(own, scatter) : own,
      found.length,
      `mean over ${found.length} of ${all.length} layers`,
      found.length === all.length && found.every((e) => e.converged),
    ),
    ...extra,
    parts,
  };
}

/** Turns an estimate without a value into a reason. */
export const orWhy = (e: Estimate): Estimate | NotMeasured => (Number.isFinite(e.value) ? e : { why: `${e.method}.` });

/** Makes the rows of the walk of the run's own noise about the mean of the window: gradients of as many batches as it has steps. */
export async function walkRows(
  bench: Bench,
  window: CellWindow,
  blocks: readonly RecordedBlock[],
  fixed: Float32Array,
) {
  const { config, network, trained } = bench;
  const { batchSize, sampling, lastBatch } = config.training;
  const learner = runLearner(network, bench.train, config, trained.plan.batchesPerEpoch, {
    recorded: [],
    ...(bench.request.packed && { packed: bench.request.packed }),
  });
  learner.setWeights(fixed);
  const rows = gradientRows(learner, { plan: trained.plan, windowEpochs: window.epochs }, blocks, {
    batchSize,
    sampling,
    lastBatch,
    key: bench.key('walk'),
    count: bench.train.count,
  });
  learner.release();
  return rows;
}

/** Returns P of the optimiser, as it was when the window began; undefined where it has none. */
export function preconditionerIn(bench: Bench, { squares }: CellWindow): Float64Array | undefined {
  return bench.form.adaptive && squares ? preconditionerOf(bench.form, squares.before, bench.trained.steps) : undefined;
}

/** Returns the last weights of a window with some layers at their mean. */
export function atMean(window: CellWindow, blocks: readonly RecordedBlock[]): Float32Array {
  const out = window.last.slice();
  for (const { name, offset } of blocks) out.set(Float32Array.from(meanOfRows(window.rows.get(name)!)), offset);
  return out;
}

const CONTROLS: Readonly<Record<Exclude<RegimeName, 'same'>, string>> = {
  half: 'directions of one half-window, variances of the other',
  hessian: 'along Hessian eigenvectors',
  walk: 'of the walk of the run’s own noise',
  own: 'in the optimiser’s own coordinates',
};

export const psi = measureKind({
  name: 'psi',
  what: 'ψ of σ_i² ~ F_i^−ψ along principal directions of the window from rank 2 on; controls: half (the other half-window), hessian (a fixed basis), walk (the walk of the run’s own noise), own (the coordinates of an adaptive optimiser) [P4], [S7], [N1]',
  columns: { psi: 'ψ, the error that of the misfit' },
  options: z.strictObject({
    samples: SAMPLES,
    layers: LAYERS,
    windowEpochs: WINDOW,
    directions: z.int().min(6).default(40).describe('The number of directions of each regime, at log-spaced ranks.'),
    vectors: z.int().min(6).default(40).describe('The number of Lanczos steps of the fixed basis.'),
    tolerance: z.number().min(1e-8).max(0.1).default(1e-3).describe('The relative accuracy of each crossing.'),
  }),
  async measure(bench, { samples, layers, windowEpochs, directions, vectors, tolerance }) {
    const blocks = bench.blocks(layers);
    const window = bench.window(blocks, windowEpochs ?? bench.config.record.windowEpochs);
    if (window.steps < FEWEST) return { psi: tooShort(window.steps) };
    const { lines: surface } = bench.at(samples);
    const fixed = atMean(window, blocks);
    const noise = await walkRows(bench, window, blocks, fixed);
    const preconditioner = preconditionerIn(bench, window);
    const parts: Record<string, Estimate | NotMeasured> = {};
    const controls: Partial<Record<RegimeName, (Estimate | NotMeasured)[]>> = {};
    for (const block of blocks) {
      const own = preconditioner?.slice(block.offset, block.offset + block.size);
      const rows = window.rows.get(block.name)!;
      const centre = Float64Array.from(window.last);
      centre.set(Float32Array.from(meanOfRows(rows)), block.offset);
      const { regimes } = await measureLayer({
        surface,
        block: surfaceBlock(block),
        centre,
        // the last regime scales its rows
        rows: own ? { ...rows, data: rows.data.slice() } : rows,
        walk: () => {
          const found = noise.get(block.name)!;
          walkOf(found, bench.form, own);
          return found;
        },
        scale: own?.map(Math.sqrt),
        directions,
        vectors,
        relativeTolerance: tolerance,
        key: bench.key('psi').child(block.name),
        la: bench.la,
        report: (what) => bench.request.report(`${block.name}, ${what}`),
      });
      parts[block.name] = orWhy(regimes.same!.psi);
      for (const name of Object.keys(CONTROLS) as Exclude<RegimeName, 'same'>[])
        if (regimes[name]) (controls[name] ??= []).push(orWhy(regimes[name].psi));
    }
    const told = Object.fromEntries(
      Object.entries(controls).map(([name, of]) => {
        const all = overLayers(Object.fromEntries(of.map((e, i) => [blocks[i].name, e])));
        if ('why' in all) return [name, all];
        const { parts: _, ...e } = all;
        return [name, { ...e, method: `${CONTROLS[name as keyof typeof CONTROLS]}; ${e.method}` }];
      }),
    );
    const whole = overLayers(parts);
    return { psi: 'why' in whole ? whole : { ...whole, controls: told } };
  },
});

export const gamma = measureKind({
  name: 'gamma',
  what: 'γ of C_ii ~ H_ii^γ along Ritz vectors of the Hessian of a layer, with C1 per sample, at the end of training [S6]',
  columns: { gamma: 'γ, the error that of the misfit' },
  options: z.strictObject({
    samples: SAMPLES,
    layers: LAYERS,
    vectors: z.int().min(6).default(40).describe('The number of Lanczos steps of the basis.'),
  }),
  async measure(bench, { samples, layers, vectors }) {
    const { surface } = bench.at(samples);
    const parts: Record<string, Estimate | NotMeasured> = {};
    for (const block of bench.blocks(layers)) {
      const own = surfaceBlock(block);
      const key = bench.key('gamma').child(block.name);
      const basis = await ritzBasis(surface, bench.w, own, { count: vectors, key: key.child('ritz'), la: bench.la });
      const slopes = await surface.projectedSampleGradients(bench.w, own, basis.vectors);
      parts[block.name] = orWhy(gammaLaw(basis.curvatures, sampleVariances(slopes), { key: key.child('fit') }).gamma);
    }
    return { gamma: overLayers(parts) };
  },
});

export const rankLaw = measureKind({
  name: 'rank-law',
  what: 'exponent of σ_i² ~ i^−γ over ranks from 20 to half of them; control: the walk of the run’s own noise [P4], [N1]',
  columns: { 'rank-law': 'exponent γ of the law of ranks' },
  options: z.strictObject({ layers: LAYERS, windowEpochs: WINDOW }),
  async measure(bench, { layers, windowEpochs }) {
    const blocks = bench.blocks(layers);
    const window = bench.window(blocks, windowEpochs ?? bench.config.record.windowEpochs);
    if (window.steps < FEWEST) return { 'rank-law': tooShort(window.steps) };
    const noise = await walkRows(bench, window, blocks, atMean(window, blocks));
    const preconditioner = preconditionerIn(bench, window);
    const parts: Record<string, Estimate | NotMeasured> = {};
    const walks: Record<string, Estimate | NotMeasured> = {};
    for (const block of blocks) {
      const walk = noise.get(block.name)!;
      walkOf(walk, bench.form, preconditioner?.slice(block.offset, block.offset + block.size));
      parts[block.name] = await lawOf(bench, window.rows.get(block.name)!, 'run');
      walks[block.name] = await lawOf(bench, walk, 'walk');
    }
    const whole = overLayers(parts);
    return { 'rank-law': 'why' in whole ? whole : { ...whole, controls: { walk: withoutParts(overLayers(walks)) } } };
  },
});

/** Leaves the layers out, for a control. */
export function withoutParts(m: Measured): Estimate | NotMeasured {
  if ('why' in m) return m;
  const { parts: _, controls: __, ...e } = m;
  return e;
}

async function lawOf(bench: Bench, rows: Rows, name: string): Promise<Estimate | NotMeasured> {
  if (countOfRows(rows) < FEWEST) return tooShort(countOfRows(rows));
  const { summary } = await pca(rowsInMemory(rows.data, rows.P), bench.la, { keep: [1] });
  const { rankLaw: law } = scaling({
    pca: summary,
    directions: [],
    key: bench.key('rank-law').child(name),
    replicates: 100,
  });
  return orWhy(negated(law.exponent));
}
