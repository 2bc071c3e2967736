import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A network namespace of its own, which ends with this process however that ends. */
export interface Netns {
  /** The words that run the rest of a command line inside. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

const AS_ROOT = process.geteuid?.() === 0;

/** Makes an empty namespace; without root, in a user namespace where this user is root. */
export async function privateNetwork(): Promise<Netns> {
  const user = AS_ROOT ? [] : ['--user', '--map-root-user'];
  // cat holds the namespace open and ends when its input does, that is, with us.
  const holder = spawn('unshare', [...user, '--net', 'cat'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(holder, 'exit');
  await entered(holder.pid ?? 0);
  const enterUser = AS_ROOT ? [] : [`--user=/proc/${holder.pid}/ns/user`, '--preserve-credentials'];
  return {
    enter: ['nsenter', ...enterUser, `--net=/proc/${holder.pid}/ns/net`],
    async close() {
      holder.stdin.end();
      await ended;
    },
  };
}

async function entered(pid: number): Promise<void> {
  const ours = readlinkSync('/proc/self/ns/net');
  for (let round = 0; round < 500; round += 1) {
    if (namespaceOf(pid) !== ours) return;
    await wait(2);
  }
  throw new Error('no network namespace could be made: unshare --net failed');
}

const namespaceOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/net`);
