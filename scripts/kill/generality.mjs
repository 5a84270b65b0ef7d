/** `thermograd reproduce generality` on a grid of a few seconds, which its presets do not have; otherwise the command itself. */
import { parseArgs } from 'node:util';
import { generalityConfig } from '../../dist/experiments/generality/config.js';
import { reproduceGenerality } from '../../dist/experiments/generality/experiment.js';
import { studyCommand } from '../../dist/terminal/study.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    resume: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
  },
});
const quick = generalityConfig('quick');
const config = {
  ...quick,
  limit: 60,
  networks: ['mlp', 'lenet5'],
  optimisers: quick.optimisers.filter(({ name }) => ['sgd', 'adam'].includes(name)),
  settings: [{ batchSize: 20, factor: 1 }],
  squaredError: [],
  maxEpochs: 3,
  windowSteps: 30,
  directions: { conv: 6, other: 6 },
  vectors: 6,
};
await studyCommand(
  { ...values, workers: Number(values.workers) },
  {
    experiment: 'generality',
    known: ['out', 'resume', 'workers'],
    run: (request) => reproduceGenerality({ ...request, preset: 'quick', config }),
    more: ({ answer }) => ({ document: { answer }, lines: answer }),
  },
);
