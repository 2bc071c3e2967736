import { readFileSync, readlinkSync } from 'node:fs';
import type { Life, Processes } from '../lock.ts';
import { codeOf } from './errors.ts';

interface Identity {
  readonly pid: string;
  /** Start time in clock ticks since boot. */
  readonly start: string;
  readonly namespace: string;
  readonly boot: string;
}

const nameOf = ({ pid, start, namespace, boot }: Identity) =>
  [pid, start, namespace, boot].join('-');

/** The process as /proc shows it; nothing for one that is gone, or dead and not yet waited for. */
function lookUp(process: string): Pick<Identity, 'pid' | 'start'> | undefined {
  try {
    const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold anything.
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return { pid: stat.slice(0, stat.indexOf(' ')), start: rest[18] ?? '' };
  } catch {
    return undefined;
  }
}

/** This boot of the system; a constant where the system does not name it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
  } catch {
    return 'unknown';
  }
}

function ourselves(): Identity | undefined {
  const self = lookUp('self');
  if (!self) return undefined;
  const namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  return { ...self, namespace, boot: bootId() };
}

/** The processes of this machine, as /proc shows them; elsewhere by process id alone. */
export function machineProcesses(): Processes {
  const self = ourselves();
  if (!self) return { self: `${process.pid}`, life: async (name) => signalled(Number(name)) };
  return {
    self: nameOf(self),
    async life(name) {
      const [pid = '', , namespace, boot] = name.split('-');
      if (boot !== self.boot) return 'gone';
      // Its number means nothing here, and ours nothing there.
      if (namespace !== self.namespace) return 'unknown';
      const found = lookUp(pid);
      return found && nameOf({ ...self, ...found }) === name ? 'alive' : 'gone';
    },
  };
}

function signalled(pid: number): Life {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM' ? 'alive' : 'gone';
  }
}
