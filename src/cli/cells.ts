/** `thermograd cells` and `thermograd cell`: what any program that distributes work needs to know of a study, and to call. */
import type { Command } from 'commander';
import { positiveOrZero } from '../terminal/values.js';

/** Adds the two commands. */
export function addCells(root: Command): void {
  root
    .command('cells')
    .description('list the cells of a study: independent pieces of work with a document each')
    .argument('<folder>', 'folder of a study, begun with --prepare or stopped')
    .option('--missing', 'only cells that have no document')
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
A line holds index, status, document and name. Status: done, ready, or waiting for the document of another cell.

Examples:
  thermograd reproduce generality --preset quick --prepare --out study
  thermograd cells study --missing
  thermograd cells study --json`,
    )
    .action(async (folder: string, flags: { readonly missing?: boolean; readonly json?: boolean }) => {
      const { cells } = await import('./cells-command.js');
      await cells(folder, flags);
    });
  root
    .command('cell')
    .description('do single cells of a study, as any queue or cluster may call it; documents that are there stay')
    .argument('<folder>', 'folder of a study, begun with --prepare or stopped')
    .argument(
      '[which...]',
      'an index, a range such as 10-19, or the path of a document, as thermograd cells prints them',
    )
    .option('--list <file>', 'a file that names further cells, one a line')
    .option(
      '--wait <seconds>',
      'how long to look for documents that cells need, which a network file system may show late (10); given, also for cells that are not known',
      positiveOrZero,
    )
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
Takes no lock and writes nothing but the documents of its cells, so that any number of calls, on any machines that share the folder,
may run at once. Exit codes: 0 all are done, 1 some failed (each is named), 2 wrong input, or a machine that would compute other
bits: its version of thermograd, its kernels, its linear algebra or its data are not those of the record.

Examples:
  thermograd cell study 0
  thermograd cell study 10-19
  thermograd cells study --missing | awk -F '\\t' '$2 == "ready" { print $3 }' | parallel -j2 thermograd cell study
  thermograd reproduce generality --resume --out study        what is still missing, and the report`,
    )
    .action(
      async (
        folder: string,
        which: readonly string[],
        flags: { readonly list?: string; readonly wait?: number; readonly json?: boolean },
      ) => {
        const { cell } = await import('./cells-command.js');
        await cell(folder, which, flags);
      },
    );
}
