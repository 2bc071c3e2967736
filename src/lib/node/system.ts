import { type Layout, UNIX, WINDOWS } from '../layout.ts';
import type { System } from '../system.ts';

/**
 * Whether this is Windows. No other module asks the runtime what it runs on; a build knows it
 * beforehand, and leaves out what is for other systems.
 */
export const ON_WINDOWS: boolean = process.platform === 'win32';

/** The same for Linux. */
export const ON_LINUX: boolean = process.platform === 'linux';

/** The same for macOS. */
export const ON_MACOS: boolean = process.platform === 'darwin';

/** Whether this is FreeBSD, OpenBSD or NetBSD, for which nobody packs a runtime into a program. */
export const ON_BSD: boolean =
  process.platform === 'freebsd' || process.platform === 'openbsd' || process.platform === 'netbsd';

/** The same, macOS among them: tools of one descent, and no `/proc` as Linux has it. */
export const BSD_LIKE: boolean = ON_MACOS || ON_BSD;

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, System>>> = {
  linux: 'linux',
  win32: 'windows',
  darwin: 'macos',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
};

/** The system that this program runs on; what nobody knows is taken for a kind of Linux. */
export const SYSTEM: System = SYSTEMS[process.platform] ?? 'linux';

/** Where agents keep their files on this system. */
export const LAYOUT: Layout = ON_WINDOWS ? WINDOWS : UNIX;
