import { execFile } from 'node:child_process';
import type { Resolver } from '../names.ts';
import { ActionError } from '../outcome.ts';
import type { Clock } from '../ports.ts';
import type { Runner } from '../runner.ts';
import { TOOLS } from './tools.ts';

// Processes at a time: so many names that nobody answers for keep no other from being asked for.
const AT_ONCE = 32;

const MAX_OUTPUT = 1 << 18;

/**
 * The resolver of the system, asked by `getent`, as the agent itself asks it: the hosts file, DNS and
 * whatever else is configured. Not by the runtime's own lookup, which nothing ends before the system's
 * patience is over: this process could not end either.
 */
export function systemResolver(
  runner: Pick<Runner, 'locate'>,
  clock: Pick<Clock, 'elapsed'>,
): Resolver {
  return {
    async resolve(names, timeout) {
      const getent = await runner.locate('getent');
      if (getent === undefined) throw new ActionError('missing-tool', 'getent is not installed');
      const end = clock.elapsed() + timeout;
      const answers = new Map<string, readonly string[]>();
      const queue = [...names];
      const worker = async () => {
        for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
          const left = Math.floor(end - clock.elapsed());
          if (left <= 0) return;
          answers.set(name, await ask(getent, name, left));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return answers;
    },
  };
}

/** The first column, where each address stands once for every kind of socket; none on any failure. */
const ask = (getent: string, name: string, timeout: number): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const limits = { timeout, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT } as const;
    const options = { ...limits, cwd: '/', env: TOOLS.environment, windowsHide: true };
    execFile(getent, ['ahosts', name], options, (_, stdout) => {
      const rows = stdout.split('\n').map((line) => line.split(/\s+/, 1)[0] ?? '');
      resolve([...new Set(rows.filter((address) => address !== ''))]);
    });
  });
