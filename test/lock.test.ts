/** One process to a folder; a dead one's lock is taken over, a living one's never. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lockFolder } from '../src/jobs/lock.js';
import { InputError } from '../src/numeric/errors.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'lock-'));

it('is exclusive until released, and leaves nothing behind', () => {
  const folder = fresh();
  const release = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(InputError);
  expect(() => lockFolder(folder)).toThrow(new RegExp(`in use by process ${process.pid} on ${hostname()}`));
  release();
  lockFolder(folder)();
  expect(readdirSync(folder)).toEqual([]);
});

it('is taken over from a process that has ended', () => {
  const folder = fresh();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, host: hostname(), started: '1' }));
  const release = lockFolder(folder);
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')).pid).toBe(process.pid);
  release();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it.skipIf(!existsSync('/proc/self/stat'))(
  'is taken over when the pid now belongs to a younger process (needs /proc)',
  () => {
    const folder = fresh();
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }));
    lockFolder(folder)();
  },
);

it('is respected while the other process lives', async () => {
  const folder = fresh();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: other.pid, host: hostname(), started: null }));
    expect(() => lockFolder(folder)).toThrow(new RegExp(`process ${other.pid}`));
  } finally {
    other.kill('SIGKILL');
  }
});

it('is respected when it is of another machine or unreadable, and says what to delete', () => {
  const folder = fresh();
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere', started: null }));
  expect(() => lockFolder(folder)).toThrow(/on elsewhere.*delete .*lock/);
  writeFileSync(join(folder, 'lock'), 'nonsense');
  expect(() => lockFolder(folder)).toThrow(/another process/);
});
