/** `thermograd simulate`: its flags, its help, and the printing of its result. */
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { bytesOf, needs } from '../../jobs/disk.js';
import { InputError } from '../../numeric/errors.js';
import { shellWord } from '../../numeric/shell-word.js';
import { formatNumber, formatPlain } from '../../report/format.js';
import { suggests } from '../../terminal/completion/tree.js';
import { wholeNumber } from '../../terminal/values.js';
import { type Comparison, momentText, starWords } from './compare.js';
import type { Setup } from './config.js';
import { disagreementText } from './disagreements.js';
import { SIMULATION_EXAMPLES } from './examples.js';
import type { SimulationRun } from './experiment.js';
import type { Plan } from './plan.js';

interface Flags {
  readonly example?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly seed?: number;
  readonly workers?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addSimulate(root: Command): void {
  root
    .command('simulate')
    .description('compare SGD, Langevin, Fokker-Planck and theory in any landscape of one or two coordinates')
    .argument('[file]', 'config, YAML or JSON; - for standard input')
    .addOption(
      suggests(
        new Option('--example <name>', `print an example config and stop: ${SIMULATION_EXAMPLES.join(', ')}`),
        ...SIMULATION_EXAMPLES,
      ),
    )
    .option('--out <dir>', 'folder of the results (<name of the config>-seed<n>)')
    .option('--resume', 'continue with the methods that are missing in the folder')
    .addOption(new Option('--seed <n>', 'seed of all random numbers; overrides the config').argParser(wholeNumber))
    .addOption(
      new Option('--workers <n>', 'worker threads; 0: one per core. They change no number').argParser(wholeNumber),
    )
    .option('--dry-run', 'print scales, steps, memory and disk, and write nothing')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
Time is in eta·steps: t = learning rate × steps, so that a gradient flow is x' = −∇L whatever the learning rate.
  SGD            x ← x − eta g, g the gradient of ONE minibatch, with mean ∇L and covariance C
  Langevin       dx = −∇L dt + √(2D) dW (Itô), D = eta C/2
  Fokker-Planck  the density of that, on the cells of the grid
  adiabatic      a valley's floor with the fast coordinate eliminated; the closed form in one coordinate

A config:
  landscape:
    valley: { floor: 0.5*a*x^2, curvature: l*exp(-c*x) }    # or loss: any formula in x and y; and force: [.., ..]
  parameters: { a: 0.5, l: 30, c: 0.6 }
  noise:
    covariance: { xx: 40, yy: 320 }     # of one minibatch; or diffusion: {..}; or batch: { loss: .. in x, y, n1 .. }
  learningRate: 0.005
  grid:
    x: { from: -1.9, to: 3.2 }          # lower, upper: open, reflecting, absorbing or periodic
    y: { from: -1.6, to: 1.6 }
  time: { burnIn: 15, length: 100 }     # stationary, by default 6 and 10 of the slowest relaxation;
                                        # or { mode: transient, until: 300, snapshots: [1, 20] }
  methods: { sgd: {}, langevin: {}, fokker-planck: {}, adiabatic: {} }

Noise that depends on the place is Itô's; noise: { .., interpretation: stratonovich | haenggi-klimontovich } adds D'/2 or D' to the
drift of Langevin, Fokker-Planck and the closed form. SGD itself is an Itô map.
Every moment is judged: a star and a note say which are not stationary; methods that disagree are named, with the likely reason.

Formulas: + − * / ^, exp log sqrt sin cos tanh abs min max, if(c, a, b), pi, e, and the names under parameters.

The folder holds report.html, moments.json, and for each method summary.json and arrays.npz (densities, currents, paths).

Examples:
  thermograd simulate --example valley > valley.yaml
  thermograd simulate valley.yaml --dry-run
  thermograd simulate valley.yaml --seed 3 --out runs/valley
  thermograd simulate escape.yaml --resume`,
    )
    .action(async (file: string | undefined, flags: Flags) => {
      await simulateCommand(file, flags);
    });
}

async function simulateCommand(file: string | undefined, flags: Flags): Promise<void> {
  const { session } = await import('../../terminal/session.js');
  const again = (folder: string) =>
    `thermograd simulate ${shellWord(file ?? 'FILE')} --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      if (flags.example !== undefined) {
        const { simulationExample } = await import('./examples.js');
        const text = simulationExample(flags.example);
        s.result({ example: flags.example, text }, text.trimEnd(), true);
        return;
      }
      if (file === undefined)
        throw new InputError(
          'no-config',
          'simulate needs a config file; thermograd simulate --example valley prints one to begin with.',
        );
      const { readConfig } = await import('../../runs/config.js');
      const { planSimulation, simulate } = await import('./experiment.js');
      const given = {
        ...(readConfig(file) as object),
        ...(flags.seed !== undefined && { seed: flags.seed }),
        ...(flags.workers !== undefined && { workers: flags.workers }),
      } as Parameters<typeof simulate>[0];
      if (flags.dryRun) {
        const { setup, plan } = planSimulation(given);
        s.result(planDocument(setup, plan), planWords(setup, plan));
        return;
      }
      const out =
        flags.out ?? `${file === '-' ? 'simulation' : basename(file).replace(/\.[^.]*$/, '')}-seed${given.seed ?? 0}`;
      const run = await simulate(given, {
        out,
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: ({ folder, setup, plan }) => s.line.say(`folder ${folder}\n${planWords(setup, plan)}`),
      });
      const { readJson } = await import('../../record/json.js');
      const comparison = readJson<Comparison>(join(run.folder, 'comparison.json'))!;
      s.result(
        { folder: run.folder, report: join(run.folder, 'report.html'), methods: run.methods, comparison },
        resultWords(run, comparison),
      );
    },
    again,
  );
}

