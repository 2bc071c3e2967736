import type { Action } from './action.ts';

/** Options understood from an agent's extra arguments, and the words that were not. */
export interface Understood {
  readonly options: Readonly<Record<string, string>>;
  readonly ignored: readonly string[];
}

/** The words of an action's own options: there is no secret among them. */
export const wordsOf = ({ options }: Pick<Action, 'options'>): ReadonlySet<string> =>
  new Set(
    Object.entries(options).flatMap(([name, { values }]) => [
      `--${name}`,
      ...values.flatMap((value) => [value, `--${name}=${value}`]),
    ]),
  );

/** Reads `--name value` and `--name=value` for the action's own closed list; ignores the rest. */
export function understand(action: Action, words: readonly string[]): Understood {
  const options: Record<string, string> = {};
  const ignored: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [flag = '', inline] = word.split(/=(.*)/s);
    const option = Object.entries(action.options).find(([name]) => flag === `--${name}`);
    const value = inline ?? (option && queue[0]);
    if (option && value !== undefined && option[1].values.includes(value)) {
      options[option[0]] = value;
      if (inline === undefined) queue.shift();
    } else {
      ignored.push(word);
    }
  }
  return { options, ignored };
}
