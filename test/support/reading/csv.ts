/** CSV documents (RFC 4180) read back by a reader of its own. */

export interface Table {
  readonly heads: readonly string[];
  /** Without the head. */
  readonly rows: readonly (readonly string[])[];
  /** Cells under a head. @throws Error where there is no such head */
  column(head: string): string[];
  /** The same as numbers; an empty field is NaN. @throws Error for a cell that is neither */
  numbers(head: string): number[];
}

export function readCsv(text: string): Table {
  const [heads, ...rows] = records(text);
  const column = (head: string): string[] => {
    const k = heads.indexOf(head);
    if (k < 0) throw new Error(`no column ${head} among ${heads.join(', ')}`);
    return rows.map((r) => r[k]);
  };
  return { heads, rows, column, numbers: (head) => column(head).map(number) };
}

function number(cell: string): number {
  if (cell === '') return Number.NaN;
  const x = Number(cell);
  if (!Number.isFinite(x)) throw new Error(`${cell} is no number`);
  return x;
}

function records(text: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted] = [[] as string[], '', false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(field.replace(/\r$/, ''));
      field = '';
      if (c === '\n') {
        rows.push(row);
        row = [];
      }
    } else field += c;
  }
  if (field !== '' || row.length > 0) throw new Error('the document does not end with a line end');
  return rows;
}
