/** `thermograd reproduce generality`. */
import type { RunFlags } from '../../terminal/flags.js';
import { studyCommand } from '../../terminal/study.js';
import { type GeneralityRun, reproduceGenerality } from './experiment.js';

/** Runs the command. */
export function reproduceGeneralityCommand(flags: RunFlags & { readonly seeds?: number }): Promise<void> {
  const { data, ...others } = flags;
  return studyCommand<GeneralityRun>(others, {
    experiment: 'generality',
    known: ['preset', 'seeds', 'data', 'out', 'resume', 'workers', 'json'],
    run: (request) => reproduceGenerality({ ...request, ...(data !== undefined && { data }) }),
    more: ({ answer }) => ({ document: { answer }, lines: answer }),
  });
}
