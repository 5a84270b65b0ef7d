/** `thermograd protect`: its flags, its help, and the printing of its result. */
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { Expectation } from '../../runs/expected.js';
import { suggests } from '../../terminal/completion/tree.js';
import { DATA_WORDS, NETWORK_WORDS, OPTIMISER_WORDS } from '../../terminal/completion/words.js';
import { expectErrorOption, expectedOf, expectLossOption, sayJudged } from '../../terminal/expected.js';
import { layersOfFlags, type RunFlags } from '../../terminal/flags.js';
import { listed, momentum as momentumOf, positiveNumber, wholeNumber } from '../../terminal/values.js';
import type { ProtectResult } from './experiment.js';
import { protectionRows } from './words.js';

interface Flags
  extends Pick<
    RunFlags,
    | 'preset'
    | 'config'
    | 'data'
    | 'network'
    | 'optimiser'
    | 'limit'
    | 'sampling'
    | 'learningRate'
    | 'batchSize'
    | 'seed'
    | 'out'
    | 'json'
  > {
  readonly method?: string;
  readonly weights?: string;
  readonly expectLoss?: Expectation;
  readonly expectError?: Expectation;
  readonly axes?: number;
  readonly layers?: 'all' | string[];
  readonly samples?: number;
  readonly windowEpochs?: number;
  readonly momentum?: number;
  readonly force?: boolean;
}

