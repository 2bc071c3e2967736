import type { Subject } from './fields.ts';
import type { JsonObject } from './json.ts';

/** The holder of what people do by hand. */
export const MANUAL = 'manual';

/** What is asked for. */
export type Verb = 'add' | 'delete';

/** How the caller speaks: the argument vector of old agents, the two JSON forms, or a person. */
export type DialectName = 'legacy' | 'wazuh4' | 'wazuh5' | 'manual';

/** How long the agent means the block to last, as far as the message says. */
export type Schedule =
  /** Wazuh 5: the message holds the time in seconds; 0 for a response that is never undone. */
  | { readonly kind: 'stated'; readonly seconds: number }
  /** Wazuh 4: only the agent's configuration knows. */
  | { readonly kind: 'configured' }
  /** A person's `--for`, in seconds: the end itself, not a safety net. */
  | { readonly kind: 'exact'; readonly seconds: number }
  /** Nobody can tell, or nobody will end it. */
  | { readonly kind: 'open' };

/** A value of the message that might be the target. */
export interface Candidate {
  /** Where it stood, for error messages. */
  readonly path: string;
  readonly text: string;
}

/** The message itself, for actions that pass it on. All of it is text from outside. */
export interface Message {
  readonly dialect: DialectName;
  /** The whole document of the two JSON forms. */
  readonly document?: JsonObject;
  /** All words of an old agent's call, the verb first. */
  readonly words?: readonly string[];
  /** Words of the extra arguments, those that are options too. */
  readonly extra: readonly string[];
  readonly alert: string | undefined;
  readonly rule: string | undefined;
}

/** One request in one form, whatever the caller's dialect. */
export interface Request extends Message {
  readonly verb: Verb;
  /** The message as received, without its line end and with secrets masked. */
  readonly raw: string;
  /** Every value that may be meant, best first. */
  readonly candidates: Readonly<Record<Subject, readonly Candidate[]>>;
  /** Upstream's wording for a target that is missing or no good; its own tests match it. */
  readonly complaint: (subject: Subject, rejected: Candidate | undefined) => string;
  readonly schedule: Schedule;
  /** Why, in a person's words. */
  readonly reason?: string;
}
