/** All findings of the model part; their rules are stated in rules.ts. */
import type { Finding } from '../../report/finding.js';
import type { ValleyModelResults } from './measured.js';
import { convergenceFindings, densityFindings } from './motion-findings.js';
import { circulationFindings, freezingFindings, phaseFindings } from './phase-findings.js';
import { potentialFindings } from './potential-findings.js';

export const valleyFindings = (m: ValleyModelResults): Finding[] => [
  ...potentialFindings(m.potential),
  ...densityFindings(m.densities),
  ...convergenceFindings(m.convergence),
  ...phaseFindings(m.phase),
  ...freezingFindings(m.freezing),
  ...circulationFindings(m.circulation),
];
