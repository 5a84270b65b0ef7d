/**
 * Which strength of a method is its best, over all seeds: what says whether a further one has to be run, and which stands for the
 * method in the report. Strengths are chosen on validation samples, which belong to the training data; everything that is reported is
 * measured on test samples.
 */
import { mean } from '../../numeric/statistics.js';
import { averageOf, forgettingOf, learningOf, transferOf } from './accuracies.js';
import type { Branch, BranchGroup, ForgetInput, Method, SeedFacts } from './measured.js';

/** One method at one strength and number of axes; lists run over `seeds`. */
export interface Setting {
  readonly method: Method;
  readonly constraints: number | null;
  readonly multiple: number;
  /** Axes or weights really held by task 1's constraint, seed by seed; and what kept others out. */
  readonly held: readonly number[];
  readonly why: string;
  /** Samples of task 1 that replay stores; undefined for other methods. */
  readonly stored?: number;
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
      ...(group.stored !== undefined && { stored: group.stored }),
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
const GAIN = 0.001;

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
