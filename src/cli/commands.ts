/** The commands of the program: names, flags and help. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { addAdvise } from '../experiments/advise/command.js';
import { addDecompose } from '../experiments/decompose/command.js';
import { addForget } from '../experiments/forget/command.js';
import { addProtect } from '../experiments/protect/command.js';
import type { RecordingFlags } from '../experiments/recording/command.js';
import { addSimulate } from '../experiments/simulate/command.js';
import { addSweep } from '../experiments/sweep/command.js';
import type { ValleyPart } from '../experiments/valley2023/experiment.js';
import { VERSION } from '../jobs/machine.js';
import { addLab } from '../lab/command.js';
import { readable } from '../numeric/errors.js';
import { flagOf, type RunFlags } from '../terminal/flags.js';
import {
  directions,
  duration,
  momentum,
  patterns,
  positiveNumber,
  stepRange,
  wholeFromOne,
  wholeNumber,
  wordsAmong,
} from '../terminal/values.js';
import { WHERE_FLAGS, whereFlags } from '../terminal/where.js';
import { addCells } from './cells.js';
import { addResults } from './results.js';

/** The actions, loaded when a command needs them, so that help appears at once. */
const actions = () => import('../experiments/ivf2021/command.js');

/** Returns the command line of `thermograd`, ready to parse arguments. */
export function program(): Command {
  const root = new Command('thermograd')
    .description(
      'The statistical physics of stochastic gradient descent: what the weights of a network do around a minimum,\n' +
        'how wide the valley is along each direction, and how the two are related, with error bars.',
    )
    .version(VERSION)
    .configureOutput({
      outputError: (text, write) => write(text.length > 2000 ? `${readable(text.trimEnd())}\n` : text),
    })
    .configureHelp({ helpWidth: 110, showGlobalOptions: false })
    .showHelpAfterError('(thermograd --help lists commands and flags)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  thermograd reproduce ivf2021                       the whole experiment on MNIST, a few minutes
  thermograd reproduce ivf2021 --preset quick        a first look, about a minute
  thermograd analyse ivf2021-standard-seed0 --centre last     measure again, without training
  thermograd simulate --example valley > valley.yaml          a landscape of your own: SGD against its theories
  thermograd advise ivf2021-standard-seed0           a learning rate and a batch size, with their bounds
  thermograd forget --preset quick                   constraints against forgetting, compared; seconds
  thermograd protect ivf2021-standard-seed0          a penalty against forgetting, for your own fine-tuning
  thermograd sweep --example phase-diagram > diagram.yaml     many settings and seeds: tables, error bars, laws
  thermograd lab                                     a network that trains in the browser, and your runs beside it
  thermograd doctor                                  what this machine offers, and what would make it faster

Every run writes a folder: open report.html in it. Exit codes: 0 done, 1 the run failed, 2 wrong input, 130 stopped.`,
    );
  addReproduce(root);
  addTrain(root);
  addAnalyse(root);
  addReport(root);
  addDecompose(root);
  addSimulate(root);
  addSweep(root);
  addAdvise(root);
  addForget(root);
  addProtect(root);
  addResults(root);
  addCells(root);
  addLab(root);
  addDoctor(root);
  return root;
}

type ReproduceFlags = RunFlags & { readonly seeds?: number; readonly part?: ValleyPart };

function addReproduce(root: Command): void {
  const command = root
    .command('reproduce')
    .description('reproduce an experiment of the literature: train, record, measure and report')
    .argument(
      '<experiment>',
      'ivf2021: the inverse variance-flatness relation of Feng & Tu, PNAS 118 e2015617118 (2021); ' +
        'ao2022: the stochastic decomposition of Xiong, Chen, Shi & Ao, arXiv 2207.04932, on the same run; ' +
        'controls: what makes the exponent of the relation, over several seeds; ' +
        'ceilings: which rule for the largest learning rate holds on states it was not fitted to; ' +
        'generality: where the relation holds, over networks, optimisers, layers and data; ' +
        'valley2023: the effective loss of SGD in a degenerate valley, of Yang, Tang & Tu, PRL 130, 237101 (2023)',
    )
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
  command
    .addOption(
      new Option('--centre <where>', 'measure the landscape around the window mean or the last weights').choices([
        'mean',
        'last',
      ]),
    )
    .addOption(directionsOption());
  whereFlags(command, ' (controls, ceilings, generality, valley2023)')
    .addHelpText(
      'after',
      `
The network of Feng & Tu (784-50-50-10, ReLU, no biases) is trained by plain SGD until the stopping rule is met. The
window that FOLLOWS (10 epochs in most presets) is recorded: the hidden layer's 2500 weights after every step.

Presets:
  quick      10 epochs, window of 3, 60 directions; about a minute
  standard   until no training sample is misclassified, window of 10, 120 directions; a few minutes
  paper      the rule of the paper (accuracy > 0.99 and loss < 5e-5, means of 10 epochs), all 2500 directions

Examples:
  thermograd reproduce ivf2021 --preset quick --seed 7
  thermograd reproduce ivf2021 --data fashion-mnist --sampling replaced --out runs/fashion
  thermograd reproduce ivf2021 --config my.yaml      every key of a config: see run.json of any run
  thermograd reproduce ivf2021 --seeds 10            ten runs and one verdict a claim over all of them, five minutes
  thermograd reproduce ivf2021 --resume              continue a run that was stopped
  thermograd reproduce ao2022 ivf2021-standard-seed0 the decomposition of that run, under a minute; into its folder ao2022
  thermograd reproduce ao2022 --preset quick         both, one after the other
  thermograd reproduce ao2022 --network lenet5 --optimiser adamw --layer conv1 --limit 6000   any network and optimiser
  thermograd reproduce controls --preset quick       the controls on a small synthetic set, seconds
  thermograd reproduce controls                      on MNIST with five seeds, most of an hour; --resume continues it
  thermograd reproduce controls --preset quick --data mnist --limit 1500 --network lenet5 --optimiser adam --layer dense3
  thermograd reproduce ceilings --preset quick       rules for the largest learning rate, on a small synthetic set, seconds
  thermograd reproduce ceilings                      on MNIST with 43 states, most of an hour; --resume continues it
  thermograd reproduce generality --preset quick     three networks, six optimisers, every layer; a quarter of an hour
  thermograd reproduce generality                    with three seeds and two data sets, most of a day; --resume continues it
  thermograd reproduce generality --network mlp,lenet5 --optimiser sgd,adam --data mnist --seeds 1     part of that grid
  thermograd reproduce generality --data mnist,cifar10:DIR   on these data sets; --resume continues it
  thermograd reproduce valley2023 --part model --preset quick   the valley as a model, seconds
  thermograd reproduce valley2023 --part model       with errors and a 40 × 40 phase diagram, minutes
  thermograd reproduce valley2023                    that, and networks on MNIST with five seeds; --resume continues it`,
    )
    .action(async (experiment: string, run: string | undefined, flags: ReproduceFlags) => {
      const refuse = (sentence: string) => command.error(`error: ${sentence}`, { exitCode: 2, code: 'usage' });
      if (experiment === 'controls') {
        if (run !== undefined) refuse('controls makes its own runs; only ao2022 takes a run.');
        await (await import('../experiments/controls/command.js')).reproduceControlsCommand(flags);
        return;
      }
      if (experiment === 'ceilings') {
        if (run !== undefined) refuse('ceilings makes its own runs; only ao2022 takes a run.');
        await (await import('../experiments/ceilings/command.js')).reproduceCeilingsCommand(flags);
        return;
      }
      if (experiment === 'generality') {
        if (run !== undefined) refuse('generality makes its own runs; only ao2022 takes a run.');
        await (await import('../experiments/generality/command.js')).reproduceGeneralityCommand(flags);
        return;
      }
      if (experiment === 'valley2023') {
        if (run !== undefined) refuse('valley2023 makes its own runs; only ao2022 takes a run.');
        await (await import('../experiments/valley2023/command.js')).reproduceValley2023Command(flags);
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
        refuse(
          `there is no experiment '${experiment}'; there are: ivf2021, ao2022, controls, ceilings, generality, valley2023.`,
        );
      if (run !== undefined) refuse('ivf2021 makes its own run; only ao2022 and thermograd analyse take a run.');
      const { reproduce, reproduceSeeds } = await actions();
      const { seeds, ...others } = flags;
      await (seeds === undefined ? reproduce(others) : reproduceSeeds({ ...others, seeds }));
    });
}

function addTrain(root: Command): void {
  const command = root
    .command('train')
    .description('train and record only; continue with reproduce --resume or analyse');
  runFlags(command);
  command
    .addHelpText(
      'after',
      `
Writes trajectory.zarr (zarr.open in Python reads it), model.safetensors, history.json and run.json.

A config also says data: {normalize: {mean: 0.1307, std: 0.3081}} for inputs (x - mean)/std, and network: {loss: squared-error}: the
loss is then half the SUM of (z - y)^2 over the outputs, a mean over samples, and labels become targets 0 and 1.

Examples:
  thermograd train --preset quick --out runs/a
  thermograd reproduce ivf2021 --resume --out runs/a      measure what was recorded`,
    )
    .action(async (flags: RunFlags) => (await actions()).train(flags));
}

/** Flags of `analyse` that belong to a run folder alone, and to a recording alone. */
const [OF_RUNS, OF_RECORDINGS] = [
  ['centre', 'directions', 'workers'],
  [
    ...['params', 'steps', 'every', 'arrays', 'learningRate', 'batchSize', 'momentum', 'memory', 'seed', 'force'],
    ...['surface', 'python', 'block', 'budget'],
  ],
];

function addAnalyse(root: Command): void {
  const command = root
    .command('analyse')
    .description(
      'measure a recorded run again with other settings, or a recording made elsewhere: Zarr, .npy, .npz, safetensors',
    )
    .argument('<path>', 'run folder, or a recording: a table of weights with one row for each state')
    .option('--out <dir>', 'folder of the results (analysis-2, … in the run folder; PATH-analysis for a recording)')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .optionsGroup('Run folders:')
    .addOption(centreOption())
    .addOption(directionsOption())
    .addOption(new Option('--workers <n>', 'worker threads; 0: one per core').argParser(wholeNumber))
    .optionsGroup('Recordings:')
    .addOption(
      new Option('--params <patterns>', "parameters by name: 'fc2.*', or several with commas").argParser(patterns),
    )
    .addOption(
      new Option('--steps <a:b>', 'the steps from a to b, b excluded; either may be left out').argParser(stepRange),
    )
    .addOption(new Option('--every <n>', 'steps between rows, where the files do not say it').argParser(wholeFromOne))
    .addOption(new Option('--arrays <which>', 'what each array of an .npz is').choices(['steps', 'parameters']))
    .addOption(new Option('--learning-rate <x>', 'learning rate, for temperatures').argParser(positiveNumber))
    .addOption(new Option('--momentum <x>', 'momentum of SGD (0)').argParser(momentum))
    .addOption(new Option('--batch-size <n>', 'samples of a minibatch').argParser(wholeFromOne))
    .addOption(new Option('--memory <GB>', 'memory that may be used (all of the machine)').argParser(positiveNumber))
    .addOption(new Option('--seed <n>', 'seed of the walks and bootstraps (0)').argParser(wholeNumber))
    .option('--force', 'replace an earlier analysis in the folder')
    .optionsGroup('The model of a recording:')
    .option('--surface <spec>', 'measures its loss too: python:FILE.py:make or python:package.module:make')
    .option('--python <path>', 'the Python that runs it (that of an active environment, otherwise python3)')
    .addOption(
      new Option(
        '--block <pattern>',
        "further parameters to measure, each a block: 'conv1.*'; may be repeated",
      ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
    )
    .addOption(
      new Option('--budget <time>', 'time that this may take, by a subset of the samples where needed (10m)').argParser(
        duration,
      ),
    );
  command
    .addHelpText(
      'after',
      `
A recording is a folder of the recorder in Python, a Zarr array or group (version 2 or 3), a .npy file of T rows, an .npz with one
array for each parameter or each step, a folder of safetensors with one numbered file for each step, or one safetensors file whose
tensors have the steps as first axis. Pickles (.pt) are not read. Without a model no loss is evaluated: the report lists what it left out. With --surface the loss is measured at
the mean weights along the principal directions; make() returns the model with its loss and data.

Examples:
  thermograd analyse ivf2021-standard-seed0 --centre last
  thermograd analyse ivf2021-standard-seed0 --directions 1-50,100,200
  thermograd analyse weights.npy --learning-rate 0.1 --every 1
  thermograd analyse run --surface python:train.py:make --budget 5m
  thermograd analyse checkpoints/ --params 'fc2.*' --steps 1000:5000`,
    )
    .action(async (path: string, flags: RunFlags & RecordingFlags) => {
      const isRun = existsSync(join(path, 'run.json'));
      const wrong = Object.keys(flags).find((name) => (isRun ? OF_RECORDINGS : OF_RUNS).includes(name));
      if (wrong !== undefined) {
        const flag = `--${wrong.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
        command.error(
          `error: ${flag} is for ${isRun ? `recordings made elsewhere, and ${path} is a run folder; its window alone is ${join(path, 'trajectory.zarr')}` : `run folders, and ${path} is none`}.`,
          { exitCode: 2, code: 'usage' },
        );
      }
      if (isRun) await (await actions()).analyse(path, flags);
      else await (await import('../experiments/recording/command.js')).analyse(path, flags);
    });
}

