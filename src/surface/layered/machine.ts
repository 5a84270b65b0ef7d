/** The plan machine as passes use it: a memory, and functions that run records over it. */

import { instantiate } from '../../kernels/load.js';
import { plan } from '../../kernels/plan.generated.js';

/** Runs records of src/model/plan/ops.ts. */
export interface PlanMachine {
  readonly memory: WebAssembly.Memory;
  /** Returns the first free address. */
  heapBase(): number;
  /** Sets the number of lanes in a row, and how many of them are samples. */
  setLanes(lanes: number, count: number): void;
  /** Sets the address of the numbers of the samples, u32, one a lane. */
  setOrder(at: number): void;
  /** Runs the records from … to − 1 at an address, in float64. */
  run64(records: number, from: number, to: number): void;
  /** Likewise in float32. */
  run32?(records: number, from: number, to: number): void;
}

type PlanExports = Required<Omit<PlanMachine, 'memory'>>;

/** Makes a machine of the kernel, with a memory of its own. */
export function planMachine(): PlanMachine {
  const { exports, memory } = instantiate<PlanExports>('plan', plan, 64);
  return {
    memory,
    heapBase: () => exports.heapBase(),
    setLanes: (lanes, count) => exports.setLanes(lanes, count),
    setOrder: (at) => exports.setOrder(at),
    run64: (records, from, to) => exports.run64(records, from, to),
    run32: (records, from, to) => exports.run32(records, from, to),
  };
}
