import { type Command, unexpected } from '../../effect.ts';
import type { Host } from '../../host.ts';
import { ActionError, asActionError } from '../../outcome.ts';
import { windows } from '../../windows/command-line.ts';
import { STATE_OF, stateOf } from '../../windows/service.ts';

/** How often a service is told to start, if it does not. */
export const TRIES = 5;
/** Seconds after which one that runs is looked at again: a bad configuration ends it at once. */
export const SETTLED = 3;

// Milliseconds: one tool, the pause between two looks, and the one before another try.
const TOOL = 10_000;
const PAUSE = 500;
const AGAIN = 2_000;
// So much is kept for the start, or half of the time where there is less.
const FOR_START = 30_000;

// One that starts or stops takes no orders.
const DEAF: readonly number[] = [STATE_OF.starting, STATE_OF.stopping];
// What another try will not change: no rights, services that depend on it, no such service, disabled.
const FINAL: readonly number[] = [5, 1051, 1058, 1060];

/** Stops a service and starts it; resolves to what it was before. */
export async function cycle(name: string, host: Host, timeout: number): Promise<'ran' | 'stood'> {
  const control = new Control(name, host, timeout);
  const before = await control.state();
  if (before !== STATE_OF.stopped) await control.stop();
  await control.start();
  return before === STATE_OF.stopped ? 'stood' : 'ran';
}

/** One service, for as long as there is time. */
class Control {
  readonly #name: string;
  readonly #host: Host;
  readonly #begin: number;
  readonly #time: number;
  /** Why it did not do what it was told, as far as anybody said. */
  #why = 'nobody said why';

  constructor(name: string, host: Host, timeout: number) {
    this.#name = name;
    this.#host = host;
    this.#begin = host.clock.elapsed();
    this.#time = timeout;
  }

  async state(): Promise<number> {
    const { command, read } = stateOf(this.#name);
    return read(await this.#run(command));
  }

  async stop(): Promise<void> {
    // Whatever the stop takes, there must be time for the start.
    const left = () => this.#left() - Math.min(FOR_START, this.#time / 2);
    let told = 0;
    while (left() > 0) {
      const state = await this.#seen();
      // Its process may take a moment longer than its state.
      if (state === STATE_OF.stopped) return this.#host.clock.sleep(PAUSE);
      if (state !== undefined && !DEAF.includes(state) && told < TRIES) {
        told += 1;
        const code = await this.#tell('stop');
        if (code !== undefined && FINAL.includes(code)) break;
      }
      await this.#host.clock.sleep(PAUSE);
    }
    const text = `${this.#name} does not stop (${this.#why}); if it stops later, start it by hand: sc start ${this.#name}`;
    throw new ActionError(left() > 0 ? 'tool-failed' : 'timed-out', text);
  }

  async start(): Promise<void> {
    for (let tried = 0; tried < TRIES && this.#left() > 0; tried += 1) {
      if (tried > 0) await this.#host.clock.sleep(AGAIN);
      const code = await this.#tell('start');
      if (await this.#runs()) return;
      if (code !== undefined && FINAL.includes(code)) break;
    }
    const text = `${this.#name} was stopped and does not run (${this.#why}); see ossec.log, and start it by hand: sc start ${this.#name}`;
    throw new ActionError(this.#left() > 0 ? 'tool-failed' : 'timed-out', text);
  }

  /** Whether it comes up, and is still up a moment later. */
  async #runs(): Promise<boolean> {
    while (this.#left() > 0) {
      const state = await this.#seen();
      if (state === STATE_OF.running) {
        await this.#host.clock.sleep(Math.min(SETTLED * 1_000, Math.max(this.#left(), 0)));
        if ((await this.#seen()) === STATE_OF.running) return true;
        this.#why = 'it ended right after its start';
        return false;
      }
      if (state === STATE_OF.stopped) return false;
      await this.#host.clock.sleep(PAUSE);
    }
    return false;
  }

  /** The state, where it can be seen now: one answer that fails is no reason to leave it half done. */
  async #seen(): Promise<number | undefined> {
    try {
      return await this.state();
    } catch (thrown) {
      this.#why = asActionError(thrown).message;
      return undefined;
    }
  }

  /** The exit code, which is the number of an error of Windows; what counts is the state afterwards. */
  async #tell(verb: 'stop' | 'start'): Promise<number | undefined> {
    const command = windows('sc', verb, this.#name);
    try {
      const completed = await this.#run(command);
      if (completed.exitCode !== 0) this.#why = unexpected(command, completed).message;
      return completed.exitCode;
    } catch (thrown) {
      this.#why = asActionError(thrown).message;
      return undefined;
    }
  }

  #run(command: Command) {
    // A look is due even when the time is over: it says how things stand.
    return this.#host.runner.run(command, Math.min(TOOL, Math.max(this.#left(), PAUSE)));
  }

  #left(): number {
    return this.#begin + this.#time - this.#host.clock.elapsed();
  }
}
