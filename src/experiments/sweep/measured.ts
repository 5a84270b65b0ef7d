/** The document that a cell of a sweep leaves: one training, and what was measured where it ended. */
import type { Estimate } from '../../numeric/estimate.js';

/** The value of an axis at a cell. */
export type AxisValue = number | string | boolean;

/** Says why there is no number. */
export interface NotMeasured {
  /** One sentence: what was missing, and what to do where something can be done. */
  readonly why: string;
}

/** Holds a measured number. */
export interface MeasuredNumber extends Estimate {
  /** The same number by ways that a claim on it should survive, by name. */
  readonly controls?: Readonly<Record<string, Estimate | NotMeasured>>;
  /** The same number in each layer, by name. */
  readonly parts?: Readonly<Record<string, Estimate | NotMeasured>>;
}

/** Holds a measured number, or why there is none. */
export type Measured = MeasuredNumber | NotMeasured;

/** Says whether there is a number. */
export const isMeasured = (m: Measured | undefined): m is MeasuredNumber => m !== undefined && !('why' in m);

/** Says when training ends: exactly one of epochs, steps and loss. */
export type Until =
  /** After so many epochs. */
  | { readonly epochs: number }
  /** After so many steps; the rest of a begun epoch is skipped by a window that follows. */
  | { readonly steps: number }
  /** At the first look at which the loss over the training set is at most `loss`, or after `within` steps. */
  | { readonly loss: number; readonly within: number };

/** The keys that identify a run. */
export interface CellRun {
  /** Learning rate of the first step. */
  readonly eta: number;
  /** Batch size. */
  readonly B: number;
  /** Momentum (beta1 of Adam). */
  readonly mu: number;
  /** Training samples. */
  readonly N: number;
  /** Number of weights, P. */
  readonly parameters: number;
  /** Widths, name, or layers in words. */
  readonly network: string;
  readonly optimiser: string;
  readonly data: string;
  readonly sampling: string;
  readonly stepsPerEpoch: number;
}

/**
 * How training ended: its rule (epochs, steps, a loss level, the stopping rule of the config) was met; the epochs or steps that it
 * was given were used up before; or it could not go on because the loss diverged or no weight moved any more (see `divergence`).
 */
export type Ended = 'rule' | 'budget' | 'diverged';

/** Holds the result of a cell. */
export interface SweepCell {
  readonly format: 'thermograd sweep cell';
  readonly index: number;
  /** The values of the axes, by their key. */
  readonly point: Readonly<Record<string, AxisValue>>;
  readonly seed: number;
  readonly config: CellRun;
  /** Steps and epochs (a begun one in part) before the measurements. */
  readonly steps: number;
  readonly epochs: number;
  readonly ended: Ended;
  /** How it ended, in words. */
  readonly reason: string;
  /** By column: a measure fills the columns that `MEASURES` names. */
  readonly measured: Readonly<Record<string, Measured>>;
  /** Wall-clock time of the cell, the only number that differs when it is computed again. */
  readonly seconds: number;
}
