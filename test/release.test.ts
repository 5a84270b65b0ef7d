import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { pythonFaults, tarballFaults } from '../scripts/release/package.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { agree, disagreements, facts, places, setVersion } from '../scripts/release/places.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { absolute, cut, greater, relativeLinks, unreleased } from '../scripts/release/texts.mjs';
import { PROTOCOL } from '../src/surface/process/frames.js';
import { plainPython } from './support/python.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string, root = ROOT) => readFileSync(join(root, file), 'utf8');

/** A folder with the files alone that say something of a release. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-release-'));
  made.push(folder);
  for (const file of ['package.json', ...places(ROOT).map((p: { file: string }) => p.file)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return folder;
}
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

describe('what package.json decides', () => {
  test('is said everywhere', () => {
    expect(disagreements(ROOT)).toEqual([]);
    expect(facts(ROOT).protocol).toBe(String(PROTOCOL));
  });

  test('every other word in any place is found', () => {
    for (const { file, what, pattern } of places(ROOT)) {
      const root = copy();
      const said = pattern.exec(read(file))!.groups!.said;
      const changed = read(file).replace(pattern, (whole) =>
        whole.replace(
          new RegExp(`${escaped(said)}(?!.*${escaped(said)})`, 's'),
          what === 'PROTOCOL' || what.startsWith('version of the protocol') ? '9' : '9.9.9',
        ),
      );
      writeFileSync(join(root, file), changed);
      expect(disagreements(root), `${file}: ${what}`).toHaveLength(1);
      expect(agree(root)).toEqual([file]);
      expect(read(file, root)).toBe(read(file));
    }
  });

  test('a version is set in every place, and in none twice', () => {
    const root = copy();
    setVersion(root, '0.2.0', '2031-02-03');
    setVersion(root, '0.3.0', '2031-02-04');
    expect(disagreements(root)).toEqual([]);
    expect(JSON.parse(read('package.json', root)).version).toBe('0.3.0');
    expect(JSON.parse(read('package-lock.json', root)).packages[''].version).toBe('0.3.0');
    expect(read('python/src/thermograd/__init__.py', root)).toContain('\n__version__ = "0.3.0"\n');
    expect(read('CITATION.cff', root).match(/^(version|date-released).*$/gm)).toEqual([
      'version: 0.3.0',
      "date-released: '2031-02-04'",
    ]);
  });

  test('the address moves with the repository', () => {
    const root = copy();
    expect(facts(root).placeholder).toBe(true);
    writeFileSync(
      join(root, 'package.json'),
      read('package.json').replace(
        'git+https://example.org/thermograd/thermograd.git',
        'git+https://code.test/a/b.git',
      ),
    );
    agree(root);
    expect(facts(root)).toMatchObject({ web: 'https://code.test/a/b', placeholder: false });
    for (const { file } of places(root)) expect(read(file, root), file).not.toContain('example.org');
  });
});

describe('the texts of a release', () => {
  test('versions are compared by their numbers', () => {
    expect(greater('0.10.0', '0.9.9')).toBe(true);
    expect(greater('1.0.0', '0.9.9')).toBe(true);
    expect(greater('0.9.9', '0.9.9')).toBe(false);
    expect(greater('0.9.8', '0.10.0')).toBe(false);
    expect(greater('0.2', '0.1.0')).toBeUndefined();
    expect(greater('0.2.0-rc.1', '0.1.0')).toBeUndefined();
  });

  test('the changelog is cut once', () => {
    const before = '# Changes\n\n## Unreleased\n\n- new\n\n## 0.1.0\n\n- old\n';
    expect(unreleased(before)).toBe('- new');
    const after = cut(before, '0.2.0', '2031-02-03');
    expect(after).toBe('# Changes\n\n## Unreleased\n\n## 0.2.0 (2031-02-03)\n\n- new\n\n## 0.1.0\n\n- old\n');
    expect(unreleased(after)).toBe('');
    expect(unreleased('# Changes\n\n## 0.1.0\n')).toBeUndefined();
    expect(unreleased(read('CHANGELOG.md'))).toBeDefined();
  });

  test('links of a page become absolute, and code does not change', () => {
    const at = { web: 'https://code.test/a/b', version: '1.2.3' };
    const page =
      'see [the\npage](docs/x.md#y) ![p](docs/p.svg) [z](https://z.test) [up](#top)\n\n```md\n[x](y.md)\n```\n[w](w)\n';
    expect(absolute(page, at)).toBe(
      'see [the\npage](https://code.test/a/b/blob/v1.2.3/docs/x.md#y) ![p](https://code.test/a/b/raw/v1.2.3/docs/p.svg) [z](https://z.test) [up](#top)\n\n```md\n[x](y.md)\n```\n[w](https://code.test/a/b/blob/v1.2.3/w)\n',
    );
    expect(absolute('[x](../docs/x.md)', at, 'python/')).toBe('[x](https://code.test/a/b/blob/v1.2.3/docs/x.md)');
    expect(relativeLinks(page)).toEqual(['docs/x.md#y', 'docs/p.svg', 'w']);
    for (const [file, folder] of [
      ['README.md', ''],
      ['python/README.md', 'python/'],
    ])
      expect(relativeLinks(absolute(read(file), at, folder))).toEqual([]);
  });
});

describe('what a registry would get', () => {
  const own = facts(ROOT);
  /** Writes files below a folder, and returns it. */
  const folderOf = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'thermograd-pack-'));
    made.push(folder);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return folder;
  };
  const metadata = [
    'Metadata-Version: 2.4',
    `Name: ${own.name}`,
    `Version: ${own.version}`,
    `Project-URL: Homepage, ${own.web}`,
    'Description-Content-Type: text/markdown',
    '',
    'see [the page](https://code.test/x)',
  ];
  const info = `thermograd-${own.version}.dist-info`;
  const program = 'thermograd/_program';
  const whole = {
    [`${info}/licenses/LICENSE`]: 'MIT',
    [`${info}/METADATA`]: metadata.join('\n'),
    [`${program}/dist/cli/main.js`]: '',
    [`${program}/LICENSES.md`]:
      '# Licences\n\n- a 1.0.0: MIT; [node_modules/a/LICENSE]\n- @b/c 1.0.0: ISC; its package brings no text\n',
    [`${program}/node_modules/a/package.json`]: '{}',
    [`${program}/node_modules/a/LICENSE`]: 'MIT',
    [`${program}/node_modules/@b/c/package.json`]: '{}',
  };
  const zip = (files: Record<string, string>) => {
    const folder = folderOf(files);
    const wheel = join(folder, 'thermograd.whl');
    execFileSync(plainPython!, ['-m', 'zipfile', '-c', wheel, info, 'thermograd'], { cwd: folder });
    return wheel;
  };

  test.skipIf(!plainPython)(plainPython ? 'a wheel without what it must have' : 'skipped: needs python3', () => {
    const faults = (change: Record<string, string | undefined>) => {
      const files = Object.fromEntries(
        Object.entries({ ...whole, ...change }).filter(([, text]) => text !== undefined),
      );
      return pythonFaults(ROOT, plainPython, zip(files as Record<string, string>), { published: true });
    };
    expect(faults({})).toEqual([]);
    expect(faults({ [`${info}/licenses/LICENSE`]: undefined })).toEqual([
      'thermograd.whl has no LICENSE beside its metadata.',
    ]);
    expect(faults({ [`${program}/node_modules/a/LICENSE`]: undefined })).toEqual([
      'thermograd.whl has no node_modules/a/LICENSE.',
    ]);
    expect(faults({ [`${program}/node_modules/d/package.json`]: '{}' })).toEqual([
      'thermograd.whl: LICENSES.md does not name d.',
    ]);
    expect(faults({ [`${info}/METADATA`]: metadata.join('\n').replace('https://code.test/x', 'docs/x.md') })).toEqual([
      'the description of thermograd.whl has the link docs/x.md, which leads nowhere outside the repository.',
    ]);
    const other = metadata.join('\n').replace(`Version: ${own.version}`, 'Version: 9.9.9');
    expect(faults({ [`${info}/METADATA`]: other })).toEqual([
      `thermograd.whl is thermograd 9.9.9, and package.json says thermograd ${own.version}.`,
    ]);
  });

  const ci = process.env.CI;
  test.skipIf(!ci)(ci ? 'a tarball with types that no compiler finds' : 'skipped: needs CI=true', async () => {
    const folder = folderOf({
      'package/package.json': JSON.stringify({
        name: own.name,
        version: own.version,
        type: 'module',
        license: 'MIT',
        exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './core': './dist/core.js' },
      }),
      'package/dist/index.d.ts': "export * from './other';\n",
      'package/dist/other.d.ts': 'export declare const other: number;\n',
      'package/dist/index.js': `export const root = ${JSON.stringify(ROOT.replace(/\/$/, ''))};\n`,
      'package/README.md': '[x](docs/x.md)\n',
      'package/dist/index.js.map': '{}',
    });
    execFileSync('tar', ['-czf', 'p.tgz', 'package'], { cwd: folder });
    const faults: string[] = await tarballFaults(ROOT.replace(/\/$/, ''), join(folder, 'p.tgz'), { published: true });
    expect(faults.join('\n')).toMatch(/publint: .*core\.js/);
    expect(faults.join('\n')).toMatch(/attw: /);
    expect(faults).toContain('the tarball has no LICENSE.');
    expect(faults).toContain('the tarball has dist/index.js.map.');
    expect(faults).toContain('dist/index.js of the tarball names a folder of this machine.');
    expect(faults).toContain('README.md has the link docs/x.md, which leads nowhere outside the repository.');
  });
});

