/** `thermograd reproduce controls`. */
import { layersOfFlags, type RunFlags } from '../../terminal/flags.js';
import { studyCommand } from '../../terminal/study.js';
import { WHERE_FLAGS } from '../../terminal/where.js';
import { reproduceControls } from './experiment.js';

/** Runs the command. */
export const reproduceControlsCommand = (flags: RunFlags & { readonly seeds?: number }): Promise<void> =>
  studyCommand(flags, {
    experiment: 'controls',
    known: [
      'preset',
      'seeds',
      'out',
      'resume',
      'workers',
      ...WHERE_FLAGS,
      'json',
      'config',
      'network',
      'optimiser',
      'layer',
      'data',
      'limit',
      'learningRate',
      'batchSize',
    ],
    run: (request) => {
      const { preset: _, workers: __, ...base } = flags;
      const layers = layersOfFlags(base).filter((layer) => Object.keys(layer).length > 0);
      return reproduceControls({ ...request, ...(layers.length > 0 && { base: layers }) });
    },
    more: ({ cause }) => ({ document: { cause }, lines: cause }),
  });
