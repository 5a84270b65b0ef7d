/** The decomposition of a linear system from files, into a folder that appears whole or not at all. */
import { type StationaryCovariance, stationaryCovariance } from '../../analyse/decomposition/covariance.js';
import { type DecomposeOptions, type Decomposition, decompose } from '../../analyse/decomposition/decompose.js';
import { type DiscreteCovariance, discreteCovariance } from '../../analyse/decomposition/discrete.js';
import { potentialPlane } from '../../analyse/decomposition/plane.js';
import { type Vortices, vortices } from '../../analyse/decomposition/vortices.js';
import { checkDisk, needs } from '../../jobs/disk.js';
import { usableMemory } from '../../jobs/machine.js';
import { checkMemory } from '../../jobs/memory.js';
import { checkFree, publish } from '../../jobs/publish.js';
import { InputError } from '../../numeric/errors.js';
import { jsonText } from '../../numeric/json.js';
import { chooseProvider, type LinearAlgebra, type Matrix, type ProviderChoice } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { writeNpy } from '../../record/npy.js';
import { writeNpz } from '../../record/npz.js';
import type { Figure } from '../../report/figures/frame.js';
import { readMatrix } from './input.js';
import { decomposeNeed } from './need.js';
import { covarianceSummary, type DecompositionSummary, decompositionSummary, vorticesDocument } from './summary.js';

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
}

const DECOMPOSE_WANTS = is.shape<DecomposeRequest>({
  drift: is.text,
  diffusion: is.text,
  noiseStrength: is.maybe(is.finite),
  step: is.maybe(is.finite),
  unstable: is.maybe(is.flag),
  out: is.maybe(is.text),
  force: is.maybe(is.flag),
  provider: is.maybe(is.oneOf('auto', 'system', 'embedded')),
});

/** Holds the results and their folder. */
export interface DecomposeResult {
  readonly folder: string;
  readonly summary: DecompositionSummary;
}

const FILES = [
  ...['sigma', 'u', 'q', 's', 'a', 'sigma_discrete'].map((name) => `${name}.npy`),
  'vortices.json',
  'vortices.npz',
  'summary.json',
  'potential.svg',
];

/**
 * Reads a linear system, decomposes it and writes the results. Files of the folder: sigma.npy, u.npy, q.npy, s.npy,
 * a.npy, summary.json (of a system whose Σ cannot be inverted sigma.npy, q.npy and summary.json, which says why); vortices.json, vortices.npz and potential.svg of a stationary system; sigma_discrete.npy with
 * `step`. Everything is written to a temporary folder, which replaces the other when it is complete: an error leaves
 * nothing, and does not change an earlier result.
 * @throws InputError before anything is written
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
  const la = await chooseProvider({ prefer: request.provider ?? 'auto' });
  const { noiseStrength, step, unstable = false } = request;
  const system = { la, drift, diffusion, ...(noiseStrength !== undefined && { noiseStrength }) };
  const d = whole({ ...system, unstable });
  if (!('u' in d)) {
    const steps =
      step === undefined ? undefined : discreteCovariance(la, { ...d, stationary: true, natural: null }, step);
    const files = covarianceFiles(d, steps);
    const summary = covarianceSummary({
      covariance: d,
      provider: la.name,
      inputs: { drift: request.drift, diffusion: request.diffusion },
      files: [...files.keys(), 'summary.json'],
      ...(steps && { discrete: steps }),
    });
    files.set('summary.json', jsonText(summary));
    publish(folder, files);
    return { folder, summary };
  }
  const discrete = step === undefined ? undefined : discreteCovariance(la, d, step);
  const turning = d.stationary ? vortices(la, d) : undefined;
  const files = contents(d, turning, discrete);
  const figure = turning && (await picture(la, d, turning));
  if (figure) files.set('potential.svg', figure.svg);
  const summary = decompositionSummary({
    decomposition: d,
    provider: la.name,
    inputs: { drift: request.drift, diffusion: request.diffusion },
    files: [...files.keys(), 'summary.json'],
    ...(turning && { vortices: turning }),
    ...(discrete && { discrete }),
    ...(figure && { picture: figure.caption }),
  });
  files.set('summary.json', jsonText(summary));
  publish(folder, files);
  return { folder, summary };
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

function contents(d: Decomposition, v: Vortices | undefined, discrete: DiscreteCovariance | undefined) {
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
    files.set('vortices.json', jsonText(vorticesDocument(v, d)));
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
