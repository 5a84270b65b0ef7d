/** The disk that the model part of valley2023 needs, before it starts. */
import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import type { ValleyConfig } from './config.js';
import { MODEL_STAGE_NAMES, stageNamed } from './jobs.js';

/** Numbers of a result beside its curves: values, errors, how they were obtained. */
const OF_RESULT = 60;

/**
 * States what the model part writes: the parts of the stage that runs, then for each stage a document and its arrays, and all of
 * it in the report and its tables.
 */
export function valleyDisk(config: ValleyConfig): DiskPart[] {
  const { seeds, potential, densities, convergence, phase, freezing, circulation } = config;
  const points = potential.diffusions.length * potential.anisotropies.length;
  const rows = freezing.diffusions.length * freezing.noises.length;
  const results =
    points +
    densities.learningRates.length +
    4 * (convergence.strengths.length + convergence.curvature.spreads.length) +
    rows +
    freezing.escapes.length +
    circulation.strengths.length;
  const numbers =
    4 * points * potential.cells[0] +
    2 * seeds * (densities.learningRates.length + 3) * densities.bins +
    3 * phase.noise.count * phase.rates.count +
    4 * (seeds + 1) * rows * freezing.pieces +
    5 * (circulation.cells / 2) ** 2 +
    3 * seeds * circulation.strengths.length * circulation.bins ** 2 +
    OF_RESULT * seeds * results;
  const jobs = MODEL_STAGE_NAMES.reduce((n, stage) => n + stageNamed(stage).plan(config).length, 0);
  return [
    { what: 'the files of the jobs', bytes: jobs * FILE_BYTES, key: '--seeds' },
    documents(numbers, 5, '--seeds'),
  ];
}
