import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { agree, disagreements, facts, places, setVersion } from '../scripts/release/places.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { absolute, cut, greater, relativeLinks, unreleased } from '../scripts/release/texts.mjs';
import { PROTOCOL } from '../src/surface/process/frames.js';

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
