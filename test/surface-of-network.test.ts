/** What is measured on a network as a `Surface` is what the measurements of networks give. */
import { describe, expect, it } from 'vitest';
import { denseHessian } from '../src/analyse/curvature/dense-block.js';
import { hessianBlock } from '../src/analyse/curvature/hessian.js';
import { FlatnessMeter } from '../src/analyse/landscape/flatness.js';
import { surfaceFlatness } from '../src/analyse/landscape/surface-flatness.js';
import { gradientCovariance } from '../src/analyse/noise/noise.js';
import { gradientNoiseScale } from '../src/analyse/noise/noise-scale.js';
import { denseCovariance } from '../src/analyse/noise/surface-noise.js';
import { surfaceNoiseScale } from '../src/analyse/noise/surface-scales.js';
import type { NetworkSpec } from '../src/model/network.js';
import { fromRows } from '../src/numeric/linalg/index.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { orthonormalAxes } from './support/sample-surfaces.js';
import { SPECS, smallNet } from './support/small-nets.js';

describe.each(SPECS)('%s', (_, spec: NetworkSpec) => {
  const { samples, weights, passes } = smallNet(spec, 70);
  const surface = networkSurface({ spec, samples });
  const w = Float64Array.from(weights);
  const layer = passes.layers[1].name;
  const block = blockNamed(surface.parameters, `${layer}.weight`);

  it('has the widths of FlatnessMeter', async () => {
    const axes = orthonormalAxes(block.size, 2).slice(0, 3);
    const meter = new FlatnessMeter({ spec, weights, samples, layer });
    const { directions, centreLoss } = await surfaceFlatness(
      surface,
      w,
      block,
      fromRows(axes.map((v) => Array.from(v))),
    );
    expect(centreLoss).toBe(meter.line.centreLoss);
    axes.forEach((p, i) => {
      const { flatness, left, right, open, slope, curvature, quadraticRatio, asymmetry } = meter.measure(p, i + 1, 0);
      const found = directions[i];
      expect(found.open).toBe(open);
      if (flatness !== null) expect(Math.abs(found.flatness! / flatness - 1)).toBeLessThan(2e-4);
      if (left !== null) expect(Math.abs(found.left! / left - 1)).toBeLessThan(2e-4);
      if (right !== null) expect(Math.abs(found.right! / right - 1)).toBeLessThan(2e-4);
      expect(Math.abs(found.slope - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      expect(Math.abs(found.curvature - curvature)).toBeLessThan(1e-5 * (1 + Math.abs(curvature)));
      if (flatness !== null) expect(Math.abs(found.asymmetry - asymmetry)).toBeLessThan(3e-4);
      if (curvature > 0 && flatness !== null)
        expect(Math.abs(found.quadraticRatio / quadraticRatio - 1)).toBeLessThan(3e-4);
    });
  });

  it('has the Hessian, the noise and the noise scale of the passes', async () => {
    const close = (a: Float64Array, b: Float64Array) => {
      const scale = b.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
      for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-6 * scale);
    };
    const { hessian } = await denseHessian(surface, w, block);
    close(hessian.data, hessianBlock(passes, layer).hessian.data);
    close((await denseCovariance(surface, w, block)).data, gradientCovariance(passes, layer).covariance.data);
    const whole = await surfaceNoiseScale(surface, w, wholeBlock(surface.parameters));
    const own = gradientNoiseScale(passes);
    expect(Math.abs(whole.simple.value / own.simple.value - 1)).toBeLessThan(1e-9);
    expect(Math.abs(whole.trace.standardError / own.trace.standardError - 1)).toBeLessThan(1e-9);
  });
});
