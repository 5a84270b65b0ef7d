/** What the scripts of bash and zsh have in common: tables as branches of `case` over command and flag, and the functions around them. */
import type { Node, Place } from './tree.js';

/** Writes a word for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const keyOf = (path: readonly string[], word: string): string => quoted([...path, word].join(' '));

/** Writes what may stand in a place: its kind, and words. */
const placed = ({ kind, words }: Place): string => [kind, ...words].join(' ');

/** Returns branches that say which command a further word makes. */
const commandCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, commands }) => commands.map(({ name }) => `${keyOf(path, name)}) return 0 ;;`));

/** Returns branches that say what follows a flag that takes a value. */
const valueCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, value }) =>
      value ? [`${names.map((name) => keyOf(path, name)).join('|')}) echo ${quoted(placed(value))} ;;`] : [],
    ),
  );

/** Returns branches that say what may be the argument of a number, from 0. */
const argumentCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, arguments: all, repeats }) =>
    all.map((place, k) => {
      const number = repeats && k === all.length - 1 && k === 0 ? '*' : String(k);
      const key = number === '*' ? `${quoted(`${path.join(' ')} `)}*` : keyOf(path, number);
      return `${key}) echo ${quoted(placed(place))} ;;`;
    }),
  );

/** Indents lines as those of a function are. */
export const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');

/** Returns the functions that answer from these branches, in the words that both shells know. */
export const tableFunctions = (program: string, nodes: readonly Node[]): string => `_${program}_is_command() {
  case "$1" in
${indented(commandCases(nodes))}
  esac
  return 1
}
_${program}_value() {
  case "$1" in
${indented(valueCases(nodes))}
    *) return 1 ;;
  esac
}
_${program}_argument() {
  case "$1" in
${indented(argumentCases(nodes))}
  esac
}`;
