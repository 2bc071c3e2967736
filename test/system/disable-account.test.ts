import { spawnSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  accountLane,
  busyboxObstacle,
  CHANGED,
  PASSWORD,
  type Shadow,
} from '../support/accounts.ts';
import { execd } from '../support/execd.ts';
import type { LoggedOutcome } from '../support/home.ts';
import { legacyWords, message } from '../support/messages.ts';
import { ACCOUNT_STORIES, UID } from '../support/model/account-facts.ts';
import { wordsOf } from '../support/model/facts.ts';
import type { Place } from '../support/net.ts';
import { FAILING, lacking, mounted } from '../support/tools.ts';

const here = accountLane();
const PROGRAM = 'disable-account';

/** The program by hand, on the host or in a place that differs from it. */
const byHand = (words: readonly string[], at: Place = here.host.at) =>
  at.run([`${here.home.path}/active-response/bin/${PROGRAM}`, ...words]);
const add = (name: string, ...words: string[]) => byHand(['add', '--user', name, ...words]);
const remove = (name: string, ...words: string[]) => byHand(['delete', '--user', name, ...words]);
const last = () => here.home.outcomes().at(-1) as LoggedOutcome;

/** Somebody else tries to become the user, with a password. */
const su = (name: string, password: string, ...command: string[]) =>
  here.host.at.run(
    [
      ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
      ...['su', name, '-c', command.length > 0 ? command.join(' ') : 'true'],
    ],
    { input: `${password}\n` },
  );

beforeEach(async () => {
  await here.host.account('mallory');
  await here.host.account('mallory2');
});

/** Where an agent runs its programs; entering a mount namespace loses the folder that one was in. */
const agentAt = () => ({
  home: here.home.path,
  enter: [...here.host.at.enter, 'env', '-C', here.home.path],
});

describe('the whole way', () => {
  test('three failed su (rule 5503), a lock, and an undo that restores exactly', async () => {
    const { host } = here;
    const before = await host.shadow('mallory');
    const neighbour = await host.shadow('mallory2');
    expect((await su('mallory', PASSWORD.plain)).exitCode).toBe(0);
    const seen = host.syslog.length;
    for (const guess of ['one', 'two', 'three']) {
      expect((await su('mallory', guess)).exitCode).toBe(1);
    }
    const lines = host.syslog.slice(seen).filter((line) => line.includes('authentication failure'));
    expect(lines).toHaveLength(3);
    const agent = execd({
      dialect: 'wazuh4',
      ...agentAt(),
      program: PROGRAM,
    });
    for (const [place, line] of lines.entries()) {
      const ran = await agent.add(alertFor(line, place), { timeout: 600 });
      expect([ran.exitCode, ran.reply]).toEqual([0, place === 0 ? 'continue' : 'abort']);
      expect(ran.key).toBe('disable-account-mallory');
    }
    expect(await host.status('mallory')).toBe('L');
    expect(await host.at.must(['chage', '-l', 'mallory'])).toMatch(
      /Account expires\s*: Jan 02, 1970/,
    );
    expect((await su('mallory', PASSWORD.plain)).exitCode).toBe(1);
    expect(await host.shadow('mallory2')).toBe(neighbour);
    const [undone] = await agent.stop();
    expect(undone?.exitCode).toBe(0);
    expect(last()).toMatchObject({ outcome: 'removed', backend: 'usermod' });
    expect(await host.shadow('mallory')).toBe(before);
    expect((await su('mallory', PASSWORD.plain)).exitCode).toBe(0);
  });

  test('A2, A4: Wazuh 5 and the agents of old call it too, and get exit codes that mean something', async () => {
    const { host } = here;
    await host.account('deploy');
    const before = await host.shadow('deploy');
    const five = execd({ dialect: 'wazuh5', ...agentAt(), program: PROGRAM });
    await five.add(JSON.parse(message('5x-enable-stateful-disable-account')));
    expect(await host.status('deploy')).toBe('L');
    await five.stop();
    expect(await host.shadow('deploy')).toBe(before);
    const old = execd({ dialect: 'legacy', ...agentAt(), program: 'disable-account.sh' });
    const [, , ...rest] = legacyWords('legacy-argv-agent_control-add').slice(1);
    const words = ['mallory', '-', ...rest];
    expect(await old.add(words)).toMatchObject({ exitCode: 0 });
    expect(await host.status('mallory')).toBe('L');
    // A2: an agent of old may not call for a second account, but where it does that is another lock.
    expect(await old.add(['mallory2', '-', ...rest])).toMatchObject({ exitCode: 0 });
    expect(await old.delete(words)).toMatchObject({ exitCode: 0 });
    expect(await host.status('mallory')).toBe('P');
    expect(await host.status('mallory2')).toBe('L');
    expect(await old.add(['root', '-', ...rest])).toMatchObject({ exitCode: 5 });
  });
});

