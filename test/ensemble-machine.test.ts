/** The vector machine: elementary functions against Math, random programs against a plain evaluator, random numbers against Philox. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild, kernelBuild } from '../src/kernels/load.js';
import { evaluator, parseExpression } from '../src/numeric/expression/index.js';
import { philox, randomKey } from '../src/numeric/random.js';
import { LANES, load, machine } from '../src/theory/ensemble/machine.js';
import { compileProgram, type Program } from '../src/theory/ensemble/program.js';

const builds = kernelBuild() === 'fma' ? (['fma', 'simd'] as const) : (['simd'] as const);
afterEach(() => forceKernelBuild(undefined));

/**
 * The values of a program on many points: `inputs` one array a variable, all of one length; answers one array a formula.
 * What the ensembles compute for their walkers.
 */
function evaluateOn(program: Program, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  const m = machine();
  const loaded = load(m, program);
  const n = inputs[0]?.length ?? 0;
  const out = program.outputs.map(() => new Float64Array(n));
  const view = (r: number, length: number) => new Float64Array(m.memory.buffer, loaded.register(r), length);
  for (let first = 0; first < n; first += LANES) {
    const count = Math.min(LANES, n - first);
    inputs.forEach((x, v) => {
      const lanes = view(v, count);
      for (let i = 0; i < count; i++) lanes[i] = x[first + i];
    });
    m.kernel.execute(loaded.program, program.length);
    program.outputs.forEach((r, k) => {
      out[k].set(view(r, count), first);
    });
  }
  return out;
}

const spread = (lo: number, hi: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => lo + ((hi - lo) * (i + 0.618)) / n);
/** Largest |ours − Math's| over its allowed size. */
function worst(text: string, x: Float64Array, truth: (x: number) => number, absolute: number) {
  const [y] = evaluateOn(compileProgram([parseExpression(text, { variables: ['x'] })], ['x']), [x]);
  let error = 0;
  for (let i = 0; i < x.length; i++) {
    const t = truth(x[i]);
    error = Math.max(error, Math.abs(y[i] - t) / Math.max(absolute, Math.abs(t)));
  }
  return error;
}

