/**
 * Whole experiments as cells of a sweep: how their config is checked, which findings and numbers they have, and how they are run. An
 * experiment imports no other, so what the sweep needs of all of them is here.
 */
import type { Advice } from '../apply/advice.js';
import { isTree, overlay, type Tree } from '../jobs/config-keys.js';
import { PROGRAM_BYTES } from '../jobs/memory.js';
import { check, InputError, shown } from '../numeric/errors.js';
import type { Estimate } from '../numeric/estimate.js';
import { nearest } from '../numeric/spelling.js';
import type { Finding } from '../report/finding.js';
import { completeRunConfig } from '../runs/config.js';
import type { AnyConfig, PartialConfig } from '../runs/schema.js';
import type { MethodSummary } from './simulate/measured.js';

/** A number that an experiment leaves beside its findings, or why it does not. */
export type KeyNumber = Estimate | { readonly why: string };

/** What a cell keeps of an experiment. */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly numbers: Readonly<Record<string, KeyNumber>>;
}

/** Says where and how an experiment is run; it uses one thread. */
export interface SweptRequest {
  /** Folder, which does not exist yet. */
  readonly out: string;
  readonly report: (what: string, share: number) => void;
}

/** An experiment as cells of a sweep. */
export interface Swept {
  /** Whether its config has a seed; others draw seeds of their own, whose number is part of their config. */
  readonly seeded: boolean;
  /** Ids of its findings and numbers; one that ends with * stands for all that begin so. */
  readonly ids: readonly string[];
  /** What is kept where nothing is asked for. */
  readonly defaults: readonly string[];
  /** Fills in the defaults of a config. @throws InputError for what the experiment does not take */
  check(config: Tree): void;
  /** Returns the config of the runs it makes, where it has one. */
  run?(config: Tree): AnyConfig;
  /** Bytes of one cell beside the program. */
  memory(config: Tree): Promise<number>;
  outcome(config: Tree, request: SweptRequest): Promise<Outcome>;
}

/** The experiments by name. */
export type SweptName = 'ivf2021' | 'ao2022' | 'advise' | 'simulate' | 'valley2023' | 'controls' | 'forget';

const runConfig = (config: Tree): AnyConfig => completeRunConfig(config as PartialConfig);

/** Takes keys of its own from a config, and returns them and the rest. */
function apart(config: Tree, key: string, known: readonly string[]): { readonly own: Tree; readonly rest: Tree } {
  const { [key]: own = {}, ...rest } = config;
  check(isTree(own), 'bad-config', () => `the key ${key} holds ${known.join(', ')}; got ${shown(own)}.`);
  for (const name of Object.keys(own)) {
    const close = nearest(name, known);
    check(
      known.includes(name),
      'unknown-key',
      `the config has no key '${key}.${name}'; ${close ? `did you mean '${key}.${close}'?` : `known keys here are ${known.join(', ')}.`}`,
    );
  }
  return { own, rest };
}

/** Bytes that the analysis of a run needs beside the program. */
async function runBytes(config: Tree): Promise<number> {
  const { planRun } = await import('../runs/prepare.js');
  const { memory } = await planRun([{ ...config, workers: 1 } as PartialConfig], {});
  return Math.max(0, memory.peak - PROGRAM_BYTES);
}

const IVF = 'psi rank-law psi-head diffuse drift-aligned drift-ballistic drift-share flatness-rank quadratic rank-law-null inverse other-half own-noise-walk own-coordinates fixed-basis'; // biome-ignore format: names
const AO = 'sigma sigma-sampling boltzmann boltzmann-sampling rival temperature circulating circulation stationary energy leading correlation-time chain-closure chain-curvature chain-minima chain-noise chain-variance'; // biome-ignore format: names
const VALLEY = 'circulation critical current delay delay-theory drift ends-flatter eq11 finite-step first flatter floor histogram isotropic kramers line-flat-almost-sure line-flat-mean-square line-sharp-almost-sure line-sharp-mean-square marginal methods passage rates shorter strong temperature variance walkers'; // biome-ignore format: names
const CONTROLS = 'psi sampling selection window momentum fixed-basis surrogate surrogate-selection random-walk noise-law closure-shuffled closure-replaced leak-fixed-noise leak-small-steps stationary-shuffled stationary-replaced'; // biome-ignore format: names
const FORGET = 'exists winner laplace constraints l2 ewc variance random hessian potential vortex prevents.* control.*';
const ADVICE = 'edge ceiling noise-simple noise-distribution noise-weighted noise-two-batches best-step temperature noise-loss stationarity trend freezing largest-rate'; // biome-ignore format: names

const idsOf = (prefix: string, names: string): string[] => names.split(' ').map((name) => `${prefix}.${name}`);

