/** `--cancel`: ends the jobs of a folder. */

import { InputError, RunError } from '../../numeric/errors.js';
import { writeWhole } from '../../record/files.js';
import type { SlurmClient } from './client.js';
import { slurmFiles } from './script.js';
import { placeOf, readSubmissions, wasSubmitted } from './submissions.js';

/**
 * Ends all jobs of a folder that are in the queue. It needs no lock: a coordinator that follows them stops by itself.
 * @returns how many tasks were ended
 * @throws InputError when nothing was submitted for the folder; RunError when Slurm does not answer
 */
export async function cancelJobs(client: SlurmClient, folder: string): Promise<number> {
  if (!wasSubmitted(folder))
    throw new InputError(
      'no-jobs',
      `no jobs were submitted for ${folder}: it has no ${slurmFiles(folder).submissions}.`,
    );
  const submissions = readSubmissions(folder);
  writeWhole(slurmFiles(folder).cancelled, '');
  const lines = await client.queue();
  if (typeof lines === 'string') throw new RunError('no-answer', `the jobs cannot be ended: squeue says: ${lines}.`);
  const ours = lines.filter((line) => placeOf(submissions, line) !== undefined);
  await client.cancel([...new Set(ours.map(({ job }) => job))]);
  return ours.reduce((sum, { tasks }) => sum + (tasks?.length ?? 1), 0);
}
