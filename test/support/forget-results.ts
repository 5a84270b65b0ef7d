/** Made-up branches of `forget`: accuracies as a test wants them. */
import type { Branch, BranchGroup, ForgetInput, SeedFacts } from '../../src/experiments/forget/measured.js';

export interface Made {
  readonly method: string;
  readonly constraints?: number;
  readonly multiple?: number;
  /** Test accuracies on both tasks at the end; the scatter of the seed is added to the first. */
  readonly test: readonly [number, number];
  /** Validation accuracies; those of the test where absent. */
  readonly validation?: readonly [number, number];
  readonly diverged?: boolean;
  /** Axes really held; twice the number asked for where absent. */
  readonly held?: number;
  /** Runs for the first so many seeds only. */
  readonly ran?: number;
}

/** Scatter over five seeds in units of `scatter`: mean 0, standard deviation √2.5. */
const SCATTER = [0, 1, -1, 2, -2];
const FIRST = 0.99;

const curve = (first: number, last: number) => ({
  epoch: [1, 2, 3, 4],
  task: [0, 0, 1, 1],
  test: [
    [0.9, Number.NaN],
    [FIRST, Number.NaN],
    [(FIRST + first) / 2, last / 2],
    [first, last],
  ],
});

function branch({ test, validation = test, multiple = Number.NaN, diverged = false }: Made, shift: number): Branch {
  const first = test[0] + shift;
  const moved = {
    ranks: [
      [1, 1],
      [2, 4],
      [5, 9],
    ] as const,
    perDirection: [1e-4, 1e-3, 1e-2 * (1 + first)],
  };
  return {
    multiple,
    strength: 2 * multiple,
    test: [
      [FIRST, Number.NaN],
      [first, test[1]],
    ],
    validation,
    firstLoss: 1 - first,
    predictedRise: 0.5 * (1 - first),
    distance: 1,
    moved: { principal: moved, hessian: moved },
    curve: curve(first, test[1]),
    profiles: [{ index: 1, displacement: [-1, 0, 1], loss: [0.3, 0.1 * (2 - first), 0.2] }],
    diverged,
  };
}

export interface MadeOptions {
  readonly seeds?: number;
  /** Standard step of the scatter between seeds; opposite for every second method, so that it does not cancel in differences. */
  readonly scatter?: number;
  readonly constraints?: number;
}

export function madeInput(
  all: readonly Made[],
  { seeds = 5, scatter = 0.001, constraints = 50 }: MadeOptions = {},
): ForgetInput {
  const names = [...new Set(all.map((m) => m.method))];
  const groups: BranchGroup[] = [];
  for (let seed = 0; seed < seeds; seed++)
    for (const m of all)
      groups.push({
        format: 'thermograd forget branches',
        seed,
        method: m.method,
        constraints: m.constraints ?? null,
        held: m.constraints ? { constrained: m.held ?? 2 * m.constraints, excluded: 0, why: '' } : null,
        branches:
          seed >= (m.ran ?? seeds)
            ? []
            : [branch(m, scatter * SCATTER[seed % 5] * (names.indexOf(m.method) % 2 === 0 ? 1 : -1))],
        refused: '',
        seconds: 1,
      });
  const facts = (seed: number): SeedFacts => ({
    seed,
    epochs: 15,
    stopped: 'after 10 epochs and a window of 5',
    centreLoss: 0.01,
    loss: 0.01,
    test: FIRST,
    scratch: [FIRST, 0.97],
    profiles: seed === 0 ? [{ index: 1, displacement: [-1, 0, 1], loss: [0.3, 0.1, 0.2] }] : [],
  });
  return {
    title: 'Made up',
    protocol: '0,1/2,3',
    head: 'task-known',
    tasks: ['classes 0, 1', 'classes 2, 3'],
    samples: { training: 1234, validation: 246 },
    constraints,
    absolute: false,
    epochs: 2,
    several: 'separate',
    seeds: Array.from({ length: seeds }, (_, seed) => facts(seed)),
    groups,
    methods: Object.fromEntries(names.map((m) => [m, { title: `what ${m} holds`, strength: '', refused: '' }])),
    run: { config: { data: { set: 'teacher' } } },
  };
}

/** Several methods at three strengths, one of them at two numbers of axes, the floor and the ceiling. */
export function madeComparison(): ForgetInput {
  const scan = (method: string, first: number, constraints?: number) =>
    [0.1, 1, 10].map(
      (multiple): Made => ({
        method,
        multiple,
        ...(constraints && { constraints }),
        test: [first + 0.05 * Math.log10(10 * multiple), 0.96 - 0.01 * Math.log10(10 * multiple)],
      }),
    );
  return madeInput([
    { method: 'none', test: [0.6, 0.97] },
    ...scan('l2', 0.75),
    ...scan('ewc', 0.82),
    ...scan('ldc', 0.8, 50),
    { method: 'ldc', constraints: 5, multiple: 10, test: [0.7, 0.96] },
    ...scan('a-new-one', 0.78, 50),
    { method: 'joint', test: [0.985, 0.97] },
  ]);
}
