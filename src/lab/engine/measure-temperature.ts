/** The temperature of each direction from the size of its steps, (1 + mu)⟨Δθ²⟩/(2 eta). docs/theory [S9], [R4]. */
import { stepTemperatures } from '../../analyse/trajectory/temperatures.js';
import { missing } from '../../numeric/estimate.js';
import { logSpaced } from '../../numeric/spacing.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { rateOf } from '../../train/optimisers/schedule.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import type { Snapshot } from '../protocol.js';
import type { Measure } from './registry.js';
import { coordinates, principal, ranksOf, usedRows } from './rows.js';

/** Directions where none are named. */
const DIRECTIONS = 30;

/** Says why a window has no temperatures, or nothing. */
function noTemperature({ settings, every }: Snapshot): string | undefined {
  const { type, nesterov, dampening } = completeOptimiser(settings);
  if (type !== 'sgd') return `${type} has a preconditioner, in whose coordinates alone its steps have one temperature`;
  if (nesterov || dampening > 0)
    return 'the relation holds for SGD with plain momentum, and not with Nesterov’s or dampening';
  if (every > 1)
    return `of this layer only one step in ${every} is recorded, and a temperature is made of single steps`;
  return undefined;
}

/** Measures temperatures with every row of the window. */
export const measureTemperature: Measure<'temperature'> = async (bench, snapshot, { ranks, rows: most }, report) => {
  const P = bench.block.size;
  const rows = usedRows(snapshot, P, most);
  await report(0.1, 'principal directions');
  const found = await principal(bench, rows, ranks ?? logSpaced(ranksOf(rows), DIRECTIONS));
  const why = noTemperature(snapshot);
  await report(0.7, 'temperatures');
  const theta = coordinates(bench, snapshot.rows, found);
  const { momentum } = completeOptimiser(snapshot.settings);
  const learningRate = rateOfSnapshot(snapshot);
  const temperatures = why
    ? found.indices.map(() => missing(why))
    : stepTemperatures(theta.data, found.indices.length, { learningRate, momentum });
  return {
    basis: { step: snapshot.step, rows: snapshot.rows.length / P, every: snapshot.every, weights: P },
    directions: found.indices.map((index, k) => ({
      index,
      variance: found.summary.variances[index - 1],
      temperature: temperatures[k],
    })),
  };
};

/** Returns the learning rate of the last step of a snapshot, that of the schedule where there is one. */
export function rateOfSnapshot({ settings, step }: Pick<Snapshot, 'settings' | 'step'>): number {
  const { schedule, learningRate } = completeOptimiser(settings);
  return rateOf(schedule, learningRate, Math.max(0, step - 1));
}

/** Returns the linear form of the optimiser with the learning rate of the last step. */
export const formOf = (snapshot: Pick<Snapshot, 'settings' | 'step'>): ReturnType<typeof linearForm> =>
  linearForm(snapshot.settings, rateOfSnapshot(snapshot));
