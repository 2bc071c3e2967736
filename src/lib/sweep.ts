import { type Action, isDeed } from './action.ts';
import { afresh } from './afresh.ts';
import { type Block, block } from './block.ts';
import { circumstanceOf } from './call.ts';
import { conclude } from './conclude.ts';
import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import { type Actions, isWhole, keyOf, keysOf, surveyAll } from './inventory.ts';
import type { Result } from './log.ts';
import { remembers } from './memory.ts';
import { refuseProtected } from './neverblock.ts';
import { ActionError, asActionError, exitCode } from './outcome.ts';
import { policyOf } from './policy.ts';
import { presence } from './presence.ts';
import type { Entry, Place } from './record.ts';
import type { Listed } from './records.ts';
import { MANUAL } from './request.ts';
import { requestFor, textsFor } from './retold.ts';
import { isMeant, isOver, left } from './term.ts';
import { unblock } from './unblock.ts';
import { type FieldValues, read, targetOf } from './values.ts';

/** How much a sweep may do. */
export interface Scope {
  /** The most blocks that it undoes or makes again. */
  readonly effects: number;
  /** The most records that it looks into. */
  readonly records: number;
  /** Milliseconds since the process began after which it begins with no other. */
  readonly end: number;
  /** Milliseconds until the next may follow. */
  readonly rest: number;
}

const NO_END = Number.POSITIVE_INFINITY;

/** All of it, however long it takes. */
export const WHOLE: Scope = { effects: NO_END, records: NO_END, end: NO_END, rest: 0 };

// Milliseconds until what could not be brought to an end is tried again.
const RETRY = 60_000;

/** A few, beside what a run was called for: thousands of records must not make every run wait. */
export const A_FEW: Scope = { effects: 3, records: 1_000, end: 10_000, rest: RETRY };

/**
 * Brings to an end what runs that died, or agents, have left: what outlived its time is undone, an
 * undo that was begun is finished, and records of what is no more are forgotten.
 */
export async function sweepOverdue(
  actions: Actions,
  host: Host,
  scope: Scope,
): Promise<readonly Result[]> {
  const now = host.clock.now().getTime();
  const unread: string[] = [];
  const pass = (thrown: unknown) => void unread.push(asActionError(thrown).message);
  // Whoever comes next need not do the same; where that cannot be said, not every run may do it all.
  const told = host.records.dueAt(now + RETRY);
  await (scope === WHOLE ? told.catch(pass) : told);
  await host.files.tidy().catch(pass);
  const places = await host.records.places((why) => unread.push(why));
  const due = places.filter(({ lookAgain }) => lookAgain <= now);
  const results: Result[] = [];
  let looked = 0;
  for (const place of due) {
    const enough = results.length >= scope.effects || looked >= scope.records;
    if (enough || host.clock.elapsed() >= scope.end) break;
    looked += 1;
    const result = await swept(place, actions, timed(host, scope)).catch(pass);
    if (result) results.push(await conclude(result, host));
  }
  const next = nextAfter();
  await host.records.dueAt(next).catch(pass);
  return unread.length === 0 ? results : [...results, await conclude(passedOver(unread), host)];

  function nextAfter(): number | undefined {
    if (results.length >= scope.effects) return now;
    const later = places.map(({ lookAgain }) => lookAgain).filter((time) => time > now);
    // What was looked into may have another time from now on, or could not be brought to its end.
    const again = due.length > 0 || unread.length > 0 ? [now + RETRY] : [];
    const first = earliest([...later, ...again]);
    return first === undefined ? undefined : Math.max(first, now + scope.rest);
  }
}

/** Nobody waits for a whole sweep: then each block has as much time as a run of its own. */
const timed = (host: Host, { end }: Scope): Host => (end === NO_END ? afresh(host) : host);

// Names in a message; there may be as many as there are files.
const MOST_NAMED = 3;

/** What a sweep says of what it had to leave out. */
function passedOver(unread: readonly string[]): Result {
  const all = [...new Set(unread)];
  const more = all.length > MOST_NAMED ? [`and ${all.length - MOST_NAMED} more`] : [];
  const detail = ['passed over', [...all.slice(0, MOST_NAMED), ...more].join('; ')].join(': ');
  return { action: 'sweep', holder: 'riposte', verb: undefined, outcome: 'bad-state', detail };
}

const earliest = (times: readonly number[]): number | undefined =>
  times.reduce<number | undefined>(
    (first, time) => (first === undefined || time < first ? time : first),
    undefined,
  );

/** Makes again what should hold, and of which the marks are gone though nobody undid it. */
export async function restoreLost(
  actions: Actions,
  host: Host,
  scope: Scope,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const seen = await surveyAll(actions, host, () => {});
  const places = await host.records.places();
  for (const { survey, sightings } of seen) {
    const there = new Map(
      sightings.flatMap((one) => keysOf(one).map((key) => [key, one] as const)),
    );
    for (const place of places.filter(({ backend }) => survey.backends.includes(backend))) {
      const sighting = there.get(keyOf(place));
      if (sighting && !sighting.idle) continue;
      const entry = await host.records.entry(place);
      if (sighting && isWhole(survey, sighting, entry ?? {})) continue;
      if (results.length >= scope.effects || host.clock.elapsed() >= scope.end) return results;
      // What cannot be read another part of a sweep has told of.
      const again = restored(place, actions, timed(host, scope));
      const result = await again.catch(() => undefined);
      if (result) results.push(await conclude(result, host));
    }
  }
  return results;
}

