/** Decompression by `DecompressionStream`, which Node and browsers share. */
import { check, InputError } from '../numeric/errors.js';

/** Bytes after which `most` is asked: more than the longest header of an IDX file. */
const HEAD = 1100;

/**
 * Decompresses a whole byte array.
 * @param source - file name or the like, for the message
 * @param expected - bytes after decompression, where the container states them; decompression stops as soon as there
 * are more
 * @param most - returns, from the first bytes, after how many decompression stops; the result may then be a little longer
 * @throws InputError when the stream is broken, ends early or has another length than `expected`
 */
export async function inflate(
  bytes: Uint8Array,
  format: 'gzip' | 'deflate-raw',
  source: string,
  expected?: number,
  most?: (head: Uint8Array) => number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let limit = expected ?? Number.POSITIVE_INFINITY;
  try {
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const reader = blob.stream().pipeThrough(new DecompressionStream(format)).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      length += part.value.length;
      if (most && limit === Number.POSITIVE_INFINITY && length >= HEAD) limit = most(joined(chunks, length));
      if (length > limit) {
        await reader.cancel();
        break;
      }
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('bad-compression', `${source}: the ${format} data cannot be decompressed (${why}).`);
  }
  check(
    expected === undefined || length === expected,
    'bad-compression',
    () => `${source}: expected ${expected} bytes after decompression, got ${length > expected! ? 'more' : length}.`,
  );
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
