// What a peer computes with: version of the library, its BLAS, and the core or the vectors whose kernels that BLAS runs; and whether a ratio
// against it is fair. OpenBLAS says which core's kernels it took; a version older than the processor takes those of a much older one.
// MKL names no core (on processors that are not Intel's it says 'Intel(R) Architecture processors', whatever it runs), so that it is judged by
// the rate of a product beside that of NumPy's OpenBLAS in the same process.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { host } from '../dist/numeric/linalg/host.js';
import { mismatchOf } from '../dist/numeric/linalg/openblas-core.js';

const SCRIPT = fileURLToPath(new URL('./peers/identity.py', import.meta.url));
const TITLES = { torch: 'PyTorch', numpy: 'NumPy', scipy: 'SciPy', jax: 'JAX' };
/** A BLAS below this share of the rate of another one in the same process is called crippled. */
const SHARE = 0.5;

/** One thread for every library that a peer may load. */
export const ONE_THREAD = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

/** Reads the first line that MKL prints with MKL_VERBOSE=1: `{ version, core }`; undefined for anything else. */
export function parseMkl(text) {
  const found = /oneMKL (\d+\.\d+)(?: Update (\d+))?.*? architecture (.+?), (?:Lnx|Win|OSX)/.exec(text ?? '');
  if (!found) return undefined;
  const [, version, update, core] = found;
  // '2024.0 Update 2' is released as 2024.2
  return {
    version: `MKL ${update ? `${version.split('.')[0]}.${update}` : version}`,
    core: core.replace(/\(R\)/g, '').trim(),
  };
}

/** Returns what identity.py says of a Python, with a line to print for each library; undefined where it does not run. */
export function identityOf(python) {
  const env = { ...process.env, ...ONE_THREAD };
  const done = spawnSync(python, [SCRIPT], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status !== 0) return undefined;
  return describe(JSON.parse(done.stdout.trim().split('\n').at(-1)));
}

/** Adds to the answer of identity.py the labels of the libraries and the lines to print. */
export function describe(answer, flags = host.processor()) {
  const blas = { ...answer.blas };
  if (answer.mkl) blas.torch = [parseMkl(answer.mkl) ?? { version: 'MKL', core: 'unknown' }];
  const identity = { python: answer.python, packages: answer.packages, blas, rates: answer.rates, cpu: answer.cpu };
  identity.labels = Object.fromEntries(
    Object.keys(TITLES)
      .filter((name) => answer.packages[name])
      .map((name) => [name, labelOf(identity, name)]),
  );
  const rate = (name) =>
    answer.rates?.[name]
      ? `; product of order 768: ${Object.entries(answer.rates[name])
          .map(([type, r]) => `${r} GFLOP/s in ${type}`)
          .join(', ')}`
      : '';
  identity.lines = Object.entries(identity.labels).map(([name, label]) => {
    const wrong = unfairTo(identity, [name], flags);
    return `peer: ${label}${rate(name)}${wrong ? `; ${wrong}` : ''}`;
  });
  return identity;
}

function labelOf({ packages, blas, cpu }, name) {
  const own = [...new Set((blas[name] ?? []).map(({ version, core }) => `${version}, core ${core}`))];
  if (name === 'torch' && cpu) own.push(`its own loops ${cpu}`);
  return `${TITLES[name]} ${packages[name]} (${own.join('; ') || 'its own kernels'})`;
}

/**
 * Says why a ratio against libraries of a peer would flatter us; undefined where it would not.
 * @param names - of the libraries that do the work: torch, numpy, scipy
 * @param flags - of the processor, as /proc/cpuinfo lists them
 */
export function unfairTo({ blas, rates, packages }, names = Object.keys(TITLES), flags = host.processor()) {
  for (const name of names) {
    for (const { core, version } of blas[name] ?? []) {
      const m = mismatchOf(core, flags);
      if (m)
        return `${TITLES[name]}'s ${version} runs its kernels for ${m.core} (${m.runs}) on a processor with ${m.could}`;
    }
    for (const type of name === 'numpy' ? [] : Object.keys(rates?.[name] ?? {})) {
      const [own, other] = [rates[name][type], rates.numpy?.[type]];
      if (other && own < SHARE * other)
        return `${TITLES[name]} ${packages[name]} multiplies at ${own} GFLOP/s in ${type} where NumPy's BLAS reaches ${other}`;
    }
  }
  return undefined;
}
