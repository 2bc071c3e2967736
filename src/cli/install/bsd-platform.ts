import { chmodSync, linkSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { BIN } from '../../lib/node/home.ts';
import { ON_BSD } from '../../lib/node/system.ts';
import { distrust } from '../../lib/node/trust.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Platform, Timer } from './platform.ts';
import { unixPlatform } from './unix-platform.ts';

/** The oldest runtime that knows all that the program is written in. */
const OLDEST = 22;
// Some kernels read no more of a first line than this.
const LONGEST = 127;

const sweep = (home: string): string =>
  `*/5 * * * * ${home}/${BIN}/riposte sweep --quiet --home ${home}`;

const byHand = (home: string): string =>
  `for riposte sweep every five minutes put this line into root’s crontab (crontab -e): ${sweep(home)}`;

/** Nothing there is made of files of one's own, as cron.d is, and nobody edits root's table for root. */
const NO_TIMER: Timer = {
  who: 'root’s crontab',
  parts: () => [],
  obstacle: byHand,
  byHand,
  async set() {},
  has: async () => false,
  remove: async () => [],
};

/** What a script is read by, as it says so itself; `refused` where that would not do. */
export function firstLine(
  { execPath, versions }: Pick<NodeJS.Process, 'execPath' | 'versions'>,
  objection: (path: string) => string | undefined,
): string {
  const refuse = (why: string) => new ActionError('refused', `it was not installed: ${why}`);
  if (Number.parseInt(versions.node, 10) < OLDEST) {
    const text = `${execPath} is node ${versions.node}, and the programs need node ${OLDEST}`;
    throw refuse(`${text}; install a newer one and call again`);
  }
  const line = `#!${execPath}`;
  if (!/^#!\/[^\s]+$/.test(line) || line.length > LONGEST) {
    throw refuse(`no first line can name ${execPath}; have node in a shorter path without blanks`);
  }
  const why = objection(execPath);
  if (why !== undefined) throw refuse(why);
  return line;
}

/** With another first line: the agent's `PATH` does not lead to the runtime, and need not. */
export function readBy(line: string, script: Buffer): Buffer {
  const rest = script.toString('latin1', 0, 2) === '#!' ? script.indexOf(10) : -1;
  return Buffer.concat([Buffer.from(`${line}\n`), script.subarray(rest + 1)]);
}

function distrusted(path: string): string | undefined {
  const found = distrust([path], 0);
  return found && `all would be run by ${path}, and ${found.what} ${found.why}`;
}

/** A script goes by the name of its file, whatever it is told: so it gets that name for a moment. */
const TRIAL = '.riposte.try';

const script: Pick<Platform, 'fitted' | 'trial' | 'endTrial'> = {
  fitted: (bytes) => readBy(firstLine(process, distrusted), bytes),
  trial(fresh, name) {
    const folder = `${dirname(fresh)}/${TRIAL}`;
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    rmSync(`${folder}/${name}`, { force: true });
    linkSync(fresh, `${folder}/${name}`);
    return `${folder}/${name}`;
  },
  endTrial: (bin) => rmSync(`${bin}/${TRIAL}`, { recursive: true, force: true }),
};

const UNSTARTABLE: Readonly<Record<string, string>> = {
  EACCES: 'the file system is mounted noexec, or a policy of this system forbids it (see mount)',
  EPERM: 'a policy of this system forbids it',
  ENOENT: 'what its first line names is not there',
  ENOEXEC: 'it is no program for this system and processor (compare uname -m)',
};

const { heritage: _, ...unix } = unixPlatform;

/** macOS and the BSDs. */
export const bsdPlatform: Platform = {
  ...unix,
  // Part of every one of these systems; not every firewall is.
  probe: ['route-null', 'add', '--srcip', '192.0.2.1', '--dry-run', '--force'],
  async setChanged(path, nanoseconds) {
    // To some 200 ns: the runtime counts in fractions of a second.
    utimesSync(path, new Date(), Number(nanoseconds) / 1e9);
  },
  unstartable: (code = '') => UNSTARTABLE[code] ?? `the system says ${code}`,
  timer: NO_TIMER,
  ...(ON_BSD && script),
};
