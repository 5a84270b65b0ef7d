/** The kernel that executes records of ops.ts: its functions, and a memory of its own. */
import { instantiate } from '../../kernels/load.js';
import { plan } from '../../kernels/plan.generated.js';

/** Declares what kernels/plan exports; addresses are byte offsets into its memory. */
export interface PlanKernel {
  /** Returns the first free address. */
  heapBase(): number;
  /** Sets the lanes of a row and how many of them are samples. */
  setLanes(lanes: number, count: number): void;
  /** Sets the address of the numbers of the samples, u32, one a lane. */
  setOrder(at: number): void;
  /** Sets the number of the step that masks of dropout depend on, as two halves. */
  setStep(low: number, high: number): void;
  /** Executes records from … to − 1 in float32, or in float64. */
  run32(records: number, from: number, to: number): void;
  run64(records: number, from: number, to: number): void;
  /** Takes training steps; see src/train/plan/steps.ts. */
  steps(at: number, count: number): number;
  /** Copies between a weight in PyTorch's order and the padded transpose of a sparse layer. */
  copyOut(weights: number, inputs: number, outputs: number, bytes: number, to: number): void;
  copyIn(from: number, inputs: number, outputs: number, bytes: number, weights: number): void;
}

/** Makes a machine. */
export function planMachine(): { readonly kernel: PlanKernel; readonly memory: WebAssembly.Memory } {
  const { exports, memory } = instantiate<PlanKernel>('plan', plan, 64);
  return { kernel: exports, memory };
}
