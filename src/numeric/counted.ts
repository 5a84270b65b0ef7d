/** Writes whole numbers with a word: `1 weight`, `2500 weights`. */
export const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
