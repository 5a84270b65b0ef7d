/** Findings as lines of a terminal. */
import type { Finding } from '../report/finding.js';
import { formatMarked } from '../report/format.js';

/** Writes one finding on one line: its name, what was measured, what the source states, the verdict. */
export function lineOf(f: Finding): string {
  return `${f.id.padEnd(24)} ${formatMarked(f.measured)}${f.unit && ` ${f.unit}`}  stated: ${f.stated}  → ${f.verdict}`;
}
