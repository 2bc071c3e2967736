import fs from 'node:fs';
import { dirname } from 'node:path';
import { LAYOUT } from '../../lib/node/system.ts';
import { bad, type Check, type Finding, good, warning } from './finding.ts';
import type { Scene } from './scene.ts';
import { octal, type Seen, see } from './seen.ts';
import { SYSTEM } from './system.ts';

/** What is known of the agent's log of active responses. */
export interface LogFacts {
  readonly path: string;
  readonly log: Seen | 'hidden' | undefined;
  /** Whether its folder is there. */
  readonly folder: boolean;
  /** Whether this user may append to it. */
  readonly writable: boolean;
}

/** Whether outcomes reach the agent's log. */
export function judgeLog({ path, log, folder, writable }: LogFacts): Finding[] {
  const lost = 'nothing is logged, and no alert is raised from it';
  if (log === 'hidden') return [warning(`${path} is closed to this user`, SYSTEM.elevate)];
  if (log === undefined) {
    return folder ? [good(`${path} will be made by the first call`)] : [];
  }
  if (log.kind !== 'file') {
    const thing = { folder: 'a folder', link: 'a link', other: 'no file' }[log.kind];
    return [bad(`${path} is ${thing}: ${lost}`, `remove it: ${SYSTEM.removal([path], true)}`)];
  }
  if (log.links !== 1) {
    const text = `${path} has ${log.links} names: ${lost}`;
    return [bad(text, `make it a file of its own: ${SYSTEM.single(path)}`)];
  }
  if (!writable) {
    const mode = SYSTEM.modes ? ` (mode ${octal(log.mode)})` : '';
    return [bad(`${path} cannot be written by this user${mode}: ${lost}`, SYSTEM.locked(path))];
  }
  if (SYSTEM.modes && (log.mode & 0o002) !== 0) {
    const text = `${path} can be written by everybody (mode ${octal(log.mode)}), who can make alerts up`;
    return [warning(text, `chmod 0660 ${path}`)];
  }
  return [good(`${path} can be written`)];
}

function factsOf({ home }: Scene): LogFacts | undefined {
  if (home === undefined) return undefined;
  const path = `${home}/${LAYOUT.log}`;
  const folder = see(dirname(path)) !== undefined;
  return { path, log: see(path), folder, writable: opens(path) };
}

const { O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = fs.constants;

/** Opened as the programs do, and nothing written. */
function opens(path: string): boolean {
  try {
    fs.closeSync(fs.openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** The log. */
export const logCheck: Check = {
  name: 'log',
  title: 'Log',
  async run(scene) {
    const facts = factsOf(scene);
    return facts ? judgeLog(facts) : [];
  },
};
