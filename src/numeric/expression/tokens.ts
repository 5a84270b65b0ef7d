/** The words of a formula: numbers, names, marks. */

/** Holds one word of a formula. */
export interface Token {
  readonly kind: 'number' | 'name' | 'mark' | 'end' | 'bad';
  readonly text: string;
  /** Position of its first character, from 0. */
  readonly at: number;
}

const WORD = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|[-+*/^(),])|(\S))/y;

/** Splits `text` into words, followed by one `end`. A character that begins no word is a word of kind `bad`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  WORD.lastIndex = 0;
  for (let found = WORD.exec(text); found; found = WORD.exec(text)) {
    const [, digits, name, mark, bad] = found;
    const word = digits ?? name ?? mark ?? bad;
    const kind = digits !== undefined ? 'number' : name !== undefined ? 'name' : mark !== undefined ? 'mark' : 'bad';
    tokens.push({ kind, text: word, at: WORD.lastIndex - word.length });
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}
