/** Networks of layers enter the battery of surfaces: in the kernel, and in the plain interpreter of its records. */
import { forceKernelBuild } from '../src/kernels/load.js';
import { passMachine } from '../src/surface/layered/machine.js';
import { VERBS } from '../src/surface/surface.js';
import { LAYERED, layeredEntry } from './support/layered-nets.js';
import { ReferenceMachine } from './support/plan-reference.js';
import { offersWith, surfaceBattery } from './support/surface-battery.js';

const options = {
  tolerances: { losses: 1e-12, gradient: 1e-11, products: 1e-7, samples: 1e-10 },
  offers: offersWith(...VERBS),
  step: 1e-5,
};
const { perceptron, convolutions, residual, smooth } = LAYERED;

surfaceBattery('a perceptron of layers', () => layeredEntry(perceptron, 43), options);
surfaceBattery('convolutions', () => layeredEntry(convolutions, 9), options);
surfaceBattery('residuals and norms', () => layeredEntry(residual, 9), options);
surfaceBattery('squared error', () => layeredEntry(smooth, 35), {
  ...options,
  offers: { ...options.offers, logits: 'missing' },
});
surfaceBattery('convolutions, lines in float32', () => layeredEntry(convolutions, 9, { lines: 'float32' }), {
  ...options,
  tolerances: { ...options.tolerances, losses: 2e-6 },
});
// The rest takes long.
if (process.env.CI !== undefined) {
  surfaceBattery(
    'residuals and norms, without fused multiplication and addition',
    () => {
      forceKernelBuild('simd');
      const machine = passMachine();
      forceKernelBuild(undefined);
      return layeredEntry(residual, 9, { machine });
    },
    options,
  );
  surfaceBattery(
    'residuals and norms, in plain loops',
    () => layeredEntry(residual, 9, { machine: new ReferenceMachine() }),
    options,
  );
}
