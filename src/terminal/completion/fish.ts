/** Completion in fish: one line for each command, flag and argument. */
import type { Node, Place } from './tree.js';

/** Writes a word for fish. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Returns the script. */
export function fishScript(program: string, nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const here = node.path.length === 0 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${node.path.at(-1)}`;
    const line = (...words: readonly string[]) => `complete -c ${program} -n ${quoted(here)} ${words.join(' ')}`;
    return [
      ...node.commands.map(({ name, about }) => line('-a', quoted(name), '-d', quoted(about))),
      ...node.flags.map(({ names, about, value }) =>
        line(...names.map(named), ...(value ? ofValue(value) : []), '-d', quoted(about)),
      ),
      ...node.arguments.filter(({ kind }) => kind !== 'other').map((place) => line(...ofArgument(place))),
    ];
  });
  return `# completion of ${program} in fish, written by: ${program} completion fish
complete -c ${program} -f
${lines.join('\n')}
`;
}

const named = (name: string): string => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`);

/** Says what follows a flag; a word that ends with a colon goes on with a path. */
function ofValue({ kind, words }: Place): string[] {
  if (kind === 'words')
    return [words.some((word) => word.endsWith(':')) ? '-r -F' : '-x', '-a', quoted(words.join(' '))];
  if (kind === 'files') return ['-r -F'];
  return kind === 'folders' ? ['-x', '-a', quoted('(__fish_complete_directories)')] : ['-x'];
}

function ofArgument({ kind, words }: Place): string[] {
  if (kind === 'words') return ['-a', quoted(words.join(' '))];
  return kind === 'files' ? ['-F'] : ['-a', quoted('(__fish_complete_directories)')];
}
