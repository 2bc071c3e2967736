import { readFileSync, readlinkSync } from 'node:fs';
import type { Processes } from '../lock.ts';

// pid, start time in clock ticks since boot, pid namespace, boot: used once, ever.
function identity(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold anything.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const number = stat.slice(0, stat.indexOf(' '));
    const namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
    return [number, start, namespace, boot].join('-');
  } catch {
    return undefined;
  }
}

/** The processes of this machine, as /proc shows them; elsewhere by process id alone. */
export function machineProcesses(): Processes {
  const self = identity('self');
  if (self !== undefined) {
    return { self, alive: async (name) => identity(name.split('-', 1)[0] ?? '') === name };
  }
  return {
    self: `${process.pid}`,
    async alive(name) {
      try {
        return process.kill(Number(name), 0);
      } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code === 'EPERM';
      }
    },
  };
}
