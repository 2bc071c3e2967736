import { type Backend, spell } from './effect.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import {
  type Ensured,
  ensure,
  foreign,
  LeftBehind,
  lift,
  mayTryNext,
  takeBack,
} from './perform.ts';
import type { Entry } from './records.ts';

/** Whose block on what, and until when: the identity of marks and records. */
export type Block = Omit<Entry, 'backend'>;

/** A block that stands, and the record that this run wrote for it. */
export interface Standing extends Ensured {
  readonly record: Entry | undefined;
}

/**
 * Makes the block hold by the first backend that can. A backend that undo would not look into first
 * leaves a record before it acts, so that nothing has to be searched for later.
 */
export async function block(
  who: Block,
  backends: readonly Backend[],
  host: Host,
): Promise<Standing> {
  const refusals: Refusal[] = [];
  for (const backend of backends) {
    const record = { ...who, backend: backend.name };
    let wrote = false;
    try {
      wrote = backend.record && (await noted(record, backend, host));
      const onLay = () => remember(who.action, backend, host);
      const ensured = await ensure(backend, host, onLay);
      return { ...ensured, record: wrote ? record : undefined };
    } catch (thrown) {
      const error = asActionError(thrown);
      if (wrote && !(error instanceof LeftBehind)) await host.records.forget(record);
      if (!mayTryNext(error)) throw error;
      refusals.push({ backend, error, onRecord: false });
    }
  }
  throw summed(refusals);
}

/** Writes the record, but not for tools that are not there: it would outlive a crash for nothing. */
async function noted(record: Entry, { effects }: Backend, host: Host): Promise<boolean> {
  const tools = effects.flatMap(({ see, make, undo }) => [see ?? make, make, undo]);
  for (const tool of new Set(tools.map(({ command }) => command.tool))) {
    if ((await host.runner.locate(tool)) === undefined) {
      throw new ActionError('missing-tool', `${tool} is not installed`);
    }
  }
  return host.records.note(record);
}

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

/** Takes back what this run made, never what was there before; a sentence about what stayed. */
export async function withdraw(
  { made, record }: Standing,
  host: Host,
): Promise<string | undefined> {
  const kept = await takeBack(made, host);
  if (record && kept === undefined) await host.records.forget(record);
  return kept;
}

interface Refusal {
  readonly backend: Backend;
  readonly error: ActionError;
  readonly onRecord: boolean;
}

/** Several refusals as one; what a tool said weighs more than that another is missing. */
function summed(refusals: readonly Refusal[]): ActionError {
  const errors = refusals.map(({ error }) => error);
  const [first] = errors;
  if (!first) return new ActionError('internal', 'there is no backend to try');
  const worst = errors.find(({ kind }) => kind !== 'missing-tool') ?? first;
  const text = refusals.map(({ backend, error }) => `${backend.name}: ${error.message}`).join('; ');
  return new ActionError(worst.kind, text, { cause: worst });
}

/**
 * Removes what this holder made for the target: from the first backend that has it, and from every
 * one on record. The names of the backends it was removed from; none where nothing was there.
 */
export async function unblock(
  who: Block,
  backends: readonly Backend[],
  host: Host,
): Promise<readonly string[]> {
  const recorded = await backendsOnRecord(who, host);
  const removed: string[] = [];
  const refusals: Refusal[] = [];
  for (const backend of backends) {
    const onRecord = recorded?.includes(backend.name) ?? false;
    // Where the records cannot be read, everything is looked into.
    if (removed.length > 0 && recorded && !onRecord) continue;
    try {
      if ((await lift(backend, host)) === 'removed') removed.push(backend.name);
      if (onRecord) await host.records.forget({ ...who, backend: backend.name });
    } catch (thrown) {
      refusals.push({ backend, error: asActionError(thrown), onRecord });
    }
  }
  const grave = await unexcused(refusals, removed.length > 0, who.action, host);
  const all = refusals.length === backends.length;
  if (grave.length > 0 || all) {
    const { kind, message } = summed(all ? refusals : grave);
    const done = removed.length > 0 ? `; removed from ${removed.join(', ')}` : '';
    throw new ActionError(kind, `${message}${done}`);
  }
  if (removed.length === 0) await refuseForeign(backends, host);
  return removed;
}

async function backendsOnRecord(
  who: Block,
  { records, log }: Host,
): Promise<readonly string[] | undefined> {
  try {
    return await records.backends(who);
  } catch (thrown) {
    await log.say(`Looking everywhere: ${asActionError(thrown).message}`);
    return undefined;
  }
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
