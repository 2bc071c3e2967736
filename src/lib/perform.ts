import { type Backend, type Command, type Effect, type Ground, must, type Step } from './effect.ts';
import { DEADLINE, type Host } from './host.ts';
import { ActionError, asActionError, type Failure } from './outcome.ts';

/** What doing needs of the host. */
export type Doing = Pick<Host, 'runner' | 'clock' | 'lock'>;

/** Effects that held already, or that this run made, and can take back. */
export interface Ensured {
  readonly backend: string;
  /** Empty where everything held before. */
  readonly made: readonly Effect[];
}

// One to find the ground missing, one on the new ground, one for a neighbour that lifted it meanwhile.
const ROUNDS = 3;

/** Asks one step; the tool's own limit shrinks with what is left of the run's. */
async function ask<Answer extends string>(step: Step<Answer>, { runner, clock }: Doing) {
  const left = DEADLINE.run - clock.elapsed();
  if (left <= 0) throw new ActionError('timed-out', 'the run overran its time');
  return step.read(await runner.run(step.command, Math.min(DEADLINE.tool, left)));
}

/** Makes every effect of the backend hold, or throws with what this run made taken back. */
export async function ensure(backend: Backend, doing: Doing): Promise<Ensured> {
  return backend.lock
    ? doing.lock.with(() => ensureAll(backend, doing))
    : ensureAll(backend, doing);
}

async function ensureAll({ name, effects }: Backend, doing: Doing): Promise<Ensured> {
  const made: Effect[] = [];
  try {
    for (const effect of effects) {
      await ensureOne(effect, () => made.push(effect), doing);
    }
  } catch (thrown) {
    const error = asActionError(thrown);
    const kept = await takeBack(made, doing);
    throw kept ? new ActionError(error.kind, `${error.message}; ${kept}`, { cause: error }) : error;
  }
  return { backend: name, made };
}

async function ensureOne(effect: Effect, onMade: () => void, doing: Doing): Promise<void> {
  const { ground } = effect;
  if (ground?.see && (await ask(ground.see, doing)) === 'absent') await lay(ground, doing);
  for (let round = 0; round < ROUNDS; round += 1) {
    const seen = effect.see ? await ask(effect.see, doing) : 'absent';
    const answer = seen === 'present' ? 'present' : await ask(effect.make, doing);
    if (answer === 'made' || answer === 'unseen') onMade();
    if (answer === 'made') return;
    if (answer === 'present' && (await renewed(effect, doing))) return;
    if (!ground) break;
    if (answer !== 'present') await lay(ground, doing);
    if (answer === 'unseen' && (await renewed(effect, doing))) return;
  }
  throw new ActionError(
    'tool-failed',
    `${effect.what}: it does not hold, however often it is made`,
  );
}

/** Moves the expiry of what is there and sees that it holds, laying the ground again if need be. */
async function renewed({ renew, ground }: Effect, doing: Doing): Promise<boolean> {
  if (!renew || (await ask(renew, doing)) === 'present') return true;
  if (!ground) return false;
  await lay(ground, doing);
  return (await ask(renew, doing)) === 'present';
}

/** Lays the ground in the best way the tools of this host can. */
async function lay({ ways }: Ground, doing: Doing): Promise<void> {
  let first: ActionError | undefined;
  for (const way of ways) {
    try {
      for (const command of way) await ask(must(command, 'made'), doing);
      return;
    } catch (thrown) {
      const error = asActionError(thrown);
      if (error.kind !== 'tool-failed') throw error;
      first ??= error;
    }
  }
  throw first ?? new ActionError('internal', 'there is no way to lay the ground');
}

/** Undoes what this run made, last first; a sentence about what could not be undone. */
export async function takeBack(made: readonly Effect[], doing: Doing): Promise<string | undefined> {
  const kept: string[] = [];
  for (const effect of made.toReversed()) {
    try {
      await ask(effect.undo, doing);
    } catch (thrown) {
      kept.push(`${effect.what} is still there (${asActionError(thrown).message})`);
    }
  }
  return kept.length > 0 ? kept.join('; ') : undefined;
}

/** Undoes what is ours in one backend; `removed` if there was anything. */
export async function lift(backend: Backend, doing: Doing): Promise<'removed' | 'absent'> {
  const inSteps = backend.lock && backend.effects.length > 1;
  if (!inSteps) return liftAll(backend, doing);
  // Looking needs no lock, and so no state folder: most lifts find nothing here.
  const there = await anyPresent(backend, doing);
  return there ? doing.lock.with(() => liftAll(backend, doing)) : 'absent';
}

async function anyPresent({ effects }: Backend, doing: Doing): Promise<boolean> {
  for (const { see } of effects) {
    if (!see || (await ask(see, doing)) === 'present') return true;
  }
  return false;
}

async function liftAll({ effects }: Backend, doing: Doing): Promise<'removed' | 'absent'> {
  let removed = false;
  for (const effect of effects.toReversed()) {
    // Older tools, or an administrator's restore of saved rules, may have left more than one.
    while (!effect.see || (await ask(effect.see, doing)) === 'present') {
      const answer = await ask(effect.undo, doing);
      removed ||= answer === 'undone';
      if (!effect.see || answer === 'absent') break;
    }
  }
  return removed ? 'removed' : 'absent';
}

/** The command that would lift what somebody else made for the target, if there is any. */
export async function foreign(backend: Backend, doing: Doing): Promise<Command | undefined> {
  for (const { see, lift } of backend.foreign ?? []) {
    if ((await ask(see, doing)) === 'present') return lift;
  }
  return undefined;
}

const NEXT: ReadonlySet<Failure> = new Set(['missing-tool', 'tool-failed', 'bad-state']);

/** Whether another backend may be tried after this failure: not when the host's state is in doubt. */
export const mayTryNext = ({ kind }: ActionError): boolean => NEXT.has(kind);
