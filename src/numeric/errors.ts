/**
 * The errors that thermograd raises. Each message is one sentence: who wanted what, what came, what to do.
 *
 * `InputError`: wrong input or use (the command line exits with 2). `RunError`: a run that failed (exit 1).
 */

/** Characters of the longest sentence, and how many are kept of the beginning and the end of a longer one. */
const [LONGEST, HEAD, TAIL] = [1500, 900, 500];

/**
 * Cuts the middle out of a sentence that would not be read, such as one that repeats a long list that was given, and
 * says `nothing` where a value is missing.
 */
export function readable(text: string): string {
  const plain = text.replace(/(?<=[ ,'])undefined(?=[ ,.;)\]']|$)/g, 'nothing');
  return plain.length <= LONGEST ? plain : `${plain.slice(0, HEAD)} … ${plain.slice(-TAIL)}`;
}

/** Writes a value for a sentence: JSON, at most 120 characters; `nothing` where there is none. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length <= 120 ? text : `${text.slice(0, 80)} … (${text.length} characters)`;
}

/** Describes a value in a few words. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty array' : `an array of ${value.length} (the first is ${kindOf(value[0])})`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `the text '${value.slice(0, 20)}'`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const keys = Object.keys(value).slice(0, 6).join(', ');
  return keys ? `an object with ${keys}` : 'an object without values';
}

/** Serves as the base of all errors that thermograd raises on purpose. `code` is stable and meant for machines. */
export class ThermogradError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(readable(String(message)), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** Reports wrong input or wrong use; nothing was started and nothing written. */
export class InputError extends ThermogradError {}

/** Reports a run that started and failed; what it wrote stays readable. */
export class RunError extends ThermogradError {}

/** Reports that training met a loss that is not a finite number. */
export class DivergedError extends RunError {
  constructor(
    readonly step: number,
    readonly loss: number,
    readonly learningRate: number,
  ) {
    super(
      'diverged',
      `training diverged at step ${step}: the minibatch loss is ${loss} with learning rate ${learningRate}; ` +
        `try a learning rate of ${Number((learningRate / 4).toPrecision(2))} or a larger batch.`,
    );
  }
}

/** Throws an `InputError` unless `ok`. */
export function check(ok: boolean, code: string, message: string | (() => string)): asserts ok {
  if (!ok) throw new InputError(code, typeof message === 'string' ? message : message());
}