const ivf2021: Swept = {
  seeded: true,
  ids: [...idsOf('ivf', IVF), ...idsOf('ivf', IVF).map((id) => `${id}@*`)],
  defaults: ['ivf.psi', 'ivf.rank-law'],
  check: (config) => void runConfig(config),
  run: runConfig,
  memory: runBytes,
  async outcome(config, { out }) {
    const [{ reproduceIvf2021 }, { readResults }] = await Promise.all([
      import('./ivf2021/experiment.js'),
      import('./ivf2021/stages.js'),
    ]);
    await reproduceIvf2021({ ...config, workers: 1 } as PartialConfig, { out });
    return { findings: readResults(out).findings, numbers: {} };
  },
};

const ao2022: Swept = {
  ...ivf2021,
  ids: idsOf('ao', AO),
  defaults: ['ao.sigma', 'ao.temperature'],
  async outcome(config, { out }) {
    const [{ reproduceAo2022 }, { readAo2022Results }] = await Promise.all([
      import('./sequence.js'),
      import('./ao2022/experiment.js'),
    ]);
    await reproduceAo2022({ ...config, workers: 1 } as PartialConfig, { out });
    return { findings: readAo2022Results(out).findings, numbers: {} };
  },
};

/** Keys of `advise` in the config of a sweep. */
const ADVISE_KEYS = ['at', 'epochs', 'safety', 'directions', 'windowEpochs', 'verify', 'runs', 'verifyEpochs'] as const;

const advise: Swept = {
  seeded: true,
  ids: idsOf('advice', ADVICE),
  defaults: ['advice.ceiling', 'advice.noise-simple'],
  check: (config) => void runConfig(apart(config, 'advise', ADVISE_KEYS).rest),
  run: (config) => runConfig(apart(config, 'advise', ADVISE_KEYS).rest),
  memory: async () => 1e9,
  async outcome(config, { out }) {
    const { adviseRun } = await import('./advise/experiment.js');
    const { own, rest } = apart(config, 'advise', ADVISE_KEYS);
    const { advice } = await adviseRun({ ...own, layers: [rest as PartialConfig], out, workers: 1 });
    return { findings: [], numbers: adviceNumbers(advice) };
  },
};

/** Returns the numbers of advice by their ids. */
export function adviceNumbers(advice: Advice): Record<string, KeyNumber> {
  const numbers: Record<string, KeyNumber> = {};
  for (const { id, value, refused } of advice.items)
    numbers[`advice.${id}`] = value ?? { why: refused ?? 'it was not measured' };
  const largest = advice.rate?.largestRate;
  numbers['advice.largest-rate'] =
    largest === undefined || largest === null
      ? { why: advice.rate === null ? 'no runs were made' : 'runs left at every rate that was tried' }
      : {
          value: largest,
          standardError: 0,
          n: 1,
          method: 'largest rate of a grid at which all runs stayed',
          converged: true,
        };
  return numbers;
}

/** Names the moments of a simulation in the order of its documents. */
const MOMENTS = { mean: ['x', 'y'], covariance: { 1: ['xx'], 3: ['xx', 'xy', 'yy'] } } as const;
const METHODS = ['sgd', 'langevin', 'fokker-planck', 'adiabatic'];

/** Returns the numbers of the methods of a simulation by their ids. */
export function simulationNumbers(
  methods: readonly Pick<MethodSummary, 'method' | 'moments' | 'survival' | 'passage' | 'outside' | 'label'>[],
): Record<string, KeyNumber> {
  const numbers: Record<string, KeyNumber> = {};
  for (const { method, moments, survival, passage, outside, label } of methods) {
    const put = (name: string, value: KeyNumber | undefined) => {
      if (value) numbers[`${method}.${name}`] = value;
    };
    moments.mean.forEach((m, k) => {
      put(`mean.${MOMENTS.mean[k]}`, m);
    });
    const pairs = MOMENTS.covariance[moments.covariance.length as 1 | 3];
    moments.covariance.forEach((m, k) => {
      put(`covariance.${pairs[k]}`, m);
    });
    put('loss', moments.loss);
    put('survival', survival);
    put('passage', passage);
    put('outside', {
      value: outside,
      standardError: 0,
      n: 1,
      method: `share outside the grid, ${label}`,
      converged: true,
    });
  }
  return numbers;
}

async function simulateSwept(): Promise<Swept> {
  const [{ planSimulation, simulate: run }, { completeSimulation, setupOf }] = await Promise.all([
    import('./simulate/experiment.js'),
    import('./simulate/config.js'),
  ]);
  const names = [
    'mean.x',
    'mean.y',
    'covariance.xx',
    'covariance.xy',
    'covariance.yy',
    'loss',
    'survival',
    'passage',
    'outside',
  ];
  return {
    seeded: true,
    // the closed form knows the stationary state alone, of which nothing is lost
    ids: METHODS.flatMap((method) =>
      names.filter((name) => method !== 'adiabatic' || name !== 'survival').map((name) => `${method}.${name}`),
    ),
    defaults: ['sgd.mean.x', 'sgd.covariance.xx'],
    check: (config) => void setupOf(completeSimulation(config as never)),
    memory: async (config) => planSimulation(config as never).plan.memory.peak,
    async outcome(config, { out }) {
      const { methods } = await run({ ...config, workers: 1 } as never, { out });
      return { findings: [], numbers: simulationNumbers(methods) };
    },
  };
}

