import type { Action, Response } from './action.ts';
import type { Request } from './request.ts';

/** What the command line needs to know of the program it speaks for. */
export interface Spec extends Pick<Response, 'summary' | 'fields' | 'options' | 'needs' | 'proof'> {
  /** How a target is called afterwards; nothing for what is done once. */
  readonly states?: Action['states'];
  /** The name it was called by. */
  readonly program: string;
  readonly version: string;
}

/** What a person asked for. */
export type Manual =
  | { readonly kind: 'say'; readonly text: string; readonly exit: 0 | 2 }
  | {
      readonly kind: 'run';
      readonly request: Request;
      readonly options: Readonly<Record<string, string>>;
      readonly seconds: number | undefined;
      readonly dryRun: boolean;
      /** Whether a protected target is to be touched all the same. */
      readonly force: boolean;
      readonly home: string | undefined;
      /** What follows the sentence about a success. */
      readonly epilogue: string;
    };

/** Reads a person's words. It is apart from the library, because agents never need it. */
export type ParseManual = (words: readonly string[], spec: Spec) => Manual;

/** One action, which is evaluated only when it is called. */
export interface Loadable {
  /** Its own name first, then its aliases. */
  readonly names: readonly [string, ...string[]];
  readonly load: () => Promise<{ readonly default: Response }>;
}

/** Everything that the program can be called as. */
export interface Collection {
  readonly actions: readonly Loadable[];
  readonly version: string;
}

/** A command of `riposte` beside the actions. */
export interface Subcommand {
  readonly name: string;
  /** One sentence for help. */
  readonly summary: string;
  /** Whether help and completion pass it over: what it is for is not to be had on this system. */
  readonly hidden?: true;
  /** Runs it with all words, its own name first; resolves to the exit code. */
  readonly run: (words: readonly string[], collection: Collection) => Promise<number>;
}

/** What reads a person's words. */
export interface CommandLine {
  readonly parseManual: ParseManual;
}

/** The commands of `riposte`, with all that they need. */
export interface Commands {
  readonly commands: readonly Subcommand[];
}
