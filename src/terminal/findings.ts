/** Findings as a table of a terminal: grouped by verdict, as wide as the terminal, with totals at the end. */
import { counted } from '../numeric/counted.js';
import type { Finding, Verdict } from '../report/finding.js';
import { formatMarked } from '../report/format.js';
import { brokenAt, type Layout, layoutOf, padded, widthOf } from './wrap.js';

/** The verdicts in the order of the table. */
const VERDICTS: readonly Verdict[] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

/** The heads of the columns. */
const HEADS = ['finding', 'measured', 'stated by the source'] as const;

/** Fewest columns of a table; below, the parts of a finding stand under each other. */
const NARROW = 60;
/** Spaces between columns, and before the first. */
const GAP = 2;

/**
 * Returns the lines of a table of findings: name, what was measured, what the source states. Cells are broken between words, and no line is wider than
 * the layout. Without findings there are no lines.
 */
export function findingLines(
  findings: readonly Finding[],
  layout: Layout = layoutOf(process.stdout, process.env),
): string[] {
  if (findings.length === 0) return [];
  const groups = VERDICTS.map((verdict) => ({ verdict, found: findings.filter((f) => f.verdict === verdict) })).filter(
    ({ found }) => found.length > 0,
  );
  const cells = (f: Finding) => [f.id, formatMarked(f.measured) + (f.unit && ` ${f.unit}`), f.stated] as const;
  const table = tableOf([HEADS, ...findings.map(cells)], layout.columns);
  const head = (text: string) => (layout.bold ? `\x1b[1m${text}\x1b[0m` : text);
  const titles = groups.flatMap(({ verdict, found }) => [
    ...brokenAt(`${verdict} (${found.length})`, layout.columns).map(head),
    ...found.flatMap((f) => table(cells(f))),
    '',
  ]);
  const heads = layout.columns < NARROW ? [] : [...table(HEADS), ''];
  const total = `${counted(findings.length, 'finding')}: ${groups.map(({ verdict, found }) => `${found.length} ${verdict}`).join(', ')}`;
  return [...heads, ...titles, ...brokenAt(total, layout.columns)];
}

type Row = readonly [name: string, measured: string, stated: string];

/** Chooses the widths of three columns for all rows, and returns what lays one out. */
function tableOf(rows: readonly Row[], columns: number): (row: Row) => string[] {
  if (columns < NARROW) return (row) => stacked(row, columns);
  const longest = (k: 0 | 1) => Math.max(...rows.map((row) => widthOf(row[k])));
  const name = Math.min(longest(0), Math.floor(0.36 * columns));
  const measured = Math.min(longest(1), Math.floor(0.3 * columns));
  const stated = columns - name - measured - 3 * GAP;
  return (row) => beside(row, [name, measured, stated]);
}

/** Lays the cells of a row out beside each other. */
function beside(row: Row, widths: readonly number[]): string[] {
  const broken = row.map((cell, k) => brokenAt(cell, widths[k]));
  const height = Math.max(...broken.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    broken
      .map((lines, k) => ' '.repeat(GAP) + padded(lines[at] ?? '', widths[k]))
      .join('')
      .trimEnd(),
  );
}

/** Lays the cells of a row out under each other. */
function stacked([name, measured, stated]: Row, columns: number): string[] {
  const part = (text: string, indent: number) =>
    brokenAt(text, columns - indent).map((line) => ' '.repeat(indent) + line);
  return [...part(name, GAP), ...part(measured, 2 * GAP), ...part(`stated: ${stated}`, 2 * GAP)];
}
