import type { Finding } from '../../src/report/finding.js';

const ORDER = ['reproduced', 'reproduced with another exponent', 'not reproduced', 'not decidable with this run'];

/** Findings in the order of the table on a page. */
export const byVerdict = (findings: readonly Finding[]): Finding[] =>
  ORDER.flatMap((verdict) => findings.filter((f) => f.verdict === verdict));
