/** Widths along principal directions, one after another, and the relation sigma² ~ F^(−psi). docs/theory [F1]–[F4], [P4]. */
import { scaling } from '../../analyse/trajectory/scaling.js';
import { computed, negated } from '../../numeric/estimate.js';
import { logSpaced } from '../../numeric/spacing.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import type { FlatnessPart } from '../measures.js';
import { meterAt } from './meter.js';
import type { Measure } from './registry.js';
import { meanCentre, meaningfulRanks, principal, usedRows } from './rows.js';

/** Directions, points of a profile, where none are named. */
const [DIRECTIONS, POINTS] = [24, 41];

/** Measures widths and profiles; each direction is a part. */
export const measureFlatness: Measure<'flatness'> = async (bench, snapshot, args, report) => {
  const { directions = DIRECTIONS, ranks, rows: most, samples, points = POINTS, centre: where = 'mean' } = args;
  const rows = usedRows(snapshot, bench.block.size, most);
  await report(0, 'principal directions');
  const found = await principal(bench, rows, ranks ?? logSpaced(meaningfulRanks(rows), directions));
  const { summary, indices, components, mean } = found;
  const centre = where === 'mean' ? meanCentre(bench, snapshot, mean) : Float64Array.from(snapshot.weights);
  const meter = await meterAt(bench, centre, linearForm(snapshot.settings).penalty, samples);
  const parts: FlatnessPart[] = [];
  for (const [k, rank] of indices.entries()) {
    const axis = components.slice(k * rows.P, (k + 1) * rows.P);
    const direction = await meter.measure(axis, rank, summary.variances[rank - 1]);
    const part = { direction, profile: await meter.profile(axis, direction, points) };
    parts.push(part);
    await report((k + 1) / indices.length, `width along direction ${rank}`, part);
  }
  const { varianceFlatness: fit } = scaling({
    pca: summary,
    directions: parts.map((part) => part.direction),
    key: bench.key.child('flatness'),
  });
  return {
    basis: rows.basis,
    centre: where,
    centreLoss: computed(meter.centreLoss, 0, meter.samples, `mean over ${meter.samples} training samples`),
    samples: meter.samples,
    parts,
    psi: negated(fit.exponent),
    fit,
  };
};
