/** `thermograd forget`: its config from flags, its help, and the printing of its result. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { shellWord } from '../../numeric/shell-word.js';
import { suggests } from '../../terminal/completion/tree.js';
import { DATA_WORDS, NETWORK_WORDS, OPTIMISER_WORDS } from '../../terminal/completion/words.js';
import { prune } from '../../terminal/flags.js';
import { takes } from '../../terminal/times.js';
import { listed, momentum, positiveNumber, wholeNumber } from '../../terminal/values.js';
import { type WhereFlags, whereAgain, whereFlags, whereOf } from '../../terminal/where.js';
import type { PartialForget } from './schema.js';

interface ForgetFlags extends WhereFlags {
  readonly preset?: 'quick' | 'standard';
  readonly config?: string;
  readonly protocol?: string;
  readonly head?: 'task-known' | 'all-compete';
  readonly methods?: 'all' | string[];
  readonly lambdaGrid?: { readonly absolute: boolean; readonly strengths: number[] };
  readonly constraints?: number[];
  readonly layers?: 'all' | string[];
  readonly frozen?: string[];
  readonly seeds?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly momentum?: number;
  readonly epochs?: number;
  readonly several?: 'separate' | 'online';
  readonly network?: string;
  readonly optimiser?: string;
  readonly data?: string;
  readonly limit?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly workers?: number;
  readonly json?: boolean;
}

function grid(text: string): { absolute: boolean; strengths: number[] } {
  const absolute = text.startsWith('absolute:');
  const strengths = text.replace('absolute:', '').split(',').map(positiveNumber);
  return { absolute, strengths };
}

function counts(text: string): number[] {
  const list = text.split(',').map(wholeNumber);
  if (list.includes(0)) throw new InvalidArgumentError('expected numbers of axes from 1 up.');
  return list;
}

const names = (text: string): string[] => text.split(',').map((w) => w.trim());

/** Adds the command. */
export function addForget(root: Command): void {
  const command = root
    .command('forget')
    .description(
      'compare constraints against forgetting on equal terms, one task after another, with fronts, error bars and findings',
    )
    .addOption(
      new Option(
        '--preset <name>',
        `quick: synthetic data, ${takes('forget --preset quick')}; standard: {1,2} then {3,4} (standard)`,
      ).choices(['quick', 'standard']),
    )
    .option('--config <file>', 'JSON or YAML, - for standard input; flags override it, and it overrides the preset')
    .addOption(
      suggests(
        new Option(
          '--protocol <which>',
          'digits-pairs ({1,2}, {3,4}), digits-halves (0–4, 5–9), permuted, permuted-5 (pixels), or your own classes: 0,1/2,3',
        ),
        ...['digits-pairs', 'digits-halves', 'permuted', 'permuted-5'],
      ),
    )
    .addOption(
      new Option(
        '--head <how>',
        'task-known: separate outputs for each task; all-compete: one output layer for all',
      ).choices(['task-known', 'all-compete']),
    )
    .addOption(new Option('--methods <list>', 'names separated by commas, or all; see below').argParser(listed))
    .addOption(
      new Option(
        '--lambda-grid <list>',
        'strengths in units of each method’s natural one, or absolute:0.1,1,10; only these (0.01,0.1,…,10000, and further ones while the best lies at an end)',
      ).argParser(grid),
    )
    .addOption(
      new Option(
        '--constraints <list>',
        'numbers of axes in each layer, N_c; methods are compared at the largest (2,5,10,20,50)',
      ).argParser(counts),
    )
    .addOption(
      new Option('--layers <list>', 'layers that are constrained: all, or names such as layer2').argParser(listed),
    )
    .addOption(
      new Option('--frozen <list>', 'layers that the method frozen excludes from training (the first)').argParser(
        names,
      ),
    )
    .addOption(new Option('--seeds <n>', 'number of seeds, from 0 to n−1 (5)').argParser(wholeNumber))
    .addOption(new Option('--learning-rate <x>', 'of all tasks (0.1 of sgd)').argParser(positiveNumber))
    .addOption(new Option('--batch-size <n>', 'of all tasks (50)').argParser(wholeNumber))
    .addOption(new Option('--momentum <x>', 'PyTorch’s momentum, 0 to below 1 (0)').argParser(momentum))
    .addOption(new Option('--epochs <n>', 'epochs of every later task (5)').argParser(wholeNumber))
    .addOption(
      new Option(
        '--several <how>',
        'with more than two tasks; separate: each keeps its own anchor; online: all use the newest one',
      ).choices(['separate', 'online']),
    )
    .addOption(
      suggests(
        new Option(
          '--network <name>',
          'mlp, lenet5, cnn-small, resnet8 (784-50-50-10 without biases); other layers in the config',
        ),
        ...NETWORK_WORDS,
      ),
    )
    .addOption(
      suggests(
        new Option(
          '--optimiser <name>',
          'sgd, rmsprop, adam, adamw, with PyTorch’s learning rate where none is given (sgd)',
        ),
        ...OPTIMISER_WORDS,
      ),
    )
    .addOption(
      suggests(
        new Option(
          '--data <set>',
          'mnist, fashion-mnist, cifar10:DIR (binary batches), idx:DIR (IDX files, plain or gzip) or teacher (synthetic)',
        ),
        ...DATA_WORDS,
      ),
    )
    .addOption(new Option('--limit <n>', 'only the first n training samples of the set').argParser(wholeNumber))
    .option('--out <dir>', 'folder (forget-<preset>)')
    .option('--resume', 'continue in the folder; --seeds may be larger than before')
    .addOption(new Option('--workers <n>', 'worker threads; 0: one per core').argParser(wholeNumber))
    .option('--json', 'print one JSON document on stdout, for errors too');
  whereFlags(command)
    .addHelpText(
      'after',
      `
Task 1 is trained once for each seed; from there every method learns the later tasks at every strength. The strength that
represents a method is chosen on validation samples, which no training saw; test samples are only reported.

Methods:
  none, joint            no constraint, and all data together: the lower and the upper reference
  frozen                 whole layers not trained after task 1; it has no strength and needs no old sample
  replay-100, replay-validation      so many stored samples of each earlier task (any number; validation: as many as the others use to
                         choose their strength), one batch of them before every batch of the new task
  l2                     every weight pulled back equally
  ewc, ewc-empirical     each weight by its Fisher information, per sample
  ldc                    principal directions of task 1 weighted by 1/F² (Feng & Tu); variance: by 1/sigma² instead
  hessian                directions of largest curvature; random: as many random ones
  potential, vortex      the potential and the circulation of the stochastic decomposition (Xiong, Chen, Shi & Ao)
  hessian-unweighted, vortex-q       variants, used only with all or by name

Networks of layers and optimisers: every layer with weights can be held, a convolution with its bias. SGD minimises the penalty over each step;
rmsprop, adam and adamw get its gradient beside that of the batch. potential and vortex need the stationary state of SGD.

Examples:
  thermograd forget --preset quick                       a first look at a report, ${takes('forget --preset quick')}
  thermograd forget                                      {1,2} then {3,4} on MNIST, five seeds
  thermograd forget --protocol digits-halves --head all-compete --out runs/halves
  thermograd forget --methods none,ewc,ldc,joint --lambda-grid 1,10,100,1000 --seeds 3
  thermograd forget --data idx:my-data --protocol 0,1,2/3,4,5
  thermograd forget --data fashion-mnist --protocol permuted --constraints 20 --layers layer2
  thermograd forget --network lenet5 --optimiser adam --limit 10000 --constraints 5,10 --methods none,l2,ewc,ldc,hessian,frozen,joint
  thermograd forget --resume --seeds 10                  the same with more seeds`,
    )
    .action(async (flags: ForgetFlags) => {
      await runForget(flags);
    });
}

