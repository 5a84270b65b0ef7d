/** The hash by which two flat vectors of weights are compared. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';

/**
 * Computes the SHA-256 of weights rounded to float32, little-endian, as 64 hexadecimal digits: as recordings made in Python state
 * it. A model keeps it when it is converted from float32 to float64.
 * @throws InputError where the host has no SHA-256, as a page that was not loaded securely
 */
export async function weightsHash(w: ArrayLike<number>): Promise<string> {
  is.given('weightsHash', { w }, { w: is.numbers });
  const { subtle } = globalThis.crypto ?? {};
  check(
    subtle !== undefined,
    'no-hash',
    'weights are compared by their SHA-256, which this page may not compute; load it over https or from localhost.',
  );
  const bytes = new DataView(new ArrayBuffer(4 * w.length));
  for (let i = 0; i < w.length; i++) bytes.setFloat32(4 * i, w[i], true);
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes.buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
