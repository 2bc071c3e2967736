import { closeSync, readdirSync, readFileSync } from 'node:fs';

import { BSD_LIKE } from './system.ts';

const O_CLOEXEC = 0o2000000;

/**
 * Closes what the caller left open for us without meaning to: an old agent's sockets, which would
 * otherwise go on to every tool. All that the runtime opened itself is marked to be closed on exec.
 */
export function closeInherited(): void {
  // Nothing tells what is marked there; what starts a process on macOS passes on no other anyway.
  if (BSD_LIKE) return;
  let names: readonly string[] = [];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    // No such folder on this system.
  }
  for (const fd of names.map(Number).filter((number) => number > 2)) {
    try {
      const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
    } catch {
      // The one that the folder was read by is gone already.
    }
  }
}
