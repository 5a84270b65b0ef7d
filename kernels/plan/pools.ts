// Pooling without padding. The place of a window's largest number is kept as a number, ky·kernelW + kx.
import { put } from './elements';
import { adds, address, clear, positive, rectifies, rowBytes, size } from './lanes';

let channels: i32 = 0;
let inH: i32 = 0;
let inW: i32 = 0;
let outH: i32 = 0;
let outW: i32 = 0;
let kernelH: i32 = 0;
let kernelW: i32 = 0;
let stride: i32 = 0;

/** Reads the shape of a pool from operand `first` on. */
function shapeOf(record: usize, first: usize): void {
  channels = size(record, first);
  inH = size(record, first + 1);
  inW = size(record, first + 2);
  outH = size(record, first + 3);
  outW = size(record, first + 4);
  kernelH = size(record, first + 5);
  kernelW = size(record, first + 6);
  stride = size(record, first + 7);
}

/** Says whether windows overlap, so that a place may belong to several. */
function overlap(): bool {
  return stride < kernelH || stride < kernelW;
}

/** Says whether windows leave places out. */
function gaps(): bool {
  return stride != kernelH || stride != kernelW || outH * stride != inH || outW * stride != inW;
}

/** Returns the number of the first row of the window at (c, oy, ox). */
// @ts-ignore: decorator
@inline
function corner(c: i32, oy: i32, ox: i32): usize {
  return <usize>((c * inH + oy * stride) * inW + ox * stride);
}

/** A line of windows of 2×2: the same as the general loops, written out. */
function maxFour<T>(from: usize, place: usize, y: usize, more: bool): void {
  const R = rowBytes<T>();
  const below = <usize>inW * R;
  const step = <usize>stride * R - R;
  const one = v128.splat<T>(<T>1);
  const two = v128.splat<T>(<T>2);
  const three = v128.splat<T>(<T>3);
  for (let ox = 0; ox < outW; ox++) {
    const end = from + R;
    for (; from < end; from += 16) {
      const a = v128.load(from);
      const b = v128.load(from + R);
      const c = v128.load(from + below);
      const d = v128.load(from + below + R);
      const second = v128.gt<T>(b, a);
      let best = v128.bitselect(b, a, second);
      let where = v128.and(one, second);
      const third = v128.gt<T>(c, best);
      best = v128.bitselect(c, best, third);
      where = v128.bitselect(two, where, third);
      const fourth = v128.gt<T>(d, best);
      best = v128.bitselect(d, best, fourth);
      where = v128.bitselect(three, where, fourth);
      // not a number where any of the four is not: all bits set
      best = v128.or(best, v128.or(v128.ne<T>(b, b), v128.or(v128.ne<T>(c, c), v128.ne<T>(d, d))));
      put<T>(y, best, more);
      v128.store(place, where);
      y += 16;
      place += 16;
    }
    from += step;
  }
}

/** The way back through a line of windows of 2×2 that do not overlap. */
function spreadFour<T>(to: usize, dy: usize, place: usize, h: usize): void {
  const R = rowBytes<T>();
  const below = <usize>inW * R;
  const step = <usize>stride * R - R;
  const zero = v128.splat<T>(<T>0);
  const one = v128.splat<T>(<T>1);
  const two = v128.splat<T>(<T>2);
  const three = v128.splat<T>(<T>3);
  for (let ox = 0; ox < outW; ox++) {
    const end = to + R;
    for (; to < end; to += 16) {
      let d = v128.load(dy);
      if (h) {
        d = v128.and(d, positive<T>(v128.load(h)));
        h += 16;
      }
      const where = v128.load(place);
      v128.store(to, v128.and(d, v128.eq<T>(where, zero)));
      v128.store(to + R, v128.and(d, v128.eq<T>(where, one)));
      v128.store(to + below, v128.and(d, v128.eq<T>(where, two)));
      v128.store(to + below + R, v128.and(d, v128.eq<T>(where, three)));
      dy += 16;
      place += 16;
    }
    to += step;
  }
}

