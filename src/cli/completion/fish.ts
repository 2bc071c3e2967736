import type { Flag, Grammar, Node, Value } from './grammar.ts';
import { indented, programNames, wordsAt } from './posix.ts';

/** A text as one word of fish. */
const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const at = (id: string): string => `-n ${quoted(`__riposte_at ${id}`)}`;

/** What is offered behind an option. */
function offer(value: Value): string {
  if (value.kind === 'choice') return `-x -a ${quoted(value.words.join(' '))}`;
  if (value.kind === 'folder') return "-x -a '(__fish_complete_directories)'";
  return value.kind === 'file' ? '-r -F' : '-x';
}

function flagLine(id: string, { names, help, value }: Flag): string {
  const words = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const parts = [at(id), ...words, ...(value ? [offer(value)] : []), `-d ${quoted(help)}`];
  return `complete -c $program ${parts.join(' ')}`;
}

function linesOf(node: Node): string[] {
  const words = wordsAt(node).map(
    ({ word, help }) =>
      `complete -c $program ${at(node.id)} -a ${quoted(word)}${help ? ` -d ${quoted(help)}` : ''}`,
  );
  const { value } = node;
  const files =
    value?.kind === 'folder'
      ? [`complete -c $program ${at(node.id)} -a '(__fish_complete_directories)'`]
      : value?.kind === 'file'
        ? [`complete -c $program ${at(node.id)} -F`]
        : [];
  return [...words, ...files, ...node.flags.map((flag) => flagLine(node.id, flag))];
}

/** The completion for fish. */
export function fishScript(grammar: Grammar): string {
  const beginnings = grammar.programs
    .filter(({ names }) => names.length > 1)
    .flatMap(({ names, id }) => [
      `case ${names.map(quoted).join(' ')}`,
      `    set node ${quoted(id)}`,
    ]);
  const steps = grammar.nodes.flatMap(({ id, next }) =>
    next.flatMap((step) => [
      `case ${quoted(`${id} ${step.word}`)}`,
      `    set node ${quoted(step.id)}`,
    ]),
  );
  return `# Completion for fish, made by: riposte completion fish
function __riposte_node
    set -l words (commandline -opc)
    set -l node (string replace -r '^.*/' '' -- $words[1])
    switch $node
${indented(beginnings, 8)}
    end
    for word in $words[2..-1]
        switch "$node $word"
${indented(steps, 12)}
        end
    end
    echo $node
end

function __riposte_at
    test "$(__riposte_node)" = "$argv"
end

for program in ${programNames(grammar).join(' ')}
    complete -c $program -f
${indented(grammar.nodes.flatMap(linesOf), 4)}
end`;
}
