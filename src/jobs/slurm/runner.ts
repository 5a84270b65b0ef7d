/** Cells as jobs of Slurm. */
import { InputError } from '../../numeric/errors.js';
import type { CellRunner } from '../cells.js';

/**
 * Returns what has cells done by Slurm.
 * @param options - what follows `slurm:`, such as `partition=all,time=2:00:00`; empty where there is nothing
 * @throws InputError for options that cannot be read, and where there is no sbatch
 */
export async function slurmRunner(options: string): Promise<CellRunner> {
  throw new InputError('no-slurm', `cells cannot be given to Slurm yet (slurm:${options}); leave --on out.`);
}

/**
 * Ends the jobs of a folder that are waiting or running, and returns what it did, as a sentence.
 * @throws InputError where the folder has none
 */
export async function cancelSlurm(folder: string): Promise<string> {
  throw new InputError('no-slurm', `there are no jobs of Slurm in ${folder}.`);
}
