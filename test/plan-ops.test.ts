/** Every operation of the plan machine against plain loops: odd sizes, both number types, both kernel builds, with and without accumulation. */
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild, instantiate, type KernelBuild, kernelBuild } from '../src/kernels/load.js';
import { plan } from '../src/kernels/plan.generated.js';
import { encode, type Instruction, OPS, type OpName, RECORD_WORDS } from '../src/model/plan/ops.js';
import { randomKey } from '../src/numeric/random.js';
import { ReferenceMachine } from './support/plan-reference.js';

interface PlanExports {
  heapBase(): number;
  setLanes(lanes: number, count: number): void;
  setOrder(at: number): void;
  setStep(low: number, high: number): void;
  run32(plan: number, from: number, to: number): void;
  run64(plan: number, from: number, to: number): void;
}

/** Numbers that an operand holds: rows of lanes, or plain ones; `whole` asks for integers below a bound, `positive` for ReLU outputs. */
interface Operand {
  readonly rows?: number;
  readonly plain?: number;
  readonly below?: number;
  readonly positive?: boolean;
}
interface Case {
  readonly op: OpName;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly relu?: boolean;
  /** Operations that accept `accumulate` are tried with it too. */
  readonly adds?: boolean;
}

const LANES = 12;
const COUNT = 9;
const key = randomKey(14);

/** Lays out the operands of a case after `base` and returns their addresses and random contents. */
function laidOut(c: Case, base: number, width: 4 | 8, seed: number) {
  const stream = key.child(seed).stream();
  let next = Math.ceil(base / 64) * 64;
  const places: Record<string, number> = {};
  const contents: [number, Float64Array][] = [];
  for (const [name, { rows, plain, below, positive }] of Object.entries(c.operands)) {
    const length = rows !== undefined ? rows * LANES : plain!;
    places[name] = next;
    const values = Float64Array.from({ length }, () => {
      if (below !== undefined) return Math.floor(stream.uniform() * below);
      const x = Math.fround(stream.normal());
      return positive ? Math.max(0, x) : x;
    });
    contents.push([next, values]);
    next = Math.ceil((next + width * (length + 8)) / 64) * 64;
  }
  return { places, contents, end: next };
}

/** Runs one operation on a machine whose numbers have `width` bytes, and returns what all operands then hold. */
function run(
  c: Case,
  {
    memory,
    setLanes,
    run: execute,
  }: { memory: WebAssembly.Memory; setLanes: PlanExports['setLanes']; run: PlanExports['run64'] },
  base: number,
  width: 4 | 8,
  accumulate: boolean,
  seed: number,
): number[] {
  const { places, contents, end } = laidOut(c, base, width, seed);
  const type = width === 4 ? Float32Array : Float64Array;
  const missing = Math.ceil((end + 4096 - memory.buffer.byteLength) / 65536);
  if (missing > 0) memory.grow(missing);
  for (const [at, values] of contents) new type(memory.buffer, at, values.length).set(values);
  const instruction = { op: c.op, ...places, ...c.sizes, accumulate, relu: c.relu } as unknown as Instruction;
  new Int32Array(memory.buffer, end, RECORD_WORDS).set(encode([instruction]));
  setLanes(LANES, COUNT);
  execute(end, 0, 1);
  return contents.flatMap(([at, values]) => Array.from(new type(memory.buffer, at, values.length)));
}

const known = new Map<string, number[]>();

/** What plain loops leave; all numbers are float32, so that it is the same for both widths. */
function wanted(c: Case, label: string, accumulate: boolean, seed: number): number[] {
  const found = known.get(label);
  if (found) return found;
  const reference = new ReferenceMachine();
  const machine = {
    memory: reference.memory,
    setLanes: (lanes: number, count: number) => reference.setLanes(lanes, count),
    run: (at: number, from: number, to: number) => reference.run64(at, from, to),
  };
  const want = run(c, machine, 1024, 8, accumulate, seed);
  known.set(label, want);
  return want;
}

