import { afresh } from './afresh.ts';
import { register } from './conclude.ts';
import type { Host } from './host.ts';
import { type Actions, isWhole, keyOf, keysOf, surveyAll } from './inventory.ts';
import type { Result } from './log.ts';
import { resultOf, subjectOf } from './on-record.ts';
import { asActionError } from './outcome.ts';
import { presence } from './presence.ts';
import { type Entry, isOver } from './record.ts';
import type { Listed } from './records.ts';
import { remade, restored } from './restore.ts';
import { unblock } from './unblock.ts';

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

// Milliseconds until another run goes on with what is overdue.
const SOON = 5_000;

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
    if (result) results.push(await register(result, host));
  }
  // Others may have been added meanwhile.
  const left = looked > 0 ? await host.records.places() : places;
  const next = nextAfter();
  await host.records.dueAt(next).catch(pass);
  return unread.length === 0 ? results : [...results, await register(passedOver(unread), host)];

  function nextAfter(): number | undefined {
    if (results.length >= scope.effects) return now + SOON;
    const later = left.map(({ lookAgain }) => lookAgain).filter((time) => time > now);
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
  const blind: string[] = [];
  const seen = await surveyAll(actions, timed(host, scope), (why) => blind.push(why));
  const places = await host.records.places();
  for (const { survey, sightings } of seen) {
    const there = new Map(
      sightings.flatMap((one) => keysOf(one).map((key) => [key, one] as const)),
    );
    for (const place of places.filter(({ backend }) => survey.backends.includes(backend))) {
      const sighting = there.get(keyOf(place));
      if (sighting && !sighting.idle) continue;
      // What cannot be read another part of a sweep has told of.
      const entry = await host.records.entry(place).catch(() => undefined);
      if (!entry || (sighting && isWhole(survey, sighting, entry))) continue;
      if (results.length >= scope.effects || host.clock.elapsed() >= scope.end) return results;
      const result = await restored(place, actions, timed(host, scope));
      if (result) results.push(await register(result, host));
    }
  }
  return blind.length === 0 ? results : [...results, await register(passedOver(blind), host)];
}

async function swept(place: Listed, actions: Actions, host: Host): Promise<Result | undefined> {
  const entry = await host.records.entry(place);
  if (!entry) return undefined;
  const base = resultOf(entry);
  let renewed = false;
  const still = async () => {
    const now = await host.records.entry(entry);
    renewed = now !== undefined && now.stage !== 'going' && !isOver(now, host.clock.now());
    return !renewed;
  };
  try {
    if (entry.stage === 'making' && !isOver(entry, host.clock.now())) {
      return await settleUnfinished(entry, actions, host);
    }
    if (entry.stage === 'held' && !isOver(entry, host.clock.now())) {
      // Who copied or touched the file changed the time that it said, not the one that counts.
      await host.records.settle(entry);
      return undefined;
    }
    const { backends } = subjectOf(entry, undefined, actions, host);
    if (entry.enforced && entry.stage !== 'going') {
      await host.records.forget(entry);
      return undefined;
    }
    const { removed } = await unblock(entry, backends, host, still);
    if (renewed) return undefined;
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
    if (renewed) return undefined;
    const { kind, message } = asActionError(thrown);
    return { ...base, verb: 'delete', outcome: kind, detail: message };
  }
}

/** Another run may have made it again while this one undid it: then it must hold. */
async function renewedMeanwhile(
  { action, holder, target, backend }: Entry,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const place = { action, holder, target, backend };
  const entry = await host.records.entry(place);
  return entry && entry.stage !== 'going' && !isOver(entry, host.clock.now())
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
  if (found === 'present') await host.records.settle(entry);
  else await host.records.forget(entry);
  return undefined;
}
