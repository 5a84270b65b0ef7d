/** The computation of a decomposition, as one job of a worker thread: from two matrices to the content of all files. */
import { type StationaryCovariance, stationaryCovariance } from '../../analyse/decomposition/covariance.js';
import { type DecomposeOptions, type Decomposition, decompose } from '../../analyse/decomposition/decompose.js';
import { type DiscreteCovariance, discreteCovariance } from '../../analyse/decomposition/discrete.js';
import { potentialPlane } from '../../analyse/decomposition/plane.js';
import { type Vortices, vortices } from '../../analyse/decomposition/vortices.js';
import { allVersions, thisMachine } from '../../jobs/machine.js';
import type { Work } from '../../jobs/pool.js';
import { factsOf, reportFiles } from '../../jobs/report-folder.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { InputError } from '../../numeric/errors.js';
import { jsonText } from '../../numeric/json.js';
import { chooseProvider, type LinearAlgebra, type Matrix, type ProviderChoice } from '../../numeric/linalg/index.js';
import { writeNpy } from '../../record/npy.js';
import { writeNpz } from '../../record/npz.js';
import type { Figure } from '../../report/figures/frame.js';
import type { DecompositionPageInput } from './page.js';
import {
  covarianceSummary,
  type DecompositionSummary,
  decompositionSummary,
  type VorticesDocument,
  vorticesDocument,
} from './summary.js';

