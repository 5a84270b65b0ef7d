/** `thermograd lab` as a process: what it prints, how it ends, what it refuses. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begin, thermograd } from '../support/cli.js';
import { writeRun } from '../support/lab-folders.js';

let base: string;
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'thermograd-lab-command-')));
  writeRun(join(base, 'run'), { psi: 4, error: 0.3, seed: 1 });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Starts the command and waits for its first line. */
async function started(...args: string[]) {
  const running = begin('lab', ...args);
  const first = new Promise<string>((resolve) => {
    let text = '';
    running.child.stdout!.on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(text);
    });
    void running.ended.then(({ stdout, stderr }) => resolve(stdout + stderr));
  });
  return { ...running, first: await first };
}

describe('the command', () => {
  it('prints the address, answers there, and ends with Ctrl-C', async () => {
    const { child, ended, first } = await started(join(base, 'run'), '--no-open', '--json');
    const { url, port, runs } = JSON.parse(first);
    expect([url, runs]).toEqual([`http://127.0.0.1:${port}/`, 1]);
    expect(await (await fetch(url)).text()).toContain('data-lab="served"');
    expect(await (await fetch(`${url}api/runs`)).json()).toMatchObject({ name: 'run', experiment: 'ivf2021' });
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr.includes('Error')]).toEqual([0, false]);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('runs without folders, and warns where others can reach it', async () => {
    const { child, ended, first } = await started('--no-open', '--host', '0.0.0.0');
    expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ {2}Ctrl-C ends it\n$/);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: everybody who reaches 0.0.0.0 can read the page and the given folders; there is no password.',
    );
  });

  it('refuses what it cannot serve with one sentence', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    const asked = (...args: string[]) => thermograd('lab', '--no-open', ...args);
    try {
      // spawnSync would keep this process from answering; nothing asks it here
      for (const [args, sentence] of [
        [
          [join(base, 'nothing')],
          /^thermograd: there is no folder or file .*nothing; give run folders, or folders that hold some\.\n$/,
        ],
        [[base.replace(/[^/]+$/, 'thermograd-lab-none')], /^thermograd: there is no folder/],
        [['--port', String(port)], new RegExp(`^thermograd: port ${port} is in use; choose another`)],
        [['--port', '70000'], /^thermograd: --port is a number from 0 to 65535, not 70000\.\n$/],
        [['--port', 'x'], /expected a whole number, got 'x'/],
        [['--host', '192.0.2.7'], /^thermograd: 192\.0\.2\.7 is no address of this machine/],
      ] as const) {
        const { code, stdout, stderr } = asked(...args);
        expect([code, stdout]).toEqual([2, '']);
        expect(stderr).toMatch(sentence);
      }
    } finally {
      busy.close();
    }
  });

  it('teaches', () => {
    const { code, stdout } = thermograd('lab', '--help');
    expect(code).toBe(0);
    for (const words of [
      '--port',
      '--host',
      '--no-open',
      'dropped on it',
      'without a password',
      'Ctrl-C ends it',
      'thermograd lab runs/',
    ])
      expect(stdout.replace(/\s+/g, ' ')).toContain(words);
  });
});