const conv = (c: number, h: number, w: number, o: number, k: number, stride: number, padding: number) => {
  const side = (n: number) => Math.floor((n + 2 * padding - k) / stride) + 1;
  return { inC: c, inH: h, inW: w, outC: o, outH: side(h), outW: side(w), kernel: k, stride, padding };
};

function convCases(): Case[] {
  const shapes = [
    conv(1, 5, 6, 1, 1, 1, 0),
    conv(3, 7, 5, 5, 3, 1, 1),
    conv(2, 8, 9, 3, 5, 1, 2),
    conv(5, 6, 7, 4, 2, 2, 0),
    conv(4, 9, 8, 3, 3, 2, 1),
    conv(3, 9, 11, 2, 7, 1, 3),
    conv(1, 9, 9, 3, 4, 3, 2),
    conv(7, 4, 4, 9, 1, 2, 0),
    conv(3, 5, 5, 2, 6, 2, 3),
    conv(6, 4, 5, 3, 1, 1, 0),
    conv(2, 7, 7, 4, 2, 3, 1),
    conv(40, 4, 4, 3, 3, 1, 1),
    // lines in several bands (kernels/plan/convolution.ts)
    conv(16, 9, 70, 5, 3, 1, 1),
    conv(12, 11, 90, 4, 3, 2, 1),
  ];
  return shapes.flatMap((sizes): Case[] => {
    const input = sizes.inC * sizes.inH * sizes.inW;
    const output = sizes.outC * sizes.outH * sizes.outW;
    const weights = sizes.outC * sizes.inC * sizes.kernel ** 2;
    const x = { rows: input };
    const y = { rows: output };
    const weight = { plain: weights };
    const bias = { plain: sizes.outC };
    return [
      { op: 'convForward', sizes, operands: { x, weight, bias, y }, adds: true },
      { op: 'convForward', sizes, operands: { x, weight, bias, y }, relu: true },
      { op: 'convInput', sizes, operands: { dy: y, weight, dx: x }, adds: true },
      { op: 'convInput', sizes, operands: { dy: y, weight, h: { rows: input, positive: true }, dx: x }, relu: true },
      {
        op: 'convWeight',
        sizes,
        operands: { x, dy: y, dweight: weight, dbias: bias, factor: { plain: 1 } },
        adds: true,
      },
      { op: 'convWeight', sizes, operands: { x, dy: y, dweight: weight } },
      {
        op: 'convWeightLanes',
        sizes,
        operands: { x, dy: y, dweight: { rows: weights }, dbias: { rows: sizes.outC } },
        adds: true,
      },
      { op: 'convProject', sizes, operands: { x, dy: y, weight, bias, out: { rows: 1 } }, adds: true },
    ];
  });
}

function denseCases(): Case[] {
  return [
    [1, 1],
    [5, 3],
    [13, 7],
    [230, 4],
    [16, 221],
  ].flatMap(([inputs, outputs]): Case[] => {
    const sizes = { inputs, outputs };
    const x = { rows: inputs };
    const y = { rows: outputs };
    const weight = { plain: inputs * outputs };
    const bias = { plain: outputs };
    return [
      { op: 'denseForward', sizes, operands: { x, weight, bias, y }, adds: true },
      { op: 'denseForward', sizes, operands: { x, weight, y }, relu: true },
      { op: 'denseInput', sizes, operands: { dy: y, weight, dx: x }, adds: true },
      { op: 'denseInput', sizes, operands: { dy: y, weight, h: { rows: inputs, positive: true }, dx: x }, relu: true },
      {
        op: 'denseWeight',
        sizes,
        operands: { x, dy: y, dweight: weight, dbias: bias, factor: { plain: 1 } },
        adds: true,
      },
      {
        op: 'denseWeightLanes',
        sizes,
        operands: { x, dy: y, dweight: { rows: inputs * outputs }, dbias: y },
        adds: true,
      },
      { op: 'denseProject', sizes, operands: { x, dy: y, weight, bias, out: { rows: 1 } }, adds: true },
    ];
  });
}

