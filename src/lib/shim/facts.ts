import { type Ip, parseIp, type Subject } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import type { Candidate, Request } from '../request.ts';

/** What a message says, in texts that an old script can be given. */
export type Facts = Readonly<Partial<Record<Subject, string>>>;

// What managers up to 4.x let through: scripts of their time rely on it, quoted or not.
const HOST = /^[a-zA-Z0-9.:_][a-zA-Z.:_0-9-]{0,254}$/;
const ACCOUNT = /^[a-zA-Z._0-9@?][a-zA-Z._0-9@?-]{0,255}$/;
const MAX_PATH = 4095;

/** The canonical text, or nothing for one that no script may get. */
const ACCEPTED = {
  srcip: (text: string) => address(text)?.text ?? (HOST.test(text) ? text : undefined),
  user: (text: string) => (ACCOUNT.test(text) ? text : undefined),
  file: (text: string) => (isPath(text) ? text : undefined),
} as const satisfies Partial<Record<Subject, (text: string) => string | undefined>>;

/** What old scripts can be told, in the order in which they are told it. */
const TOLD = ['srcip', 'user', 'file'] as const;

/**
 * Reads what the script expects. What it expects must be there, and what is there must be good; what
 * it does not expect is left out. Throws `bad-field` otherwise: the script does not run then.
 */
export function factsOf(request: Request, expect: readonly Subject[] | undefined): Facts {
  const wanted = TOLD.filter((subject) => expect === undefined || expect.includes(subject));
  return Object.fromEntries(
    wanted.flatMap((subject) => {
      const given = request.candidates[subject];
      for (const { text } of given) {
        const accepted = ACCEPTED[subject](text);
        if (accepted !== undefined) return [[subject, accepted]];
      }
      if (given.length === 0 && expect === undefined) return [];
      throw unusable(request, subject, given[0]);
    }),
  );
}

function unusable({ complaint }: Request, subject: Subject, rejected: Candidate | undefined) {
  const why = rejected
    ? `${rejected.path}: ${JSON.stringify(rejected.text.slice(0, 80))} is nothing to give a script`
    : 'the script expects it';
  return new ActionError('bad-field', `${complaint(subject, rejected)}; ${why}`);
}

/**
 * What the agent dedupes by: all that the script expects, or else the first thing there is. None makes
 * one entry for the whole program, as old agents had it for a response without an address.
 */
export function keysOf(facts: Facts, expect: readonly Subject[] | undefined): readonly string[] {
  const all = TOLD.flatMap((subject) => facts[subject] ?? []);
  return expect === undefined ? all.slice(0, 1) : all;
}

function address(text: string): Ip | undefined {
  try {
    return parseIp(text);
  } catch {
    return undefined;
  }
}

function isPath(text: string): boolean {
  const absolute = text.startsWith('/') || /^[A-Za-z]:[/\\]/.test(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return absolute && text.length <= MAX_PATH && !/[\u0000-\u001f\u007f]/.test(text);
}
