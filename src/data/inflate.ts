/** Decompression by `DecompressionStream`, which Node and browsers share. */
import { check, InputError } from '../numeric/errors.js';

/**
 * Decompresses a whole byte array.
 * @param source - file name or the like, for the message
 * @param expected - bytes after decompression, where the container states them; decompression stops as soon as there
 * are more
 * @throws InputError when the stream is broken, ends early or has another length than `expected`
 */
export async function inflate(
  bytes: Uint8Array,
  format: 'gzip' | 'deflate-raw',
  source: string,
  expected?: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const reader = blob.stream().pipeThrough(new DecompressionStream(format)).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      length += part.value.length;
      if (expected !== undefined && length > expected) {
        await reader.cancel();
        break;
      }
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('bad-compression', `${source}: the ${format} data cannot be decompressed (${why}).`);
  }
  check(
    expected === undefined || length === expected,
    'bad-compression',
    () => `${source}: expected ${expected} bytes after decompression, got ${length > expected! ? 'more' : length}.`,
  );
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