function poolCases(): Case[] {
  const pool = (channels: number, inH: number, inW: number, kernelH: number, kernelW: number, stride: number) => ({
    channels,
    inH,
    inW,
    outH: Math.floor((inH - kernelH) / stride) + 1,
    outW: Math.floor((inW - kernelW) / stride) + 1,
    kernelH,
    kernelW,
    stride,
  });
  return [pool(3, 6, 4, 2, 2, 2), pool(1, 7, 5, 3, 3, 2), pool(2, 5, 7, 2, 2, 3), pool(5, 3, 4, 3, 4, 1)].flatMap(
    (sizes): Case[] => {
      const x = { rows: sizes.channels * sizes.inH * sizes.inW };
      const rows = sizes.channels * sizes.outH * sizes.outW;
      const y = { rows };
      const place = { rows, below: sizes.kernelH * sizes.kernelW };
      return [
        { op: 'maxPool', sizes, operands: { x, place, y }, adds: true },
        { op: 'maxPoolInput', sizes, operands: { dy: y, place, dx: x }, adds: true },
        { op: 'maxPoolInput', sizes, operands: { dy: y, place, dx: x, h: { rows, positive: true } }, relu: true },
        { op: 'maxPoolTangent', sizes, operands: { x, place, y }, adds: true },
        { op: 'averagePool', sizes, operands: { x, y }, adds: true },
        { op: 'averagePoolInput', sizes, operands: { dy: y, dx: x }, adds: true },
      ];
    },
  );
}

function elementCases(): Case[] {
  const rows = 7;
  const t = { rows };
  const cases: Case[] = [0, 1, 2, 3].flatMap((kind): Case[] => [
    { op: 'activate', sizes: { rows, kind }, operands: { x: t, y: t }, adds: true },
    { op: 'slope', sizes: { rows, kind }, operands: { z: t, h: t, t, y: t }, adds: true },
    { op: 'bend', sizes: { rows, kind }, operands: { z: t, h: t, t, d: t, y: t }, adds: true },
  ]);
  const factor = { plain: 1 };
  const places = 3;
  const channels = 5;
  const c = { plain: channels };
  const big = { rows: channels * places };
  return [
    ...cases,
    { op: 'add', sizes: { rows }, operands: { a: t, b: t, y: t, factor }, adds: true },
    { op: 'add', sizes: { rows }, operands: { a: t, y: t }, adds: true },
    { op: 'multiply', sizes: { rows }, operands: { a: t, b: t, y: t }, adds: true },
    { op: 'multiplyRow', sizes: { rows }, operands: { x: t, row: { rows: 1 }, y: t }, adds: true },
    { op: 'scale', sizes: { rows }, operands: { x: t, y: t, factor }, adds: true },
    { op: 'dot', sizes: { rows }, operands: { a: t, b: t, out: { rows: 1 } }, adds: true },
    { op: 'sumLanes', sizes: { channels, places }, operands: { x: big, out: c, factor }, adds: true },
    { op: 'clear', sizes: { rows }, operands: { y: t } },
    { op: 'affine', sizes: { channels, places }, operands: { x: big, weight: c, bias: c, y: big }, adds: true },
    { op: 'affine', sizes: { channels, places }, operands: { x: big, weight: c, y: big } },
    { op: 'affine', sizes: { channels, places }, operands: { x: big, bias: c, y: big } },
    {
      op: 'affineWeight',
      sizes: { channels, places },
      operands: { x: big, dy: big, dweight: c, dbias: c, factor },
      adds: true,
    },
    {
      op: 'affineWeightLanes',
      sizes: { channels, places },
      operands: { x: big, dy: big, dweight: { rows: channels }, dbias: { rows: channels } },
      adds: true,
    },
  ];
}

