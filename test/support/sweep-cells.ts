/** Made-up cells of sweeps. Nothing in them was measured. */

import type { AxisValue, Measured, SweepCell } from '../../src/experiments/sweep/measured.js';
import type { SweepConfig } from '../../src/experiments/sweep/schema.js';
import { estimate } from '../../src/numeric/estimate.js';
import { randomKey } from '../../src/numeric/random.js';

/** A measured number. */
export const measured = (value: number, error = Number.NaN): Measured => estimate(value, error, 1, 'made up', true);

export interface MadeUp {
  readonly point: Readonly<Record<string, AxisValue>>;
  readonly seed: number;
  readonly ended?: SweepCell['ended'];
  readonly steps?: number;
  readonly columns: Readonly<Record<string, Measured>>;
}

/** A cell of a sweep. */
export const cell = ({ point, seed, ended = 'rule', steps = 1000, columns }: MadeUp, index = 0): SweepCell => {
  const number = (key: string, otherwise: number) => (typeof point[key] === 'number' ? point[key] : otherwise);
  const [eta, B] = [number('training.learningRate', 0.1), number('training.batchSize', 50)];
  const config = {
    eta,
    B,
    mu: 0,
    N: 2000,
    parameters: 42200,
    network: '784-50-50-10',
    optimiser: 'sgd',
    data: 'mnist',
    sampling: 'shuffled',
    stepsPerEpoch: Math.floor(2000 / B),
  };
  return {
    format: 'thermograd sweep cell',
    index,
    point,
    seed,
    config,
    steps,
    epochs: steps / config.stepsPerEpoch,
    ended,
    reason: ended === 'diverged' ? 'the loss diverged' : 'made up',
    measured: columns,
    seconds: 1,
  };
};

export const geometric = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => from * (to / from) ** (k / (count - 1)));

export interface TableOptions {
  readonly etas: readonly number[];
  readonly batches: readonly number[];
  readonly seeds: number;
  /** Number of the made-up world. */
  readonly world?: number;
  /** ln of the measured number, without noise. */
  readonly log: (eta: number, B: number) => number;
  /** Standard deviation of ln from seed to seed. */
  readonly noise: number;
  /** Standard deviation of what the cells of a seed have in common. */
  readonly common?: number;
  readonly column?: string;
  readonly diverged?: (eta: number, B: number, seed: number) => boolean;
}

/** A table over learning rates and batch sizes. */
export function tableOf(o: TableOptions): SweepCell[] {
  const stream = randomKey(o.world ?? 1).stream();
  const common = Array.from({ length: o.seeds }, () => (o.common ?? 0) * stream.normal());
  let index = 0;
  return common.flatMap((shift, seed) =>
    o.etas.flatMap((eta) =>
      o.batches.map((B) => {
        const value = Math.exp(o.log(eta, B) + shift + o.noise * stream.normal());
        const lost = o.diverged?.(eta, B, seed) ?? false;
        const columns = { [o.column ?? 'psi']: lost ? { why: 'the loss diverged' } : measured(value, o.noise * value) };
        const point = { 'training.learningRate': eta, 'training.batchSize': B };
        return cell({ point, seed, columns, ...(lost && { ended: 'diverged' as const }) }, index++);
      }),
    ),
  );
}

/** A made-up phase diagram: traces that fall with eta/B, divergence beyond a line, one column that is sometimes missing. */
export function diagramCells(): SweepCell[] {
  const etas = geometric(0.02, 2, 8);
  const batches = [4, 8, 16, 32, 64, 128, 256];
  const stream = randomKey(5).stream();
  let index = 0;
  return [0, 1, 2].flatMap((seed) =>
    etas.flatMap((eta) =>
      batches.map((B) => {
        const edge = 0.9 / (1 + 8 / B);
        const lost = Math.log(eta / edge) + 0.25 * stream.normal() > 0;
        const noise = Math.log(eta / B);
        const trace = Math.exp(1 - 0.6 * noise + 0.05 * stream.normal());
        const why = { why: 'training diverged.' };
        const columns = lost
          ? { divergence: measured(1, 0), loss: why, trace: why, top: why, 'curvature-variance': why, flatness: why }
          : {
              divergence: measured(0, 0),
              loss: measured(0.045 + 0.004 * stream.uniform(), 0),
              trace: measured(trace, 0.02 * trace),
              top: measured(trace / 8, 0.001),
              'curvature-variance': measured(1.5 / B, 0.01 / B),
              flatness:
                index % 29 === 0 ? { why: `${index} directions stayed open.` } : measured(0.3 * trace ** -0.3, 0.01),
            };
        const point = { 'training.learningRate': eta, 'training.batchSize': B };
        const ended = lost ? 'diverged' : eta < 0.03 && B > 200 ? 'budget' : 'rule';
        return cell({ point, seed, columns, ended, steps: Math.round(60 / eta) + (8000 / B) * eta }, index++);
      }),
    ),
  );
}

/** The config of these cells, with figures of every kind. */
export const diagramConfig: SweepConfig = {
  name: 'made-up',
  notes: 'Nothing here was measured.',
  experiment: 'train',
  base: { data: { set: 'mnist', limit: 2000 } },
  axes: [
    { key: 'training.learningRate', form: { kind: 'log', from: 0.02, to: 2, count: 8 } },
    { key: 'training.batchSize', form: { kind: 'powers', base: 2, from: 2, to: 8 } },
  ],
  design: { kind: 'product', groups: [['training.learningRate'], ['training.batchSize']] },
  measure: ['loss', 'trace', 'ceiling', 'flatness', 'divergence'].map((name) => ({ name })) as never,
  until: { loss: 0.05, within: 6000 },
  laws: ['trace ~ (eta/B)^a, a = -0.6', 'flatness ~ eta^a B^b', 'trace ~ mu^a'],
  figures: [
    { kind: 'heat', x: 'B', y: 'eta', value: 'trace', bound: ['edge', 'almost-sure', { bound: 'edge', at: 'own' }] },
    { kind: 'heat', x: 'eta/B', y: 'eta', value: 'diverged' },
    { kind: 'curve', x: 'B', y: 'trace', by: 'eta' },
    { kind: 'collapse', y: 'trace', z: 'B', x: 'eta' },
    { kind: 'curve', x: 'B', y: 'tracks' },
  ],
};
