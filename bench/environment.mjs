// node bench/environment.mjs [--python PATH] [--base PATH]: makes the Python environment that the bench compares with, once, and prints where
// it is and which BLAS and core every library in it computes with. Every script here that has a peer takes its Python from this file:
// the one that --python or THERMOGRAD_PYTHON names, else an environment with the packages of peers/requirements.txt in the cache folder
// ($XDG_CACHE_HOME or ~/.cache, ~/Library/Caches, %LOCALAPPDATA%), which is made where it is missing. pip's own settings hold
// (PIP_INDEX_URL and so on); on Linux the wheel of PyTorch brings the libraries of CUDA with it, some gigabytes. --base names the
// Python that the environment is made from; without it python3.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, unfairTo } from './identity.mjs';

const REQUIREMENTS = fileURLToPath(new URL('./peers/requirements.txt', import.meta.url));
/** NumPy 2.4 has wheels from this version on. */
const OLDEST = [3, 11];
const DONE = 'thermograd-bench.json';

/** Thrown where there is no Python to compare with; the message says why and what to do. */
export class NoPeers extends Error {
  /** @param named - whether the user named the Python, so that the program should end instead of going on alone */
  constructor(message, named = false) {
    super(
      named
        ? message
        : `${message} A Python that has them already can be named with --python PATH or THERMOGRAD_PYTHON.`,
    );
    this.named = named;
  }
}

/** Returns the folder for environments, by the custom of the system. */
export function cacheFolder(env = process.env, platform = process.platform, home = homedir()) {
  if (env.THERMOGRAD_BENCH_CACHE) return env.THERMOGRAD_BENCH_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'thermograd');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'thermograd');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'thermograd');
  return join(home, '.cache', 'thermograd');
}

const pythonIn = (folder, platform = process.platform) =>
  platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

const last = (text) => text.trim().split('\n').at(-1) ?? '';

function versionOf(python, env) {
  const code = 'import sys; print(*sys.version_info[:3])';
  const { status, stdout } = spawnSync(python, ['-c', code], { env, encoding: 'utf8' });
  return status === 0 ? stdout.trim().split(' ').map(Number) : undefined;
}

/**
 * Returns the Python of the environment with the packages of a requirements file, and makes it first where it is not there; an environment
 * whose installation ended early is never seen, because it gets its name at the end.
 * @throws NoPeers where there is no python3, an old one, one without venv, or where pip cannot install
 */
export function madeEnvironment({
  base = 'python3',
  env = process.env,
  requirements = REQUIREMENTS,
  say = console.error,
} = {}) {
  const version = versionOf(base, env);
  if (!version)
    throw new NoPeers(
      `The bench makes its Python environment with ${base}, which does not run here: install Python ${OLDEST.join('.')} or later.`,
    );
  if (version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1]))
    throw new NoPeers(
      `The pinned packages of the bench need Python ${OLDEST.join('.')} or later, and ${base} is ${version.join('.')}: name a newer one with --base PATH.`,
    );
  const text = readFileSync(requirements, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(env), `bench-python${version.slice(0, 2).join('.')}-${hash}`);
  if (existsSync(join(folder, DONE))) return pythonIn(folder);

  const packages = text.split('\n').filter((line) => line && !line.startsWith('#'));
  say(`bench: installing ${packages.join(', ')} into ${folder}; this is done once and can take minutes.`);
  const building = `${folder}.${process.pid}`;
  try {
    mkdirSync(cacheFolder(env), { recursive: true });
    const venv = spawnSync(base, ['-m', 'venv', building], { env, encoding: 'utf8' });
    if (venv.status !== 0)
      throw new NoPeers(
        `${base} -m venv failed (${last(venv.stderr || venv.stdout)}): install the module venv (package python3-venv on Debian).`,
      );
    const pip = spawnSync(
      pythonIn(building),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
      { env, encoding: 'utf8' },
    );
    if (pip.status !== 0)
      throw new NoPeers(
        `pip could not install the packages of bench/peers/requirements.txt (${last(pip.stderr)}): it needs the network, and some gigabytes of disk.`,
      );
    writeFileSync(join(building, DONE), `${JSON.stringify({ version, packages })}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return pythonIn(folder);
}

/** Returns the value of a flag of this process; undefined where it is not given. */
export function flagOf(name, argv = process.argv) {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
}

const systemPython = () =>
  ['/usr/bin/python3', 'python3'].find((python) => versionOf(python, process.env)) ?? 'python3';

let found;
/**
 * Returns the Python to compare with and what its libraries compute with: `{ python, identity }`, or `{ skipped }`, which says why there
 * is none. Ends the process with exit code 2 where the user named a Python that does not run. Prints the libraries once.
 * @param packages - needed for the task at hand, of those in the requirements
 * @param install - whether a missing environment is made; where not, the system's python3 is taken as it is
 */
export function peers(packages = ['numpy'], { install = true } = {}) {
  found ??= find(install);
  if (found.skipped) return found;
  const missing = packages.filter((name) => !found.identity.packages[name]);
  return missing.length ? { skipped: `${found.python} has no ${missing.join(', ')}` } : found;
}

function find(install) {
  const named = flagOf('--python') ?? process.env.THERMOGRAD_PYTHON;
  try {
    const python = named || (install ? madeEnvironment({ base: flagOf('--base') }) : systemPython());
    const identity = identityOf(python);
    if (!identity) throw new NoPeers(`The Python ${python} does not run.`, Boolean(named));
    if (!process.env.THERMOGRAD_BENCH_QUIET) for (const line of identity.lines) console.error(line);
    // scripts that run as children of this one take the same Python, and need not say all this again
    Object.assign(process.env, { THERMOGRAD_PYTHON: python, THERMOGRAD_BENCH_QUIET: '1' });
    return { python, identity };
  } catch (error) {
    if (!(error instanceof NoPeers)) throw error;
    console.error(`bench: ${error.message}`);
    if (error.named) process.exit(2);
    return { skipped: error.message };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { python, identity, skipped } = peers([]);
  if (skipped) process.exit(1);
  console.log(JSON.stringify({ python, ...identity, unfair: unfairTo(identity) }));
}
