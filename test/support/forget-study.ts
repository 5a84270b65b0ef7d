/**
 * A made-up study of three tasks by `forget` in which every number differs from every other, so that no two can be mistaken for
 * each other unseen. Groups come in no order of reading; one strength diverged for one seed; one method ran for two seeds of
 * four; one was refused. Nothing in it was measured.
 */
import type { Branch, BranchGroup, Curve, ForgetInput, Moved, Profile } from '../../src/experiments/forget/measured.js';

/** Numbers in [0, 1) that do not repeat, out of seed, branch and what is asked for. */
function fraction(...key: number[]): number {
  let h = 0x9e3779b9;
  for (const k of key) {
    h = Math.imul(h ^ (k + 1), 0x85ebca6b);
    h ^= h >>> 15;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 13;
  }
  return (h >>> 0) / 2 ** 32;
}

interface Plan {
  readonly method: string;
  readonly constraints: number | null;
  /** [strength, task 1, task 2, task 3 at the end, mean validation]. */
  readonly at: readonly (readonly [number, number, number, number, number])[];
  /** Between seeds, 0.012 where absent. */
  readonly spread?: number;
  readonly held: number;
  readonly excluded?: number;
  readonly why?: string;
  readonly seeds?: readonly number[];
  readonly stored?: number;
}

const NONE = Number.NaN;
const PLANS: readonly Plan[] = [
  { method: 'joint', constraints: null, at: [[NONE, 0.983, 0.972, 0.964, 0.97]], held: Number.NaN },
  {
    method: 'ldc',
    constraints: 50,
    at: [
      [0.1, 0.71, 0.83, 0.957, 0.83],
      [1, 0.82, 0.87, 0.953, 0.88],
      [10, 0.951, 0.925, 0.941, 0.945],
      [100, 0.96, 0.9, 0.82, 0.9],
    ],
    held: 88,
    excluded: 12,
    why: 'the loss falls on one side',
  },
  { method: 'ldc', constraints: 5, at: [[10, 0.755, 0.84, 0.956, 0.85]], held: 10 },
  { method: 'ldc', constraints: 20, at: [[10, 0.873, 0.89, 0.949, 0.9]], held: 39, excluded: 1, why: 'flat' },
  {
    method: 'random',
    constraints: 50,
    at: [
      [1, 0.63, 0.79, 0.961, 0.79],
      [10, 0.66, 0.8, 0.955, 0.8],
      [100, 0.69, 0.81, 0.947, 0.81],
    ],
    spread: 0.06,
    held: 100,
  },
  {
    method: 'variance',
    constraints: 50,
    at: [
      [1, 0.86, 0.88, 0.952, 0.89],
      [10, 0.947, 0.923, 0.94, 0.941],
      [100, 0.95, 0.92, 0.93, 0.938],
    ],
    held: 99,
  },
  { method: 'none', constraints: null, at: [[NONE, 0.57, 0.76, 0.966, 0.77]], held: Number.NaN },
  { method: 'hessian', constraints: 50, at: [[1, 0.98, 0.97, 0.96, 0.965]], held: 100, seeds: [3, 0] },
  {
    method: 'l2',
    constraints: null,
    at: [
      [0.1, 0.68, 0.8, 0.95, 0.81],
      [1, 0.84, 0.86, 0.91, 0.86],
      [10, 0.93, 0.84, 0.71, 0.82],
    ],
    held: 690,
  },
  {
    method: 'ewc',
    constraints: null,
    at: [
      [0.1, 0.73, 0.82, 0.958, 0.84],
      [1, 0.9, 0.895, 0.946, 0.91],
      [10, 0.94, 0.91, 0.939, 0.9305],
    ],
    held: 655,
    excluded: 35,
    why: 'no information',
  },
  { method: 'frozen', constraints: null, at: [[NONE, 0.955, 0.89, 0.87, 0.905]], held: 392 },
  { method: 'replay-100', constraints: null, at: [[NONE, 0.946, 0.927, 0.947, 0.938]], held: Number.NaN, stored: 100 },
];

const SEEDS = [0, 1, 2, 3];
/** Documents of branches as they come: in no order. */
const ARRIVAL = [2, 0, 3, 1];
const TASKS = ['classes 0, 1', 'classes 2, 3', 'classes 4, 5'];
/** Of the first task while it is learned, seed by seed. */
const first = (seed: number) => 0.984 + 0.004 * fraction(seed, 900);

const profile = (index: number, lift: number, shift: number): Profile => {
  const displacement = [-3, -2, -1, 0, 1, 2, 3].map((k) => 0.1 * k * index);
  return { index, displacement, loss: displacement.map((x) => lift + (0.7 / index) * (x - shift) ** 2) };
};

const moved = (scale: number, ranks: readonly (readonly [number, number])[]): Moved => ({
  ranks,
  perDirection: ranks.map(([from, to], k) => scale * (1 + 0.3 * k) * 10 ** -k * Math.sqrt(to / from)),
});

function curveOf(test: Branch['test'], start: number): Curve {
  const epochs = [1, 2, 3, 4, 5, 6, 7];
  const task = [0, 0, 0, 1, 1, 2, 2];
  const met = (row: readonly number[], t: number) => row.map((a, j) => (j > t ? Number.NaN : a));
  return {
    epoch: epochs,
    task,
    test: epochs.map((e, k) => {
      const t = task[k];
      const end = k === 2 || task[k + 1] !== t;
      if (end) return met(test[t], t);
      return met(test[t], t).map((a, j) => (j === t ? a - 0.11 + 0.01 * e - 0.02 * start : (a + test[j][j]) / 2));
    }),
  };
}

