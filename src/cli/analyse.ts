/** `thermograd analyse`: its flags and its help, for run folders and recordings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { RecordingFlags } from '../experiments/recording/command.js';
import type { RunFlags } from '../terminal/flags.js';
import {
  duration,
  momentum,
  patterns,
  positiveNumber,
  stepRange,
  wholeFromOne,
  wholeNumber,
} from '../terminal/values.js';
import { centreOption, directionsOption } from './run-flags.js';

/** Flags of `analyse` that belong to a run folder alone, and to a recording alone. */
const [OF_RUNS, OF_RECORDINGS] = [
  ['centre', 'directions', 'workers'],
  [
    ...['params', 'steps', 'every', 'arrays', 'learningRate', 'batchSize', 'momentum', 'memory', 'seed', 'force'],
    ...['surface', 'python', 'block', 'budget'],
  ],
];

/** Adds the command. */
export function addAnalyse(root: Command): void {
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
      if (isRun) await (await import('../experiments/ivf2021/command.js')).analyse(path, flags);
      else await (await import('../experiments/recording/command.js')).analyse(path, flags);
    });
}
