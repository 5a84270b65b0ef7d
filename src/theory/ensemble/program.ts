/**
 * Formulas as a program of the vector machine of kernels/ensemble: every instruction works on one number of each walker of a block.
 *
 * It is made from the tape of distinct subterms: small powers become products, a division by a number becomes a product with
 * its inverse, and a product used once is fused with the sum that uses it; then registers are assigned along the list, each
 * free again after its last use.
 */
import { check } from '../../numeric/errors.js';
import type { Expression, Operation } from '../../numeric/expression/index.js';
import { tapeOf } from '../../numeric/expression/tape.js';

/** Codes of kernels/ensemble/machine.ts. */
const CODE = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  multiplyAdd: 4,
  negate: 5,
  abs: 6,
  sqrt: 7,
  exp: 8,
  log: 9,
  sin: 10,
  cos: 11,
  tanh: 12,
  min: 13,
  max: 14,
  if: 15,
  power: 16,
  addNumber: 17,
  timesNumber: 18,
  fromNumber: 19,
  overNumber: 20,
  timesNumberAdd: 21,
  number: 22,
  lessProduct: 23,
  productLess: 24,
  copy: 25,
} as const;
type Code = keyof typeof CODE;

/** Values of a draft: a variable, or a code on earlier values and at most one number. */
interface Value {
  readonly code: Code | 'variable';
  readonly from: readonly number[];
  readonly number: number;
}

/** Holds a compiled program. */
export interface Program {
  /**
   * Five integers for each instruction: code, target, a, b, c. Registers by number; for a code with a number b is its index in
   * `numbers`.
   */
  readonly code: Int32Array;
  /** Number of instructions. */
  readonly length: number;
  readonly numbers: Float64Array;
  /** Registers used; the first are the variables. */
  readonly registers: number;
  /** Register of each formula; all different, none a variable's. */
  readonly outputs: readonly number[];
  /** Floating-point operations per walker and run; an elementary function counts as one. */
  readonly operations: number;
}

/** Codes whose b is a number. */
const WITH_NUMBER = new Set<Code>(['addNumber', 'timesNumber', 'fromNumber', 'overNumber', 'timesNumberAdd', 'number']);
const MOST_REGISTERS = 2000;

/**
 * Compiles formulas to a program. `variables` are the first registers, in this order.
 * @throws InputError for formulas that need more than 2000 registers, or use other variables
 */
export function compileProgram(expressions: readonly Expression[], variables: readonly string[]): Program {
  const { slots, outputs } = tapeOf(expressions, variables);
  const uses = new Int32Array(slots.length);
  for (const o of outputs) uses[o]++;
  for (const s of slots) if (s.kind === 'call') for (const a of s.from) uses[a]++;
  const draft = new Draft(variables.length);
  const at: number[] = [];
  slots.forEach((slot, i) => {
    const num = (j: number) => {
      const s = slots[j];
      return s.kind === 'number' ? s.value : undefined;
    };
    /** Returns the factors of a product that only this sum uses. */
    const joined = (j: number) => {
      const s = slots[j];
      return s.kind === 'call' && s.name === 'multiply' && uses[j] === 1 ? s.from : undefined;
    };
    if (slot.kind === 'number') at[i] = draft.number(slot.value);
    else if (slot.kind === 'variable') at[i] = slot.index;
    else at[i] = lower(slot.name, slot.from, { draft, at, num, joined });
  });
  return draft.finish(outputs.map((o) => at[o]));
}

interface Context {
  readonly draft: Draft;
  readonly at: readonly number[];
  readonly num: (slot: number) => number | undefined;
  readonly joined: (slot: number) => readonly number[] | undefined;
}

function lower(name: Operation, from: readonly number[], { draft, at, num, joined }: Context): number {
  const [a, b, c] = from.map((j) => at[j]);
  const [ka, kb] = from.map(num);
  const put = (code: Code, args: readonly number[], k = 0) => draft.put(code, args, k);
  /** Fuses a·b with a sum, as the product with a number where one factor is a number. */
  const fused = (factors: readonly number[], other: number, sign: 'add' | 'from') => {
    const [p, q] = factors;
    const k = num(p) ?? num(q);
    const s = sign === 'add' ? 1 : -1;
    if (k !== undefined) return put('timesNumberAdd', [at[num(p) !== undefined ? q : p], other], s * k);
    return put(sign === 'add' ? 'multiplyAdd' : 'lessProduct', [at[p], at[q], other]);
  };
  switch (name) {
    case 'add': {
      if (ka !== undefined) return put('addNumber', [b], ka);
      if (kb !== undefined) return put('addNumber', [a], kb);
      const [left, right] = from.map(joined);
      return left ? fused(left, b, 'add') : right ? fused(right, a, 'add') : put('add', [a, b]);
    }
    case 'subtract': {
      if (ka !== undefined) return put('fromNumber', [b], ka);
      if (kb !== undefined) return put('addNumber', [a], -kb);
      const [left, right] = from.map(joined);
      if (right) return fused(right, a, 'from');
      return left ? put('productLess', [at[left[0]], at[left[1]], b]) : put('subtract', [a, b]);
    }
    case 'multiply':
      if (ka !== undefined) return put('timesNumber', [b], ka);
      return kb !== undefined ? put('timesNumber', [a], kb) : put('multiply', [a, b]);
    case 'divide':
      if (kb !== undefined && Number.isFinite(1 / kb)) return put('timesNumber', [a], 1 / kb);
      return ka !== undefined ? put('overNumber', [b], ka) : put('divide', [a, b]);
    case 'power':
      return kb !== undefined ? powerOf(draft, a, kb, b) : put('power', [a, b]);
    case 'if':
      return put('if', [a, b, c]);
    case 'min':
    case 'max':
      return put(name, [a, b]);
    default:
      return put(name, [a]);
  }
}

