/** One call of the launcher: its work, what it has submitted, what is in the queue, which documents are missing. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { RunError } from '../../numeric/errors.js';
import type { CellRunner, CellWork } from '../cells.js';
import { presentIn } from '../present.js';
import type { SlurmClient } from './client.js';
import { type Clock, PATIENCE } from './clock.js';
import type { SlurmOptions } from './options.js';
import type { Prologue } from './prologue.js';
import type { QueueLine } from './queue.js';
import { refusalOf } from './refusals.js';
import { slurmFiles } from './script.js';
import { commentOf, listOf, placeOf, readSubmissions, type Submissions, saveSubmissions } from './submissions.js';

/** Says how cells are submitted. */
export interface Setting {
  readonly client: SlurmClient;
  readonly clock: Clock;
  readonly options: SlurmOptions;
  readonly prologue: Prologue;
  /** The Node and the program that tasks run. */
  readonly node: string;
  readonly program: string;
}

/** Names one task of an array of this folder. */
export interface TaskPlace {
  /** Place of its array in the document of submissions. */
  readonly array: number;
  /** Its number in the array. */
  readonly index: number;
}

/** Holds the tasks that one line of the queue names. */
export interface Waiting extends QueueLine {
  readonly array: number;
}

type Cell = CellWork['cells'][number];

/** Holds the state of one call. */
export class Launch {
  readonly submissions: Submissions;
  /** Cells without a document, by their documents. */
  readonly missing: Map<string, Cell>;
  /** The last task that was given each document. */
  readonly taskOf = new Map<string, TaskPlace>();
  /** Why tasks were ended that no node could start, by `job_task`. */
  readonly unstarted = new Map<string, string>();
  /** Becomes true with the first document or log of a task: nodes see the folder. */
  seen = false;
  /** Places of arrays whose jobs were found in the queue although nobody had noted them. */
  strays: number[] = [];
  private begun = false;
  /** Seconds of a unit of weight, once tasks have been timed. */
  rate: number | undefined;
  /** Tasks in the queue, when it was last seen. */
  inQueue = 0;
  /** The longest task in seconds, where a user has chosen the time limit. */
  longest: number | undefined;
  /** Factors on time and memory, raised when tasks met their limits. */
  readonly more = { time: 1, memory: 1 };
  readonly files: ReturnType<typeof slurmFiles>;
  readonly jobName: string;
  private silentSince: number | undefined;
  private asked = false;

  constructor(
    readonly setting: Setting,
    readonly work: CellWork,
    readonly folder: string,
    readonly io: Parameters<CellRunner['run']>[1],
  ) {
    this.files = slurmFiles(folder);
    this.submissions = readSubmissions(folder);
    this.missing = new Map(work.cells.map((cell) => [cell.file, cell]));
    this.jobName = `thermograd-${basename(folder)
      .replace(/[^\w.-]+/g, '-')
      .slice(0, 60)}`;
  }

  get clock(): Clock {
    return this.setting.clock;
  }

  get stopped(): boolean {
    return this.io.signal?.aborted ?? false;
  }

  /** Looks for documents that have appeared. */
  look(): void {
    const present = presentIn(this.folder);
    for (const file of [...this.missing.keys()].filter(present)) {
      if (this.begun) this.seen = true;
      this.missing.delete(file);
      this.io.onDone(file);
    }
    this.begun = true;
  }

  /** Reports progress. */
  say(note?: string): void {
    this.io.onProgress?.(this.work.cells.length - this.missing.size, note);
  }

  /** Returns the seconds that a cell is expected to take; undefined where nobody knows. */
  secondsOf({ seconds, weight }: Cell): number | undefined {
    if (this.rate !== undefined) return this.rate * weight;
    return seconds;
  }

  /**
   * Returns the jobs of this folder in the queue, and looks for documents. Notes the numbers of jobs that a coordinator did not live to
   * write down; undefined while Slurm does not answer.
   * @throws RunError when it has not answered for ten minutes
   */
  async queue(): Promise<readonly Waiting[] | undefined> {
    const lines = await this.setting.client.queue(this.jobName);
    if (typeof lines === 'string') {
      const first = !this.asked && refusalOf(lines) !== 'away';
      this.silentSince ??= this.clock.now();
      const silent = this.clock.now() - this.silentSince;
      if (first || silent > PATIENCE)
        throw new RunError(
          'no-answer',
          `Slurm does not answer${first ? '' : ` since ${Math.round(silent / 60_000)} minutes`}; squeue says: ${lines}. Jobs that were submitted go on; continue with --resume when it answers again.`,
        );
      this.say(`Slurm does not answer: ${lines}`);
      return undefined;
    }
    this.asked = true;
    this.silentSince = undefined;
    const ours = this.ours(lines);
    this.look(); // a task that is not in the queue has written its documents before
    return ours;
  }

  private ours(lines: readonly QueueLine[]): Waiting[] {
    const { arrays } = this.submissions;
    let adopted = false;
    const out = lines.flatMap((line): Waiting[] => {
      const place = placeOf(this.submissions, line);
      const array = arrays[place ?? -1];
      if (place === undefined || !array) return [];
      if (array.job === null) {
        [array.job, adopted] = [line.job, true];
        this.strays.push(place);
      }
      return [{ ...line, array: place }];
    });
    if (adopted) this.save();
    this.inQueue = out.reduce((sum, { tasks }) => sum + (tasks?.length ?? 1), 0);
    return out;
  }

  /** Notes which documents the tasks in the queue will write; they are not submitted again. */
  attach(lines: readonly Waiting[]): Set<string> {
    const covered = new Set<string>();
    for (const { array, tasks } of lines) {
      const { round, first, tasks: count } = this.submissions.arrays[array];
      for (const index of tasks ?? Array.from({ length: count }, (_, i) => i))
        for (const file of listOf(this.folder, round, first + index)) {
          covered.add(file);
          this.taskOf.set(file, { array, index });
        }
    }
    return covered;
  }

  save(): void {
    saveSubmissions(this.folder, this.submissions);
  }

  comment(place: number): string {
    return commentOf(this.submissions, place);
  }

  /**
   * Stops when another call has ended the jobs.
   * @throws RunError
   */
  checkCancelled(): void {
    if (existsSync(this.files.cancelled))
      throw new RunError(
        'cancelled',
        `the jobs of ${this.folder} were ended with --cancel; documents that were done are kept, continue with --resume.`,
      );
  }

  /**
   * Ends all jobs of this folder in the queue and waits until they have left it, for a minute at most.
   * @param gently - those that run get ten seconds to end by themselves
   */
  async clear(gently = false): Promise<void> {
    for (let tries = 0; tries < 30; tries++) {
      const lines = await this.queue();
      if (lines?.length === 0) return;
      const now = (lines ?? []).filter(({ state }) => !gently || tries >= 5 || state === 'PENDING');
      if (now.length > 0 && tries % 5 === 0)
        await this.setting.client.cancel([...new Set(now.map(({ job }) => job))], gently && tries < 5);
      await this.clock.sleep(2000);
    }
  }
}
