import fs from 'node:fs';
import { codeOf } from './errors.ts';
import { ON_WINDOWS } from './system.ts';
import { TOOLS } from './tools.ts';

/** Whether this process may do what an administrator may: root's things, or an elevated one's. */
export function isPowerful(): boolean {
  if (!ON_WINDOWS) return process.geteuid?.() === 0;
  try {
    // Only those can look into it, and only from an elevated prompt.
    fs.readdirSync(`${TOOLS.directory}\\config`);
    return true;
  } catch (thrown) {
    return !['EPERM', 'EACCES'].includes(codeOf(thrown) ?? '');
  }
}

/** What to tell who may not. */
export const NEEDS_POWER: string = ON_WINDOWS
  ? 'It needs an administrator: run it from an elevated prompt.'
  : 'It needs root: run it with sudo.';