async function runForget(flags: ForgetFlags): Promise<void> {
  const [{ session }, { forget }, { readConfig }, { findingLines }, { CONSTRAINTS }, { sayInstead }] =
    await Promise.all([
      import('../../terminal/session.js'),
      import('./experiment.js'),
      import('../../runs/config.js'),
      import('../../terminal/findings.js'),
      import('../../apply/constraints/table.js'),
      import('../../terminal/study.js'),
    ]);
  const again = (folder: string) => `thermograd forget --out ${shellWord(folder)} --resume${whereAgain(flags)}`;
  await session(
    flags.json ?? false,
    async (s) => {
      const file = flags.config === undefined ? undefined : (readConfig(flags.config) as PartialForget);
      const over = prune({
        preset: flags.preset,
        protocol: flags.protocol,
        head: flags.head,
        methods: flags.methods === 'all' ? CONSTRAINTS.map((c) => c.name) : flags.methods,
        strengths: flags.lambdaGrid?.strengths,
        // strengths that are given are not extended
        extend: flags.lambdaGrid && 0,
        absolute: flags.lambdaGrid?.absolute,
        constraints: flags.constraints,
        layers: flags.layers,
        frozen: flags.frozen,
        seeds: flags.seeds,
        training: {
          learningRate: flags.learningRate,
          batchSize: flags.batchSize,
          momentum: flags.momentum,
          epochs: flags.epochs,
        },
        several: flags.several,
        network: flags.network,
        optimiser: { type: flags.optimiser },
        data: { set: flags.data, limit: flags.limit },
        workers: flags.workers,
      }) as PartialForget;
      const { folder, findings, outcome, outputs, instead } = await forget([file, over], {
        ...(flags.out !== undefined && { out: flags.out }),
        resume: flags.resume ?? false,
        ...whereOf(flags),
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: (text) => s.line.say(text),
      });
      if (instead) {
        sayInstead(s, folder, instead, again(folder));
        return;
      }
      const report = join(folder, 'report.html');
      s.result(
        { folder, report, outputs, outcome, findings },
        [...findingLines(findings), '', ...outcome, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
