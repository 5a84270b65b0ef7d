/** All figures of the report, in reading order. */
import type { Drawn } from '../../../report/figures/frame.js';
import { correlationTimes } from '../../../report/figures/window/correlation.js';
import { cumulatedVariance } from '../../../report/figures/window/cumulated.js';
import { displacementCurves } from '../../../report/figures/window/displacement.js';
import { trajectories } from '../../../report/figures/window/trajectory.js';
import { rankedVariances } from '../../../report/figures/window/variances.js';
import type { MeasuredRecording } from '../measured.js';
import { surfaceFigures } from '../surface/figures.js';
import { temperatureFigure } from './temperatures.js';

export function drawFigures(m: MeasuredRecording): Record<'fluctuations' | 'motion' | 'landscape', Drawn[]> {
  const { pca, scaling, motion, walk } = m;
  return {
    fluctuations: [
      rankedVariances({
        pca,
        scaling,
        walks: 'missing' in walk ? [] : [{ form: 'the same steps', variances: walk.variances, share: walk.share.mean }],
        about:
          'Dashed lines show walks without any landscape: one that makes the recording’s own steps with random signs, on the same absolute scale (mean over draws), and an isotropic one with the same total variance.',
      }),
      cumulatedVariance({ pca }),
      ...trajectories({ paths: motion.paths, pca }),
    ],
    motion: [displacementCurves(motion), correlationTimes({ dynamics: motion.dynamics }), temperatureFigure(m)],
    landscape: m.surface ? surfaceFigures(m.surface, m) : [],
  };
}
