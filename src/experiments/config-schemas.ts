/** The JSON Schema of each kind of config file, for editors, the reference, and whoever checks configs before a command does. */
import { z } from 'zod';
import { NETWORK_NAMES } from '../model/layered/named.js';
import { layeredSchema, schema } from '../runs/schema.js';
import { writtenLayer, writtenOptimiser } from '../runs/written-schema.js';
import { forgetLayeredSchema, forgetSchema } from './forget/schema.js';
import { simulationSchema } from './simulate/schema.js';
import { MEASURES } from './sweep/measures/registry.js';
import { sweepSchema } from './sweep/schema.js';

/** The kinds of config files. */
export const CONFIG_KINDS = ['run', 'forget', 'simulate', 'sweep'] as const;
/** Names a kind of config file: `run` is that of every command that trains or reads a network. */
export type ConfigKind = (typeof CONFIG_KINDS)[number];

/** A node of a JSON Schema, draft 2020-12, with the keywords that occur here; `unit` is removed from published ones. */
export interface SchemaNode {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly title?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly [keyword: string]: unknown;
}

const TITLES: Readonly<Record<ConfigKind, string>> = {
  run: 'A config of train, reproduce, advise or protect',
  forget: 'A config of forget',
  simulate: 'A config of simulate',
  sweep: 'A file of sweep',
};

/** Reads a zod schema as a person writes it: a method without settings may be null, and whole numbers have no limits of their own. */
function nodeOf(type: z.ZodType): SchemaNode {
  return z.toJSONSchema(type, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === 'pipe' && jsonSchema.type === 'object') jsonSchema.type = ['object', 'null'] as never;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as SchemaNode;
}

/** Puts the layer and the optimiser, of which the schema of a run knows little, in their places; and a network by its name alone. */
function whole(perceptron: z.ZodType, layered: z.ZodType): SchemaNode {
  const [one, other] = [nodeOf(perceptron), nodeOf(layered)];
  const optimiser = nodeOf(writtenOptimiser);
  const layer = nodeOf(writtenLayer);
  const own = one.properties!;
  const variants = other.properties!.network.anyOf!.map((variant) => {
    const { properties } = variant;
    if (properties?.layers === undefined) return variant;
    return {
      ...variant,
      properties: { ...properties, layers: { ...properties.layers, items: { $ref: '#/$defs/layer' } } },
    };
  });
  const named: SchemaNode = { enum: NETWORK_NAMES, description: 'The name of the network.' };
  return {
    ...one,
    properties: {
      ...own,
      network: {
        description: 'The network: a multilayer perceptron, layers, or a name.',
        anyOf: [own.network, ...variants, named],
      },
      optimiser: { $ref: '#/$defs/optimiser', description: own.optimiser.description! },
    },
    $defs: { layer: defined(layer, 'layer'), optimiser: defined(optimiser, 'optimiser') },
  };
}

/** Returns a node without what only its document has, and the definition itself where the document refers to one. */
function defined({ $schema: _, $defs, id: __, ...node }: SchemaNode, name: string): SchemaNode {
  const { id: ___, ...inner } = ($defs?.[name] ?? node) as SchemaNode;
  return inner;
}

/** Leaves out what a config must have at any depth: the axes of a sweep may state it. */
function partial(node: SchemaNode): SchemaNode {
  if (Array.isArray(node)) return node.map(partial) as unknown as SchemaNode;
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => key !== 'required' || !Array.isArray(value))
      .map(([key, value]) => [key, partial(value as SchemaNode)]),
  );
}

const SWEPT: Readonly<Record<Exclude<ConfigKind, 'sweep'>, readonly string[]>> = {
  run: ['train', 'ivf2021', 'ao2022', 'advise'],
  forget: ['forget'],
  simulate: ['simulate'],
};

/** The schema of a sweep, whose base is a config of its experiment. */
function sweep(others: Readonly<Record<Exclude<ConfigKind, 'sweep'>, SchemaNode>>): SchemaNode {
  // base and axes, which may be empty, may also be left out
  const { required: _, ...own } = nodeOf(sweepSchema);
  const $defs: Record<string, SchemaNode> = {};
  for (const [kind, { $schema: _, $defs: inner, ...node }] of Object.entries(others)) {
    $defs[kind] = { ...partial(node), type: ['object', 'null'] };
    Object.assign($defs, inner);
  }
  const names = MEASURES.map(({ name }) => name);
  return {
    ...own,
    properties: {
      ...own.properties,
      measure: {
        ...own.properties!.measure,
        items: { anyOf: [{ enum: names }, ...own.properties!.measure.items!.anyOf!] },
      },
    },
    allOf: Object.entries(SWEPT).map(([kind, experiments]) => ({
      if: {
        properties: { experiment: { enum: experiments } },
        ...(!experiments.includes('train') && { required: ['experiment'] }),
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { base: { $ref: `#/$defs/${kind}` } } },
    })),
    $defs,
  };
}

/** Returns the schema of each kind with the units of its numbers, as the reference shows them. */
export function configNodes(): Readonly<Record<ConfigKind, SchemaNode>> {
  const run = whole(schema, layeredSchema);
  const forget = whole(forgetSchema, forgetLayeredSchema);
  const simulate = nodeOf(simulationSchema);
  return { run, forget, simulate, sweep: sweep({ run, forget, simulate }) };
}

/**
 * Returns the published JSON Schema (draft 2020-12) of each kind of config file. It accepts every file that the command accepts; what one
 * key demands of another is checked by the command alone. A key `$schema` is allowed, and commands ignore it.
 */
export function configSchemas(): Readonly<Record<ConfigKind, SchemaNode>> {
  const nodes = configNodes();
  return Object.fromEntries(
    CONFIG_KINDS.map((kind) => {
      const { $schema, properties, ...rest } = published(nodes[kind]);
      const own = {
        $schema: { type: 'string', description: 'The schema by which an editor checks this file; it is ignored.' },
      };
      return [kind, { $schema, title: TITLES[kind], ...rest, properties: { ...own, ...properties } }];
    }),
  ) as unknown as Record<ConfigKind, SchemaNode>;
}

/** Appends units to descriptions, which editors show. */
function published(node: SchemaNode): SchemaNode {
  if (Array.isArray(node)) return node.map(published) as unknown as SchemaNode;
  if (typeof node !== 'object' || node === null) return node;
  const { unit, ...rest } = node;
  if (typeof unit !== 'string') return each(node);
  return each({ ...rest, description: `${node.description} Unit: ${unit}.` });
}

const each = (node: SchemaNode): SchemaNode =>
  Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === 'default' ? value : published(value as SchemaNode)]),
  );
