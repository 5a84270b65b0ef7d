/** The providers of linear algebra that the batteries run on: embedded, the system's, and that of NumPy's wheel. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { host } from '../../src/numeric/linalg/host.js';
import { chooseProvider, type LinearAlgebra } from '../../src/numeric/linalg/index.js';
import { pythonPlaces } from '../../src/numeric/linalg/libraries.js';

const { VIRTUAL_ENV, CONDA_PREFIX, THERMOGRAD_PYTHON } = process.env;
const ofPython = THERMOGRAD_PYTHON?.includes('/') ? dirname(dirname(THERMOGRAD_PYTHON)) : undefined;

/** The OpenBLAS with 64-bit integers of an active Python environment, or of the one that THERMOGRAD_PYTHON lies in. */
export const wheel = [VIRTUAL_ENV, CONDA_PREFIX, ofPython]
  .flatMap((prefix) => pythonPlaces(host, (name) => (name === 'VIRTUAL_ENV' ? prefix : undefined)))
  .find(({ path }) => /scipy_openblas64_/.test(path) && existsSync(path));

/** Each with its name, which says what it needs where it is not there. */
export const providers: readonly [string, LinearAlgebra | undefined][] = [
  ['embedded', await chooseProvider({ prefer: 'embedded' })],
  needs('system', 'a system BLAS/LAPACK', await chooseProvider({ prefer: 'system' }).catch(() => undefined)),
  needs(
    'NumPy’s OpenBLAS, 64-bit integers',
    'NumPy’s wheel in an active Python environment',
    wheel && (await chooseProvider({ prefer: 'system', library: wheel.path })),
  ),
];

function needs(name: string, what: string, la: LinearAlgebra | undefined): [string, LinearAlgebra | undefined] {
  return [la ? name : `${name} (skipped: needs ${what})`, la];
}
