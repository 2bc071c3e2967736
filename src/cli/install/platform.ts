import { chownSync, utimesSync } from 'node:fs';
import type { Host } from '../../lib/host.ts';
import { ActionError } from '../../lib/outcome.ts';
import { LIMIT } from '../../lib/ports.ts';

/** All that differs from system to system in putting programs into an agent's home. */
export interface Platform {
  /** What the names of programs end in. */
  readonly suffix: string;
  /** An action by hand that changes nothing: the program's name first. */
  readonly probe: readonly [name: string, ...words: string[]];
  /** The permission bits of an agent's programs. */
  readonly mode: number;
  /** Why installing needs more rights than we have, or nothing. */
  readonly powerless: () => string | undefined;
  /** Gives a file to root and the agent's group. */
  readonly own: (path: string, group: number) => void;
  /** Puts back when a file or folder was last changed, in nanoseconds since 1970. */
  readonly setChanged: (path: string, nanoseconds: bigint, host: Host) => Promise<void>;
  /** What a program needs that the system will not start, by the system's word for why. */
  readonly unstartable: (code: string | undefined) => string;
}

const BILLION = 1_000_000_000n;

const UNSTARTABLE: Readonly<Record<string, string>> = {
  EACCES:
    'the file system is mounted noexec, or SELinux, AppArmor or fapolicyd forbids it (see mount, and dmesg)',
  EPERM: 'a policy of this system forbids it (see dmesg)',
  ENOENT: 'its loader is not here: it needs glibc, which Alpine and other musl systems lack',
  ENOEXEC: 'it is no program for this system and processor (compare uname -m)',
};

const linux: Platform = {
  suffix: '',
  probe: ['firewall-drop', 'add', '--srcip', '192.0.2.1', '--dry-run', '--force'],
  mode: 0o750,
  powerless: () => (process.geteuid?.() === 0 ? undefined : 'it needs root: run it with sudo'),
  own: (path, group) => chownSync(path, 0, group),
  async setChanged(path, nanoseconds, { runner }) {
    const [seconds, rest] = [nanoseconds / BILLION, nanoseconds % BILLION];
    const date = `@${seconds}.${String(rest).padStart(9, '0')}`;
    const command = { tool: 'touch', args: ['-m', '-d', date, path] };
    const done = await runner.run(command, LIMIT.tool).catch(() => undefined);
    // The runtime's own call counts in fractions of a second, which are some 200 ns off.
    if (done?.exitCode !== 0) utimesSync(path, new Date(), Number(nanoseconds) / 1e9);
  },
  unstartable: (code = '') => UNSTARTABLE[code] ?? `the system says ${code}`,
};

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, Platform>>> = { linux };

/** This system's; throws `usage` where there is none yet. */
export function platformHere(): Platform {
  const platform = PLATFORMS[process.platform];
  if (platform) return platform;
  const text = `install and uninstall do not know ${process.platform} yet`;
  throw new ActionError('usage', `${text}; copy the programs into active-response/bin by hand`);
}
