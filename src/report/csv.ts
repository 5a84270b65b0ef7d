/** CSV documents (RFC 4180) at full precision. A value that does not exist is an empty field. */
import type { Finding } from './finding.js';

export type Cell = string | number | boolean | null | undefined;

/** Writes a CSV document with a header row and CRLF line ends; rows that are too short end in empty fields. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (r: readonly Cell[]) => header.map((_, k) => cell(r[k])).join(',');
  return `${[header, ...rows].map(line).join('\r\n')}\r\n`;
}

function cell(c: Cell): string {
  if (c === null || c === undefined || (typeof c === 'number' && !Number.isFinite(c))) return '';
  const s = String(c);
  return /[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
}

/** Writes the findings as a CSV document, one to a row. */
export function findingsCsv(findings: readonly Finding[]): string {
  return csv(
    [
      'id',
      'claim',
      'source',
      'measured',
      'standard_error',
      'n',
      'converged',
      'unit',
      'stated',
      'predicted',
      'range',
      'verdict',
      'reason',
      'method',
    ],
    findings.map((f) => {
      const m = f.measured;
      return [
        f.id,
        f.claim,
        f.source,
        m.value,
        m.standardError,
        m.n,
        m.converged,
        f.unit,
        f.stated,
        f.predicted,
        f.range,
        f.verdict,
        f.reason,
        m.method,
      ];
    }),
  );
}
