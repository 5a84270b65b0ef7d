// Floating-point operations of the bench's units (a multiplication and an addition are two), exponentials not counted.
const layers = [
  [784, 50],
  [50, 50],
  [50, 10],
];
const weights = layers.reduce((sum, [n, m]) => sum + n * m, 0);
const first = layers[0][0] * layers[0][1];

/**
 * @param report - a line of ours.mjs; its `density` is the share of inputs that are not zero
 * @returns `done`: with the inputs' zeros left out; `dense`: with nothing left out
 */
export function flops(command, variant, report) {
  if (command === 'train-step') {
    // forward and weight gradient through all layers, the gradient by the inputs of all but the first, the update
    const step = (density) => 50 * (4 * (weights - first) + 4 * first * density + 2 * (weights - first)) + 2 * weights;
    return { done: step(report.density), dense: step(1) };
  }
  if (command === 'flatness-eval') {
    const each = variant === 'aim' ? 2 * 50 * 50 : 2 * 50 + 2 * 50 * 10;
    return { done: report.samples * each, dense: report.samples * each };
  }
  // forward through the network with MNIST's zeros left out, back to the 50×50 layer, and the outer product
  const sample = (density) => 2 * first * density + 2 * (weights - first) + 2 * 500 + 2500;
  return { done: sample(0.191), dense: sample(1) };
}
