/** Text laid out for a number of columns: broken at words, with the later lines indented. */

/** What a text is laid out for. */
export interface Layout {
  readonly columns: number;
  /** Whether bold letters are shown. */
  readonly bold: boolean;
}

/** Columns of an output that is no terminal, and the fewest for which anything is laid out. */
const [USUAL, FEWEST] = [80, 20];

/** Returns the layout of an output: the width of its terminal, or 80 columns without bold letters for a file or a pipe. */
export const layoutOf = (
  { isTTY = false, columns }: { readonly isTTY?: boolean; readonly columns?: number },
  { NO_COLOR, TERM }: { readonly NO_COLOR?: string | undefined; readonly TERM?: string | undefined } = {},
): Layout => ({
  columns: isTTY && columns ? Math.max(FEWEST, columns) : USUAL,
  bold: isTTY && !NO_COLOR && TERM !== 'dumb',
});

/** Returns the columns that a text takes: its characters without combining marks. */
export const widthOf = (text: string): number => [...text.replace(/\p{M}/gu, '')].length;

/** Fills a text with spaces up to `columns`. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** Cuts a text to `columns`, with … in place of what was cut. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1
    ? ''
    : `${[...text]
        .slice(0, columns - 1)
        .join('')
        .trimEnd()}…`;
}

/**
 * Breaks a text into lines of at most `columns`, between words; a word that is longer is broken after a separator (one of /.-_,=), or
 * anywhere where it has none. There is one line at least.
 * @param indent - columns by which all lines but the first are narrower
 */
export function brokenAt(text: string, columns: number, indent = 0): string[] {
  const lines: string[] = [];
  const room = () => (lines.length === 0 ? columns : columns - indent);
  let line = '';
  for (const word of text.split(' ').filter((w) => w !== '')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) <= room()) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > room()) {
      const letters = [...line];
      const head = letters.slice(0, room()).join('');
      const at = Math.max(...[...'/.-_,='].map((c) => head.lastIndexOf(c))) + 1;
      const end = at > room() / 3 ? [...head.slice(0, at)].length : room();
      lines.push(letters.slice(0, end).join(''));
      line = letters.slice(end).join('');
    }
  }
  return [...lines, line];
}

/** Finds what stands before the text of a line: spaces, and a word or two of a label that spaces set apart. */
const LABEL = /^\s*(?:\S(?:\S| (?! )){0,22} {2,})?/;

/**
 * Breaks the lines of a text that are wider than `columns`. What follows is indented as the text of the line is, behind its label
 * where spaces set one apart (`rate     0.1 to …`), and by two columns elsewhere.
 */
export function wrapped(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (widthOf(line) <= columns) return [line];
      const [label] = LABEL.exec(line)!;
      const indent = label.trim() === '' ? label.length + 2 : label.length;
      if (indent > columns / 2) return brokenAt(line, columns);
      const [first, ...rest] = brokenAt(line.slice(label.length), columns - label.length, indent - label.length);
      return [label + first, ...rest.map((part) => ' '.repeat(indent) + part)];
    })
    .join('\n');
}
