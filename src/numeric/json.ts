/**
 * JSON documents of numbers. JSON has no notation for numbers that are not finite: here they are the strings "NaN",
 * "Infinity" and "-Infinity", so that null always means that there is no value.
 */

const WORDS = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const encode = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

const decode = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && WORDS.has(value) ? WORDS.get(value) : value;

/** Writes a value on one line. */
export const jsonLine = (value: unknown): string => JSON.stringify(value, encode);

/** Writes a document as it is kept in files: indented by one space a level, with a line feed at its end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, encode, 1)}\n`;

/**
 * Reads what `jsonText` and `jsonLine` wrote.
 * @throws SyntaxError if the text is not JSON
 */
export const parseJson = (text: string): unknown => JSON.parse(text, decode);

/** Returns a value as it would be read back: plain data, without what JSON does not keep. */
export const plainData = <T>(value: T): T => (value === undefined ? value : (parseJson(jsonLine(value)) as T));

/** Says whether two values are the same document. */
export const sameData = (a: unknown, b: unknown): boolean => jsonLine(plainData(a)) === jsonLine(plainData(b));
