/** What the other side says of its model in the answer to `hello`. */
import { RunError, shown } from '../../numeric/errors.js';
import { parametersOf } from '../blocks.js';
import { type Offer, type Parameter, VERBS, type Verb } from '../surface.js';
import { type FrameArray, PROTOCOL } from './frames.js';

/** Names an array and gives its shape. */
interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What the other side says of itself. */
export interface ProcessFacts {
  readonly versions: Readonly<Record<string, string>>;
  /** How the loss of a batch is made of those of its samples: `mean`, `sum` or `none`. */
  readonly reduction: string;
  readonly device: string;
  readonly batchSize: number;
  /** SHA-256 over ALL parameters of the model, each number as float32, little-endian, as in recordings. */
  readonly sha256: string;
  /** What the user should know: an order of samples that was replaced, and the like. */
  readonly notes: readonly string[];
  /** How quantities are computed there, in its own words. */
  readonly ways: Readonly<Record<string, string>>;
}

export interface Described {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly samples: number;
  readonly precision: 'float32' | 'float64';
  readonly offers: Readonly<Record<Verb, Offer>>;
  readonly weights: Float64Array;
  readonly buffers: readonly NamedShape[];
  readonly facts: ProcessFacts;
}

/** Reads the answer to `hello`. @throws RunError for a description that this version does not understand */
export function described(channel: string, answer: ReadonlyMap<string, FrameArray>): Described {
  const fail = (what: string): never => {
    throw new RunError(
      'bad-hello',
      `${channel} described itself with ${what}; the two sides have to be the same version.`,
    );
  };
  const bytes = answer.get('description')?.data;
  if (!(bytes instanceof Uint8Array)) return fail('no description');
  const text = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  if (text.protocol !== PROTOCOL) fail(`protocol version ${shown(text.protocol)}`);
  const tensors = text.parameters as NamedShape[];
  if (!isNamed(tensors) || tensors.length === 0) fail(`parameters ${shown(tensors)}`);
  const parameters = parametersOf(tensors.map(({ name, shape }) => ({ name, shape })));
  const size = parameters.reduce((sum, p) => sum + p.size, 0);
  const buffers = (text.buffers ?? []) as NamedShape[];
  if (!isNamed(buffers)) fail(`buffers ${shown(buffers)}`);
  const weights = answer.get('weights')?.data;
  if (!(weights instanceof Float64Array) || weights.length !== size) return fail(`weights that are not ${size}`);
  if (!Number.isSafeInteger(text.samples) || (text.samples as number) < 1) fail(`${shown(text.samples)} samples`);
  if (text.precision !== 'float32' && text.precision !== 'float64') fail(`precision ${shown(text.precision)}`);
  const stated = text.offers as Record<Verb, Offer>;
  // what a side of an earlier version does not know it cannot answer
  const offers = stated && {
    ...stated,
    logits: stated.logits ?? 'missing',
    trueFisher: stated.trueFisher ?? 'missing',
  };
  if (!offers || VERBS.some((v) => !['exact', 'made', 'missing'].includes(offers[v]))) fail(`offers ${shown(stated)}`);
  return {
    name: String(text.name),
    parameters,
    samples: text.samples as number,
    precision: text.precision as 'float32' | 'float64',
    offers,
    weights,
    buffers: buffers.map(({ name, shape }) => ({ name, shape })),
    facts: {
      versions: text.versions as Record<string, string>,
      reduction: String(text.reduction),
      device: String(text.device),
      batchSize: Number(text.batchSize),
      sha256: String(text.sha256),
      notes: (text.notes as string[]) ?? [],
      ways: (text.ways as Record<string, string>) ?? {},
    },
  };
}

const isNamed = (list: unknown): list is NamedShape[] =>
  Array.isArray(list) &&
  list.every((t) => typeof t?.name === 'string' && Array.isArray(t.shape) && t.shape.every(Number.isSafeInteger));
