/** The names of the files that an analysis of a recording leaves. */
import { FINDINGS_FILE } from '../../jobs/report-folder.js';
import { THEORY_FILE } from '../../report/theory.js';

/** What was read and asked; principal directions; all numbers and findings. */
export const [SETTINGS, DIRECTIONS, DOCUMENT] = ['settings.json', 'directions.npz', 'analysis.json'];
export const FILES = [SETTINGS, DIRECTIONS, DOCUMENT, FINDINGS_FILE, 'report.html', THEORY_FILE, 'figures', 'tables'];

/** By this format in its settings a folder is known as the analysis of a recording. */
export const ANALYSIS_FORMAT = 'thermograd recording analysis';
