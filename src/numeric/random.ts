/**
 * Randomness as an argument: a key is split by purpose and gives independent streams.
 *
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), a counter-based generator: the
 * numbers of a stream depend on its key and position alone, never on what else was drawn. The same seed gives the same
 * numbers on any number of workers.
 */
import { check, kindOf } from './errors.js';
import * as is from './wants.js';

/** Computes one Philox4x32-10 block, four 32-bit words out of a 128-bit counter `c` and a 64-bit key, into `out`. */
export function philox(c: ArrayLike<number>, key0: number, key1: number, out: Uint32Array): void {
  let c0 = c[0] >>> 0;
  let c1 = c[1] >>> 0;
  let c2 = c[2] >>> 0;
  let c3 = c[3] >>> 0;
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  for (let round = 0; round < 10; round++) {
    const h0 = mulHigh(0xd2511f53, c0);
    const l0 = Math.imul(0xd2511f53, c0) >>> 0;
    const h1 = mulHigh(0xcd9e8d57, c2);
    const l1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (h1 ^ c1 ^ k0) >>> 0;
    c1 = l1;
    c2 = (h0 ^ c3 ^ k1) >>> 0;
    c3 = l0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** High 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const mid2 = al * bh + (mid & 0xffff);
  return (ah * bh + Math.floor(mid / 65536) + (mid2 >>> 16)) >>> 0;
}

/** A key is a node in the tree of seeds: it gives one stream of random numbers, and further keys. */
export interface Key {
  /** The key of a purpose (`'data'`, `'init'`, …) or of an index (an epoch, a chain) below this one. */
  child(name: string | number): Key;
  /** A fresh stream from the beginning of this key's numbers. */
  stream(): Stream;
}

/** Draws the random numbers of one sequence, one after another. */
export interface Stream {
  /** Uniform 32-bit integer. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Standard normal (Box–Muller, both values used). */
  normal(): number;
  /** Uniform integer in 0 … n−1, without modulo bias. */
  integer(n: number): number;
  /** A uniformly random permutation of 0 … n−1 (Fisher–Yates). */
  permutation(n: number): Uint32Array;
}

/**
 * Returns the root key of a seed, an integer in 0 … 2^53−1.
 * @throws InputError for any other number
 */
export function randomKey(seed: number): Key {
  check(
    Number.isSafeInteger(seed) && seed >= 0,
    'bad-seed',
    `randomKey: a seed must be an integer from 0 to 2^53-1; got ${kindOf(seed)}.`,
  );
  return makeKey(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0);
}

function makeKey(k0: number, k1: number): Key {
  return {
    child(name) {
      const out = new Uint32Array(4);
      const word = new Uint32Array([0, 0, 0, typeof name === 'number' ? 1 : 2]);
      is.given('Key.child', { name }, { name: is.either(is.text, is.number) });
      if (typeof name === 'number') {
        check(
          Number.isSafeInteger(name) && name >= 0,
          'bad-key',
          `a key index must be a non-negative integer; got ${name}.`,
        );
        word[0] = name >>> 0;
        word[1] = Math.floor(name / 2 ** 32);
        philox(word, k0, k1, out);
        return makeKey(out[0], out[1]);
      }
      let [a, b] = [k0, k1];
      for (let i = 0; i < name.length; i++) {
        word[0] = name.charCodeAt(i);
        word[1] = i;
        word[2] = name.length;
        philox(word, a, b, out);
        [a, b] = [out[0], out[1]];
      }
      return makeKey(a, b);
    },
    stream: () => makeStream(k0, k1),
  };
}

function makeStream(k0: number, k1: number): Stream {
  const counter = new Uint32Array(4); // word 3 = 0 keeps streams apart from the blocks that child() uses
  const block = new Uint32Array(4);
  let used = 4;
  let spare: number | undefined;
  const uint32 = () => {
    if (used === 4) {
      philox(counter, k0, k1, block);
      if (++counter[0] === 2 ** 32) counter[1]++;
      used = 0;
    }
    return block[used++];
  };
  const uniform = () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const integer = (n: number) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let r = uint32();
    while (r >= limit) r = uint32();
    return r % n;
  };
  return {
    uint32,
    uniform,
    integer,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(n) {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        const t = order[i];
        order[i] = order[j];
        order[j] = t;
      }
      return order;
    },
  };
}
