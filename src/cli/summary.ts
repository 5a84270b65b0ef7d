/** The result of a run in a few lines for people, and as one document for machines. */
import { join } from 'node:path';
import type { RunResult } from '../run/ivf2021.js';

/** What --json prints. */
export function resultOf(result: RunResult): unknown {
  const { folder, record } = result;
  return { folder, stages: record.stages, config: record.config };
}

export function summaryOf(result: RunResult): string {
  const { folder, record } = result;
  const lines = [`trained and recorded in ${folder}`];
  if (record.stages.report.status === 'done') lines.push(`report: ${join(folder, 'report.html')}`);
  return lines.join('\n');
}
