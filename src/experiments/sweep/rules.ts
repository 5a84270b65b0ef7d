/** What the config of a cell must be, and what can be measured in it: for trainings, and for whole experiments. */
import type { Tree } from '../../jobs/config-keys.js';
import { check } from '../../numeric/errors.js';
import { completeRunConfig } from '../../runs/config.js';
import { layeredSchema, type PartialConfig } from '../../runs/schema.js';
import { checkIds, type SweptName, sweptExperiment } from '../swept.js';
import { wholeKeys } from './keys.js';
import { completeMeasures, type GivenMeasure, type MeasureRequest } from './measures/registry.js';
import { EXPERIMENTS, type ExperimentName } from './schema.js';

/** The rules of an experiment. */
export interface ConfigRules {
  /** Whether its config has a seed. */
  readonly seeded: boolean;
  /** What is measured where nothing is asked for. */
  readonly defaults: readonly string[];
  /** Refuses the config of one cell. @throws InputError */
  check(config: Tree): void;
  /** Says whether a key has only whole numbers. */
  whole(key: string): boolean;
  /** Completes what is to be measured. @throws InputError for what the experiment does not have */
  measures(given: readonly GivenMeasure[]): readonly MeasureRequest[];
}

const isWhole = wholeKeys(layeredSchema);

/** The rules of `experiment: train`. */
export const TRAIN_RULES: ConfigRules = {
  seeded: true,
  defaults: ['loss', 'error'],
  check: (config) => void completeRunConfig(config as PartialConfig),
  whole: isWhole,
  measures: completeMeasures,
};

/** Returns the rules of an experiment by its name; those of trainings for a name that the schema will refuse. */
export async function rulesOf(experiment: unknown = 'train'): Promise<ConfigRules> {
  if (experiment === 'train' || !EXPERIMENTS.includes(experiment as ExperimentName)) return TRAIN_RULES;
  const swept = await sweptExperiment(experiment as SweptName);
  return {
    seeded: swept.seeded,
    defaults: swept.defaults,
    check: (config) => swept.check(config),
    whole: (key) => swept.run !== undefined && isWhole(key),
    measures(given) {
      const requests = given.map((one) => (typeof one === 'string' ? { name: one } : one));
      for (const { name, ...options } of requests)
        check(
          Object.keys(options).length === 0,
          'bad-measure',
          () =>
            `measure names ${name} with ${Object.keys(options).join(', ')}; findings of ${experiment} have no options.`,
        );
      checkIds(
        experiment as string,
        swept,
        requests.map(({ name }) => name),
      );
      const names = requests.map(({ name }) => name);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      check(twice === undefined, 'bad-measure', `measure names ${twice} twice; leave one out.`);
      return names.map((name) => ({ name, options: {} }));
    },
  };
}
