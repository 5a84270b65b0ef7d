/** `thermograd reproduce valley2023`. */
import type { RunFlags } from '../../terminal/flags.js';
import { duration } from '../../terminal/progress.js';
import { studyCommand } from '../../terminal/study.js';
import { WHERE_FLAGS } from '../../terminal/where.js';
import { reproduceValley2023, type ValleyPart } from './experiment.js';

/** Runs the command. */
export const reproduceValley2023Command = ({
  part,
  ...flags
}: RunFlags & { readonly seeds?: number; readonly part?: ValleyPart }): Promise<void> =>
  studyCommand(flags, {
    experiment: 'valley2023',
    known: ['preset', 'part', 'seeds', 'out', 'resume', 'workers', ...WHERE_FLAGS, 'json'],
    run: (request) => reproduceValley2023({ ...(part && { part }), ...request }),
    more: ({ seconds }) => ({
      document: { seconds },
      lines: [
        `time: ${Object.entries(seconds)
          .map(([name, t]) => `${name} ${duration(t)}`)
          .join(', ')}`,
      ],
    }),
    options: part === undefined ? '' : ` --part ${part}`,
  });
