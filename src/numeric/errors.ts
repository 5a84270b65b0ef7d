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

/** Serves as the base of all errors that thermograd raises on purpose. `code` is stable and meant for machines. */
export class ThermogradError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(readable(message));
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
