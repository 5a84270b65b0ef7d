/** `thermograd reproduce generality`. */
import type { RunFlags } from '../../terminal/flags.js';
import { studyCommand } from '../../terminal/study.js';
import { WHERE_FLAGS } from '../../terminal/where.js';
import { type GeneralityRun, reproduceGenerality } from './experiment.js';

/** Runs the command. */
export function reproduceGeneralityCommand(flags: RunFlags & { readonly seeds?: number }): Promise<void> {
  const { data, network: networks, optimiser: optimisers, ...others } = flags;
  const grid = { data, networks, optimisers };
  return studyCommand<GeneralityRun>(others, {
    experiment: 'generality',
    known: ['preset', 'seeds', 'data', 'network', 'optimiser', 'out', 'resume', 'workers', ...WHERE_FLAGS, 'json'],
    run: (request) => reproduceGenerality({ ...request, ...given(grid) }),
    more: ({ answer }) => ({ document: { answer }, lines: answer }),
  });
}

/** Leaves out what was not given. */
const given = <T extends object>(flags: T): Partial<T> =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as Partial<T>;
