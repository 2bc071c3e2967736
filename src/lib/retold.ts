import type { Response } from './action.ts';
import type { Subject } from './fields.ts';
import { candidates } from './protocol.ts';
import type { Entry } from './record.ts';
import type { Request, Schedule, Verb } from './request.ts';
import { read, targetOf } from './values.ts';

/** The texts of a target's fields. */
export type Texts = Readonly<Partial<Record<Subject, string>>>;

/** Targets of every kind that an action may take, of hosts and people that only stand in books. */
export const EXAMPLES: readonly Texts[] = [
  { srcip: '203.0.113.7', user: 'mallory', file: '/tmp/dropper' },
  { srcip: '2001:db8::7', user: 'mallory', file: '/tmp/dropper' },
];

/**
 * The texts of a target on record; of a record that is torn, or tells of another target than it is
 * named after, or of a mark, the one that it has.
 */
export function textsFor(
  action: Response,
  { fields: recorded = {}, target }: Pick<Entry, 'fields' | 'target'>,
): Texts {
  if (isAbout(target, recorded, action)) return recorded;
  return Object.fromEntries(Object.values(action.fields).map(({ subject }) => [subject, target]));
}

function isAbout(target: string, texts: Texts, action: Response): boolean {
  try {
    return targetOf(action, read(action, requestFor('delete', texts))) === target;
  } catch {
    return false;
  }
}

/** What a request says besides its verb and its target. */
export interface Besides {
  readonly schedule?: Schedule;
  readonly alert?: string | undefined;
  readonly rule?: string | undefined;
  readonly reason?: string | undefined;
}

/** A request that no agent sent: Riposte itself takes up what is on record, or in the system. */
export function requestFor(
  verb: Verb,
  texts: Texts,
  { schedule = { kind: 'open' }, alert, rule, reason }: Besides = {},
): Request {
  const named = (subject: Subject) => {
    const text = texts[subject];
    return text === undefined ? [] : [{ path: 'the record', text }];
  };
  const targets = Object.entries(texts).map(([subject, text]) => `--${subject} ${text}`);
  return {
    dialect: 'manual',
    verb,
    raw: [verb, ...targets, 'by riposte'].join(' '),
    candidates: candidates(named),
    complaint: () => 'Nothing was done',
    extra: [],
    schedule,
    alert,
    rule,
    ...(reason !== undefined && { reason }),
  };
}
