/** States of training to rewind to, in bounded memory: where it is full, every second one is dropped and the distance doubles. */
import type { LabCheckpoint } from '../protocol.js';

/** Most bytes of all checkpoints of a session together. */
const CHECKPOINT_BYTES = 96e6;
const FIRST_EVERY = 100;
const FEWEST = 4;

/** Keeps checkpoints by step. */
export class Checkpoints {
  private readonly kept = new Map<number, LabCheckpoint>();
  private readonly most: number;
  private distance = FIRST_EVERY;

  /** @param bytes - of one checkpoint */
  constructor(bytes: number) {
    this.most = Math.max(FEWEST, Math.floor(CHECKPOINT_BYTES / bytes));
  }

  /** Steps between checkpoints. */
  get every(): number {
    return this.distance;
  }

  /** Most bytes that all of them take, of one of so many bytes. */
  static bytes(one: number): number {
    return Math.max(FEWEST, Math.floor(CHECKPOINT_BYTES / one)) * one;
  }

  /** Returns how many steps follow until the next checkpoint is due. */
  due(step: number): number {
    return this.distance - (step % this.distance);
  }

  /** Whether a checkpoint is wanted after so many steps. */
  wants(step: number): boolean {
    return step % this.distance === 0 && !this.kept.has(step);
  }

  put(checkpoint: LabCheckpoint): void {
    this.kept.set(checkpoint.step, checkpoint);
    while (this.kept.size > this.most) {
      this.distance *= 2;
      for (const step of [...this.kept.keys()]) if (step % this.distance !== 0) this.kept.delete(step);
    }
  }

  /** Returns the last checkpoint that is not after `step`. */
  before(step: number): LabCheckpoint | undefined {
    let best: LabCheckpoint | undefined;
    for (const checkpoint of this.kept.values())
      if (checkpoint.step <= step && checkpoint.step >= (best?.step ?? 0)) best = checkpoint;
    return best;
  }

  /** Forgets all checkpoints after `step`. */
  cut(step: number): void {
    for (const own of [...this.kept.keys()]) if (own > step) this.kept.delete(own);
  }
}
