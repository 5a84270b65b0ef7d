/** Numbers that differ from one another, the same in every run. */

/** Draws from [from, to], to four significant digits; no two draws of one generator are alike. */
export function unlike(seed: number): (from: number, to: number) => number {
  let state = seed;
  const seen = new Set<number>();
  return (from, to) => {
    for (;;) {
      // Park and Miller's generator
      state = (state * 48271) % 2147483647;
      const value = Number((from + ((to - from) * state) / 2147483647).toPrecision(4));
      if (seen.has(Math.abs(value))) continue;
      seen.add(Math.abs(value));
      return value;
    }
  };
}
