/** `thermograd advise`: its flags, its help, and the printing of its result. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Expectation } from '../../runs/expected.js';
import { suggests } from '../../terminal/completion/tree.js';
import { DATA_WORDS } from '../../terminal/completion/words.js';
import { expectErrorOption, expectedOf, expectLossOption, sayJudged } from '../../terminal/expected.js';
import { layersOfFlags, type RunFlags } from '../../terminal/flags.js';
import { momentum, positiveNumber, wholeNumber } from '../../terminal/values.js';

interface Flags extends Omit<RunFlags, 'directions'> {
  readonly directions?: number;
  readonly momentum?: number;
  readonly weights?: string;
  readonly expectLoss?: Expectation;
  readonly expectError?: Expectation;
  readonly at?: 'init' | 'end';
  readonly epochs?: number;
  readonly verify?: boolean;
  readonly runs?: number;
  readonly verifyEpochs?: number;
  readonly safety?: number;
  readonly force?: boolean;
}

/** Adds the command. */
export function addAdvise(root: Command): void {
  root
    .command('advise')
    .description(
      'advise a learning rate from short real runs, and a batch size from noise scales, with ceilings from curvature beside it; or say why not',
    )
    .argument('[run]', 'a finished run folder: advice at its last weights; without it a network is trained first')
    .addOption(new Option('--preset <name>', 'as in reproduce (standard)').choices(['quick', 'standard', 'paper']))
    .option('--config <file>', 'JSON or YAML, - for standard input; flags override it, and it overrides the preset')
    .option('--weights <file>', 'advice at these weights: safetensors of linear layers, with PyTorch’s names and order')
    .addOption(expectLossOption())
    .addOption(expectErrorOption())
    .addOption(
      new Option('--at <state>', 'init: at the initial weights; end: after training (end)').choices(['init', 'end']),
    )
    .addOption(
      new Option('--epochs <n>', 'train for n epochs first, instead of until the stopping rule is met').argParser(
        wholeNumber,
      ),
    )
    .addOption(
      suggests(new Option('--data <set>', 'mnist, fashion-mnist, idx:DIR, cifar10:DIR or teacher'), ...DATA_WORDS),
    )
    .addOption(new Option('--limit <n>', 'only the first n training samples').argParser(wholeNumber))
    .addOption(new Option('--sampling <how>', 'shuffled or replaced').choices(['shuffled', 'replaced', 'cyclic']))
    .addOption(new Option('--learning-rate <x>', 'the rate to judge').argParser(positiveNumber))
    .addOption(new Option('--batch-size <n>', 'the batch size to judge').argParser(wholeNumber))
    .addOption(new Option('--momentum <x>', 'PyTorch’s momentum, 0 to below 1').argParser(momentum))
    .option('--verify', 'make short real runs, from which the rate is advised (the default)')
    .option('--no-verify', 'make no runs, and advise no rate')
    .addOption(new Option('--runs <n>', 'runs at each learning rate (6)').argParser(wholeNumber))
    .addOption(
      new Option('--verify-epochs <n>', 'epochs of each run (2, or more to reach 300 steps)').argParser(wholeNumber),
    )
    .addOption(
      new Option('--safety <x>', 'share of the largest rate at which all runs stay that is advised (1)').argParser(
        positiveNumber,
      ),
    )
    .addOption(
      new Option('--window <epochs>', 'epochs of real steps from which stationarity is judged (3)').argParser(
        wholeNumber,
      ),
    )
    .addOption(
      new Option('--directions <n>', 'directions in which minibatches are compared (16)').argParser(wholeNumber),
    )
    .addOption(new Option('--seed <n>', 'seed of all random numbers (0)').argParser(wholeNumber))
    .addOption(new Option('--workers <n>', 'worker threads; 0: one per core').argParser(wholeNumber))
    .option('--out <dir>', 'folder of the advice (advice in the run folder, or advice); it must be new or empty')
    .option('--force', 'replace earlier advice in that folder')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
It makes short real runs from one state of a network: the present rate times powers of 1.3, six runs each. A run stays in the
basin, leaves it and returns, leaves it for good, or diverges; advised are the rates at which all runs stay. It measures
over all training samples:
  edge       2(1+mu)/h_max: above it even full batches overshoot along the sharpest direction of a quadratic loss
  ceiling    the same for minibatches: they differ in curvature, and E|w|² of SGD on a quadratic loss grows above
             eta = 2 l/(l² + Var l) along a direction of mean curvature l (momentum and coupled directions included).
             Nothing is advised from these two: runs of real networks leave below them or stay beyond (reproduce ceilings).
  batch      the noise scales Tr C1/|g|² and Tr(H C1)/(gᵀHg): up to these a larger batch saves steps
  noise      temperature eta/((1-mu)B), and (eta/4) Tr C: the loss that the noise costs, and how strongly it drives to flatness
  stationary  a short window of real steps against ⟨w·g⟩ = (1+mu)/(2 eta) ⟨|v|²⟩, and the trend of the loss
Each number comes with its error, its assumption and what would change it. Where an estimate does not converge or an
assumption fails, it is refused with the reason; where nothing remains, the command ends with exit code 1.

With --no-verify no runs are made, and no rate is advised.

Examples:
  thermograd advise ivf2021-standard-seed0
  thermograd advise ivf2021-standard-seed0 --learning-rate 0.3 --batch-size 256
  thermograd advise --data mnist --at init           before any training: noise scales
  thermograd advise --config my.yaml --weights model.safetensors --json

Writes advice.json, the weights, report.html, the plane of batch size and learning rate as SVG, every number as CSV. Exit codes: 0 advice,
in part or whole; 1 none can be given; 2 wrong input; 130 stopped, with nothing written.`,
    )
    .action(async (run: string | undefined, flags: Flags) => {
      const { session } = await import('../../terminal/session.js');
      await session(flags.json ?? false, async (s) => {
        const { adviseRun } = await import('./experiment.js');
        const { adviceWords } = await import('./findings.js');
        const { needs } = await import('../../jobs/disk.js');
        const { window, momentum, directions, expectLoss, expectError, ...rest } = flags;
        const layers = [...layersOfFlags(rest), ...(momentum === undefined ? [] : [{ training: { momentum } }])];
        const given = <K extends string, T>(name: K, value: T | undefined) =>
          (value === undefined ? {} : { [name]: value }) as { readonly [k in K]?: T };
        const result = await adviseRun({
          ...given('run', run),
          layers,
          ...given('weights', flags.weights),
          ...expectedOf({ expectLoss, expectError }),
          ...given('at', flags.at),
          ...given('epochs', flags.epochs),
          ...given('verify', flags.verify),
          ...given('runs', flags.runs),
          ...given('verifyEpochs', flags.verifyEpochs),
          ...given('safety', flags.safety),
          ...given('directions', directions),
          ...given('windowEpochs', window),
          ...given('out', flags.out),
          ...given('force', flags.force),
          ...given('workers', flags.workers),
          signal: s.signal,
          ...(s.onProgress && { onProgress: s.onProgress }),
          onStart: (text, memory, disk) => s.line.say(`${text}; ${needs(memory.peak, disk)}`),
          onJudged: (judged) => sayJudged(judged, s),
        });
        const { advice, facts, verification } = result;
        const words = adviceWords(advice, facts, verification);
        const report = join(result.folder, 'report.html');
        const rows: [string, string][] = [
          ['state', words.state],
          ['setting', words.setting],
          ['rate', words.rate],
          ['ceiling', words.ceiling],
          ['batch', words.batch],
          ['noise', words.noise],
          ['stationary', words.stationary],
          ...(words.verified ? ([['verified', words.verified]] as [string, string][]) : []),
          ...words.notes.map((n): [string, string] => ['note', n]),
          ['report', report],
        ];
        s.result({ report, words, ...result }, rows.map(([name, text]) => `${name.padEnd(11)} ${text}`).join('\n'));
      });
    });
}
