/** What a measurement reads of a run, and the constants of its linear system. */
import { join } from 'node:path';
import type { FlatnessSummary, PcaSummary, TrainingCurves } from '../../analyse/trajectory/results.js';
import type { Dataset } from '../../data/dataset.js';
import { readPart } from '../../record/json.js';
import type { AnyConfig } from '../../runs/schema.js';
import { historyIn } from '../../runs/train.js';
import type { DynamicsResult } from '../../runs/window/jobs.js';
import { DYNAMICS, FLATNESS, PCA } from '../../runs/window/stages.js';
import type { MatricesResult } from './jobs.js';
import type { Ao2022Setting, Ao2022System } from './measured.js';
import type { RunSystem } from './system.js';

/** Holds what the analysis of a run left. */
export interface Inputs {
  readonly pca: PcaSummary;
  readonly flatness: FlatnessSummary;
  readonly dynamics: DynamicsResult;
  readonly curves: TrainingCurves;
}

/**
 * Reads what the analysis of a run left.
 * @throws InputError when a document is missing or damaged
 */
export const readInputs = (from: string): Inputs => ({
  pca: readPart<PcaSummary>(join(from, PCA), ['T', 'P', 'variances', 'totalVariance']),
  flatness: readPart<FlatnessSummary>(join(from, FLATNESS), ['centreLoss', 'directions', 'profiles']),
  dynamics: readPart<DynamicsResult>(join(from, DYNAMICS), ['dynamics', 'paths']),
  curves: historyIn(from),
});

/** Returns the setting of a layer: slow motion follows the gradient at the effective rate of the optimiser. */
export function settingOf(
  config: AnyConfig,
  dataset: Dataset,
  inputs: Inputs,
  matrices: MatricesResult,
  { ball, effective }: Pick<RunSystem, 'ball' | 'effective'>,
  system: Ao2022System | undefined,
): Ao2022Setting {
  const { training, record, analysis } = config;
  const { batchSize } = training;
  return {
    layer: record.layer,
    P: inputs.pca.P,
    T: inputs.pca.T,
    samples: dataset.train.count,
    batchSize,
    stepsPerEpoch: inputs.pca.T / record.windowEpochs,
    sampling: training.sampling as 'shuffled' | 'replaced',
    learningRate: effective,
    ...(ball.momentum > 0 && { ball }),
    noiseStrength: effective ** 2 / (2 * batchSize),
    centre: analysis.centre,
    centreLoss: matrices.loss,
    gradientNorm: matrices.gradientNorm,
    curves: inputs.curves,
    ...(system && { system }),
  };
}
