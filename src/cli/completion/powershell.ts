import type { Grammar } from './grammar.ts';
import { indented, programNames, wordsAt } from './posix.ts';

// PowerShell takes typographic ones for the plain one.
const APOSTROPHES = /['\u2018-\u201b]/g;

/** A text as one word of PowerShell, in which nothing has a meaning of its own. */
const quoted = (text: string): string => `'${text.replace(APOSTROPHES, "''")}'`;

const list = (words: readonly string[]): string => `@(${words.map(quoted).join(', ')})`;

// A tool of Windows itself has that name, and the usual way to call ours is by riposte.
const THEIRS: ReadonlySet<string> = new Set(['netsh']);

/** The names that the completion is for: what ends in `.cmd` is for agents alone. */
const namesFor = (grammar: Grammar): readonly string[] =>
  programNames(grammar)
    .filter((name) => !THEIRS.has(name) && !name.endsWith('.cmd'))
    .flatMap((name) => [name, `${name}.exe`]);

/** A word or an option, with what it means. */
const offered = (word: string, help: string): string => `${quoted(word)}, ${quoted(help || word)}`;

/** The completion for PowerShell 5.1 and later. */
export function powershellScript(grammar: Grammar): string {
  const { nodes, programs } = grammar;
  const beginnings = programs.flatMap(({ names, id }) =>
    names.filter((name) => name !== id).map((name) => `${quoted(name)} = ${quoted(id)}`),
  );
  const steps = nodes.flatMap(({ id, next }) =>
    next.map((step) => `${quoted(`${id} ${step.word}`)} = ${quoted(step.id)}`),
  );
  const values = nodes.flatMap(({ id, flags }) =>
    flags.flatMap(({ names, value }) =>
      value
        ? names.map((name) => {
            const words = value.kind === 'choice' ? value.words : [];
            return `${quoted(`${id} ${name}`)} = ${list(words)}`;
          })
        : [],
    ),
  );
  const words = nodes.map((node) => {
    const all = wordsAt(node).map(({ word, help }) => `, @(${offered(word, help)})`);
    return `${quoted(node.id)} = @(${all.join('; ')})`;
  });
  const flags = nodes.map((node) => {
    const all = node.flags.flatMap(({ names, help }) =>
      names.map((name) => `, @(${offered(name, help)})`),
    );
    return `${quoted(node.id)} = @(${all.join('; ')})`;
  });
  return `# Completion for PowerShell, made by: riposte completion powershell
Register-ArgumentCompleter -Native -CommandName ${namesFor(grammar).map(quoted).join(', ')} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $beginnings = @{
${indented(beginnings, 8)}
    }
    $steps = @{
${indented(steps, 8)}
    }
    $values = @{
${indented(values, 8)}
    }
    $words = @{
${indented(words, 8)}
    }
    $flags = @{
${indented(flags, 8)}
    }
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString().Trim([char]34, [char]39) })
    if ($before.Count -eq 0) { return }
    $node = [System.IO.Path]::GetFileName($before[0]) -replace '\\.exe$', ''
    if ($beginnings.ContainsKey($node)) { $node = $beginnings[$node] }
    foreach ($word in @($before | Select-Object -Skip 1)) {
        if ($steps.ContainsKey("$node $word")) { $node = $steps["$node $word"] }
    }
    $behind = "$node $($before[-1])"
    if ($before.Count -gt 1 -and $values.ContainsKey($behind)) {
        $found = @($values[$behind] | ForEach-Object { , @($_, $_) })
    } elseif ($wordToComplete -like '-*' -or @($words[$node]).Count -eq 0) {
        $found = @($flags[$node])
    } else {
        $found = @($words[$node])
    }
    $found | Where-Object { $_ -and $_[0] -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }
}`;
}
