/** What sbatch says when it does not take a job: whether it is worth trying again, and how. */

/** 'full': fewer jobs, or later; 'away': nobody answered, or an answer was lost; 'refused': never as it was asked for. */
export type Refusal = 'full' | 'away' | 'refused';

const AWAY =
  /unable to contact slurm controller|socket timed out|temporarily unable to accept job|timed out on send|connection (?:refused|reset|timed out)|communication connection failure|communications? (?:shutdown|failure)|zero bytes were transmitted|transport endpoint|in standby mode/i;
const FULL = /(?:QOS|Assoc)\w*Submit|MaxJobCount|job array specification|max_array_tasks|too many jobs/i;
/** Names of limits that smaller arrays do not meet either. */
const OTHER_LIMIT = /\b(?:QOS|Assoc)\w*(?:Cpu|CPU|Wall|Mem|Node|Tres|TRES|Time|Minutes|Billing)\w*/;
const POLICY = /violates accounting\/QOS policy/i;

/** Tells the kind of a refusal from the words of sbatch. */
export function refusalOf(words: string): Refusal {
  if (AWAY.test(words)) return 'away';
  if (FULL.test(words)) return 'full';
  return POLICY.test(words) && !OTHER_LIMIT.test(words) ? 'full' : 'refused';
}

/** Returns the words of a program of Slurm in one line, without control characters, at most 400 characters long. */
export function wordsOf(stderr: string): string {
  const lines = stderr
    .split(/\r?\n/)
    .map((line) =>
      line.replace(/^(?:sbatch|squeue|scancel|scontrol|sacct): (?:error: |fatal: )?|^allocation failure: /, ''),
    );
  const kept = lines.filter((line) => line.trim() !== '' && !/^Try ".*" for more information/.test(line));
  return kept
    .join('; ')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 400);
}
