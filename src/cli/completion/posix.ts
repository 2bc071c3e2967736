import type { Flag, Grammar, Node, Value } from './grammar.ts';

/** A text as one word of bash and of zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All names that the programs are called by. */
export const programNames = ({ programs }: Grammar): readonly string[] =>
  programs.flatMap(({ names }) => names);

/** Branches of a `case` that find where a program begins: one for each that has several names. */
export const beginnings = ({ programs }: Grammar): readonly string[] =>
  programs
    .filter(({ names }) => names.length > 1)
    .map(({ names, id }) => `${names.map(quoted).join('|')}) node=${quoted(id)} ;;`);

/** Branches of a `case` that go from one point to the next by a word. */
export const steps = ({ nodes }: Grammar): readonly string[] =>
  nodes.flatMap(({ id, next }) => {
    const byTarget = Map.groupBy(next, (step) => step.id);
    return [...byTarget].map(([target, all]) => {
      const patterns = all.map(({ word }) => quoted(`${id} ${word}`)).join('|');
      return `${patterns}) node=${quoted(target)} ;;`;
    });
  });

/** Branches of a `case` for what comes behind an option; `act` spells one kind of value. */
export const values = ({ nodes }: Grammar, act: (value: Value) => string): readonly string[] => {
  const cases = nodes.flatMap(({ id, flags }) =>
    flags.flatMap(({ names, value }) =>
      value ? names.map((name) => [`${id} ${name}`, act(value)] as const) : [],
    ),
  );
  return [...Map.groupBy(cases, ([, action]) => action)].map(
    ([action, all]) => `${all.map(([pattern]) => quoted(pattern)).join('|')}) ${action} ;;`,
  );
};

/** The words that can stand at a point, and how they are called for people. */
export function wordsAt({ next, value }: Node): readonly { word: string; help: string }[] {
  const choices = value?.kind === 'choice' ? value.words : [];
  return [...next, ...choices.map((word) => ({ word, help: '' }))];
}

/** The names of options at a point. */
export const namesAt = ({ flags }: { readonly flags: readonly Flag[] }): readonly string[] =>
  flags.flatMap(({ names }) => names);

/** Lines, each behind blanks. */
export const indented = (lines: readonly string[], depth: number): string =>
  lines.map((line) => `${' '.repeat(depth)}${line}`).join('\n');
