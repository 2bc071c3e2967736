import { SUBJECTS, type Subject } from './fields.ts';
import { hashOf } from './hash.ts';
import { LIMIT, type Writing } from './ports.ts';

/** Where one block of one holder was put. */
export interface Place {
  readonly action: string;
  readonly holder: string;
  readonly target: string;
  readonly backend: string;
}

/**
 * How far a block has come: its effect is being made, it holds, or its effect is being undone. A run
 * that dies leaves the first or the last.
 */
export type Stage = 'making' | 'held' | 'going';

/** What one record says. */
export interface Entry extends Place {
  readonly stage: Stage;
  /** When it should end at the latest, ISO 8601; nothing for no end, or none that is known. */
  readonly until: string | undefined;
  /** Whether nobody means it to end. */
  readonly endless?: true;
  /** Whether the system itself ends it then. */
  readonly enforced?: true;
  /** Whether what it is about is still there after a reboot. */
  readonly persistent?: true;
  /** What was there before, where undo must restore it. */
  readonly former?: string;
  /** When it was first made, ISO 8601. */
  readonly since?: string;
  /** The boot of the system in which it was last renewed. */
  readonly boot?: string;
  /** The texts of the fields, by which it can be made again. */
  readonly fields?: Readonly<Partial<Record<Subject, string>>>;
  /** What was chosen of the action's options, secrets and permissions aside. */
  readonly options?: Readonly<Record<string, string>>;
  readonly alert?: string;
  readonly rule?: string;
  /** Why, in a person's words. */
  readonly reason?: string;
}

// Where boots have no names they go by their moments, in seconds since 1970, which clocks tell roughly.
const MOMENT = /^at-(\d{1,12})$/;
const ROUGHLY = 120;

/** Whether two boots of the system are one. */
export function isSameBoot(one: string | undefined, other: string): boolean {
  const [, first] = MOMENT.exec(one ?? '') ?? [];
  const [, second] = MOMENT.exec(other) ?? [];
  if (first === undefined || second === undefined) return one === other;
  return Math.abs(Number(first) - Number(second)) <= ROUGHLY;
}

/** Whether the time of a block is over. */
export const isOver = ({ until }: Pick<Entry, 'until'>, now: Date): boolean =>
  until !== undefined && Date.parse(until) <= now.getTime();

/** Milliseconds after which no run can be still at it: the longest one, and a little more. */
export const SETTLED = LIMIT.run + 35_000;

// Long after anybody will ask, and still a time that every file system can say.
const NEVER = Date.UTC(2100, 0, 1);

/** Milliseconds after its end until the record of what the system ended is of no use. */
const TIDY = 60_000;

/** How a record is written. */
export interface Spelt {
  readonly text: string;
  readonly writing: Writing;
  /** When it must be looked at again, milliseconds since 1970; nothing for no such time. */
  readonly due?: number;
}

/** The record as a file: `boot` is the present one, `now` milliseconds since 1970. */
export function spellEntry(entry: Entry, boot: string, now: number): Spelt {
  const said = { ...entry, boot };
  const text = `${JSON.stringify({ ...said, sum: sumOf(said) })}\n`;
  const due = dueOf(entry);
  const at = entry.stage === 'held' ? (due ?? NEVER) : now + SETTLED;
  // What goes with the power need not be remembered longer than it.
  const writing = { at, ...(!entry.persistent && { passing: true }) };
  return { text, writing, ...(due !== undefined && { due }) };
}

function dueOf({ stage, until, enforced }: Entry): number | undefined {
  if (stage === 'going' || until === undefined) return undefined;
  const end = Date.parse(until);
  if (Number.isNaN(end)) return undefined;
  return Math.min(enforced ? end + TIDY : end, NEVER);
}

// A bit that a disk turned over may leave another address, or another day, in a text that is JSON still.
const sumOf = (said: object): string => hashOf(JSON.stringify(said)).toString(36);

/** What nobody can say more of than where it is. */
export const torn = (place: Place): Entry => ({ ...place, stage: 'making', until: undefined });

/** What a record of a place says; one that is not whole, or another's, says no more than its name. */
export function parseEntry(text: string, place: Place): Entry {
  const raw = wholeIn(text);
  if (raw === undefined || !isAt(place, raw)) return torn(place);
  const texts = ['former', 'since', 'boot', 'alert', 'rule', 'reason'] as const;
  const flags = ['endless', 'enforced', 'persistent'] as const;
  return {
    ...place,
    target: place.target === '' && isText(raw['target']) ? raw['target'] : place.target,
    stage: raw['stage'] === 'held' || raw['stage'] === 'going' ? raw['stage'] : 'making',
    until: isText(raw['until']) && isMoment(raw['until']) ? raw['until'] : undefined,
    ...picked(raw, texts, isText),
    ...picked(raw, flags, (value) => value === true),
    fields: textsIn(raw['fields'], SUBJECTS),
    options: textsIn(raw['options']),
  };
}

/** Whether it is the record of that place; where a part of it is not known yet, as far as it is. */
const isAt = (place: Place, raw: Readonly<Record<string, unknown>>): boolean =>
  (['action', 'holder', 'target', 'backend'] as const).every((name) => {
    const said = raw[name];
    return (
      place[name] === '' || (isText(said) && said.toWellFormed() === place[name].toWellFormed())
    );
  });

function wholeIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { sum, ...said } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return sum === sumOf(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

const isMoment = (text: string) =>
  /^[+\d][\d-]+T[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));

const isText = (value: unknown): value is string => typeof value === 'string';

const picked = (
  raw: Readonly<Record<string, unknown>>,
  names: readonly string[],
  good: (value: unknown) => boolean,
): object =>
  Object.fromEntries(names.flatMap((name) => (good(raw[name]) ? [[name, raw[name]]] : [])));

function textsIn(raw: unknown, names?: readonly string[]): Record<string, string> {
  if (typeof raw !== 'object' || raw === null) return {};
  return Object.fromEntries(
    Object.entries(raw).filter(
      (pair): pair is [string, string] =>
        isText(pair[1]) && (names === undefined || names.includes(pair[0])),
    ),
  );
}
