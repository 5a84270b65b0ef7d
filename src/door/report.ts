/** Public names of the room report that need no module of Node: findings, reports, figures as PDF. */

export type { Finding, Verdict } from '../report/finding.js';
export type { Report, RunFacts } from '../report/input.js';
export { renderPdf } from '../report/pdf.js';
