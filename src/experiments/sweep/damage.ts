/** Whether a record and the documents of cells are those of a sweep: who edits or copies files can leave others in their places. */
import { z } from 'zod';
import { isTree } from '../../jobs/config-keys.js';
import { otherThan } from '../../jobs/identity.js';
import { check, shown } from '../../numeric/errors.js';
import { sameData } from '../../numeric/json.js';
import type { Scalar } from './axes.js';
import { cellCount } from './design.js';
import type { CellRun } from './measured.js';
import { EXPERIMENTS, type Sweep } from './schema.js';

/** Most cells of a sweep, all of which its commands list. */
export const MOST = 1_000_000;

const count = z.int().min(1);
const key = z.string().min(1);
const form = z.union([
  z.object({ kind: z.literal('list'), values: z.array(z.unknown()).min(1) }),
  z.object({ kind: z.literal('range'), from: z.int(), to: z.int() }),
  z.object({ kind: z.enum(['lin', 'log']), from: z.number(), to: z.number(), count: count.min(2).optional() }),
  z.object({ kind: z.literal('powers'), base: z.number().positive(), from: z.int(), to: z.int() }),
]);
const design = z.union([
  z.object({ kind: z.literal('product'), groups: z.array(z.array(key).min(1)) }),
  z.object({ kind: z.literal('random'), points: count, seed: z.int().min(0) }),
  z.object({ kind: z.literal('sobol'), points: count }),
]);
const tree = z.record(z.string(), z.unknown());
/** The part of a record that says which cells there are; keys that it does not name are left as they are. */
const recordSchema = z.object({
  config: z.object({
    name: z.string(),
    notes: z.string(),
    experiment: z.enum(EXPERIMENTS),
    base: tree,
    axes: z.array(z.object({ key, form, whole: z.boolean().optional() })),
    design,
    measure: z.array(z.object({ name: key, options: tree })).min(1),
    until: tree.nullable(),
    laws: z.array(z.string()),
    figures: z.array(tree),
  }),
  seeds: z.array(z.int().min(0)).min(1),
  cost: z.object({ seconds: z.array(z.number()), bytes: z.number() }),
});

/**
 * Refuses a record from which the cells cannot be listed.
 * @throws InputError (`bad-run`)
 */
export function checkRecord(record: Sweep, path: string): void {
  const { error } = recordSchema.safeParse(record);
  const issue = error?.issues[0];
  const refuse = (what: string) =>
    `the record of the sweep in ${path} is damaged: ${what}; restore it from a copy, or start again in another folder.`;
  check(issue === undefined, 'bad-run', () => refuse(`its '${issue!.path.join('.')}' is not as a sweep writes it`));
  const { config, seeds } = record;
  check(new Set(seeds).size === seeds.length, 'bad-run', () => refuse('it has a seed twice'));
  const keys = config.axes.map((axis) => axis.key);
  const grouped = config.design.kind === 'product' ? config.design.groups.flat() : keys;
  check(sameData([...keys].sort(), [...grouped].sort()), 'bad-run', () => refuse('its design names other axes'));
  const cells = cellCount(record);
  check(cells >= 1 && cells <= MOST, 'bad-run', () => refuse(`it has ${cells} cells`));
}

/** Says why a document cannot be that of a cell; undefined where it can. */
export function damageOfCell(
  document: object,
  cell: { readonly index: number; readonly seed: number; readonly point: Readonly<Record<string, Scalar>> },
): string | undefined {
  const own = document as Readonly<Record<string, unknown>>;
  const different = otherThan(document, { format: 'thermograd sweep cell', ...cell });
  if (different !== undefined) return different;
  const { config, steps, epochs, ended, reason, measured } = own;
  if (!isTree(config) || !isTree(measured)) return 'it has no config or nothing measured';
  const other = Object.entries(config).find(([name, value]) => typeof value !== (TEXTS.includes(name) ? 'string' : 'number')); // biome-ignore format: one line
  if (other !== undefined) return `its config has for ${other[0].slice(0, 40)} ${shown(other[1])}`;
  if (typeof steps !== 'number' || typeof epochs !== 'number') return 'it has no steps or no epochs';
  const whole = { steps, B: config.B, N: config.N, parameters: config.parameters, stepsPerEpoch: config.stepsPerEpoch };
  const broken = Object.entries(whole).find(([, value]) => Number.isFinite(value) && !Number.isSafeInteger(value));
  if (broken !== undefined) return `its ${broken[0]} is ${shown(broken[1])}, which is no whole number`;
  if (!['rule', 'budget', 'diverged'].includes(ended as string) || typeof reason !== 'string')
    return 'it does not say how training ended';
  const bad = Object.keys(measured).find((name) => !isNumberOrWhy(measured[name]));
  return bad === undefined ? undefined : `its ${bad.slice(0, 40)} is neither a number nor a reason`;
}

/** The parts of a `CellRun` that are texts; the others are numbers. */
const TEXTS: readonly string[] = ['network', 'optimiser', 'data', 'sampling'] satisfies (keyof CellRun)[];

const isNumberOrWhy = (value: unknown): boolean => {
  if (!isTree(value)) return false;
  const { why, value: number, standardError, n, method, converged, controls, parts } = value;
  if (typeof why === 'string') return true;
  return (
    [number, standardError, n ?? 0].every((v) => typeof v === 'number') &&
    typeof method === 'string' &&
    typeof (converged ?? true) === 'boolean' &&
    [controls, parts].every((more) => more === undefined || (isTree(more) && Object.values(more).every(isNumberOrWhy)))
  );
};
