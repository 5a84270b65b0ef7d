/** The interface of a stepper, which moves a block of walkers: one runs in the kernel, one in TypeScript. */
import type { Box } from './walls.js';

/** Holds one block of `LANES` walkers, all of whose arrays a stepper may write. */
export interface Block {
  /** State variables × LANES: coordinates, then velocities. */
  readonly state: Float64Array;
  /** `STATUS` of each; a lane without a walker counts as absorbed. */
  readonly status: Uint8Array;
  /** Step during which a walker stopped. */
  readonly exits: Float64Array;
  /** 0 none; 1 + 2·coordinate (low) or 2 + 2·coordinate (high) of the wall that absorbed. */
  readonly sides: Uint8Array;
}

/** Moves blocks of walkers. */
export interface Stepper {
  /** State variables of a walker. */
  readonly states: number;
  /** Moves the walkers first … first + LANES − 1 by `count` steps from number `step` on. */
  advance(block: Block, first: number, step: number, count: number): void;
}

/** Holds what a stepper needs beside the motion. */
export interface Setting {
  readonly size: number;
  readonly box: Box;
  /** Two words of 32 bits: the key of Philox. */
  readonly key: readonly [number, number];
}
