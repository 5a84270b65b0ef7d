/** The flags that say where the cells of a study are computed; every study in cells has them. */
import { type Command, Option } from 'commander';
import type { WhereRequest } from '../jobs/where.js';
import { shellWord } from '../numeric/shell-word.js';
import { suggests } from './completion/tree.js';

/** Holds the flags as commander parsed them. */
export type WhereFlags = WhereRequest;

/** The names of the flags. */
export const WHERE_FLAGS = ['on', 'prologue', 'prepare', 'cancel', 'takeOver'] as const;

/** Adds the flags to a command. */
export function whereFlags(command: Command, who = ''): Command {
  return command
    .optionsGroup(`Cells elsewhere${who}:`)
    .addOption(
      suggests(
        new Option(
          '--on <where>',
          'what computes the cells: threads, slurm, or slurm:OPTIONS of sbatch, as in slurm:partition=all,time=2:00:00 (threads)',
        ),
        ...['threads', 'slurm'],
      ),
    )
    .option(
      '--prologue <text>',
      'with --on slurm: lines of shell before the command of every task, such as module load node, or a file with them; a container in the last line runs the command',
    )
    .option(
      '--prepare',
      'write the folder with its record and stop; any process may then do cells (thermograd cell), --resume does the rest',
    )
    .option('--cancel', 'end the jobs of the folder that wait or run elsewhere, and do nothing else')
    .option('--take-over', 'continue a folder whose process, on another machine, no longer runs');
}

/** Returns those of the flags that were given. */
export const whereOf = (flags: WhereFlags): WhereRequest =>
  Object.fromEntries(WHERE_FLAGS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));

/** Returns the flags that the command which continues the work needs again, each with a space before it. */
export const whereAgain = ({ on, prologue }: WhereFlags): string =>
  `${on === undefined ? '' : ` --on ${shellWord(on)}`}${prologue === undefined ? '' : ` --prologue ${shellWord(prologue)}`}`;
