import { InvalidArgumentError } from 'commander';
import ms, { type StringValue } from 'ms';
import { parseIp } from '../../lib/fields.ts';
import { OUTCOMES } from '../../lib/outcome.ts';
import type { Run } from './runs.ts';

/** Which runs a person wants to see. */
export interface Wanted {
  /** Outcomes, and `ok` or `failed` for all of a kind. */
  readonly outcome?: ReadonlySet<string>;
  readonly action?: string;
  readonly target?: string;
  readonly since?: Date;
}

/** Whether a run is among them. */
export function isWanted(run: Run, { outcome, action, target, since }: Wanted): boolean {
  const kind = run.exit === 0 ? 'ok' : 'failed';
  return (
    (since === undefined || run.at >= since) &&
    (outcome === undefined || outcome.has(run.outcome) || outcome.has(kind)) &&
    (action === undefined || action === run.action || action === run.holder) &&
    (target === undefined || (run.target !== undefined && like(target, run.target)))
  );
}

/** The whole target, an address in any spelling; `*` stands for any text. */
function like(wanted: string, target: string): boolean {
  if (wanted.includes('*')) {
    const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 's').test(target);
  }
  return wanted === target || canonical(wanted) === target;
}

function canonical(text: string): string {
  try {
    return parseIp(text).text;
  } catch {
    return text;
  }
}

/** Reads `failed,applied`. */
export function parseOutcomes(list: string): ReadonlySet<string> {
  const words = list.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !CLASSES.includes(word) && !Object.hasOwn(OUTCOMES, word));
  if (unknown === undefined) return new Set(words);
  const all = [...CLASSES, ...Object.keys(OUTCOMES)].join(', ');
  throw new InvalidArgumentError(`"${unknown}" is none of ${all}.`);
}

const CLASSES = ['ok', 'failed'];

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** Reads `1h`, `2d`, or a date, in this host's time where it does not say which. */
export function parseSince(text: string, now: Date): Date {
  const ago = /^\d+(\.\d+)?\s*[a-z]+$/i.test(text) ? ms(text as StringValue) : undefined;
  if (ago !== undefined) return new Date(now.getTime() - ago);
  const date = text.trim().replaceAll('/', '-').replace(' ', 'T');
  // A day alone would be read as one of UTC.
  const since = new Date(date.includes('T') ? date : `${date}T00:00`);
  if (DATE.test(date) && !Number.isNaN(since.getTime())) return since;
  const example = 'like 90s, 1h or 2d, or a date like 2026-02-03 or 2026-02-03T10:00';
  throw new InvalidArgumentError(`Say how long ago, ${example}.`);
}

/** Reads a number of runs. */
export function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('Say a number from 1 on.');
  return count;
}
