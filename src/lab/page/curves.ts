/** The curves of the running session: every step's loss and error, and the evaluations at the ends of epochs. */
import { signal } from '@preact/signals';
import type { EpochReport, LabState, Progress, SliderKey } from '../protocol.js';
import { Series } from './charts/series.js';

export const curves = {
  /** Minibatch loss before each step, nat. */
  loss: new Series(),
  /** Share of wrong predictions in each minibatch. */
  error: new Series(),
  /** Loss and share of errors on whole sets, at the ends of epochs. */
  trainLoss: new Series(),
  testLoss: new Series(),
  trainError: new Series(),
  testError: new Series(),
  /** Learning rate, as a step function: a point where it changed, and one at the present step. */
  rate: new Series(),
};

/** Grows with every change of a curve; charts redraw when it does. */
export const curvesVersion = signal(0);

/** The range of steps that the charts of curves show together; undefined: everything. */
export const curvesRange = signal<readonly [number, number] | undefined>(undefined);

/** Ends all curves at step `at`. */
export function cutCurves(at: number): void {
  for (const series of Object.values(curves)) series.cut(at);
  curvesVersion.value++;
}

export function clearCurves(): void {
  for (const series of Object.values(curves)) series.clear();
  curvesRange.value = undefined;
  curvesVersion.value++;
}

/** Adds the steps of a message; steps that the curves have already are replaced. */
export function addProgress(p: Progress): void {
  const n = p.loss.length;
  if (n > 0) {
    if (curves.loss.length > 0 && curves.loss.x(curves.loss.length - 1) >= p.firstStep) cutCurves(p.firstStep - 1);
    const steps = Float64Array.from({ length: n }, (_, k) => p.firstStep + k);
    curves.loss.append(steps, p.loss);
    curves.error.append(
      steps,
      Float64Array.from(p.correct, (c) => 1 - c / p.batchSize),
    );
  }
}

export function addEpoch(e: EpochReport): void {
  const last = curves.trainLoss.length - 1;
  if (last >= 0 && curves.trainLoss.x(last) >= e.step) return;
  curves.trainLoss.append([e.step], [e.trainLoss]);
  curves.trainError.append([e.step], [e.trainErrors / e.trainSamples]);
  if (e.testSamples > 0) {
    curves.testLoss.append([e.step], [e.testLoss]);
    curves.testError.append([e.step], [1 - e.testAccuracy]);
  }
}

/** Draws the learning rate anew from the list of changes. */
export function traceRate(state: LabState, step: number, now: number): void {
  const own = state.changes.filter((c) => c.key === 'learningRate' && c.at <= step);
  curves.rate.clear();
  curves.rate.append(
    [0, ...own.map((c) => c.at), step],
    [state.optimiser.learningRate, ...own.map((c) => c.value), now],
  );
}

const NAMES: Readonly<Record<SliderKey, string>> = {
  learningRate: 'eta',
  momentum: 'momentum',
  weightDecay: 'weight decay',
  batchSize: 'B',
};

/** Where sliders moved, in words. */
export const flagsOf = (state: LabState) =>
  state.changes.map((c) => ({ at: c.at, label: `${NAMES[c.key]} = ${c.value}` }));