/** What a manager makes of a line of PAM's: its decoder `pam`, its rule 5503. */
function alertFor(line: string, serial: number) {
  const sample = JSON.parse(message('4x-add-pam-5503-disable-account'));
  const field = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(line)?.[1];
  const { alert } = sample.parameters;
  const data = { dstuser: field('user'), uid: field('uid'), euid: field('euid') };
  const id = `1770113700.${serial}`;
  sample.parameters.alert = { ...alert, id, full_log: line, data };
  return sample;
}

describe('undo restores exactly', () => {
  const FORMER: readonly [what: string, shadow: Shadow, status: string][] = [
    ['an account like any other', {}, 'P'],
    ['D1: one that an administrator had locked', { password: `!${PASSWORD.hash}` }, 'L'],
    ['one that expires', { expires: '20500' }, 'P'],
    [
      'D1: one that was locked and expires',
      { password: `!${PASSWORD.hash}`, expires: '20500' },
      'L',
    ],
    ['one that expired long ago', { expires: '100' }, 'P'],
    ['one whose expiry is 0', { expires: '0' }, 'P'],
    ['D2: one without a password', { password: '' }, 'NP'],
    ['D2: one without a password that expires', { password: '', expires: '20500' }, 'NP'],
    ['one for which no password is right', { password: '*' }, 'L'],
    ['one that never had a password', { password: '!' }, 'L'],
    ['one that never had a password, elsewhere', { password: '!!' }, 'L'],
  ];

  test.each(FORMER)('%s', async (_what, shadow, status) => {
    const { host } = here;
    await host.account('mallory', shadow);
    const before = await host.shadow('mallory');
    expect(await host.status('mallory')).toBe(status);
    expect(await add('mallory')).toMatchObject({ exitCode: 0 });
    expect(await host.status('mallory')).toBe('L');
    expect((await host.shadow('mallory')).split(':')).toMatchObject({
      1: expect.stringMatching(/^!/),
      2: CHANGED,
      7: '1',
    });
    expect(await add('mallory')).toMatchObject({ exitCode: 0 });
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect(last().outcome).toBe('removed');
    expect(await host.shadow('mallory')).toBe(before);
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect(last().outcome).toBe('absent');
  });

  test('what an administrator did meanwhile stays, and the rest comes back', async () => {
    const { host } = here;
    await host.account('mallory', { expires: '20500' });
    await add('mallory');
    await host.at.must(['chpasswd'], { input: 'mallory:better\n' });
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect((await host.shadow('mallory')).split(':')[7]).toBe('20500');
    expect(await host.status('mallory')).toBe('P');

    await add('mallory');
    await host.at.must(['chpasswd'], { input: 'mallory:best\n' });
    await host.at.must(['passwd', '-l', 'mallory']);
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect(await host.status('mallory')).toBe('L');
  });

  test.each([1, 2])(
    'one without a password that is made anew after %i alert(s) stays locked',
    async (alerts) => {
      const { host } = here;
      await host.account('mallory', { password: '' });
      await add('mallory');
      await host.at.must(['userdel', '-f', 'mallory']);
      await host.at.must(['useradd', '-M', '-u', '50000', '-s', '/bin/sh', 'mallory']);
      if (alerts === 2) await add('mallory');
      expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
      expect((await host.shadow('mallory')).split(':')).toMatchObject({ 1: '!', 7: '' });
    },
  );

  test('one that somebody else has disabled is left alone', async () => {
    const { host } = here;
    await host.at.must(['usermod', '-L', '-e', '1', 'mallory']);
    const before = await host.shadow('mallory');
    expect(await add('mallory')).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await remove('mallory');
    expect([exitCode, last().outcome]).toEqual([11, 'not-ours']);
    expect(stderr).toContain("usermod -U -e '' mallory");
    expect(await host.shadow('mallory')).toBe(before);
  });

  test('many at the same moment', async () => {
    const { host } = here;
    const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'];
    for (const name of names) await host.account(name);
    const before = await Promise.all(names.map((name) => host.shadow(name)));
    const results = await Promise.all(names.map((name) => add(name)));
    expect(results.map(({ exitCode }) => exitCode)).toEqual(names.map(() => 0));
    for (const name of names) expect(await host.status(name)).toBe('L');
    await Promise.all(names.map((name) => remove(name)));
    expect(await Promise.all(names.map((name) => host.shadow(name)))).toEqual(before);
  });
});

