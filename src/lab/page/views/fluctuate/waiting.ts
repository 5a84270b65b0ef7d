/** What stands in a panel that has nothing to draw. */
import { formatCount } from '../../../../report/format.js';
import { phase, progress } from '../../store.js';
import { FEWEST_ROWS, failures, type Kind, running } from './schedule.js';

/** Says why there is no picture of `kind` yet; nothing when there is one. */
export function waitingFor(kind: Kind, data: unknown): string | undefined {
  if (data !== undefined) return undefined;
  const why = failures.value[kind];
  if (why) return why;
  if (running.value?.kind === kind) return 'Being measured …';
  const rows = progress.value?.window.rows ?? 0;
  if (rows >= FEWEST_ROWS)
    return kind === 'flatness'
      ? 'Not measured yet: press Measure widths, or wait until the window is full.'
      : 'Not measured yet.';
  return phase.value === 'running'
    ? `Waiting for ${formatCount(FEWEST_ROWS)} rows of the window; there are ${formatCount(rows)}.`
    : 'Start training: this is measured from the weights of the last steps.';
}
