/** Public names of the room report that need no module of Node: findings, reports, figures as PDF. */

export type { Drawings, Figure } from '../report/figures/frame.js';
export type { Finding, Verdict } from '../report/finding.js';
export type { Json as JsonValue, Report, RunFacts } from '../report/input.js';
export { renderPdf } from '../report/pdf.js';
