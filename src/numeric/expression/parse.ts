/**
 * Formulas as people write them: + − * / ^, parentheses, functions, `pi` and `e`.
 *
 *     sum     := product (('+' | '-') product)*             left to right
 *     product := signed (('*' | '/') signed)*               left to right
 *     signed  := ('-' | '+') signed | power
 *     power   := atom ('^' signed)?                         2^3^2 = 2^9, −x^2 = −(x^2), 2^−x is allowed
 *     atom    := number | name | name '(' sum (',' sum)* ')' | '(' sum ')'
 *
 * Text is never executed. Texts over 4000 characters and more than 200 levels of nesting are refused, so that every
 * traversal of a formula ends soon.
 */
import { check, InputError, kindOf } from '../errors.js';
import { nearest } from '../spelling.js';
import * as is from '../wants.js';
import { ARITY, call, FUNCTIONS, number, variable } from './build.js';
import type { Expression, Operation } from './expression.js';
import { type Token, tokensOf } from './tokens.js';

/** Says which names a formula may use, and where it comes from. */
export interface ParseOptions {
  /** Names that stay variables. */
  readonly variables: readonly string[];
  /** Names that are replaced by these numbers. */
  readonly parameters?: Readonly<Record<string, number>> | undefined;
  /**
   * Where the formula comes from, such as the config key `landscape.loss`; errors begin with it. Default: "formula".
   */
  readonly source?: string | undefined;
}

/** Says what a {@link ParseOptions} needs. */
export const PARSE_OPTIONS_WANTS = is.shape<ParseOptions>({
  variables: is.listOf(is.text),
  parameters: is.maybe(is.object),
  source: is.maybe(is.text),
});

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
const LONGEST = 4000;
const DEEPEST = 200;

/** The names that no variable and no parameter may have. */
const RESERVED: readonly string[] = [...FUNCTIONS, ...Object.keys(CONSTANTS)];

const isFunction = (name: string): name is (typeof FUNCTIONS)[number] =>
  (FUNCTIONS as readonly string[]).includes(name);

/**
 * Reads a formula.
 * @throws InputError that says in one sentence where the formula comes from, what is wrong at which character, and what
 * may have been meant
 */
export function parseExpression(text: string, options: ParseOptions): Expression {
  is.given('parseExpression', { text, options }, { text: is.text, options: PARSE_OPTIONS_WANTS });
  const { variables, parameters = {}, source = 'formula' } = options;
  for (const name of [...variables, ...Object.keys(parameters)]) {
    check(
      /^[A-Za-z_]\w*$/.test(name) && !RESERVED.includes(name),
      'bad-name',
      () =>
        `${source}: "${name}" cannot name a variable or parameter; use letters, digits and _, and none of ${RESERVED.join(', ')}.`,
    );
    const value = Object.hasOwn(parameters, name) ? parameters[name] : 0;
    check(
      Number.isFinite(value),
      'bad-parameter',
      () => `${source}: parameter ${name} must be a finite number; got ${kindOf(value)}.`,
    );
    check(
      !(variables.includes(name) && Object.hasOwn(parameters, name)),
      'bad-name',
      () => `${source}: "${name}" is a variable and a parameter; rename one of them.`,
    );
  }
  check(
    text.length <= LONGEST,
    'formula-too-long',
    () => `${source}: a formula has at most ${LONGEST} characters; got ${text.length}.`,
  );
  return new Parser(text, variables, parameters, source).whole();
}

