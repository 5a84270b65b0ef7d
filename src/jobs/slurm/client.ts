/** Slurm as the launcher uses it: submit, look, end, ask how tasks ended. */
import { RunError } from '../../numeric/errors.js';
import { parseJobs, parseSacct, SACCT_COLUMNS, type TaskEnd } from './ends.js';
import type { Run } from './programs.js';
import { parseQueue, QUEUE_FORMAT, type QueueLine } from './queue.js';
import { type Refusal, refusalOf, wordsOf } from './refusals.js';
import { parseProcessors, parseSite, SINFO_FORMAT, type Site } from './site.js';

/** Holds the answer to a submission: the number of the job, or why there is none. */
export type Submitted = { readonly job: string } | { readonly refusal: Refusal; readonly words: string };

/** Calls the programs of Slurm. */
export class SlurmClient {
  constructor(private readonly run: Run) {}

  /** Submits a script. */
  async submit(args: readonly string[]): Promise<Submitted> {
    const { code, stdout, stderr } = await this.run('sbatch', args);
    const job = /^(\d+)(?:;\S*)?\s*$/m.exec(stdout)?.[1];
    if (code === 0 && job !== undefined) return { job };
    const words = wordsOf(stderr) || wordsOf(stdout) || `exit code ${code}, and no word why`;
    return { refusal: refusalOf(words), words };
  }

  /** Asks whether Slurm would take a job with these options; the words of sbatch when it would never. */
  async refuses(args: readonly string[]): Promise<string | undefined> {
    const { code, stderr } = await this.run('sbatch', ['--test-only', '--array=0-0', '--wrap=true', ...args]);
    const words = wordsOf(stderr) || `exit code ${code}`;
    return code !== 0 && refusalOf(words) === 'refused' ? words : undefined;
  }

  /** Lists the jobs of this user, those with a name where it is given; the words of squeue when it does not answer. */
  async queue(name?: string): Promise<readonly QueueLine[] | string> {
    const args = ['-h', '--me', '-o', QUEUE_FORMAT];
    const { code, stdout, stderr } = await this.run('squeue', name === undefined ? args : [...args, '-n', name]);
    return code === 0 ? parseQueue(stdout) : wordsOf(stderr) || `squeue ended with exit code ${code}`;
  }

  /**
   * Ends jobs, or those of their tasks that have not begun.
   * @throws RunError with the words of scancel
   */
  async cancel(jobs: readonly string[], waiting = false): Promise<void> {
    for (let from = 0; from < jobs.length; from += 100) {
      const { code, stderr } = await this.run('scancel', [
        ...(waiting ? ['--state=PENDING'] : []),
        ...jobs.slice(from, from + 100),
      ]);
      // jobs that have just ended are no error
      if (code !== 0 && !/already completing|Invalid job id/i.test(stderr))
        throw new RunError('scancel', `scancel could not end the jobs ${jobs.join(', ')}: ${wordsOf(stderr)}.`);
    }
  }

  /** Returns how tasks of jobs ended, by `job_task`, as far as accounting or the controller know. */
  async ends(jobs: readonly string[]): Promise<ReadonlyMap<string, TaskEnd>> {
    if (jobs.length === 0) return new Map();
    const args = ['-X', '-n', '-P', '-o', SACCT_COLUMNS, '-j', jobs.join(',')];
    const accounts = await this.run('sacct', args).catch(() => undefined);
    const known = accounts?.code === 0 ? parseSacct(accounts.stdout) : new Map<string, TaskEnd>();
    if (known.size > 0) return known;
    const out = new Map<string, TaskEnd>();
    for (const job of jobs) {
      const { code, stdout } = await this.run('scontrol', ['show', 'job', '-o', job]);
      if (code === 0) for (const [task, end] of parseJobs(stdout)) out.set(task, end);
    }
    return out;
  }

  /** Returns the limits of the site. */
  async site(): Promise<Site> {
    return parseSite((await this.run('scontrol', ['show', 'config'])).stdout);
  }

  /** Returns the processors of partitions, where Slurm tells them. */
  async processors(partition: string | undefined): Promise<number | undefined> {
    const { code, stdout } = await this.run('sinfo', ['-h', '-o', SINFO_FORMAT]);
    return code === 0 ? parseProcessors(stdout, partition) : undefined;
  }
}
