/** What killed processes leave is cleared away by the next one, and nothing of a living one. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { sweep } from '../src/jobs/folder.js';
import { isRunning } from '../src/jobs/lock.js';
import { publish, removeAbandoned } from '../src/jobs/publish.js';
import { secondsOf } from '../src/jobs/record.js';
import { clearFileError } from '../src/record/files.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'abandoned-'));
const dead = spawnSync(process.execPath, ['-e', '']).pid;
const host = hostname();

it('temporary files and folders of a dead process beside a result go, and no others', () => {
  const folder = fresh();
  const kept = [
    `out.${host}-${process.pid}-0.tmp`,
    `out.elsewhere-${dead}-0.tmp`,
    `other.${host}-${dead}-0.tmp`,
    'out',
  ];
  for (const name of [...kept, `out.${host}-${dead}-3.tmp`]) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, `.out.${host}-${dead}.tmp`));
  mkdirSync(join(folder, `.out.${host}-${dead}.old`));
  removeAbandoned(join(folder, 'out'));
  expect(readdirSync(folder).sort()).toEqual(kept.sort());
});

it('temporary files of a dead process inside a folder go, at any depth', () => {
  const folder = fresh();
  mkdirSync(join(folder, 'figures'));
  const kept = ['figures', join('figures', 'a.svg'), `b.${host}-${process.pid}-0.tmp`];
  for (const name of [...kept.slice(1), join('figures', `a.svg.${host}-${dead}-8.tmp`), `lock.${host}-${dead}-0.stale`])
    writeFileSync(join(folder, name), '');
  sweep(folder);
  expect((readdirSync(folder, { recursive: true }) as string[]).sort()).toEqual(kept.sort());
  expect(() => sweep(join(folder, 'none'))).not.toThrow();
  sweep(folder, true); // once the threads of this process have ended
  expect((readdirSync(folder, { recursive: true }) as string[]).sort()).toEqual(
    kept.filter((name) => !name.endsWith('.tmp')).sort(),
  );
});

it('the page that a killed protect was writing goes, also where the call is refused', async () => {
  const folder = fresh();
  const out = join(folder, 'out.npz');
  writeFileSync(out, '');
  mkdirSync(join(folder, `.out-report.${host}-${dead}.tmp`));
  await expect(protectRun({ run: join(folder, 'run'), out })).rejects.toThrow(/there is no run/);
  expect(readdirSync(folder)).toEqual(['out.npz']);
});

it('an earlier result that a dead process had moved aside goes back', () => {
  const folder = fresh();
  mkdirSync(join(folder, `.out.${host}-${dead}.old`));
  writeFileSync(join(folder, `.out.${host}-${dead}.old`, 'a'), 'earlier');
  removeAbandoned(join(folder, 'out'));
  expect(readFileSync(join(folder, 'out', 'a'), 'utf8')).toBe('earlier');
  publish(join(folder, 'out'), new Map([['a', 'new']]));
  expect([readdirSync(folder), readFileSync(join(folder, 'out', 'a'), 'utf8')]).toEqual([['out'], 'new']);
});

it.skipIf(!existsSync('/proc/self/stat'))('a process that has ended but was not waited for does not run', async () => {
  // the shell starts a child that ends with its input, and becomes a program that never waits for it
  const parent = spawn('sh', ['-c', 'exec 3<&0; (read x <&3) & echo $!; exec tail -f /dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const until = async (there: () => boolean) => {
    while (!there()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  try {
    const child = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
    await until(() => readFileSync(`/proc/${parent.pid}/cmdline`, 'utf8').startsWith('tail'));
    expect(isRunning(child)).toBe(true);
    parent.stdin.end('end\n');
    await until(() => /\) Z/.test(readFileSync(`/proc/${child}/stat`, 'utf8')));
    expect([isRunning(child), isRunning(parent.pid!)]).toEqual([false, true]);
  } finally {
    parent.kill('SIGKILL');
  }
});

it('a limit on the size of files is said in a sentence', () => {
  const error = clearFileError(
    Object.assign(new Error('EFBIG: file too large, write'), { code: 'EFBIG' }),
    'out/a',
    3e6,
  );
  expect(error).toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/3\.0 MB to out\/a.*ulimit -f.*--resume/),
  });
});

it('the seconds on a page do not depend on how often it was drawn', () => {
  const done = (seconds: number) => ({ status: 'done' as const, seconds });
  expect(secondsOf({ load: done(0), train: done(2), report: done(1) })).toEqual({ train: 2 });
});
