/**
 * The long computations of ao2022, which read and write files, so that a worker thread can do them and free its memory.
 */
import { join } from 'node:path';
import { project } from '../../analyse/trajectory/pca.js';
import type { PcaSummary } from '../../analyse/trajectory/results.js';
import type { RowSource } from '../../analyse/trajectory/rows.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { RunError } from '../../numeric/errors.js';
import { chooseProvider, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { randomKey } from '../../numeric/random.js';
import { readArray } from '../../record/arrays.js';
import { makeFolders, readWhole, writeWhole } from '../../record/files.js';
import { writeJson } from '../../record/json.js';
import { readNpy, writeNpy } from '../../record/npy.js';
import { Trajectory } from '../../record/trajectory.js';
import { measureModes } from '../../theory/layer/modes.js';
import { inOwnCoordinates } from '../../theory/optimisers/own-coordinates.js';
import { type LandscapeInput, landscape } from './landscape.js';
import { layerMatrices, type MatricesRequest, spanMatrices } from './matrices.js';
import type { Ao2022Setting } from './measured.js';
import { ownPart } from './own-part.js';
import { simulatedWindows } from './simulated.js';
import { directionsIn, onWeights, spanned } from './span.js';
import { motionSums, trajectoryTests, withoutDirection } from './trajectory.js';
import { walkCorrelation } from './walk-times.js';

interface Common {
  /** Folder of the results. */
  readonly out: string;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Asks for H and C1 of the layer. */
interface MatricesJob extends Common, MatricesRequest {
  readonly job: 'matrices';
  readonly arrays: string;
  /** Leading principal directions in whose span they are measured; the whole layer without it. */
  readonly span?: number;
}

/** Describes the content of matrices.json. */
export interface MatricesResult {
  readonly loss: number;
  readonly gradientNorm: number;
}

/** Asks for the analysis in the eigenbasis of H. */
interface ModesJob extends Common {
  readonly job: 'modes';
  readonly setting: Omit<Ao2022Setting, 'curves'>;
  readonly arrays: string;
  readonly pca: Pick<PcaSummary, 'variances' | 'resolution'>;
  readonly flatness: readonly (readonly [rank: number, width: number | null])[];
  readonly decay: number;
  readonly root?: Float64Array;
  readonly span?: number;
  readonly seed: number;
}

/** Asks for the tests on the recorded window. */
interface TrajectoryJob extends Common {
  readonly job: 'trajectory';
  readonly setting: Omit<Ao2022Setting, 'curves'>;
  readonly arrays: string;
  readonly trajectory: string;
  readonly root?: Float64Array;
}

/** Asks for the random landscape of minibatches. */
interface LandscapeJob extends Omit<MatricesJob, 'job' | 'decay'> {
  readonly job: 'landscape';
  readonly setting: Omit<Ao2022Setting, 'curves'>;
  readonly rows: LandscapeInput['rows'];
  readonly batchSize: number;
  readonly seed: number;
}

/** Describes one job. */
export type Ao2022Job = MatricesJob | ModesJob | TrajectoryJob | LandscapeJob;

/** The files of a measurement, and the folder of its arrays. */
export const FILES = {
  hessian: 'hessian.npy',
  span: 'span.npy',
  covariance: 'gradient-covariance.npy',
  gradient: 'gradient.npy',
  matrices: 'matrices.json',
  modes: 'modes.json',
  trajectory: 'trajectory.json',
  landscape: 'landscape.json',
  parts: 'decomposition',
} as const;

/**
 * Does a job and writes its files.
 * @throws RunError when a file of an earlier job is missing
 */
export async function runAo2022Job(job: Ao2022Job, _: undefined, report: ReportProgress): Promise<void> {
  forceKernelBuild(job.kernelBuild);
  const la = await chooseProvider({ prefer: job.provider });
  if (job.job === 'matrices') await matrices(job, la, report);
  else if (job.job === 'modes') await modes(job, la, report);
  else if (job.job === 'landscape') await minibatches(job, report);
  else await trajectory(job, la, report);
}

async function matrices(job: MatricesJob, la: LinearAlgebra, report: ReportProgress): Promise<void> {
  const span = job.span === undefined ? undefined : await spanned(job.arrays, job.span, job.root);
  if (span) saveMatrix(job.out, FILES.span, span);
  const { hessian, covariance, gradient, gradientNorm, loss } = span
    ? await spanMatrices(la, { ...job, report }, span)
    : await layerMatrices({ ...job, report });
  saveMatrix(job.out, FILES.hessian, hessian);
  saveMatrix(job.out, FILES.covariance, covariance);
  saveMatrix(job.out, FILES.gradient, matrix(1, gradient.length, gradient));
  writeJson(join(job.out, FILES.matrices), { loss, gradientNorm } satisfies MatricesResult);
}

/** Shares of the modes stage that are done when its parts begin. */
const [SIMULATED, WALKS, OWN] = [0.2, 0.75, 0.95];

async function modes(job: ModesJob, la: LinearAlgebra, report: ReportProgress): Promise<void> {
  const span = job.span === undefined ? undefined : loadMatrix(job.out, FILES.span);
  report('eigenvectors of the Hessian', 0);
  const [hessian, covariance] = [FILES.hessian, FILES.covariance].map((name) => loadMatrix(job.out, name));
  const { basis, curvatures, noise, parts, ...result } = measureModes({
    la,
    hessian,
    covariance,
    setting: job.setting,
    pca: job.pca,
    ...(await directionsIn(la, job.arrays, span, job.root)),
    decay: job.decay,
    ranks: job.flatness.map(([i]) => i),
    flatness: new Map(job.flatness),
    key: randomKey(job.seed).child('ao2022').child('modes'),
  });
  const folder = join(job.out, FILES.parts);
  makeFolders(folder);
  saveMatrix(folder, 'basis.npy', onWeights(la, basis, span, job.root));
  saveMatrix(folder, 'curvatures.npy', matrix(1, curvatures.length, curvatures));
  saveMatrix(folder, 'noise.npy', noise);
  for (const name of ['sigma', 'u', 'q', 's', 'a'] as const) {
    const part = parts[name];
    if (part) saveMatrix(folder, `${name}.npy`, part);
  }
  const { turning: _, ...rest } = result;
  const key = randomKey(job.seed).child('ao2022').child('simulated');
  const part = (what: string, from: number, to: number) => (share: number) => report(what, from + share * (to - from));
  const simulated = simulatedWindows({
    la,
    setting: job.setting,
    modes: rest.modes,
    curvatures,
    noise,
    key,
    onProgress: part('simulated windows', SIMULATED, WALKS),
  });
  const walks = walkCorrelation({
    la,
    setting: job.setting,
    // the steps of the weights: P^(1/2) C_y P^(1/2)
    covariance: job.root && !span ? inOwnCoordinates(loadMatrix(job.out, FILES.covariance), job.root) : covariance,
    flatness: job.root && span ? [] : job.flatness,
    key: key.child('walks'),
    onProgress: part('walks', WALKS, OWN),
  });
  if (job.root && !span) report('circulation', OWN);
  const ownCirculation =
    job.root && !span ? ownPart(la, { hessian, covariance, root: job.root, basis, curvatures, noise }) : undefined;
  writeJson(join(job.out, FILES.modes), {
    ...rest,
    simulated,
    walkCorrelation: walks,
    ...(ownCirculation && { ownCirculation }),
  });
}

async function trajectory(job: TrajectoryJob, la: LinearAlgebra, report: ReportProgress): Promise<void> {
  const window = await Trajectory.open(job.trajectory);
  const total = 2 * window.recorded;
  const source = (before: number): RowSource => ({
    T: window.recorded,
    P: window.size,
    async *chunks() {
      for await (const { first, rows, weights } of window.blocks()) {
        yield weights;
        report('rows read', (before + first + rows) / total);
      }
    },
  });
  const { data: mean } = await readArray(job.arrays, 'mean');
  const folder = join(job.out, FILES.parts);
  const basis = loadMatrix(folder, 'basis.npy');
  const n = basis.rows;
  const { data: p1 } = await readArray(job.arrays, 'directions', 0, 1);
  const components = new Float64Array((n + 1) * window.size);
  components.set(basis.data);
  components.set(p1, n * window.size);
  const courses = await project(source(0), { components, mean }, la);
  const overlap = la.gemm(basis, matrix(window.size, 1, p1.slice())).data;
  const end = n * window.recorded;
  const result = trajectoryTests({
    la,
    setting: job.setting,
    whole: courses.subarray(0, end),
    coordinates: withoutDirection(courses, n, overlap, courses.subarray(end)),
    curvatures: loadMatrix(folder, 'curvatures.npy').data,
    noise: loadMatrix(folder, 'noise.npy'),
    motion: await motionSums(
      source(window.recorded),
      mean,
      job.root?.map((r) => 1 / r ** 2),
    ),
  });
  writeJson(join(job.out, FILES.trajectory), result);
}

async function minibatches(job: LandscapeJob, report: ReportProgress): Promise<void> {
  const { P } = job.setting;
  const directions = matrix(job.rows.length, P);
  for (const [k, { index }] of job.rows.entries())
    directions.data.set((await readArray(job.arrays, 'directions', index - 1, index)).data, k * P);
  const key = randomKey(job.seed).child('ao2022').child('landscape');
  report('minibatches', 0);
  writeJson(
    join(job.out, FILES.landscape),
    await landscape({ ...job, directions, key, onProgress: (share) => report('minibatches', share) }),
  );
}

function saveMatrix(folder: string, name: string, m: Matrix): void {
  writeWhole(join(folder, name), writeNpy({ shape: m.rows === 1 ? [m.cols] : [m.rows, m.cols], data: m.data }));
}

function loadMatrix(folder: string, name: string): Matrix {
  const path = join(folder, name);
  const bytes = readWhole(path);
  if (!bytes) throw new RunError('no-array', `${path} is missing; remove the folder and start again.`);
  const { shape, data } = readNpy(bytes, path);
  return shape.length === 1
    ? matrix(1, shape[0], data as Float64Array)
    : matrix(shape[0], shape[1], data as Float64Array);
}
