import type { Block, Standing } from './block.ts';
import { type Backend, enforces, type Memory } from './effect.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError, Unfinished } from './outcome.ts';
import {
  alone,
  aloneIfPossible,
  ask,
  type Budget,
  demandTools,
  LeftBehind,
  TAKE_BACK,
} from './perform.ts';
import type { Entry, Place, Stage } from './record.ts';

/** A backend whose undo restores what is on record. */
export type Remembering = Backend & { readonly memory: Memory };

/** Whether a backend is one. */
export const remembers = (backend: Backend): backend is Remembering => backend.memory !== undefined;

/** What is to be put on record of a block by a backend. */
export function recordOf({ expiry, ...who }: Block, backend: Backend, stage: Stage): Entry {
  return {
    ...who,
    backend: backend.name,
    stage,
    ...(enforces(backend, expiry) && { enforced: true }),
    ...(backend.persistent && { persistent: true }),
  };
}

const placeOf = (who: Omit<Place, 'backend'>, { name }: Backend): Place => ({
  action: who.action,
  holder: who.holder,
  target: who.target,
  backend: name,
});

/** Brings the state about, with what it was before on record first. */
export const hold = (who: Block, backend: Remembering, host: Host): Promise<Standing> =>
  alone(backend, host, () => holdAlone(who, backend, host));

async function holdAlone(who: Block, backend: Remembering, host: Host): Promise<Standing> {
  const { memory } = backend;
  await demandTools(backend, host);
  const mine = recordOf(who, backend, 'making');
  const now = await ask(memory.look, host);
  await spare(backend, now, host);
  const entries = await host.records.entries(mine);
  const own = entries.find(({ holder }) => holder === who.holder);
  const others = entries.filter((entry) => entry !== own);
  // Somebody else's doing, and there is nothing that a delete should undo.
  if (entries.length === 0 && memory.holds(now)) {
    const nothing = async () => undefined;
    return { backend, fresh: false, withdraw: nothing, settle: nothing };
  }

  const recorded = [own, ...others].find((entry) => entry?.former !== undefined)?.former;
  // What was there before a lost record cannot be told from what we made.
  const lost = entries.length > 0 && recorded === undefined && memory.holds(now);
  const former = lost ? undefined : memory.former(now, recorded);
  const noted = { ...mine, ...(former !== undefined && { former }) };
  await host.records.note(noted);
  for (const other of others) {
    if (former !== undefined && former !== other.former) {
      await host.records.note({ ...other, former });
    }
  }
  const withdraw = async () => (own ? undefined : withdrawn(who, backend, host));
  const settle = async () => {
    await host.records.settle(noted);
  };
  if (memory.holds(now)) return { backend, fresh: own === undefined, withdraw, settle };
  try {
    for (const step of memory.make(now)) await ask(step, host);
    if (!memory.holds(await ask(memory.look, host))) {
      throw new ActionError(
        'tool-failed',
        `${memory.what}: the tool says yes, but it does not hold`,
      );
    }
  } catch (thrown) {
    throw await undone(asActionError(thrown), own ?? noted, own !== undefined, backend, host);
  }
  // What was on record before this run is not this run's to give up, though it had to be made anew.
  const kept = async () => `${memory.what} stays, as it was on record before`;
  return { backend, fresh: true, withdraw: own ? kept : withdraw, settle };
}

/** Throws `refused` for what must never be brought about from the state that was seen. */
export async function spare({ memory }: Remembering, now: string, host: Host): Promise<void> {
  const why = memory.refuses?.(now);
  if (why !== undefined) throw new ActionError('refused', `${why}; it is never touched`);
  if (memory.spare && !memory.holds(now)) await ask(memory.spare, host);
}

async function withdrawn(who: Block, backend: Remembering, host: Host) {
  try {
    await release(who, backend, host, TAKE_BACK);
    return undefined;
  } catch (thrown) {
    return `${backend.memory.what} may still hold (${asActionError(thrown).message})`;
  }
}

/** The failure, with what was half done taken back and what could not be said. */
async function undone(
  error: ActionError,
  record: Entry,
  held: boolean,
  backend: Remembering,
  host: Host,
): Promise<ActionError> {
  if (held) return error;
  try {
    await restore(record, backend, host, TAKE_BACK);
    if (!(error instanceof Unfinished)) {
      await host.records.forget(record);
      return error;
    }
  } catch (thrown) {
    const text = `${error.message}; it may be half done (${asActionError(thrown).message})`;
    return new LeftBehind(error.kind, text, { cause: error });
  }
  return new LeftBehind(error.kind, error.message, { cause: error });
}

/**
 * Gives up what this holder has: the last one restores what was there before. `shared`: others still
 * hold it.
 */
export async function release(
  who: Omit<Place, 'backend'>,
  backend: Remembering,
  host: Host,
  budget?: Budget,
  still: () => Promise<boolean> = async () => true,
): Promise<'removed' | 'shared' | 'absent'> {
  const mine = placeOf(who, backend);
  const isMine = ({ holder }: Entry) => holder === who.holder;
  // Looking needs no lock: most deletes find nothing here.
  if (!(await host.records.entries(mine)).some(isMine)) return 'absent';
  return aloneIfPossible(backend, host, async () => {
    const entries = await host.records.entries(mine);
    const own = entries.find(isMine);
    if (!own || !(await still())) return 'absent';
    if (entries.length === 1) {
      await leaving(own, host);
      await restore(own, backend, host, budget);
    }
    await host.records.forget(own);
    return entries.length === 1 ? 'removed' : 'shared';
  });
}

/** Says that an undo is under way; it must work, whether that can be written down or not. */
export async function leaving(place: Place, { records, log }: Host): Promise<void> {
  try {
    await records.leave(place);
  } catch (thrown) {
    await log.say(`Going on without a record: ${asActionError(thrown).message}`);
  }
}

async function restore(
  { former }: Entry,
  { memory }: Remembering,
  host: Host,
  budget?: Budget,
): Promise<void> {
  const now = await ask(memory.look, host, budget);
  if (former === undefined) {
    // Who died before that was written had changed nothing yet.
    if (!memory.holds(now)) return;
    const text = `${memory.what}: the record does not say what was there before; see to it by hand`;
    throw new ActionError('bad-state', text);
  }
  const steps = memory.restore(former, now);
  for (const step of steps) await ask(step, host, budget);
  if (steps.length === 0) return;
  const left = memory.restore(former, await ask(memory.look, host, budget));
  if (left.length > 0) {
    throw new ActionError('tool-failed', `${memory.what}: the tool says yes, but it still holds`);
  }
}

/**
 * Whether somebody else's doing holds the target, as one of an action's backends sees it: what any of
 * them has on record is ours.
 */
export async function heldByOthers(
  who: Omit<Place, 'backend'>,
  backend: Remembering,
  backends: readonly Backend[],
  host: Host,
): Promise<boolean> {
  for (const one of backends.filter(remembers)) {
    if ((await host.records.entries(placeOf(who, one))).length > 0) return false;
  }
  await demandTools(backend, host);
  const { look, holds, refuses } = backend.memory;
  const now = await ask(look, host);
  return holds(now) && refuses?.(now) === undefined;
}
