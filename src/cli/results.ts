/** The commands that take results out of their folders: list, compare, figure, export. */
import { type Command, Option } from 'commander';
import { positiveNumber } from '../terminal/values.js';

const JSON_FLAG = ['--json', 'print one JSON document on stdout, for errors too'] as const;

/** Adds the four commands. */
export function addResults(root: Command): void {
  addList(root);
  addCompare(root);
  addFigure(root);
  addExport(root);
}

function addList(root: Command): void {
  root
    .command('list')
    .description('list the runs and recordings below a folder, one a line: what, when, state, verdicts, settings')
    .argument('[folder]', 'a run, a recording, or a folder that holds some (the current one)', '.')
    .option('--all', 'also the parts of studies, such as the seeds of a reproduction over several')
    .option('--newest', 'the newest first; otherwise by name')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
State: running while a process works in the folder; stopped where stages are left and none does (continue with --resume);
failed; done. A recording (recorder: by the Recorder in Python) is done when it was closed, stopped when its training ended
early, and open while that runs or when it was killed; the folders of its analyses are named. The time is that of the last
change of the record. A line is cut at the width of the terminal, 80 columns in a pipe; --json has everything. Links to other
folders are not followed. Folders that are damaged, or of another program, are named below the list.

Examples:
  thermograd list                         everything below this folder
  thermograd list runs --newest
  thermograd list runs --json | jq -r '.runs[] | select(.state == "stopped") | .folder'`,
    )
    .action(async (folder: string, flags: object) => (await import('./list-command.js')).list(folder, flags));
}

function addCompare(root: Command): void {
  root
    .command('compare')
    .description('compare runs with the first of them: findings with significance, settings, figures; a page and JSON')
    .argument('<runs...>', 'two or more folders with findings, of one experiment or with findings in common')
    .option('--out <dir>', 'folder of the page (comparison); it must be new or empty')
    .option('--force', 'replace an earlier comparison in that folder')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Each finding: the difference to the first run, its standard error from both, Student's t with the degrees of freedom of Welch and
Satterthwaite from both n (z where no n is known), and p adjusted by Holm's method over all findings of all pairs. Runs of the same
seed, or of the same recorded steps, are said to be not independent. Settings: those that differ. Figures: side by side where the
names agree. Files: report.html, comparison.json, tables/differences.csv, tables/settings.csv.

Examples:
  thermograd compare ivf2021-standard-seed0 ivf2021-standard-seed1
  thermograd compare runs/sgd runs/adam runs/adamw --out optimisers
  thermograd compare runs/a runs/a/analysis-2 --json`,
    )
    .action(async (runs: string[], flags: object) => (await import('./compare-command.js')).compare(runs, flags));
}

function addFigure(root: Command): void {
  root
    .command('figure')
    .description('list the figures of a run, or write one as SVG, PNG, PDF or CSV')
    .argument('<run>', 'a folder with a report: of a run, a study, a simulation, an analysis, …')
    .argument('[name]', 'the figure; without it they are listed')
    .addOption(
      new Option('--format <form>', 'what is written (by the ending of --out, otherwise svg)').choices([
        'svg',
        'png',
        'pdf',
        'csv',
      ]),
    )
    .option('--out <file>', 'the file (NAME.FORMAT); - is standard output')
    .addOption(
      new Option(
        '--width <n>',
        'pixels of a PNG (1520); of SVG and PDF, units of 1/96 inch (as drawn, mostly 560)',
      ).argParser(positiveNumber),
    )
    .option('--force', 'replace that file')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
All forms are light, whatever the screen, and meant for paper. csv holds the numbers of the marks.

Examples:
  thermograd figure ivf2021-standard-seed0                                      what there is
  thermograd figure ivf2021-standard-seed0 variance-flatness --format pdf       for \\includegraphics{variance-flatness}
  thermograd figure ivf2021-standard-seed0 variances --out slides/variances.png --width 2400
  thermograd figure ivf2021-standard-seed0 variances --format csv --out - | head`,
    )
    .action(async (run: string, name: string | undefined, flags: object) =>
      (await import('./figure-command.js')).figure(run, name, flags),
    );
}

function addExport(root: Command): void {
  root
    .command('export')
    .description('write the numbers of a run for other programs: NumPy, pandas, TensorBoard')
    .argument('<run>', 'a folder of results')
    .addOption(
      new Option('--format <form>', 'npz: all arrays in one file; csv: its tables; tensorboard: its training curves')
        .choices(['npz', 'csv', 'tensorboard'])
        .makeOptionMandatory(),
    )
    .option('--out <path>', 'a file for npz (RUN.npz), a folder for the others (RUN-csv, RUN-tensorboard)')
    .addOption(
      new Option(
        '--only <names>',
        'npz: arrays by name, or groups of them, with commas: pca,trajectory.loss',
      ).argParser((text: string) =>
        text
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== ''),
      ),
    )
    .option('--force', 'replace an earlier export')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
npz          trajectory.weights, pca.directions, … as they lie in the folder; history.trainLoss, … and tables.flatness.width, … from
             its curves and tables, NaN where there is no number
csv          the tables of the report, and in figures/ the numbers of each figure
tensorboard  loss, accuracy, errors and the norm of the weights by epochs, and the loss of each minibatch of the recorded window, over
             steps; a study has one run in TensorBoard for each run in it

Examples:
  thermograd export ivf2021-standard-seed0 --format npz --only pca,tables.flatness
  thermograd export ivf2021-standard-seed0 --format csv --out tables
  thermograd export ivf2021-standard-seed0 --format tensorboard --out logs/seed0 && tensorboard --logdir logs`,
    )
    .action(async (run: string, flags) => (await import('./export-command.js')).exportRun(run, flags));
}
