import { type Backend, spell } from './effect.ts';
import type { HeldRecord } from './held.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Ensured, ensure, foreign, lift, mayTryNext, takeBack } from './perform.ts';

/** Whose block on what: the identity of records and marks. */
export interface Block {
  readonly action: string;
  readonly holder: string;
  readonly target: string;
  readonly until: string | undefined;
}

/** A block that holds, and the record that this run wrote for it. */
export interface Held extends Ensured {
  readonly record: HeldRecord | undefined;
}

/**
 * Makes the block hold by the first backend that can. A backend that undo would not look into first
 * leaves a record before it acts, so that nothing has to be searched for later.
 */
export async function block(who: Block, backends: readonly Backend[], host: Host): Promise<Held> {
  const refusals: Refusal[] = [];
  for (const backend of backends) {
    const record = { ...who, backend: backend.name };
    let wrote = false;
    try {
      wrote = backend.record && (await host.held.note(record));
      return { ...(await ensure(backend, host)), record: wrote ? record : undefined };
    } catch (thrown) {
      const error = asActionError(thrown);
      if (wrote) await host.held.forget(record);
      if (!mayTryNext(error)) throw error;
      refusals.push({ name: backend.name, error });
    }
  }
  throw summed(refusals);
}

/** Takes back what this run made, never what was there before; a sentence about what stayed. */
export async function withdraw({ made, record }: Held, host: Host): Promise<string | undefined> {
  const kept = await takeBack(made, host);
  if (record && kept === undefined) await host.held.forget(record);
  return kept;
}

interface Refusal {
  readonly name: string;
  readonly error: ActionError;
}

function summed(refusals: readonly Refusal[]): ActionError {
  const [first] = refusals;
  if (!first) return new ActionError('internal', 'there is no backend to try');
  const worst = refusals.find(({ error }) => error.kind !== 'missing-tool') ?? first;
  const text = refusals.map(({ name, error }) => `${name}: ${error.message}`).join('; ');
  return new ActionError(worst.error.kind, text, { cause: worst.error });
}

/** What a lift found: the backends it removed ours from, none where nothing of ours was there. */
export async function unblock(
  who: Block,
  backends: readonly Backend[],
  host: Host,
): Promise<readonly string[]> {
  const recorded = await host.held.backends(who.action, who.holder, who.target);
  const removed: string[] = [];
  const refusals: Refusal[] = [];
  let asked = 0;
  for (const backend of backends) {
    const record: HeldRecord = { ...who, backend: backend.name };
    const onRecord = recorded.includes(backend.name);
    if (removed.length > 0 && !onRecord) continue;
    try {
      if ((await lift(backend, host)) === 'removed') removed.push(backend.name);
      if (onRecord) await host.held.forget(record);
      asked += 1;
    } catch (thrown) {
      const error = asActionError(thrown);
      const neverUsed = error.kind === 'missing-tool' && !onRecord;
      if (!neverUsed || (asked === 0 && backend === backends.at(-1))) {
        refusals.push({ name: backend.name, error });
      }
    }
  }
  if (refusals.length > 0) throw summed(refusals);
  if (removed.length === 0) await refuseForeign(backends, host);
  return removed;
}

/** Nothing was ours: that is fine, unless somebody else’s rule still holds the target. */
async function refuseForeign(backends: readonly Backend[], host: Host): Promise<void> {
  for (const backend of backends) {
    if (!backend.foreign) continue;
    const command = await foreign(backend, host).catch((thrown: unknown) => {
      const error = asActionError(thrown);
      if (error.kind === 'missing-tool') return undefined;
      throw error;
    });
    if (command) {
      const text = `not made by this program; to lift it: ${spell(command)}`;
      throw new ActionError('not-ours', text);
    }
  }
}
