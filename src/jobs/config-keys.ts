/**
 * Checks of a config, with one sentence for an error: unknown keys with the nearest known one, values that the schema
 * refuses.
 */
import { z } from 'zod';
import { InputError, shown } from '../numeric/errors.js';
import { nearest } from '../numeric/spelling.js';

/** Describes a mapping of config keys. */
export type Tree = Record<string, unknown>;

/** Says whether a value is a mapping. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lays one layer of a config over another: mappings are merged; everything else, and the paths in `whole`, are
 * replaced.
 */
export function overlay(under: Tree, over: Tree, whole: readonly string[], path = ''): Tree {
  const out: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const here = path ? `${path}.${key}` : key;
    out[key] =
      isTree(value) && isTree(out[key]) && !whole.includes(here) ? overlay(out[key], value, whole, here) : value;
  }
  return out;
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly anyOf?: JsonSchema[];
  readonly oneOf?: JsonSchema[];
}

function keysOf(node: JsonSchema): Record<string, JsonSchema> {
  const variants = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].map(keysOf);
  return Object.assign({}, ...variants, node.properties);
}

function allPaths(node: JsonSchema, path: string[] = []): string[][] {
  return Object.entries(keysOf(node)).flatMap(([key, below]) => [[...path, key], ...allPaths(below, [...path, key])]);
}

/**
 * Returns a function that refuses keys which the schema does not have, at any depth. It follows the schema's own JSON
 * Schema, so that there is no second list of keys.
 * @throws InputError (from the returned function) with the nearest known key, or the known ones
 */
export function keyChecker(schema: z.ZodType): (value: unknown) => void {
  const shape = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  const walk = (value: unknown, node: JsonSchema, path: string[]): void => {
    if (!isTree(value)) return;
    const known = keysOf(node);
    if (Object.keys(known).length === 0) return;
    for (const [key, below] of Object.entries(value)) {
      if (key in known) {
        walk(below, known[key], [...path, key]);
        continue;
      }
      const close = nearest(key, Object.keys(known));
      const elsewhere =
        allPaths(shape).find((p) => p[p.length - 1] === key) ??
        allPaths(shape).find((p) => nearest(key, [p[p.length - 1]]));
      const guess = close ? [...path, close] : elsewhere;
      throw new InputError(
        'unknown-key',
        `the config has no key '${[...path, key].join('.')}'; ` +
          (guess ? `did you mean '${guess.join('.')}'?` : `known keys here are ${Object.keys(known).join(', ')}.`),
      );
    }
  };
  return (value) => walk(value, shape, []);
}

/** Returns the error for a value that the schema refused. */
export function problemOf(issue: z.core.$ZodIssue, config: Tree): InputError {
  const path = issue.path.join('.');
  const value = issue.path.reduce<unknown>((at, key) => (at as Tree | null | undefined)?.[key as string], config);
  const message = issue.message.replace(/, received (?:undefined|NaN)$/, '');
  return new InputError('bad-config', `config key '${path}': ${message}; got ${shown(value)}.`);
}
