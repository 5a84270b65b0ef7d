/** `thermograd reproduce`: its flags, its help, and which experiment it calls. */
import { Argument, type Command, Option } from 'commander';
import type { ValleyPart } from '../experiments/valley2023/experiment.js';
import { suggests } from '../terminal/completion/tree.js';
import { flagOf, type RunFlags } from '../terminal/flags.js';
import { takes } from '../terminal/times.js';
import { wholeNumber } from '../terminal/values.js';
import { WHERE_FLAGS, whereFlags } from '../terminal/where.js';
import { centreOption, directionsOption, runFlags } from './run-flags.js';

type ReproduceFlags = RunFlags & { readonly seeds?: number; readonly part?: ValleyPart };

/** The experiments that can be reproduced. */
const EXPERIMENTS = ['ivf2021', 'ao2022', 'controls', 'ceilings', 'generality', 'valley2023'] as const;

/** The commands of the studies, which make their own runs; each is loaded when it is asked for. */
const STUDIES = new Map<string, () => Promise<(flags: ReproduceFlags) => Promise<void>>>([
  ['controls', async () => (await import('../experiments/controls/command.js')).reproduceControlsCommand],
  ['ceilings', async () => (await import('../experiments/ceilings/command.js')).reproduceCeilingsCommand],
  ['generality', async () => (await import('../experiments/generality/command.js')).reproduceGeneralityCommand],
  ['valley2023', async () => (await import('../experiments/valley2023/command.js')).reproduceValley2023Command],
]);

/** Adds the command. */
export function addReproduce(root: Command): void {
  const command = root
    .command('reproduce')
    .description('reproduce an experiment of the literature: train, record, measure and report')
    .addArgument(suggests(new Argument('<experiment>', 'one of those below'), ...EXPERIMENTS))
    .argument('[run]', 'ao2022: a run of ivf2021 to measure; without it one is made first')
    .addOption(
      new Option(
        '--seeds <n>',
        'ivf2021, controls, generality, valley2023: number of seeds; verdicts over all of them',
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option('--part <which>', 'valley2023: the valley as a model, real networks, or both (all)').choices([
        'model',
        'network',
        'all',
      ]),
    );
  runFlags(command);
  command.addOption(centreOption()).addOption(directionsOption());
  whereFlags(command, ' (controls, ceilings, generality, valley2023)')
    .addHelpText(
      'after',
      `
Experiments:
  ivf2021     the inverse variance-flatness relation of Feng & Tu, PNAS 118 e2015617118 (2021)
  ao2022      the stochastic decomposition of Xiong, Chen, Shi & Ao, arXiv 2207.04932, on a run of ivf2021
  controls    what makes the exponent of the relation, over several seeds
  ceilings    which rule for the largest learning rate holds on states that it was not fitted to
  generality  where the relation holds: networks, optimisers, layers, data
  valley2023  the effective loss of SGD in a degenerate valley, of Yang, Tang & Tu, PRL 130, 237101 (2023)

The network of Feng & Tu (784-50-50-10, ReLU, no biases) is trained by plain SGD until the stopping rule is met. The
window that FOLLOWS (10 epochs in most presets) is recorded: the hidden layer's 2500 weights after every step.

Presets:
  quick      10 epochs, window of 3, 60 directions; ${takes('reproduce ivf2021 --preset quick')}
  standard   until no training sample is misclassified, window of 10, 120 directions; ${takes('reproduce ivf2021')}
  paper      the rule of the paper (accuracy > 0.99 and loss < 5e-5, means of 10 epochs), all 2500 directions; ${takes('reproduce ivf2021 --preset paper')}

Examples:
  thermograd reproduce ivf2021 --preset quick --seed 7
  thermograd reproduce ivf2021 --data fashion-mnist --sampling replaced --out runs/fashion
  thermograd reproduce ivf2021 --config my.yaml      every key of a config: see run.json of any run
  thermograd reproduce ivf2021 --seeds 10            ten runs and one verdict a claim over all of them, ${takes('reproduce ivf2021 --seeds 10')}
  thermograd reproduce ivf2021 --resume              continue a run that was stopped
  thermograd reproduce ao2022 ivf2021-standard-seed0     the decomposition of that run, ${takes('reproduce ao2022')}; into its folder ao2022
  thermograd reproduce ao2022 --preset quick         both, one after the other
  thermograd reproduce ao2022 --network lenet5 --optimiser adamw --layer conv1 --limit 6000   any network and optimiser
  thermograd reproduce controls --preset quick       the controls on a small synthetic set, ${takes('reproduce controls --preset quick')}
  thermograd reproduce controls                      on MNIST with five seeds, ${takes('reproduce controls')}; --resume continues it
  thermograd reproduce controls --preset quick --data mnist --limit 1500 --network lenet5 --optimiser adam --layer dense3
  thermograd reproduce ceilings --preset quick       rules for the largest learning rate, on a small synthetic set, ${takes('reproduce ceilings --preset quick')}
  thermograd reproduce ceilings                      on MNIST with 55 settings, ${takes('reproduce ceilings')}; --resume continues it
  thermograd reproduce generality --preset quick     three networks, six optimisers, every layer; ${takes('reproduce generality --preset quick')}
  thermograd reproduce generality                    with three seeds and two data sets, ${takes('reproduce generality')}; --resume continues it
  thermograd reproduce generality --network mlp,lenet5 --optimiser sgd,adam --data mnist --seeds 1     part of that grid
  thermograd reproduce generality --data mnist,cifar10:DIR   on these data sets; --resume continues it
  thermograd reproduce valley2023 --part model --preset quick   the valley as a model, ${takes('reproduce valley2023 --part model --preset quick')}
  thermograd reproduce valley2023 --part model       with errors and a 40 × 40 phase diagram, ${takes('reproduce valley2023 --part model')}
  thermograd reproduce valley2023                    that, and networks on MNIST with five seeds, ${takes('reproduce valley2023')}; --resume continues it`,
    )
    .action(async (experiment: string, run: string | undefined, flags: ReproduceFlags) => {
      const refuse = (sentence: string) => command.error(`error: ${sentence}`, { exitCode: 2, code: 'usage' });
      const own = STUDIES.get(experiment);
      if (own !== undefined) {
        if (run !== undefined) refuse(`${experiment} makes its own runs; only ao2022 takes a run.`);
        await (await own())(flags);
        return;
      }
      if (flags.part !== undefined) refuse('--part belongs to valley2023.');
      const elsewhere = WHERE_FLAGS.find((name) => flags[name] !== undefined);
      if (elsewhere !== undefined)
        refuse(`${flagOf(elsewhere)} belongs to studies in cells: controls, ceilings, generality, valley2023.`);
      if (flags.seeds !== undefined && experiment !== 'ivf2021')
        refuse('--seeds belongs to ivf2021, controls, generality and valley2023; one seed is chosen with --seed.');
      if (experiment === 'ao2022') {
        const { reproduceAo2022 } = await import('../experiments/sequence.js');
        const { reproduceAo2022Command } = await import('../experiments/ao2022/command.js');
        await reproduceAo2022Command(run, flags, reproduceAo2022);
        return;
      }
      if (experiment !== 'ivf2021')
        refuse(`there is no experiment '${experiment}'; there are: ${EXPERIMENTS.join(', ')}.`);
      if (run !== undefined) refuse('ivf2021 makes its own run; only ao2022 and thermograd analyse take a run.');
      const { reproduce, reproduceSeeds } = await import('../experiments/ivf2021/command.js');
      const { seeds, ...others } = flags;
      await (seeds === undefined ? reproduce(others) : reproduceSeeds({ ...others, seeds }));
    });
}
