/** Completion in zsh: a table of commands, flags and values, and a function that walks along the line. */
import { indented, quoted, tableFunctions } from './tables.js';
import type { Node } from './tree.js';

/** Returns the script, for a file `_thermograd` on the path of functions, or to be sourced. */
export function zshScript(program: string, nodes: readonly Node[]): string {
  const described = (name: string, about: string) => quoted(`${name.replaceAll(':', '\\:')}:${about}`);
  const offered = (words: (node: Node) => readonly string[]) =>
    nodes.flatMap((node) =>
      words(node).length > 0 ? [`${quoted(node.path.join(' '))}) offered=(${words(node).join(' ')}) ;;`] : [],
    );
  return `#compdef ${program}
# completion of ${program} in zsh, written by: ${program} completion zsh
${tableFunctions(program, nodes)}
_${program}_commands() {
  case "$1" in
${indented(offered(({ commands }) => commands.map(({ name, about }) => described(name, about))))}
  esac
}
_${program}_flags() {
  case "$1" in
${indented(offered(({ flags }) => flags.flatMap(({ names, about }) => names.map((name) => described(name, about)))))}
  esac
}
_${program}() {
  local at='' flag='' word cur place i
  local -i count=0
  local -a offered
  cur=$words[CURRENT]
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $flag ]]; then flag=''; continue; fi
    if [[ $word == -* ]]; then
      if [[ $word != *=* ]] && _${program}_value "\${at:+$at }$word" > /dev/null; then flag=$word; fi
    elif ((count == 0)) && _${program}_is_command "\${at:+$at }$word"; then at="\${at:+$at }$word"
    else ((count++))
    fi
  done
  if [[ -z $flag && $cur == --*=* ]]; then
    flag=\${cur%%=*}
    compset -P '*='
  fi
  if [[ -n $flag ]]; then place=$(_${program}_value "\${at:+$at }$flag")
  elif [[ $cur == -* ]]; then
    _${program}_flags "$at"
    _describe -o flag offered
    return
  else
    _${program}_commands "$at"
    if ((count == 0 && $#offered > 0)); then
      _describe command offered
      return
    fi
    place=$(_${program}_argument "\${at:+$at }$count")
  fi
  case $place in
    words*)
      if [[ $cur == *:* ]]; then
        compset -P '*:'
        _files
        return
      fi
      compset -P '*,'
      offered=(\${=place#words})
      compadd -S ' ' -- \${offered:#*:}
      compadd -S '' -- \${(M)offered:#*:}
      ;;
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}
