import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMIT } from '../../src/lib/ports.ts';
import { type Alert, brief, messageFor, nextAlertId, react } from '../support/alert.ts';
import { type BackendName, PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { type Place, place } from '../support/net.ts';
import { rig } from '../support/tools.ts';

const here = lane([...TOOLS, 'strace']);

// Looks first and acts then, so that every run of it asks for the lock of its address.
const extra = ['--backend', 'iptables'];
const lockName = (ip: string) => encodeURIComponent(`iptables firewall-drop ${ip}`);

const state = () => join(here.home.path, 'active-response/riposte');
const folder = () => join(state(), 'lock');
const boot = () =>
  readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');

const INITIAL = '4026531836';

const blocked = async (ip: string, backend: BackendName = 'iptables') =>
  (await PROBES[backend].blocked(here.world.victim, 4)).some(({ address }) => address === ip);

/** An add, by the way that needs the lock. */
const add = (where: Place, ip: string, more: Partial<Alert> = {}) =>
  react(where, here.home, { verb: 'add', ip, extra, ...more });

/** The number of a process that has ended. */
const ended = () => spawnSync('true').pid;

beforeEach(async () => {
  await rm(state(), { recursive: true, force: true });
  await mkdir(folder(), { recursive: true, mode: 0o700 });
  await chmod(state(), 0o700);
});
afterEach(async () => {
  spawnSync('chattr', ['-R', '-i', '-a', state()]);
  await rm(state(), { recursive: true, force: true });
});

/** Everything that may lie in the place of a ticket, and in nobody's way. */
const STALE: Readonly<Record<string, (ticket: (owner: string) => string) => unknown>> = {
  'of a dead process': (ticket) => writeFile(ticket(`${ended()}-1-${INITIAL}-${boot()}`), ''),
  'of one whose number another has now': (ticket) =>
    writeFile(ticket(`${process.pid}-1-${INITIAL}-${boot()}`), ''),
  'from before a reboot': (ticket) =>
    writeFile(ticket(`${process.pid}-1-${INITIAL}-${'0'.repeat(32)}`), ''),
  'from before a reboot, of a container': (ticket) =>
    writeFile(ticket(`1-1-4026599999-${'0'.repeat(32)}`), ''),
  'of a container that is gone': (ticket) => writeFile(ticket(`1-1-4026599999-${boot()}`), ''),
  'of the future, of nobody knows whom': async (ticket) => {
    await writeFile(ticket(`${process.pid}`), '');
    await utimes(ticket(`${process.pid}`), 4_000_000_000, 4_000_000_000);
  },
  'of the past, of nobody knows whom': async (ticket) => {
    await writeFile(ticket(`${process.pid}`), '');
    await utimes(ticket(`${process.pid}`), 1_000, 1_000);
  },
  'that is a directory': (ticket) => mkdir(ticket(`${ended()}-1-${INITIAL}-${boot()}`)),
  'that is a directory with something in it': (ticket) =>
    mkdir(join(ticket(`${ended()}-1-${INITIAL}-${boot()}`), 'x'), { recursive: true }),
  'that is a FIFO': (ticket) =>
    execFileSync('mkfifo', [ticket(`${ended()}-1-${INITIAL}-${boot()}`)]),
  'that is a link': (ticket) => symlink('/etc/passwd', ticket(`${ended()}-1-${INITIAL}-${boot()}`)),
  'that nobody may read': (ticket) =>
    writeFile(ticket(`${ended()}-1-${INITIAL}-${boot()}`), '', { mode: 0 }),
  'that is huge': async (ticket) => {
    const path = ticket(`${ended()}-1-${INITIAL}-${boot()}`);
    await writeFile(path, '');
    await truncate(path, 1 << 30);
  },
  'that nobody may remove': async (ticket) => {
    const path = ticket(`${ended()}-1-${INITIAL}-${boot()}`);
    await writeFile(path, '');
    spawnSync('chattr', ['+i', path]);
  },
};

describe.each(Object.keys(STALE))('a ticket %s', (what) => {
  test.each(['1', 'choosing', 'alive'])('%s: delays nobody', async (number) => {
    const { world } = here;
    const ip = world.source(4);
    await STALE[what]?.((owner) =>
      join(folder(), number === 'alive' ? `alive.${owner}` : `${number}.${owner}@${lockName(ip)}`),
    );
    const { logged, ...ran } = await add(world.victim, ip);
    expect(brief({ ...ran, logged })).toBe('0 applied');
    expect(logged?.ms).toBeLessThan(LIMIT.lock);
    expect(await blocked(ip)).toBe(true);
    const left = await readdir(folder());
    expect(left.length).toBeLessThanOrEqual(/directory|remove/.test(what) ? 1 : 0);
  });
});

test('what is no ticket delays nobody either, and stays', async () => {
  const { world } = here;
  const ip = world.source(4);
  const name = lockName(ip);
  const names = ['1', '.1', `1.@${name}`, `1.x@${name}`, `@${name}`, `0.1@${name}`, `-1.1@${name}`];
  for (const each of names) await writeFile(join(folder(), each), '');
  await mkdir(join(folder(), 'pid'));
  await writeFile(join(folder(), 'pid/pid'), '1');
  expect(brief(await add(world.victim, ip))).toBe('0 applied');
  expect((await readdir(folder())).toSorted()).toEqual([...names, 'pid'].toSorted());
});

test('five thousand stale tickets are swept at once', async () => {
  const { world } = here;
  const ip = world.source(4);
  for (let count = 1; count <= 5_000; count += 1) {
    const owner = `${count}-1-${count % 2 ? INITIAL : '4026599999'}-${boot()}`;
    await writeFile(join(folder(), `${count}.${owner}@${lockName(ip)}`), '');
  }
  const { logged, ...ran } = await add(world.victim, ip);
  expect(brief({ ...ran, logged })).toBe('0 applied');
  expect(logged?.ms).toBeLessThan(LIMIT.lock);
  expect(await readdir(folder())).toEqual([]);
});

test('the locks of upstream’s programs are none of ours', async () => {
  const { world, home } = here;
  const bin = join(home.path, 'active-response/bin');
  const paths = ['fw-drop', 'host-deny-lock', 'block-ip-lock'].map((name) => join(bin, name));
  for (const path of paths) {
    await mkdir(path, { mode: 0o070 });
    await writeFile(join(path, 'pid'), `${process.pid}`);
  }
  const ip = world.source(4);
  expect(brief(await add(world.victim, ip))).toBe('0 applied');
  for (const path of paths) {
    expect(readFileSync(join(path, 'pid'), 'utf8')).toBe(`${process.pid}`);
    await rm(path, { recursive: true });
  }
});

test('a process that has a dead run’s own number is not that run', async () => {
  const { world, home } = here;
  const ip = world.source(4);
  const slow = join(home.path, 'slow');
  await using rigged = await rig(world.victim, slowly(slow));
  await writeFile(slow, '60');
  const message = join(home.path, 'message');
  const alert = { ip, extra, alertId: nextAlertId() };
  const lines = ['add', 'continue'].map((word) => `${messageFor(alert, word)}\n`);
  await writeFile(message, lines.join(''));
  // The number of the run that holds the lock is given to another process as soon as it is dead.
  const script = `
    cd "$1"
    active-response/bin/firewall-drop <message >"$1/keys" 2>&1 & run=$!
    until ls active-response/riposte/lock | grep -q "^1\\.$run-"; do sleep 0.02; done
    kill -KILL $run; wait $run 2>/dev/null
    echo $((run - 1)) >/proc/sys/kernel/ns_last_pid; sleep 60 & other=$!
    rm -f slow
    echo "$run $other"; ls active-response/riposte/lock | wc -l
    active-response/bin/firewall-drop <message >"$1/keys"; echo $?
    kill -KILL $other`;
  const inside = place('inside', [...rigged.at.enter, ...CONTAINER]);
  const said = await inside.must(['bash', '-c', script, 'bash', home.path]);
  const [numbers = '', tickets, exit] = said.split('\n');
  const [run, other] = numbers.split(' ');
  expect([other, exit]).toEqual([run, '0']);
  // And its sign of life.
  expect(Number(tickets)).toBe(2);
  expect(await readdir(folder())).toEqual([]);
});

const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** An iptables that waits for as many seconds as a file says, once, for who asks it first. */
const slowly = (file: string) => (real: string) => ({
  iptables: `#!/bin/sh\nif mv ${file} ${file}.$$ 2>/dev/null; then sleep "$(cat ${file}.$$)"; fi
exec ${real}/iptables "$@"\n`,
});

/** A run that holds the lock of an address in a place, and stays in it until something ends it. */
async function holding(where: Place, ip: string, seconds: number) {
  const { home } = here;
  await writeFile(join(home.path, 'slow'), `${seconds}`);
  const alertId = nextAlertId();
  const [command = '', ...words] = [...where.enter, 'env', '-C', home.path];
  const child = spawn(command, [...words, 'active-response/bin/firewall-drop'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(
    ['add', 'continue'].map((word) => `${messageFor({ ip, extra, alertId }, word)}\n`).join(''),
  );
  const over = new Promise<number | null>((resolve) => child.once('close', resolve));
  const tickets = () => readdirSync(folder()).filter((name) => /^\d/.test(name));
  await expect.poll(tickets).toHaveLength(1);
  await expect.poll(() => readdirSync(home.path).includes('slow')).toBe(false);
  const pid = Number(tickets()[0]?.split(/[.-]/)[1]);
  return { pid, over, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

describe('a run that is stopped while it holds the lock', () => {
  test.each(['SIGCONT', 'SIGKILL'] as const)(
    'is named to those who wait; after %s all is well',
    async (signal) => {
      const { world, home } = here;
      const ip = world.source(4);
      await using rigged = await rig(world.victim, slowly(join(home.path, 'slow')));
      const held = await holding(rigged.at, ip, 1);
      try {
        process.kill(held.pid, 'SIGSTOP');
        const late = await add(rigged.at, ip);
        expect([brief(late), late.stdout]).toEqual(['9 locked', '']);
        expect(late.logged?.detail).toMatch(
          `process ${held.pid} (firewall-drop, stopped) has been first in line for "iptables firewall-drop ${ip}"`,
        );
        expect(late.logged?.ms).toBeLessThan(LIMIT.lock * 2);
        // Who asks for another address waits for nobody.
        expect(brief(await add(rigged.at, world.source(4)))).toBe('0 applied');
      } finally {
        process.kill(held.pid, signal);
      }
      const exit = await held.over;
      if (signal === 'SIGCONT') expect(exit).toBe(0);
      const word = signal === 'SIGCONT' ? '0 already' : '0 applied';
      expect(brief(await add(rigged.at, ip))).toBe(word);
      expect(await readdir(folder())).toEqual([]);
    },
  );
});

describe('a container whose processes were killed while one held the lock', () => {
  test.each([
    ['the machine', []],
    ['the next container', CONTAINER],
  ])('%s gets the lock at once', async (_, enter) => {
    const { world, home } = here;
    const ip = world.source(4);
    await using rigged = await rig(world.victim, slowly(join(home.path, 'slow')));
    const inside = place('inside', [...rigged.at.enter, ...CONTAINER]);
    const other = place('other', [...rigged.at.enter, ...enter]);
    const held = await holding(inside, ip, 60);
    // As long as it lives it is waited for.
    expect(brief(await add(other, ip))).toBe('9 locked');
    held.kill('SIGKILL');
    await held.over;
    const { logged, ...ran } = await add(other, ip);
    expect(brief({ ...ran, logged })).toBe('0 applied');
    expect(logged?.ms).toBeLessThan(LIMIT.lock);
    expect(await readdir(folder())).toEqual([]);
  });
});

/** What may be in the place of the folder of tickets, and what is then to be done. */
const FOLDERS: Readonly<Record<string, readonly [(path: string) => unknown, RegExp]>> = {
  'a file': [(path) => writeFile(path, ''), /lock: is not a directory; remove it/],
  'a link to a folder': [
    async (path) => {
      await mkdir(`${path}.other`, { mode: 0o700 });
      await symlink(`${path}.other`, path);
    },
    /lock: is not a directory; remove it/,
  ],
  'a link to nothing': [(path) => symlink(`${path}.none`, path), /not a directory; remove it/],
  'a FIFO': [(path) => execFileSync('mkfifo', [path]), /not a directory; remove it/],
  'a folder of somebody else’s': [
    async (path) => {
      await mkdir(path, { mode: 0o700 });
      await chown(path, 65_534, 65_534);
    },
    /lock: belongs to uid 65534, not to 0/,
  ],
  'a folder that all may write': [
    async (path) => {
      await mkdir(path);
      await chmod(path, 0o777);
    },
    /lock: can be written by others; make it mode 0700/,
  ],
};

describe.each(Object.entries(FOLDERS))('in the place of the lock folder %s', (what, row) => {
  const [put, told] = row;

  beforeEach(async ({ skip }) => {
    if (what.includes('somebody') && process.getuid?.() !== 0) skip('it needs root');
    await rm(folder(), { recursive: true });
    await put(folder());
  });

  test('who needs it says at once what to do', async () => {
    const { world } = here;
    const ip = world.source(4);
    const { logged, stdout, ...ran } = await add(world.victim, ip);
    expect([brief({ ...ran, logged }), stdout]).toEqual(['14 bad-state', '']);
    expect(logged?.detail).toMatch(told);
    expect(logged?.ms).toBeLessThan(LIMIT.lock);
    expect(await blocked(ip)).toBe(false);
  });

  test('nft does without', async () => {
    const { world, home } = here;
    const ip = world.source(4);
    const ran = await react(world.victim, home, { verb: 'add', ip });
    expect([brief(ran), ran.logged?.backend]).toEqual(['0 applied', 'nft']);
    expect(brief(await react(world.victim, home, { verb: 'delete', ip }))).toBe('0 removed');
  });
});

test('a folder that tickets can only be added to: it says so at once', async ({ skip }) => {
  const { world } = here;
  if (spawnSync('chattr', ['+a', folder()]).status !== 0) skip('no such flag on this file system');
  for (let round = 0; round < 2; round += 1) {
    const { logged, ...ran } = await add(world.victim, world.source(4));
    expect(brief({ ...ran, logged })).toBe('14 bad-state');
    expect(logged?.detail).toMatch(/could not be removed: EPERM.*it or its directory may be immu/);
    expect(logged?.ms).toBeLessThan(LIMIT.lock);
  }
});

test('a folder that root closed is open to root; to others it says what is wrong', async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) skip('it needs root');
  const { world, home } = here;
  await chmod(folder(), 0);
  expect(brief(await add(world.victim, world.source(4)))).toBe('0 applied');
  const other = [state(), folder(), join(state(), 'held'), dirname(home.logFile)];
  await rm(state(), { recursive: true });
  await mkdir(folder(), { recursive: true });
  await mkdir(join(state(), 'held'), { mode: 0o700 });
  for (const path of other) await chown(path, 65_534, 65_534);
  await chmod(state(), 0o700);
  await chmod(folder(), 0);
  const user = ['setpriv', '--reuid=65534', '--keep-groups'];
  const may = ['--inh-caps=+net_admin,+net_raw', '--ambient-caps=+net_admin,+net_raw'];
  const where = place('user', [...world.victim.enter, ...user, ...may]);
  const ran = await add(where, world.source(4));
  expect([ran.exitCode, ran.stdout]).toEqual([14, '']);
  expect(ran.stderr).toMatch(/lock: could not be read: EACCES/);
  expect(ran.ms).toBeLessThan(LIMIT.lock);
});

describe('what a usual run touches', () => {
  test('nft: no file of the lock, for an add, the same again, and a delete', async () => {
    const { world, home } = here;
    const ip = world.source(4);
    await react(world.victim, home, { verb: 'add', ip: world.source(4) });
    await rm(folder(), { recursive: true });
    for (const verb of ['add', 'add', 'delete'] as const) {
      const { text } = await traced(['-f', '-e', 'trace=%file'], { verb, ip });
      expect(text).toContain('riposte.json');
      expect(text).not.toContain('riposte/lock');
    }
    expect(readdirSync(state())).not.toContain('lock');
  });
});

/** A run under strace, by any way that the words choose. */
async function traced(how: readonly string[], alert: Alert) {
  const { world, home } = here;
  const report = join(home.path, 'report');
  const full = { alertId: nextAlertId(), ...alert };
  const words = alert.verb === 'add' ? ['add', 'continue'] : ['delete'];
  const ran = await world.victim.run(
    ['strace', '-qq', '-o', report, ...how, 'active-response/bin/firewall-drop'],
    {
      cwd: home.path,
      input: words.map((word) => `${messageFor(full, word)}\n`).join(''),
    },
  );
  return { ...ran, text: readFileSync(report, 'utf8') };
}

// Between them whatever a run does to files and processes.
const CALLS = ['mkdir', 'openat', 'getdents64', 'unlink', 'write', 'clone,clone3,vfork'];

describe('killed at any system call of its main thread', () => {
  test.each(CALLS)('%s: the next run gets the lock at once', async (call) => {
    const { world } = here;
    let killed = 0;
    for (let count = 1; ; count += 1) {
      const ip = world.source(4);
      const how = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${count}`];
      const { text } = await traced(how, { verb: 'add', ip, extra });
      if (!text.includes('killed by SIGKILL')) break;
      killed += 1;
      const { logged, ...ran } = await add(world.victim, ip);
      expect([0, 'applied', 'already'], `${count}`).toContain(logged?.outcome);
      expect(ran.exitCode, `${count}`).toBe(0);
      expect(logged?.ms, `${count}`).toBeLessThan(LIMIT.lock);
      expect(await readdir(folder()), `${count}`).toEqual([]);
      expect(await blocked(ip), `${count}`).toBe(true);
    }
    expect(killed).toBeGreaterThan(0);
  });
});
