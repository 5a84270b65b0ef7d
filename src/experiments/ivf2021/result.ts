/** The result of a run in a few lines for people, and as one document for machines. */
import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import type { RunResult } from '../../runs/run.js';
import { lineOf } from '../../terminal/findings.js';
import { readResults } from './stages.js';

/** What --json prints for a run. */
export function resultOf({ folder, record }: RunResult): unknown {
  const reported = record.stages.report.status === 'done';
  return { folder, config: record.config, stages: record.stages, ...(reported && (analysisOf(folder) as object)) };
}

/** What --json prints for an analysis. */
export function analysisOf(out: string): unknown {
  return { out, report: join(out, 'report.html'), findings: readResults(out).findings };
}

export function summaryOf({ folder, record }: RunResult): string {
  if (record.stages.report.status === 'done') return analysisSummary(folder);
  return `trained and recorded in ${folder}\nmeasure it with:  thermograd reproduce ivf2021 --resume --out ${shellWord(folder)}`;
}

/** The findings, one to a line, and where the report is. */
export function analysisSummary(out: string): string {
  const { findings } = readResults(out);
  return [...findings.map(lineOf), `report: ${join(out, 'report.html')}`].join('\n');
}
