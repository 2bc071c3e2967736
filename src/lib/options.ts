import type { Option, Response } from './action.ts';
import { ActionError } from './outcome.ts';

/** What was chosen, by the option's name. */
export type Options = Readonly<Record<string, string>>;

/** Options understood from an agent's extra arguments, and the words that were not. */
export interface Understood {
  readonly options: Options;
  readonly ignored: readonly string[];
}

/** Whether a message or a person may say it. */
export const isOpen = ({ settings }: Option): boolean => settings !== true;

/** The words of an action's own options that can be listed: there is no secret among them. */
export const wordsOf = ({ options }: Pick<Response, 'options'>): ReadonlySet<string> =>
  new Set(
    Object.entries(options)
      .filter(([, option]) => isOpen(option))
      .flatMap(([name, { values = [] }]) => [
        `--${name}`,
        ...values.flatMap((value) => [value, `--${name}=${value}`]),
      ]),
  );

/** The option's value in its canonical form; throws `usage` for what it cannot be. */
export function canonical(name: string, { values, parse }: Option, text: string): string {
  if (parse) return parse(text);
  if (values?.includes(text)) return text;
  throw new ActionError('usage', `--${name}: it must be ${values?.join(' or ')}`);
}

function accepted(name: string, option: Option, text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : canonical(name, option, text);
  } catch {
    return undefined;
  }
}

/** Reads `--name value` and `--name=value` for the action's own closed list; ignores the rest. */
export function understand(
  { options: known }: Pick<Response, 'options'>,
  words: readonly string[],
): Understood {
  const options: Record<string, string> = {};
  const ignored: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [flag = '', inline] = word.split(/=(.*)/s);
    const [name, option] =
      Object.entries(known).find(([one, option]) => flag === `--${one}` && isOpen(option)) ?? [];
    const value = name && option && accepted(name, option, inline ?? queue[0]);
    if (name && value !== undefined) {
      options[name] = value;
      if (inline === undefined) queue.shift();
    } else {
      ignored.push(word);
    }
  }
  return { options, ignored };
}
