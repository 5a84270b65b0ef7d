/** The plan machine as passes use it: a memory, and functions that run records over it. */
import { type PlanKernel, planMachine } from '../../model/plan/machine.js';

/** Runs records of src/model/plan/ops.ts; without `run32` no losses can be asked in float32. */
export interface PassMachine
  extends Pick<PlanKernel, 'heapBase' | 'setLanes' | 'setOrder' | 'run64'>,
    Partial<Pick<PlanKernel, 'run32'>> {
  readonly memory: WebAssembly.Memory;
}

/** Makes a machine of the kernel, with a memory of its own. */
export function passMachine(): PassMachine {
  const { kernel, memory } = planMachine();
  const { heapBase, setLanes, setOrder, run64, run32 } = kernel;
  return { memory, heapBase, setLanes, setOrder, run64, run32 };
}
