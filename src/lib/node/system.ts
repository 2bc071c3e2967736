import { type Layout, UNIX, WINDOWS } from '../layout.ts';

/**
 * Whether this is Windows. No other module asks the runtime what it runs on; a build knows it
 * beforehand, and leaves out what is for other systems.
 */
export const ON_WINDOWS: boolean = process.platform === 'win32';

/** The same for Linux. */
export const ON_LINUX: boolean = process.platform === 'linux';

/** Where agents keep their files on this system. */
export const LAYOUT: Layout = ON_WINDOWS ? WINDOWS : UNIX;
