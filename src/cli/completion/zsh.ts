import type { Grammar, Value } from './grammar.ts';
import { beginnings, indented, programNames, quoted, steps, values, wordsAt } from './posix.ts';

/** What is offered behind an option. */
function offer(value: Value): string {
  if (value.kind === 'choice') return `compadd -- ${value.words.map(quoted).join(' ')}; return`;
  if (value.kind === 'folder') return '_files -/; return';
  return value.kind === 'file' ? '_files; return' : '_message value; return';
}

const described = (word: string, help: string): string =>
  quoted(help === '' ? word.replaceAll(':', '\\:') : `${word.replaceAll(':', '\\:')}:${help}`);

/** The completion for zsh: to be sourced, or a file `_riposte` in its `fpath`. */
export function zshScript(grammar: Grammar): string {
  const names = programNames(grammar).join(' ');
  const points = grammar.nodes.map((node) => {
    const words = wordsAt(node).map(({ word, help }) => described(word, help));
    const flags = node.flags.flatMap((flag) =>
      flag.names.map((name) => described(name, flag.help)),
    );
    const { value } = node;
    const files =
      value?.kind === 'folder' ? ['files=(-/)'] : value?.kind === 'file' ? ['files=(-g "*")'] : [];
    const set = [`found=(${words.join(' ')})`, `flags=(${flags.join(' ')})`, ...files];
    return `${quoted(node.id)}) ${set.join(' ')} ;;`;
  });
  return `#compdef ${names}
# Completion for zsh, made by: riposte completion zsh
_riposte() {
  local node=\${words[1]:t} prev=\${words[CURRENT-1]} cur=\${words[CURRENT]} word
  local -a found flags files
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P '*='
  fi
  case $node in
${indented(beginnings(grammar), 4)}
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$node $word" in
${indented(steps(grammar), 6)}
    esac
  done
  case "$node $prev" in
${indented(values(grammar, offer), 4)}
  esac
  case $node in
${indented(points, 4)}
  esac
  if [[ $cur == -* ]] || (( \${#found} + \${#files} == 0 )); then
    _describe -o option flags
  elif (( \${#found} )); then
    _describe word found
  else
    _files $files
  fi
}

if [[ $funcstack[1] == _riposte ]]; then
  _riposte "$@"
else
  compdef _riposte ${names}
fi`;
}
