/** Numbers of 16 bits, widened to float32, which holds every one of them exactly. */

/** Widens IEEE half precision (1 sign, 5 exponent, 10 fraction bits); little-endian bytes. */
export function widenHalf(bytes: Uint8Array): Float32Array {
  return widen(bytes, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/** Widens bfloat16, which is the upper half of a float32; little-endian bytes. */
export function widenBrain(bytes: Uint8Array): Float32Array {
  const out = new Float32Array(bytes.length / 2);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < words.length; i++) words[i] = ((bytes[2 * i + 1] << 24) | (bytes[2 * i] << 16)) >>> 0;
  return out;
}

function widen(bytes: Uint8Array, value: (bits: number) => number): Float32Array {
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => value(bytes[2 * i] | (bytes[2 * i + 1] << 8)));
}
