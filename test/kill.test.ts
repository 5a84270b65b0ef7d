/** The parts of `npm run kill`: where the hook stops a program, and what counts as a difference. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = (name: string) => pathToFileURL(fileURLToPath(new URL(`../scripts/kill/${name}`, import.meta.url))).href;
const { differences, strayIn } = (await import(script('compare.mjs'))) as {
  differences(expected: string, found: string): string[];
  strayIn(folder: string): string[];
};

/** Five changes: a folder; a file opened, written and renamed; a file written at once. */
const PROGRAM = `import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
mkdirSync('d');
const file = openSync('d/a.tmp', 'w');
writeSync(file, Buffer.from('12345678'));
closeSync(file);
renameSync('d/a.tmp', 'd/a');
writeFileSync('b', 'whole');
process.stdout.write('end');
`;

function stopped(at: number, way: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const count = join(folder, 'count');
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${script('hook.mjs')}`,
      THERMOGRAD_KILL: JSON.stringify({ count, at, way }),
    },
  });
  const held = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined;
  return { status, signal, stdout, stderr, held, count: readFileSync(count, 'utf8').length };
}

describe('the hook', () => {
  it('counts changes, and nothing that reads', () => {
    const run = stopped(0, 'none');
    expect([run.status, run.stdout, run.count, run.held('d/a'), run.held('b')]).toEqual([
      0,
      'end',
      5,
      '12345678',
      'whole',
    ]);
  });

  it('ends the process before, in or after the change that is named', () => {
    const ends = (at: number, way: string) => {
      const run = stopped(at, way);
      expect([run.signal, run.count]).toEqual(['SIGKILL', at]);
      return [run.held('d/a.tmp'), run.held('d/a'), run.held('b')];
    };
    expect(ends(1, 'before')).toEqual([undefined, undefined, undefined]);
    expect(ends(3, 'before')).toEqual(['', undefined, undefined]);
    expect(ends(3, 'half')).toEqual(['1234', undefined, undefined]);
    expect(ends(3, 'after')).toEqual(['12345678', undefined, undefined]);
    expect(ends(4, 'after')).toEqual([undefined, '12345678', undefined]);
    expect(ends(5, 'half')).toEqual([undefined, '12345678', 'wh']);
  });

  it('lets the disk be full from a change on, or sends a signal', () => {
    const full = stopped(3, 'full');
    expect([full.status, full.held('d/a.tmp')]).toEqual([1, '1234']);
    expect(full.stderr).toContain('ENOSPC');
    expect(stopped(2, 'SIGTERM').signal).toBe('SIGTERM');
  });
});

describe('what differs', () => {
  const folder = (files: Record<string, string>) => {
    const path = mkdtempSync(join(tmpdir(), 'kill-'));
    mkdirSync(join(path, 'in'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  };
  const expected = folder({ 'a.json': '{"x":1.5,"seconds":2}', 'in/b.bin': 'abc' });

  it('is nothing where only times differ', () => {
    expect(differences(expected, folder({ 'a.json': '{"x":1.5,"seconds":9}', 'in/b.bin': 'abc' }))).toEqual([]);
    const page = (took: string, x: string) => folder({ 'p.html': `<dd>${took}</dd><dd>x = ${x}</dd>` });
    for (const took of ['0.4 s', '99 s', '2 min 05 s', '1 h 02 min'])
      expect(differences(page('9.1 s', '2'), page(took, '2'))).toEqual([]);
    expect(differences(page('99 s', '2'), page('2 min 05 s', '3'))).toHaveLength(1);
  });

  it('is a number, a byte, a file that is missing or too many', () => {
    const found = folder({ 'a.json': '{"x":1.6,"seconds":2}', 'in/b.bin': 'abd' });
    expect(differences(expected, found).map((d) => d.split(':')[0])).toEqual(['a.json differs', 'in/b.bin differs']);
    expect(differences(expected, folder({ 'a.json': '{"x":1.5}', 'in/b.tmp': '' }))).toEqual([
      'in/b.bin is missing',
      'in/b.tmp is too many',
    ]);
  });

  it('is the digest of a file without times, and not of one with them', () => {
    const digests = (zarr: string, json: string) =>
      folder({
        'r.json': JSON.stringify({ 'a.zarr/x': { sha256: zarr }, 'h.json': { sha256: json, bytes: json.length } }),
      });
    expect(differences(digests('1', '2'), digests('1', '34'))).toEqual([]);
    expect(differences(digests('1', '2'), digests('3', '2'))).toHaveLength(1);
  });

  it('is a lock or a temporary file left behind', () => {
    const path = folder({ 'in/lock': '', 'in/x.vm-12-0.tmp': '', block: '' });
    expect(strayIn(path)).toEqual(['in/lock', 'in/x.vm-12-0.tmp']);
    expect(readdirSync(path).sort()).toEqual(['block', 'in']);
  });
});
