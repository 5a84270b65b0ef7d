/** Findings and estimates in the documents of a folder, read without trusting them. */
import type { Finding, Verdict } from '../report/finding.js';

/** A measured number of a run. */
export interface RunNumber {
  /** Stable name, such as ivf.psi. */
  readonly id: string;
  readonly value: number;
  /** One standard error; null where it is not known. */
  readonly standardError: number | null;
  readonly n: number;
  readonly unit: string;
  readonly verdict?: Verdict;
}

/** The verdicts, in the order in which the page shows them. */
export const VERDICTS: readonly Verdict[] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

const number = (value: unknown): number =>
  typeof value === 'number' ? value : value === 'Infinity' ? Number.POSITIVE_INFINITY : Number.NaN;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Returns the findings of a document; entries that are none are left out. */
export function findingsIn(document: unknown): Finding[] {
  if (!Array.isArray(document)) return [];
  return document.flatMap((entry): Finding[] => {
    const { id, verdict, measured, predicted, range } = entry ?? {};
    if (typeof id !== 'string' || !VERDICTS.includes(verdict) || typeof measured !== 'object' || measured === null)
      return [];
    return [
      {
        id,
        claim: text(entry.claim),
        source: text(entry.source),
        measured: {
          value: number(measured.value),
          standardError: number(measured.standardError),
          n: number(measured.n),
          method: text(measured.method),
          converged: measured.converged === true,
        },
        unit: text(entry.unit),
        stated: text(entry.stated),
        ...(typeof predicted === 'string' && { predicted }),
        ...(typeof range === 'string' && { range }),
        verdict,
        reason: text(entry.reason),
      },
    ];
  });
}

/** Returns every estimate of a document, named by the keys that lead to it; those without a finite value are left out. */
export function estimatesIn(document: unknown, most = 200): RunNumber[] {
  const found: RunNumber[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || found.length >= most || path.length > 8) return;
    const entry = value as Record<string, unknown>;
    if (typeof entry.value === 'number' && 'standardError' in entry) {
      const standardError = number(entry.standardError);
      found.push({
        id: path.join('.'),
        value: entry.value,
        standardError: Number.isFinite(standardError) ? standardError : null,
        n: number(entry.n),
        unit: text(entry.unit),
      });
      return;
    }
    for (const [key, inner] of Object.entries(entry)) visit(inner, [...path, key]);
  };
  visit(document, []);
  return found;
}
