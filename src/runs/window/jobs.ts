/** The long computations of an analysis, which read and write files, so that a worker thread can do them. */
import { directionDynamics } from '../../analyse/trajectory/dynamics.js';
import { pca, project } from '../../analyse/trajectory/pca.js';
import type { DirectionDynamics, PlanePath } from '../../analyse/trajectory/results.js';
import type { RowSource } from '../../analyse/trajectory/rows.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { readArray, writeArrays } from '../../record/arrays.js';
import { writeJson } from '../../record/json.js';
import { Trajectory } from '../../record/trajectory.js';
import { PLANES } from '../ranks.js';

interface Common {
  /** Folder of the trajectory. */
  readonly trajectory: string;
  /** Folder of the arrays that the principal component analysis writes. */
  readonly arrays: string;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Asks for the principal component analysis of a window. */
interface PcaJob extends Common {
  readonly job: 'pca';
  /** File for the `PcaSummary`. */
  readonly summary: string;
  /** Memory for matrices, in bytes. */
  readonly budget: number;
}

/** Asks for the drift and diffusion along some directions. */
interface DynamicsJob extends Common {
  readonly job: 'dynamics';
  readonly ranks: readonly number[];
  /** File for the `DynamicsResult`. */
  readonly result: string;
}

/** Describes one job on a window. */
export type WindowJob = PcaJob | DynamicsJob;

/** Holds drift and diffusion along directions, and the paths in the planes that are drawn. */
export interface DynamicsResult {
  readonly dynamics: DirectionDynamics[];
  readonly paths: PlanePath[];
}

/** Points of a drawn path. */
const PATH_POINTS = 3000;

/** Does a job and writes its files. */
export async function runWindowJob(job: WindowJob, _: undefined, report: ReportProgress): Promise<void> {
  forceKernelBuild(job.kernelBuild);
  const la = await chooseProvider({ prefer: job.provider });
  const window = await Trajectory.open(job.trajectory);
  const rows = rowsOf(window, report);
  if (job.job === 'pca') {
    const result = await pca(rows, la, { budget: job.budget });
    const { components, mean, first, last, summary, indices } = result;
    const { P } = summary;
    await writeArrays(
      job.arrays,
      {
        mean: { shape: [P], data: mean, dimensions: ['weight'], description: 'window mean of the weights' },
        first: { shape: [P], data: first, dimensions: ['weight'], description: 'first weights of the window' },
        last: { shape: [P], data: last, dimensions: ['weight'], description: 'last weights of the window' },
        variances: {
          shape: [summary.variances.length],
          data: Float64Array.from(summary.variances),
          dimensions: ['rank'],
          description: 'sigma_i², variance of the window along direction i (population), weight²; theory [P3]',
        },
        directions: {
          shape: [indices.length, P],
          data: components,
          dimensions: ['rank', 'weight'],
          description: 'row i−1 is the unit vector p_i',
        },
      },
      { layer: window.layer, linearAlgebra: la.name },
    );
    writeJson(job.summary, summary);
  } else {
    const { data: all } = await readArray(job.arrays, 'directions');
    const { data: mean } = await readArray(job.arrays, 'mean');
    const P = mean.length;
    const components = new Float64Array(job.ranks.length * P);
    job.ranks.forEach((i, k) => {
      components.set(all.subarray((i - 1) * P, i * P), k * P);
    });
    const thetas = await project(rows, { components, mean }, la);
    const dynamics = directionDynamics({ indices: job.ranks, thetas, components, mean });
    writeJson(job.result, { dynamics, paths: paths(job.ranks, thetas, window) } satisfies DynamicsResult);
  }
}

/** Returns the recorded rows as a `RowSource` that reports how many were read. */
function rowsOf(window: Trajectory, report: ReportProgress): RowSource {
  return {
    T: window.recorded,
    P: window.size,
    async *chunks() {
      for await (const { first, rows, weights } of window.blocks()) {
        yield weights;
        report('rows read', (first + rows) / window.recorded);
      }
    },
  };
}

function paths(ranks: readonly number[], thetas: Float64Array, window: Trajectory): PlanePath[] {
  const T = thetas.length / ranks.length;
  const stride = Math.max(1, Math.ceil(T / PATH_POINTS));
  const times = Array.from({ length: Math.ceil(T / stride) }, (_, k) => k * stride);
  return PLANES.filter((plane) => plane.every((i) => ranks.includes(i))).map((indices) => {
    const [x, y] = indices.map((i) => {
      const k = ranks.indexOf(i);
      return times.map((t) => thetas[k * T + t]);
    });
    return { indices, step: times.map((t) => window.step[t]), x, y };
  });
}
