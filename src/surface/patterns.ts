/** Names by pattern: `*` stands for any characters, a comma separates alternatives. */

/** Returns the items whose name matches a pattern, in their own order. */
export function matching<T>(items: readonly T[], nameOf: (item: T) => string, pattern: string): T[] {
  const tests = pattern
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const escaped = part.split('*').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return new RegExp(`^${escaped.join('.*')}$`, 's');
    });
  return items.filter((item) => tests.some((test) => test.test(nameOf(item))));
}
