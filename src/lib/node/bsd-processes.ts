import { uptime } from 'node:os';
import type { Life, Processes } from '../lock.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
import { hasProcess } from './process-number.ts';
import { spawningRunner } from './runner.ts';
import { SYSTEM } from './system.ts';
import { TOOLS } from './tools.ts';

/** What these processes are told by; tests give another machine's. */
export interface Sight {
  readonly runner: Pick<Runner, 'run'>;
  readonly hasProcess: (pid: number) => boolean;
  /** Milliseconds since 1970, and since the system was started. */
  readonly now: () => number;
  readonly sinceBoot: () => number;
  readonly self: { readonly pid: number; readonly age: number };
}

// Whoever called us may live by another hour than the system does.
const environment = { ...TOOLS.environment, TZ: 'UTC0' };

const here = (): Sight => ({
  runner: spawningRunner({ ...TOOLS, environment }),
  hasProcess,
  now: Date.now,
  sinceBoot: () => uptime() * 1000,
  self: { pid: process.pid, age: process.uptime() * 1000 },
});

// Milliseconds. `ps` tells whole seconds, and the clocks that are compared are read one by one.
const ROUGHLY = 3_000;
// So long an answer of `ps` is believed: who has a number now had it just before.
const FRESH = 1_000;

/**
 * The processes of macOS and the BSDs, where a number is given again and nothing but `ps` tells when
 * its process began. Both are in the name: when it began by the clock, and since the system was started,
 * because some of these systems say a moment that moves with the clock when that is set.
 */
export function bsdProcesses(sight: Sight = here()): Processes {
  const { now, sinceBoot, self } = sight;
  const began = [now() - self.age, sinceBoot() - self.age].map((moment) => Math.round(moment));
  const name = [self.pid, ...began, SYSTEM].join('-');
  const known = new Map<number, { readonly at: number; readonly began: number | undefined }>();

  async function beganAt(pid: number): Promise<number | undefined> {
    const found = known.get(pid);
    if (found && now() - found.at < FRESH) return found.began;
    const answer = await ask(pid, sight.runner);
    known.set(pid, { at: now(), began: answer });
    return answer;
  }

  async function life(text: string): Promise<Life> {
    if (text === name) return 'alive';
    const [pid, byClock, sinceThen] = text.split('-').map(Number);
    if (pid === undefined || byClock === undefined || sinceThen === undefined) return 'unknown';
    if (!sight.hasProcess(pid)) return 'gone';
    const start = await beganAt(pid);
    if (start === undefined) return sight.hasProcess(pid) ? 'unknown' : 'gone';
    const moments = [byClock, now() - sinceBoot() + sinceThen];
    return moments.some((moment) => Math.abs(moment - start) <= ROUGHLY) ? 'alive' : 'gone';
  }

  return {
    self: name,
    async lives(names) {
      const found: Life[] = [];
      for (const one of names) found.push(await life(one));
      return found;
    },
    // A number and a moment tell enough.
    giveSign: async () => () => {},
    readSign: async () => 'unknown',
    describe: (one) => `process ${one.split('-')[0]}`,
  };
}

/** When the process of a number began, milliseconds since 1970; nothing where nobody says. */
async function ask(pid: number, runner: Pick<Runner, 'run'>): Promise<number | undefined> {
  try {
    const command = { tool: 'ps', args: ['-o', 'lstart=', '-p', `${pid}`] };
    const { exitCode, stdout } = await runner.run(command, LIMIT.undo);
    const moment = exitCode === 0 ? Date.parse(`${stdout.trim()} UTC`) : Number.NaN;
    return Number.isNaN(moment) ? undefined : moment;
  } catch {
    return undefined;
  }
}
