/**
 * How sure the outputs of a classifier are, of any `Surface` that gives its logits. docs/theory [N6], [S10].
 *
 * The logit of a sample's label follows from its loss, z_y = ln Σ_c exp z_c − L_k. Logits are divided by a temperature by scaling the
 * weights of the layer that makes them, as in confidence.ts.
 */
import { check } from '../../numeric/errors.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import { NEEDS } from '../../surface/completed.js';
import {
  BLOCK_WANTS,
  REQUEST_WANTS,
  type RequestOptions,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { surfaceTrace } from '../curvature/surface-trace.js';
import {
  type AtTemperature,
  type Confidence,
  confidenceOf,
  noTrace,
  scaledTrace,
  type TraceAtTemperature,
  topOf,
} from './confidence.js';

/** Says which layer makes the logits, and how its traces are had. */
export interface SurfaceConfidenceOptions extends RequestOptions {
  readonly key: Key;
  /** Blocks of weights whose traces are added; the last one makes the logits, linearly: its weights and biases. */
  readonly layers: readonly SurfaceBlock[];
  /** Probes of the trace of each layer; 10 by default. */
  readonly probes?: number;
}

const OPTIONS = is.shape<SurfaceConfidenceOptions>({
  key: is.key,
  layers: is.some(is.listOf(BLOCK_WANTS)),
  probes: is.maybe(is.count),
  ...REQUEST_WANTS,
});

/** Relative deviation from proportion that is allowed of logits. */
const PROPORTIONAL = { float64: 1e-9, float32: 1e-4 } as const;

/**
 * Measures the confidence of a classifier at w over all samples. Costs the logits twice, the losses of the samples, and two traces.
 * @param spread - the mean of 1 − Σ p² at which `equal` is measured, between 0 and 1 − 1/classes
 * @throws InputError for a surface that gives no logits, and where the last layer does not make them linearly
 */
export async function surfaceConfidence(
  surface: Surface,
  w: Float64Array,
  spread: number,
  options: SurfaceConfidenceOptions,
): Promise<Confidence> {
  is.given(
    'surfaceConfidence',
    { surface, w, spread, options },
    { surface: SURFACE_WANTS, w: is.numbers, spread: is.finite, options: OPTIONS },
  );
  const { key, layers, probes = 10, signal } = options;
  const { name, samples, precision, offers } = surface;
  const request = signal ? { signal } : {};
  check(
    offers.logits !== 'missing',
    'no-logits',
    () => `the confidence of outputs needs the logits of ${name}, which it does not give: that needs ${NEEDS.logits}.`,
  );
  const last = layers[layers.length - 1];
  const scaled = (s: number) => {
    const out = Float64Array.from(w);
    for (const { offset, size } of last.ranges) for (let i = offset; i < offset + size; i++) out[i] *= s;
    return out;
  };
  const { data: z, cols: classes } = await surface.logits(w, undefined, request);
  const { data: twice } = await surface.logits(scaled(2), undefined, request);
  const largest = z.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const off = z.reduce((most, x, i) => Math.max(most, Math.abs(twice[i] - 2 * x)), 0);
  check(
    off <= PROPORTIONAL[precision] * largest,
    'not-the-last-layer',
    () =>
      `the logits of ${name} are not proportional to the weights of '${last.name}': name the layer that makes them last, with its biases.`,
  );
  const losses = await surface.sampleLosses(w, undefined, request);
  const own = losses.map((loss, k) => {
    const from = k * classes;
    const top = topOf(z, from, classes);
    let others = 0;
    for (let c = 0; c < classes; c++) if (c !== top) others += Math.exp(z[from + c] - z[from + top]);
    return Math.log1p(others) - loss;
  });
  const found = confidenceOf(z, own, spread);
  const traced = async (at: AtTemperature, which: string): Promise<TraceAtTemperature> => {
    if (!Number.isFinite(at.temperature)) return { ...at, ...noTrace(samples) };
    const s = 1 / at.temperature;
    const { layers: traces } = await surfaceTrace(surface, scaled(s), layers, {
      ...request,
      key: key.child(which),
      probes,
    });
    return { ...at, ...scaledTrace(traces, traces.length - 1, s, samples) };
  };
  return { ...found, best: await traced(found.best, 'best'), equal: await traced(found.equal, 'equal') };
}
