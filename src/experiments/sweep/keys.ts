/** Keys of axes: which exclude one another, which need whole numbers, and how a value enters the config of a cell. */
import { z } from 'zod';
import { isTree, type Tree } from '../../jobs/config-keys.js';
import { check, shown } from '../../numeric/errors.js';
import { type Axis, placed } from './axes.js';

/** The hidden widths of a multilayer perceptron as one key: a number for all of them, or a list such as [50, 30] or '50-30'. */
export const HIDDEN = 'network.hidden';

/** Keys that only say how work is done, or what the cells are. */
const NO_AXIS: Readonly<Record<string, string>> = {
  workers: 'it changes no number',
  kernel: 'one sweep computes all its cells with one kernel build',
  provider: 'one sweep computes all its cells with one linear algebra',
  experiment: 'one sweep is of one experiment',
};

/** Pairs of keys that state the same thing. */
const SAME: readonly (readonly [string, string])[] = [
  ['training.learningRate', 'optimiser.learningRate'],
  ['training.momentum', 'optimiser.momentum'],
  [HIDDEN, 'network.widths'],
];

/**
 * Refuses axes that cannot be, and pairs that cannot be combined.
 * @throws InputError
 */
export function checkAxes(axes: readonly Axis[]): void {
  const keys = axes.map(({ key }) => key);
  for (const key of keys) {
    check(
      /^[\w-]+(?:\.[\w-]+)*$/.test(key) && !/(?:^|\.)(?:__proto__|constructor|prototype)(?:\.|$)/.test(key),
      'unknown-key',
      () => `the axis ${shown(key)} is no config key; keys are names joined by dots, such as training.learningRate.`,
    );
    check(
      !key.startsWith('seed.'),
      'unknown-key',
      () => `the axis ${shown(key)} is no config key, because a seed is a number without parts; write seed: 0..9.`,
    );
    const why = NO_AXIS[key.split('.')[0]];
    check(why === undefined, 'bad-axis', `${key} is no axis of a sweep, because ${why}; leave it out.`);
  }
  const within = (key: string, other: string) => key === other || key.startsWith(`${other}.`);
  for (const [a, b] of SAME) {
    const [first, second] = [keys.find((key) => within(key, a)), keys.find((key) => within(key, b))];
    check(
      first === undefined || second === undefined,
      'bad-axis',
      `the axes ${first} and ${second} state the same thing twice; leave one out.`,
    );
  }
  for (const key of keys) {
    const other = keys.find((k) => k !== key && within(key, k));
    check(
      other === undefined,
      'bad-axis',
      `the axis ${key} lies within the axis ${other}, which replaces it whole; leave one out.`,
    );
  }
}

interface Node {
  readonly type?: string;
  readonly properties?: Record<string, Node>;
  readonly items?: Node;
  readonly prefixItems?: Node[];
  readonly anyOf?: Node[];
  readonly oneOf?: Node[];
}

/** Returns a function that says whether a schema has only whole numbers at a dotted key. */
export function wholeKeys(schema: z.ZodType): (key: string) => boolean {
  const root = z.toJSONSchema(schema, { io: 'input' }) as Node;
  const below = (node: Node, name: string): Node[] => {
    const variants = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((n) => below(n, name));
    const own = node.properties?.[name] ?? (/^\d+$/.test(name) ? node.items : undefined);
    return own ? [own, ...variants] : variants;
  };
  const leaves = (node: Node): Node[] => [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(leaves)];
  return (key) => {
    if (key === HIDDEN) return true;
    const nodes = key.split('.').reduce<Node[]>((at, name) => at.flatMap((n) => below(n, name)), [root]);
    const types = nodes.flatMap(leaves).map(({ type }) => type);
    return types.includes('integer') && !types.includes('number');
  };
}

/** Lays the values of a point over a base. */
export function withPoint(base: Tree, axes: readonly Axis[], point: readonly unknown[]): Tree {
  const widths = isTree(base.network) && Array.isArray(base.network.widths);
  return axes.reduce<Tree>(
    (config, { key }, a) => (key === HIDDEN && widths ? hidden(config, point[a]) : placed(config, key, point[a])),
    base,
  );
}

/** Replaces the hidden widths of a base, whose widths are stated. */
function hidden(config: Tree, value: unknown): Tree {
  const network = config.network as Tree;
  const widths = network.widths as number[];
  const [first, inner, last] = [widths[0], widths.slice(1, -1), widths[widths.length - 1]];
  const list = typeof value === 'string' ? value.split('-').map(Number) : value;
  check(
    typeof list === 'number' || (Array.isArray(list) && list.every((w) => Number.isInteger(w) && w >= 1)),
    'bad-axis',
    () =>
      `the axis ${HIDDEN} has the value ${shown(value)}; it is a number, the width of all hidden layers, or a list such as [50, 30].`,
  );
  const widthsNow = [first, ...(typeof list === 'number' ? inner.map(() => list) : (list as number[])), last];
  return { ...config, network: { ...network, widths: widthsNow } };
}

/** Says whether an axis changes one of the widths, so that the base has to state all of them. */
export const needsWidths = ({ key }: Axis): boolean => key === HIDDEN || key.startsWith('network.widths.');

/** Says whether a base states its network in another way than by widths. */
export const otherNetwork = ({ network }: Tree): boolean =>
  typeof network === 'string' || (isTree(network) && ('layers' in network || 'name' in network));
