/** Help texts laid out for the width of a terminal: prose is broken anew, examples and lists keep their columns. */
import { brokenAt, padded, widthOf } from './wrap.js';

/** A line of two columns: what is typed or named, and what it does, apart by two spaces or more. */
const COLUMNS = /^(\s*\S.*?) {2,}(\S.*)$/;
/** A command that can be copied. */
const COMMAND = /^(\s*)((?:npx )?thermograd\b.*)$/;

/**
 * Breaks a help text into lines of at most `columns`: paragraphs are filled, the second column of a list or an example is
 * broken beneath itself, or put below what it explains where it has no room, and a long command goes on in the next line behind a
 * backslash, so that it can still be copied.
 */
export function helpText(text: string, columns: number): string {
  return joined(text.split('\n'))
    .flatMap((line) => (widthOf(line) <= columns ? [line] : laidOut(line, columns)))
    .join('\n');
}

/** Joins the lines of a paragraph, and those that continue the second column of a line. */
function joined(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (const line of lines) {
    const before = out.at(-1);
    if (before !== undefined && (continuesProse(before, line) || continuesColumn(before, line)))
      out[out.length - 1] = `${before} ${line.trim()}`;
    else out.push(line);
  }
  return out;
}

/** Says whether a line goes on with a paragraph: both are prose that begins at the margin, and the first is as wide as a line. */
const continuesProse = (before: string, line: string): boolean =>
  [before, line].every((l) => /^\S/.test(l) && !/ {2,}/.test(l)) && !before.endsWith(':') && widthOf(before) > 70;

/** Columns from which on a line is none of a list by itself. */
const DEEP = 10;

/** Says whether a line stands beneath the second column of the line before. */
function continuesColumn(before: string, line: string): boolean {
  const match = COLUMNS.exec(before);
  if (!match || /^\s*$/.test(line)) return false;
  const column = before.length - match[2].length;
  const at = line.search(/\S/);
  // of a first column that is wider than its list, the text goes on in the column of the others
  const beneath = at === column || (at >= DEEP && at < column);
  return beneath && !match[2].startsWith('#') && !/\S {2,}\S/.test(line);
}

/** The most columns of a first column beside which there is a second. */
const MOST = 36;

function laidOut(line: string, columns: number): string[] {
  const indent = line.length - line.trimStart().length;
  if (line.trimStart().startsWith('# ')) return beside(' '.repeat(Math.min(indent, 6)), line.trim(), columns);
  const match = COLUMNS.exec(line);
  if (match) {
    const [, first, second] = match;
    const at = line.length - second.length;
    // a list; what explains a command, and whatever has little room beside it, stands below
    if (at <= Math.min(MOST, columns / 2)) return beside(padded(first, at), second, columns);
    return [...command(first, columns), ...beside(' '.repeat(indent + 4), second, columns)];
  }
  return command(line, columns);
}

/** Breaks a text beneath itself; a comment of YAML stays one on every line. */
function beside(first: string, text: string, columns: number): string[] {
  const mark = text.startsWith('# ') ? '# ' : '';
  const lines = brokenAt(text.slice(mark.length), columns - widthOf(first) - mark.length);
  return lines.map((part, k) => (k === 0 ? first : ' '.repeat(widthOf(first))) + mark + part);
}

/** Stands for a space that no line is broken at. */
const TIE = '\u00a0';

/** Breaks a command, which goes on behind a backslash; any other line is broken with its own indentation. */
function command(line: string, columns: number): string[] {
  if (widthOf(line) <= columns) return [line];
  const indent = line.length - line.trimStart().length;
  const spaces = ' '.repeat(indent);
  if (!COMMAND.test(line)) return brokenAt(line.trim(), columns - indent).map((part) => spaces + part);
  // a flag stays with its value, and what stands between quotes together
  const tied = line
    .trim()
    .replace(/'[^']*'/g, (text) => text.replaceAll(' ', TIE))
    .replace(/(?<= --[a-z-]+) (?=[^-\s])/g, TIE);
  const lines = brokenAt(tied, columns - indent - 2, 4).map((part) => part.replaceAll(TIE, ' '));
  return lines.map((part, k) => spaces + (k > 0 ? '    ' : '') + part + (k < lines.length - 1 ? ' \\' : ''));
}