describe.each(builds)('elementary functions, %s build', (build) => {
  // the Cephes forms promise 2 to 3 units of 2^−53 = 1.1e-16; two roundings of a·b + c add one
  it.each<[string, (x: number) => number, number, number, number, number]>([
    ['exp(x)', Math.exp, -700, 709, 0, 5e-16],
    ['exp(x)', Math.exp, -1, 1, 0, 4e-16],
    ['log(x)', Math.log, 1e-3, 10, 0.05, 4e-16],
    ['log(x)', Math.log, 1, 1e300, 0, 4e-16],
    ['log(1 + x)', (x) => Math.log(1 + x), -1e-3, 1e-3, 1e-300, 4e-16],
    ['sin(x)', Math.sin, -8, 8, 1, 4e-16],
    ['cos(x)', Math.cos, -8, 8, 1, 4e-16],
    ['sin(x)', Math.sin, -0.7, 0.7, 0, 4e-16],
    ['sin(x)', Math.sin, -1e5, 1e5, 1, 4e-16],
    ['cos(x)', Math.cos, -1e5, 1e5, 1, 4e-16],
    ['tanh(x)', Math.tanh, -3, 3, 0, 6e-16],
    ['tanh(x)', Math.tanh, -800, 800, 0, 4e-16],
    ['sqrt(abs(x))', (x) => Math.sqrt(Math.abs(x)), -5, 5, 0, 1e-300],
    ['x^0.3', (x) => x ** 0.3, 1e-3, 1e3, 0, 1e-15],
    ['2.5^x', (x) => 2.5 ** x, -20, 20, 0, 5e-15],
    ['x^-3', (x) => x ** -3, 0.1, 9, 0, 1e-15],
    ...[0.5, 1, 1.5, 2.5, 4, 7, 16].flatMap((k): [string, (x: number) => number, number, number, number, number][] => [
      // each squaring doubles the relative error, and adds a rounding
      [`x^${k}`, (x) => x ** k, 0.1, 9, 0, 3e-16 * (k + 1)],
      [`x^-${k}`, (x) => x ** -k, 0.1, 9, 0, 3e-16 * (k + 1)],
    ]),
  ])('%s', (text, truth, lo, hi, absolute, bound) => {
    forceKernelBuild(build);
    expect(worst(text, spread(lo, hi, 20000), truth, absolute)).toBeLessThan(bound);
  });

  it('ends of the number line', () => {
    forceKernelBuild(build);
    const x = [0, -0, -1, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 710, -745, 5e-324, 1e-310];
    const texts = [
      'exp(x)',
      'log(x)',
      'sqrt(x)',
      'tanh(x)',
      'abs(x)',
      'x^0.3',
      'x^3',
      'min(x, 1)',
      'max(x, 1)',
      'if(x, 1, 2)',
    ];
    const es = texts.map((t) => parseExpression(t, { variables: ['x'] }));
    const ours = evaluateOn(compileProgram(es, ['x']), [x]);
    const at = evaluator(es, ['x']);
    const out = new Float64Array(es.length);
    x.forEach((v, i) => {
      at([v], out);
      texts.forEach((t, k) => {
        // exp gives 0 rather than a subnormal number
        const truth = t === 'exp(x)' && v < -708 ? 0 : out[k];
        if (t === 'x^0.3' && v === Number.NEGATIVE_INFINITY) return; // Math.pow says ∞, ours NaN as for all negative bases
        const message = `${t} at ${v}: ${ours[k][i]} for ${truth}`;
        if (Number.isFinite(truth))
          expect(Math.abs(ours[k][i] - truth), message).toBeLessThanOrEqual(
            4e-16 * Math.abs(truth) * (t === 'x^0.3' ? 600 : 1),
          );
        else expect(ours[k][i], message).toBe(truth);
      });
    });
  });
});

it.each(builds)('programs say what their formulas say, %s build', (build) => {
  forceKernelBuild(build);
  // all ways in which numbers, products and sums meet, and registers that live long
  const atoms = [
    'x',
    'y',
    '2',
    '0.3',
    'x*y',
    '(x - 3*y)',
    '(2 - x)',
    'x^2',
    'y^3',
    '(3/(1 + x^2))',
    'sin(x)',
    'exp(-y^2)',
  ];
  const text = fc
    .array(fc.tuple(fc.constantFrom(...atoms), fc.constantFrom('+', '-', '*'), fc.constantFrom(...atoms)), {
      minLength: 1,
      maxLength: 12,
    })
    .map((parts) => parts.map(([a, s, b]) => `(${a} ${s} ${b})`).reduce((e, p, i) => `(${e}) ${'+-*'[i % 3]} ${p}`));
  const x = spread(-1.5, 1.5, 140);
  const y = spread(1.2, -1.1, 140);
  fc.assert(
    fc.property(text, text, (s, t) => {
      const es = [s, t, 'x', s, '4'].map((e) => parseExpression(e, { variables: ['x', 'y'] }));
      const ours = evaluateOn(compileProgram(es, ['x', 'y']), [x, y]);
      const at = evaluator(es, ['x', 'y']);
      const out = new Float64Array(5);
      let [error, size] = [0, 1];
      for (let i = 0; i < x.length; i++) {
        at([x[i], y[i]], out);
        for (let k = 0; k < 5; k++) {
          error = Math.max(error, Math.abs(ours[k][i] - out[k]));
          size = Math.max(size, Math.abs(out[k]));
        }
      }
      // sums of products up to 10^4 that may cancel: relative to a generous size of the largest intermediate
      expect(error).toBeLessThan(1e-11 * size);
    }),
    { seed: 3, numRuns: 150 },
  );
});

