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

export function maxPool<T>(record: usize): void {
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
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outH; oy++) {
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
