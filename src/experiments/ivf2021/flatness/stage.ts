/** Widths along many directions, saved batch by batch so that an interrupted measurement goes on where it stopped. */
import { join } from 'node:path';
import type { DirectionFlatness, FlatnessSummary } from '../../../analyse/trajectory/results.js';
import type { Samples } from '../../../data/dataset.js';
import { type Context, InterruptedError } from '../../../jobs/context.js';
import { readJson, writeJson } from '../../../jobs/json.js';
import type { KernelBuild } from '../../../kernels/load.js';
import type { Profile, Task } from './jobs.js';
import { measureAll } from './pool.js';

/** Answers gathered so far, for a resumed run; superfluous once flatness.json is there. */
export const PARTIAL = 'flatness.partial.json';
/** Tasks between two saves. */
const SAVE_EVERY = 40;

export interface FlatnessRequest {
  /** All weights at the centre, flat. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly ranks: readonly number[];
  readonly variances: readonly number[];
  /** All unit vectors, K×P row-major. */
  readonly directions: Float64Array;
}

interface Partial {
  /** What the answers depend on besides the window. */
  readonly asked: string;
  readonly directions: DirectionFlatness[];
  readonly profiles: Profile[];
}

export async function measureInBatches(
  context: Context,
  request: FlatnessRequest,
  out: string,
): Promise<FlatnessSummary> {
  const { folder, config, options } = context;
  const { weights, samples, ranks, variances, directions } = request;
  const { centre, relativeTolerance, profiles: profileRanks } = config.analysis;
  const size = directions.length / variances.length;
  const asked = JSON.stringify({ centre, relativeTolerance, kernel: folder.record.kernelBuild });
  const path = join(out, PARTIAL);
  const before = readJson<Partial>(path);
  const done: Partial = before?.asked === asked ? before : { asked, directions: [], profiles: [] };
  const task = (kind: Task['kind'], index: number): Task => ({
    kind,
    index,
    variance: variances[index - 1],
    direction: directions.slice((index - 1) * size, index * size),
  });
  const measured = new Set(done.directions.map((d) => d.index));
  const drawn = new Set(done.profiles.map((p) => p.index));
  const tasks = [
    ...ranks.filter((i) => !measured.has(i)).map((i) => task('measure', i)),
    ...profileRanks.filter((i) => i <= variances.length && !drawn.has(i)).map((i) => task('profile', i)),
  ];
  const total = ranks.length;
  const tell = () =>
    options.onProgress?.({
      stage: 'flatness',
      done: Math.min(total, done.directions.length),
      total,
      unit: 'directions',
    });
  let unsaved = 0;
  tell();
  const found = await measureAll(
    {
      spec: config.network,
      weights,
      samples,
      layer: config.record.layer,
      relativeTolerance,
      kernelBuild: folder.record.kernelBuild as KernelBuild,
    },
    tasks,
    config.workers,
    (answer) => {
      if (answer.kind === 'measure') done.directions.push(answer.value);
      else done.profiles.push(answer.value);
      if (++unsaved % SAVE_EVERY === 0) writeJson(path, done);
      tell();
    },
    options.signal,
  );
  if (unsaved > 0) writeJson(path, done);
  if (!found) throw new InterruptedError(folder.path);
  const wanted = new Set(ranks);
  return {
    centre,
    centreLoss: found.centreLoss,
    samples: samples.count,
    factor: found.factor,
    relativeTolerance,
    directions: done.directions.filter((d) => wanted.has(d.index)).sort((a, b) => a.index - b.index),
    profiles: done.profiles.filter((p) => profileRanks.includes(p.index)).sort((a, b) => a.index - b.index),
  };
}