class Parser {
  private readonly tokens: readonly Token[];
  private position = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly variables: readonly string[],
    private readonly parameters: Readonly<Record<string, number>>,
    private readonly source: string,
  ) {
    this.tokens = tokensOf(text);
  }

  whole(): Expression {
    check(this.text.trim() !== '', 'bad-formula', () => `${this.source}: a formula is wanted; got an empty text.`);
    const e = this.sum();
    if (this.next.kind !== 'end') this.unexpected('an operator');
    return e;
  }

  private get next(): Token {
    return this.tokens[this.position];
  }

  /** Takes the mark if it comes next. */
  private take(mark: string): boolean {
    const { kind, text } = this.next;
    if (kind !== 'mark' || text !== mark) return false;
    this.position++;
    return true;
  }

  private sum(): Expression {
    if (++this.depth > DEEPEST) this.fail(`is nested more than ${DEEPEST} levels deep`, this.next);
    let e = this.product();
    for (;;) {
      if (this.take('+')) e = call('add', e, this.product());
      else if (this.take('-')) e = call('subtract', e, this.product());
      else break;
    }
    this.depth--;
    return e;
  }

  private product(): Expression {
    let e = this.signed();
    for (;;) {
      if (this.take('*')) e = call('multiply', e, this.signed());
      else if (this.take('/')) e = call('divide', e, this.signed());
      else return e;
    }
  }

  private signed(): Expression {
    if (++this.depth > DEEPEST) this.fail(`is nested more than ${DEEPEST} levels deep`, this.next);
    const e = this.take('-') ? call('negate', this.signed()) : this.take('+') ? this.signed() : this.power();
    this.depth--;
    return e;
  }

  private power(): Expression {
    const base = this.atom();
    return this.take('^') ? call('power', base, this.signed()) : base;
  }

  private atom(): Expression {
    const token = this.next;
    if (token.kind === 'number') {
      this.position++;
      const value = Number(token.text);
      if (!Number.isFinite(value)) this.fail('has a number too large for 64 bits', token);
      return number(value);
    }
    if (token.kind === 'name') {
      this.position++;
      return this.next.kind === 'mark' && this.next.text === '(' && !this.isValue(token.text)
        ? this.function(token)
        : this.named(token);
    }
    if (this.take('(')) {
      const e = this.sum();
      if (!this.take(')')) this.unexpected('")"');
      return e;
    }
    return this.unexpected('a number, a name or "("');
  }

  private isValue(name: string): boolean {
    return this.variables.includes(name) || Object.hasOwn(this.parameters, name) || Object.hasOwn(CONSTANTS, name);
  }

  private named(token: Token): Expression {
    const name = token.text;
    if (this.variables.includes(name)) return variable(name);
    if (Object.hasOwn(this.parameters, name)) return number(this.parameters[name]);
    if (Object.hasOwn(CONSTANTS, name)) return number(CONSTANTS[name]);
    if (isFunction(name)) this.fail(`wants "(" after the function ${name}`, token);
    return this.unknown('name', token, [...this.variables, ...Object.keys(this.parameters), ...RESERVED]);
  }

  private function(token: Token): Expression {
    const name = token.text;
    if (!isFunction(name)) return this.unknown('function', token, FUNCTIONS);
    this.take('(');
    const args = [this.sum()];
    while (this.take(',')) args.push(this.sum());
    if (!this.take(')')) this.unexpected('"," or ")"');
    const wanted = ARITY[name];
    if (args.length !== wanted)
      this.fail(`gives ${name} ${args.length} argument${args.length === 1 ? '' : 's'} where it takes ${wanted}`, token);
    return call(name as Operation, ...args);
  }

  private unknown(what: string, token: Token, known: readonly string[]): never {
    const guess = nearest(token.text, known);
    return this.fail(
      `has the unknown ${what} "${token.text}"`,
      token,
      guess ? `did you mean "${guess}"?` : `known are ${known.join(', ')}.`,
    );
  }

  private unexpected(wanted: string): never {
    const token = this.next;
    const got = token.kind === 'end' ? 'ends' : `has "${token.text}"`;
    return this.fail(
      `${got} where ${wanted} was expected`,
      token,
      token.text === '**' ? 'write ^ for powers.' : undefined,
    );
  }

  private fail(what: string, token: Token, advice?: string): never {
    const shown =
      this.text.length <= 80 ? this.text : `…${this.text.slice(Math.max(0, token.at - 30), token.at + 40)}…`;
    throw new InputError(
      'bad-formula',
      `${this.source}: "${shown}" ${what} at character ${token.at + 1}${advice ? `; ${advice}` : '.'}`,
    );
  }
}
