import fs from 'node:fs';
import { run, unexpected } from '../effect.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
import { codeOf } from './errors.ts';

// By number, since their names are in the system's language: SYSTEM, and Administrators.
const MASTERS = ['*S-1-5-18', '*S-1-5-32-544'];

/** Nothing is inherited from above, and all that is made inside is as private. */
export const restricting = (path: string) =>
  run(
    'icacls',
    path.replaceAll('/', '\\'),
    '/inheritance:r',
    '/grant:r',
    ...MASTERS.map((who) => `${who}:(OI)(CI)F`),
    '/q',
  );

/**
 * Makes a folder that SYSTEM and Administrators alone can enter. It takes its name only once it is
 * private; where another run was first, that one's stays.
 */
export async function makePrivate(path: string, runner: Pick<Runner, 'run'>): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  // Only one that we have made: another's could be a link, or give him rights that stay.
  if (fs.lstatSync(fresh, { throwIfNoEntry: false })) fs.rmdirSync(fresh);
  fs.mkdirSync(fresh);
  try {
    const command = restricting(fresh);
    const completed = await runner.run(command, LIMIT.undo);
    if (completed.exitCode !== 0) throw unexpected(command, completed);
    fs.renameSync(fresh, path);
  } catch (thrown) {
    fs.rmdirSync(fresh);
    if (codeOf(thrown) === undefined || !fs.existsSync(path)) throw thrown;
  }
}
