/** What a person expects of weights, from flags; and what they give, said before anything is written. */
import { InvalidArgumentError, Option } from 'commander';
import { type Expectation, type ExpectedState, type JudgedState, judgedWords } from '../runs/expected.js';
import type { Session } from './session.js';

const FORM = /^(\d*\.?\d+(?:e[+-]?\d+)?)(?:(?:±|\+-|\+\/-)(\d*\.?\d+(?:e[+-]?\d+)?))?(%?)$/i;

/** Returns half a unit of the last digit that was written. */
function lastDigit(text: string): number {
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e');
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  return 0.5 * 10 ** (Number(exponent) - decimals);
}

/**
 * Reads a loss, such as 0.0144 or 0.0144±0.0002. Without ± it may differ by 1 % or by half a unit of its last digit,
 * whichever is more.
 * @throws InvalidArgumentError for anything else
 */
export function expectedLoss(text: string): Expectation {
  const match = FORM.exec(text.replace(/\s/g, ''));
  if (!match || match[3])
    throw new InvalidArgumentError(`expected a loss such as 0.0144 or 0.0144±0.001, got '${text}'.`);
  const value = Number(match[1]);
  return { value, within: match[2] ? Number(match[2]) : Math.max(0.01 * value, lastDigit(match[1])) };
}

/**
 * Reads a number of misclassified samples, such as 3 or 3±1, exact without ±; or a share, such as 1.3% or 1.3±0.2%, which
 * may differ by half a unit of its last digit without ±.
 * @throws InvalidArgumentError for anything else
 */
export function expectedErrors(text: string): Expectation {
  const match = FORM.exec(text.replace(/\s/g, ''));
  const [, value, within, percent] = match ?? [];
  if (!match || (!percent && !/^\d+$/.test(value)))
    throw new InvalidArgumentError(
      `expected a number of samples such as 3 or 3±1, or a share such as 1.3%, got '${text}'.`,
    );
  if (!percent) return { value: Number(value), within: Number(within ?? 0) };
  return { value: Number(value) / 100, within: (within ? Number(within) : lastDigit(value)) / 100, share: true };
}

/** Makes the flag --expect-loss. */
export const expectLossOption = (): Option =>
  new Option(
    '--expect-loss <x>',
    'refuse weights whose loss on the training samples is another one; within 1 %, or as in 0.0144±0.001',
  ).argParser(expectedLoss);

/** Makes the flag --expect-error. */
export const expectErrorOption = (): Option =>
  new Option(
    '--expect-error <n>',
    'refuse weights that misclassify another number of training samples; 3 is exact, 3±1, 1.3% or 1.3±0.2% are not',
  ).argParser(expectedErrors);

/** Returns the part of a request that the two flags make. */
export function expectedOf(flags: {
  readonly expectLoss?: Expectation | undefined;
  readonly expectError?: Expectation | undefined;
}): { readonly expected?: ExpectedState } {
  const { expectLoss: loss, expectError: errors } = flags;
  return loss || errors ? { expected: { ...(loss && { loss }), ...(errors && { errors }) } } : {};
}

/** Says what weights give, and what is doubtful about them. */
export function sayJudged(judged: JudgedState, { line }: Session): void {
  line.say(judgedWords(judged));
  for (const doubt of judged.doubts) line.say(`warning: ${doubt}`);
}
