/** The submission of the tasks of one round, in arrays as large as the site takes them. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunError } from '../../numeric/errors.js';
import { clearFileError } from '../../record/files.js';
import { sbatchArguments } from './arguments.js';
import { PATIENCE } from './clock.js';
import type { Launch, Waiting } from './launch.js';
import { taskScript } from './script.js';

/** Holds the documents of one task, and the seconds that it is expected to take. */
export interface Task {
  readonly files: readonly string[];
  readonly seconds: number | undefined;
}

/** What sbatch says while it tries again by itself. */
const NO_ROOM = /temporarily unable to accept job/i;

/** Milliseconds between two attempts while there is no room for a job. */
const TRY_AGAIN = 30_000;

/** Submits tasks as there is room for them. */
export class Submitter {
  /** Places of the arrays that were submitted. */
  readonly arrays: number[] = [];
  private readonly left: Task[] = [];
  private next: number;
  private most: number;
  private room = { since: undefined as number | undefined, notBefore: 0, words: '' };
  /** Place of an array of which nobody knows whether sbatch has submitted it. */
  private unsure: { place: number; tasks: Task[] } | undefined;

  constructor(
    private readonly launch: Launch,
    readonly round: number,
    private readonly limit: number,
  ) {
    this.most = limit;
    this.next = launch.submissions.arrays
      .filter((array) => array.round === round)
      .reduce((next, { first, tasks }) => Math.max(next, first + tasks), 0);
  }

  /** Adds tasks that are to be submitted. */
  add(tasks: readonly Task[]): void {
    this.left.push(...tasks);
  }

  /** Says whether everything has been submitted. */
  get done(): boolean {
    return this.left.length === 0 && !this.unsure;
  }

  /** Says whether an array is one of which sbatch did not tell whether it was submitted. */
  awaits(place: number): boolean {
    return this.unsure?.place === place;
  }

  /** Says why nothing is submitted at the moment, if so. */
  get note(): string | undefined {
    return this.room.since === undefined ? undefined : `waiting for room in the queue (${this.room.words})`;
  }

  /**
   * Submits one array, if there are tasks left and there is room.
   * @param lines - the jobs of this folder in the queue, just now
   * @returns whether something was submitted
   * @throws RunError with the words of sbatch when it refuses
   */
  async step(lines: readonly Waiting[]): Promise<boolean> {
    const { launch } = this;
    this.settle(lines);
    if (this.left.length === 0 || this.unsure || launch.clock.now() < this.room.notBefore) return false;
    // the limit of tasks at a time holds within one array: another one begins when the first has ended
    if (launch.setting.options.tasks !== undefined && lines.length > 0) return false;
    const tasks = this.left.splice(0, this.most);
    const place = this.intend(tasks);
    const answer = await launch.setting.client.submit(this.argumentsFor(place, tasks));
    const array = launch.submissions.arrays[place];
    if ('job' in answer) {
      array.job = answer.job;
      launch.save();
      this.accept(place, tasks);
      return true;
    }
    if (answer.refusal === 'away') {
      this.unsure = { place, tasks };
      this.wait(answer.words);
      return false;
    }
    this.withdraw(place, tasks);
    if (answer.refusal === 'refused')
      throw new RunError(
        'sbatch-refused',
        `sbatch does not take the job: ${answer.words.replace(/[.;]$/, '')}. Change the options after --on slurm: and continue with --resume.`,
      );
    if (tasks.length > 1) {
      this.most = Math.ceil(tasks.length / 2);
      return this.step(lines);
    }
    if (lines.length > 0) this.room.since = undefined;
    this.wait(answer.words);
    return false;
  }

  /** Writes lists and script, and the intention to submit them. */
  private intend(tasks: readonly Task[]): number {
    const { launch, round } = this;
    const { setting, folder, files, submissions } = launch;
    const first = this.next;
    const place = submissions.arrays.length;
    const { node, program, prologue } = setting;
    tasks.forEach((task, i) => {
      writePlain(files.list(round, first + i), `${task.files.join('\n')}\n`);
    });
    writePlain(files.script(place), taskScript({ node, program, folder, round, first, prologue }));
    makeFolder(dirname(files.log('0', 0)));
    const seconds = longest(tasks);
    submissions.arrays.push({
      round,
      first,
      tasks: tasks.length,
      ...(seconds !== undefined && { seconds }),
      job: null,
    });
    launch.save();
    return place;
  }

  private argumentsFor(place: number, tasks: readonly Task[]): string[] {
    const { launch } = this;
    const { folder, files, work, more } = launch;
    const seconds = longest(tasks);
    return sbatchArguments(
      {
        tasks: tasks.length,
        name: launch.jobName,
        comment: launch.comment(place),
        logs: join(folder, 'slurm', 'logs'),
        script: files.script(place),
        memory: work.memory * more.memory,
        seconds: seconds === undefined ? undefined : seconds * more.time,
      },
      launch.setting.options,
    );
  }

  /** Decides about an array of which sbatch did not tell whether it was submitted: it is in the queue, or it is submitted again. */
  private settle(lines: readonly Waiting[]): void {
    if (!this.unsure) return;
    const { place, tasks } = this.unsure;
    const there = lines.some(({ array }) => array === place);
    if (!there && this.launch.clock.now() < this.room.notBefore) return;
    this.unsure = undefined;
    if (there) this.accept(place, tasks);
    else {
      this.withdraw(place, tasks);
      if (NO_ROOM.test(this.room.words)) this.most = Math.ceil(tasks.length / 2);
    }
  }

  private accept(place: number, tasks: readonly Task[]): void {
    tasks.forEach(({ files }, index) => {
      for (const file of files) this.launch.taskOf.set(file, { array: place, index });
    });
    this.arrays.push(place);
    this.launch.inQueue += tasks.length;
    this.next += tasks.length;
    this.room = { since: undefined, notBefore: 0, words: '' };
    this.most *= 2;
    this.most = Math.min(this.most, this.limit);
  }

  private withdraw(place: number, tasks: readonly Task[]): void {
    this.launch.submissions.arrays.splice(place, 1);
    this.launch.save();
    this.left.unshift(...tasks);
  }

  private wait(words: string): void {
    const now = this.launch.clock.now();
    const since = this.room.since ?? now;
    if (now - since > PATIENCE)
      throw new RunError(
        'no-room',
        `sbatch has taken no job for ${Math.round((now - since) / 60_000)} minutes: ${words}. Continue with --resume later.`,
      );
    this.room = { since, notBefore: now + TRY_AGAIN, words };
  }
}

/** Returns the seconds of the longest task; undefined where one is unknown. */
function longest(tasks: readonly Task[]): number | undefined {
  const all = tasks.map(({ seconds }) => seconds);
  return all.some((s) => s === undefined) ? undefined : Math.max(...(all as number[]));
}

/** Writes a small file that is written again whenever it is needed, without the cost of flushing it. */
function writePlain(path: string, text: string): void {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw clearFileError(error, path, text.length);
  }
}

function makeFolder(path: string): void {
  if (existsSync(path)) return;
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw clearFileError(error, path, 0);
  }
}
