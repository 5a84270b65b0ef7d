/** Draws the report of an analysis again from its numbers: nothing is measured, and neither recording nor model is needed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refuseLinks, verifyOutputs } from '../../jobs/outputs.js';
import { FINDINGS_FILE, reportFiles } from '../../jobs/report-folder.js';
import { check, InputError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { writeWhole } from '../../record/files.js';
import { readPart } from '../../record/json.js';
import { ANALYSIS_FORMAT, DOCUMENT, SETTINGS } from './files.js';
import type { RecordingReportInput } from './page.js';

/** The content of settings.json that is needed here. */
interface Settings {
  readonly format: string;
  readonly outputs: Parameters<typeof verifyOutputs>[1];
}

/** Says whether a folder is the analysis of a recording. */
export function isRecordingAnalysis(folder: string): boolean {
  const path = join(folder, SETTINGS);
  try {
    return existsSync(path) && readPart<Partial<Settings>>(path, []).format === ANALYSIS_FORMAT;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/**
 * Writes the report of an analysis of a recording again, with its figures and tables, and returns the path of the page. The numbers in
 * analysis.json stay as they are.
 * @throws InputError for another folder, and where the numbers are not those that the analysis left
 */
export async function reportRecording(folder: string): Promise<RecordingReportInput & { readonly path: string }> {
  is.given('reportRecording', { folder }, { folder: is.path });
  check(
    isRecordingAnalysis(folder),
    'not-analysed',
    () => `${folder} is no analysis of a recording; thermograd analyse PATH makes one.`,
  );
  refuseLinks(folder);
  verifyOutputs(folder, readPart<Settings>(join(folder, SETTINGS), ['outputs']).outputs, [DOCUMENT, FINDINGS_FILE]);
  const parts = ['title', 'measured', 'findings', 'leftOut', 'run'] as const;
  const document = readPart<RecordingReportInput>(join(folder, DOCUMENT), parts);
  // drawing loads large packages
  const { renderRecording } = await import('./page.js');
  for (const [name, text] of reportFiles(renderRecording(document), DOCUMENT))
    if (name !== DOCUMENT) writeWhole(join(folder, name), text);
  return { ...document, path: join(folder, 'report.html') };
}
