import { type Block, block } from './block.ts';
import type { Host } from './host.ts';
import type { Actions } from './inventory.ts';
import type { Result } from './log.ts';
import { remembers } from './memory.ts';
import { refuseProtected } from './neverblock.ts';
import { resultOf, subjectOf } from './on-record.ts';
import { asActionError } from './outcome.ts';
import { policyOf } from './policy.ts';
import { type Entry, isOver, type Place } from './record.ts';
import { MANUAL } from './request.ts';

/** Makes the block again that a record tells of, for what is left of its time. */
export async function restored(
  place: Place,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const entry = await host.records.entry(place);
  if (entry?.stage !== 'held') return undefined;
  if (!isMeant(entry, host)) {
    // What went with the power, and nobody knows for how long it was meant, is no more.
    if (entry.until === undefined && !entry.persistent) await host.records.forget(entry);
    return undefined;
  }
  return remade(entry, 'something had taken it away', actions, host);
}

/** Makes it again, whatever its stage; `why` is what had happened, as part of a sentence. */
export async function remade(
  entry: Entry,
  why: string,
  actions: Actions,
  host: Host,
): Promise<Result | undefined> {
  const base = resultOf(entry);
  let gone = false;
  const still = async () => {
    const now = await host.records.entry(entry);
    gone = now === undefined || now.stage === 'going';
    return !gone;
  };
  try {
    const seconds = left(entry, host);
    const { action, values, backends } = subjectOf(entry, seconds, actions, host);
    const policy = await policyOf(host);
    const observing = policy.modeOf(action.name) === 'observe' && entry.holder !== MANUAL;
    if (observing) return undefined;
    await refuseProtected(action, values, policy, host);
    const backend = backends.find(({ name }) => name === entry.backend);
    if (!backend || remembers(backend)) return undefined;
    const standing = await block(blockOf(entry, seconds), [backend], host, still);
    await standing.settle();
    const detail = `${entry.target}: ${why}; it ${action.states.held} again`;
    return { ...base, verb: 'add', outcome: 'restored', detail };
  } catch (thrown) {
    if (gone) return undefined;
    const { kind, message } = asActionError(thrown);
    return { ...base, verb: 'add', outcome: kind, detail: message };
  }
}

/** Seconds until its end. */
const left = ({ until }: Entry, { clock }: Host): number | undefined =>
  until === undefined
    ? undefined
    : Math.max(1, Math.ceil((Date.parse(until) - clock.now().getTime()) / 1000));

/**
 * Whether it should still hold. An agent that does not say when a block ends has forgotten it after
 * a reboot: then nobody would ever end it.
 */
function isMeant(entry: Entry, host: Host): boolean {
  if (entry.until !== undefined) return !isOver(entry, host.clock.now());
  return entry.endless === true || host.records.isOfThisBoot(entry);
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
