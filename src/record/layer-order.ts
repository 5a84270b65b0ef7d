/**
 * The order of a network's layers in a file of weights, which keeps names and shapes but not the order in which the
 * module applies them.
 *
 * Three things speak for an order: the names (fc2 before fc10, hidden before head); the place of the values in the file,
 * unless it is the alphabetical one that safetensors itself makes; and the shapes, where only one order fits the network.
 */
import { InputError } from '../numeric/errors.js';

/** Describes a module of the file: the name before `.weight`, its place in the file, and the layers that it fits. */
export interface Module {
  readonly name: string;
  readonly weight: string;
  /** Bytes of an element; safetensors writes larger ones first. */
  readonly bytes: number;
  /** Whether the module has the shapes of layer l. */
  fits(l: number): boolean;
}

/** Says what an order rests on. */
export type OrderReason = 'numbers' | 'names' | 'file' | 'shapes';

/** What each reason means, in words. */
export const ORDER_WORDS: Readonly<Record<OrderReason, string>> = {
  numbers: 'in the order of their numbers',
  names: 'in the order of their names',
  file: "in the file's own order",
  shapes: 'in the only order that fits the shapes',
};

const FIRST = 'in inp input inputs first stem embed embedding feature features backbone encoder trunk'.split(' ');
const LAST = 'out output outputs last final head heads classifier cls logits logit score scores pred decoder'.split(
  ' ',
);
const BETWEEN = 'hidden hid mid middle inner fc linear lin dense layer layers block blocks net mlp'.split(' ');

/** Returns 0 for a name that says input, 1 for one in between, 2 for output; undefined for a name that says nothing. */
function rank(segment: string): number | undefined {
  const words = segment
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((w) => w !== '');
  const [first, last] = [FIRST, LAST].map((list) => words.some((w) => list.includes(w)));
  if (words.includes('pre')) return last ? 1 : undefined;
  if (first !== last) return first ? 0 : 2;
  return !first && words.every((w) => BETWEEN.includes(w)) ? 1 : undefined;
}

/** Compares two module names: below 0 when `a` comes first; `certain` where they differ in numbers alone. */
function compare(a: string, b: string): { readonly sign: number; readonly certain: boolean } | undefined {
  const [left, right] = [a.split('.'), b.split('.')];
  const at = left.findIndex((segment, i) => segment !== right[i]);
  const [x, y] = [left[at], right[at]];
  if (x === undefined || y === undefined) return undefined;
  const numbers = (s: string) => (s.match(/\d+/g) ?? []).map(Number);
  const pattern = (s: string) => s.replace(/\d+/g, '#');
  if (pattern(x) === pattern(y)) {
    const [p, q] = [numbers(x), numbers(y)];
    const sign = p.map((n, i) => n - q[i]).find((d) => d !== 0);
    return sign === undefined ? undefined : { sign, certain: true };
  }
  const stem = (s: string) => s.replace(/[_-]?\d+$/, '');
  if (stem(x) === stem(y)) return { sign: (numbers(x)[0] ?? -1) - (numbers(y)[0] ?? -1), certain: false }; // dense, dense_1
  const [r, s] = [rank(x), rank(y)];
  return r === undefined || s === undefined || r === s ? undefined : { sign: r - s, certain: false };
}

/** Returns the modules in the order that their names state, and whether by numbers alone; undefined where they state none. */
function byNames(modules: readonly Module[]): { readonly order: Module[]; readonly certain: boolean } | undefined {
  let certain = true;
  for (const [i, a] of modules.entries())
    for (const b of modules.slice(i + 1)) {
      const found = compare(a.name, b.name);
      if (!found || found.sign === 0) return undefined;
      certain &&= found.certain;
    }
  return { order: [...modules].sort((a, b) => compare(a.name, b.name)!.sign), certain };
}

const same = (a: readonly Module[], b: readonly Module[]) => a.every((m, i) => m === b[i]);
const fit = (order: readonly Module[]) => order.every((m, l) => m.fits(l));
const list = (order: readonly Module[]) => `[${order.map((m) => m.name).join(', ')}]`;
const inCode = (a: Module, b: Module) => (a.weight < b.weight ? -1 : 1);

/** Says whether the file's order is one that a library sorts into, which says nothing about the module. */
function isSorted(modules: readonly Module[]): boolean {
  return (
    same(modules, [...modules].sort(inCode)) ||
    same(
      modules,
      [...modules].sort((a, b) => b.bytes - a.bytes || inCode(a, b)),
    )
  );
}

/** Returns an order that fits the shapes, and another one where there is; undefined where none fits. */
function byShapes(modules: readonly Module[]): { readonly order: Module[]; readonly other?: Module[] } | undefined {
  const order: Module[] = [];
  for (let l = 0; l < modules.length; l++) {
    const next = modules.find((m) => m.fits(l) && !order.includes(m));
    if (!next) return undefined;
    order.push(next);
  }
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++)
      if (order[i].fits(j) && order[j].fits(i)) {
        const other = [...order];
        [other[i], other[j]] = [order[j], order[i]];
        return { order, other };
      }
  return { order };
}

/**
 * Chooses the order of the modules, which are given in the file's order.
 * @returns an order that may not fit the shapes, where none does or the numbers in the names say so
 * @throws InputError where two orders fit and nothing decides between them; it names both
 */
export function orderOf(modules: readonly Module[], path: string): { order: readonly Module[]; why: OrderReason } {
  if (modules.length === 1) return { order: modules, why: 'shapes' };
  const named = byNames(modules);
  const filed = isSorted(modules) || !fit(modules) ? undefined : modules;
  if (named && (fit(named.order) || named.certain)) {
    if (filed && fit(named.order) && !same(filed, named.order))
      throw twoOrders(path, named.order, 'that of their names', filed, 'that of their places in the file');
    return { order: named.order, why: named.certain ? 'numbers' : 'names' };
  }
  if (filed) return { order: filed, why: 'file' };
  const shaped = byShapes(modules);
  if (!shaped) return { order: named?.order ?? modules, why: 'names' };
  if (shaped.other) throw twoOrders(path, shaped.order, '', shaped.other, '');
  return { order: shaped.order, why: 'shapes' };
}

function twoOrders(path: string, a: readonly Module[], whyA: string, b: readonly Module[], whyB: string): InputError {
  const [x, y] = [
    [list(a), whyA],
    [list(b), whyB],
  ].map(([names, why]) => (why ? `${names} (${why})` : names));
  return new InputError(
    'layer-order',
    `${path}: two orders of its layers fit the network, ${x} and ${y}, and they give different networks; say which one the module applies with the key layers of the config, for example layers: ${list(a)}.`,
  );
}
