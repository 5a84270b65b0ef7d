/**
 * One constraint with one number of axes, at all its strengths, from task 1's solution through all later tasks.
 * docs/theory [C1]–[C3].
 *
 * Penalties of several tasks: after every task its constraint is built at the weights reached, from its own samples,
 * and added to the earlier ones with its own natural strength (`separate`), or all earlier ones are moved to the newest
 * anchor (`online`).
 */
import { rowsInMemory } from '../../analyse/trajectory/rows.js';
import type { BlockDiagnostics } from '../../apply/constraint.js';
import { constraintNamed } from '../../apply/constraints/table.js';
import type { ReportProgress } from '../../jobs/pool.js';
import {
  addPenalties,
  continuePenalty,
  type Penalty,
  penalty,
  penaltyValue,
  scalePenalty,
} from '../../model/penalty.js';
import { check, DivergedError, InputError, RunError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import type { FirstFacts } from './first.js';
import { type KnownRequest, knownTask, type StoredAxes } from './known.js';
import { movedOf } from './measure.js';
import type { Branch, BranchGroup, Curve } from './measured.js';
import { forNetwork, freshHead, Weights } from './network.js';
import { profilesThrough } from './profiles.js';
import { SingleStage, type Stage, stageOf } from './stage.js';
import type { TaskSet } from './task-set.js';

/** Names the task set, the constraint and its strengths. */
interface GroupRequest {
  readonly taskSet: TaskSet;
  readonly la: LinearAlgebra;
  readonly method: string;
  readonly constraints: number | null;
  /** Strengths in units of the natural one, or lambda itself; one entry, NaN, for methods without a penalty. */
  readonly strengths: readonly number[];
  /** Solution of task 1. */
  readonly weights: Float32Array;
  readonly facts: FirstFacts;
  readonly axes: StoredAxes;
  readonly report: ReportProgress;
}

/** The constraint of a task in units of the requested strengths. */
interface Held {
  readonly penalty: Penalty;
  /** lambda at strength 1, and the method's natural one. */
  readonly unit: number;
  readonly natural: number;
  readonly count: NonNullable<BranchGroup['held']>;
}

/**
 * Trains all branches of a group. A method that does not apply gives a result that says why.
 * @throws what is not an InputError or RunError of the method
 */
export async function branchGroup(request: GroupRequest): Promise<Omit<BranchGroup, 'seconds'>> {
  const { taskSet, la, method, constraints, strengths, facts, weights, axes, report } = request;
  const head = { format: 'thermograd forget branches', seed: taskSet.seed, method, constraints } as const;
  const own = { taskSet, la, task: 0, weights, windowSteps: facts.windowSteps, stored: axes };
  const constraint = constraintNamed(method);
  const { kind, memory } = constraint;
  try {
    const held = kind === 'penalty' ? await hold(request, own) : undefined;
    const count = kind === 'frozen' ? await frozenCount(request, own) : (held?.count ?? null);
    const second = stageOf(taskSet, 1, constraint);
    const branches: Branch[] = [];
    for (const [k, strength] of strengths.entries()) {
      report(`strength ${k + 1} of ${strengths.length}`, k / strengths.length);
      branches.push(await branch(request, held, strength, second));
    }
    const stored = memory === undefined ? {} : { stored: taskSet.memoryCount(0, memory) };
    return { ...head, held: count, ...stored, branches, refused: '' };
  } catch (error) {
    // a method that does not apply (no curvature, no current, a window in which nothing moved) is a result, and other
    // methods continue
    if (!(error instanceof InputError || error instanceof RunError)) throw error;
    return { ...head, held: null, branches: [], refused: error.message };
  }
}

async function hold({ taskSet, method, constraints, la }: GroupRequest, known: KnownRequest): Promise<Held> {
  const task = await knownTask(known);
  const { parts, unit, diagnostics } = await constraintNamed(method).build(task, {
    axes: constraints ?? 1,
    key: taskSet.taskKey(known.task).child('axes'),
    la,
  });
  const natural = unit.strength;
  check(
    Number.isFinite(natural) || taskSet.config.absolute,
    'no-curvature',
    `${method} has no natural strength here: there is no curvature along its directions. Give absolute strengths.`,
  );
  const lambda = taskSet.config.absolute ? 1 : natural;
  return {
    penalty: scalePenalty(penalty(task.anchor, parts), lambda),
    unit: lambda,
    natural,
    count: countOf(diagnostics),
  };
}

/** Counts the weights that are excluded from training. */
async function frozenCount({ taskSet, method, la }: GroupRequest, known: KnownRequest) {
  const { frozen } = taskSet.config;
  const { diagnostics } = await constraintNamed(method).build(await knownTask({ ...known, layers: frozen }), {
    axes: 1,
    key: taskSet.taskKey(known.task).child('axes'),
    la,
    hold: frozen,
  });
  return countOf(diagnostics);
}

function countOf(blocks: readonly BlockDiagnostics[]): NonNullable<BranchGroup['held']> {
  return {
    constrained: blocks.reduce((n, b) => n + b.constrained, 0),
    excluded: blocks.reduce((n, b) => n + b.excluded, 0),
    why: [...new Set(blocks.map((b) => b.why).filter((w) => w !== ''))].join('; '),
  };
}

async function branch(
  request: GroupRequest,
  held: Held | undefined,
  strength: number,
  second: SingleStage | Stage,
): Promise<Branch> {
  const { taskSet, method, facts, axes } = request;
  const { count, size } = taskSet;
  const { head } = taskSet.config;
  const first = Weights.of(request.weights, size);
  const weights = Weights.of(request.weights, size);
  const { epoch, task, test } = facts.curve;
  const curve = { epoch: [...epoch], task: [...task], test: [...test] };
  const after = [curve.test.at(-1)!];
  const lambda = held ? strength * held.unit : Number.NaN;
  let pull = held?.penalty;
  try {
    for (let t = 1; t < count; t++) {
      if (head === 'task-known') weights.heads[t] = freshHead(taskSet.spec(t), size, taskSet.taskKey(t).child('init'));
      const stage = t === 1 ? second : stageOf(taskSet, t, constraintNamed(method));
      stage.load(weights);
      if (pull && stage instanceof SingleStage) stage.hold(pull, strength);
      const more = pull !== undefined && t < count - 1 && stage instanceof SingleStage;
      const window = train(taskSet, stage, t, weights, curve, more);
      after.push(curve.test.at(-1)!);
      if (window && pull) pull = await further(request, pull, t, weights, window);
    }
  } catch (error) {
    if (error instanceof DivergedError) return diverged(count, strength, lambda, curve, after);
    throw error;
  }
  return {
    multiple: strength,
    strength: lambda,
    test: after,
    validation: taskSet.accuracies(weights, 'validation'),
    firstLoss: taskSet.firstLoss(weights),
    predictedRise: held ? (held.natural / held.unit) * penaltyValue(held.penalty, weights.flat(0)) : Number.NaN,
    distance: weights.shared.reduce((s, w, i) => s + (w - first.shared[i]) ** 2, 0),
    moved: movedOf(taskSet, first, weights, axes),
    curve,
    profiles: await profilesThrough(taskSet, weights, axes, facts.profiles),
    diverged: false,
  };
}

type Growing = { readonly epoch: number[]; readonly task: number[]; readonly test: (readonly number[])[] };

/** Trains all epochs of a task, and records the last of them where a constraint on this task follows. */
function train(taskSet: TaskSet, stage: Stage, t: number, weights: Weights, curve: Growing, record: boolean) {
  const { epochs, windowEpochs } = taskSet.config.training;
  const recorded = record ? Math.min(windowEpochs, epochs) : 0;
  const before = curve.epoch.at(-1)!;
  const look = (done: number) => {
    stage.store(weights);
    curve.epoch.push(before + done);
    curve.task.push(t);
    curve.test.push(taskSet.accuracies(weights, 'test'));
  };
  for (let e = 0; e < epochs - recorded; e++) {
    stage.epoch(e);
    look(e + 1);
  }
  if (recorded === 0 || !(stage instanceof SingleStage)) return undefined;
  return stage.window(epochs - recorded, recorded, (done) => look(epochs - recorded + done));
}

/** Returns the penalty after one more task. */
async function further(
  request: GroupRequest,
  before: Penalty,
  t: number,
  weights: Weights,
  window: ReturnType<SingleStage['window']>,
): Promise<Penalty> {
  const { taskSet, la } = request;
  const rows = rowsInMemory(window.rows, window.P);
  const { penalty: own } = await hold(request, {
    taskSet,
    la,
    task: t,
    weights: weights.flat(t),
    windowSteps: window.steps,
    window: rows,
  });
  const earlier = forNetwork(before, own.size);
  return taskSet.config.several === 'online' ? continuePenalty(earlier, own) : addPenalties(earlier, own);
}

function diverged(
  count: number,
  multiple: number,
  lambda: number,
  curve: Curve,
  after: readonly (readonly number[])[],
): Branch {
  const nothing = new Array<number>(count).fill(Number.NaN);
  return {
    multiple,
    strength: lambda,
    test: Array.from({ length: count }, (_, t) => after[t] ?? nothing),
    validation: nothing,
    firstLoss: Number.NaN,
    predictedRise: Number.NaN,
    distance: Number.NaN,
    moved: {},
    curve,
    profiles: [],
    diverged: true,
  };
}