async function valleySwept(): Promise<Swept> {
  const [{ reproduceValley2023 }, { valleyConfig }] = await Promise.all([
    import('./valley2023/experiment.js'),
    import('./valley2023/config.js'),
  ]);
  const complete = (config: Tree) => {
    const { preset = 'quick' } = config;
    check(
      preset === 'quick' || preset === 'standard',
      'bad-preset',
      () => `valley2023 has the presets quick and standard; got ${shown(preset)}.`,
    );
    const whole = valleyConfig(preset) as unknown as Tree;
    likeness(config, whole, []);
    return overlay(whole, config, []);
  };
  return {
    seeded: false,
    ids: idsOf('valley', VALLEY),
    defaults: ['valley.isotropic', 'valley.flatter'],
    check: (config) => void complete(config),
    memory: async () => 250e6,
    async outcome(config, { out }) {
      const { findings } = await reproduceValley2023({
        part: 'model',
        config: complete(config) as never,
        out,
        workers: 1,
      });
      return { findings, numbers: {} };
    },
  };
}

/** Refuses keys that a whole config does not have, and values of another kind than its own. */
function likeness(config: Tree, whole: Tree, path: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    const at = [...path, key].join('.');
    const close = nearest(key, Object.keys(whole));
    check(
      key in whole,
      'unknown-key',
      () =>
        `the config has no key '${at}'; ${close ? `did you mean '${[...path, close].join('.')}'?` : `known keys here are ${Object.keys(whole).join(', ')}.`}`,
    );
    const own = whole[key];
    const kind = (v: unknown) => (Array.isArray(v) ? 'a list' : isTree(v) ? 'a mapping' : `a ${typeof v}`);
    check(
      kind(value) === kind(own),
      'bad-config',
      () => `config key '${at}': expected ${kind(own)}; got ${shown(value)}.`,
    );
    if (isTree(value)) likeness(value, own as Tree, [...path, key]);
  }
}

async function controlsSwept(): Promise<Swept> {
  const [{ reproduceControls }, { controlsConfig }] = await Promise.all([
    import('./controls/experiment.js'),
    import('./controls/config.js'),
  ]);
  const split = (config: Tree) => {
    const { preset = 'quick', seeds, ...base } = config;
    check(
      seeds === undefined || (Number.isInteger(seeds) && (seeds as number) >= 1),
      'bad-config',
      () => `config key 'seeds': expected a whole number from 1; got ${shown(seeds)}.`,
    );
    return { preset: preset as 'quick', seeds: seeds as number | undefined, base: [base as PartialConfig] };
  };
  return {
    seeded: false,
    ids: idsOf('controls', CONTROLS),
    defaults: ['controls.psi'],
    check(config) {
      const { preset, base } = split(config);
      controlsConfig(preset, base);
    },
    run(config) {
      const { preset, base } = split(config);
      return controlsConfig(preset, base).base;
    },
    memory: async () => 1e9,
    async outcome(config, { out }) {
      const { preset, seeds, base } = split(config);
      const { findings } = await reproduceControls({ preset, base, out, workers: 1, ...(seeds && { seeds }) });
      return { findings, numbers: {} };
    },
  };
}

async function forgetSwept(): Promise<Swept> {
  const [{ forget }, { completeForget }] = await Promise.all([
    import('./forget/experiment.js'),
    import('./forget/config.js'),
  ]);
  return {
    seeded: false,
    ids: idsOf('forget', FORGET),
    defaults: ['forget.exists', 'forget.winner'],
    check: (config) => void completeForget(config as never),
    memory: async () => 1e9,
    async outcome(config, { out }) {
      const { findings } = await forget([{ ...config, workers: 1 } as never], { out });
      return { findings, numbers: {} };
    },
  };
}

const SWEPT: Readonly<Record<SweptName, () => Swept | Promise<Swept>>> = {
  ivf2021: () => ivf2021,
  ao2022: () => ao2022,
  advise: () => advise,
  simulate: simulateSwept,
  valley2023: valleySwept,
  controls: controlsSwept,
  forget: forgetSwept,
};

/** Loads an experiment by its name. */
export async function sweptExperiment(name: SweptName): Promise<Swept> {
  return SWEPT[name]();
}

/**
 * Refuses ids that an experiment does not have.
 * @throws InputError with the nearest one
 */
export function checkIds(name: string, { ids }: Pick<Swept, 'ids'>, asked: readonly string[]): void {
  const families = ids.filter((id) => id.endsWith('*')).map((id) => id.slice(0, -1));
  for (const id of asked) {
    if (ids.includes(id) || families.some((family) => id.startsWith(family) && id.length > family.length)) continue;
    const plain = ids.filter((known) => !known.endsWith('*'));
    const close = nearest(id, plain) ?? plain.find((known) => known.endsWith(`.${id}`));
    throw new InputError(
      'bad-measure',
      `measure names '${id}', which ${name} does not have; ${close ? `did you mean '${close}'?` : `it has ${plain.join(', ')}.`}`,
    );
  }
}
