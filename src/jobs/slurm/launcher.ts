/**
 * The launcher of `--on slurm`: submits the missing cells of a stage as arrays of jobs, follows them, and submits what is still missing
 * again, three times at most.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { RunError } from '../../numeric/errors.js';
import { writeWhole } from '../../record/files.js';
import type { CellRunner } from '../cells.js';
import { InterruptedError } from '../context.js';
import { longestIn } from './arguments.js';
import { type Failure, failureLines, failureSentence } from './failures.js';
import { Launch, type Setting } from './launch.js';
import { givenTo, secondsOfLimit } from './options.js';
import { runRound } from './round.js';
import { checkPaths } from './script.js';

/** Rounds in which missing cells are submitted. */
const ROUNDS = 3;
/** Processors that are assumed where Slurm does not tell. */
const SLOTS = 16;
/** Factors on time and memory after a task has met its limit. */
const [MORE_TIME, MORE_MEMORY] = [4, 2];

/** Makes the launcher. */
export const launcher = (setting: Setting): CellRunner => ({
  how: 'as jobs of Slurm',
  async run(work, io) {
    const folder = resolve(work.root);
    checkPaths([folder, setting.node, setting.program, ...work.cells.map(({ file }) => file)]);
    const launch = new Launch(setting, work, folder, io);
    for (const old of [launch.files.cancelled, launch.files.failed]) rmSync(old, { force: true });
    launch.look();
    launch.say();
    if (launch.missing.size === 0) return true;
    const { options, client } = setting;
    launch.longest = longestIn(secondsOfLimit(givenTo(options, 'time')));
    const { arraySize } = await client.site();
    const processors = (await client.processors(givenTo(options, 'partition'))) ?? SLOTS;
    const slots = Math.max(1, Math.min(processors, options.tasks ?? processors));
    const before = launch.submissions.arrays.reduce((most, { round }) => Math.max(most, round), 0);
    let failures: readonly Failure[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const covered = await inQueue(launch);
      if (covered === undefined) throw left(launch);
      const single = round === ROUNDS || (round > 1 && launch.missing.size <= 4 * slots);
      const end = await runRound(launch, covered, { round: before + round, slots, arraySize, single });
      if (end === 'stopped') throw left(launch);
      if (end === 'done') {
        await launch.clear(true);
        return true;
      }
      failures = end;
      learn(launch, failures);
    }
    writeWhole(launch.files.failed, failureLines(failures));
    throw new RunError('cells-failed', failureSentence(failures, work.cells.length, ROUNDS, launch.files.failed));
  },
});

/** Says that the jobs go on although nobody follows them. */
const left = ({ work, inQueue: tasks }: Launch): InterruptedError =>
  new InterruptedError(
    work.folder,
    true,
    tasks === 0
      ? ''
      : `; ${tasks} ${tasks === 1 ? 'task goes' : 'tasks go'} on in the queue of Slurm: --on slurm with --resume follows them, --cancel ends them`,
  );

/** Waits for the answer of the queue; undefined when stopped. */
async function inQueue(launch: Launch): Promise<ReadonlySet<string> | undefined> {
  for (;;) {
    const lines = await launch.queue();
    if (lines) {
      launch.strays = []; // they are followed like all others
      return launch.attach(lines);
    }
    await launch.clock.sleep(5000, launch.io.signal);
    if (launch.stopped) return undefined;
  }
}

/**
 * Learns from the ends of tasks: more time, more memory.
 * @throws RunError when the jobs were cancelled by hand
 */
function learn(launch: Launch, failures: readonly Failure[]): void {
  const states = failures.map(({ end }) => end?.state);
  if (states.length > 0 && states.every((state) => state === 'CANCELLED'))
    throw new RunError(
      'cancelled',
      `the jobs of ${launch.folder} were cancelled; documents that were done are kept, continue with --resume.`,
    );
  if (states.includes('TIMEOUT')) launch.more.time *= MORE_TIME;
  if (states.includes('OUT_OF_MEMORY')) launch.more.memory *= MORE_MEMORY;
}
