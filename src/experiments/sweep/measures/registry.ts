/** The measures of a sweep by name, and the reader of a list of them. */
import { isTree, keyChecker, problemOf, type Tree } from '../../../jobs/config-keys.js';
import { check, shown } from '../../../numeric/errors.js';
import { nearest } from '../../../numeric/spelling.js';
import { ceiling } from './ceiling.js';
import { confidence, gradient, noise, noiseScale, top, trace } from './curvature.js';
import { flatness, principalFlatness } from './flatness.js';
import type { MeasureKind } from './measure.js';
import { displacement, temperature } from './motion.js';
import { gamma, psi, rankLaw } from './relation.js';
import { divergence, error, loss, norm, time } from './training.js';

/** All measures, in the order in which they are measured. */
export const MEASURES: readonly MeasureKind[] = [
  loss,
  error,
  time,
  divergence,
  norm,
  confidence,
  gradient,
  trace,
  top,
  noise,
  noiseScale,
  ceiling,
  flatness,
  principalFlatness,
  psi,
  gamma,
  rankLaw,
  temperature,
  displacement,
];

/** A measure with all its options, as a record keeps it. */
export interface MeasureRequest {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Names a measure, with options or without. */
export type GivenMeasure = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/**
 * Completes a list of measures by the defaults of their options, in the order of `MEASURES`.
 * @throws InputError for a name or an option that there is not, with the nearest one, a value out of its range, and a name given twice
 */
export function completeMeasures(given: readonly GivenMeasure[]): MeasureRequest[] {
  const out = given.map((one): MeasureRequest => {
    check(
      typeof one === 'string' || (isTree(one) && typeof one.name === 'string'),
      'bad-measure',
      () => `measure: takes names, or mappings with a name and options; got ${shown(one)}.`,
    );
    const { name, ...options } = typeof one === 'string' ? { name: one } : one;
    const kind = measureNamed(name);
    keyChecker(kind.options)(options);
    const read = kind.options.safeParse(options);
    if (!read.success) throw problemOf(read.error.issues[0], { ...options } as Tree);
    return { name, options: read.data };
  });
  const twice = out.find(({ name }, i) => out.findIndex((m) => m.name === name) < i);
  check(
    twice === undefined,
    'bad-measure',
    () => `measure: names '${twice!.name}' twice; give it once, with its options.`,
  );
  const place = ({ name }: MeasureRequest) => MEASURES.findIndex((m) => m.name === name);
  return out.sort((a, b) => place(a) - place(b));
}

/**
 * Returns a measure by its name.
 * @throws InputError with the nearest name, or all
 */
export function measureNamed(name: string): MeasureKind {
  const names = MEASURES.map((m) => m.name);
  const close = nearest(name, names);
  const found = MEASURES.find((m) => m.name === name);
  check(
    found !== undefined,
    'unknown-measure',
    () => `there is no measure '${name}'; ${close ? `did you mean '${close}'?` : `there are ${names.join(', ')}.`}`,
  );
  return found;
}

/** Lists the columns that measures fill, with what each holds. */
export const columnsOf = (measures: readonly Pick<MeasureRequest, 'name'>[]): Record<string, string> =>
  Object.assign({}, ...measures.map(({ name }) => measureNamed(name).columns));
