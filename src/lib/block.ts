import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Ensured, ensure, LeftBehind, mayTryNext, takeBack } from './perform.ts';
import type { Entry } from './records.ts';
import { type Refusal, summed } from './refusal.ts';

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
  const steps = effects.flatMap(({ ground, see, make, undo }) => [ground?.see, see, make, undo]);
  for (const tool of new Set(steps.flatMap((step) => (step ? [step.command.tool] : [])))) {
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
