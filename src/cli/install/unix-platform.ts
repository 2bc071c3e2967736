import { chmodSync, chownSync, linkSync, renameSync, unlinkSync, utimesSync } from 'node:fs';
import { PROGRAM_FILES } from '../../lib/node/program-file.ts';
import { LIMIT } from '../../lib/ports.ts';
import { adopt, prospect } from './adopt.ts';
import type { Platform } from './platform.ts';
import { TIMER } from './timer.ts';

const BILLION = 1_000_000_000n;
/** The permission bits of an agent's programs. */
const MODE = 0o750;

const UNSTARTABLE: Readonly<Record<string, string>> = {
  EACCES:
    'the file system is mounted noexec, or SELinux, AppArmor or fapolicyd forbids it (see mount, and dmesg)',
  EPERM: 'a policy of this system forbids it (see dmesg)',
  ENOENT: 'its loader is not here: it needs glibc, which Alpine and other musl systems lack',
  ENOEXEC: 'it is no program for this system and processor (compare uname -m)',
};

/** Who calls a sweep on Linux. */
export const UNIX_TIMER = TIMER;

/** Linux. */
export const unixPlatform: Platform = {
  files: PROGRAM_FILES,
  probe: ['firewall-drop', 'add', '--srcip', '192.0.2.1', '--dry-run', '--force'],
  suffix: '',
  patience: 10_000,
  startable: (name, { bin }) => `${bin}/${name}`,
  powerless: () => (process.geteuid?.() === 0 ? undefined : 'it needs root: run it with sudo'),
  own: (path, group) => {
    chownSync(path, 0, group);
    chmodSync(path, MODE);
  },
  isOwn: ({ mode, uid, gid }, group) => (mode & 0o7777) === MODE && uid === 0 && gid === group,
  naming: {
    add: linkSync,
    move: renameSync,
    remove: unlinkSync,
    tidy: () => [],
    evict: () => [],
    mayCopy: false,
  },
  async setChanged(path, nanoseconds, { runner }) {
    const [seconds, rest] = [nanoseconds / BILLION, nanoseconds % BILLION];
    const date = `@${seconds}.${String(rest).padStart(9, '0')}`;
    const command = { tool: 'touch', args: ['-m', '-d', date, path] };
    const done = await runner.run(command, LIMIT.tool).catch(() => undefined);
    // The runtime's own call counts in fractions of a second, which are some 200 ns off.
    if (done?.exitCode !== 0) utimesSync(path, new Date(), Number(nanoseconds) / 1e9);
  },
  unstartable: (code = '') => UNSTARTABLE[code] ?? `the system says ${code}`,
  timer: TIMER,
  heritage: { prospect, adopt },
};
