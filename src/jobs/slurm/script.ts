/** The script of an array of tasks, and what its tasks write into their logs. */
import { join } from 'node:path';
import { check } from '../../numeric/errors.js';
import { shellWord } from '../../numeric/shell-word.js';
import type { Prologue } from './prologue.js';

/** Names the files of the launcher in the folder of a study. */
export const slurmFiles = (folder: string) => ({
  submissions: join(folder, 'slurm', 'submissions.json'),
  cancelled: join(folder, 'slurm', 'cancelled'),
  failed: join(folder, 'slurm', 'failed.txt'),
  list: (round: number, task: number) => join(folder, 'slurm', 'lists', `${round}-${task}.txt`),
  script: (array: number) => join(folder, 'slurm', 'scripts', `${array}.sh`),
  log: (job: string, index: number) => join(folder, 'slurm', 'logs', `${job}_${index}.log`),
});

/** The exit code of a task whose node does not see the folder of the study. */
export const UNSEEN = 72;

/** Says what the script of an array runs. */
export interface TaskCommand {
  /** The Node that runs the cells, and the program that it runs. */
  readonly node: string;
  readonly program: string;
  /** The folder of the study, as an absolute path. */
  readonly folder: string;
  readonly round: number;
  /** The number of the first task of the array; the tasks of a round are numbered on through its arrays. */
  readonly first: number;
  readonly prologue: Prologue;
}

/** Returns the script, which does the cells of one list and writes a line before and after. */
export function taskScript({ node, program, folder, round, first, prologue }: TaskCommand): string {
  const lists = shellWord(join(folder, 'slurm', 'lists'));
  const command = [prologue.prefix, shellWord(node), shellWord(program), 'cell', shellWord(folder), '--list "$list"'];
  return [
    // functions such as module are known to a login shell of bash only
    prologue.lines.length > 0 ? '#!/bin/bash -l' : '#!/bin/sh',
    '# Written by thermograd: each task does the cells of one list.',
    'export OPENBLAS_NUM_THREADS=1',
    `task=$((SLURM_ARRAY_TASK_ID + ${first}))`,
    `list=${lists}/${round}-$task.txt`,
    'echo "thermograd: task $task begins at $(date +%s) on $(uname -n), restart $((SLURM_RESTART_COUNT))"',
    // a shared file system may show a new list late
    'for pause in 1 2 4 8 15; do [ -r "$list" ] || sleep $pause; done',
    'if [ ! -r "$list" ]; then',
    '  echo "thermograd: there is no $list on $(uname -n)"',
    `  exit ${UNSEEN}`,
    'fi',
    ...prologue.lines,
    command.filter((word) => word !== '').join(' '),
    'code=$?',
    'echo "thermograd: task $task ends at $(date +%s) with exit code $code"',
    'exit $code',
    '',
  ].join('\n');
}

/**
 * Refuses paths that cannot stand in a script and a list of one line each.
 * @throws InputError
 */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths)
    check(
      !/[\n\r\0]/.test(path),
      'bad-path',
      () =>
        `--on slurm writes paths into scripts and lists, one in a line; ${JSON.stringify(path)} has more than one line. Rename it.`,
    );
}
