import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import { hold, recordOf, remembers } from './memory.ts';
import { ActionError, asActionError } from './outcome.ts';
import { demandTools, ensure, inTurn, LeftBehind, mayTryNext, takeBack } from './perform.ts';
import { presence } from './presence.ts';
import type { Entry } from './record.ts';
import { isNext, type Refusal, summed } from './refusal.ts';

/** Whose block on what, until when and why: the identity of marks, and what records say of it. */
export interface Block extends Omit<Entry, 'backend' | 'stage' | 'boot' | 'former'> {
  /** Seconds from now until its end at the latest. */
  readonly expiry?: number;
}

/** A block that stands. */
export interface Standing {
  readonly backend: Backend;
  /** Whether this run made it; false where it held before. */
  readonly fresh: boolean;
  /** Takes back what this run made, never what was there before; a sentence about what stayed. */
  readonly withdraw: () => Promise<string | undefined>;
  /** Puts on record that it holds. Throws where that cannot be; it holds all the same. */
  readonly settle: () => Promise<void>;
}

/**
 * Makes the block hold by the first backend that can. A backend that undo would not look into first
 * leaves a record before it acts, so that nothing has to be searched for later. `still` is asked once no
 * other run can come in between; where it says no, `refused` is thrown and nothing is done.
 */
export async function block(
  who: Block,
  backends: readonly Backend[],
  host: Host,
  still: () => Promise<boolean> = async () => true,
): Promise<Standing> {
  const refusals: Refusal[] = [];
  for (const backend of backends) {
    if (!isNext(backend, refusals)) continue;
    try {
      return await (remembers(backend)
        ? hold(who, backend, host)
        : mark(who, backend, host, still));
    } catch (thrown) {
      const error = asActionError(thrown);
      if (!mayTryNext(error)) throw error;
      refusals.push({ backend, error, onRecord: false });
    }
  }
  throw summed(refusals);
}

/** Makes a block that can be told from everybody else's. */
async function mark(
  who: Block,
  backend: Backend,
  host: Host,
  still: () => Promise<boolean>,
): Promise<Standing> {
  // A record of what no tool is there for would outlive a crash for nothing.
  if (backend.record) await demandTools(backend, host);
  return inTurn(backend, host, async () => {
    // Only who takes up what is on record asks.
    if (!(await still())) throw new ActionError('refused', 'it was undone meanwhile');
    return markAlone(who, backend, host);
  });
}

async function markAlone(who: Block, backend: Backend, host: Host): Promise<Standing> {
  const record = recordOf(who, backend, 'making');
  const wrote = await (backend.record ? host.records.note(record) : attempted(record, host));
  try {
    const { made } = await ensure(backend, host, () => remember(who.action, backend, host));
    const withdraw = async () => {
      const kept = await takeBack(made, host);
      if (wrote && kept === undefined) await host.records.forget(record);
      return kept;
    };
    const settle = async () => {
      if (wrote !== undefined && (await host.records.settle(record))) return;
      await host.records.note({ ...record, stage: 'held' });
      // Another run undid it, or something that was there before it.
      const there = wrote === undefined || (await presence(record, backend, host)) === 'present';
      if (!there) await host.records.forget(record);
    };
    return { backend, fresh: made.length > 0, withdraw, settle };
  } catch (thrown) {
    const error = asActionError(thrown);
    if (wrote && !(error instanceof LeftBehind)) await host.records.forget(record);
    throw error;
  }
}

/** Writes the record where that can be; undo would find the block without it. */
const attempted = (record: Entry, { records }: Host): Promise<boolean | undefined> =>
  records.note(record).catch(() => undefined);

// A backend without records works where no state can be kept; then this cannot be kept either.
async function remember(
  action: string,
  { name, record }: Backend,
  { records, log }: Host,
): Promise<void> {
  if (record) return;
  try {
    await records.markUsed(action, name);
  } catch (thrown) {
    await log.say(`Not remembered that ${name} was used: ${asActionError(thrown).message}`);
  }
}
