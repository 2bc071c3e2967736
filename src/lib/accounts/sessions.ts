import { type Ask, asking, type Question } from '../asking.ts';
import { type Deed, run, spell, unexpected } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError } from '../outcome.ts';

// What was forked between two rounds falls in the next; what was killed takes a moment to go.
const ROUNDS = 20;
const PAUSE = 50;
// logind answers at once, or there is none.
const LOGIND = 2_000;

/**
 * Ends all that an account has running, until nothing is left of it. logind hears of it first, where
 * there is one, so that it knows that the sessions are over.
 */
export function sessions(name: string): Deed<Ended> {
  const terminate = run('loginctl', 'terminate-user', name);
  const killers = [pkill(name), startStopDaemon(name)];
  return {
    spelled: `loginctl terminate-user ${name}; while pkill -KILL -U ${name}; do sleep 0.05; done`,
    async act(host, timeout) {
      const ask = asking(host, timeout);
      // Where it fails nobody is logged in by its records, or it is not what this host runs on.
      const told = await host.runner.run(terminate, Math.min(LOGIND, timeout)).then(
        ({ exitCode }) => exitCode === 0,
        () => false,
      );
      return untilNone(name, killers, told, host, ask);
    },
  };
}

/** The same where there is no logind: all that runs under its number, by `pkill`, which a BSD always has. */
export function processes(name: string): Deed<Ended> {
  const killer = pkill(name);
  return {
    spelled: `while ${spell(killer.command)}; do sleep 0.05; done`,
    act: (host, timeout) => untilNone(name, [killer], false, host, asking(host, timeout)),
  };
}

type Ended = 'with its sessions ended' | 'with no session open';

async function untilNone(
  name: string,
  killers: readonly Killer[],
  told: boolean,
  { clock }: Pick<Host, 'clock'>,
  ask: Ask,
): Promise<Ended> {
  const kill = await firstAble(killers, ask);
  for (let round = 1; round < ROUNDS && kill.last === 'killed'; round += 1) {
    await clock.sleep(PAUSE);
    kill.last = await ask(kill.by);
    if (kill.last === 'none') return 'with its sessions ended';
  }
  if (kill.last === 'none') return told ? 'with its sessions ended' : 'with no session open';
  throw new ActionError('tool-failed', `there are processes of ${name} that do not end`);
}

type Killer = Question<'killed' | 'none'>;

/** The first that works here, and what it did. */
async function firstAble(killers: readonly Killer[], ask: Ask) {
  const why: string[] = [];
  for (const by of killers) {
    try {
      return { by, last: await ask(by) };
    } catch (thrown) {
      why.push(asActionError(thrown).message);
    }
  }
  throw new ActionError('tool-failed', why.join('; '));
}

// By the real user id: that of a program that changed its rights is still the user's.
function pkill(name: string): Killer {
  const command = run('pkill', '-KILL', '-U', name);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'killed';
      // BusyBox's, which has no such option, answers 1 too.
      if (completed.exitCode === 1 && completed.stderr === '') return 'none';
      throw unexpected(command, completed);
    },
  };
}

function startStopDaemon(name: string): Killer {
  const command = run('busybox', 'start-stop-daemon', '-K', '-s', 'KILL', '-u', name);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'killed';
      if (completed.stdout.includes('none killed')) return 'none';
      throw unexpected(command, completed);
    },
  };
}
