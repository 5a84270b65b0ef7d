/** The flags of the commands that make a run. */
import { type Command, Option } from 'commander';
import { suggests } from '../terminal/completion/tree.js';
import { DATA_WORDS } from '../terminal/completion/words.js';
import { directions, positiveNumber, wholeNumber, wordsAmong } from '../terminal/values.js';

/** Makes the flag --centre. */
export function centreOption(): Option {
  return new Option('--centre <where>', 'measure the landscape around the window mean or the last weights').choices([
    'mean',
    'last',
  ]);
}

/** Makes the flag --directions. */
export function directionsOption(): Option {
  return new Option(
    '--directions <which>',
    'all, a number of log-spaced ranks, or ranks such as 1-20,50,100',
  ).argParser(directions);
}

/** Adds the flags of every command that makes a run. */
export function runFlags(command: Command): void {
  command
    .addOption(
      new Option('--preset <name>', 'how much to train and measure (standard)').choices(['quick', 'standard', 'paper']),
    )
    .option('--config <file>', 'JSON or YAML, - for standard input; flags override it, and it overrides the preset')
    .addOption(new Option('--seed <n>', 'seed of all random numbers (0)').argParser(wholeNumber))
    .addOption(
      suggests(
        new Option(
          '--data <set>',
          'mnist, fashion-mnist, idx:DIR (IDX files, plain or gzip), cifar10:DIR (its binary files) or teacher (synthetic)',
        ),
        ...DATA_WORDS,
      ),
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
