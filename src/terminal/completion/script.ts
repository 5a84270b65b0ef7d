/** The completion scripts of three shells, written from the tree of commands. */
import type { Command } from 'commander';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { nodesOf } from './tree.js';
import { zshScript } from './zsh.js';

/** The shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const WRITERS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Returns the script that completes the command lines of a program in a shell. */
export const completionScript = (root: Command, shell: (typeof SHELLS)[number]): string =>
  WRITERS[shell](root.name(), nodesOf(root));
