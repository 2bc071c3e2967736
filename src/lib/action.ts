import type { Backend, Step } from './effect.ts';
import type { Field, Target } from './fields.ts';
import type { Message } from './request.ts';
import type { System } from './system.ts';

/** The fields an action declares, by the name it calls them. */
export type Fields = Readonly<Record<string, Field>>;

/** The values behind declared fields; asking for an undeclared one does not compile. */
export type Values<F extends Fields> = { readonly [Name in keyof F]: Value<F[Name]> };

type Value<F extends Field> = F extends { readonly optional: true }
  ? ReturnType<F['parse']> | undefined
  : ReturnType<F['parse']>;

/** An option of an action: one of a closed list of words, or a text of a certain form. */
export interface Option {
  readonly help: string;
  /** The words it may be. */
  readonly values?: readonly string[];
  /** Where there is no list: the canonical text, or `usage` with a sentence that says why not. */
  readonly parse?: (text: string) => string;
  /** A usual value, for help, docs and tests. */
  readonly example?: string;
  /**
   * Only root's own settings may say it: a permission or a secret. No message and no command line
   * can, and its value is never shown.
   */
  readonly settings?: true;
}

/** What an effect may depend on besides its target. */
export interface Circumstance {
  /** Whose block it is: the program's name as the agent calls it, or `manual`. */
  readonly holder: string;
  /** Seconds until the system itself ends the effect, or nothing for no end. */
  readonly expiry: number | undefined;
  /** What was chosen of the action's own options. */
  readonly options: Readonly<Record<string, string>>;
  readonly system: System;
  /** The kernel's version, as `uname -r` begins: major, minor. */
  readonly kernel: readonly [major: number, minor: number];
  /** The agent's home directory, where there is one. */
  readonly home: string | undefined;
  /** The message itself, for actions that pass it on. All of it is text from outside. */
  readonly message: Message;
}

/** What is done once, after the agent's answer, and never undone by the agent. */
export interface Once {
  /** What will have happened, as a sentence without its full stop. */
  readonly what: string;
  /** The sentence for when there was nothing left to do; made of `what` otherwise. */
  readonly already?: string;
  /** Asked before the agent is told anything; they throw why it cannot be done. */
  readonly checks?: readonly Step<'good'>[];
  /** `already`: there was nothing left to do. */
  readonly steps: readonly Step<'done' | 'already'>[];
  /** What must not be done twice within a day, in a word: the id of the alert, say. */
  readonly dedupe?: string;
  /** Milliseconds that a step may take, for long work that no agent waits for. */
  readonly patience?: number;
}

/** What every action declares. */
interface Declared<F extends Fields> {
  /** The name of its file and its program. */
  readonly name: string;
  /** Other names upstream gives the program; each is a holder of its own, as in the agent. */
  readonly aliases?: readonly string[];
  /** One sentence for help and README. */
  readonly summary: string;
  /** What must be there, for help and README. */
  readonly needs?: string;
  /** A command that shows that it worked, or where to look. */
  readonly proof?: string;
  readonly fields: F;
  /** Understood by hand, in the message's extra arguments and in root's settings. */
  readonly options?: Readonly<Record<string, Option>>;
  /** Where the message's extra arguments are the action's own to read: none of them is ignored. */
  readonly takesExtra?: true;
  /** Upstream's own form of arguments in a person's words; nothing for words of no such form. */
  readonly words?: (words: readonly string[]) => readonly string[] | undefined;
}

/** One active response that can be undone, declared. */
export interface ActionSpec<F extends Fields> extends Declared<F> {
  /** How a target is called afterwards, and once that is over: `is blocked`, `is no longer …`. */
  readonly states: { readonly held: string; readonly lifted: string };
  /** What the agent dedupes by, beside the program's name. */
  readonly keys: (values: Values<F>) => readonly string[];
  /** Ways to do it, best first; the option `backend` picks one by name. */
  readonly backends: (values: Values<F>, circumstance: Circumstance) => readonly Backend[];
}

/** One active response that is done once, declared. */
export interface DeedSpec<F extends Fields> extends Declared<F> {
  /**
   * What the agent dedupes by. Without it the agent is not asked and registers nothing: it will call
   * again at every alert, and never send a delete.
   */
  readonly keys?: (values: Values<F>) => readonly string[];
  /** What it is done to, for the log, where there are no keys that say so. */
  readonly target?: (values: Values<F>) => string;
  readonly once: (values: Values<F>, circumstance: Circumstance) => Once;
}

type Erased = Readonly<Record<string, Target>>;

interface Common extends Omit<Declared<Fields>, 'aliases' | 'options'> {
  readonly aliases: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
}

/** An action that holds until it is undone, of whatever fields. */
export interface Action extends Common {
  readonly states: { readonly held: string; readonly lifted: string };
  readonly keys: (values: Erased) => readonly string[];
  readonly backends: (values: Erased, circumstance: Circumstance) => readonly Backend[];
}

/** An action that is done once, of whatever fields. */
export interface Deed extends Common {
  readonly keys?: (values: Erased) => readonly string[];
  readonly target?: (values: Erased) => string;
  readonly once: (values: Erased, circumstance: Circumstance) => Once;
}

/** Anything that a program of Riposte can be called to do. */
export type Response = Action | Deed;

/** Whether it is done once. */
export const isDeed = (response: Response): response is Deed => 'once' in response;

/** ipset allows 31 characters for a set, of which a prefix and the family take nine. */
export const MAX_NAME = 22;

function declared<F extends Fields>(
  spec: Declared<F>,
): Declared<F> & Pick<Common, 'aliases' | 'options'> {
  for (const name of [spec.name, ...(spec.aliases ?? [])]) {
    if (!/^[a-z][a-z0-9._-]*$/.test(name) || name.length > MAX_NAME) {
      throw new TypeError(`${name}: an action's name is up to ${MAX_NAME} of a-z 0-9 . _ -`);
    }
  }
  return { ...spec, aliases: spec.aliases ?? [], options: spec.options ?? {} };
}

/** Declares an action that can be undone; the default export of a file in `scripts/`. */
export const defineAction = <const F extends Fields>(spec: ActionSpec<F>): Action =>
  declared(spec) as unknown as Action;

/** Declares an action that is done once, like a notification; the default export of such a file. */
export const defineDeed = <const F extends Fields>(spec: DeedSpec<F>): Deed =>
  declared(spec) as unknown as Deed;
