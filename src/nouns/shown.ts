/** Results that print well: in a terminal, as text, and as JSON. */

/** The key under which Node's `console.log` asks an object for its text; browsers ignore it. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** Prints itself as its `toString` says, also inside arrays and objects that `console.log` writes. */
export abstract class Shown {
  abstract toString(): string;
  [INSPECT](): string {
    return this.toString();
  }
}

/** Writes rows of cells as lines whose columns are aligned; the first row is their head. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((r) => [...(r[c] ?? '')].length)));
  const line = (r: readonly string[]) => r.map((cell, c) => cell + ' '.repeat(widths[c] - [...cell].length)).join('  ');
  return rows.map((r) => `  ${line(r).trimEnd()}`).join('\n');
}

/** Writes the first `most` rows, and how many more there are. */
export function shortened(head: readonly string[], rows: readonly (readonly string[])[], most = 10): string {
  const text = aligned([head, ...rows.slice(0, most)]);
  return rows.length > most ? `${text}\n  … and ${rows.length - most} more` : text;
}
