/** What can follow on a command line, read from the tree of commander: the one source of all completions. */
import type { Argument, Command, Option } from 'commander';
import { wordsOf } from '../values.js';

/** What may stand in one place: words, files, folders, or something that is not known before it is typed. */
export interface Place {
  readonly kind: 'words' | 'files' | 'folders' | 'other';
  readonly words: readonly string[];
}

/** A flag under all its names. */
export interface Flag {
  readonly names: readonly string[];
  readonly about: string;
  /** What its value may be; absent for a flag without one. */
  readonly value?: Place;
}

/** One command and what may follow it. */
export interface Node {
  /** The words that name it, without that of the program. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly Flag[];
  /** What its arguments may be, in their order. */
  readonly arguments: readonly Place[];
  /** Whether the last argument may be repeated. */
  readonly repeats: boolean;
}

/** Lists a command and all below it. */
export function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((c) => c.name() !== 'help');
  const node: Node = {
    path,
    commands: below.map((c) => ({ name: c.name(), about: firstOf(c.description()) })),
    flags: help.visibleOptions(command).map(flagOf),
    arguments: command.registeredArguments.map(placeOfArgument),
    repeats: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [node, ...below.flatMap((c) => nodesOf(c, [...path, c.name()]))];
}

function flagOf(option: Option): Flag {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const about = firstOf(option.description);
  if (!option.required && !option.optional) return { names, about };
  const words = option.argChoices ?? wordsOf(option.parseArg) ?? suggested.get(option);
  return { names, about, value: placeOf(words, /<(.*?)[.>]/.exec(option.flags)?.[1] ?? '') };
}

const placeOfArgument = (argument: Argument): Place =>
  placeOf(argument.argChoices ?? suggested.get(argument), argument.name());

function placeOf(words: readonly string[] | undefined, name: string): Place {
  if (words) return { kind: 'words', words };
  if (/^(?:file|path|spec)s?$/i.test(name)) return { kind: 'files', words: [] };
  if (/^(?:dir|folder|run)s?$/i.test(name)) return { kind: 'folders', words: [] };
  return { kind: 'other', words: [] };
}

/** Returns the first sentence or part of a description, short enough for a list. */
const firstOf = (text: string): string =>
  text
    .split(/[;:(\n]/)[0]
    .trim()
    .slice(0, 70);

const suggested = new WeakMap<object, readonly string[]>();

/** Names words to complete an option or an argument with, where other values are allowed too; one that ends with a colon goes on with a path. */
export function suggests<T extends Option | Argument>(what: T, ...words: readonly string[]): T {
  suggested.set(what, words);
  return what;
}