describe('D4: what must never be locked', () => {
  test.each([
    ['root', 5],
    ['toor', 5],
    ['daemon', 5],
    ['nobody', 5],
    ['wazuh', 5],
    ['nosuch', 5],
    ['-x', 4],
    ['1000', 4],
    ['mallory:x', 4],
    ['../mallory', 4],
    ['mallory mallory2', 4],
  ])('%s', async (name, exit) => {
    const { host } = here;
    await host.at.run(['useradd', '-M', '-o', '-u', '0', 'toor']);
    await host.at.run(['useradd', '-M', '-u', '50999', 'wazuh']);
    const before = readShadow();
    const { exitCode, stderr } = await byHand(['add', `--user=${name}`]);
    expect([exitCode, stderr]).toEqual([exit, expect.stringMatching(/^(?:refused|bad-field): /)]);
    expect(readShadow()).toBe(before);
    // An undo is never refused; of what cannot be a name there is none.
    expect((await byHand(['delete', `--user=${name}`])).exitCode).toBe(exit === 5 ? 0 : 4);
  });
});

const readShadow = () =>
  spawnSync(here.host.at.enter[0] ?? '', [...here.host.at.enter.slice(1), 'cat', '/etc/shadow'], {
    encoding: 'utf8',
  }).stdout;

describe('the tools', () => {
  test('D2: a lock that another program holds is told, and BusyBox does not pass it by', async () => {
    const { host } = here;
    const before = await host.shadow('mallory');
    await host.at.must(['sh', '-c', `echo ${process.pid} > /etc/passwd.lock`]);
    const { exitCode, stderr } = await add('mallory');
    await host.at.must(['rm', '/etc/passwd.lock']);
    expect([exitCode, stderr]).toEqual([9, expect.stringContaining('cannot lock /etc/passwd')]);
    expect(await host.shadow('mallory')).toBe(before);
  });

  test('D2: a tool that fails is no success', async () => {
    const broken = join(here.home.path, 'usermod');
    await writeFile(broken, FAILING, { mode: 0o755 });
    const at = mounted(
      here.host.at,
      `mount --bind ${broken} /usr/sbin/usermod && mount --bind ${broken} /usr/bin/busybox`,
    );
    const before = await here.host.shadow('mallory');
    const { exitCode, stderr } = await byHand(['add', '--user', 'mallory'], at);
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('out of order')]);
    expect(await here.host.shadow('mallory')).toBe(before);
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect(last().outcome).toBe('absent');
  });

  test.skipIf(busyboxObstacle())(
    'without usermod BusyBox locks the password, and says what it cannot do',
    async () => {
      const { host } = here;
      const at = lacking(host.at, 'usermod');
      for (const password of [PASSWORD.hash, '', `!${PASSWORD.hash}`, '*']) {
        await host.account('mallory', { password, expires: '20500' });
        const before = (await host.shadow('mallory')).split(':');
        const { exitCode, stdout } = await byHand(['add', '--user', 'mallory'], at);
        expect(exitCode).toBe(0);
        if (!password.startsWith('!')) expect(stdout).toContain('a key may still log in');
        expect(await host.status('mallory')).toBe('L');
        const { exitCode: undone } = await byHand(['delete', '--user', 'mallory'], at);
        expect(undone).toBe(password.startsWith('!') ? 11 : 0);
        const after = (await host.shadow('mallory')).split(':');
        // The day of the last change is not what it was, which the page says.
        expect(after.toSpliced(2, 1)).toEqual(before.toSpliced(2, 1));
      }
    },
  );

  test('by hand a dry run says all and does nothing', async () => {
    const before = readShadow();
    const { exitCode, stdout } = await add('mallory', '--dry-run', '--end-sessions', 'yes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\nusermod -L -e 1 mallory\n');
    expect(stdout).toContain('pkill -KILL -U mallory');
    expect(readShadow()).toBe(before);
  });
});

