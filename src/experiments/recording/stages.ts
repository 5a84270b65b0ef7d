/**
 * The stages of an analysis, in their order. Each one reads what those before it measured and adds its own part; a stage
 * that needs more than rows, such as a loss, is added to the list.
 */
import { type LeadingSteps, leadingSteps, surveyWindow } from '../../analyse/trajectory/increments.js';
import { pca, project } from '../../analyse/trajectory/pca.js';
import { type RowSource, rowRange } from '../../analyse/trajectory/rows.js';
import { scaling } from '../../analyse/trajectory/scaling.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { check, InputError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import type { Key } from '../../numeric/random.js';
import { mean } from '../../numeric/statistics.js';
import type { Recording } from '../../record/recording/open.js';
import type { Arrays, MeasuredRecording, RecordingSummary } from './measured.js';
import { motionOf, rotationOf, temperaturesOf } from './motion.js';
import { followedRanks, WALK_DIRECTIONS } from './plan.js';
import { rankLawOf, walkOf } from './walk.js';

/** Gives a stage its tools, and what is known so far. */
export interface Bench {
  readonly recording: Recording;
  readonly la: LinearAlgebra;
  readonly key: Key;
  readonly budget: number;
  readonly report: ReportProgress;
  /** Numbers and arrays of the stages before; a stage adds its own. */
  readonly measured: Partial<{ -readonly [K in keyof MeasuredRecording]: MeasuredRecording[K] }>;
  readonly arrays: Partial<{ -readonly [K in keyof Arrays]: Arrays[K] }>;
}

/** One stage: its name, and its work on the bench. */
export interface Stage {
  readonly name: string;
  run(bench: Bench): Promise<Bench | undefined>;
}

/** The stages in their order. */
export const STAGES: readonly Stage[] = [
  { name: 'survey', run: survey },
  { name: 'pca', run: directions },
  { name: 'motion', run: motion },
  { name: 'walk', run: walk },
];

/** Makes the rows report how many of them were read. */
function watched(bench: Bench, what: string): RowSource {
  const { T, P } = bench.recording;
  return {
    T,
    P,
    async *chunks() {
      let rows = 0;
      for await (const chunk of bench.recording.chunks()) {
        yield chunk;
        rows += chunk.length / P;
        bench.report(what, rows / T);
      }
    },
  };
}

/** Looks at every number once; rows of zeros at the end are not written yet and are left out. */
async function survey(bench: Bench): Promise<Bench | undefined> {
  const { recording } = bench;
  const found = await surveyWindow(watched(bench, 'rows read'));
  const { notFinite, emptyAtEnd } = found;
  if (notFinite) throw notANumber(recording, notFinite);
  if (emptyAtEnd > 0 && emptyAtEnd < recording.T) {
    const whole = recording.T - emptyAtEnd;
    check(
      whole >= 40,
      'too-few-rows',
      `of ${recording.T} rows only the first ${whole} hold anything but zeros; a recording needs at least 40.`,
    );
    const rows = rowRange(recording, 0, whole);
    const note = `the last ${emptyAtEnd} of ${recording.T} rows hold nothing but zeros, as rows do that are not written yet; those before were read`;
    const shorter: Recording = {
      ...recording,
      T: whole,
      step: recording.step.subarray(0, whole),
      loss: recording.loss?.subarray(0, whole),
      notes: [...recording.notes, note],
      chunks: () => rows.chunks() as AsyncGenerator<Float32Array | Float64Array>,
    };
    return survey({ ...bench, recording: shorter });
  }
  check(
    found.constant < recording.P,
    'nothing-moved',
    () => `all ${recording.T} rows of the recording are equal: there are no fluctuations to analyse.`,
  );
  bench.measured.recording = summaryOf(recording);
  const { constant, repeated, stepVariance, successive, halves } = found;
  bench.measured.survey = { constant, repeated, stepVariance, successive };
  bench.arrays.halves = halves;
  return bench;
}

/** Says at which step and in which parameter a number is not finite. */
function notANumber(recording: Recording, { row, weight, value }: { row: number; weight: number; value: number }) {
  let at = weight;
  const parameter = recording.parameters.find((p) => {
    if (at < p.size) return true;
    at -= p.size;
    return false;
  })!;
  const place = parameter.shape.map((_, d) => {
    const below = parameter.shape.slice(d + 1).reduce((a, b) => a * b, 1);
    return Math.floor(at / below) % parameter.shape[d];
  });
  const step = recording.step[row];
  return new InputError(
    'not-finite',
    `the recording is not finite at step ${step} (row ${row}): ${parameter.name}[${place.join(', ')}] is ${value}${row > 0 ? `; take the steps before with --steps :${step}` : ''}.`,
  );
}

function summaryOf(recording: Recording): RecordingSummary {
  const { format, type, T, P, parameters, every, step, stepsFrom, loss, facts, notes } = recording;
  const known = Array.from(loss ?? []).filter(Number.isFinite);
  const half = Math.floor(known.length / 2);
  return {
    format,
    type,
    T,
    P,
    parameters,
    projected: parameters.some((p) => p.name.endsWith('(projected)')),
    every,
    steps: [step[0], step[T - 1]],
    stepsFrom,
    loss: half > 0 ? [mean(known.slice(0, half)), mean(known.slice(half))] : undefined,
    facts,
    notes,
  };
}

async function directions(bench: Bench): Promise<undefined> {
  const { la, budget, recording, measured, arrays } = bench;
  const ranks = followedRanks(Math.min(recording.P, recording.T - 1));
  const result = await pca(watched(bench, 'rows read'), la, { keep: ranks, budget });
  measured.pca = result.summary;
  const { rankLaw, rankLawRanges, explained } = scaling({
    pca: result.summary,
    directions: [],
    key: bench.key.child('bootstrap'),
  });
  measured.scaling = { rankLaw, rankLawRanges, explained };
  measured.rankLaw = rankLawOf(result.summary, bench.key.child('bootstrap'));
  Object.assign(arrays, { mean: result.mean, ranks, components: result.components });
}

async function motion(bench: Bench): Promise<undefined> {
  const { la, measured, arrays } = bench;
  const { components, mean: centre } = arrays as Arrays;
  arrays.thetas = await project(watched(bench, 'coordinates'), { components, mean: centre }, la);
  const whole = measured as MeasuredRecording;
  measured.motion = motionOf(whole, arrays as Arrays, bench.recording.step);
  measured.rotation = rotationOf(whole, arrays as Arrays, la);
  measured.temperatures = temperaturesOf(whole, arrays as Arrays);
}

async function walk(bench: Bench): Promise<undefined> {
  const { la, measured, arrays, key } = bench;
  const steps: LeadingSteps = await leadingSteps(watched(bench, 'steps of the recording'), la, {
    size: WALK_DIRECTIONS,
    key: key.child('steps'),
    along: arrays.mean!,
  });
  measured.walk = walkOf(measured as MeasuredRecording, steps, la, key.child('walk'), bench.report);
}
