/** A folder that nodes do not see: tasks that have ended left neither a log nor a document in it. */
import { existsSync } from 'node:fs';
import { RunError } from '../../numeric/errors.js';
import type { TaskEnd } from './ends.js';
import { couldNotOpen, type Failure } from './failures.js';
import type { Launch, Waiting } from './launch.js';

/** Milliseconds for which logs may be seen late, unless Slurm says that a task could not open its log. */
const LATE = 30_000;
/** States that say of themselves why nothing was left. */
const OTHERWISE = /^(?:CANCELLED|NODE_FAIL|BOOT_FAIL|PREEMPTED|TIMEOUT|DEADLINE|OUT_OF_MEMORY)$/;
/** Logs that are looked for. */
const SOME = 50;

/**
 * Ends the jobs when their first tasks have ended and left nothing.
 * @param arrays - places of the arrays that this round has submitted
 * @param watch - since when nothing is seen of them
 * @throws RunError
 */
export async function stopUnseen(
  launch: Launch,
  lines: readonly Waiting[],
  arrays: readonly number[],
  watch: { unseen: number | undefined },
): Promise<void> {
  if (launch.seen) return;
  const inQueue = new Set(lines.flatMap(({ array, tasks }) => (tasks ?? []).map((index) => `${array} ${index}`)));
  const logs = arrays.flatMap((place) => {
    const { job, tasks } = launch.submissions.arrays[place];
    const ended = Array.from({ length: tasks }, (_, i) => i).filter(
      (index) => !inQueue.has(`${place} ${index}`) && !launch.unstarted.has(`${job}_${index}`),
    );
    return ended.map((index) => launch.files.log(job!, index));
  });
  if (logs.length === 0) return;
  if (logs.slice(0, SOME).some((log) => existsSync(log))) {
    launch.seen = true;
    return;
  }
  const first = watch.unseen === undefined;
  watch.unseen ??= launch.clock.now();
  const late = launch.clock.now() - watch.unseen < LATE;
  if (late && !first) return;
  const ends = [
    ...(await launch.setting.client.ends(arrays.map((place) => launch.submissions.arrays[place].job!))).values(),
  ];
  if (!late || ends.some(couldNotOpen)) await stop(launch, ends);
}

/**
 * The same when a round is over and all its tasks left nothing.
 * @throws RunError
 */
export async function stopUnseenAtEnd(launch: Launch, all: readonly Failure[]): Promise<void> {
  const failures = all.filter(({ task }) => task === undefined || !launch.unstarted.has(task));
  if (launch.seen || failures.length === 0 || failures.some(({ log }) => log !== undefined)) return;
  await stop(
    launch,
    failures.flatMap(({ end }) => end ?? []),
  );
}

async function stop(launch: Launch, ends: readonly TaskEnd[]): Promise<void> {
  launch.seen = true; // said once
  const ran = ends.filter(({ node }) => node !== '');
  if (ran.length > 0 && ran.every(({ state }) => OTHERWISE.test(state))) return;
  const node = (ran.find(couldNotOpen) ?? ran[0])?.node;
  await launch.clear();
  throw new RunError(
    'folder-unseen',
    `the first tasks ended${node ? ` on ${node}` : ''} and left neither a log nor a document in ${launch.folder}: nodes do not see this folder, or may not write there. The other jobs were ended; choose a folder on a disk that all nodes share with --out.`,
  );
}
