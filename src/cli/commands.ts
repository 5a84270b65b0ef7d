/** The commands of the program: names, flags and help. */
import { Command, CommanderError, Option } from 'commander';
import { addAdvise } from '../experiments/advise/command.js';
import { addDecompose } from '../experiments/decompose/command.js';
import { addForget } from '../experiments/forget/command.js';
import { addProtect } from '../experiments/protect/command.js';
import { addSimulate } from '../experiments/simulate/command.js';
import { addSweep } from '../experiments/sweep/command.js';
import { VERSION } from '../jobs/machine.js';
import { addLab } from '../lab/command.js';
import { readable } from '../numeric/errors.js';
import { helpText } from '../terminal/help-text.js';
import { takes } from '../terminal/times.js';
import { layoutOf } from '../terminal/wrap.js';
import { addAnalyse } from './analyse.js';
import { addCells } from './cells.js';
import { addReproduce } from './reproduce.js';
import { addResults } from './results.js';
import { addTrain } from './train.js';
import { addCompletion, addVersion } from './version.js';

/** The actions, loaded when a command needs them, so that help appears at once. */
const actions = () => import('../experiments/ivf2021/command.js');

/** The most columns of a help text, which reads badly in long lines. */
const WIDEST_HELP = 110;

/** Returns the columns of help texts: those of the terminal, or 80. */
const helpColumns = (): number => Math.min(WIDEST_HELP, layoutOf(process.stdout).columns);

/** Returns the command line of `thermograd`, ready to parse arguments. */
export function program(): Command {
  const root = new Command('thermograd')
    .description(
      'The statistical physics of stochastic gradient descent: what the weights of a network do around a minimum,\n' +
        'how wide the valley is along each direction, and how the two are related, with error bars.',
    )
    .version(VERSION, '-v, --version', 'print the version, as -V does; thermograd version says more')
    .addOption(new Option('-V').hideHelp())
    .on('option:V', () => {
      process.stdout.write(`${VERSION}\n`);
      throw new CommanderError(0, 'commander.version', VERSION);
    })
    .configureOutput({
      writeOut: (text) => process.stdout.write(helpText(text, helpColumns())),
      outputError: (text, write) => write(text.length > 2000 ? `${readable(text.trimEnd())}\n` : text),
    })
    .configureHelp({ helpWidth: helpColumns(), showGlobalOptions: false })
    .showHelpAfterError('(thermograd --help lists commands and flags)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  thermograd reproduce ivf2021                       the whole experiment on MNIST, ${takes('reproduce ivf2021')}
  thermograd reproduce ivf2021 --preset quick        a first look, ${takes('reproduce ivf2021 --preset quick')}
  thermograd analyse ivf2021-standard-seed0 --centre last     measure again, without training
  thermograd simulate --example valley > valley.yaml          a landscape of your own: SGD against its theories
  thermograd advise ivf2021-standard-seed0           a learning rate and a batch size, with their bounds
  thermograd forget --preset quick                   constraints against forgetting, compared; ${takes('forget --preset quick')}
  thermograd protect ivf2021-standard-seed0          a penalty against forgetting, for your own fine-tuning
  thermograd sweep --example phase-diagram > diagram.yaml     many settings and seeds: tables, error bars, laws
  thermograd lab                                     a network that trains in the browser, and your runs beside it
  thermograd doctor                                  what this machine offers, and what would make it faster

Every run writes a folder: open report.html in it. Exit codes: 0 done, 1 the run failed, 2 wrong input, 130 stopped.
Times are those of two idle cores with OpenBLAS.`,
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
  addVersion(root);
  addCompletion(root);
  return root;
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
