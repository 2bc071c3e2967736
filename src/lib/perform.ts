import {
  type Backend,
  type Command,
  type Effect,
  type Ground,
  type Step,
  stepsOf,
} from './effect.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError, type Failure, Unfinished } from './outcome.ts';
import { LIMIT } from './ports.ts';

/** What doing needs of the host; a deed may need any of it. */
export type Doing = Host;

/** Effects that hold now. */
export interface Ensured {
  readonly backend: string;
  /** Those that this run made and can take back; none where everything held before. */
  readonly made: readonly Effect[];
}

/** A failure that left something behind: the record of it must stay. */
export class LeftBehind extends ActionError {}

// One to find the ground missing, one on the new ground, one for a neighbour that lifted it meanwhile.
const ROUNDS = 3;

/** Milliseconds for one tool, and since the process began for all of them. */
export interface Budget {
  readonly tool: number;
  readonly end: number;
}
/** For what a run has to do. */
export const WORK: Budget = { tool: LIMIT.tool, end: LIMIT.work };
/** For taking back what a failed run has done. */
export const TAKE_BACK: Budget = { tool: LIMIT.undo, end: LIMIT.run };

/** Takes one step; its own limit shrinks with what is left of the run's. */
export async function ask<Answer>(
  step: Step<Answer>,
  doing: Doing,
  budget = WORK,
): Promise<Answer> {
  const left = budget.end - doing.clock.elapsed();
  if (left <= 0) throw new ActionError('timed-out', 'the run overran its time');
  const timeout = Math.min(budget.tool, left);
  if ('act' in step) return step.act(doing, timeout);
  return step.read(await doing.runner.run(step.command, timeout));
}

/**
 * Makes every effect of the backend hold, in a turn of its caller's, or throws with what this run made taken back. Before it
 * lays ground it says so to `onLay`.
 */
export async function ensure(
  backend: Backend,
  doing: Doing,
  onLay: () => Promise<void> = async () => {},
): Promise<Ensured> {
  const attempt = new Attempt(backend, doing, onLay);
  return attempt.all();
}

/** Whether it looks first and acts then, so that another run could come in between. */
const inSteps = ({ effects }: Backend) => effects.some(({ see }) => see);

/** Does all of it without another run in between, where the backend acts in steps. */
export const inTurn = <T>(backend: Backend, doing: Doing, work: () => Promise<T>): Promise<T> =>
  inSteps(backend) ? alone(backend, doing, work) : work();

/** Runs what belongs together without another run in between. */
export async function alone<T>(
  { lock: name }: Backend,
  { lock }: Doing,
  work: () => Promise<T>,
): Promise<T> {
  return name === undefined ? work() : lock.with(name, work);
}

/** The same for an undo, which must work also where no lock can be had, since nothing can be written. */
export async function aloneIfPossible<T>(
  backend: Backend,
  doing: Doing,
  work: () => Promise<T>,
): Promise<T> {
  let begun = false;
  const begin = () => {
    begun = true;
    return work();
  };
  try {
    return await alone(backend, doing, begin);
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    if (begun || kind !== 'bad-state') throw thrown;
    await doing.log.say(`Going on without a lock: ${message}`);
    return work();
  }
}

class Attempt {
  readonly #backend: Backend;
  readonly #doing: Doing;
  readonly #onLay: () => Promise<void>;
  readonly #made: Effect[] = [];

  constructor(backend: Backend, doing: Doing, onLay: () => Promise<void>) {
    this.#backend = backend;
    this.#doing = doing;
    this.#onLay = onLay;
  }

