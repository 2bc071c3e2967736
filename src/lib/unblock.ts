import { type Backend, type Command, spell } from './effect.ts';
import type { Host } from './host.ts';
import { heldByOthers, leaving, release, remembers } from './memory.ts';
import { ActionError, asActionError } from './outcome.ts';
import { ask, foreign, lift } from './perform.ts';
import { type Place, SETTLED } from './record.ts';
import { type Refusal, summed } from './refusal.ts';

/** Whose block on what. */
export type Owned = Omit<Place, 'backend'>;

/** Asked once nothing can come in between: whether it is still to be done. */
export type Still = () => Promise<boolean>;

/** What came of it. */
export interface Lifted {
  /** The backends that it was removed from; none where nothing was there. */
  readonly removed: readonly string[];
  /** Whether others hold the same state, so that it is as it was. */
  readonly shared: boolean;
}

/**
 * Removes what this holder made for the target: from the first backend that has it, and from every
 * one on record. What former programs left for the target goes too.
 */
export async function unblock(
  who: Owned,
  backends: readonly Backend[],
  host: Host,
  still?: Still,
): Promise<Lifted> {
  const recorded = await backendsOnRecord(who, host);
  const removed: string[] = [];
  let shared = false;
  const refusals: Refusal[] = [];
  // Whatever becomes of this run, a sweep will know what was meant.
  for (const { name } of backends.filter((one) => !remembers(one))) {
    if (recorded?.includes(name)) await leaving({ ...who, backend: name }, host);
  }
  const give = async (backend: Backend, onRecord: boolean) => {
    if (remembers(backend)) {
      const answer = await release(who, backend, host, undefined, still);
      shared ||= answer === 'shared';
      return answer !== 'absent';
    }
    const place = { ...who, backend: backend.name };
    const forget = () => host.records.forget(place);
    return (await lift(backend, host, onRecord, forget, still)) === 'removed';
  };
  for (const backend of backends) {
    const onRecord = recorded?.includes(backend.name) ?? false;
    try {
      // Where the records cannot be read, everything is looked into.
      const passed = removed.length > 0 && recorded && !onRecord;
      if (!passed && (await give(backend, onRecord))) removed.push(backend.name);
      // Upkeep is about what is on record alone.
      const cleared = !still && backend.leftovers && (await ask(backend.leftovers, host));
      if (cleared === 'undone' && !removed.includes(backend.name)) removed.push(backend.name);
    } catch (thrown) {
      refusals.push({ backend, error: asActionError(thrown), onRecord });
    }
  }
  const grave = await unexcused(refusals, removed.length > 0, who.action, host);
  const all = refusals.length === backends.length;
  if (grave.length > 0 || all) {
    await soonAgain(recorded, host);
    const { kind, message } = summed(all ? refusals : grave);
    const done = removed.length > 0 ? `; removed from ${removed.join(', ')}` : '';
    throw new ActionError(kind, `${message}${done}`);
  }
  refuseUnknown(recorded, backends);
  if (removed.length === 0) await refuseForeign(who, backends, host);
  return { removed, shared };
}

/** What is on record, and could not be undone, a sweep tries again, once nobody is at it any more. */
async function soonAgain(
  recorded: readonly string[] | undefined,
  { records, clock }: Host,
): Promise<void> {
  if (!recorded || recorded.length === 0) return;
  await records.dueBy(clock.now().getTime() + SETTLED).catch(() => {});
}

async function backendsOnRecord(
  who: Owned,
  { records, log }: Host,
): Promise<readonly string[] | undefined> {
  try {
    return await records.backends(who);
  } catch (thrown) {
    await log.say(`Looking everywhere: ${asActionError(thrown).message}`);
    return undefined;
  }
}

/** What another version put on record in a way that this one does not know is still there. */
function refuseUnknown(recorded: readonly string[] = [], backends: readonly Backend[]): void {
  const unknown = recorded.filter((name) => !backends.some((backend) => backend.name === name));
  if (unknown.length === 0) return;
  const text = `it is on record that it was done by ${unknown.join(', ')}, which this version cannot undo`;
  throw new ActionError('bad-state', `${text}; see to it by hand`);
}

/**
 * The refusals that leave in doubt whether something of ours is still there: of a backend that is on
 * record or was ever used, or, where nothing was found, of a tool that is installed and will not say.
 */
async function unexcused(
  refusals: readonly Refusal[],
  found: boolean,
  action: string,
  { records }: Host,
): Promise<readonly Refusal[]> {
  const grave: Refusal[] = [];
  for (const refusal of refusals) {
    const { backend, error, onRecord } = refusal;
    const silent = !found && error.kind !== 'missing-tool';
    const used = () => records.wasUsed(action, backend.name).catch(() => true);
    if (onRecord || silent || (await used())) grave.push(refusal);
  }
  return grave;
}

/** Nothing was ours: that is fine, unless somebody else's rule still holds the target. */
async function refuseForeign(who: Owned, backends: readonly Backend[], host: Host): Promise<void> {
  // What is on record alone is one state, whoever looks: the best that can be had tells.
  let told = false;
  for (const backend of backends) {
    if (told && remembers(backend)) continue;
    try {
      const command = await lifting(who, backend, backends, host);
      if (command) {
        const text = `not made by this program; to lift it: ${spell(command)}`;
        throw new ActionError('not-ours', text);
      }
      told ||= remembers(backend);
    } catch (thrown) {
      // What cannot be looked for here is none of ours.
      if (asActionError(thrown).kind !== 'missing-tool') throw thrown;
    }
  }
}

async function lifting(
  who: Owned,
  backend: Backend,
  backends: readonly Backend[],
  host: Host,
): Promise<Command | undefined> {
  if (!remembers(backend)) return foreign(backend, host);
  return (await heldByOthers(who, backend, backends, host)) ? backend.memory.lift : undefined;
}
