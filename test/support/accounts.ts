import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Home, makeHome } from './home.ts';
import { type Place, place } from './net.ts';
import { rootObstacle } from './private.ts';

/** A host whose accounts are its own: a copy of /etc, in namespaces that end with the tests. */
export interface AccountHost extends AsyncDisposable {
  readonly at: Place;
  /** What was sent to syslog there, a message a line, oldest first. */
  readonly syslog: readonly string[];
  /** Makes an account, or makes it anew, with this number and whatever `shadow` says of it. */
  account(name: string, shadow?: Shadow): Promise<void>;
  /** The account's line in the shadow file. */
  shadow(name: string): Promise<string>;
  /** The letters of `passwd --status`: `P` for a password, `L` for locked, `NP` for none. */
  status(name: string): Promise<string>;
}

/** Fields of a line in the shadow file. */
export interface Shadow {
  readonly password?: string;
  readonly expires?: string;
}

/** The password of every account that has one, and what the shadow file has of it. */
export const PASSWORD = {
  plain: 'secret',
  hash: '$5$riposte$GkGvR4fl4iUxXyguCiUebC9x3/ktMQmW8LU6ybfltLA',
};

/** The day on which all passwords were changed last. */
export const CHANGED = '19000';

const TOOLS = ['nsenter', 'ip', 'setpriv', 'useradd', 'usermod', 'chage', 'su', 'busybox'];

// What programs look for in /dev, beside the socket of syslog that is ours.
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx'];
const SCRIPT = `set -e
mount --bind "$1/etc" /etc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir /run/sshd
for name in ${DEVICES.join(' ')}; do
  touch "$1/dev/$name"
  mount --bind "/dev/$name" "$1/dev/$name"
done
mkdir "$1/dev/pts"
mount --bind /dev/pts "$1/dev/pts"
mount --rbind "$1/dev" /dev
ip link set lo up
echo up
exec cat`;

/** Builds such a host; the machine's own /etc, /dev and processes know nothing of it. */
export async function makeAccountHost(): Promise<AccountHost> {
  const base = await mkdtemp(join(tmpdir(), 'riposte-accounts-'));
  await execa('cp', ['-a', '/etc', base]);
  await mkdir(join(base, 'dev'));
  const syslog: string[] = [];
  // The C library takes a stream where there is no socket for datagrams.
  const listener = createServer((peer) => {
    peer.on('error', () => {});
    peer.on('data', (data) => {
      syslog.push(
        ...data
          .toString()
          .split('\0')
          .filter((line) => line !== ''),
      );
    });
  }).listen(join(base, 'dev', 'log'));
  await once(listener, 'listening');
  const holder = await hold(base);
  const at = place('accounts', [
    'nsenter',
    `--mount=/proc/${holder.pid}/ns/mnt`,
    `--net=/proc/${holder.pid}/ns/net`,
    '--',
  ]);
  const uids: string[] = [];
  const shadow = async (name: string) => at.must(['getent', '-s', 'files', 'shadow', name]);
  return {
    at,
    syslog,
    shadow,
    async account(name, { password = PASSWORD.hash, expires = '' } = {}) {
      await at.run(['userdel', '-f', name]);
      if (!uids.includes(name)) uids.push(name);
      const uid = FIRST + uids.indexOf(name);
      await at.must(['useradd', '-M', '-u', String(uid), '-s', '/bin/sh', name]);
      await at.must(['usermod', '-p', password, '-e', expires, name]);
      await at.must(['chage', '-d', CHANGED, name]);
    },
    status: async (name) => (await at.must(['passwd', '--status', name])).split(' ')[1] ?? '',
    async [Symbol.asyncDispose]() {
      holder.stdin?.end();
      if (holder.exitCode === null) await once(holder, 'exit');
      listener.close();
      // The mounts below it were in the namespace that is gone, and there alone.
      await rm(base, { recursive: true, force: true });
    },
  };
}

// Far from whatever the machine's own accounts are numbered, whose processes could be taken for ours.
const FIRST = 50_000;

async function hold(base: string): Promise<ChildProcess> {
  const words = ['-m', '-n', '--propagation', 'private', 'sh', '-c', SCRIPT, 'sh', base];
  const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error(`no private host: ${said.trim()}`)));
  });
  return child;
}

/** Whether this machine's BusyBox locks nobody, as Debian's plain one; it is told who reads. */
export function busyboxObstacle(): boolean {
  const { stdout } = spawnSync('busybox', ['--list'], { encoding: 'utf8' });
  const able = stdout?.split('\n').includes('passwd') === true;
  if (!able) console.warn('Skipped: BusyBox has no passwd; Debian: apt-get install busybox-static');
  return !able;
}

/** Such a host and an agent on it, for all tests of a file. */
export interface AccountLane {
  readonly host: AccountHost;
  readonly home: Home;
}

/** A host and a home that live as long as the tests of a file; where they cannot be had all is skipped. */
export function accountLane(tools: readonly string[] = []): AccountLane {
  const why = rootObstacle([...TOOLS, ...tools]);
  // Reporters show the reason of a single test only when asked to.
  if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);
  const made: { host?: AccountHost; home?: Home } = {};
  beforeAll(async () => {
    if (why !== undefined) return;
    made.home = await makeHome();
    made.host = await makeAccountHost();
  });
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why);
  });
  afterAll(async () => {
    await made.host?.[Symbol.asyncDispose]();
    await made.home?.remove();
  });
  const present = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('only inside a test');
    return thing;
  };
  return {
    get host() {
      return present(made.host);
    },
    get home() {
      return present(made.home);
    },
  };
}
