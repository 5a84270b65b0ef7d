/** What the study of the valley on real networks does: its two presets. Data, nothing else. docs/theory §6; valley2023. */
import { check } from '../../../numeric/errors.js';
import { completeConfig } from '../../../runs/config.js';
import type { Config, PartialConfig } from '../../../runs/schema.js';
import type { NoiseSetting } from './measured.js';

export interface NetworkStudyConfig {
  readonly preset: 'quick' | 'standard';
  /** Network and data, in the words of ivf2021; the rest of it is not used. */
  readonly base: Config;
  /** Shuffled batches, no momentum; settings of equal eta/B test whether that ratio alone decides. */
  readonly settings: readonly NoiseSetting[];
  /**
   * A run's solution is its first evaluation at or below this full training loss. Evaluations: after each epoch; twice an epoch in the
   * first and once the loss is below twice the target; and twenty times in the stretch in which it fell below the target, gone through again.
   */
  readonly targetLoss: number;
  readonly maxEpochs: number;
  /** Tr H under way: over the first so many samples, each time the steps have grown by this factor. */
  readonly track: { readonly samples: number; readonly factor: number };
  /** Of a solution; over the first so many training samples. */
  readonly measure: {
    readonly samples: number;
    readonly pairs: number;
    readonly probes: number;
    readonly directions: number;
    readonly noise: { readonly draws: number; readonly absolute: number; readonly relative: number };
  };
  /** Scan of the learning rate, upwards by `factor` from `from` times the least predicted ceiling until a run diverges. */
  readonly ceiling: {
    readonly batchSizes: readonly number[];
    /** How the start called trained was trained, to the target loss. */
    readonly trained: NoiseSetting;
    /** Batches come from the first so many training samples. */
    readonly samples: number;
    readonly steps: number;
    /** Steps whose mean minibatch loss is looked at. */
    readonly window: number;
    readonly from: number;
    readonly factor: number;
    readonly most: number;
  };
}

const setting = (learningRate: number, batchSize: number): NoiseSetting => ({ learningRate, batchSize });

const QUICK: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [16, 12, 4] }, train: 1200, test: 400 } },
  network: { widths: [16, 12, 10, 4], activation: 'relu' },
};

/**
 * The complete config of a preset. The target 0.02 of `standard`, its ladder of eta/B (2e-4 … 1e-2, 1.7 decades) and its last setting,
 * beyond what reaches the target, were chosen on a run with seed 100, which is no seed of the study, for the time that training takes;
 * no flatness was looked at.
 */
export function networkStudyConfig(preset: 'quick' | 'standard'): NetworkStudyConfig {
  check(
    preset === 'quick' || preset === 'standard',
    'bad-preset',
    `the study of real networks has the presets quick and standard; got ${preset}.`,
  );
  if (preset === 'quick')
    return {
      preset,
      base: completeConfig(QUICK),
      settings: [
        setting(0.05, 40),
        setting(0.1, 80),
        setting(0.1, 20),
        setting(0.2, 40),
        setting(0.2, 10),
        setting(3, 10),
      ],
      targetLoss: 0.25,
      maxEpochs: 150,
      track: { samples: 400, factor: 1.5 },
      measure: {
        samples: 600,
        pairs: 4,
        probes: 4,
        directions: 4,
        noise: { draws: 4, absolute: 0.02, relative: 0.1 },
      },
      ceiling: {
        batchSizes: [5, 100],
        trained: setting(0.1, 20),
        samples: 600,
        steps: 200,
        window: 20,
        from: 0.06,
        factor: Math.SQRT2,
        most: 24,
      },
    };
  return {
    preset,
    base: completeConfig({ preset: 'standard' }),
    settings: [
      setting(0.02, 100),
      setting(0.1, 500),
      setting(0.05, 50),
      setting(0.2, 200),
      setting(0.1, 40),
      setting(0.05, 10),
      setting(0.2, 40),
      setting(0.1, 10),
      setting(0.2, 20),
      setting(0.4, 10),
    ],
    targetLoss: 0.02,
    maxEpochs: 150,
    track: { samples: 6000, factor: 1.25 },
    measure: {
      samples: 10_000,
      pairs: 6,
      probes: 6,
      directions: 8,
      noise: { draws: 12, absolute: 0.02, relative: 0.1 },
    },
    ceiling: {
      batchSizes: [5, 50, 500],
      trained: setting(0.1, 50),
      samples: 10_000,
      steps: 300,
      window: 20,
      from: 0.06,
      factor: Math.SQRT2,
      most: 24,
    },
  };
}

/** Seeds when none are asked for. */
export const networkStudySeeds = (preset: 'quick' | 'standard'): number => (preset === 'quick' ? 2 : 5);