/** Computes a^k for a number k: by products up to the 32nd power, square roots for halves, else the general power. */
function powerOf(draft: Draft, a: number, k: number, b: number): number {
  const put = (code: Code, args: readonly number[], n = 0) => draft.put(code, args, n);
  const size = Math.abs(k);
  if (!(size <= 32 && Number.isInteger(2 * size)) || size === 0) return put('power', [a, b]);
  let made = size % 1 === 0.5 ? put('sqrt', [a]) : -1;
  let square = a;
  for (let n = Math.floor(size); n > 0; n >>= 1) {
    if (n & 1) made = made < 0 ? square : put('multiply', [made, square]);
    if (n > 1) square = put('multiply', [square, square]);
  }
  return k < 0 ? put('overNumber', [made], 1) : made;
}

class Draft {
  private readonly values: Value[];
  private readonly known = new Map<string, number>();

  constructor(private readonly variables: number) {
    this.values = Array.from({ length: variables }, () => ({ code: 'variable', from: [], number: 0 }));
  }

  /** Adds a value, rewritten where that saves work: signs and factors move outwards and combine. Only rounding differs. */
  put(code: Code, from: readonly number[], number = 0): number {
    const [a, b, c] = from;
    const [p, q] = [this.values[a], this.values[b]];
    switch (code) {
      case 'timesNumber':
        if (number === 1) return a;
        if (number === -1) return this.put('negate', [a]);
        if (p.code === 'timesNumber') return this.put(code, p.from, number * p.number);
        if (p.code === 'negate') return this.put(code, p.from, -number);
        break;
      case 'timesNumberAdd':
        if (p.code === 'timesNumber') return this.put(code, [p.from[0], b], number * p.number);
        if (p.code === 'negate') return this.put(code, [p.from[0], b], -number);
        break;
      case 'negate':
        if (p.code === 'negate') return p.from[0];
        if (p.code === 'timesNumber') return this.put('timesNumber', p.from, -p.number);
        break;
      case 'add':
        if (q.code === 'negate') return this.put('subtract', [a, q.from[0]]);
        break;
      case 'subtract':
        if (q.code === 'negate') return this.put('add', [a, q.from[0]]);
        break;
      case 'multiply':
        if (p.code === 'negate') return this.put('negate', [this.put(code, [p.from[0], b])]);
        if (q.code === 'negate') return this.put('negate', [this.put(code, [a, q.from[0]])]);
        break;
      case 'multiplyAdd':
        if (p.code === 'negate') return this.put('lessProduct', [p.from[0], b, c]);
        if (q.code === 'negate') return this.put('lessProduct', [a, q.from[0], c]);
        break;
      case 'sqrt':
        if (p.code === 'timesNumber' && p.number > 0)
          return this.put('timesNumber', [this.put('sqrt', p.from)], Math.sqrt(p.number));
        break;
    }
    return this.place(code, from, number);
  }

  private place(code: Code, from: readonly number[], number: number): number {
    const key = `${code} ${from} ${Object.is(number, -0) ? '-0' : number}`;
    let at = this.known.get(key);
    if (at === undefined) {
      at = this.values.push({ code, from, number }) - 1;
      this.known.set(key, at);
    }
    return at;
  }

  number(value: number): number {
    return this.put('number', [], value);
  }

  finish(wanted: readonly number[]): Program {
    // every output has its own register
    const outputs: number[] = [];
    for (const o of wanted) {
      const own = o >= this.variables && !outputs.includes(o);
      outputs.push(own ? o : this.values.push({ code: 'copy', from: [o], number: 0 }) - 1);
    }
    const last = new Int32Array(this.values.length).fill(-1);
    for (const o of outputs) last[o] = this.values.length;
    for (let i = this.values.length - 1; i >= this.variables; i--)
      if (last[i] >= 0) for (const a of this.values[i].from) last[a] = Math.max(last[a], i);
    return this.allocate(last, outputs);
  }

  /**
   * Assigns registers along the list.
   * @param last - last use of each value; −1: never used
   */
  private allocate(last: Int32Array, outputs: readonly number[]): Program {
    const code: number[] = [];
    const numbers: number[] = [];
    const register = new Int32Array(this.values.length);
    const free: number[] = [];
    let [registers, operations] = [this.variables, 0];
    for (let i = 0; i < this.variables; i++) register[i] = i;
    for (let i = this.variables; i < this.values.length; i++) {
      if (last[i] < 0) continue;
      const { code: name, from, number } = this.values[i];
      for (const a of new Set(from)) if (a >= this.variables && last[a] === i) free.push(register[a]);
      register[i] = free.pop() ?? registers++;
      const [a = 0, b = 0, c = 0] = from.map((f) => register[f]);
      const special = name !== 'variable' && WITH_NUMBER.has(name);
      code.push(CODE[name as Code], register[i], a, special ? numbers.push(number) - 1 : b, special ? b : c);
      operations += /multiplyAdd|timesNumberAdd|lessProduct|productLess/.test(name)
        ? 2
        : /^number$|copy/.test(name)
          ? 0
          : 1;
    }
    check(
      registers <= MOST_REGISTERS,
      'formula-too-large',
      () => `these formulas need ${registers} registers and there are ${MOST_REGISTERS}; write them more simply.`,
    );
    return {
      code: Int32Array.from(code),
      length: code.length / 5,
      numbers: Float64Array.from(numbers),
      registers,
      outputs: outputs.map((o) => register[o]),
      operations,
    };
  }
}