describe('a release is refused with a sentence, and nothing changes', () => {
  const root = copy();
  const git = (...options: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@code.test', ...options], {
      cwd: root,
      stdio: 'pipe',
    });
  for (const file of ['scripts/release', 'scripts/release.mjs'])
    cpSync(join(ROOT, file), join(root, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  const changes = (text: string) => write('CHANGELOG.md', `# Changes\n\n## Unreleased\n\n${text}## 0.1.0\n\n- old\n`);
  write('.gitignore', 'node_modules\n');
  changes('- new\n\n');
  write('package.json', read('package.json').replace(/"version": "[^"]+"/, '"version": "0.1.0"'));
  agree(root);
  git('init', '--quiet');
  const commit = () => {
    git('add', '-A');
    git('commit', '--quiet', '-m', 'x');
  };
  commit();
  const said = (...options: string[]) => {
    const done = spawnSync(process.execPath, [join(root, 'scripts/release.mjs'), ...options], { encoding: 'utf8' });
    expect(done.stdout).toBe('');
    expect(done.status).toBe(2);
    return done.stderr;
  };

  test.each([
    [[], 'it takes one version'],
    [['0.2.0', '0.3.0'], 'it takes one version'],
    [['v0.2.0'], 'a version is three numbers, such as 0.2.0; got v0.2.0.'],
    [['0.1.0'], 'version 0.1.0 is not greater than 0.1.0'],
    [['0.0.9'], 'version 0.0.9 is not greater than 0.1.0'],
    [['0.2.0', '--date', '2031-2-3'], '--date is a day such as 2031-02-03; got 2031-2-3.'],
    [['0.2.0', '--dryrun'], "Unknown option '--dryrun'"],
    [['0.2.0'], 'stands for a repository that is not known yet'],
  ])('%j', (options, sentence) => {
    const words = said(...options);
    expect(words.startsWith('release: ')).toBe(true);
    expect(words).toContain(sentence);
  });

  test('by the state of the checkout', () => {
    write('new.txt', '');
    expect(said('0.2.0', '--dry-run')).toContain('the checkout has changes that are not committed');
    rmSync(join(root, 'new.txt'));
    git('tag', 'v0.2.0');
    expect(said('0.2.0', '--dry-run')).toContain('the tag v0.2.0 is there already.');
    changes('');
    commit();
    expect(said('0.3.0', '--dry-run')).toContain('CHANGELOG.md says nothing under "Unreleased"');
    write('CHANGELOG.md', '# Changes\n');
    commit();
    expect(said('0.3.0', '--dry-run')).toContain('CHANGELOG.md has no heading "## Unreleased"');
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })).toBe('');
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
