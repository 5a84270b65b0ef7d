/** What the flags of the command line mean as a config. */
import { InvalidArgumentError } from 'commander';
import { type PartialConfig, readConfig } from '../run/config.js';

/** Flags shared by `reproduce` and `train`, as commander hands them over. */
export interface RunFlags {
  readonly preset?: PartialConfig['preset'];
  readonly config?: string;
  readonly seed?: number;
  readonly data?: string;
  readonly limit?: number;
  readonly sampling?: 'shuffled' | 'replaced' | 'cyclic';
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly window?: number;
  readonly layer?: string;
  readonly centre?: 'mean' | 'last';
  readonly directions?: 'all' | number | number[];
  readonly workers?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly checkpointEvery?: number;
}

type Tree = { [key: string]: unknown };

/** The config file, then the flags over it. */
export function layersOfFlags(flags: RunFlags): PartialConfig[] {
  const layers: PartialConfig[] = flags.config === undefined ? [] : [readConfig(flags.config)];
  const over = prune({
    preset: flags.preset,
    seed: flags.seed,
    data: { set: flags.data, limit: flags.limit },
    training: { sampling: flags.sampling, learningRate: flags.learningRate, batchSize: flags.batchSize },
    record: { windowEpochs: flags.window, layer: flags.layer },
    analysis: { centre: flags.centre, directions: flags.directions },
    workers: flags.workers,
  });
  return [...layers, over as PartialConfig];
}

/** Leaves out what was not given. */
export function prune(tree: Tree): Tree {
  const out: Tree = {};
  for (const [key, value] of Object.entries(tree)) {
    if (value === undefined) continue;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) out[key] = value;
    else {
      const below = prune(value as Tree);
      if (Object.keys(below).length > 0) out[key] = below;
    }
  }
  return out;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`expected a whole number, got '${text}'.`);
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`expected a positive number, got '${text}'.`);
  return value;
}

/** `all`, a number of log-spaced ranks, or a list with ranges such as 1-20,50,100 (a single rank: 7,). */
export function directions(text: string): 'all' | number | number[] {
  if (text === 'all') return 'all';
  if (/^\d+$/.test(text)) return wholeNumber(text);
  const list = text.split(',').filter((part) => part !== '');
  const ranks = list.flatMap((part) => {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (!range || from < 1 || to < from || to - from > 1e6)
      throw new InvalidArgumentError(`expected all, a number, or ranks such as 1-20,50,100; got '${text}'.`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  if (ranks.length === 0)
    throw new InvalidArgumentError(`expected all, a number, or ranks such as 1-20,50,100; got '${text}'.`);
  return [...new Set(ranks)].sort((a, b) => a - b);
}