  async all(): Promise<Ensured> {
    const { name, effects } = this.#backend;
    try {
      for (const effect of effects) await this.#one(effect);
    } catch (thrown) {
      const error = asActionError(thrown);
      const kept = await takeBack(this.#made, this.#doing);
      if (kept === undefined && !(error instanceof Unfinished)) throw error;
      const text = kept ? `${error.message}; ${kept}` : error.message;
      throw new LeftBehind(error.kind, text, { cause: error });
    }
    return { backend: name, made: this.#made };
  }

  async #one(effect: Effect): Promise<void> {
    const { ground } = effect;
    if (ground && (await this.#missing(ground))) await this.#lay(ground);
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = await this.#make(effect);
      if (answer === 'made') return;
      if (answer === 'present' && (await this.#renewed(effect))) return;
      if (!ground) break;
      if (answer !== 'present') await this.#lay(ground);
      if (answer === 'unseen' && (await this.#renewed(effect))) return;
    }
    const text = `${effect.what}: it does not hold, however often it is made`;
    throw new ActionError('tool-failed', text);
  }

  async #make(effect: Effect) {
    if (effect.see) {
      if ((await ask(effect.see, this.#doing)) === 'present') return 'present';
      // It was not there, so whatever a tool leaves that dies on the way is this run's.
      this.#made.push(effect);
      return ask(effect.make, this.#doing);
    }
    const answer = await ask(effect.make, this.#doing);
    if (answer === 'made' || answer === 'unseen') this.#made.push(effect);
    return answer;
  }

  /** Moves the expiry of what is there and sees that it holds, laying the ground again if need be. */
  async #renewed({ renew, ground }: Effect): Promise<boolean> {
    if (!renew || (await ask(renew, this.#doing)) === 'present') return true;
    if (!ground) return false;
    await this.#lay(ground);
    return (await ask(renew, this.#doing)) === 'present';
  }

  /** Whether the ground is seen not to be there; where it cannot be seen, `make` will tell. */
  async #missing({ see }: Ground): Promise<boolean> {
    return see !== undefined && (await ask(see, this.#doing)) === 'absent';
  }

  /** Lays the ground, unless another run did while this one waited for it. */
  async #lay(ground: Ground): Promise<void> {
    const work = async () => {
      if (ground.see && !(await this.#missing(ground))) return;
      await this.#onLay();
      await this.#layBest(ground);
    };
    // Who acts in steps has the lock already.
    await (inSteps(this.#backend) ? work() : alone(this.#backend, this.#doing, work));
  }

  /** In the best way that the tools of this host can. */
  async #layBest({ ways }: Ground): Promise<void> {
    let first: ActionError | undefined;
    for (const way of ways) {
      try {
        for (const step of way) await ask(step, this.#doing);
        return;
      } catch (thrown) {
        const error = asActionError(thrown);
        if (error.kind !== 'tool-failed') throw error;
        first ??= error;
      }
    }
    throw first ?? new ActionError('internal', 'there is no way to lay the ground');
  }
}

/** Undoes what this run made, last first; a sentence about what could not be undone. */
export async function takeBack(made: readonly Effect[], doing: Doing): Promise<string | undefined> {
  const kept: string[] = [];
  for (const { what, undo } of made.toReversed()) {
    try {
      await ask(undo, doing, TAKE_BACK);
    } catch (thrown) {
      kept.push(`${what} may still be there (${asActionError(thrown).message})`);
    }
  }
  return kept.length > 0 ? kept.join('; ') : undefined;
}

/**
 * Undoes what is ours in one backend, and then forgets it; `removed` if there was anything. Nobody can
 * make it again in between and lose the record of that, where the backend acts in steps.
 */
export async function lift(
  backend: Backend,
  doing: Doing,
  onRecord: boolean,
  forget: () => Promise<unknown>,
  still: () => Promise<boolean> = async () => true,
): Promise<'removed' | 'absent'> {
  const work = async () => {
    if (!(await still())) return 'absent';
    const answer = await liftAll(backend, doing);
    if (onRecord) await forget();
    // Who made it may be about to write down that it holds; where nothing can be written, nobody is.
    else if (answer === 'removed') await forget().catch(() => {});
    return answer;
  };
  // Looking needs no lock, and so no state folder: most lifts find nothing here.
  const idle = inSteps(backend) && !onRecord && !(await anyPresent(backend, doing));
  if (idle) return 'absent';
  return inSteps(backend) ? aloneIfPossible(backend, doing, work) : work();
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
  for (const other of backend.foreign ?? []) {
    // Some know what would lift it only once they have seen it.
    if ((await ask(other.see, doing)) === 'present') return other.lift;
  }
  return undefined;
}

const NEXT: ReadonlySet<Failure> = new Set([
  'missing-tool',
  'tool-failed',
  'bad-state',
  'no-effect',
]);

/** Throws `missing-tool` unless every tool is there that the backend may run. */
export async function demandTools(backend: Backend, { runner }: Doing): Promise<void> {
  const commands = stepsOf(backend).flatMap((step) => ('command' in step ? [step.command] : []));
  for (const tool of new Set(commands.map(({ tool }) => tool))) {
    if ((await runner.locate(tool)) === undefined) {
      throw new ActionError('missing-tool', `${tool} is not installed`);
    }
  }
}

/** Whether another backend may be tried after this failure: not when it cost the time for one. */
export const mayTryNext = ({ kind }: ActionError): boolean => NEXT.has(kind);
