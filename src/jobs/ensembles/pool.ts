/**
 * Ensembles in worker threads: many small ones, or few large ones whose walkers are divided. Results do not depend on
 * the number of workers, because a walker's numbers depend on key, index and step alone.
 */
import { availableParallelism } from 'node:os';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import type { EnsembleView } from '../../theory/ensemble/ensemble.js';
import { LANES } from '../../theory/ensemble/machine.js';
import { runJobs } from '../pool.js';
import { type EnsembleSpec, ensembleOf, type Look, type Part, runParts } from './jobs.js';

const SPEC_WANTS = is.shape<EnsembleSpec>({
  names: is.listOf(is.text),
  motion: is.shape<EnsembleSpec['motion']>({ kind: is.oneOf('langevin', 'sgd') }),
  start: is.numbers,
  walkers: is.count,
  seed: is.whole,
  purpose: is.listOf(is.either(is.text, is.whole)),
  boundaries: is.maybe(is.listOf(is.object)),
  bound: is.maybe(is.real),
  looks: is.numbers,
});

/** Says how ensembles are run. */
export interface EnsemblesOptions {
  /** Threads; 0: one per core. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Share of all walker-steps that are done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

const OPTIONS_WANTS = is.shape<EnsemblesOptions>({
  workers: is.whole,
  signal: is.maybe(is.object),
  onProgress: is.maybe(is.func),
});

/**
 * Runs every ensemble to its last look. A worker holds all looks of its walkers: 10 bytes a walker and look, and 8 a
 * coordinate.
 * @returns one list of views for each spec, one view for each look; undefined when `signal` stopped it
 * @throws InputError when a spec is wrong, before any thread starts
 */
export async function runEnsembles(
  specs: readonly EnsembleSpec[],
  options: EnsemblesOptions,
): Promise<EnsembleView[][] | undefined> {
  is.given('runEnsembles', { specs, options }, { specs: is.listOf(SPEC_WANTS), options: OPTIONS_WANTS });
  const { workers, signal, onProgress } = options;
  for (const spec of specs) {
    check(
      spec.looks.length > 0 && spec.looks.every((s, i) => Number.isSafeInteger(s) && s >= (spec.looks[i - 1] ?? 0)),
      'bad-looks',
      () => `looks at an ensemble are whole numbers of steps, ascending; got ${spec.looks.join(', ')}.`,
    );
    ensembleOf(spec, { first: 0, walkers: spec.walkers });
  }
  const threads = Math.max(1, workers || availableParallelism());
  const parts = specs.flatMap((spec, i) => split(spec.walkers, i, Math.ceil(threads / specs.length)));
  const groups: { index: number; parts: Part[] }[] = Array.from(
    { length: Math.min(threads, parts.length) },
    (_, k) => ({
      index: k,
      parts: parts.filter((_p, i) => i % threads === k),
    }),
  );
  const found = new Map<Part, Look[]>();
  const shares = new Float64Array(groups.length);
  const walkerSteps = groups.map((g) => g.parts.reduce((s, p) => s + p.walkers * (specs[p.spec].looks.at(-1) ?? 0), 0));
  const total = walkerSteps.reduce((a, b) => a + b, 0) || 1;
  const finished = await runJobs(
    {
      worker: new URL('./worker.js', import.meta.url),
      run: runParts,
      name: (job: readonly Part[]) => `ensemble ${job[0].spec + 1}`,
    },
    specs,
    groups.map((g) => g.parts),
    {
      workers: threads,
      signal,
      onProgress: (job, _what, share) => {
        const k = groups.findIndex((g) => g.parts === job);
        shares[k] = share;
        onProgress?.(walkerSteps.reduce((s, t, i) => s + t * shares[i], 0) / total);
      },
      onDone: (job, looks) => job.forEach((part, i) => void found.set(part, looks[i])),
    },
  );
  if (!finished) return undefined;
  return specs.map((spec, i) => {
    const own = parts.filter((p) => p.spec === i).map((p) => found.get(p)!);
    return spec.looks.map((steps, k) =>
      viewOf(
        spec,
        steps,
        own.map((looks) => looks[k]),
      ),
    );
  });
}

/** Divides walkers into at most `pieces` parts of whole blocks. */
function split(walkers: number, spec: number, pieces: number): Part[] {
  const size = Math.ceil(walkers / LANES / pieces) * LANES;
  const parts: Part[] = [];
  for (let first = 0; first < walkers; first += size)
    parts.push({ spec, first, walkers: Math.min(size, walkers - first) });
  return parts;
}

function viewOf(spec: EnsembleSpec, steps: number, looks: readonly Look[]): EnsembleView {
  const { motion, walkers, names } = spec;
  const floats = (pick: (l: Look) => Float64Array) => Float64Array.from(looks.flatMap((l) => [...pick(l)]));
  const bytes = (pick: (l: Look) => Uint8Array) => Uint8Array.from(looks.flatMap((l) => [...pick(l)]));
  const [positions, exitTimes] = [floats((l) => l.positions), floats((l) => l.exitTimes)];
  const [status, exitSides] = [bytes((l) => l.status), bytes((l) => l.exitSides)];
  return {
    walkers,
    size: names.length as 1 | 2,
    time: steps * (motion.kind === 'langevin' ? motion.timestep : motion.learningRate),
    stepsDone: steps,
    positions: () => positions,
    status: () => status,
    exitTimes: () => exitTimes,
    exitSides: () => exitSides,
  };
}