/** Asks for the decomposition of a system. */
export interface DecomposeJob {
  readonly drift: Matrix;
  readonly diffusion: Matrix;
  /** Where the matrices were read. */
  readonly inputs: { readonly drift: string; readonly diffusion: string };
  readonly noiseStrength: number | undefined;
  readonly step: number | undefined;
  readonly unstable: boolean;
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Holds the content of the files by their names, and the summary, which is one of them. */
export interface DecomposeAnswer {
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  readonly summary: DecompositionSummary;
}

async function run(job: DecomposeJob): Promise<DecomposeAnswer> {
  forceKernelBuild(job.kernelBuild);
  const la = await chooseProvider({ prefer: job.provider });
  const { drift, diffusion, noiseStrength, step, unstable, inputs } = job;
  const system = { la, drift, diffusion, ...(noiseStrength !== undefined && { noiseStrength }) };
  const d = whole({ ...system, unstable });
  const made = 'u' in d ? await whatFollows(la, d, step, inputs) : covarianceAlone(la, d, step, inputs);
  const { files, summary } = made;
  files.set('summary.json', jsonText(summary));
  for (const [name, text] of await pageOf(made, la.name, job)) files.set(name, text);
  return { files, summary };
}

/** What was made of a system: its files so far, and what its page shows. */
interface Made extends Omit<DecompositionPageInput, 'run'> {
  readonly files: Map<string, Uint8Array | string>;
}

/** Draws the page; the library that draws is loaded here. */
async function pageOf({ files: _, ...made }: Made, linearAlgebra: string, job: DecomposeJob) {
  const { renderDecomposition } = await import('./page.js');
  const { inputs, step } = job;
  const record = { versions: allVersions(), kernelBuild: job.kernelBuild, linearAlgebra, machine: thisMachine() };
  const run = factsOf(record, { config: { ...inputs, ...(step !== undefined && { step }) } });
  return reportFiles(renderDecomposition({ ...made, run }));
}

/** The work of the job. */
export const DECOMPOSE_WORK: Work<undefined, DecomposeJob, DecomposeAnswer> = { run };

type Inputs = DecomposeJob['inputs'];

/** Makes the files of a system whose U is lost. */
function covarianceAlone(la: LinearAlgebra, d: StationaryCovariance, step: number | undefined, inputs: Inputs): Made {
  const steps =
    step === undefined ? undefined : discreteCovariance(la, { ...d, stationary: true, natural: null }, step);
  const files = covarianceFiles(d, steps);
  const summary = covarianceSummary({
    covariance: d,
    provider: la.name,
    inputs,
    files: [...files.keys(), 'summary.json'],
    ...(steps && { discrete: steps }),
  });
  return { files, summary };
}

/** Makes the files of a system with U. */
async function whatFollows(
  la: LinearAlgebra,
  d: Decomposition,
  step: number | undefined,
  inputs: Inputs,
): Promise<Made> {
  const discrete = step === undefined ? undefined : discreteCovariance(la, d, step);
  const turning = d.stationary ? vortices(la, d) : undefined;
  const document = turning && vorticesDocument(turning, d);
  const files = contents(d, turning, document, discrete);
  const figure = turning && (await picture(la, d, turning));
  if (figure) files.set('potential.svg', figure.svg);
  const summary = decompositionSummary({
    decomposition: d,
    provider: la.name,
    inputs,
    files: [...files.keys(), 'summary.json'],
    ...(turning && { vortices: turning }),
    ...(discrete && { discrete }),
    ...(figure && { picture: figure.caption }),
  });
  return { files, summary, ...(document && { vortices: document }), ...(figure && { figure }) };
}

/**
 * Decomposes a system, or returns its covariance where only the potential is lost.
 * @throws InputError as `decompose`, for a system without a covariance
 */
function whole(options: DecomposeOptions): Decomposition | StationaryCovariance {
  try {
    return decompose(options);
  } catch (error) {
    if (!(error instanceof InputError) || !['singular', 'ill-conditioned'].includes(error.code)) throw error;
    // of an unstable F there is no covariance; one without a certain digit is refused unless it is U that fails first
    let found: StationaryCovariance | undefined;
    try {
      found = stationaryCovariance(options);
    } catch {
      throw error;
    }
    if (error.code === 'ill-conditioned' && !(found.errorBound < 1)) throw error;
    // why U is lost is what the decomposition could not do, also where the rank is whole
    return found.lost === undefined ? { ...found, lost: error.message } : found;
  }
}

function covarianceFiles(d: StationaryCovariance, discrete: DiscreteCovariance | undefined) {
  const files = new Map<string, Uint8Array | string>();
  const put = (name: string, m: Matrix) => {
    files.set(`${name}.npy`, writeNpy({ shape: [m.rows, m.cols], data: m.data }));
  };
  put('sigma', d.sigma);
  put('q', d.q);
  if (discrete) put('sigma_discrete', discrete.sigma);
  return files;
}

function contents(
  d: Decomposition,
  v: Vortices | undefined,
  document: VorticesDocument | undefined,
  discrete: DiscreteCovariance | undefined,
) {
  const files = new Map<string, Uint8Array | string>();
  const put = (name: string, m: Matrix | null | undefined) => {
    if (m) files.set(`${name}.npy`, writeNpy({ shape: [m.rows, m.cols], data: m.data }));
  };
  put('sigma', d.sigma);
  put('u', d.u);
  put('q', d.q);
  put('s', d.s);
  put('a', d.a);
  put('sigma_discrete', discrete?.sigma);
  if (v) {
    files.set('vortices.json', jsonText(document));
    files.set('vortices.npz', vorticesArchive(v, d.system.n));
  }
  return files;
}

/** Writes the arrays q, share (m), basis and whitened (m×2×n), still (r×n). */
function vorticesArchive({ vortices: list, still }: Vortices, n: number): Uint8Array {
  const planes = (key: 'basis' | 'whitened') => {
    const data = new Float64Array(list.length * 2 * n);
    for (const [k, v] of list.entries()) for (const i of [0, 1]) data.set(v[key][i], (2 * k + i) * n);
    return { shape: [list.length, 2, n], data };
  };
  const values = (key: 'q' | 'share') => ({ shape: [list.length], data: Float64Array.from(list, (v) => v[key]) });
  return writeNpz([
    ['q', values('q')],
    ['share', values('share')],
    ['basis', planes('basis')],
    ['whitened', planes('whitened')],
    ['still', { shape: [still.rows, n], data: still.data }],
  ]);
}

async function picture(la: LinearAlgebra, d: Decomposition, v: Vortices): Promise<Figure | undefined> {
  const plane = potentialPlane(la, d, v);
  if (!plane) return undefined;
  const { potentialFigure } = await import('./figures/potential.js');
  return potentialFigure(plane);
}
