import { type Field, type FilePath, parsePath, type Target } from './fields.ts';
import { ActionError } from './outcome.ts';

/** The number of a process. */
export interface Pid extends Target {
  readonly number: number;
}

/** When a process began, in every way that the text can be meant. */
export interface Start extends Target {
  /** Milliseconds since 1970. */
  readonly epochs: readonly number[];
  /** Clock ticks since the system started. */
  readonly ticks?: number;
}

// The kernel gives no higher ones, on 64 bits.
const MAX_PID = 1 << 22;

const bad = (text: string, why: string) =>
  new ActionError('bad-field', `${JSON.stringify(text.slice(0, 80))} ${why}`);

/** Reads the number of one process: no sign, which would mean a group, no zero, which is our own. */
export function parsePid(text: string): Pid {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= MAX_PID) return { text, number: Number(text) };
  throw bad(text, 'is no process id');
}

const ISO =
  /^(?<day>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d:\d\d)(?:[.,](?<part>\d{1,9}))?(?<zone>Z|[+-]\d\d:?\d\d)?$/;
const NUMBER = /^\d{1,19}(?:\.\d{1,9})?$/;

/**
 * Reads a start time: ISO 8601 (without a zone it is UTC, as in ECS), or a number. A number does not
 * say of what it is one, so it stands for all that sensors write: seconds, milliseconds, microseconds
 * and nanoseconds since 1970, and clock ticks since the system started. These are far apart.
 */
export function parseStart(text: string): Start {
  const { day, time, part = '0', zone = 'Z' } = ISO.exec(text)?.groups ?? {};
  if (day !== undefined && time !== undefined) {
    const second = Date.parse(`${day}T${time}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`);
    if (!Number.isNaN(second)) return { text, epochs: [second + Number(`0.${part}`) * 1000] };
  }
  if (!NUMBER.test(text)) throw bad(text, 'is no time: it must be ISO 8601 or a number');
  const value = Number(text);
  const epochs = [value * 1e3, value, value / 1e3, value / 1e6];
  return Number.isInteger(value) ? { text, epochs, ticks: value } : { text, epochs };
}

/**
 * Milliseconds that a start time may be off. Sensors add whole seconds to a boot time in whole
 * seconds, both rounded down, and the wall clock is corrected meanwhile. Within so little time no
 * system goes through all of its process ids.
 */
export const TOLERANCE = 2_000;

/** Whether a process that began then is the one that is meant. */
export const isStart = (
  { epochs, ticks }: Start,
  found: { readonly ticks: number; readonly began: number },
): boolean =>
  ticks === found.ticks || epochs.some((epoch) => Math.abs(epoch - found.began) <= TOLERANCE);

/** The process that the alert is about. */
export const pid: Field<Pid> = { subject: 'pid', parse: parsePid };

/** When it began. */
export const start: Field<Start> = { subject: 'start', parse: parseStart };

/** Its program, where the alert tells. */
export const executable: Field<FilePath> & { readonly optional: true } = {
  subject: 'executable',
  optional: true,
  parse: parsePath,
};
