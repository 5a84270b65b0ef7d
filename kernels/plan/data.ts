// Samples as they lie in memory, gathered into lanes; masks of dropout.
import { address, lanes, rowBytes, samples, size } from './lanes';

let order: usize = 0;
let stepLow: u32 = 0;
let stepHigh: u32 = 0;
let firstLane: i32 = 0;

/** Sets the address of the sample numbers (u32) of the lanes. */
export function setOrder(at: usize): void {
  order = at;
}

/** Sets the number of the step that masks depend on. */
export function setStep(low: u32, high: u32): void {
  stepLow = low;
  stepHigh = high;
}

/** Moves on by `count` samples. */
export function moveOrder(count: i32): void {
  order += <usize>count << 2;
}

/** Sets the place in the batch of the sample in lane 0, where a batch is taken in parts. */
export function setFirst(lane: i32): void {
  firstLane = lane;
}

/** Moves on to the next step. */
export function nextStep(): void {
  if (++stepLow == 0) stepHigh++;
}

/** Returns the number of the sample in a lane; lanes of padding repeat the last one. */
// @ts-ignore: decorator
@inline
export function sampleIn(lane: i32): usize {
  return <usize>load<u32>(order + (<usize>min(lane, samples() - 1) << 2));
}

/** Returns input i of the sample at `from`, rounded to float32 as the trainer does. */
// @ts-ignore: decorator
@inline
function inputAt(from: usize, i: i32, format: i32, divisor: f64, normal: usize, count: i32): f32 {
  const raw = format == 0 ? <f64>load<u8>(from + <usize>i) : <f64>load<f32>(from + (<usize>i << 2));
  const x = raw / divisor;
  if (!normal) return <f32>x;
  const at = normal + (<usize>i << 3);
  return <f32>((x - load<f64>(at)) / load<f64>(at + (<usize>count << 3)));
}

/** Planes of height×width inside a border of so many places. */
let width: i32 = 0;
let height: i32 = 0;
let border: i32 = 0;

/** Writes the inputs of a vector of lanes from a table of the 256 values that a byte stands for. */
function gatherTable<T>(lane: i32, values: usize, count: i32, table: usize, x: usize): void {
  const R = rowBytes<T>();
  const a = values + sampleIn(lane) * <usize>count;
  const b = values + sampleIn(lane + 1) * <usize>count;
  const c = values + sampleIn(lane + 2) * <usize>count;
  const d = values + sampleIn(lane + 3) * <usize>count;
  const line = <usize>(2 * border) * R;
  let q = x + <usize>lane * sizeof<T>();
  let i: usize = 0;
  while (i < <usize>count) {
    q += <usize>(border * (width + 2 * border) + border) * R;
    for (let y = 0; y < height; y++) {
      const end = i + <usize>width;
      while (i < end) {
        const first = <T>load<f32>(table + (<usize>load<u8>(a + i) << 2));
        const second = <T>load<f32>(table + (<usize>load<u8>(b + i) << 2));
        if (sizeof<T>() == 4) {
          const third = <T>load<f32>(table + (<usize>load<u8>(c + i) << 2));
          const fourth = <T>load<f32>(table + (<usize>load<u8>(d + i) << 2));
          let four = v128.replace_lane<T>(v128.splat<T>(first), 1, second);
          four = v128.replace_lane<T>(four, 2, third);
          v128.store(q, v128.replace_lane<T>(four, 3, fourth));
        } else v128.store(q, v128.replace_lane<T>(v128.splat<T>(first), 1, second));
        q += R;
        i++;
      }
      q += line;
    }
    q += <usize>(border * (width + 2 * border) - border) * R;
  }
}

export function gather<T>(record: usize): void {
  const values = address(record, 2);
  const x = address(record, 3);
  const normal = address(record, 5);
  const count = size(record, 6);
  const format = size(record, 7);
  width = size(record, 8);
  height = size(record, 9);
  border = size(record, 10);
  if (width == 0) {
    width = count;
    height = 1;
  }
  const R = rowBytes<T>();
  const all = lanes();
  if (format == 2) {
    const step: i32 = 16 / sizeof<T>();
    for (let lane = 0; lane < all; lane += step) gatherTable<T>(lane, values, count, address(record, 4), x);
    return;
  }
  const divisor = load<f64>(address(record, 4));
  const shift = format == 0 ? 0 : 2;
  const line = <usize>(2 * border) * R;
  for (let lane = 0; lane < all; lane++) {
    const from = values + ((sampleIn(lane) * <usize>count) << shift);
    let q = x + <usize>lane * sizeof<T>();
    for (let i = 0; i < count; ) {
      q += <usize>(border * (width + 2 * border) + border) * R;
      for (let y = 0; y < height; y++) {
        for (let k = 0; k < width; k++) {
          store<T>(q, <T>inputAt(from, i++, format, divisor, normal, count));
          q += R;
        }
        q += line;
      }
      q += <usize>(border * (width + 2 * border) - border) * R;
    }
  }
}

export function gatherLabels<T>(record: usize): void {
  const values = address(record, 2);
  const to = address(record, 3);
  for (let lane = 0; lane < lanes(); lane++) store<T>(to + <usize>lane * sizeof<T>(), <T>load<u8>(values + sampleIn(lane)));
}

export function gatherTargets<T>(record: usize): void {
  const values = address(record, 2);
  const x = address(record, 3);
  const outputs = size(record, 4);
  const R = rowBytes<T>();
  for (let lane = 0; lane < lanes(); lane++) {
    const from = values + ((sampleIn(lane) * <usize>outputs) << 2);
    let q = x + <usize>lane * sizeof<T>();
    for (let j = 0; j < outputs; j++) {
      store<T>(q, <T>load<f32>(from + (<usize>j << 2)));
      q += R;
    }
  }
}

/** Mixes the bits of a number (the finaliser of MurmurHash3). */
// @ts-ignore: decorator
@inline
function mix(h: u32): u32 {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >> 16);
}

/**
 * Writes 0 with probability `rate`, else 1/(1 − rate): the lane's number is mix(mix(base + row·0x9e3779b9) + lane·0x85ebca77), with
 * base = mix(mix(mix(key0 ^ low) + high) ^ key1) of the step; 0 below rate·2³².
 */
export function mask<T>(record: usize): void {
  let y = address(record, 2);
  const rows = size(record, 3);
  const rate = <f64>load<T>(address(record, 4));
  const base = mix(mix(mix(<u32>size(record, 5) ^ stepLow) + stepHigh) ^ <u32>size(record, 6));
  const limit = <u64>(rate * 4294967296.0);
  const kept = <T>(1 / (1 - rate));
  const all = lanes();
  for (let r = 0; r < rows; r++) {
    const row = mix(base + <u32>r * 0x9e3779b9);
    for (let lane = 0; lane < all; lane++) {
      const h = mix(row + <u32>(firstLane + lane) * 0x85ebca77);
      store<T>(y, <u64>h < limit ? <T>0 : kept);
      y += sizeof<T>();
    }
  }
}
