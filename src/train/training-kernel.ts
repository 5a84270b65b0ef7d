/** Declares what kernels/training exports; addresses are byte offsets into the memory of the kernel. */
export interface TrainingExports {
  heapBase(): number;
  steps(
    net: number,
    order: number,
    count: number,
    batch: number,
    learningRate: number,
    momentum: number,
    hasMomentum: number,
    loss: number,
    correct: number,
    recordLayer: number,
    record: number,
    pull: number,
  ): number;
  evaluate(net: number, order: number, count: number, batch: number, each: number): number;
  correctOfEvaluation(): number;
  states(net: number, order: number, count: number, lowest: number, withDelta: number): number;
  gradient(net: number, order: number, count: number, scale: number): number;
  outerProducts(net: number, layer: number, count: number, out: number): void;
  unpad(from: number, count: number, columns: number, bytes: number, to: number): void;
  copyIn(from: number, inputs: number, outputs: number, bytes: number, weights: number): void;
  copyOut(weights: number, inputs: number, outputs: number, bytes: number, to: number): void;
}