function addReport(root: Command): void {
  root
    .command('report')
    .description('draw the report of a run, or of an analysis, again from its numbers')
    .argument('<folder>', 'run folder, or a folder that analyse wrote, of a run or of a recording')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .action(async (folder: string, { json = false }: { json?: boolean }) => {
      const { isRecordingAnalysis } = await import('../experiments/recording/redraw.js');
      if (isRecordingAnalysis(folder)) await (await import('../experiments/recording/command.js')).report(folder, json);
      else await (await actions()).report(folder, json);
    });
}

function addDoctor(root: Command): void {
  root
    .command('doctor')
    .description(
      'report what this machine offers: kernel build, linear algebra, memory, cores; and what would make it faster',
    )
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json = false }: { json?: boolean }) => (await import('./doctor-command.js')).doctor(json));
}

function centreOption(): Option {
  return new Option('--centre <where>', 'measure the landscape around the window mean or the last weights').choices([
    'mean',
    'last',
  ]);
}

function directionsOption(): Option {
  return new Option(
    '--directions <which>',
    'all, a number of log-spaced ranks, or ranks such as 1-20,50,100',
  ).argParser(directions);
}

function runFlags(command: Command): void {
  command
    .addOption(
      new Option('--preset <name>', 'how much to train and measure (standard)').choices(['quick', 'standard', 'paper']),
    )
    .option('--config <file>', 'JSON or YAML; flags override it, and it overrides the preset')
    .addOption(new Option('--seed <n>', 'seed of all random numbers (0)').argParser(wholeNumber))
    .option(
      '--data <set>',
      'mnist, fashion-mnist, idx:DIR (IDX files, plain or gzip), cifar10:DIR (its binary files) or teacher (synthetic)',
    )
    .addOption(new Option('--limit <n>', 'only the first n training samples').argParser(wholeNumber))
    .addOption(
      new Option(
        '--sampling <how>',
        'shuffled: a new order each epoch; replaced: independent draws; cyclic: the same order in every epoch',
      ).choices(['shuffled', 'replaced', 'cyclic']),
    )
    .addOption(new Option('--learning-rate <x>', 'step size of SGD (0.1)').argParser(positiveNumber))
    .addOption(new Option('--batch-size <n>', 'samples per step (50)').argParser(wholeNumber))
    .addOption(new Option('--window <epochs>', 'epochs recorded after the stopping rule is met').argParser(wholeNumber))
    .addOption(
      new Option(
        '--network <name>',
        'the network: mlp, lenet5, cnn-small or resnet8; others by --config; generality: several, separated by commas',
      ).argParser(wordsAmong('mlp', 'lenet5', 'cnn-small', 'resnet8')),
    )
    .addOption(
      new Option(
        '--optimiser <type>',
        'how steps follow from gradients (sgd): sgd, rmsprop, adam or adamw; its settings by --config; generality: several, also momentum and nesterov',
      ).argParser(wordsAmong('sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw')),
    )
    .option('--layer <names>', 'layers whose weights are recorded and measured (layer2), such as conv2 or conv1,dense1')
    .option('--out <dir>', 'run folder (ivf2021-<preset>-seed<n>)')
    .option('--resume', 'continue the run in the folder; it ends with the same bits as one that was never stopped')
    .addOption(new Option('--workers <n>', 'worker threads; 0: one per core').argParser(wholeNumber))
    .addOption(new Option('--checkpoint-every <seconds>', 'seconds between checkpoints (2)').argParser(positiveNumber))
    .option('--json', 'print one JSON document on stdout, for errors too');
}
