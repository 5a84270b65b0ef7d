/** `thermograd reproduce ceilings`. */
import type { RunFlags } from '../../terminal/flags.js';
import { studyCommand } from '../../terminal/study.js';
import { WHERE_FLAGS } from '../../terminal/where.js';
import { reproduceCeilings } from './experiment.js';

/** Runs the command. */
export const reproduceCeilingsCommand = (flags: RunFlags): Promise<void> =>
  studyCommand(flags, {
    experiment: 'ceilings',
    known: ['preset', 'out', 'resume', 'workers', ...WHERE_FLAGS, 'json'],
    run: reproduceCeilings,
    more: ({ conclusion }) => ({ document: { conclusion }, lines: conclusion }),
  });
