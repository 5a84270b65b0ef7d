/** The result of a run, as a few lines of text and as one document. */
import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import type { RunResult } from '../../runs/run.js';
import { findingLines } from '../../terminal/findings.js';
import { readResults } from './stages.js';

/** Returns what --json prints for a run. */
export function resultOf({ folder, record }: RunResult): unknown {
  const reported = record.stages.report.status === 'done';
  const measured = reported ? (analysisOf(folder) as object) : { report: join(folder, 'report.html') };
  return { folder, config: record.config, stages: record.stages, ...measured };
}

/** Returns what --json prints for an analysis. */
export function analysisOf(out: string): unknown {
  return { out, report: join(out, 'report.html'), findings: readResults(out).findings };
}

/** Writes the result of a run as text. */
export function summaryOf({ folder, record }: RunResult): string {
  if (record.stages.report.status === 'done') return analysisSummary(folder);
  return `trained and recorded in ${folder}\nreport: ${join(folder, 'report.html')}\nmeasure it with:  thermograd reproduce ivf2021 --resume --out ${shellWord(folder)}`;
}

/** Writes the table of findings, and the path of the report. */
export function analysisSummary(out: string): string {
  const { findings } = readResults(out);
  return [...findingLines(findings), '', `report: ${join(out, 'report.html')}`].join('\n');
}
