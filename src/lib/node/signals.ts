import fs from 'node:fs';
import { ActionError, Unfinished } from '../outcome.ts';
import type { Clock } from '../ports.ts';
import {
  killObjection,
  type Life,
  type Signals,
  type SparedPrograms,
  type Suspect,
} from '../signals.ts';
import { codeOf } from './errors.ts';
import { lineage, type Pinned, pin } from './proc.ts';

/** What signals are sent for. */
export interface Sender {
  /** The agent's home, absolute, where there is one. */
  readonly home: string | undefined;
  readonly clock: Clock;
}

/** Sends a signal by number, as Node does; tests give one that is disturbed. */
export type Send = (pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => void;

// Milliseconds for a process to stop, and between two looks at it.
const STOP = 500;
const POLL = 1;

/** Signals to the processes of this machine. */
export function signalsOf({ home, clock }: Sender, send: Send = sendByNumber): Signals {
  const account = home === undefined ? undefined : accountOf(home);

  /** Sees that it is the process that is meant and may be killed; nothing where it is gone. */
  function seen(pinned: Pinned, suspect: Suspect, { never }: SparedPrograms): Life | undefined {
    const family = lineage();
    if (!family) throw new ActionError('refused', '/proc shows the processes of another namespace');
    const life = pinned.read();
    const why = life && killObjection(life, suspect, { never, home, account, lineage: family });
    if (why) throw new ActionError('refused', `${why}; it is not killed`);
    return life;
  }

  /** Waits for an end of something; false where there was none in time. */
  async function within(timeout: number, done: () => boolean): Promise<boolean> {
    const end = clock.elapsed() + timeout;
    while (!done()) {
      if (clock.elapsed() >= end) return false;
      await clock.sleep(POLL);
    }
    return true;
  }

  /**
   * A number can be given to another process between a look and a signal. So the process is stopped
   * first, and looked at once more: stopped it neither ends by itself nor becomes another program.
   */
  async function stopped(pinned: Pinned, suspect: Suspect, spared: SparedPrograms, before: Life) {
    const { pid } = suspect;
    if (!trySend(send, pid, 'SIGSTOP')) return undefined;
    try {
      await within(STOP, () => pinned.read()?.stopped !== false);
      const life = seen(pinned, suspect, spared);
      if (!life) trySend(send, pid, 'SIGCONT');
      return life;
    } catch (thrown) {
      if (!before.stopped) trySend(send, pid, 'SIGCONT');
      throw thrown;
    }
  }

  return {
    check: async (suspect, spared) =>
      pinning(suspect, async (pinned) => (seen(pinned, suspect, spared) ? 'alive' : 'gone')),

    kill: async (suspect, spared, timeout) =>
      pinning(suspect, async (pinned) => {
        const before = seen(pinned, suspect, spared);
        if (!before || !(await stopped(pinned, suspect, spared, before))) return 'gone';
        trySend(send, suspect.pid, 'SIGKILL');
        if (await within(timeout, () => pinned.read() === undefined)) return 'killed';
        const text = `${suspect.pid} was sent SIGKILL and is still there; it may hang in the kernel`;
        throw new Unfinished('timed-out', text);
      }),
  };
}

async function pinning<T>({ pid }: Suspect, work: (pinned: Pinned) => Promise<T>) {
  const pinned = pin(pid);
  if (!pinned) return 'gone';
  try {
    return await work(pinned);
  } finally {
    pinned.close();
  }
}

const sendByNumber: Send = (pid, signal) => {
  process.kill(pid, signal);
};

/** Whether there was a process to send it to. */
function trySend(send: Send, pid: number, signal: Parameters<Send>[1]): boolean {
  try {
    send(pid, signal);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ESRCH') return false;
    throw new ActionError('tool-failed', `${pid}: no ${signal} may be sent (${codeOf(thrown)})`, {
      cause: thrown,
    });
  }
}

/** The account that the agent's unprivileged parts run as: its log folder is theirs. */
function accountOf(home: string): number | undefined {
  const uid = fs.lstatSync(`${home}/logs`, { throwIfNoEntry: false })?.uid;
  return uid === 0 ? undefined : uid;
}