function branchOf({ method, at, seeds, spread = 0.012 }: Plan, p: number, seed: number): Branch[] {
  if (seeds && !seeds.includes(seed)) return [];
  const all = at.map(([multiple, ...level], k): Branch => {
    const b = 10 * p + k;
    const [a1, a2, a3, valid] = level.map((a, i) => a + (i === 3 ? 0.012 : spread) * (fraction(seed, b, i) - 0.5));
    const diverged = method === 'ldc' && multiple === 100 && seed === 1;
    const bad = (x: number) => (diverged ? Number.NaN : x);
    const test = [
      [first(seed), Number.NaN, Number.NaN],
      [first(seed) - 0.6 * (first(seed) - a1), a2 + 0.031 + 0.02 * fraction(seed, b, 5), Number.NaN],
      [a1, a2, a3],
    ].map((row) => row.map(bad));
    const loss = 0.013 + 1.9 * (1 - a1) ** 2;
    return {
      multiple,
      strength: 3.7 * multiple * (1 + 0.1 * fraction(seed, p)),
      test,
      validation: [valid + 0.003, valid + 0.001, valid - 0.004].map(bad),
      firstLoss: bad(loss),
      predictedRise: bad(0.31 * loss * (1 + fraction(seed, b, 7))),
      distance: bad(2.6 * (1.1 - a1) * (1 + 0.2 * fraction(seed, b, 8))),
      moved: diverged
        ? {}
        : {
            principal: moved(0.2 * (1.05 - a1) * (1 + 0.1 * fraction(seed, b, 9)), [
              [1, 1],
              [2, 3],
              [4, 9],
              ...(seed === 3 ? [] : [[10, 30] as const]),
            ]),
            hessian: moved(0.07 * (1.05 - a1) * (1 + 0.1 * fraction(seed, b, 10)), [
              [1, 1],
              [2, 5],
              [6, 20],
            ]),
            ...(method !== 'joint' && {
              vortex: moved(0.03 * (1.05 - a1) * (1 + 0.1 * fraction(seed, b, 11)), [
                [1, 1],
                [2, 2],
              ]),
            }),
          },
      curve: curveOf(test, fraction(seed, b, 12)),
      profiles: method === 'joint' ? [] : [1, 4].map((i) => profile(i, loss, 0.05 * i * (1 - a1))),
      diverged,
    };
  }); // strengths in no order, as those that were added beyond the grid come
  return method === 'variance' ? all.reverse() : all;
}

export function forgetStudy(): ForgetInput {
  const groups = ARRIVAL.flatMap((seed) =>
    PLANS.map(
      (plan, p): BranchGroup => ({
        format: 'thermograd forget branches',
        seed,
        method: plan.method,
        constraints: plan.constraints,
        branches: branchOf(plan, p, seed),
        held: Number.isNaN(plan.held)
          ? null
          : {
              constrained: plan.held - (plan.constraints === 50 && plan.excluded ? seed : 0),
              excluded: plan.excluded ?? 0,
              why: plan.why ?? '',
            },
        ...(plan.stored !== undefined && { stored: plan.stored }),
        refused: '',
        seconds: 3 + seed + p,
      }),
    ),
  );
  const refused: BranchGroup = {
    format: 'thermograd forget branches',
    seed: 0,
    method: 'vortex',
    constraints: 50,
    branches: [],
    held: null,
    refused: 'layer1 has no settled mode <in> its window.',
    seconds: 1,
  };
  return {
    title: 'A made-up study',
    protocol: '0,1/2,3/4,5',
    head: 'all-compete',
    tasks: TASKS,
    samples: { training: 1234, validation: 246 },
    constraints: 50,
    absolute: false,
    epochs: 12,
    several: 'online',
    seeds: SEEDS.map((seed, k) => ({
      seed,
      epochs: 31 + seed,
      stopped: seed === 2 ? 'the loss is below 0.01' : 'the last epoch was reached',
      centreLoss: 0.0091 + 0.001 * seed,
      loss: 0.0123 + 0.0017 * fraction(seed, 901),
      test: first(seed),
      scratch: [first(seed), 0.931 + 0.01 * fraction(seed, 902), 0.942 + 0.01 * fraction(seed, 903)],
      profiles: k === 0 ? [1, 4].map((i) => profile(i, 0.0123, 0)) : [],
    })),
    groups: [...groups, refused],
    methods: {
      none: { title: 'nothing', strength: '' },
      l2: { title: 'every weight alike', strength: 'the mean curvature' },
      ewc: { title: 'the Fisher information of each weight', strength: '1' },
      variance: { title: 'principal directions by 1/sigma²', strength: 'the mean curvature' },
      ldc: { title: 'principal directions by 1/F²', strength: '4(e−1)L0' },
      random: { title: 'random axes', strength: 'the mean curvature along them' },
      hessian: { title: 'the stiffest directions', strength: '1' },
      frozen: { title: 'layer1 not trained', strength: '' },
      'replay-100': { title: 'stored samples in turn', strength: '' },
      joint: { title: 'all tasks at once', strength: '' },
    },
    run: { config: { data: { set: 'mnist' } }, seeds: SEEDS },
  };
}
