/** Starts the programs of Slurm and returns what they say. */
import { spawn } from 'node:child_process';
import { env } from 'node:process';
import { InputError } from '../../numeric/errors.js';

/** The programs that the launcher uses. */
export type Program = 'sbatch' | 'squeue' | 'scancel' | 'sacct' | 'scontrol' | 'sinfo';

/** Holds what a program said and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with arguments. */
export type Run = (program: Program, args: readonly string[]) => Promise<Said>;

/** Milliseconds after which a program that does not end counts as one without an answer. */
const PATIENCE = 120_000;

/** Variables of a job in which this command may run itself, which would reach its tasks; those that say where Slurm is are kept. */
const OF_A_JOB = /^SLURM_(?!CONF$|CONF_SERVER$|JWT$|TIME_FORMAT$)/;
/** Variables by which users change what squeue and others list, send jobs to another cluster, or make sbatch wait for their ends. */
const OF_A_USER = /^(?:SQUEUE|SACCT|SCANCEL|SINFO)_|^SBATCH_(?:WAIT|CLUSTERS)/;

/** The environment of a program: without those variables, and with lists of tasks in full length. */
const environment = (): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_A_JOB.test(name) && !OF_A_USER.test(name))),
  SLURM_BITSTR_LEN: '0',
});

/**
 * Runs a program of Slurm. Its arguments are passed as they are, no shell reads them; Ctrl-C in the terminal does not reach it.
 * @throws InputError when this machine does not have it
 */
export const runProgram: Run = (program, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment(), detached: true });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8');
      child[stream].on('data', (text: string) => {
        said[stream] += text;
      });
    }
    // sbatch itself tries again for two minutes where the controller has no room
    child.stderr.on('data', () => /sleeping and retrying/.test(said.stderr) && child.kill());
    const giveUp = setTimeout(() => {
      said.stderr += `Socket timed out: ${program} gave no answer in ${PATIENCE / 1000} s`;
      child.kill('SIGKILL');
    }, PATIENCE);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(giveUp);
      reject(
        new InputError(
          'no-slurm',
          `--on slurm needs the programs of Slurm, and this machine cannot start ${program} (${error.code ?? error.message}): run the command on a login node of the cluster, or leave out --on slurm to use the processors of this machine.`,
        ),
      );
    });
    child.once('close', (code) => {
      clearTimeout(giveUp);
      resolve({ code: code ?? 1, ...said });
    });
  });