/** What a record is about, for the library. */
interface Subject {
  readonly action: Action;
  readonly values: FieldValues;
  readonly backends: readonly Backend[];
}

/** Throws `bad-state` for what this version cannot take up. */
function subjectOf(
  entry: Entry,
  seconds: number | undefined,
  actions: Actions,
  host: Host,
): Subject {
  const action = actions.get(entry.action);
  if (!action || isDeed(action)) {
    const text = `${entry.action} is no action of this program, which has ${entry.target} on record`;
    throw new ActionError('bad-state', `${text}; see to it by hand`);
  }
  const request = requestFor('delete', textsFor(action, entry));
  const values = read(action, request);
  const target = targetOf(action, values);
  if (target !== entry.target) {
    const text = `what is on record as ${entry.target} is about ${target}`;
    throw new ActionError('bad-state', `${text}; see to both by hand`);
  }
  const { holder, options = {} } = entry;
  const circumstance = circumstanceOf({ request, holder, options }, seconds, host);
  return { action, values, backends: action.backends(values, circumstance) };
}

async function swept(place: Listed, actions: Actions, host: Host): Promise<Result | undefined> {
  const entry = await host.records.entry(place);
  if (!entry) return undefined;
  const base = resultOf(entry);
  try {
    if (entry.stage === 'making' && !isOver(entry, host)) {
      return await settleUnfinished(entry, actions, host);
    }
    if (entry.stage === 'held' && !isOver(entry, host)) {
      // Who copied or touched the file changed the time that it said, not the one that counts.
      await host.records.note(entry);
      return undefined;
    }
    const { backends } = subjectOf(entry, undefined, actions, host);
    if (entry.enforced && entry.stage !== 'going') {
      await host.records.forget(entry);
      return undefined;
    }
    const { removed } = await unblock(entry, backends, host);
    const again = await renewedMeanwhile(entry, actions, host);
    if (again) return again;
    const begun = entry.stage === 'going';
    const why = begun ? 'a delete of it did not come to its end' : 'it outlived its time';
    const done = removed.length > 0 ? 'it is undone' : 'nothing was left of it';
    return {
      ...base,
      verb: 'delete',
      outcome: removed.length === 0 ? 'absent' : begun ? 'removed' : 'expired',
      detail: `${entry.target}: ${why}; ${done}`,
    };
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    return { ...base, verb: 'delete', outcome: kind, detail: message };
  }
}

const resultOf = ({ action, holder, target, backend, alert, rule }: Entry) => ({
  action,
  holder,
  target,
  backend,
  ...(alert !== undefined && { alert }),
  ...(rule !== undefined && { rule }),
});

/** Another run may have made it again while this one undid it: then it must hold. */
async function renewedMeanwhile(
  { action, holder, target, backend }: Entry,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const place = { action, holder, target, backend };
  const entry = await host.records.entry(place);
  return entry && entry.stage !== 'going' && !isOver(entry, host)
    ? restored(place, actions, host)
    : undefined;
}

/**
 * A run died before it knew whether it holds: what it made stays, until its time is over, and what it
 * made in part is made whole.
 */
async function settleUnfinished(
  entry: Entry,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const { backends } = subjectOf(entry, undefined, actions, host);
  const backend = backends.find(({ name }) => name === entry.backend);
  const found = backend ? await presence(entry, backend, host) : 'absent';
  if (found === 'in doubt') return remade(entry, 'a run died while it made it', actions, host);
  if (found === 'present') await host.records.note({ ...entry, stage: 'held' });
  else await host.records.forget(entry);
  return undefined;
}

/** Makes the block again that a record tells of, for what is left of its time. */
async function restored(place: Place, actions: Actions, host: Host): Promise<Result | undefined> {
  const entry = await host.records.entry(place);
  if (entry?.stage !== 'held' || !isMeant(entry, host)) return undefined;
  return remade(entry, 'something had taken it away', actions, host);
}

async function remade(
  entry: Entry,
  why: string,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const base = resultOf(entry);
  try {
    const seconds = left(entry, host);
    const { action, values, backends } = subjectOf(entry, seconds, actions, host);
    const policy = await policyOf(host);
    const observing = policy.modeOf(action.name) === 'observe' && entry.holder !== MANUAL;
    if (observing) return undefined;
    await refuseProtected(action, values, policy, host);
    const backend = backends.find(({ name }) => name === entry.backend);
    if (!backend || remembers(backend)) return undefined;
    const standing = await block(blockOf(entry, seconds), [backend], host);
    await standing.settle();
    const detail = `${entry.target}: ${why}; it ${action.states.held} again`;
    return { ...base, verb: 'add', outcome: 'restored', detail };
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    return { ...base, verb: 'add', outcome: kind, detail: message };
  }
}

function blockOf(entry: Entry, expiry: number | undefined): Block {
  const {
    backend: _,
    stage: __,
    boot: ___,
    former: ____,
    enforced: _____,
    persistent: ______,
    ...who
  } = entry;
  return { ...who, ...(expiry !== undefined && { expiry }) };
}

/** Whether every one of them ended well. */
export const allGood = (results: readonly Result[]): boolean =>
  results.every(({ outcome }) => exitCode(outcome) === 0);