/** Adds the command. */
export function addProtect(root: Command): void {
  root
    .command('protect')
    .description(
      'write a penalty for fine-tuning without forgetting, from a trained network and its data, as a file for PyTorch',
    )
    .argument('[run]', 'a finished run folder: its last weights, its data; or give --weights, --config and --data')
    .option('--method <name>', 'how the weights are constrained, see below (ewc)')
    .option(
      '--weights <file>',
      'safetensors of the layers, with PyTorch’s names and order; the config describes the network',
    )
    .addOption(expectLossOption())
    .addOption(expectErrorOption())
    .option(
      '--config <file>',
      'JSON or YAML, - for standard input: network, data, training; flags override it, and it overrides the preset',
    )
    .addOption(new Option('--preset <name>', 'as in reproduce (standard)').choices(['quick', 'standard', 'paper']))
    .addOption(
      suggests(
        new Option(
          '--data <set>',
          'what the network was trained on: mnist, fashion-mnist, cifar10:DIR (binary batches), idx:DIR or teacher',
        ),
        ...DATA_WORDS,
      ),
    )
    .addOption(
      suggests(
        new Option('--network <name>', 'of --weights: mlp, lenet5, cnn-small, resnet8; other networks in the config'),
        ...NETWORK_WORDS,
      ),
    )
    .addOption(
      suggests(
        new Option('--optimiser <name>', 'of a window that is trained from --weights: sgd, rmsprop, adam, adamw'),
        ...OPTIMISER_WORDS,
      ),
    )
    .addOption(new Option('--limit <n>', 'only the first n training samples of the set').argParser(wholeNumber))
    .addOption(new Option('--samples <n>', 'measure at most n of them, drawn at random (all)').argParser(wholeNumber))
    .addOption(
      new Option('--layers <list>', 'layers that are constrained: all, or names such as layer2').argParser(listed),
    )
    .addOption(new Option('--axes <n>', 'directions constrained in each layer, N_c (50)').argParser(wholeNumber))
    .addOption(
      new Option(
        '--window-epochs <n>',
        'ldc, variance: continue training for n epochs to find the directions; potential, vortex: epochs that were stationary',
      ).argParser(wholeNumber),
    )
    .addOption(new Option('--learning-rate <x>', 'of the fine-tuning steps, and of a window').argParser(positiveNumber))
    .addOption(new Option('--batch-size <n>', 'of a window').argParser(wholeNumber))
    .addOption(new Option('--momentum <x>', 'PyTorch’s momentum, 0 to below 1').argParser(momentumOf))
    .addOption(
      new Option('--sampling <how>', 'of a window: shuffled or replaced').choices(['shuffled', 'replaced', 'cyclic']),
    )
    .addOption(new Option('--seed <n>', 'seed of all random numbers (0)').argParser(wholeNumber))
    .option('--out <file>', '.npz or .safetensors (penalty.npz); it must be new')
    .option('--force', 'replace that file')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
Fine-tuning minimises

  new loss + strength · R(w),  R(w) = ½ (w − w1)ᵀ K (w − w1)

with w1 the weights given here. Each method measures K in its own way, on the training samples of task 1:
  l2                   K = 1: every weight pulled back equally; the baseline to beat
  ewc, ewc-empirical   Fisher information of each weight, from squared gradients of SINGLE samples (at the network's own
                       predictions; at the labels). The cheapest, seconds; constrains biases too
  hessian              the N_c directions of largest curvature, weighted by it; hessian-unweighted: all equally
  ldc, variance        principal directions of SGD's motion by 1/F², the width of the valley (Feng & Tu), or by 1/sigma². They need a
                       window of training: the one that a run recorded (of one layer), or --window-epochs n, which continues training
                       from w1 and keeps the directions only: R is always around w1
  potential, vortex, vortex-q   potential and circulation of the stationary state (Xiong, Chen, Shi & Ao), from learning rate and
                       batch size of the run or the config; settled modes only, of which a network has few early in training
  random               random directions: what N_c constraints do without information

The strength in the file is the natural one: where theory says that R is the quadratic approximation of task 1's loss (exact), or the
mean curvature over K (matched). Start there and try some decades ABOVE it: a parabola underestimates what leaving a valley costs,
and how much the old task is worth is for you to decide. Explicit steps are stable up to 2(1+momentum)/(learning rate × largest
stiffness); load_pull of examples/protect.py takes exact steps, stable at any strength.

Runs of any network of layers and of any optimiser are taken alike: every layer with weights is a block, a convolution's with its bias.
An L2 penalty of the optimiser is part of the loss that is measured, decoupled decay is not. Methods of the stationary state need SGD at
one learning rate.

The order of the layers of --weights follows from their names (0.weight, 2.weight, 10.weight; inp, hidden, head), from their places in
the file, or from their shapes; where two orders fit, both are named, and layers: [first, second, …] in the config decides. The network
must get its inputs as it was trained with them: bytes are read as 0 … 1; data: {normalize: {mean: 0.1307, std: 0.3081}} says what
else. Loss and errors on the data are shown before anything is written; --expect-loss and --expect-error refuse other ones.

Examples:
  thermograd protect ivf2021-standard-seed0 --method ewc
  thermograd protect ivf2021-standard-seed0 --method ldc --axes 20                  the layer that was recorded
  thermograd protect --config my.yaml --weights model.safetensors --data idx:my-data --method hessian --out penalty.safetensors
  thermograd protect --config my.yaml --weights model.safetensors --method ldc --window-epochs 10
  thermograd protect lenet5-adam-seed0 --method hessian --axes 10 --samples 2000
  thermograd protect --network lenet5 --data mnist --weights lenet.safetensors --method ewc --out lenet-penalty.npz

A page with what is held lies beside the file, in penalty-report/ of penalty.npz. The file holds float64 arrays in the order of
torch.nn.utils.parameters_to_vector; examples/protect.py applies it. Exit codes: 0 done; 1 nothing can be constrained; 2 wrong input;
130 stopped, with nothing written. A file without its page, as a process that was killed can leave it, gets its page by the same call.`,
    )
    .action(async (run: string | undefined, flags: Flags) => {
      const { session } = await import('../../terminal/session.js');
      await session(flags.json ?? false, async (s) => {
        const { protectRun } = await import('./experiment.js');
        const { needs } = await import('../../jobs/disk.js');
        const { method, weights, axes, layers, samples, windowEpochs, momentum, out, force, json: _, ...more } = flags;
        const { expectLoss, expectError, ...rest } = more;
        const result = await protectRun({
          ...(run !== undefined && { run }),
          layers: [...layersOfFlags(rest), ...(momentum === undefined ? [] : [{ training: { momentum } }])],
          ...(method !== undefined && { method }),
          ...(weights !== undefined && { weights }),
          ...expectedOf({ expectLoss, expectError }),
          ...(axes !== undefined && { axes }),
          ...(layers !== undefined && { held: layers }),
          ...(samples !== undefined && { samples }),
          ...(windowEpochs !== undefined && { windowEpochs }),
          ...(out !== undefined && { out }),
          ...(force && { force }),
          signal: s.signal,
          ...(s.onProgress && { onProgress: s.onProgress }),
          onStart: (text, memory, disk) => s.line.say(`${text}; ${needs(memory.peak, disk)}`),
          onJudged: (judged) => sayJudged(judged, s),
        });
        s.result(result, describeProtection(result));
      });
    });
}

/** The Python that reads the file. */
const EXAMPLE = fileURLToPath(new URL('../../../examples/protect.py', import.meta.url));

/** Writes the result as rows for the terminal, and how PyTorch reads the file. */
export function describeProtection(r: ProtectResult & { readonly report?: string }): string {
  const rows = [...protectionRows(r), ...(r.report === undefined ? [] : [['report', r.report] as const])];
  const name = Math.max(...rows.map(([n]) => n.length)) + 2;
  return `${rows.map(([n, text]) => `${n.padEnd(name)}${text}`).join('\n')}

in PyTorch, with ${EXAMPLE}:
    penalty, strength = load_penalty(${JSON.stringify(r.file)}, model)
    loss = cross_entropy(model(x), y) + strength * penalty(torch.nn.utils.parameters_to_vector(model.parameters()))
or, for any strength, after each step of plain SGD:
    pull, strength = load_pull(${JSON.stringify(r.file)}, model)
    hold(model, pull, learning_rate * strength)`;
}
