/**
 * Progress on the terminal: one line that is rewritten, or a new line at least every 10 s of work where the output is a file or a pipe.
 */
import type { Progress } from '../jobs/context.js';
import { cut, widthOf, wrapped } from './wrap.js';

/** Takes text; process.stderr in the program. */
interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows progress and messages. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Says again how far the work is, where nothing has been said for a while; to be called every `TICK` milliseconds. */
  tick(): void;
  /** Writes a line of its own above the progress. */
  say(text: string): void;
  /** Ends the line, and what `tick` says; `well` says whether the last stage is done. */
  end(well: boolean): void;
}

/** Milliseconds between two calls of `ProgressLine.tick`. */
export const TICK = 500;
/** Milliseconds between updates on a terminal, and between lines elsewhere: with a tick, less than 10 s. */
const [FAST, SLOW] = [100, 9000];
/** Seconds of a stage that shows nothing but its name, below which it leaves no line. */
const SHORT = 1;

/**
 * Makes a `ProgressLine` on a screen.
 * @param now - clock in milliseconds
 */
export function progressLine(screen: Screen, now: () => number): ProgressLine {
  const begin = now();
  let last: Progress | undefined;
  let startTime = 0;
  let startDone = 0;
  let heard = 0;
  let lastTime = begin;
  let said = false;
  let over = false;
  let shown = '';
  const clear = () => {
    if (screen.isTTY && shown) screen.write(`\r${' '.repeat(widthOf(shown))}\r`);
    shown = '';
  };
  const finish = () => {
    if (!last) return;
    const { stage } = last;
    const seconds = (now() - startTime) / 1000;
    last = undefined;
    clear();
    if (!said && seconds < SHORT) return;
    lastTime = now();
    screen.write(`${stage.padEnd(9)} done in ${duration(seconds)}\n`);
  };
  const draw = () => {
    lastTime = now();
    said = true;
    const columns = screen.isTTY ? (screen.columns ?? 100) - 1 : Number.POSITIVE_INFINITY;
    const text = last
      ? describe(last, (heard - startTime) / 1000, startDone, columns, (lastTime - heard) / 1000)
      : `at work, ${duration((lastTime - begin) / 1000)} so far`;
    if (!screen.isTTY) {
      screen.write(`${text}\n`);
      return;
    }
    const line = cut(text, columns);
    screen.write(`\r${line}${' '.repeat(Math.max(0, widthOf(shown) - widthOf(line)))}`);
    shown = line;
  };
  return {
    show(progress) {
      const begun = progress.stage !== last?.stage;
      if (begun) {
        finish();
        startTime = now();
        startDone = progress.done;
        said = false;
      }
      over = false;
      last = progress;
      heard = now();
      const bare = progress.total === undefined && progress.done === 0 && !progress.note;
      if (bare && !screen.isTTY) return;
      if (!said || now() - lastTime >= (screen.isTTY ? FAST : SLOW)) draw();
    },
    tick() {
      if (!over && now() - lastTime >= (screen.isTTY && last ? 2 * TICK : SLOW)) draw();
    },
    say(text) {
      clear();
      lastTime = now();
      screen.write(`${screen.isTTY ? wrapped(text, screen.columns ?? 100) : text}\n`);
    },
    end(well) {
      if (well) finish();
      clear();
      last = undefined;
      over = true;
    },
  };
}

/**
 * Describes progress in one line: stage, share, counts, a note, and the time left at the mean rate of this stage so
 * far; where that is not known, the time since the stage began. Where the line would be wider than `columns`, the note is cut, then the counts are
 * left out, then the name of the stage is cut; share and time stay.
 * @param elapsed - seconds from the beginning of the stage, at `startDone` units, to the progress
 * @param since - seconds since the progress was reported
 */
export function describe(
  progress: Progress,
  elapsed: number,
  startDone = 0,
  columns = Number.POSITIVE_INFINITY,
  since = 0,
): string {
  const { stage, done, total, unit, note } = progress;
  const share = total !== undefined && total > 0 ? [`${Math.floor((100 * done) / total)} %`.padStart(5)] : [];
  const counts = done > 0 && unit !== '%' ? [total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`] : [];
  const time = timeOf(progress, elapsed, startDone, since);
  const line = (name: string, ...middle: string[]) => [name, ...share, ...middle, ...(time ? [time] : [])].join('  ');
  const name = stage.padEnd(9);
  const room = columns - widthOf(line(name, ...counts)) - 2;
  if (note && room >= Math.min(widthOf(note), LEAST)) return line(name, ...counts, cut(note, room));
  for (const some of [counts, []]) {
    const text = line(name, ...some);
    if (widthOf(text) <= columns) return text;
  }
  return line(cut(stage, Math.max(4, columns - widthOf(line('')))));
}

/** Fewest letters of a note that is cut. */
const LEAST = 12;

/** Seconds after which a stage whose end is not known says since when it is at work. */
const LONG = 5;

function timeOf({ done, total }: Progress, elapsed: number, startDone: number, since: number): string {
  const left =
    total !== undefined && done > startDone && elapsed > 1 && done < total
      ? (elapsed * (total - done)) / (done - startDone) - since
      : 0;
  if (left > 0) return `${duration(left)} left`;
  return elapsed + since >= LONG ? `${duration(elapsed + since)} so far` : '';
}

/** Writes a duration in seconds as words: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 100) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}
