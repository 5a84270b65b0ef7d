/** A report as files in a folder of results, and the facts of the run that every report states. */
import { join } from 'node:path';
import { plainData } from '../numeric/json.js';
import { writeWhole } from '../record/files.js';
import { writeJson } from '../record/json.js';
import type { Finding } from '../report/finding.js';
import type { Report, RunFacts } from '../report/input.js';
import { THEORY_FILE } from '../report/theory.js';
import type { RecordBase } from './record.js';
import { theoryPage } from './theory-page.js';

/** The name of the document with the findings alone. */
export const FINDINGS_FILE = 'findings.json';

/**
 * Returns the files of a report by their names inside its folder: figures/*.svg and *.csv, tables/*.csv, the JSON document
 * (report.json unless another name is given), report.html with the pages of the theory that it links to. The page comes
 * last: where it exists, the rest does.
 */
export function reportFiles(report: Report, document = 'report.json'): Map<string, string> {
  return new Map([
    ...Object.entries(report.figures).map(([name, svg]) => [`figures/${name}.svg`, svg] as const),
    ...Object.entries(report.figureData).map(([name, text]) => [`figures/${name}.csv`, text] as const),
    ...Object.entries(report.tables).map(([name, text]) => [`tables/${name}`, text] as const),
    [document, report.json],
    [THEORY_FILE, theoryPage()],
    ['report.html', report.html],
  ]);
}

/**
 * Writes a report into a folder, each file whole, and the findings where they are given.
 * @throws RunError when the disk is full or not writable
 */
export function writeReport(folder: string, report: Report & { readonly findings?: readonly Finding[] }): void {
  if (report.findings) writeJson(join(folder, FINDINGS_FILE), report.findings);
  for (const [name, text] of reportFiles(report)) writeWhole(join(folder, name), text);
}

/** The part of a record from which the facts of a run are taken. */
type Recorded = Pick<RecordBase<never>, 'versions' | 'kernelBuild' | 'machine'> & {
  readonly linearAlgebra?: string | null;
};

/**
 * Returns the facts of a run as plain data for its report: its settings (the config, the seeds), then versions, kernel
 * build, linear algebra and machine of the record, then what else the experiment states, such as the seconds of its
 * stages and the data.
 */
export function factsOf(
  { versions, kernelBuild: kernel, linearAlgebra, machine }: Recorded,
  asked: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): RunFacts {
  const facts = { ...asked, versions, kernel, ...(linearAlgebra && { linearAlgebra }), machine, ...more };
  return plainData(facts) as unknown as RunFacts;
}
