import type { Program, Said } from '../../src/jobs/slurm/programs.js';

/** Says how the Slurm of a folder behaves; plan.json. */
export interface Plan {
  /** Tasks that run between two calls of squeue; 2 by default. */
  readonly processors?: number;
  /** Tasks that an array may have. */
  readonly maxArraySize?: number;
  /** Tasks of a user in the queue. */
  readonly mostTasks?: number;
  /** Words with which calls of sbatch are refused, in their order; null where one is not. */
  readonly refusals?: readonly (string | null)[];
  /** Numbers of jobs that are taken although sbatch reports that nobody answered. */
  readonly lostAnswers?: readonly number[];
  /** Calls of squeue that get no answer: from the first to before the second. */
  readonly silent?: readonly [number, number];
  /** No task starts, for this reason. */
  readonly pending?: string;
  /** Whether sacct answers; it does by default. */
  readonly accounting?: boolean;
  /** Whether the controller has forgotten jobs that ended. */
  readonly forgets?: boolean;
  /** Whether comments of jobs are kept; they are by default. */
  readonly comments?: boolean;
  /** Nodes do not see the folder: no task can open its log. */
  readonly blind?: boolean;
  /** How tasks end, by `job_task`, instead of running; REQUEUE: the task waits once more; HELD: no node can start it. */
  readonly fates?: Readonly<Record<string, string>>;
}

export function fakeSlurm(folder: string, program: Program, args: readonly string[]): Said;
