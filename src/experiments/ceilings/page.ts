/** The report of `reproduce ceilings`. */
import type { Finding } from '../../report/finding.js';
import type { Report } from '../../report/input.js';
import type { CeilingsInput } from './measured.js';
export function renderCeilings(
  _: CeilingsInput,
): Report & { findings: readonly Finding[]; conclusion: readonly string[] } {
  throw new Error('no page yet');
}
