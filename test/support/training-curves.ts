/** Made-up curves of a training of three epochs, of which some have no number. */
export const curves = {
  epoch: [1, 2, 3],
  runningLoss: [1.5, 0.9, 0.7],
  runningAccuracy: [0.4, 0.6, 0.7],
  trainLoss: [1.2, Number.NaN, 0.625],
  trainErrors: [700, Number.NaN, 260],
  testLoss: [1.3, 0.875, Number.NaN],
  testAccuracy: [0.45, 0.625, Number.NaN],
  weightNorm: [2.5, 3.5, 4.5],
  stepsPerEpoch: 40,
  window: [3, 3] as const,
  stopped: 'after 2 epochs',
};
