// Updates of flat vectors. Their length is a multiple of a vector; what pads it is 0 in gradients and stays 0.
import { address, fma, size } from './lanes';
import { stepOf } from './optimisers';

/** Computes w ← w − rate·g. */
function sgd<T>(record: usize): void {
  const w = address(record, 2);
  const g = address(record, 3);
  const minus = v128.neg<T>(v128.load_splat<T>(address(record, 4)));
  const bytes = <usize>size(record, 5) * sizeof<T>();
  for (let b: usize = 0; b < bytes; b += 16) v128.store(w + b, fma<T>(minus, v128.load(g + b), v128.load(w + b)));
}

/** Computes v ← momentum·v + g, w ← w − rate·v. */
function momentum<T>(record: usize): void {
  const w = address(record, 2);
  const g = address(record, 3);
  const v = address(record, 4);
  const minus = v128.neg<T>(v128.load_splat<T>(address(record, 5)));
  const mu = v128.load_splat<T>(address(record, 6));
  const bytes = <usize>size(record, 7) * sizeof<T>();
  for (let b: usize = 0; b < bytes; b += 16) {
    const next = fma<T>(mu, v128.load(v + b), v128.load(g + b));
    v128.store(v + b, next);
    v128.store(w + b, fma<T>(minus, next, v128.load(w + b)));
  }
}

/** Executes an update; codes from 96 on. */
export function optimise<T>(code: i32, record: usize): void {
  switch (code) {
    case 96:
      sgd<T>(record);
      break;
    case 97:
      momentum<T>(record);
      break;
    default:
      stepOf<T>(code, record);
  }
}
