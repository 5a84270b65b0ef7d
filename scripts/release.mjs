/**
 * Prepares a release: sets the version everywhere, cuts the changelog, builds the tarball for npm and the wheel and the source distribution
 * for Python, and tries them in empty environments. It uploads nothing and tags nothing.
 *
 *   npm run release -- VERSION [--dry-run] [--date YYYY-MM-DD] [--out DIR] [--torch] [--placeholder]
 *   npm run release -- --agree
 *
 * Everything is done in a copy of the last commit. Only when every step has passed, the changed files come back into this checkout, to be
 * looked at and committed, and the packages lie in --out (release/VERSION); with --dry-run neither happens, but packages are kept in --out
 * where it is given. --torch also installs PyTorch into every Python (gigabytes) and measures a model there. --placeholder goes on although
 * package.json does not name the real repository yet. --agree does nothing but write into every other file what package.json says of version,
 * protocol and repository.
 *
 * Needs Git, npm, Python 3.9 or later and the registries of npm and PyPI. Other versions of Node are those in THERMOGRAD_NODES; of Python those
 * on the path, of pyenv, and in THERMOGRAD_PYTHONS; colons separate them. Ends with exit code 1 when a step fails, 2 for wrong use.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inEmptyEnvironment, inEmptyProject, NODES, nodes, PYTHONS, pythons } from './release/empty.mjs';
import { pythonFaults, tarballFaults } from './release/package.mjs';
import { agree, disagreements, facts, setVersion } from './release/places.mjs';
import { none, run, StepError, Steps } from './release/steps.mjs';
import { absolute, cut, greater, unreleased } from './release/texts.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const TOOLS = ['build==1.6.1', 'twine==7.0.0'];

const refuse = (sentence) => {
  process.stderr.write(`release: ${sentence}\n`);
  process.exit(2);
};
const git = (...options) => run('git', options, { cwd: ROOT });

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
        out: { type: 'string' },
        torch: { type: 'boolean', default: false },
        placeholder: { type: 'boolean', default: false },
        agree: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
})();
const [version] = positionals;
const { date, torch, 'dry-run': dry } = values;
if (values.agree) {
  process.stdout.write(`${agree(ROOT).join('\n') || 'every file says what package.json says'}\n`);
  process.exit(0);
}
refuseWhatCannotBeReleased();
const out = values.out ? resolve(values.out) : dry ? undefined : join(ROOT, 'release', version);
const head = git('rev-parse', 'HEAD').trim();

const work = mkdtempSync(join(tmpdir(), 'thermograd-release-'));
const copy = join(work, 'copy');
const packed = join(work, 'packages');
const steps = new Steps();
try {
  await prepare();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function refuseWhatCannotBeReleased() {
  if (positionals.length !== 1)
    refuse('it takes one version, such as 0.2.0; see the head of scripts/release.mjs for the options.');
  if (Number.isNaN(Date.parse(date)) || !/^\d{4}-\d\d-\d\d$/.test(date))
    refuse(`--date is a day such as 2031-02-03; got ${date}.`);
  const now = facts(ROOT);
  const later = greater(version, now.version);
  if (later === undefined) refuse(`a version is three numbers, such as 0.2.0; got ${version}.`);
  if (!later) refuse(`version ${version} is not greater than ${now.version}, which package.json has.`);
  try {
    git('rev-parse', '--git-dir');
  } catch {
    refuse(`${ROOT} is no Git checkout, and a release is made from a commit.`);
  }
  const changed = git('status', '--porcelain').trimEnd();
  if (changed)
    refuse(
      `the checkout has changes that are not committed; commit or remove them first:\n${changed.split('\n').slice(0, 10).join('\n')}`,
    );
  if (git('tag', '--list', `v${version}`).trim()) refuse(`the tag v${version} is there already.`);
  const section = unreleased(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'));
  if (section === undefined) refuse('CHANGELOG.md has no heading "## Unreleased" to cut.');
  if (section === '') refuse('CHANGELOG.md says nothing under "Unreleased"; a release says what changed.');
  if (now.placeholder && !dry && !values.placeholder)
    refuse(
      `package.json names ${now.web}, which stands for a repository that is not known yet. Write the real one under "repository" and run it with --agree, or pass --placeholder.`,
    );
  if (values.out && existsSync(values.out) && readdirSync(values.out).length > 0)
    refuse(`--out ${values.out} is not empty.`);
}

async function prepare() {
  mkdirSync(packed);
  let changed = [];
  const files = {};
  const ready = await steps.run('version and changelog, in a copy of the last commit', () => {
    run('git', ['clone', '--quiet', ROOT, copy]);
    run('git', ['checkout', '--quiet', head], { cwd: copy });
    changed = setVersion(copy, version, date);
    rewrite('CHANGELOG.md', (text) => cut(text, version, date));
    changed.push('CHANGELOG.md');
    none(disagreements(copy));
    // the copy of these files as they come back; pages are changed once more before they are packed
    for (const file of changed) cpSync(join(copy, file), join(work, 'back', file));
    process.stdout.write(run('git', ['diff', '--stat'], { cwd: copy }));
  });
  const built =
    ready &&
    (await steps.run(
      'npm ci, build',
      () => run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: copy }) || true,
    ));
  if (built) {
    await steps.run('npm pack; publint, attw, contents and licences', async () => {
      for (const [file, folder] of [
        ['README.md', ''],
        ['CHANGELOG.md', ''],
        ['python/README.md', 'python/'],
      ])
        rewrite(file, (text) => absolute(text, facts(copy), folder));
      run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', packed], { cwd: copy });
      files.tarball = join(packed, `${facts(copy).name}-${version}.tgz`);
      none(await tarballFaults(copy, files.tarball, { published: true }));
    });
    await pythonPackages(files);
    await empties(files);
  }
  if (steps.failed === 0) await steps.run(dry ? 'packages' : 'changed files and packages', () => bringBack(changed));
  process.stdout.write(`\n${steps}`);
  if (steps.failed > 0) {
    process.stdout.write('Nothing in this checkout was changed.\n');
    process.exitCode = 1;
  } else process.stdout.write(closing());
}

async function pythonPackages(files) {
  const found = pythons();
  const python = PYTHONS.map((v) => found.get(v)).findLast(Boolean);
  if (!python)
    return steps.skip('wheel and source distribution', `there is no Python ${PYTHONS.join(', ')} on this machine`);
  const tools = join(work, 'tools');
  const own = join(tools, 'bin', 'python');
  const built = await steps.run('wheel and source distribution; contents and licences', () => {
    run(python, ['-m', 'venv', tools]);
    run(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'setuptools', 'wheel', ...TOOLS]);
    const said = run(own, [join(copy, 'python', 'build_wheel.py'), '--out', packed, '--sdist'], { cwd: copy });
    [files.wheel, files.sdist] = said.trim().split('\n').slice(-2);
    for (const file of [files.wheel, files.sdist]) none(pythonFaults(copy, own, file, { published: true }));
  });
  if (built)
    await steps.run('twine check', () => {
      process.stdout.write(run(own, ['-m', 'twine', 'check', '--strict', files.wheel, files.sdist]));
    });
}

async function empties({ tarball, wheel, sdist }) {
  const ofNode = nodes();
  for (const v of NODES) {
    const name = `the tarball in an empty project, Node ${v}`;
    if (!ofNode.has(v)) steps.skip(name, 'needs this Node in THERMOGRAD_NODES');
    else if (tarball)
      await steps.run(name, () => inEmptyProject(join(work, `node ${v}`), ofNode.get(v), tarball, version));
  }
  const ofPython = pythons();
  for (const v of PYTHONS) {
    const name = `the wheel in an empty environment, Python ${v}${torch ? ' with PyTorch' : ''}`;
    if (!ofPython.has(v)) steps.skip(name, 'needs this Python on the path, of pyenv, or in THERMOGRAD_PYTHONS');
    else if (wheel)
      await steps.run(name, () =>
        inEmptyEnvironment(join(work, `python ${v}`), ofPython.get(v), wheel, version, { torch }),
      );
  }
  const last = PYTHONS.findLast((v) => ofPython.has(v));
  if (sdist)
    await steps.run(`the source distribution in an empty environment, Python ${last}`, () =>
      inEmptyEnvironment(join(work, 'sdist'), ofPython.get(last), sdist, version),
    );
}

function bringBack(changed) {
  if (!dry) {
    if (git('rev-parse', 'HEAD').trim() !== head || git('status', '--porcelain').trim())
      throw new StepError('the checkout was changed meanwhile; run the release again.');
    for (const file of changed) cpSync(join(work, 'back', file), join(ROOT, file));
  }
  if (out) cpSync(packed, out, { recursive: true });
}

function rewrite(file, change) {
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file), 'utf8')));
}

function closing() {
  const kept = out ? ` The packages are in ${out}.` : '';
  if (dry) return `A dry run: nothing in this checkout was changed.${kept}\n`;
  return `Version ${version} is in the files of this checkout.${kept} What is left is for you: look at git diff, commit, tag v${version}, npm publish, twine upload.\n`;
}
