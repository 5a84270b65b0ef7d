/** One round: the missing cells are submitted and followed until no job is left in the queue. */
import { RunError } from '../../numeric/errors.js';
import { LATE, LOOK, pollPause } from './clock.js';
import { type Failure, failuresOf, hasFailed } from './failures.js';
import type { Launch, Waiting } from './launch.js';
import { needsProbe, Probe, probeOf, tasksOf } from './probe.js';
import { waitingFor } from './reasons.js';
import { Submitter } from './submit.js';
import { stopUnseen, stopUnseenAtEnd } from './unseen.js';

/** How a round ended: all documents are there, it was stopped by the signal, or some are missing though no job is left. */
export type RoundEnd = 'done' | 'stopped' | readonly Failure[];

/** Milliseconds for which jobs must have waited for what never comes before they are ended. */
const SURE = 10_000;

/** Says how a round divides and submits cells. */
export interface RoundSize {
  readonly round: number;
  readonly slots: number;
  readonly arraySize: number;
  /** Every cell a task of its own. */
  readonly single: boolean;
}

/**
 * Runs a round.
 * @param covered - documents that jobs in the queue will write
 * @throws RunError when jobs can never start, nodes do not see the folder, sbatch refuses or Slurm does not answer
 */
export async function runRound(launch: Launch, covered: ReadonlySet<string>, size: RoundSize): Promise<RoundEnd> {
  const { clock } = launch;
  const cells = [...launch.missing.values()].filter(({ file }) => !covered.has(file));
  const submitter = new Submitter(launch, size.round, size.arraySize);
  const probing = !size.single && needsProbe(launch, cells, size.slots) ? probeOf(cells, size.slots) : undefined;
  let probe = probing && new Probe(launch, probing.first);
  submitter.add(tasksOf(launch, probing?.first ?? cells, size.slots, size.single || probing !== undefined));
  const begin = clock.now();
  const watch = { never: undefined as number | undefined, unseen: undefined as number | undefined };
  for (let nextPoll = 0; ; ) {
    if (launch.stopped) return 'stopped';
    launch.checkCancelled();
    launch.look();
    if (launch.missing.size === 0) return 'done';
    if (clock.now() >= nextPoll) {
      nextPoll = clock.now() + pollPause(clock.now() - begin);
      const lines = await launch.queue();
      if (lines) {
        await endStrays(launch, submitter);
        if (await submitter.step(lines)) {
          nextPoll = 0;
          continue;
        }
        if (probe && submitter.done) {
          const verdict = probe.look(lines);
          if (verdict !== 'wait') probe = undefined;
          if (verdict === 'go') {
            submitter.add(tasksOf(launch, probing!.rest, size.slots));
            nextPoll = 0;
            continue;
          }
        }
        await stopNever(launch, lines, watch);
        await stopUnseen(launch, lines, submitter.arrays, watch);
        if (lines.length === 0 && submitter.done) {
          const failures = await lateDocuments(launch);
          if (launch.missing.size === 0) return 'done';
          if (launch.stopped) return 'stopped';
          await stopUnseenAtEnd(launch, failures);
          if ((await launch.queue())?.length === 0) return failures;
        }
        launch.say(submitter.note ?? noteOf(lines));
      }
    } else launch.say();
    await clock.sleep(LOOK, launch.io.signal);
  }
}

/** Ends jobs that a process which was killed had submitted, when they appear only after the same cells were submitted again. */
async function endStrays(launch: Launch, submitter: Submitter): Promise<void> {
  const strays = launch.strays.splice(0).filter((place) => !submitter.awaits(place));
  if (strays.length === 0 || submitter.arrays.length === 0) return;
  await launch.setting.client.cancel(strays.map((place) => launch.submissions.arrays[place].job!));
}

/** Says how many tasks run and why others wait. */
export function noteOf(lines: readonly Waiting[]): string {
  const count = (list: readonly Waiting[]) => list.reduce((sum, { tasks }) => sum + (tasks?.length ?? 1), 0);
  const waiting = lines.filter(({ state }) => state === 'PENDING');
  const [run, wait] = [count(lines) - count(waiting), count(waiting)];
  const reasons = waiting.map(({ reason }) => waitingFor(reason));
  const why = reasons.find(({ kind }) => kind !== 'usual') ?? reasons[0];
  const limited = waiting.every(({ reason }) => reason === 'JobArrayTaskLimit');
  const parts = [`${run} ${run === 1 ? 'task' : 'tasks'} running`];
  if (wait > 0) parts.push(`${wait} waiting${limited ? '' : ` (${why.text})`}`);
  return parts.join(', ');
}

/**
 * Ends jobs when all that are left wait for what never comes. Tasks that a failing node did not start are left to the next round.
 * @throws RunError where they would not start there either
 */
async function stopNever(
  launch: Launch,
  lines: readonly Waiting[],
  watch: { never: number | undefined },
): Promise<void> {
  const reasons = lines.map(({ state, reason }) => (state === 'PENDING' ? waitingFor(reason) : undefined));
  if (lines.length === 0 || reasons.some((reason) => reason?.kind !== 'never' && reason?.kind !== 'lost')) {
    watch.never = undefined;
    return;
  }
  watch.never ??= launch.clock.now();
  if (launch.clock.now() - watch.never < SURE) return;
  const never = reasons.find((reason) => reason?.kind === 'never');
  if (never === undefined)
    lines.forEach(({ job, tasks, array }, k) => {
      for (const index of tasks ?? Array.from({ length: launch.submissions.arrays[array].tasks }, (_, i) => i))
        launch.unstarted.set(`${job}_${index}`, reasons[k]!.text);
    });
  await launch.clear();
  watch.never = undefined;
  if (never === undefined) return;
  throw new RunError(
    'never-starts',
    `the jobs would never start, and were ended; Slurm's reason is ${never.text}. Continue with --resume.`,
  );
}

/** Waits for documents that a shared file system may show late, and returns why those that stay missing are not there. */
async function lateDocuments(launch: Launch): Promise<readonly Failure[]> {
  let failures = await failuresOf(launch);
  for (const pause of LATE) {
    if (launch.missing.size === 0 || launch.stopped) return [];
    if (failures.every(hasFailed)) break;
    launch.say('looking for documents of tasks that have ended');
    await launch.clock.sleep(pause, launch.io.signal);
    launch.look();
    failures = failures.filter(({ file }) => launch.missing.has(file));
  }
  return failuresOf(launch);
}
