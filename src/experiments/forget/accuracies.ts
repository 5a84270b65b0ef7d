/**
 * Summary numbers of the accuracies of one branch. Accuracies are in [0, 1]; a_tj is that on task j after training task
 * t, T tasks:
 *
 *     average     mean over j of a_Tj
 *     forgetting  mean over j < T of a_jj − a_Tj
 *     learning    mean over j > 1 of a_jj: the later tasks directly after their training
 *     transfer    learning minus the accuracy of new weights on the same task in the same time
 */
import { mean } from '../../numeric/statistics.js';
import type { Branch, SeedFacts } from './measured.js';

/** Returns the average accuracy at the end. */
export const averageOf = ({ test }: Branch): number => mean(test.at(-1)!);

/** Returns the mean loss of accuracy on earlier tasks. */
export function forgettingOf({ test }: Branch): number {
  const end = test.at(-1)!;
  return mean(end.slice(0, -1).map((a, j) => test[j][j] - a));
}

/** Returns the mean accuracy on later tasks directly after their training. */
export const learningOf = ({ test }: Branch): number => mean(test.slice(1).map((row, t) => row[t + 1]));

/** Returns the learning minus the accuracy of new weights on the same tasks; NaN where that is not known. */
export const transferOf = (branch: Branch, facts: SeedFacts | undefined): number =>
  facts ? learningOf(branch) - mean(facts.scratch.slice(1)) : Number.NaN;
