/** Widths along many directions, saved batch by batch so that an interrupted measurement continues where it stopped. */
import { join } from 'node:path';
import type { DirectionFlatness, FlatnessSummary } from '../../analyse/trajectory/results.js';
import type { Samples } from '../../data/dataset.js';
import { InterruptedError } from '../../jobs/context.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { readJson, writeJson } from '../../record/json.js';
import type { Context } from '../context.js';
import { penaltyOf } from '../optimiser.js';
import {
  type Answer,
  type Centre,
  FLATNESS_WORK,
  type LossesOfLine,
  type Meter,
  type MeterRequest,
  type Profile,
  type Task,
} from './meter.js';
import { lineIn, type PlaneRequest, planeLines, planeOf } from './plane.js';

/** File of the results so far, for a resumed run; it is removed once flatness.json is written. */
export const PARTIAL = 'flatness.partial.json';
/** Tasks between two saves. */
const SAVE_EVERY = 40;

const FLATNESS_JOBS: JobKind<MeterRequest, Task, Answer, Meter> = {
  ...FLATNESS_WORK,
  worker: new URL('./worker.js', import.meta.url),
  name: (task) =>
    task.kind === 'centre'
      ? 'the loss at the centre'
      : task.kind === 'plane'
        ? `line ${task.index} of the plane`
        : `direction ${task.index}`,
};

/** Says along which directions, and around which weights, widths are measured. */
interface FlatnessRequest {
  /** All weights at the centre, flat. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly ranks: readonly number[];
  readonly variances: readonly number[];
  /** All K unit vectors, K×P row-major. */
  readonly directions: Float64Array;
  /** The grid in the plane of two of them; undefined where there is none. */
  readonly plane: PlaneRequest | undefined;
}

interface Partial {
  /** What the results depend on besides the window. */
  readonly asked: string;
  readonly directions: DirectionFlatness[];
  readonly profiles: Profile[];
  readonly lines: LossesOfLine[];
}

/**
 * Measures widths and profiles in worker threads, and saves results to the folder `out` every 40 tasks.
 * @throws InterruptedError when stopped, with all results saved
 */
export async function measureInBatches(
  context: Context,
  request: FlatnessRequest,
  out: string,
): Promise<FlatnessSummary> {
  const { folder, config, network, options } = context;
  const { weights, samples, ranks, variances, directions, plane } = request;
  const { centre, relativeTolerance, profiles: profileRanks } = config.analysis;
  const size = directions.length / variances.length;
  const asked = JSON.stringify({ centre, relativeTolerance, kernel: folder.record.kernelBuild });
  const path = join(out, PARTIAL);
  const before = readJson<Partial>(path);
  const done: Partial =
    before?.asked === asked
      ? { ...before, lines: before.lines ?? [] }
      : { asked, directions: [], profiles: [], lines: [] };
  const vector = (index: number) => directions.slice((index - 1) * size, index * size);
  const task = (kind: 'measure' | 'profile', index: number): Task => ({
    kind,
    index,
    variance: variances[index - 1],
    direction: vector(index),
  });
  const [p, q] = plane ? plane.indices.map(vector) : [];
  const lines = plane
    ? planeLines(plane.half).map((line, index): Task => ({ kind: 'plane', index, ...lineIn(plane, line, [p, q]) }))
    : [];
  const measured = new Set(done.directions.map((d) => d.index));
  const drawn = new Set(done.profiles.map((profile) => profile.index));
  const followed = new Set(done.lines.map((line) => line.index));
  const tasks: Task[] = [
    { kind: 'centre' },
    ...ranks.filter((i) => !measured.has(i)).map((i) => task('measure', i)),
    ...profileRanks.filter((i) => i <= variances.length && !drawn.has(i)).map((i) => task('profile', i)),
    ...lines.filter((line) => line.kind === 'plane' && !followed.has(line.index)),
  ];
  const total = ranks.length + profileRanks.filter((i) => i <= variances.length).length;
  const report = () =>
    options.onProgress?.({
      stage: 'flatness',
      done: Math.min(total, done.directions.length + done.profiles.length),
      total,
      unit: 'directions',
    });
  let unsaved = 0;
  report();
  let found: Centre | undefined;
  const finished = await runJobs(
    FLATNESS_JOBS,
    {
      network,
      weights,
      samples: sharedSamples(samples),
      layer: config.record.layer,
      relativeTolerance,
      penalty: penaltyOf(config),
      kernelBuild: folder.record.kernelBuild,
    },
    tasks,
    {
      workers: config.workers,
      signal: options.signal,
      onDone(_, answer) {
        if (answer.kind === 'centre') {
          found = answer.value;
          return;
        }
        if (answer.kind === 'measure') done.directions.push(answer.value);
        else if (answer.kind === 'profile') done.profiles.push(answer.value);
        else done.lines.push(answer.value);
        if (++unsaved % SAVE_EVERY === 0) writeJson(path, done);
        report();
      },
    },
  );
  if (unsaved > 0) writeJson(path, done);
  if (!finished || !found) throw new InterruptedError(folder.path);
  const wanted = new Set(ranks);
  return {
    centre,
    centreLoss: found.centreLoss,
    samples: samples.count,
    factor: found.factor,
    relativeTolerance,
    directions: done.directions.filter((d) => wanted.has(d.index)).sort((a, b) => a.index - b.index),
    profiles: done.profiles.filter((p) => profileRanks.includes(p.index)).sort((a, b) => a.index - b.index),
    ...(plane && {
      plane: planeOf(
        plane,
        found.centreLoss,
        [...done.lines].sort((a, b) => a.index - b.index).map((line) => line.losses),
      ),
    }),
  };
}
