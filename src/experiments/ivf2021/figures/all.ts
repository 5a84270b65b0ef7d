/** All figures of the report, in reading order. */
import type { Analysis } from '../../../analyse/trajectory/results.js';
import type { Drawn } from '../../../report/figures/frame.js';
import { correlationTimes } from '../../../report/figures/window/correlation.js';
import { cumulatedVariance } from '../../../report/figures/window/cumulated.js';
import { displacementCurves } from '../../../report/figures/window/displacement.js';
import { flatnessByRank } from '../../../report/figures/window/flatness.js';
import { trajectories } from '../../../report/figures/window/trajectory.js';
import { varianceFlatness } from '../../../report/figures/window/variance-flatness.js';
import { lossPlane } from './plane.js';
import { lossProfiles } from './profiles.js';
import { exponentByRange } from './ranges.js';
import { curvatureByFlatness } from './secondary.js';
import { trainingErrors, trainingLoss } from './training.js';
import { rankedVariances } from './variances.js';

export type FigureGroup = 'relation' | 'training' | 'fluctuations' | 'landscape';

export function drawFigures(a: Analysis): Record<FigureGroup, Drawn[]> {
  return {
    relation: [varianceFlatness(a), exponentByRange(a)],
    training: [trainingLoss(a), trainingErrors(a)],
    fluctuations: [rankedVariances(a), cumulatedVariance(a), displacementCurves(a), ...trajectories(a)],
    landscape: [lossPlane(a), lossProfiles(a), flatnessByRank(a), curvatureByFlatness(a), correlationTimes(a)],
  };
}
