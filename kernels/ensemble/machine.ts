// An interpreter of instructions over registers of one number a walker. Programs are written by
// src/theory/ensemble/program.ts.
import { exp2lanes, fma, fnma, log2lanes, pow2lanes, sin2lanes, tanh2lanes } from './functions';
import { BYTES } from './normals';

/** Holds in 24 bytes what to do, the addresses of the target and of up to three registers, and a spare word. */
@unmanaged
export class Instruction {
  code: i32;
  to: usize;
  a: usize;
  b: usize;
  c: usize;
  spare: i32;
}

// @ts-ignore: decorator
@inline
function get(p: usize): v128 {
  return v128.load(p);
}

/** Runs `count` instructions on all lanes. */
export function execute(program: usize, count: i32): void {
  const end = program + <usize>count * offsetof<Instruction>();
  for (; program < end; program += offsetof<Instruction>()) {
    const instruction = changetype<Instruction>(program);
    const d = instruction.to;
    const a = instruction.a;
    const b = instruction.b;
    const c = instruction.c;
    switch (instruction.code) {
      case 0: // a + b
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, f64x2.add(get(a + i), get(b + i)));
          v128.store(d + i, f64x2.add(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
          v128.store(d + i, f64x2.add(v128.load(a + i, 32), v128.load(b + i, 32)), 32);
          v128.store(d + i, f64x2.add(v128.load(a + i, 48), v128.load(b + i, 48)), 48);
        }
        break;
      case 1: // a − b
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, f64x2.sub(get(a + i), get(b + i)));
          v128.store(d + i, f64x2.sub(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
          v128.store(d + i, f64x2.sub(v128.load(a + i, 32), v128.load(b + i, 32)), 32);
          v128.store(d + i, f64x2.sub(v128.load(a + i, 48), v128.load(b + i, 48)), 48);
        }
        break;
      case 2: // a·b
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, f64x2.mul(get(a + i), get(b + i)));
          v128.store(d + i, f64x2.mul(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
          v128.store(d + i, f64x2.mul(v128.load(a + i, 32), v128.load(b + i, 32)), 32);
          v128.store(d + i, f64x2.mul(v128.load(a + i, 48), v128.load(b + i, 48)), 48);
        }
        break;
      case 3: // a / b
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.div(get(a + i), get(b + i)));
        break;
      case 4: // a·b + c
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, fma(get(a + i), get(b + i), get(c + i)));
          v128.store(d + i, fma(v128.load(a + i, 16), v128.load(b + i, 16), v128.load(c + i, 16)), 16);
          v128.store(d + i, fma(v128.load(a + i, 32), v128.load(b + i, 32), v128.load(c + i, 32)), 32);
          v128.store(d + i, fma(v128.load(a + i, 48), v128.load(b + i, 48), v128.load(c + i, 48)), 48);
        }
        break;
      case 5: // −a
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.neg(get(a + i)));
        break;
      case 6:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.abs(get(a + i)));
        break;
      case 7:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.sqrt(get(a + i)));
        break;
      case 8:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, exp2lanes(get(a + i)));
        break;
      case 9:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, log2lanes(get(a + i)));
        break;
      case 10:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, sin2lanes(get(a + i), 0));
        break;
      case 11:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, sin2lanes(get(a + i), 1));
        break;
      case 12:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, tanh2lanes(get(a + i)));
        break;
      case 13:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.min(get(a + i), get(b + i)));
        break;
      case 14:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.max(get(a + i), get(b + i)));
        break;
      case 15: // b where a > 0, else c
        for (let i: usize = 0; i < BYTES; i += 16)
          v128.store(d + i, v128.bitselect(get(b + i), get(c + i), f64x2.gt(get(a + i), f64x2.splat(0))));
        break;
      case 16:
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, pow2lanes(get(a + i), get(b + i)));
        break;
      case 17: // from here on, b is the address of one number
      {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, f64x2.add(get(a + i), k));
          v128.store(d + i, f64x2.add(v128.load(a + i, 16), k), 16);
          v128.store(d + i, f64x2.add(v128.load(a + i, 32), k), 32);
          v128.store(d + i, f64x2.add(v128.load(a + i, 48), k), 48);
        }
        break;
      }
      case 18: {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, f64x2.mul(get(a + i), k));
          v128.store(d + i, f64x2.mul(v128.load(a + i, 16), k), 16);
          v128.store(d + i, f64x2.mul(v128.load(a + i, 32), k), 32);
          v128.store(d + i, f64x2.mul(v128.load(a + i, 48), k), 48);
        }
        break;
      }
      case 19: // number − a
      {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.sub(k, get(a + i)));
        break;
      }
      case 20: // number / a
      {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, f64x2.div(k, get(a + i)));
        break;
      }
      case 21: // a·number + c
      {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 64) {
          v128.store(d + i, fma(get(a + i), k, get(c + i)));
          v128.store(d + i, fma(v128.load(a + i, 16), k, v128.load(c + i, 16)), 16);
          v128.store(d + i, fma(v128.load(a + i, 32), k, v128.load(c + i, 32)), 32);
          v128.store(d + i, fma(v128.load(a + i, 48), k, v128.load(c + i, 48)), 48);
        }
        break;
      }
      case 22: // the number itself
      {
        const k = v128.load64_splat(b);
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, k);
        break;
      }
      case 23: // c − a·b
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, fnma(get(a + i), get(b + i), get(c + i)));
        break;
      case 24: // a·b − c
        for (let i: usize = 0; i < BYTES; i += 16)
          v128.store(d + i, fma(get(a + i), get(b + i), f64x2.neg(get(c + i))));
        break;
      default: // a copy
        for (let i: usize = 0; i < BYTES; i += 16) v128.store(d + i, get(a + i));
    }
  }
}
