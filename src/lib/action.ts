import type { Backend } from './effect.ts';
import type { Field, Target } from './fields.ts';

/** The fields an action declares, by the name it calls them. */
export type Fields = Readonly<Record<string, Field>>;

/** The values behind declared fields; asking for an undeclared one does not compile. */
export type Values<F extends Fields> = { readonly [Name in keyof F]: ReturnType<F[Name]['parse']> };

/** An option of an action: one of a closed list of words. */
export interface Option {
  readonly help: string;
  readonly values: readonly string[];
}

/** What an effect may depend on besides its target. */
export interface Circumstance {
  /** Whose block it is: the program's name as the agent calls it, or `manual`. */
  readonly holder: string;
  /** Seconds until the system itself ends the effect, or nothing for no end. */
  readonly expiry: number | undefined;
  /** What was chosen of the action's own options. */
  readonly options: Readonly<Record<string, string>>;
  /** The kernel's version, as `uname -r` begins: major, minor. */
  readonly kernel: readonly [major: number, minor: number];
}

/** One active response, declared. */
export interface ActionSpec<F extends Fields> {
  /** The name of its file and its program. */
  readonly name: string;
  /** Other names upstream gives the program; each is a holder of its own, as in the agent. */
  readonly aliases?: readonly string[];
  /** One sentence for help and README. */
  readonly summary: string;
  /** How a target is called afterwards, and once that is over: `is blocked`, `is no longer …`. */
  readonly states: { readonly held: string; readonly lifted: string };
  readonly fields: F;
  /** What the agent dedupes by, beside the program's name. */
  readonly keys: (values: Values<F>) => readonly string[];
  /** Understood by hand and in the message's extra arguments; everything else there is ignored. */
  readonly options?: Readonly<Record<string, Option>>;
  /** Ways to do it, best first; the option `backend` picks one by name. */
  readonly backends: (values: Values<F>, circumstance: Circumstance) => readonly Backend[];
}

/** An action of whatever fields. */
export interface Action extends Omit<ActionSpec<Fields>, 'keys' | 'backends'> {
  readonly aliases: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  readonly keys: (values: Readonly<Record<string, Target>>) => readonly string[];
  readonly backends: (
    values: Readonly<Record<string, Target>>,
    circumstance: Circumstance,
  ) => readonly Backend[];
}

/** ipset allows 31 characters for a set, of which a prefix and the family take nine. */
export const MAX_NAME = 22;

/** Declares an action; the default export of a file in `scripts/`. */
export function defineAction<const F extends Fields>(spec: ActionSpec<F>): Action {
  for (const name of [spec.name, ...(spec.aliases ?? [])]) {
    if (!/^[a-z][a-z0-9.-]*$/.test(name) || name.length > MAX_NAME) {
      throw new TypeError(`${name}: an action's name is up to ${MAX_NAME} of a-z 0-9 . -`);
    }
  }
  const erased = spec as unknown as Omit<Action, 'aliases' | 'options'>;
  return { ...erased, aliases: spec.aliases ?? [], options: spec.options ?? {} };
}
