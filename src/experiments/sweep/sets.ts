/** The data of a sweep of trainings: each set, or part of one, that its points name is loaded once. */
import type { Dataset } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { recordedBlock } from '../../model/any-network.js';
import { check, InputError } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { networkOf } from '../../runs/network.js';
import { loadRun } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { cellBase, trainConfig } from './config.js';
import { dataKey } from './data.js';
import { labelled, type Point, pointCount, pointsOf } from './design.js';
import type { SweepConfig } from './schema.js';

/** Data sets by `dataKey`. */
export type SweepData = Readonly<Record<string, Dataset>>;

/** Points that are checked against their data one by one. */
const CHECKED = 20_000;
/** Most settings of data and network, each of which is completed before a sweep begins. */
const KINDS = 20_000;

/** Calls `visit` with each point whose keys of a kind differ from those of all earlier ones, up to so many points. */
function eachKind(
  config: SweepConfig,
  { keys, most }: { readonly keys: RegExp; readonly most: number },
  visit: (config: AnyConfig, point: Point) => void,
): void {
  const { axes } = config;
  const base = cellBase(config);
  const at = pointsOf(config);
  const telling = axes.flatMap(({ key }, a) => (keys.test(key) ? [a] : []));
  const seen = new Set<string>();
  const count = Math.min(pointCount(config), most);
  for (let p = 0; p < count; p++) {
    const point = at(p);
    const kind = JSON.stringify(telling.map((a) => point[a]));
    if (seen.has(kind)) continue;
    seen.add(kind);
    visit(trainConfig(base, axes, point, 0), point);
  }
}

/**
 * Loads the data that the points of a sweep name.
 * @throws InputError for files that are missing, and for data that a network does not fit
 */
export async function loadSweep(config: SweepConfig): Promise<SweepData> {
  if (config.experiment !== 'train') return {};
  const first = new Map<string, AnyConfig>();
  let kinds = 0;
  eachKind(config, { keys: /^(?:data|network)\b/, most: Number.POSITIVE_INFINITY }, (cell) => {
    check(
      kinds++ < KINDS,
      'many-data',
      `the points of this sweep have more than ${KINDS} different settings of data and network; take fewer values, or several sweeps.`,
    );
    const key = dataKey(cell);
    if (!first.has(key)) first.set(key, cell);
  });
  const out: Record<string, Dataset> = {};
  for (const [key, cell] of first) out[key] = (await loadRun(cell)).dataset;
  return out;
}

/** Returns the provenance of each data set. */
export const provenanceOf = (data: SweepData): unknown =>
  Object.fromEntries(Object.entries(data).map(([key, { provenance }]) => [key, provenance]));

/** Puts the samples where threads need no copies of their own. */
export const sharedData = (data: SweepData): SweepData =>
  Object.fromEntries(
    Object.entries(data).map(([key, d]) => [
      key,
      { ...d, train: sharedSamples(d.train), ...(d.test && { test: sharedSamples(d.test) }) },
    ]),
  );

/**
 * Checks that networks, recorded and measured layers and batches fit the data at every point.
 * @throws InputError that names the point
 */
export function checkFits(config: SweepConfig, data: SweepData): void {
  const keys = /^(?:data|network|record|training\.batchSize)\b/;
  eachKind(config, { keys, most: CHECKED }, (cell, point) => {
    const dataset = data[dataKey(cell)];
    try {
      const network = networkOf(cell, dataset);
      for (const { options } of config.measure) {
        const { layers } = options as { readonly layers?: readonly string[] | 'all' };
        if (Array.isArray(layers)) for (const name of layers) recordedBlock(network, name);
      }
      batchPlan({ count: dataset.train.count, ...cell.training, key: randomKey(0) });
    } catch (error) {
      if (!(error instanceof InputError) || config.axes.length === 0) throw error;
      const where = Object.entries(labelled(config.axes, point)).map(([key, value]) => `${key} ${value}`);
      throw new InputError(error.code, `at ${where.join(', ')}: ${error.message}`);
    }
  });
}
