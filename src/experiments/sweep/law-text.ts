/**
 * Laws as people write them: `psi ~ eta^a B^b`, `trace ~ (eta/B)^a`, `error ~ width^a, a = -1 ± 0.2`. The right side is a product of powers
 * of axes, of numbers of the config or of measured columns; the constant in front is always free. Letters behind ^ are exponents to be
 * fitted, numbers are fixed. Behind a comma stand the values that exponents are expected to have.
 */
import { check } from '../../numeric/errors.js';

/** Holds an expected exponent. */
export interface Expected {
  readonly value: number;
  /** How far from it a measured one may lie and still agree. */
  readonly tolerance: number;
}

/** One name of a law with its exponent: a number plus a sum of letters, each with a factor. */
export interface Factor {
  readonly name: string;
  readonly fixed: number;
  readonly letters: Readonly<Record<string, number>>;
}

/** A law that was read. */
export interface Law {
  readonly text: string;
  /** The measured column. */
  readonly measure: string;
  readonly factors: readonly Factor[];
  /** The letters of the exponents, in the order in which they first stand. */
  readonly letters: readonly string[];
  readonly expected: Readonly<Record<string, Expected>>;
}

/** The tolerance of an expected exponent that has none. */
export const TOLERANCE = 0.1;

const EXAMPLE = "write a law such as 'psi ~ eta^a B^b', 'trace ~ (eta/B)^a' or 'error ~ width^a, a = -1 ± 0.2'";
/** Names may have dots, and dashes before a letter. */
const NAME = String.raw`[A-Za-z_]\w*(?:[.-][A-Za-z_]\w*|\.\d+)*`;
const NUMBER = String.raw`[-+\u2212]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;
const TOKEN = new RegExp(String.raw`\s*(?:(${NAME})|(${NUMBER})|([-+\u2212*·/^()]))`, 'y');

const numberOf = (s: string): number => Number(s.replace('\u2212', '-'));

/**
 * Reads a law.
 * @throws InputError for text that is no law, with an example
 */
export function lawOf(text: string): Law {
  const [body, ...wanted] = text.split(/[,;]/);
  const sides = body.split('~');
  check(sides.length === 2, 'bad-law', () => `the law '${text}' has no single ~; ${EXAMPLE}.`);
  const measure = sides[0].trim();
  check(
    new RegExp(`^${NAME}$`).test(measure),
    'bad-law',
    () => `the law '${text}' has '${measure}' on its left, where the name of a measured column stands; ${EXAMPLE}.`,
  );
  const factors = new Reader(sides[1], text).whole();
  const letters = [...new Set(factors.flatMap((f) => Object.keys(f.letters)))];
  check(letters.length > 0, 'bad-law', () => `the law '${text}' has no exponent to fit; ${EXAMPLE}.`);
  const expected = Object.fromEntries(wanted.map((w) => expectedOf(w, letters, text)));
  return { text: text.trim(), measure, factors, letters, expected };
}

function expectedOf(wanted: string, letters: readonly string[], text: string): [string, Expected] {
  const m = new RegExp(String.raw`^\s*(\w+)\s*=\s*(${NUMBER})\s*(?:(?:±|\+-)\s*(${NUMBER}))?\s*$`).exec(wanted);
  check(
    m !== null && letters.includes(m[1]),
    'bad-law',
    () =>
      `the law '${text}' has '${wanted.trim()}' behind its comma, where an exponent and its expected value stand, such as ${letters[0]} = -1 ± 0.2.`,
  );
  return [m[1], { value: numberOf(m[2]), tolerance: m[3] === undefined ? TOLERANCE : Math.abs(numberOf(m[3])) }];
}

/** Reads the right side of a law. */
class Reader {
  private readonly tokens: { readonly kind: 'name' | 'number' | 'sign'; readonly text: string }[] = [];
  private at = 0;

  constructor(
    source: string,
    private readonly law: string,
  ) {
    TOKEN.lastIndex = 0;
    for (let from = 0; source.slice(from).trim() !== ''; from = TOKEN.lastIndex) {
      const m = TOKEN.exec(source);
      if (!m) throw this.wrong(source.slice(from).trim());
      this.tokens.push({
        kind: m[1] !== undefined ? 'name' : m[2] !== undefined ? 'number' : 'sign',
        text: m[1] ?? m[2] ?? m[3].replace('\u2212', '-').replace('·', '*'),
      });
    }
  }

  whole(): Factor[] {
    const product = this.product();
    if (this.at < this.tokens.length) throw this.wrong(this.tokens[this.at].text);
    return [...product].map(([name, { fixed, letters }]) => ({ name, fixed, letters }));
  }

  private wrong(text: string): Error {
    try {
      check(false, 'bad-law', `the law '${this.law}' cannot be read from '${text || 'its end'}' on; ${EXAMPLE}.`);
    } catch (error) {
      return error as Error;
    }
  }

  private sign(text: string): boolean {
    const t = this.tokens[this.at];
    if (t?.kind !== 'sign' || t.text !== text) return false;
    this.at++;
    return true;
  }

  private product(): Powers {
    const all: Powers = new Map();
    for (let divide = false; ; ) {
      multiply(all, this.power(), divide ? -1 : 1);
      if (this.sign('*')) divide = false;
      else if (this.sign('/')) divide = true;
      else {
        const next = this.tokens[this.at];
        if (next === undefined || (next.kind === 'sign' && next.text !== '(')) return all;
        divide = false;
      }
    }
  }

  private power(): Powers {
    const base = this.base();
    if (!this.sign('^')) return base;
    const minus = this.sign('-');
    const t = this.tokens[this.at++];
    if (t === undefined || t.kind === 'sign') throw this.wrong(t?.text ?? '');
    const factor = minus ? -1 : 1;
    const raised: Powers = new Map();
    for (const [name, { fixed, letters }] of base) {
      if (t.kind === 'number') {
        const by = factor * numberOf(t.text);
        raised.set(name, { fixed: by * fixed, letters: timed(letters, by) });
      } else {
        // an exponent of an exponent that is fitted itself
        if (Object.keys(letters).length > 0) throw this.wrong(`^${t.text}`);
        raised.set(name, { fixed: 0, letters: { [t.text]: factor * fixed } });
      }
    }
    return raised;
  }

  private base(): Powers {
    const t = this.tokens[this.at++];
    if (t === undefined) throw this.wrong('');
    if (t.kind === 'name') return new Map([[t.text, { fixed: 1, letters: {} }]]);
    // a constant in front is free anyway
    if (t.kind === 'number' && numberOf(t.text) > 0) return new Map();
    if (t.text !== '(') throw this.wrong(t.text);
    const inner = this.product();
    if (!this.sign(')')) throw this.wrong(this.tokens[this.at]?.text ?? '');
    return inner;
  }
}

type Powers = Map<string, { readonly fixed: number; readonly letters: Readonly<Record<string, number>> }>;

const timed = (letters: Readonly<Record<string, number>>, by: number): Record<string, number> =>
  Object.fromEntries(Object.entries(letters).map(([k, v]) => [k, v * by]));

function multiply(all: Powers, more: Powers, sign: 1 | -1): void {
  for (const [name, { fixed, letters }] of more) {
    const before = all.get(name) ?? { fixed: 0, letters: {} };
    const sum: Record<string, number> = { ...before.letters };
    for (const [k, v] of Object.entries(letters)) sum[k] = (sum[k] ?? 0) + sign * v;
    all.set(name, { fixed: before.fixed + sign * fixed, letters: sum });
  }
}
