/**
 * The order of states that lie under names of their own: the numbers in the names say it. Where several numbers differ
 * between the names, every one of them that alone tells all names apart is an order, and so are all of them from left to
 * right; if two such orders are not the same, nobody can know which one is meant.
 */
import { check, InputError } from '../../numeric/errors.js';
import { someOf } from './table.js';

/** Holds names in the order of their numbers. */
export interface NumberedNames {
  readonly ordered: readonly string[];
  /** The numbers that order the names, if one number in each name does so alone. */
  readonly numbers: readonly number[] | undefined;
  /** Names that have another form than most, or no number. */
  readonly others: readonly string[];
}

const numbersOf = (name: string): number[] => (name.match(/\d+/g) ?? []).map(Number);
const formOf = (name: string): string => name.replace(/\d+/g, '#');

/**
 * Orders names by their numbers.
 * @param what - what the names belong to, for messages: `the files of runs/a`
 * @throws InputError where two names have the same number, or where two orders fit and differ
 */
export function orderByNumbers(names: readonly string[], what: string): NumberedNames {
  const forms = new Map<string, string[]>();
  for (const name of names) {
    const form = formOf(name);
    if (form.includes('#')) forms.set(form, [...(forms.get(form) ?? []), name]);
  }
  const largest = [...forms.values()].reduce<string[]>((a, b) => (b.length > a.length ? b : a), []);
  const others = names.filter((name) => !largest.includes(name));
  if (largest.length < 2) return { ordered: largest, numbers: largest.map((n) => numbersOf(n).at(-1)!), others };
  const rows = largest.map((name) => ({ name, numbers: numbersOf(name) }));
  const places = rows[0].numbers.map((_, k) => k).filter((k) => rows.some((r) => r.numbers[k] !== rows[0].numbers[k]));
  const whole = [...rows].sort((a, b) => {
    const k = places.find((p) => a.numbers[p] !== b.numbers[p]);
    return k === undefined ? 0 : a.numbers[k] - b.numbers[k];
  });
  const twin = whole.findIndex((r, k) => k > 0 && places.every((p) => r.numbers[p] === whole[k - 1].numbers[p]));
  check(
    twin < 0,
    'same-step',
    () => `${what}: '${whole[twin - 1].name}' and '${whole[twin].name}' have the same number; remove one of them.`,
  );
  const alone = places
    .filter((p) => new Set(rows.map((r) => r.numbers[p])).size === rows.length)
    .map((p) => ({ place: p, order: [...rows].sort((a, b) => a.numbers[p] - b.numbers[p]) }));
  const names_ = (order: typeof rows) => order.map((r) => r.name);
  const differing = alone.find(({ order }) => order.some((r, k) => r !== whole[k]));
  if (differing)
    throw new InputError(
      'two-orders',
      `${what}: two orders of the steps fit the numbers in the names, ${someOf(names_(whole), 3)} and ${someOf(names_(differing.order), 3)}; rename them so that one number counts the steps.`,
    );
  const by = alone.length === 1 ? alone[0].place : undefined;
  return { ordered: names_(whole), numbers: by === undefined ? undefined : whole.map((r) => r.numbers[by]), others };
}

/**
 * Returns a test of names against a pattern as of a shell: `*` any characters, `?` one, `[abc]` one of these.
 * @throws InputError for an empty pattern
 */
export function namePattern(pattern: string): (name: string) => boolean {
  check(pattern !== '', 'bad-pattern', "a pattern of parameter names is empty; give one such as 'fc2.*'.");
  const source = pattern.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (c, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    if (c === '*') return '.*';
    return c === '?' ? '.' : c.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  const expression = new RegExp(`^(?:${source})$`, 's');
  return (name) => expression.test(name);
}
