/**
 * Branches of all seeds put together. Accuracies in [0, 1]; a_tj is that on task j after training task t, T tasks:
 *
 *     average     mean over j of a_Tj
 *     forgetting  mean over j < T of a_jj − a_Tj
 *     learning    mean over j > 1 of a_jj: the later tasks right after their training
 *     transfer    learning minus what fresh weights reach on the same task in the same time, or minus that without a constraint
 *
 * Strengths are chosen on validation samples, which belong to the training data; everything reported is on test samples.
 */
import { type Estimate, missing } from '../../numeric/estimate.js';
import { pairedDifference } from '../../numeric/seeds.js';
import { mean } from '../../numeric/statistics.js';
import type { Branch, BranchGroup, ForgetInput, Method, SeedFacts } from './measured.js';

/** One method at one strength and number of axes; lists run over `seeds`. */
export interface Setting {
  readonly method: Method;
  readonly constraints: number | null;
  readonly multiple: number;
  /** Axes or weights really held by task 1's constraint, seed by seed; and what kept others out. */
  readonly held: readonly number[];
  readonly why: string;
  readonly seeds: readonly number[];
  readonly branches: readonly Branch[];
  readonly validation: readonly number[];
  readonly average: readonly number[];
  readonly forgetting: readonly number[];
  readonly learning: readonly number[];
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Learning minus that of fresh weights. */
  readonly transfer: readonly number[];
}

export const averageOf = ({ test }: Branch): number => mean(test.at(-1)!);

export function forgettingOf({ test }: Branch): number {
  const end = test.at(-1)!;
  return mean(end.slice(0, -1).map((a, j) => test[j][j] - a));
}

export const learningOf = ({ test }: Branch): number => mean(test.slice(1).map((row, t) => row[t + 1]));

/** Learning minus what fresh weights reach on the same tasks; NaN where that is not known. */
export const transferOf = (branch: Branch, facts: SeedFacts | undefined): number =>
  facts ? learningOf(branch) - mean(facts.scratch.slice(1)) : Number.NaN;

/** Every method, number of axes and strength, in the order in which the groups come. */
export function settingsOf({ groups, seeds }: Pick<ForgetInput, 'groups' | 'seeds'>): Setting[] {
  const found = new Map<string, { group: BranchGroup; multiple: number; parts: [number, Branch, BranchGroup][] }>();
  for (const group of groups)
    for (const branch of group.branches) {
      const name = JSON.stringify([group.method, group.constraints, branch.multiple]);
      const entry = found.get(name) ?? { group, multiple: branch.multiple, parts: [] };
      entry.parts.push([group.seed, branch, group]);
      found.set(name, entry);
    }
  return [...found.values()].map(({ group, multiple, parts }): Setting => {
    parts.sort(([a], [b]) => a - b);
    const over = (of: (b: Branch, facts: SeedFacts | undefined) => number) =>
      parts.map(([seed, b]) =>
        b.diverged
          ? Number.NaN
          : of(
              b,
              seeds.find((s) => s.seed === seed),
            ),
      );
    return {
      method: group.method,
      constraints: group.constraints,
      multiple,
      held: parts.map(([, , g]) => g.held?.constrained ?? Number.NaN),
      why: parts.map(([, , g]) => g.held?.why ?? '').find((w) => w !== '') ?? '',
      seeds: parts.map(([seed]) => seed),
      branches: parts.map(([, b]) => b),
      validation: over((b) => mean(b.validation)),
      average: over(averageOf),
      forgetting: over(forgettingOf),
      learning: over(learningOf),
      first: over((b) => b.test.at(-1)![0]),
      last: over((b) => b.test.at(-1)!.at(-1)!),
      transfer: over(transferOf),
    };
  });
}

/**
 * The setting of a method whose validation accuracy, averaged over tasks and seeds, is largest. Strengths that diverged for a seed
 * do not stand for election.
 * @param constraints - only settings with so many axes (or without such a number); any when undefined
 */
export function chosen(settings: readonly Setting[], method: Method, constraints?: number): Setting | undefined {
  const own = settings.filter(
    (s) =>
      s.method === method &&
      (constraints === undefined || s.constraints === null || s.constraints === constraints) &&
      s.validation.every(Number.isFinite),
  );
  return own.reduce<Setting | undefined>(
    (best, s) => (best === undefined || mean(s.validation) > mean(best.validation) ? s : best),
    undefined,
  );
}

/** Validation accuracy that a further strength must have gained to be worth another: a tenth of a point. */
export const GAIN = 0.001;

/** Where among its method's strengths a setting lies. At either end with less than GAIN over its neighbour: `level`, `idle`. */
export type Place = 'inside' | 'strongest' | 'weakest' | 'level' | 'idle';

/** @param own - a setting that was chosen, among `settings` of all methods */
export function placeOf(own: Setting, settings: readonly Setting[]): Place {
  const scan = settings
    .filter((s) => s.method === own.method && s.constraints === own.constraints && Number.isFinite(s.multiple))
    .sort((a, b) => a.multiple - b.multiple);
  const k = scan.findIndex((s) => s.multiple === own.multiple);
  if (scan.length < 2 || (k > 0 && k < scan.length - 1)) return 'inside';
  const neighbour = scan[k === 0 ? 1 : k - 1];
  // not a number where the neighbour diverged: that says nothing against going the other way
  const gain = mean(own.validation) - mean(neighbour.validation);
  if (k === 0) return gain < GAIN ? 'idle' : 'weakest';
  return gain < GAIN ? 'level' : 'strongest';
}

/** A quantity of `a` minus that of `b`, seed by seed. */
export function paired(
  a: Setting | undefined,
  b: Setting | undefined,
  of: (s: Setting) => readonly number[] = (s) => s.average,
): Estimate {
  if (!a || !b) return missing('the branches of this comparison are missing');
  return pairedDifference({ seeds: a.seeds, values: of(a) }, { seeds: b.seeds, values: of(b) });
}
