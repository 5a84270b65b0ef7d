/**
 * Progress on the terminal: one line that is rewritten, or a new line every 15 s where the output is a file or a pipe.
 */
import type { Progress } from '../jobs/context.js';

/** Takes text; process.stderr in the program. */
interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows progress and messages. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Writes a line of its own above the progress. */
  say(text: string): void;
  /** Ends the line; `well` says whether the last stage is done. */
  end(well: boolean): void;
}

/** Milliseconds between updates on a terminal, and between lines elsewhere. */
const [FAST, SLOW] = [100, 15_000];

/**
 * Makes a `ProgressLine` on a screen.
 * @param now - clock in milliseconds
 */
export function progressLine(screen: Screen, now: () => number): ProgressLine {
  let stage = '';
  let startTime = 0;
  let startDone = 0;
  let lastTime = Number.NEGATIVE_INFINITY;
  let shown = '';
  const clear = () => {
    if (screen.isTTY && shown) screen.write(`\r${' '.repeat(shown.length)}\r`);
    shown = '';
  };
  const finish = () => {
    if (!stage) return;
    clear();
    screen.write(`${stage.padEnd(9)} done in ${duration((now() - startTime) / 1000)}\n`);
    stage = '';
  };
  return {
    show(progress) {
      const time = now();
      if (progress.stage !== stage) {
        finish();
        stage = progress.stage;
        startTime = time;
        startDone = progress.done;
        lastTime = Number.NEGATIVE_INFINITY;
      }
      if (time - lastTime < (screen.isTTY ? FAST : SLOW)) return;
      lastTime = time;
      const text = describe(progress, (time - startTime) / 1000, startDone);
      if (!screen.isTTY) {
        screen.write(`${text}\n`);
        return;
      }
      const line = text.slice(0, (screen.columns ?? 100) - 1);
      screen.write(`\r${line.padEnd(shown.length)}`);
      shown = line;
    },
    say(text) {
      clear();
      screen.write(`${text}\n`);
    },
    end(well) {
      if (well) finish();
      clear();
      stage = '';
    },
  };
}

/**
 * Describes progress in one line: stage, share, counts, a note, and the time left at the mean rate of this stage so
 * far.
 * @param elapsed - seconds since the stage began, at `startDone` units
 */
export function describe(progress: Progress, elapsed: number, startDone = 0): string {
  const { stage, done, total, unit, note } = progress;
  const parts = [stage.padEnd(9)];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((100 * done) / total)} %`.padStart(5));
  if (done > 0) parts.push(total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`);
  if (note) parts.push(note);
  if (total !== undefined && done > startDone && elapsed > 1 && done < total)
    parts.push(`${duration((elapsed * (total - done)) / (done - startDone))} left`);
  return parts.join('  ');
}

/** Writes a duration in seconds as words: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 100) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}
