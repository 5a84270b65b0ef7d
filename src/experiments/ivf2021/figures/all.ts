/** All figures of the report, in reading order. */
import type { Analysis } from '../../../analyse/trajectory/results.js';
import type { Drawn } from '../../../report/figures/frame.js';
import { flatnessByRank } from './flatness.js';
import { displacementCurves } from './msd.js';
import { lossProfiles } from './profiles.js';
import { correlationTimes, curvatureByFlatness } from './secondary.js';
import { trainingErrors, trainingLoss } from './training.js';
import { trajectories } from './trajectory.js';
import { varianceFlatness } from './variance-flatness.js';
import { rankedVariances } from './variances.js';

export type FigureGroup = 'relation' | 'training' | 'fluctuations' | 'landscape';

export function drawFigures(a: Analysis): Record<FigureGroup, Drawn[]> {
  return {
    relation: [varianceFlatness(a)],
    training: [trainingLoss(a), trainingErrors(a)],
    fluctuations: [rankedVariances(a), displacementCurves(a), ...trajectories(a)],
    landscape: [lossProfiles(a), flatnessByRank(a), curvatureByFlatness(a), correlationTimes(a)],
  };
}