it('draws the words of Philox, and normal numbers from them', () => {
  const m = machine();
  const [u, v] = [m.base, m.base + 8 * LANES];
  const [k0, k1] = [0xdeadbeef, 0x12345678];
  const [first, low, pair, top] = [4294967290, 77, 3, 5]; // the index of a walker wraps as 32 bits do
  m.kernel.philoxBlock(u, v, first, low, pair, top, k0, k1);
  const words = (at: number) => new Uint32Array(m.memory.buffer, at, 2 * LANES);
  const block = new Uint32Array(4);
  const raw: number[][] = [];
  for (let lane = 0; lane < LANES; lane++) {
    philox([low, (first + lane) >>> 0, pair, top], k0, k1, block);
    raw.push([...block]);
    expect([words(u)[2 * lane], words(u)[2 * lane + 1], words(v)[2 * lane], words(v)[2 * lane + 1]]).toEqual([
      ...block,
    ]);
  }
  m.kernel.boxMuller(u, v);
  const [c, s] = [u, v].map((at) => new Float64Array(m.memory.buffer, at, LANES));
  raw.forEach(([a, b, p, q], lane) => {
    const uniform = 1 - (b * 2 ** 20 + (a >>> 12)) / 2 ** 52;
    const angle = 2 * Math.PI * ((q * 2 ** 20 + (p >>> 12)) / 2 ** 52);
    const radius = Math.sqrt(-2 * Math.log(uniform));
    // Math's angle itself is rounded at 2π: 4e-16
    expect(Math.abs(c[lane] - radius * Math.cos(angle))).toBeLessThan(4e-15);
    expect(Math.abs(s[lane] - radius * Math.sin(angle))).toBeLessThan(4e-15);
  });
  expect(randomKey(1).stream().uint32()).not.toBe(randomKey(2).stream().uint32());
});

it('programs are short: numbers join an instruction, products a sum, signs move outwards', () => {
  const variables = ['x', 'y', 'z'];
  const of = (text: string) => compileProgram([parseExpression(text, { variables })], variables);
  // codes of kernels/ensemble/machine.ts
  const [NEGATE, ADD_NUMBER, TIMES_NUMBER, FROM_NUMBER, OVER_NUMBER] = [5, 17, 18, 19, 20];
  for (const [text, code, number] of [
    ['x*3', TIMES_NUMBER, 3],
    ['3*x', TIMES_NUMBER, 3],
    ['x/4', TIMES_NUMBER, 0.25],
    ['4/x', OVER_NUMBER, 4],
    ['x + 3', ADD_NUMBER, 3],
    ['3 + x', ADD_NUMBER, 3],
    ['x - 3', ADD_NUMBER, -3],
    ['3 - x', FROM_NUMBER, 3],
    ['x^-1', OVER_NUMBER, 1],
    ['2*(3*x)', TIMES_NUMBER, 6],
    ['2*(-x)', TIMES_NUMBER, -2],
  ] as const) {
    const { code: made, numbers, length, operations } = of(text);
    expect([length, made[0], ...numbers, operations], text).toEqual([1, code, number, 1]);
  }
  expect([...of('x*(-1)').code.subarray(0, 1), of('x*(-1)').length]).toEqual([NEGATE, 1]);
  const size = (text: string) => [of(text).length, of(text).operations];
  expect(size('x*y + z')).toEqual([1, 2]);
  expect(size('x*y - z')).toEqual([1, 2]);
  expect(size('z - x*y')).toEqual([1, 2]);
  expect(size('z - 2*y')).toEqual([1, 2]);
  expect(size('x - (-y)')).toEqual([1, 1]);
  expect(size('x^2')).toEqual([1, 1]);
  expect(size('x^3')).toEqual([2, 2]);
  expect(size('x^8')).toEqual([3, 3]);
  expect(size('x')).toEqual([1, 0]);
  expect(size('x*y + x*y*z')).toEqual([2, 3]);
});
