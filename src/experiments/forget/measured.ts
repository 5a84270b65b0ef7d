/**
 * The results of the branches of `forget`, one group in each document, and the input of its report. docs/theory
 * [C1]–[C3].
 */
import type { Head } from '../../data/tasks.js';
import type { RunFacts } from '../../report/input.js';

/** Names a constraint of the table in src/apply/constraints. */
export type Method = string;

/** Short names for tables and figures, in the order of presentation; other methods keep their names. */
const NAMES: Readonly<Record<string, string>> = {
  none: 'none',
  l2: 'L2 anchor',
  ewc: 'EWC',
  'ewc-empirical': 'EWC (empirical)',
  ldc: 'LDC (1/F²)',
  variance: '1/σ²',
  hessian: 'Hessian',
  'hessian-unweighted': 'Hessian (alike)',
  random: 'random axes',
  potential: 'potential U',
  vortex: 'vortex planes',
  'vortex-q': 'vortex planes (by q)',
  frozen: 'frozen layers',
  joint: 'joint',
};
/** Returns the short name of a method. */
export const nameOf = (m: Method): string =>
  NAMES[m] ?? m.replace(/^replay-(\w+)$/, (_, n: string) => `replay (${n === 'validation' ? 'as validation' : n})`);

/** Says how outputs compete, in the words that stand beside every number: accuracies of the two kinds are not comparable. */
export const outputsOf = (head: Head): string => (head === 'task-known' ? 'task-known outputs' : 'all outputs compete');

/** Returns methods in the order of presentation, unknown ones before the ceiling. */
export function inOrder(methods: readonly Method[]): Method[] {
  const known = Object.keys(NAMES);
  const place = (m: Method) =>
    m === 'joint' ? Number.POSITIVE_INFINITY : known.indexOf(m) < 0 ? known.length : known.indexOf(m);
  return [...new Set(methods)].sort((a, b) => place(a) - place(b));
}

/** Holds accuracies in [0, 1], one entry a task; NaN for a task that was not trained yet. */
type Accuracies = readonly number[];

/** Holds test accuracies at the ends of epochs, which count from 1 through all tasks. */
export interface Curve {
  readonly epoch: readonly number[];
  /** Which task was trained, from 0. */
  readonly task: readonly number[];
  readonly test: readonly Accuracies[];
}

/** Holds the displacement of the shared weights from those of task 1, over groups of directions of task 1. */
export interface Moved {
  /** First and last rank of each group, from 1. */
  readonly ranks: readonly (readonly [number, number])[];
  /** Mean over the group of ((w − w1)·p)², weight². */
  readonly perDirection: readonly number[];
}

/** Holds the loss of task 1 along one of its principal directions, through its solution or the end of a branch. */
export interface Profile {
  /** Rank from 1. */
  readonly index: number;
  readonly displacement: readonly number[];
  readonly loss: readonly number[];
}

/** Holds one constraint at one strength, from task 1's solution through all later tasks. */
export interface Branch {
  /**
   * Strength in units of the method's natural one, or lambda itself where strengths are absolute; NaN without a
   * penalty.
   */
  readonly multiple: number;
  /** lambda itself, of the second task. */
  readonly strength: number;
  /** Row t: test accuracy on every task after training task t. Row 0 is task 1's solution. */
  readonly test: readonly Accuracies[];
  /** Validation accuracy on every task at the end. */
  readonly validation: Accuracies;
  /** Loss of task 1 on its training samples at the end, nat. */
  readonly firstLoss: number;
  /** lambda·R at the end with the natural lambda, nat: the rise of task 1's loss in the Laplace approximation [C1]. */
  readonly predictedRise: number;
  /** |w − w1|² over the shared weights. */
  readonly distance: number;
  readonly moved: { readonly principal?: Moved; readonly hessian?: Moved; readonly vortex?: Moved };
  readonly curve: Curve;
  readonly profiles: readonly Profile[];
  /** Whether training diverged; all numbers are then NaN. */
  readonly diverged: boolean;
}

/** Holds all strengths of one constraint with one number of axes, for one seed. */
export interface BranchGroup {
  readonly format: 'thermograd forget branches';
  readonly seed: number;
  readonly method: Method;
  /** Constrained axes, N_c; null where the method has no such number. */
  readonly constraints: number | null;
  readonly branches: readonly Branch[];
  /**
   * Axes or weights that task 1's constraint holds over all layers, and how many it left out; null without a penalty.
   */
  readonly held: { readonly constrained: number; readonly excluded: number; readonly why: string } | null;
  /** Samples of task 1 that replay stores; absent for other methods. */
  readonly stored?: number;
  /** Why the method does not apply and there are no branches; empty otherwise. */
  readonly refused: string;
  readonly seconds: number;
}

/** Holds facts on task 1 of one seed, and the accuracies of later tasks trained alone. */
export interface SeedFacts {
  readonly seed: number;
  readonly epochs: number;
  /** Why task 1's training stopped. */
  readonly stopped: string;
  /** Training loss of task 1 at the centre of its statistics, L0 of [C1], and at the weights that branches start from. */
  readonly centreLoss: number;
  readonly loss: number;
  readonly test: number;
  /**
   * Test accuracy of every task trained alone from new weights for as many epochs as a branch has; entry 0 is task 1's
   * own.
   */
  readonly scratch: Accuracies;
  /** Loss of task 1 along its principal directions at its own solution. */
  readonly profiles: readonly Profile[];
}

/** Says which network is trained by which optimiser. */
export interface ForgetSetting {
  readonly network: string;
  readonly optimiser: string;
  readonly learningRate: number;
  /** Whether a penalty is added to the gradient, as under optimisers that divide by its size. */
  readonly inGradient: boolean;
  /** lambda of an L2 penalty. */
  readonly decay: number;
}

/** Holds everything that the report is made from. */
export interface ForgetInput {
  readonly title: string;
  readonly protocol: string;
  readonly head: Head;
  readonly tasks: readonly string[];
  /** Training samples of task 1, and those of it that are held out to choose strengths. */
  readonly samples: { readonly training: number; readonly validation: number };
  /** N_c at which methods are compared. */
  readonly constraints: number;
  /** Whether strengths are lambda itself. */
  readonly absolute: boolean;
  /** Epochs of every later task. */
  readonly epochs: number;
  /** With more than two tasks: penalties at their own anchors, or all at the newest. */
  readonly several: 'separate' | 'online';
  /** Network and optimiser where they are not a perceptron under SGD. */
  readonly setting?: ForgetSetting;
  readonly seeds: readonly SeedFacts[];
  readonly groups: readonly BranchGroup[];
  /** One line on what each method constrains, and one on its natural strength. */
  readonly methods: Readonly<Record<Method, { readonly title: string; readonly strength: string }>>;
  readonly run: RunFacts;
}
