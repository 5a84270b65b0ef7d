/** The CSV documents of a report, read back: names of columns, and rows of numbers or texts. */

/** A table with the texts of its fields. */
export interface TextTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads a CSV document (RFC 4180) with a header row; empty lines are left out. */
export function readTable(name: string, text: string): TextTable {
  const rows: string[][] = [];
  let [row, field, quoted] = [[] as string[], '', false];
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') endField();
    else if (c === '\n') endRow();
    else if (c !== '\r') field += c;
  }
  if (field !== '' || row.length > 0) endRow();
  const [columns = [], ...body] = rows;
  return { name, columns, rows: body };
}

/** Returns a column as numbers, NaN where a field is none; undefined where fewer than half of the fields are numbers. */
export function numbersOf(table: TextTable, column: number): Float64Array | undefined {
  const values = Float64Array.from(table.rows, (row) => (row[column]?.trim() ? Number(row[column]) : Number.NaN));
  return values.length > 0 && values.filter((v) => !Number.isNaN(v)).length >= values.length / 2 ? values : undefined;
}
