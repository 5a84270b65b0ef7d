import { describe, expect, it } from 'vitest';
import { philox, randomKey } from '../src/numeric/random.js';

describe('philox', () => {
  // Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('matches the published answer for %j', (counter, key, answer) => {
    const out = new Uint32Array(4);
    philox(counter, key[0], key[1], out);
    expect([...out]).toEqual(answer);
  });
});

describe('keys and streams', () => {
  it('repeats itself and depends on seed, purpose and index', () => {
    const draw = (seed: number, purpose: string, i: number) =>
      randomKey(seed).child(purpose).child(i).stream().uint32();
    const all = [draw(1, 'a', 0), draw(2, 'a', 0), draw(1, 'b', 0), draw(1, 'a', 1), draw(2 ** 40 + 1, 'a', 0)];
    expect(draw(1, 'a', 0)).toBe(all[0]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('draws normal numbers whose first four moments lie within four standard errors', () => {
    const s = randomKey(7).stream();
    const n = 200_000;
    const m = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = s.normal();
      m[0] += x / n;
      m[1] += x ** 2 / n;
      m[2] += x ** 3 / n;
      m[3] += x ** 4 / n;
    }
    const spread = [1, 2, 15, 96].map((v) => 4 * Math.sqrt(v / n));
    [0, 1, 0, 3].forEach((truth, k) => {
      expect(Math.abs(m[k] - truth)).toBeLessThan(spread[k]);
    });
  });

  it('permutes uniformly: chi-square of the 24 orders of four stays below its 0.1 % point', () => {
    const s = randomKey(3).stream();
    const counts = new Map<string, number>();
    const n = 24_000;
    for (let i = 0; i < n; i++) {
      const p = s.permutation(4).join('');
      counts.set(p, (counts.get(p) ?? 0) + 1);
    }
    let chi2 = 0;
    for (const c of counts.values()) chi2 += (c - n / 24) ** 2 / (n / 24);
    expect(counts.size).toBe(24);
    expect(chi2).toBeLessThan(49.7); // chi-square, 23 degrees of freedom
  });

  it('refuses a seed that is not a non-negative integer', () => {
    expect(() => randomKey(-1)).toThrow(/seed/);
    expect(() => randomKey(1.5)).toThrow(/seed/);
  });
});