function normCases(): Case[] {
  const rows = 6;
  const t = { rows };
  const weight = { plain: rows };
  const normal = { rows: rows + 1 };
  const epsilon = { plain: 1, below: 1 };
  return [
    { op: 'layerNorm', sizes: { rows }, operands: { x: t, weight, bias: weight, y: t, normal, epsilon }, adds: true },
    { op: 'layerNorm', sizes: { rows }, operands: { x: t, normal, epsilon } },
    { op: 'layerNormInput', sizes: { rows }, operands: { dy: t, weight, normal, dx: t }, adds: true },
    {
      op: 'layerNormTangent',
      sizes: { rows },
      operands: { xT: t, weight, normal, normalT: normal, yT: t },
      adds: true,
    },
    {
      op: 'layerNormInputTangent',
      sizes: { rows },
      operands: { dy: t, dyT: t, weight, weightT: weight, normal, normalT: normal, dxT: t },
      adds: true,
    },
    { op: 'layerNormInputTangent', sizes: { rows }, operands: { dy: t, weight, normal, normalT: normal, dxT: t } },
  ];
}

function lossCases(): Case[] {
  const classes = 5;
  const outputs = 3;
  const t = { rows: classes };
  const labels = { rows: 1, below: classes };
  const o = { rows: outputs };
  return [
    {
      op: 'crossEntropy',
      sizes: { classes },
      operands: { z: t, labels, loss: { rows: 1 }, delta: t, p: t, correct: { rows: 1 } },
    },
    { op: 'crossEntropy', sizes: { classes }, operands: { z: t, labels, loss: { rows: 1 } } },
    { op: 'crossEntropyTangent', sizes: { classes }, operands: { p: t, t, labels, out: t }, adds: true },
    { op: 'squaredError', sizes: { outputs }, operands: { z: o, targets: o, loss: { rows: 1 }, delta: o } },
    { op: 'squaredErrorTangent', sizes: { outputs }, operands: { t: o, out: o }, adds: true },
  ];
}

afterEach(() => forceKernelBuild(undefined));

const builds: KernelBuild[] = kernelBuild() === 'fma' ? ['fma', 'simd'] : ['simd'];
const groups = {
  convolutions: convCases(),
  dense: denseCases(),
  pools: poolCases(),
  elements: elementCases(),
  norms: normCases(),
  losses: lossCases(),
};

describe.each(builds)('operations of the plan machine, %s build', (build) => {
  for (const [name, cases] of Object.entries(groups)) {
    it.each([
      [8 as const, 1e-12],
      [4 as const, 2e-5],
    ])(`${name}, numbers of %i bytes`, (width, tolerance) => {
      forceKernelBuild(build);
      const { exports, memory } = instantiate<PlanExports>('plan', plan, 64);
      const { setLanes } = exports;
      const machine = { memory, setLanes, run: width === 4 ? exports.run32 : exports.run64 };
      cases.forEach((c, seed) => {
        for (const accumulate of c.adds ? [false, true] : [false]) {
          const label = `${c.op} ${JSON.stringify(c.sizes)}${accumulate ? ' accumulating' : ''}${c.relu ? ' relu' : ''}, case ${seed}`;
          const want = wanted(c, label, accumulate, seed);
          const got = run(c, machine, exports.heapBase(), width, accumulate, seed);
          const size = want.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
          const worst = got.reduce((w, v, i) => Math.max(w, Math.abs(v - want[i])), 0);
          expect(worst / size, label).toBeLessThan(tolerance);
        }
      });
    });
  }
});

describe('the table of operations', () => {
  it('gives every operation a code of its own and at most fourteen words', () => {
    const all = Object.values(OPS);
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
    for (const { words } of all) expect(words.length).toBeLessThanOrEqual(RECORD_WORDS - 2);
  });
});
