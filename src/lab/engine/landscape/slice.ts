/**
 * The loss on a plane of two principal directions through the mean of the window, with the window's path and what the plane misses.
 *
 * Rows of weights do not lie in the plane. Their shadows do, and the loss there is another one: at some rows both are computed. What
 * single minibatches see along the two directions is measured from their own gradients and curvatures [R1]–[R3].
 */
import { surfaceLandscape } from '../../../analyse/landscape/surface-landscape.js';
import { batchPlan } from '../../../data/samplers.js';
import { check } from '../../../numeric/errors.js';
import { gather, moved } from '../../../surface/blocks.js';
import type { Surface } from '../../../surface/surface.js';
import { linearForm } from '../../../theory/optimisers/linear-form.js';
import type { BatchesSeen, SliceArguments, SliceResult } from '../../landscape-results.js';
import type { Snapshot } from '../../protocol.js';
import type { Bench, Report } from '../registry.js';
import { alongRank, type WindowDirections, windowDirections } from './window.js';

/** Rows of the window at which the loss itself is compared with that of its shadow. */
const COMPARED = 8;

/** Measures the loss on a plane, row by row; each row is sent as a part. */
export async function measureSlice(
  bench: Bench,
  snapshot: Snapshot,
  args: SliceArguments,
  report: Report,
): Promise<SliceResult> {
  const { ranks = [1, 2], points = 21, reach = 1.5, batches = 24 } = args;
  check(ranks[0] !== ranks[1], 'bad-rank', () => `a plane has two different directions; got ${ranks[0]} twice.`);
  check(
    Number.isInteger(points) && points >= 3 && points <= 101 && reach > 0,
    'bad-plane',
    () => `a plane has 3 to 101 points along each axis; got ${points}.`,
  );
  await report(0, 'directions of the window');
  const w = await windowDirections(bench, snapshot, ranks, args.rows);
  const [a, b] = ranks.map((r) => alongRank(w, r));
  const axis = (coordinates: Float64Array) => {
    const far = coordinates.reduce((m, v) => Math.max(m, Math.abs(v)), 0) * reach || 1e-3;
    return Float64Array.from({ length: points }, (_, i) => far * ((2 * i) / (points - 1) - 1));
  };
  const [x, y] = [axis(a.coordinates), axis(b.coordinates)];
  const surface = bench.surface(linearForm(snapshot.settings).penalty);
  const values = new Float64Array(points * points);
  for (let j = 0; j < points; j++) {
    const at = moved(w.centre, bench.block, b.direction, y[j]).map(Math.fround);
    const line = { block: bench.block, direction: a.direction, displacements: [...x] };
    const [{ losses }] = await surface.losses(at, [line]);
    values.set(losses, j * points);
    await report((0.8 * (j + 1)) / points, 'loss on the plane', { row: j, values: losses });
  }
  const rows = await compareRows(bench, snapshot, w, ranks, surface);
  await report(0.9, 'minibatches');
  const seen = batches > 0 ? await batchesOf(bench, snapshot, w, batches, surface) : undefined;
  const plane = ranks.reduce((s, r) => s + w.variances[r - 1], 0);
  return {
    basis: w.basis,
    ranks,
    x,
    y,
    values,
    centreLoss: await lossAt(surface, w.centre, bench, a.direction),
    path: { x: a.coordinates.slice(), y: b.coordinates.slice(), steps: w.steps },
    offPlane: 1 - plane / w.totalVariance,
    rows,
    samples: surface.samples,
    ...(seen && { batches: seen }),
  };
}

async function lossAt(surface: Surface, at: Float64Array, bench: Bench, direction: Float64Array): Promise<number> {
  const [{ losses }] = await surface.losses(at, [{ block: bench.block, direction, displacements: [0] }]);
  return losses[0];
}

async function compareRows(
  bench: Bench,
  snapshot: Snapshot,
  w: WindowDirections,
  ranks: readonly [number, number],
  surface: Surface,
): Promise<SliceResult['rows']> {
  const P = bench.block.size;
  const [a, b] = ranks.map((r) => alongRank(w, r));
  const count = Math.min(COMPARED, w.rows);
  const out: SliceResult['rows'][number][] = [];
  for (let k = 0; k < count; k++) {
    const t = Math.round((k * (w.rows - 1)) / Math.max(1, count - 1));
    const weights = snapshot.rows.subarray(t * P, (t + 1) * P);
    let far = 0;
    for (let i = 0; i < P; i++) far += (weights[i] - w.mean[i]) ** 2;
    const inside = a.coordinates[t] ** 2 + b.coordinates[t] ** 2;
    const own = gather(bench.block, w.centre).map((c, i) => weights[i] - c);
    const shadow = moved(
      moved(w.centre, bench.block, a.direction, a.coordinates[t]),
      bench.block,
      b.direction,
      b.coordinates[t],
    );
    out.push({
      step: w.steps[t],
      offPlane: far > 0 ? Math.max(0, 1 - inside / far) : 0,
      loss: await lossAt(surface, moved(w.centre, bench.block, own, 1).map(Math.fround), bench, a.direction),
      shadow: await lossAt(surface, shadow.map(Math.fround), bench, a.direction),
    });
  }
  return out;
}

async function batchesOf(
  bench: Bench,
  snapshot: Snapshot,
  w: WindowDirections,
  batches: number,
  surface: Surface,
): Promise<readonly BatchesSeen[] | undefined> {
  const { batchSize } = snapshot;
  const plan = batchPlan({
    count: surface.samples,
    batchSize,
    sampling: 'shuffled',
    lastBatch: 'drop',
    key: bench.key.child('slice'),
  });
  const order = plan.epoch(1).order.subarray(0, batches * batchSize);
  if (Math.floor(order.length / batchSize) < 3) return undefined;
  const { directions, loss } = await surfaceLandscape(surface, w.centre, bench.block, w.directions, {
    order,
    batchSize,
  });
  const times = (e: (typeof directions)[number]['curvature']) => ({
    ...e,
    value: e.value * loss,
    standardError: e.standardError * loss,
  });
  return directions.map((d, i) => ({
    rank: w.ranks[i],
    curvature: times(d.curvature),
    curvatureSpread: times(d.curvatureSpread),
    minimumSpread: d.minimumSpread,
    dropped: d.dropped,
  }));
}
