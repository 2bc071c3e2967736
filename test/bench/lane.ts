import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Name } from './contenders.ts';

/** What a contender is told to do. */
export type Order =
  | { readonly do: 'fill'; readonly count: number }
  | { readonly do: 'turn'; readonly ip: string }
  | { readonly do: 'burst'; readonly count: number };

/** Add and delete, or nothing; or why it failed. */
export type Answer = { readonly milliseconds: readonly number[] } | { readonly error: string };

/** A contender in a private network namespace, driven from a process inside. */
export interface Lane {
  readonly name: Name;
  fill(count: number): Promise<void>;
  /** One add and one delete of an address. */
  turn(ip: string): Promise<readonly [add: number, remove: number]>;
  /** Many adds in a row, then as many deletes: the sums. */
  burst(count: number): Promise<readonly [adds: number, deletes: number]>;
  close(): Promise<void>;
}

const AS_ROOT = process.geteuid?.() === 0;

// A /run of its own too: a lock of the machine's own firewall must not be waited for.
const PRIVATE = [
  ...(AS_ROOT ? [] : ['--user', '--map-root-user']),
  ...['--net', '--mount', '--propagation', 'private', 'sh', '-c'],
  'mount -t tmpfs tmpfs /run && exec "$@"',
  'sh',
];

/** Opens a lane; nothing of it is left when this process ends, however it does. */
export function openLane(name: Name): Lane {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), [name], {
    execPath: 'unshare',
    execArgv: [...PRIVATE, process.execPath, '--no-warnings'],
  });
  const pair = async (order: Order): Promise<readonly [number, number]> => {
    const [first = Number.NaN, second = Number.NaN] = await ask(worker, name, order);
    return [first, second];
  };
  return {
    name,
    fill: async (count) => void (await ask(worker, name, { do: 'fill', count })),
    turn: (ip) => pair({ do: 'turn', ip }),
    burst: (count) => pair({ do: 'burst', count }),
    async close() {
      const ended = once(worker, 'exit');
      worker.disconnect();
      await ended;
    },
  };
}

async function ask(worker: ChildProcess, name: Name, order: Order): Promise<readonly number[]> {
  const gone = new AbortController();
  const { signal } = gone;
  const died = once(worker, 'exit', { signal }).then(() => {
    throw new Error(`${name}: its process ended`);
  });
  const heard = once(worker, 'message', { signal }) as Promise<[Answer]>;
  worker.send(order);
  try {
    const [answer] = await Promise.race([heard, died]);
    if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
    return answer.milliseconds;
  } finally {
    died.catch(() => {});
    heard.catch(() => {});
    gone.abort();
  }
}
