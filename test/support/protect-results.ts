/** Made-up results of `protect`. Nothing in them was measured. */
import type { ProtectResult } from '../../src/experiments/protect/experiment.js';

/** Two layers held by four axes each, measured on 2500 samples; with momentum, the natural strength far below what steps follow. */
export function protection(changes: Partial<ProtectResult> = {}): ProtectResult {
  return {
    file: 'made up/penalty.npz',
    bytes: 73_401,
    sha256: 'ab12',
    method: 'ldc',
    title: 'principal directions by 1/F²',
    source: 'ivf2021',
    origin: 'the weights in model.safetensors',
    network: [784, 50, 10],
    data: 'mnist',
    samples: 2500,
    loss: 0.0731,
    errors: 31,
    layers: [
      {
        block: 'layer1',
        constrained: 3,
        excluded: 1,
        why: 'the loss falls on one side',
        stiffness: [0.81, 0.12, 0.37],
      },
      { block: 'layer2', constrained: 1234, excluded: 0, why: '', stiffness: [2.13] },
    ],
    strength: 0.502,
    unit: { strength: 0.502, exact: true, how: '4(e−1)L0 with L0 = 0.0731' },
    learningRate: 0.15,
    momentum: 0.5,
    stiffest: 2.19,
    largestStrength: 9.13,
    window: { steps: 12_500, rows: 610, loss: 0.0812, trained: true },
    training: { learningRate: 0.300004, batchSize: 64, windowSteps: 31_250 },
    seed: 11,
    thermograd: '0.0.0',
    linearAlgebra: 'embedded',
    kernelBuild: 'fma',
    ...changes,
  };
}
