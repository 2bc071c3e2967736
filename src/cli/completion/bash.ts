import type { Grammar, Value } from './grammar.ts';
import {
  beginnings,
  indented,
  namesAt,
  programNames,
  quoted,
  steps,
  values,
  wordsAt,
} from './posix.ts';

/** What is offered behind an option. */
function offer(value: Value): string {
  if (value.kind === 'choice') return `_riposte_words ${quoted(value.words.join(' '))}; return`;
  if (value.kind === 'folder') return '_riposte_files -d; return';
  return value.kind === 'file' ? '_riposte_files -f; return' : 'return';
}

/** The completion for bash 4 and later. */
export function bashScript(grammar: Grammar): string {
  const points = grammar.nodes.map((node) => {
    const words = wordsAt(node).map(({ word }) => word);
    const files = node.value?.kind === 'folder' || node.value?.kind === 'file';
    const set = [
      ...(words.length > 0 ? [`words=${quoted(words.join(' '))}`] : []),
      ...(files ? [`files=${node.value?.kind === 'folder' ? '-d' : '-f'}`] : []),
      `flags=${quoted(namesAt(node).join(' '))}`,
    ];
    return `${quoted(node.id)}) ${set.join(' ')} ;;`;
  });
  return `# Completion for bash, made by: riposte completion bash
_riposte_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_riposte_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_riposte() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local node=\${COMP_WORDS[0]##*/} words='' flags='' files='' i
  COMPREPLY=()
  # An option and its value with = between them are three words here.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]] && ((COMP_CWORD > 1)); then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $node in
${indented(beginnings(grammar), 4)}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$node \${COMP_WORDS[i]}" in
${indented(steps(grammar), 6)}
    esac
  done
  case "$node $prev" in
${indented(values(grammar, offer), 4)}
  esac
  case $node in
${indented(points, 4)}
  esac
  if [[ $cur == -* || -z $words$files ]]; then
    _riposte_words "$flags"
  elif [[ -n $words ]]; then
    _riposte_words "$words"
  else
    _riposte_files "$files"
  fi
}

complete -F _riposte ${programNames(grammar).join(' ')}`;
}
