/** Public names of the room experiments that need no module of Node: findings and pages of experiments, from documents in memory. */

export { ao2022Findings } from '../experiments/ao2022/findings.js';
export { potentialFigure } from '../experiments/decompose/figures/potential.js';
export type { Ivf2021Input } from '../experiments/ivf2021/facts.js';
export { ivf2021Findings } from '../experiments/ivf2021/findings.js';
export { type ReportInput, renderReport } from '../experiments/ivf2021/page.js';
