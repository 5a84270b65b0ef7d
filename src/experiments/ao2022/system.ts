/**
 * The linear system that an optimiser makes of a layer: its heavy ball, its preconditioner at the end of the window, and why its linear
 * form does not describe the window, where it does not. docs/theory [O1], [O3]; the rules are in docs/rules/ao2022.md.
 */
import { join } from 'node:path';
import type { TrainingCurves } from '../../analyse/trajectory/results.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import { readCheckpoint } from '../../record/checkpoint.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import type { AnyConfig } from '../../runs/schema.js';
import { CHECKPOINT, WINDOW_START } from '../../runs/train.js';
import { ballOf } from '../../theory/layer/ball.js';
import { whereFormFails } from '../../theory/optimisers/holds.js';
import { type LinearForm, linearForm } from '../../theory/optimisers/linear-form.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { rateRange } from '../../train/optimisers/schedule.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import type { Ao2022System } from './measured.js';

/** Holds the linear system of a run. */
export interface RunSystem {
  readonly form: LinearForm;
  /** Rate and momentum of single steps, and the rate at which slow motion follows the gradient. */
  readonly ball: { readonly rate: number; readonly momentum: number; readonly nesterov: boolean };
  readonly effective: number;
  /** Lambda of the L2 penalty, and what decoupled decay adds to every curvature. */
  readonly penalty: number;
  readonly decay: number;
  /** √P of the layer's weights. */
  readonly root?: Float64Array;
  /** Why the form does not describe the window, sentence by sentence. */
  readonly fails: readonly string[];
}

/** Layers of layers with more weights than this are measured in the span of so many of their leading principal directions. */
export const [WHOLE, SPAN] = [1000, 128];

/** Returns how many principal directions span the part that is measured; undefined for a layer that is measured whole. */
export function spanOf(config: AnyConfig, network: AnyNetwork, T: number): number | undefined {
  const { size } = recordedBlock(network, config.record.layer);
  return isLayered(network) && size > WHOLE ? Math.min(SPAN, T - 1) : undefined;
}

/** Makes the linear system of the run in the folder `from`, whose window has T steps. */
export function systemOf(
  config: AnyConfig,
  network: AnyNetwork,
  from: string,
  curves: TrainingCurves,
  T: number,
): RunSystem {
  const perEpoch = T / config.record.windowEpochs;
  const spec = optimiserIn(config, perEpoch);
  const [start, end] = [WINDOW_START, CHECKPOINT].map((name) => readCheckpoint<object>(join(from, name), network));
  const last = (end?.state as { step?: number } | undefined)?.step ?? T;
  const steps = { start: last - T, end: last };
  // a schedule that ended before the window leaves its last rate
  const rate = spec.schedule
    ? rateRange(spec.schedule, spec.learningRate, steps.start, steps.end).most
    : spec.learningRate;
  const form = linearForm(spec, rate);
  const { penalty: decay, ...ball } = ballOf(form);
  const block = recordedBlock(network, config.record.layer);
  const own = (v: ArrayLike<number> | undefined) =>
    v && Float64Array.from(v).subarray(block.offset, block.offset + block.size);
  const [before, after] = [own(start?.optimiser?.squares), own(end?.optimiser?.squares)];
  const fails: string[] = [];
  if (config.optimiser !== undefined) {
    const lossAt = (epoch: number) => curves.trainLoss[curves.epoch.indexOf(epoch)];
    const loss = { start: lossAt(curves.window[0] - 1), end: lossAt(curves.window[1]) };
    const seen = {
      form,
      steps,
      ...(before && after && { squares: { start: before, end: after } }),
      ...(loss.start > 0 && loss.end > 0 && { loss }),
    };
    fails.push(...whereFormFails(seen).map((f) => f.sentence));
    if (Number.isFinite(completeOptimiser(spec).clipNorm))
      fails.push('gradients are clipped, how many in the window was not recorded, and the theory has no clipping.');
    if (form.adaptive && !after)
      fails.push('the mean squared gradients at the end of the window are not there, so that P is not known.');
  }
  const root = form.adaptive && after ? preconditionerOf(form, after, last).map(Math.sqrt) : undefined;
  return {
    form,
    ball,
    effective: ball.rate / (1 - ball.momentum),
    penalty: penaltyOf(config),
    decay,
    ...(root && { root }),
    fails,
  };
}

/** Returns what the results say of the system; undefined for plain SGD in a whole layer, of which there is nothing to say. */
export function systemFacts(config: AnyConfig, s: RunSystem, span: number | undefined): Ao2022System | undefined {
  if (config.optimiser === undefined && s.ball.momentum === 0 && span === undefined) return undefined;
  return {
    optimiser: s.form.optimiser.type,
    rate: s.ball.rate,
    momentum: s.ball.momentum,
    nesterov: s.ball.nesterov,
    adaptive: s.form.adaptive,
    penalty: s.penalty,
    decay: s.decay,
    ...(span !== undefined && { span }),
    fails: s.fails,
  };
}