const planDocument = ({ scales, problem, config }: Setup, plan: Plan) => ({
  scales: scales ?? null,
  seed: config.seed,
  timePerStep: problem.timePerStep,
  stiffness: plan.stiffness,
  largestStep: plan.largestStep,
  relaxation: plan.relaxation ?? null,
  time: config.time,
  methods: plan.methods,
  memory: plan.memory,
  disk: plan.disk,
  warnings: plan.warnings,
});

function planWords(
  { scales, problem }: Setup,
  { methods, memory, disk, stiffness, relaxation, warnings }: Plan,
): string {
  const lines = [
    ...(scales
      ? [
          `units     length ${formatPlain(scales.length, 4)}, time ${formatPlain(scales.time, 4)} eta·steps, loss ${formatPlain(scales.loss, 4)}; all numbers below use them`,
        ]
      : []),
    `stiffest  relaxation rate ${formatNumber(stiffness)} per unit of time on the grid; multiplied by SGD's step ${formatNumber(stiffness * problem.timePerStep)}`,
    ...(relaxation
      ? [`slowest   relaxation takes ${formatNumber(relaxation.time)} units of time, by the ${relaxation.how}`]
      : []),
    ...methods.map((m) => `${m.method.padEnd(9)} ${m.what}${m.walkers > 0 ? `: ${formatNumber(m.steps)} in all` : ''}`),
    `needs     ${needs(memory.peak, bytesOf(disk)).replace('needs ', '')}`,
    ...warnings.map((w) => `note      ${w}`),
  ];
  return lines.join('\n');
}

function resultWords({ folder, methods }: SimulationRun, { moments, distances, disagreements }: Comparison): string {
  const label = (id: string) => methods.find((m) => m.method === id)?.label ?? id;
  const wide = Math.max(...moments.map((r) => r.name.length)) + 2;
  const columns = methods.map((m) => m.method);
  const rows = moments.map(
    (r) =>
      r.name.padEnd(wide) +
      columns
        .map((m) => {
          const e = r.values[m];
          return (e ? momentText(e) : '–').padEnd(22);
        })
        .join('')
        .trimEnd(),
  );
  const names = [...new Set(distances.map((d) => d.density))];
  const pairs = [...new Set(distances.map((d) => `${label(d.a)} – ${label(d.b)}`))];
  const far = Math.max(0, ...pairs.map((p) => p.length)) + 2;
  const apart = pairs.map(
    (pair) =>
      pair.padEnd(far) +
      names
        .map((n) => {
          const d = distances.find((e) => e.density === n && `${label(e.a)} – ${label(e.b)}` === pair);
          const noise = d && d.noise > 0 ? ` (${formatNumber(d.noise, 2)})` : '';
          return (d ? formatNumber(d.totalVariation, 2) + noise : '–').padEnd(18);
        })
        .join('')
        .trimEnd(),
  );
  const warnings = [
    ...methods.flatMap((m) => m.warnings.map((w) => `note: ${m.label}: ${w}`)),
    ...disagreements.map((d) => `note: ${disagreementText(d, label)}`),
  ];
  return [
    `${''.padEnd(wide)}${methods
      .map((m) => m.label.padEnd(22))
      .join('')
      .trimEnd()}`,
    ...rows,
    ...(starWords(moments) ? [starWords(moments)] : []),
    ...(distances.length > 0
      ? [
          '',
          `${'total variation'.padEnd(far)}${names
            .map((n) => n.padEnd(18))
            .join('')
            .trimEnd()}   (in parentheses: counting noise)`,
        ]
      : []),
    ...apart,
    ...warnings,
    `report: ${join(folder, 'report.html')}`,
  ].join('\n');
}
