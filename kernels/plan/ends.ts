// Loops over whole vectors of a flat vector change up to 15 bytes behind its last number: they are kept before and given back after.

/** Sixteen bytes of ones, and sixteen of zeros. */
const MASK = memory.data<u64>([0xffffffffffffffff, 0xffffffffffffffff, 0, 0], 16);
/** The last vectors that are kept, three at most, and their addresses. */
const VECTORS = memory.data(48, 16);
const ADDRESSES = memory.data(12, 4);
let kept: usize = 0;

/** Keeps the last vector of `count` numbers from `at`, where it holds fewer than it has room for. */
export function hold<T>(at: usize, count: i32): void {
  const bytes = <usize>count * sizeof<T>();
  if (!(bytes & 15)) return;
  const last = at + (bytes & ~15);
  v128.store(VECTORS + (kept << 4), v128.load(last));
  store<u32>(ADDRESSES + (kept << 2), <u32>last);
  kept++;
}

/** Gives what lay behind the first `count` numbers back, in all vectors that were kept. */
export function giveBack<T>(count: i32): void {
  const bytes = (<usize>count * sizeof<T>()) & 15;
  const own = v128.load(MASK + 16 - bytes);
  while (kept > 0) {
    kept--;
    const at = <usize>load<u32>(ADDRESSES + (kept << 2));
    v128.store(at, v128.bitselect(v128.load(at), v128.load(VECTORS + (kept << 4)), own));
  }
}
