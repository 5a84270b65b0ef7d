/** Runs the built program (dist/) as a child process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** THERMOGRAD_MAIN tests another build, e.g. an installed package. */
export const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Milliseconds after which a program that was started counts as hanging; the tests themselves have as long (vitest.config.ts). */
export const HANG = 600_000;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function thermograd(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: HANG,
    maxBuffer: 2 ** 28, // the list of ten thousand cells has more than the megabyte that Node keeps by default
  });
  return { code: status, stdout, stderr };
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves when stderr holds the text, or the process has ended. */
  said(text: string): Promise<void>;
}

export function begin(...args: string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  const said = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => stderr.includes(text) && resolve();
      child.stderr.on('data', look);
      look();
      void ended.then(() => resolve());
    });
  return { child, ended, said };
}

/** A new empty folder, and a config file in it. */
export function scratch(config?: unknown): { readonly folder: string; readonly config: string } {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-'));
  const path = join(folder, 'config.json');
  if (config !== undefined) writeFileSync(path, JSON.stringify(config));
  return { folder, config: path };
}

/** Every file of a folder with its bytes, by relative path. */
export function filesOf(folder: string): Map<string, Buffer> {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return new Map(
    names
      .filter((n) => statSync(join(folder, n)).isFile())
      .sort()
      .map((n) => [n, readFileSync(join(folder, n))]),
  );
}
