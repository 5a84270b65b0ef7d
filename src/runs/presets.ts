/** The presets of ivf2021: how far training goes and how much is measured. */
import type { PartialConfig } from './schema.js';

/** The presets by name. */
export const PRESETS: Readonly<Record<'quick' | 'standard' | 'paper', PartialConfig>> = {
  /** About a minute: a first look, and CI. Stops early, so its losses are far above those of the paper. */
  quick: {
    training: { stop: { rule: 'epochs', epochs: 10 }, maxEpochs: 13 },
    record: { windowEpochs: 3 },
    analysis: { directions: 60 },
  },
  /** A few minutes: the window of ten epochs after the first epoch that ends without a training error. */
  standard: {
    training: { stop: { rule: 'zero-training-error' }, maxEpochs: 300 },
    record: { windowEpochs: 10 },
    analysis: { directions: 120 },
  },
  /** The whole protocol of ivf2021 with its stopping rule; docs/theory [P1]. */
  paper: {
    training: {
      stop: { rule: 'accuracy-and-loss', accuracy: 0.99, loss: 5e-5, overEpochs: 10 },
      maxEpochs: 2000,
      evaluateEvery: 10,
    },
    record: { windowEpochs: 10 },
    analysis: { directions: 'all' },
  },
};
