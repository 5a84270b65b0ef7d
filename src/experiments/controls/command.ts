/** `thermograd reproduce controls`. */
import type { RunFlags } from '../../terminal/flags.js';
import { studyCommand } from '../../terminal/study.js';
import { reproduceControls } from './experiment.js';

/** Runs the command. */
export const reproduceControlsCommand = (flags: RunFlags & { readonly seeds?: number }): Promise<void> =>
  studyCommand(flags, {
    experiment: 'controls',
    known: ['preset', 'seeds', 'out', 'resume', 'workers', 'json'],
    run: reproduceControls,
    more: ({ cause }) => ({ document: { cause }, lines: cause }),
  });
