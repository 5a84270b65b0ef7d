/** Made-up runs for the study of generality. Nothing in them was measured. */

import type { Regime, RegimeName } from '../../src/analyse/trajectory/regime.js';
import { type GeneralityConfig, generalityConfig } from '../../src/experiments/generality/config.js';
import type { GeneralityInput, LayerResult, RunResult } from '../../src/experiments/generality/measured.js';
import { estimate } from '../../src/numeric/estimate.js';

/** A regime with this exponent, and errors that decide. */
export const regime = (psi: number, more: Partial<Regime> & { readonly error?: number } = {}): Regime => {
  const { error = 0.1, ...rest } = more;
  const flatness = Array.from({ length: 12 }, (_, i) => 0.1 * 1.4 ** i);
  return {
    psi: estimate(psi, error, 12, 'made up'),
    r2: 0.95,
    points: 12,
    open: 0,
    decades: 1.6,
    flatness,
    variance: flatness.map((f) => 1e-6 * f ** -psi),
    ...rest,
  };
};

/** Exponents of a layer by regime. */
export type Exponents = Partial<Record<RegimeName, number | Regime>>;

/** A layer with these exponents. */
export const layer = (
  name: string,
  exponents: Exponents,
  more: Partial<LayerResult> & { readonly gamma?: number } = {},
): LayerResult => {
  const { gamma = 1.4, ...rest } = more;
  return {
    layer: name,
    type: name.startsWith('conv') ? 'conv' : 'dense',
    shape: [10, 20],
    measured: {
      layer: name,
      size: 200,
      rows: 320,
      centreLoss: 0.01,
      regimes: Object.fromEntries(
        Object.entries(exponents).map(([key, psi]) => [key, typeof psi === 'number' ? regime(psi) : psi]),
      ),
      gamma: {
        gamma: estimate(gamma, 0.05, 14, 'made up'),
        r2: 0.9,
        points: 14,
        decades: 2,
        curvature: [4, 2, 1],
        noise: [8, 3, 1],
      },
    },
    ...rest,
  };
};

/** A run whose rule was met. */
export const run = (more: Partial<RunResult> & Pick<RunResult, 'layers'>): RunResult => ({
  format: 'thermograd generality run',
  set: 'mnist',
  network: 'lenet5',
  optimiser: 'sgd',
  loss: 'cross-entropy',
  batchSize: 25,
  learningRate: 0.05,
  seed: 0,
  epochs: 40,
  windowSteps: 320,
  met: true,
  trainLoss: 0.01,
  trainErrors: 0,
  ...more,
});

/** A study of two networks, three optimisers and three seeds, in which all kinds of answers occur. */
export function generalityStudy(): GeneralityInput & { readonly config: GeneralityConfig } {
  const runs = [0, 1, 2].flatMap((seed) => {
    const off = 0.03 * (seed - 1);
    const at = (exponents: Record<string, number>) =>
      Object.fromEntries(Object.entries(exponents).map(([k, v]) => [k, v + off]));
    const squared = { network: 'mlp', loss: 'squared-error' } as const;
    return [
      run({
        seed,
        layers: [
          layer('conv1', at({ same: 4.1, half: 4, hessian: 3.9, walk: 2.4 })),
          layer('dense1', at({ same: 5.2, half: 2.4, hessian: 2, walk: 5.1 }), { gamma: 2.6 }),
        ],
      }),
      run({
        seed,
        optimiser: 'adam',
        layers: [
          layer('conv1', at({ same: 6, half: 3, hessian: 2, walk: 3, own: 4 }), { moved: 1.1 }),
          layer('dense1', { same: regime(0.2 + off, { r2: 0.1 }), own: 1.5 + off }, { moved: 1.2 }),
        ],
      }),
      run({
        seed,
        optimiser: 'rmsprop',
        layers: [layer('conv1', at({ same: 4 }), { moved: 3 }), layer('dense1', at({ same: 4 }), { moved: 2.5 })],
      }),
      run({
        seed,
        network: 'mlp',
        layers: [layer('layer2', at({ same: 4.2, half: 4.1, hessian: 4, walk: 2 }), { gamma: 1.2 })],
      }),
      run({ seed, ...squared, layers: [layer('layer2', at({ same: 4 }), { gamma: 2.8 })] }),
      run({
        seed,
        network: 'mlp',
        optimiser: 'adam',
        met: false,
        layers: [{ layer: 'layer2', type: 'dense', shape: [50, 50], failed: 'all 320 rows of the window are equal' }],
      }),
    ];
  });
  return {
    title: 'A made-up study',
    config: generalityConfig('standard'),
    runs,
    missing: ['fashion-mnist'],
    run: {
      version: '0.1.0',
      started: '2026-01-01T00:00:00Z',
      config: { preset: 'standard' },
      seeds: { count: 3 },
    } as never,
  };
}