describe('D3: sessions', () => {
  /** A command of the user's that runs until it is killed. */
  const session = async () => {
    const { at } = here.host;
    const number = await at.must([
      ...['sh', '-c', 'setsid runuser -u mallory -- sleep 600 > /dev/null 2>&1 & echo $!'],
    ]);
    await expect.poll(() => running()).toBe(true);
    return number;
  };
  const running = async () =>
    (await here.host.at.run(['pgrep', '-U', 'mallory', '-x', 'sleep'])).exitCode === 0;
  const end = () => here.host.at.run(['pkill', '-KILL', '-U', 'mallory']);

  test('go on unless they are to end, and the run says so', async () => {
    await session();
    const { stdout } = await add('mallory');
    expect(stdout).toContain('open sessions go on');
    expect(await running()).toBe(true);
    await end();
  });

  test.each([
    ['pkill', []],
    ['BusyBox', ['pkill']],
  ] as const)('end by %s', async (_by, without) => {
    const at = without.reduce((place, tool) => lacking(place, tool), here.host.at);
    await session();
    const { exitCode, stdout } = await byHand(
      ['add', '--user', 'mallory', '--end-sessions', 'yes'],
      at,
    );
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('with its sessions ended')]);
    expect(await running()).toBe(false);
    expect(await add('mallory', '--end-sessions', 'yes')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('with no session open'),
    });
  });

  test('that cannot be ended are told, and the lock stays', async () => {
    const at = lacking(lacking(here.host.at, 'pkill'), 'busybox');
    await session();
    const { exitCode, stderr } = await byHand(
      ['add', '--user', 'mallory', '--end-sessions', 'yes'],
      at,
    );
    expect([exitCode, stderr]).toEqual([17, expect.stringContaining('pkill is not installed')]);
    expect(await here.host.status('mallory')).toBe('L');
    expect(await running()).toBe(true);
    await end();
    expect(await remove('mallory')).toMatchObject({ exitCode: 0 });
    expect(await here.host.status('mallory')).toBe('P');
  });
});

describe('settings', () => {
  const folder = () => join(here.home.path, 'active-response', 'riposte');
  const set = async (given: object, mode = 0o600) => {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ actions: { [PROGRAM]: given } });
    await writeFile(join(folder(), 'riposte.json'), text);
    await chmod(join(folder(), 'riposte.json'), mode);
  };
  beforeEach(() => rm(join(folder(), 'riposte.json'), { force: true }));

  test('root may allow accounts of the system', async () => {
    const before = await here.host.shadow('daemon');
    await set({ 'system-accounts': 'allow' });
    expect(await add('daemon')).toMatchObject({ exitCode: 0 });
    await rm(join(folder(), 'riposte.json'));
    expect(await remove('daemon')).toMatchObject({ exitCode: 0 });
    expect(await here.host.shadow('daemon')).toBe(before);
  });

  test('that others could have written count for nothing', async () => {
    await set({ 'system-accounts': 'allow' }, 0o666);
    expect(await add('daemon')).toMatchObject({ exitCode: 5 });
  });
});

describe.each(ACCOUNT_STORIES)('the real tools: $title', ({ title, facts }) => {
  test.skipIf(title.startsWith('BusyBox') && busyboxObstacle())('answer as the model', async () => {
    const { at } = here.host;
    await at.run(['userdel', '-f', 'mallory']);
    await at.must(['useradd', '-M', '-u', String(UID), '-s', '/bin/sh', 'mallory']);
    await at.must(['usermod', '-p', '$y$mallory', 'mallory']);
    await at.must(['chage', '-d', CHANGED, 'mallory']);
    for (const { line, exitCode, stdout, stderr } of facts) {
      const [tool = '', ...words] = [...at.enter, 'env', 'LC_ALL=C', ...wordsOf(line)];
      const answer = spawnSync(tool, words, { encoding: 'utf8' });
      expect(answer.status, `${line}: ${answer.stderr}`).toBe(exitCode);
      if (stdout !== undefined) expect(answer.stdout, line).toBe(stdout);
      if (stderr !== undefined) expect(answer.stderr.split('\n')[0], line).toBe(stderr);
    }
  });
});
