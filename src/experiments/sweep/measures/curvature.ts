/** Curvature and noise where training ended: Tr H, the largest eigenvalue, |g|, Tr C1, noise scales, and the confidence of outputs. */
import { z } from 'zod';
import { hessianTrace } from '../../../analyse/curvature/hessian-trace.js';
import { surfaceTrace } from '../../../analyse/curvature/surface-trace.js';
import { layerBlocks } from '../../../analyse/landscape/surface-solution.js';
import { curvedNoiseTrace, gradientNoiseScale, type NoiseScale } from '../../../analyse/noise/noise-scale.js';
import { surfaceCurvedNoise, surfaceNoiseScale } from '../../../analyse/noise/surface-scales.js';
import { estimate, exactly, meanOf } from '../../../numeric/estimate.js';
import { dot } from '../../../numeric/operators/lanczos.js';
import { surfaceBlock } from '../../../runs/surface.js';
import { gather } from '../../../surface/blocks.js';
import type { Bench } from './bench.js';
import { measureKind, SAMPLES } from './measure.js';

export const trace = measureKind({
  name: 'trace',
  what: 'Tr H of the training loss; parts: the blocks of the layers, biases included [S10]',
  columns: { trace: 'Tr H, nat/weight²' },
  options: z.strictObject({
    samples: SAMPLES,
    probes: z.int().min(2).default(10).describe('The number of random probes of each layer, for networks of layers.'),
  }),
  async measure(bench, { samples, probes }) {
    const place = bench.at(samples);
    const found = place.passes
      ? hessianTrace(place.passes)
      : await surfaceTrace(place.surface, bench.w, layerBlocks(place.surface.parameters), {
          key: bench.key('trace'),
          probes,
        });
    return {
      trace: { ...found.trace, parts: Object.fromEntries(found.layers.map((l) => [l.layer, l.trace])) },
    };
  },
});

export const top = measureKind({
  name: 'top',
  what: 'the largest eigenvalue of the Hessian of the training loss, by the Lanczos process',
  columns: { top: 'largest eigenvalue, nat/weight²' },
  options: z.strictObject({
    samples: SAMPLES,
    tolerance: z.number().min(1e-10).max(0.1).default(0.01).describe('The wanted residual relative to the eigenvalue.'),
  }),
  async measure(bench, { samples, tolerance }) {
    const { pairs } = await bench.at(samples).top(1, tolerance);
    return { top: pairs[0].value };
  },
});

export const gradient = measureKind({
  name: 'gradient',
  what: '|g|, the norm of the gradient of the training loss at the end of training; parts: of each layer without biases',
  columns: { gradient: '|g|, nat/weight' },
  options: z.strictObject({ samples: SAMPLES }),
  async measure(bench, { samples }) {
    const place = bench.at(samples);
    const { gradient: g } = await place.gradient();
    const of = (v: Float64Array) => exactly(Math.sqrt(dot(v, v)), 'exact sum over the samples', place.samples.count);
    return {
      gradient: {
        ...of(g),
        parts: Object.fromEntries(bench.layers.map((l) => [l.name, of(gather(surfaceBlock(l), g))])),
      },
    };
  },
});

export const noise = measureKind({
  name: 'noise',
  what: 'Tr C1, the trace of the covariance of the gradient of ONE sample [S1]; that of a minibatch is Tr C1/B',
  columns: { noise: 'Tr C1, per sample, nat²/weight²' },
  options: z.strictObject({ samples: SAMPLES }),
  async measure(bench, { samples }) {
    return { noise: (await scaleAt(bench, samples)).trace };
  },
});

async function scaleAt(bench: Bench, samples: number | undefined): Promise<NoiseScale> {
  const place = bench.at(samples);
  if (place.passes) return gradientNoiseScale(place.passes);
  const { gradient: g } = await place.gradient();
  return surfaceNoiseScale(place.surface, bench.w, place.whole, { gradient: g });
}

export const noiseScale = measureKind({
  name: 'noise-scale',
  what: 'B_simple = Tr C1/|g|² and B_noise = Tr(H C1)/(gᵀHg), batch sizes at which noise and signal of a step are equal [A1]',
  columns: { 'noise-scale': 'B_simple, samples', 'noise-scale-curved': 'B_noise, samples' },
  options: z.strictObject({
    samples: SAMPLES,
    probes: z.int().min(2).default(10).describe('The number of random probes of Tr(H C1).'),
  }),
  async measure(bench, { samples, probes }) {
    const place = bench.at(samples);
    const key = bench.key('noise-scale');
    const { simple } = await scaleAt(bench, samples);
    if (place.passes) {
      const { trace: curved, along } = curvedNoiseTrace(place.passes, { probes, key });
      const { value, standardError, n, method } = curved;
      return {
        'noise-scale': simple,
        'noise-scale-curved':
          along > 0 && value > 0
            ? estimate(value / along, standardError / along, n, method)
            : { why: `gᵀHg is ${along.toPrecision(3)} and Tr(H C1) ${value.toPrecision(3)}; both must be positive.` },
      };
    }
    const { gradient: g } = await place.gradient();
    const curved = await surfaceCurvedNoise(place.surface, bench.w, place.whole, [], { gradient: g, key, probes });
    return { 'noise-scale': simple, 'noise-scale-curved': curved.scale };
  },
});

export const confidence = measureKind({
  name: 'confidence',
  what: 'mean over training samples of 1 − Σ_c p_c², 0 for outputs that are sure: what Tr H falls with when weights merely grow [N6]',
  columns: { confidence: 'mean of 1 − Σ p²' },
  options: z.strictObject({ samples: SAMPLES }),
  async measure(bench, { samples }) {
    const place = bench.at(samples);
    if (place.surface.offers.logits === 'missing')
      return {
        confidence: { why: 'only a classifier with cross-entropy and without an L2 penalty has probabilities.' },
      };
    const { rows, cols, data } = await place.surface.logits(bench.w);
    const spreads = Array.from({ length: rows }, (_, k) => {
      const z = data.subarray(k * cols, (k + 1) * cols);
      const most = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      let [sum, others] = [0, 0];
      for (const x of z) sum += Math.exp(x - most);
      // 1 − Σp² = Σ_c p_c (1 − p_c), with 1 − p of the largest from the others
      let largest = 0;
      for (let c = 1; c < cols; c++) if (z[c] > z[largest]) largest = c;
      for (let c = 0; c < cols; c++) if (c !== largest) others += Math.exp(z[c] - most);
      let spread = (1 / sum) * (others / sum);
      for (let c = 0; c < cols; c++) {
        if (c === largest) continue;
        const p = Math.exp(z[c] - most) / sum;
        spread += p * (1 - p);
      }
      return spread;
    });
    return { confidence: meanOf(spreads, `mean over ${rows} training samples`) };
  },
});
