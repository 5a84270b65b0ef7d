/** The tables of `forget` as CSV documents, at full precision. */
import { csv } from '../../report/csv.js';
import { averageOf, forgettingOf, learningOf, transferOf } from './accuracies.js';
import type { Contest } from './compare.js';
import { type ForgetInput, outputsOf } from './measured.js';

/** Writes every branch, every comparison of two methods and every curve, by file name. */
export const forgetTables = (input: ForgetInput, contests: readonly Contest[]): Record<string, string> => ({
  'branches.csv': branchesCsv(input),
  'contests.csv': contestsCsv(contests, input.head),
  'curves.csv': curvesCsv(input),
});

function branchesCsv({ groups, tasks: { length: tasks }, seeds, head }: ForgetInput): string {
  return csv(
    [
      'seed',
      'method',
      'outputs',
      'constraints',
      'held',
      'left_out',
      'stored',
      'multiple',
      'strength',
      'average',
      'forgetting',
      'learning',
      'transfer',
      ...Array.from({ length: tasks }, (_, t) => `test_${t + 1}`),
      ...Array.from({ length: tasks }, (_, t) => `validation_${t + 1}`),
      'first_loss',
      'predicted_rise',
      'squared_distance',
      'diverged',
    ],
    groups.flatMap((g) =>
      g.branches.map((b) => [
        g.seed,
        g.method,
        outputsOf(head),
        g.constraints,
        g.held?.constrained ?? null,
        g.held?.excluded ?? null,
        g.stored ?? null,
        b.multiple,
        b.strength,
        averageOf(b),
        forgettingOf(b),
        learningOf(b),
        transferOf(
          b,
          seeds.find((s) => s.seed === g.seed),
        ),
        ...b.test.at(-1)!,
        ...b.validation,
        b.firstLoss,
        b.predictedRise,
        b.distance,
        b.diverged,
      ]),
    ),
  );
}

function contestsCsv(contests: readonly Contest[], head: ForgetInput['head']): string {
  return csv(
    ['method', 'against', 'difference', 'standard_error', 'seeds', 'p', 'p_holm', 'outcome', 'outputs'],
    contests.map((c) => [
      c.a,
      c.b,
      c.difference.value,
      c.difference.standardError,
      c.difference.n,
      c.p,
      c.holm,
      c.outcome,
      outputsOf(head),
    ]),
  );
}

function curvesCsv({ groups, tasks: { length: tasks }, head }: ForgetInput): string {
  return csv(
    [
      'seed',
      'method',
      'constraints',
      'multiple',
      'epoch',
      'task',
      'outputs',
      ...Array.from({ length: tasks }, (_, t) => `test_${t + 1}`),
    ],
    groups.flatMap((g) =>
      g.branches.flatMap((b) =>
        b.curve.epoch.map((e, k) => [
          g.seed,
          g.method,
          g.constraints,
          b.multiple,
          e,
          b.curve.task[k] + 1,
          outputsOf(head),
          ...b.curve.test[k],
        ]),
      ),
    ),
  );
}
