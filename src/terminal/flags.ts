/** Translation of the command line's flags into a config. */
import { check } from '../numeric/errors.js';
import { readConfig } from '../runs/config.js';
import type { PartialConfig } from '../runs/schema.js';
import type { Session } from './session.js';
import { type WhereFlags, whereOf } from './where.js';

/** Holds the flags as commander parsed them. */
export interface RunFlags extends WhereFlags {
  readonly preset?: PartialConfig['preset'];
  readonly config?: string;
  readonly seed?: number;
  readonly data?: string;
  readonly network?: string;
  readonly optimiser?: string;
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
  readonly json?: boolean;
}

type Tree = { [key: string]: unknown };

/**
 * Returns the config file, if one was given, and the flags that override it.
 * @throws InputError when the config file cannot be read
 */
export function layersOfFlags(flags: RunFlags): PartialConfig[] {
  const layers: PartialConfig[] = flags.config === undefined ? [] : [readConfig(flags.config)];
  checkSingle(flags);
  const over = prune({
    preset: flags.preset,
    seed: flags.seed,
    data: { set: flags.data, limit: flags.limit },
    network: flags.network,
    optimiser: { type: flags.optimiser },
    training: { sampling: flags.sampling, learningRate: flags.learningRate, batchSize: flags.batchSize },
    record: { windowEpochs: flags.window, ...recorded(flags.layer) },
    analysis: { centre: flags.centre, directions: flags.directions },
    workers: flags.workers,
  });
  return [...layers, over as PartialConfig];
}

/** Refuses what only a grid takes: several networks or optimisers, and the grid's own names of optimisers. */
function checkSingle({ network, optimiser }: RunFlags): void {
  check(
    optimiser !== 'momentum' && optimiser !== 'nesterov',
    'bad-flag',
    () =>
      `${optimiser} is a name of reproduce generality; for one run write it into a config: optimiser: {type: sgd, momentum: 0.9${optimiser === 'nesterov' ? ', nesterov: true' : ''}}.`,
  );
  for (const [flag, value] of Object.entries({ network, optimiser }))
    check(
      !value?.includes(','),
      'bad-flag',
      `--${flag} takes one name here; several, such as ${value}, are for reproduce generality.`,
    );
}

/** Names one layer, or several where commas stand between them. */
function recorded(layer: string | undefined): Tree {
  const names = layer?.split(',').map((name) => name.trim());
  return names && names.length > 1 ? { layers: names } : { layer };
}

/** Leaves out undefined values, and objects without any value. */
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

/** Writes the name of a flag as it is typed. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/**
 * Builds the request of an experiment with presets of its own.
 * @param known - the flags that the experiment has
 * @throws InputError for any other flag, and for the preset `paper`
 */
export function presetRequest(
  experiment: string,
  flags: RunFlags & { readonly seeds?: number },
  known: readonly string[],
  s: Session,
) {
  const other = Object.keys(flags).find((name) => !known.includes(name));
  check(
    other === undefined,
    'bad-flag',
    () => `reproduce ${experiment} takes ${known.map(flagOf).join(', ')}; ${flagOf(other!)} is fixed by its preset.`,
  );
  const { preset, seeds, out, workers, resume = false } = flags;
  check(preset !== 'paper', 'bad-preset', `reproduce ${experiment} has the presets quick and standard; got paper.`);
  return {
    ...(preset && { preset }),
    ...(seeds !== undefined && { seeds }),
    ...(out !== undefined && { out }),
    ...(workers !== undefined && { workers }),
    ...whereOf(flags),
    resume,
    signal: s.signal,
    ...(s.onProgress && { onProgress: s.onProgress }),
    onStart: (text: string) => s.line.say(text),
  };
}
