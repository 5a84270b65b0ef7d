/** Links from a report to the statements of docs/theory that it rests on: `[D3]` becomes a link to `theory.html#D3`. */
import { CHAPTERS, STATEMENTS } from './theory-statements.js';

/** Name of the rendered docs/theory, which lies beside every report. */
export const THEORY_FILE = 'theory.html';

const TAG = /\[([A-Z]\d{1,2})\]/g;
/** The word "theory" with a chapter, or before a tag; at the beginning of a text or of a part of it the word is left out. */
const WORD = /(; |: |)\btheory (?:§(\d+b?)\b|(?=\[([A-Z]\d{1,2})\]))/g;

const link = (anchor: string, text: string, title: string): string =>
  `<a href="${THEORY_FILE}#${anchor}" title="Theory: ${title}">${text}</a>`;

/**
 * Links in text that is markup already, escaped and without links around a tag. "ivf2021; theory [P4]" becomes "ivf2021 [P4]" with the
 * tag as a link whose title says what the statement is about, "theory §6" a linked "§6". What names no statement or chapter of
 * docs/theory stays as it is.
 */
export function linkTags(markup: string): string {
  return markup
    .replace(WORD, (whole, before: string, chapter: string | undefined, tag: string | undefined, at: number) => {
      const title = chapter === undefined ? STATEMENTS[tag!] : CHAPTERS[chapter];
      if (title === undefined) return whole;
      const kept = before === '' && at > 0 ? 'theory ' : before === '; ' ? ' ' : before;
      return chapter === undefined ? kept : kept + link(`section-${chapter}`, `§${chapter}`, title);
    })
    .replace(TAG, (whole, tag: string) => (tag in STATEMENTS ? link(tag, whole, STATEMENTS[tag]) : whole));
}
