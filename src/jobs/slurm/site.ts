/** What a site allows and has: the size of arrays, and processors of a partition. */

/** Holds limits of a site. */
export interface Site {
  /** Tasks that an array may have. */
  readonly arraySize: number;
}

/** The size that Slurm allows by default. */
const USUAL_ARRAY = 1001;

/** Reads `scontrol show config`; where it does not say, the limits are those that Slurm has by default. */
export function parseSite(text: string): Site {
  const most = /^MaxArraySize\s*=\s*(\d+)/m.exec(text)?.[1];
  const tasks = /max_array_tasks=(\d+)/.exec(text)?.[1];
  const size = most === undefined ? USUAL_ARRAY : Number(most);
  return { arraySize: Math.max(1, Math.min(size, tasks === undefined ? size : Number(tasks))) };
}

/** The format of sinfo that `parseProcessors` reads. */
export const SINFO_FORMAT = '%P|%a|%C';

/**
 * Reads `sinfo -h -o SINFO_FORMAT`: the processors of nodes that are up, in the named partitions or in the default one; undefined where
 * it does not say.
 * @param partition - names separated by commas
 */
export function parseProcessors(text: string, partition?: string): number | undefined {
  const wanted = partition?.split(',');
  let sum = 0;
  for (const line of text.split('\n')) {
    const found = /^([^|*]+)(\*?)\|up\|(\d+)\/(\d+)\/\d+\/\d+$/.exec(line.trim());
    if (found && (wanted ? wanted.includes(found[1]) : found[2] === '*')) sum += Number(found[3]) + Number(found[4]);
  }
  return sum > 0 ? sum : undefined;
}