export function maxPool<T>(record: usize): void {
  shapeOf(record, 5);
  const x = address(record, 2);
  let place = address(record, 3);
  let y = address(record, 4);
  const more = adds(record);
  const R = rowBytes<T>();
  const line = <usize>outW * R;
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
      if (kernelH == 2 && kernelW == 2) {
        maxFour<T>(x + corner(c, oy, 0) * R, place, y, more);
        place += line;
        y += line;
        continue;
      }
      for (let ox = 0; ox < outW; ox++) {
        let from = x + corner(c, oy, ox) * R;
        for (let v: usize = 0; v < R; v += 16) {
          let best = v128.load(from);
          let where = v128.splat<T>(<T>0);
          let q = from;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const a = v128.load(q);
              const larger = v128.or(v128.gt<T>(a, best), v128.ne<T>(a, a));
              best = v128.bitselect(a, best, larger);
              where = v128.bitselect(v128.splat<T>(<T>(ky * kernelW + kx)), where, larger);
              q += R;
            }
            q += <usize>(inW - kernelW) * R;
          }
          put<T>(y, best, more);
          v128.store(place, where);
          from += 16;
          y += 16;
          place += 16;
        }
      }
    }
  }
}

export function maxPoolInput<T>(record: usize): void {
  shapeOf(record, 5);
  let dy = address(record, 2);
  let place = address(record, 3);
  const dx = address(record, 4);
  let h = address(record, 13);
  const masked = rectifies(record);
  const R = rowBytes<T>();
  const sums = adds(record) || overlap();
  if (!adds(record) && (overlap() || gaps())) clear(dx, <usize>(channels * inH * inW) * R);
  const line = <usize>outW * R;
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
      if (kernelH == 2 && kernelW == 2 && !sums) {
        spreadFour<T>(dx + corner(c, oy, 0) * R, dy, place, masked ? h : 0);
        place += line;
        dy += line;
        if (masked) h += line;
        continue;
      }
      for (let ox = 0; ox < outW; ox++) {
        let to = dx + corner(c, oy, ox) * R;
        for (let v: usize = 0; v < R; v += 16) {
          let d = v128.load(dy);
          if (masked) {
            d = v128.and(d, positive<T>(v128.load(h)));
            h += 16;
          }
          const where = v128.load(place);
          let q = to;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const here = v128.eq<T>(where, v128.splat<T>(<T>(ky * kernelW + kx)));
              put<T>(q, v128.and(d, here), sums);
              q += R;
            }
            q += <usize>(inW - kernelW) * R;
          }
          to += 16;
          dy += 16;
          place += 16;
        }
      }
    }
  }
}

export function maxPoolTangent<T>(record: usize): void {
  shapeOf(record, 5);
  const x = address(record, 2);
  let place = address(record, 3);
  let y = address(record, 4);
  const more = adds(record);
  const R = rowBytes<T>();
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        let from = x + corner(c, oy, ox) * R;
        for (let v: usize = 0; v < R; v += 16) {
          const where = v128.load(place);
          let chosen = v128.splat<T>(<T>0);
          let q = from;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const here = v128.eq<T>(where, v128.splat<T>(<T>(ky * kernelW + kx)));
              chosen = v128.or(chosen, v128.and(v128.load(q), here));
              q += R;
            }
            q += <usize>(inW - kernelW) * R;
          }
          put<T>(y, chosen, more);
          from += 16;
          y += 16;
          place += 16;
        }
      }
    }
  }
}

export function averagePool<T>(record: usize): void {
  shapeOf(record, 4);
  const x = address(record, 2);
  let y = address(record, 3);
  const more = adds(record);
  const R = rowBytes<T>();
  const share = v128.splat<T>(<T>1 / <T>(kernelH * kernelW));
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        let from = x + corner(c, oy, ox) * R;
        for (let v: usize = 0; v < R; v += 16) {
          let sum = v128.splat<T>(<T>0);
          let q = from;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              sum = v128.add<T>(sum, v128.load(q));
              q += R;
            }
            q += <usize>(inW - kernelW) * R;
          }
          put<T>(y, v128.mul<T>(sum, share), more);
          from += 16;
          y += 16;
        }
      }
    }
  }
}

export function averagePoolInput<T>(record: usize): void {
  shapeOf(record, 4);
  let dy = address(record, 2);
  const dx = address(record, 3);
  const R = rowBytes<T>();
  const sums = adds(record) || overlap();
  if (!adds(record) && (overlap() || gaps())) clear(dx, <usize>(channels * inH * inW) * R);
  const share = v128.splat<T>(<T>1 / <T>(kernelH * kernelW));
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        let to = dx + corner(c, oy, ox) * R;
        for (let v: usize = 0; v < R; v += 16) {
          const d = v128.mul<T>(v128.load(dy), share);
          let q = to;
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              put<T>(q, d, sums);
              q += R;
            }
            q += <usize>(inW - kernelW) * R;
          }
          to += 16;
          dy += 16;
        }
      }
    }
  }
}
