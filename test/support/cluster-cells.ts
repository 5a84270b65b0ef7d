/** A study of 24 short cells for tests on the cluster: prepared, done by whatever is tested, and compared with one of this machine's threads. */
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { ControlsConfig } from '../../src/experiments/controls/config.js';
import { reproduceControls } from '../../src/experiments/controls/experiment.js';
import { filesOf, thermograd } from './cli.js';
import { smallControls } from './small-studies.js';
import { differences } from './timeless.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** The words that call the program, for a command on a host. */
export const PROGRAM: readonly string[] = [execPath, MAIN];

/** The small controls with one branch, cheaper still: five cells and the base for each seed. */
export function cheapControls(): ControlsConfig {
  const small = smallControls(4, [2]);
  const cells = small.cells.filter((c) => c.kind !== 'branch' || c.name === 'shuffled-momentum0');
  return { ...small, epochs: 4, mainWindow: 2, walks: 2, modesPerGroup: 4, directions: 12, cells };
}

/** Prepares a study in a folder; returns it. */
export async function preparedStudy(home: string, name: string, seeds = 4): Promise<string> {
  const out = join(home, name);
  await reproduceControls({ out, config: cheapControls(), seeds, prepare: true });
  return out;
}

/** The same study, done by threads of this machine. */
export async function localStudy(home: string, name: string, seeds = 4): Promise<string> {
  const out = join(home, name);
  await reproduceControls({ out, config: cheapControls(), seeds });
  return out;
}

/** The cells that can be done now. */
export function readyCells(folder: string): string[] {
  const { code, stdout, stderr } = thermograd('cells', folder, '--json');
  if (code !== 0) throw new Error(stderr);
  const { cells } = JSON.parse(stdout) as { cells: { file: string; status: string }[] };
  return cells.filter(({ status }) => status === 'ready').map(({ file }) => file);
}

/** Writes the report of a study whose cells are done, and lists in what it differs from another one. */
export function unlike(folder: string, other: string): string[] {
  const { code, stderr } = thermograd('reproduce', 'controls', '--resume', '--out', folder);
  if (code !== 0) return [stderr];
  const files = filesOf(folder);
  for (const name of files.keys()) if (name.startsWith('slurm/')) files.delete(name);
  return differences(filesOf(other), files);
}
