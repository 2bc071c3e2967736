import { utimesSync } from 'node:fs';
import { isPowerful } from '../../lib/node/powers.ts';
import { WINDOWS_FILES } from '../../lib/node/program-file.ts';
import type { Platform } from './platform.ts';
import { windowsNaming } from './windows-naming.ts';
import { TASK } from './windows-task.ts';

const FORBIDDEN =
  'an antivirus program or a policy (AppLocker, App Control) forbids it; see the event log';

/** Who calls a sweep on Windows. */
export const WINDOWS_TIMER = TASK;

/** Windows: what is made in a folder has its rights already, and a program that runs cannot be replaced. */
export const windowsPlatform: Platform = {
  files: WINDOWS_FILES,
  probe: ['netsh', 'add', '--srcip', '192.0.2.1', '--dry-run', '--force'],
  suffix: '.exe',
  // An antivirus program reads the whole of it first.
  patience: 60_000,
  // The runtime starts nothing by a name that might be a batch file's; all names are the same program.
  startable: (name, { bin }) => `${bin}/${name.endsWith('.cmd') ? 'riposte.exe' : name}`,
  powerless: () =>
    isPowerful() ? undefined : 'it needs an administrator: run it from an elevated prompt',
  own: () => {},
  isOwn: () => true,
  naming: windowsNaming,
  setChanged: async (path, nanoseconds) => {
    utimesSync(path, new Date(), Number(nanoseconds) / 1e9);
  },
  unstartable: (code = '') =>
    ['EACCES', 'EPERM', 'UNKNOWN'].includes(code) ? FORBIDDEN : `the system says ${code}`,
  timer: TASK,
};
