/** `thermograd sweep`: its flags, its help, and what it prints. */

import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../../numeric/counted.js';
import { InputError } from '../../numeric/errors.js';
import { shellWord } from '../../numeric/shell-word.js';
import { suggests } from '../../terminal/completion/tree.js';
import { wholeFromOne, wholeNumber } from '../../terminal/values.js';
import { type WhereFlags, whereAgain, whereFlags, whereOf } from '../../terminal/where.js';
import { SWEEP_EXAMPLES } from './examples.js';
import type { SweepRequest } from './experiment.js';

interface Flags extends WhereFlags {
  readonly example?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly seeds?: number | readonly number[];
  readonly workers?: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Most seeds that a range on the command line names. */
const MOST_SEEDS = 100_000;

/** Reads a number of seeds, or a range of them such as 5..14. */
function seeds(text: string): number | number[] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text.trim()) ?? [];
  if (from === undefined) return wholeFromOne(text);
  const count = Number(to) - Number(from) + 1;
  if (!(count >= 1 && count <= MOST_SEEDS && Number.isSafeInteger(Number(to))))
    throw new InvalidArgumentError(
      `expected a number of seeds, or a range such as 5..14 of up to ${MOST_SEEDS}; got '${text}'.`,
    );
  return Array.from({ length: count }, (_, i) => Number(from) + i);
}

/** Adds the command. */
export function addSweep(root: Command): void {
  const command = root
    .command('sweep')
    .description('train and measure over many settings and seeds: tables, error bars, figures and laws')
    .argument('[file]', 'the sweep, YAML or JSON, - for standard input; without it the folder of --out is continued')
    .addOption(
      suggests(
        new Option('--example <name>', `print an example and stop: ${SWEEP_EXAMPLES.join(', ')}`),
        ...SWEEP_EXAMPLES,
      ),
    )
    .option('--out <dir>', 'folder of the results (sweep-<name>)')
    .option('--resume', 'continue in the folder; there may be more seeds than before')
    .addOption(
      new Option('--seeds <n>', 'seeds 0 to n−1, or a range such as 5..14, in place of those of the file').argParser(
        seeds,
      ),
    )
    .addOption(new Option('--workers <n>', 'cells at a time; 0: one per core').argParser(wholeNumber))
    .option('--yes', 'begin a sweep of more than 20 000 cells')
    .option('--dry-run', 'print points, seeds, cells, memory, disk and time, and write nothing')
    .option('--json', 'print one JSON document on stdout, for errors too');
  whereFlags(command)
    .addHelpText(
      'after',
      `
A sweep:
  base: { data: { limit: 2000 }, network: { widths: [784, 50, 50, 10] } }     # a config as thermograd train takes it
  axes:                                  # any config key, dotted
    seed: 0..9
    training.learningRate: log 0.01..1 x 8
    training.batchSize: [10, 50, 250]
  design: product                        # or zip, {random: 64, seed: 1}, {sobol: 64}; groups: [[key, key]] for axes that move together
  until: { epochs: 20 }                  # or {steps: n}, {loss: 0.02, within: steps}; by default the stopping rule of the config
  measure: [loss, error, trace]          # or {name: trace, …options}
  laws: [trace ~ (eta/B)^a]              # judged with errors; 'trace ~ eta^a, a = -1' tests an exponent
  figures: [{ kind: heat, x: B, y: eta, value: trace, bound: edge }]      # or curve, collapse; sensible ones by default

Measures: loss, error, time, divergence, norm, confidence, gradient, trace, top, noise, noise-scale, ceiling, flatness,
principal-flatness, psi, gamma, rank-law, temperature, displacement. With experiment: ivf2021 (or another) a cell is that whole
experiment, and measure: names its findings. docs/how-to/sweep.md has all of it.

Values: 0..99, lin 0..1 x 5, log 0.01..1 x 8, 2^0..2^6, lists, one value. Seeds are always crossed with the points.

The folder holds table.csv and table.parquet (one row a cell), points.csv and points.parquet (one row a point, over its seeds), and the report.

Examples:
  thermograd sweep --example phase-diagram > diagram.yaml
  thermograd sweep diagram.yaml --dry-run
  thermograd sweep diagram.yaml --out runs/diagram
  thermograd sweep diagram.yaml --out runs/diagram --resume --seeds 10     more seeds than before`,
    )
    .action(async (file: string | undefined, flags: Flags) => {
      await sweepCommand(file, flags);
    });
}

async function sweepCommand(file: string | undefined, flags: Flags): Promise<void> {
  const [{ session }, { sayInstead }, { findingLines }] = await Promise.all([
    import('../../terminal/session.js'),
    import('../../terminal/study.js'),
    import('../../terminal/findings.js'),
  ]);
  const again = (folder: string) =>
    `thermograd sweep ${file === undefined ? '' : `${shellWord(file)} `}--out ${shellWord(folder)} --resume${whereAgain(flags)}`;
  await session(
    flags.json ?? false,
    async (s) => {
      if (flags.example !== undefined) {
        const { sweepExample } = await import('./examples.js');
        const text = sweepExample(flags.example);
        s.result({ example: flags.example, text }, text.trimEnd(), true);
        return;
      }
      if (file === undefined && !(flags.resume && flags.out !== undefined))
        throw new InputError(
          'no-config',
          'sweep needs the file of a sweep, or --out DIR --resume to continue one; thermograd sweep --example phase-diagram prints one to begin with.',
        );
      const { readSweepFile } = await import('./config.js');
      const { planSweep, runSweep } = await import('./experiment.js');
      const given = file === undefined ? undefined : readSweepFile(file);
      const request: SweepRequest = {
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.seeds !== undefined && { seeds: flags.seeds }),
        ...(flags.workers !== undefined && { workers: flags.workers }),
        ...(flags.yes && { yes: true }),
        ...whereOf(flags),
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: (text) => s.line.say(text),
      };
      if (flags.dryRun) {
        const plan = await planSweep(given, request);
        s.result(plan, plan.words);
        return;
      }
      const run = await runSweep(given, request);
      if (run.instead) {
        sayInstead(s, run.folder, run.instead, again(run.folder));
        return;
      }
      const report = join(run.folder, 'report.html');
      s.result(
        { ...run, report },
        [
          ...findingLines(run.findings),
          ...(run.findings.length > 0 ? [''] : []),
          `${counted(run.cells, 'cell')} (${counted(run.points, 'point')}, ${counted(run.seeds, 'seed')}), of which ${run.diverged} diverged`,
          `tables: ${join(run.folder, 'table.csv')}, table.parquet, points.csv, points.parquet`,
          `report: ${report}`,
        ].join('\n'),
      );
    },
    again,
  );
}
