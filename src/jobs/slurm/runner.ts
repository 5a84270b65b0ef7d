/** Cells as jobs of Slurm: the launcher with the programs of this machine. */
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { check } from '../../numeric/errors.js';
import type { CellRunner } from '../cells.js';
import { optionWords } from './arguments.js';
import { cancelJobs } from './cancel.js';
import { SlurmClient } from './client.js';
import { realClock } from './clock.js';
import { launcher } from './launcher.js';
import { parseSlurmOptions } from './options.js';
import { runProgram } from './programs.js';
import { NO_PROLOGUE, readPrologue } from './prologue.js';

/** The program that this file is a part of; in tests, which run from sources, the built one. */
const PROGRAM = fileURLToPath(new URL('../../cli/main.js', import.meta.url)).replace(
  /([/\\])src([/\\]cli[/\\])/,
  '$1dist$2',
);

/**
 * Returns what has cells done by Slurm.
 * @param options - what follows `slurm:`, such as `partition=all,time=2:00:00`; empty where there is nothing
 * @param prologue - lines of shell that run before the command of every task, or a file with such lines
 * @throws InputError for options that cannot be read, and where there is no sbatch
 */
export async function slurmRunner(options: string, prologue?: string): Promise<CellRunner> {
  const read = parseSlurmOptions(options);
  const before = prologue === undefined ? NO_PROLOGUE : readPrologue(prologue);
  const client = new SlurmClient(runProgram);
  const words = await client.refuses(optionWords(read));
  const nowhere = /configuration source|slurm\.conf/i.test(words ?? '');
  check(
    !nowhere,
    'no-slurm',
    `--on slurm needs a machine of a cluster, such as its login node; sbatch says here: ${words}.`,
  );
  check(words === undefined, 'sbatch-refused', `--on slurm: sbatch would not take such jobs: ${words}.`);
  return launcher({ client, clock: realClock, options: read, prologue: before, node: execPath, program: PROGRAM });
}

/**
 * Ends the jobs of a folder that are waiting or running, and returns what it did, as a sentence.
 * @throws InputError where the folder has none
 */
export async function cancelSlurm(folder: string): Promise<string> {
  const tasks = await cancelJobs(new SlurmClient(runProgram), folder);
  if (tasks === 0) return `no job of ${folder} was in the queue.`;
  return `ended ${tasks} ${tasks === 1 ? 'task' : 'tasks'} of ${folder}; documents that were done are kept.`;
}
