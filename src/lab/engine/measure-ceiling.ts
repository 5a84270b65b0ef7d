/** The largest learning rate that the curvature allows, and where training stands below or above it. docs/theory [R6], [O1]. */
import { surfaceCurvature } from '../../analyse/curvature/surface-curvature.js';
import { isLayered } from '../../model/any-network.js';
import { type Estimate, scaled } from '../../numeric/estimate.js';
import { wholeBlock } from '../../surface/blocks.js';
import { scaledSurface } from '../../surface/scaled.js';
import { optimiserCeiling } from '../../theory/optimisers/ceiling.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import { formOf, rateOfSnapshot } from './measure-temperature.js';
import type { Measure } from './registry.js';
import { evenSubset } from './subset.js';

/** Samples where none are named: of perceptrons, and of networks of convolutions, whose passes are some hundred times slower. */
const [SAMPLES, SAMPLES_LAYERED] = [1000, 250];
/** Most products with the Hessian, and the residual relative to the eigenvalue at which they end. */
const [PRODUCTS, TOLERANCE] = [40, 1e-2];

/**
 * Measures the largest eigenvalue lambda of the Hessian, with its L2 penalty, over all weights, in the coordinates of the optimiser
 * where it has a preconditioner, and the learning rate at which the optimiser's linear form loses stability: 2(1 + mu)/lambda for SGD.
 */
export const measureCeiling: Measure<'ceiling'> = async (bench, snapshot, args, report) => {
  const { samples = isLayered(bench.network) ? SAMPLES_LAYERED : SAMPLES } = args;
  const form = formOf(snapshot);
  const key = bench.key.child('ceiling');
  const plain = bench.surface(form.penalty);
  const subset = evenSubset(plain.samples, samples, key.child('samples'));
  const squares = snapshot.optimiser.squares;
  const scale =
    form.adaptive && squares ? preconditionerOf(form, squares, Math.max(1, snapshot.step)).map(Math.sqrt) : undefined;
  const w = Float64Array.from(snapshot.weights, (x, i) => (scale ? x / scale[i] : x));
  const surface = scale ? scaledSurface(plain, scale) : plain;
  await report(0.1, 'largest curvature');
  const { top } = await surfaceCurvature(surface, w, wholeBlock(surface.parameters), {
    key,
    top: 1,
    probes: 2,
    maxSteps: PRODUCTS,
    tolerance: TOLERANCE,
    ...(subset && { subset }),
    la: bench.la,
  });
  const curvature = top[0].value;
  const learningRate = rateOfSnapshot(snapshot);
  const { momentum } = completeOptimiser(snapshot.settings);
  const edge = edgeFrom(curvature, (h) => optimiserCeiling(form, h));
  const share = edgeFrom(edge, (e) => learningRate / e);
  const { type } = form.optimiser;
  return {
    step: snapshot.step,
    curvature,
    edge,
    share,
    learningRate,
    batchSize: snapshot.batchSize,
    momentum,
    words: wordsOf(share, type, scale !== undefined),
  };
};

/** Carries an estimate through a function that falls as its reciprocal does; NaN where the curvature is not positive. */
function edgeFrom(e: Estimate, f: (value: number) => number): Estimate {
  const value = e.value > 0 ? f(e.value) : Number.NaN;
  return { ...scaled(e, value / e.value), value, converged: e.converged && Number.isFinite(value) };
}

function wordsOf({ value }: Estimate, type: string, own: boolean): string {
  const where = own ? ` in the coordinates of ${type}` : '';
  if (!Number.isFinite(value)) return `No direction curves upwards${where}, so that curvature sets no bound.`;
  if (value > 1)
    return `The learning rate is ${value.toPrecision(3)} times the edge of stability${where}: the quadratic form is unstable along the steepest direction.`;
  return `The learning rate is ${value.toPrecision(3)} of the edge of stability${where}.`;
}
