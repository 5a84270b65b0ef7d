/** Completion in bash (from 3.2): a table of commands, flags and values, and a function that walks along the line. */
import { indented, quoted, tableFunctions } from './tables.js';
import type { Node } from './tree.js';

/** Returns the script. */
export function bashScript(program: string, nodes: readonly Node[]): string {
  const offered = (words: (node: Node) => readonly string[]) =>
    nodes.flatMap((node) =>
      words(node).length > 0 ? [`${quoted(node.path.join(' '))}) echo ${quoted(words(node).join(' '))} ;;`] : [],
    );
  return `# completion of ${program} in bash, written by: ${program} completion bash
${tableFunctions(program, nodes)}
_${program}_commands() {
  case "$1" in
${indented(offered(({ commands }) => commands.map(({ name }) => name)))}
  esac
}
_${program}_flags() {
  case "$1" in
${indented(offered(({ flags }) => flags.flatMap(({ names }) => names.filter((name) => name.startsWith('--') || flags.length < 4))))}
  esac
}
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path='' flag='' count=0 i word kind words IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then continue; fi
    if [[ $word == ':' ]]; then
      if ((++i < COMP_CWORD)); then flag=''; fi
      continue
    fi
    if [[ -n $flag ]]; then
      if [[ \${COMP_WORDS[i + 1]} != ':' ]]; then flag=''; fi
      continue
    fi
    if [[ $word == -* ]]; then
      if _${program}_value "\${path:+$path }$word" > /dev/null; then flag=$word; fi
    elif ((count == 0)) && _${program}_is_command "\${path:+$path }$word"; then path="\${path:+$path }$word"
    else ((count++))
    fi
  done
  if [[ $cur == '=' || $cur == ':' ]]; then cur=''; fi
  if [[ -n $flag ]]; then words=$(_${program}_value "\${path:+$path }$flag")
  elif [[ $cur == -* ]]; then words="words $(_${program}_flags "$path")"
  else words="$(_${program}_argument "\${path:+$path }$count")"
    if ((count == 0)) && [[ -n $(_${program}_commands "$path") ]]; then words="words $(_${program}_commands "$path")"; fi
  fi
  kind=\${words%% *} words=\${words#"$kind"}
  # what follows idx: and the like is a path
  if [[ $kind == words && ( \${COMP_WORDS[COMP_CWORD]} == ':' || \${COMP_WORDS[COMP_CWORD - 1]} == ':' ) ]]; then kind=files; fi
  case $kind in
    words)
      # of a list with commas, the last word is completed
      local list=''
      if [[ $cur == *,* ]]; then list=\${cur%,*},; fi
      COMPREPLY=($(compgen -P "$list" -W "$words" -- "\${cur##*,}"))
      if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2> /dev/null; fi
      ;;
    files|folders)
      local IFS=$'\\n'
      compopt -o filenames 2> /dev/null
      COMPREPLY=($(compgen $([[ $kind == files ]] && echo -f || echo -d) -- "$cur"))
      ;;
  esac
  return 0
}
complete -F _${program} ${program}
`;
}
