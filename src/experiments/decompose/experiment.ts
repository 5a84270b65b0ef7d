/** The decomposition of a linear system from files, into a folder that appears whole or not at all. */
import { join } from 'node:path';
import { InterruptedError } from '../../jobs/context.js';
import { checkDisk, needs } from '../../jobs/disk.js';
import { usableMemory } from '../../jobs/machine.js';
import { checkMemory } from '../../jobs/memory.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { checkFree, publish } from '../../jobs/publish.js';
import { kernelBuild } from '../../kernels/load.js';
import type { ProviderChoice } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { readMatrix } from './input.js';
import { DECOMPOSE_WORK, type DecomposeAnswer, type DecomposeJob } from './job.js';
import { decomposeNeed } from './need.js';
import type { DecompositionSummary } from './summary.js';

/** Names the files of a linear system, and what is computed from them. */
export interface DecomposeRequest {
  /** File of F, n×n: .npy, .npz (`file.npz:name`) or CSV. */
  readonly drift: string;
  /** File of D. */
  readonly diffusion: string;
  /** epsilon, default 1. */
  readonly noiseStrength?: number;
  /** Length dt of the steps for which the covariance is computed too. */
  readonly step?: number;
  /** Accept an unstable F, which has an algebraic U and no covariance. */
  readonly unstable?: boolean;
  /** Folder of the results, default `decomposition`; it must not exist, or be empty. */
  readonly out?: string;
  /** Replace an earlier decomposition in that folder. */
  readonly force?: boolean;
  readonly provider?: ProviderChoice;
  /** Called once the matrices are read, before anything is computed, with what that needs. */
  readonly onStart?: (announcement: string) => void;
  /** Aborting it ends the computation, and nothing is written. */
  readonly signal?: AbortSignal;
}

const DECOMPOSE_WANTS = is.shape<DecomposeRequest>({
  drift: is.text,
  diffusion: is.text,
  noiseStrength: is.maybe(is.finite),
  step: is.maybe(is.finite),
  unstable: is.maybe(is.flag),
  out: is.maybe(is.path),
  force: is.maybe(is.flag),
  provider: is.maybe(is.oneOf('auto', 'system', 'embedded')),
  signal: is.maybe(is.object),
});

/** Holds the results and their folder. */
export interface DecomposeResult {
  readonly folder: string;
  /** The page. */
  readonly report: string;
  readonly summary: DecompositionSummary;
}

const FILES = [
  ...['sigma', 'u', 'q', 's', 'a', 'sigma_discrete'].map((name) => `${name}.npy`),
  'vortices.json',
  'vortices.npz',
  'summary.json',
  'potential.svg',
  ...['report.html', 'report.json', 'theory.html', 'figures', 'tables'],
];

const JOB: JobKind<undefined, DecomposeJob, DecomposeAnswer> = {
  ...DECOMPOSE_WORK,
  worker: new URL('./worker.js', import.meta.url),
  name: () => 'the decomposition',
};

/**
 * Reads a linear system, decomposes it and writes the results. Files of the folder: sigma.npy, u.npy, q.npy, s.npy,
 * a.npy, summary.json (of a system whose Σ cannot be inverted sigma.npy, q.npy and summary.json, which says why); vortices.json, vortices.npz and potential.svg of a stationary system; sigma_discrete.npy with
 * `step`; report.html with report.json, figures/ and tables/. Everything is written to a temporary folder, which replaces the other when it is complete: an error leaves
 * nothing, and does not change an earlier result.
 * @throws InputError before anything is written; InterruptedError, with nothing written
 */
export async function decomposeFiles(request: DecomposeRequest): Promise<DecomposeResult> {
  is.given('decomposeFiles', { request }, { request: DECOMPOSE_WANTS });
  const folder = request.out ?? 'decomposition';
  checkFree(folder, { force: request.force === true, files: FILES, what: 'decomposition' });
  const drift = await readMatrix(request.drift, 'drift');
  const diffusion = await readMatrix(request.diffusion, 'diffusion');
  const need = decomposeNeed(drift.rows);
  checkMemory(need.memory, usableMemory());
  const disk = checkDisk(need.disk, folder);
  request.onStart?.(`decomposition of ${drift.rows} coordinates; ${needs(need.memory.peak, disk)}`);
  const { noiseStrength, step, unstable = false, provider = 'auto', signal } = request;
  const inputs = { drift: request.drift, diffusion: request.diffusion };
  const job = { drift, diffusion, inputs, noiseStrength, step, unstable, provider, kernelBuild: kernelBuild() };
  let answer: DecomposeAnswer | undefined;
  const finished = await runJobs(JOB, undefined, [job], {
    workers: 1,
    signal,
    onDone: (_, result) => {
      answer = result;
    },
  });
  if (!finished || !answer) throw new InterruptedError(folder, false);
  publish(folder, answer.files);
  return { folder, report: join(folder, 'report.html'), summary: answer.summary };
}
