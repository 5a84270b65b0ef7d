/** The first tasks of a study of which nobody knows how long its cells take: single cells, whose logs tell it. */
import { divide, sample } from './chunks.js';
import type { Launch, Waiting } from './launch.js';
import { readLog, type TaskLog } from './logs.js';
import type { Task } from './submit.js';

/** Cells that are timed at most; and the share of cells, as one over this number. */
const [MOST, SHARE] = [8, 10];
/** Milliseconds for which the first cells may run before all others are submitted as single tasks, and may wait. */
const [RUN, WAIT] = [60_000, 600_000];
/** Milliseconds for which documents of tasks that have ended may be seen late. */
const LATE = 30_000;

type Cell = Launch['work']['cells'][number];

/** Divides cells into tasks by what is known of their time. */
export function tasksOf(launch: Launch, cells: readonly Cell[], slots: number, single = false): Task[] {
  const { options } = launch.setting;
  const seconds = cells.map((cell) => launch.secondsOf(cell));
  const places = divide(seconds, { slots, cells: single ? 1 : options.cells, longest: launch.longest });
  return places.map((task) => {
    const all = task.map((i) => seconds[i]);
    return {
      files: task.map((i) => cells[i].file),
      seconds: all.some((s) => s === undefined) ? undefined : (all as number[]).reduce((a, b) => a + b, 0),
    };
  });
}

/** Says whether the time of cells has to be measured before they can be divided well. */
export const needsProbe = (launch: Launch, cells: readonly Cell[], slots: number): boolean =>
  launch.setting.options.cells === undefined &&
  cells.length > 2 * slots &&
  cells.some((cell) => launch.secondsOf(cell) === undefined);

/** Divides cells into those that are timed and the others. */
export function probeOf(cells: readonly Cell[], slots: number): { first: Cell[]; rest: Cell[] } {
  const chosen = new Set(sample(cells.length, Math.max(1, Math.min(MOST, slots, Math.ceil(cells.length / SHARE)))));
  return { first: cells.filter((_, i) => chosen.has(i)), rest: cells.filter((_, i) => !chosen.has(i)) };
}

/** Follows the first tasks and says when the others can be divided. */
export class Probe {
  private submitted: number | undefined;
  private running: number | undefined;
  private over: number | undefined;

  constructor(
    private readonly launch: Launch,
    private readonly first: readonly Cell[],
  ) {}

  /**
   * Looks at the first tasks.
   * @returns 'wait'; 'go' when the others can be submitted, with the time of a cell noted where it is known; 'failed' when all first
   * tasks ended without a document
   */
  look(lines: readonly Waiting[]): 'wait' | 'go' | 'failed' {
    const { launch } = this;
    const now = launch.clock.now();
    this.submitted ??= now;
    if (lines.some(({ state }) => state === 'RUNNING')) this.running ??= now;
    this.over = lines.length > 0 ? undefined : (this.over ?? now);
    const none = this.first.every(({ file }) => launch.missing.has(file));
    const failed = none && this.first.every((cell) => (this.logOf(cell)?.exitCode ?? 0) !== 0);
    const over = this.over !== undefined && (!none || failed || now - this.over >= LATE);
    const long = this.running !== undefined && now - this.running >= RUN;
    if (!over && !long && now - this.submitted < WAIT) return 'wait';
    const rates = this.first.flatMap((cell) => this.rate(cell) ?? []);
    if (rates.length > 0) launch.rate = rates.reduce((a, b) => a + b, 0) / rates.length;
    return over && none ? 'failed' : 'go';
  }

  /** Returns the seconds of a unit of weight, start of the program included, when the task of a cell has ended well. */
  private rate(cell: Cell): number | undefined {
    const log = this.logOf(cell);
    if (this.launch.missing.has(cell.file) || log?.seconds === undefined || log.exitCode !== 0) return undefined;
    return Math.max(log.seconds, 0.5) / cell.weight;
  }

  private logOf({ file }: Cell): TaskLog | undefined {
    const { submissions, taskOf, files } = this.launch;
    const place = taskOf.get(file);
    const job = place && submissions.arrays[place.array]?.job;
    return job ? readLog(files.log(job, place.index)) : undefined;
  }
}
