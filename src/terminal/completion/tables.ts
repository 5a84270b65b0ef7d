/** The tables that the scripts of bash and zsh have in common: branches of `case` over command and flag. */
import type { Node, Place } from './tree.js';

/** Writes a word for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const keyOf = (path: readonly string[], word: string): string => quoted([...path, word].join(' '));

/** Writes what may stand in a place: its kind, and words. */
const placed = ({ kind, words }: Place): string => [kind, ...words].join(' ');

/** Returns branches that say which command a further word makes. */
export const commandCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, commands }) => commands.map(({ name }) => `${keyOf(path, name)}) return 0 ;;`));

/** Returns branches that say what follows a flag that takes a value. */
export const valueCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, value }) =>
      value ? [`${names.map((name) => keyOf(path, name)).join('|')}) echo ${quoted(placed(value))} ;;`] : [],
    ),
  );

/** Returns branches that say what may be the argument of a number, from 0. */
export const argumentCases = (nodes: readonly Node[]): string[] =>
  nodes.flatMap(({ path, arguments: all, repeats }) =>
    all.map((place, k) => {
      const number = repeats && k === all.length - 1 && k === 0 ? '*' : String(k);
      const key = number === '*' ? `${quoted(`${path.join(' ')} `)}*` : keyOf(path, number);
      return `${key}) echo ${quoted(placed(place))} ;;`;
    }),
  );
