/** States of the live page for tests. */
import type { LabState } from '../../src/lab/protocol.js';

/** A small state: 1000 samples of the teacher set, 20 batches an epoch. */
export const teacherState = (part: Partial<LabState>): LabState => ({
  v: 1,
  view: 'train',
  data: { kind: 'teacher', limit: 1000 },
  network: '20-16-4:tanh',
  optimiser: { type: 'sgd', learningRate: 0.2 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 5,
  layer: 'layer1',
  window: 2,
  changes: [],
  at: 0,
  ...part,
});
