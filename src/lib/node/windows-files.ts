import { pause } from './clock.ts';
import { codeOf } from './errors.ts';
import type { FileSystem } from './system-calls.ts';

// Milliseconds. Scanners and backups hold a file for moments; whoever holds one longer is told of.
const PATIENCE = 2_000;
// Who may not read a file is told so soon.
const READING = 250;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;

// What Windows answers for a file that somebody holds, or that was removed while somebody held it.
const HELD: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);

function patiently<T>(work: () => T, patience: number): T {
  const end = process.uptime() * 1000 + patience;
  for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    try {
      return work();
    } catch (thrown) {
      if (!HELD.has(codeOf(thrown)) || process.uptime() * 1000 >= end) throw thrown;
      pause(wait);
    }
  }
}

/**
 * A file system that can do on Windows what ours can anywhere: an open file may keep others from being
 * renamed onto it, from being removed and from being made anew, and no folder can be synced.
 */
export function windowsFiles<System extends FileSystem>(
  system: System,
  patience = PATIENCE,
): System {
  const { O_CREAT, O_RDWR, O_WRONLY } = system.constants;
  const changed: Partial<FileSystem> = {
    openSync(path, flags, mode) {
      const writing = (Number(flags) & (O_WRONLY | O_RDWR | O_CREAT)) !== 0;
      const open = () => system.openSync(path, flags, mode);
      return patiently(open, writing ? patience : Math.min(READING, patience));
    },
    renameSync: (from, to) => patiently(() => system.renameSync(from, to), patience),
    unlinkSync: (path) => patiently(() => system.unlinkSync(path), patience),
    fsyncSync(fd) {
      // The names in a folder are safe as soon as the file system says so.
      if (!system.fstatSync(fd).isDirectory()) system.fsyncSync(fd);
    },
  };
  return Object.assign(Object.create(system), changed);
}
