import { describe, expect, test } from 'vitest';
import { rowsIn, stateIn } from '../../src/lib/accounts/bsd/master.ts';
import { MARKED, STARRED } from '../../src/lib/accounts/bsd/tools.ts';
import { attributesIn } from '../../src/lib/accounts/macos/directory.ts';
import { run } from '../../src/lib/effect.ts';
import { BSDS, rowOn } from '../support/bsd.ts';
import { Directory } from '../support/model/bsd/directory.ts';
import { Passwd } from '../support/model/bsd/passwd.ts';
import type { ModelHost } from '../support/model-host.ts';

const MASTER = '/etc/master.passwd';

/** How an administrator locks and unlocks. */
const TOOLS = {
  macos: (lock: boolean) =>
    `pwpolicy -n /Local/Default -u mallory -${lock ? 'disable' : 'enable'}user`,
  freebsd: (lock: boolean) => `pw ${lock ? 'lock' : 'unlock'} mallory`,
  openbsd: (lock: boolean) => `usermod ${lock ? '-Z' : '-U'} mallory`,
  netbsd: (lock: boolean) => `usermod -C ${lock ? 'yes' : 'no'} mallory`,
} as const;

const tool = (host: ModelHost, line: string) => {
  const [name = '', ...args] = line.split(' ');
  expect(host.tool(run(name, ...args)).exitCode, line).toBe(0);
};
const edit = (host: ModelHost, change: (text: string) => string) => {
  host.volume.writeFileSync(MASTER, change(String(host.volume.readFileSync(MASTER))));
};

describe.each(BSDS)('disable-account on %s', (platform) => {
  const row = rowOn(platform, 'disable-account', 'user');
  const ask = (host: ModelHost, verb: 'add' | 'delete', text = 'mallory') =>
    row.call(verb, host, {}, { text });

  test('D5: the account is locked, and that is seen', async () => {
    const host = row.fresh();
    expect(await ask(host, 'add')).toMatchObject({ outcome: 'applied' });
    expect(host.commands).toContain(TOOLS[platform](true));
    expect(host.holds('mallory')).toBe(true);
    expect(host.holds('mallory2')).toBe(false);
  });

  test('D1: an administrator’s own lock survives', async () => {
    const host = row.fresh();
    tool(host, TOOLS[platform](true));
    const before = host.state();
    expect(await ask(host, 'add')).toMatchObject({ outcome: 'already' });
    const { outcome, detail } = await ask(host, 'delete');
    expect(outcome).toBe('not-ours');
    expect(detail).toContain(TOOLS[platform](false));
    expect(host.state()).toBe(before);
  });

  test('D1: who unlocked it meanwhile, and locked it again, has the last word', async () => {
    const host = row.fresh();
    await ask(host, 'add');
    tool(host, TOOLS[platform](false));
    expect(host.holds('mallory')).toBe(false);
    await ask(host, 'add');
    tool(host, TOOLS[platform](false));
    expect(await ask(host, 'delete')).toMatchObject({ outcome: 'removed' });
    expect(host.holds('mallory')).toBe(false);
  });

  test('D2: a tool that answers 0 and does nothing is a failure', async () => {
    const host = row.fresh();
    const before = host.state();
    const own = host.tool.bind(host);
    host.tool = (command) =>
      ['dscl'].includes(command.tool) ? own(command) : { exitCode: 0, stdout: '', stderr: '' };
    expect(await ask(host, 'add')).toMatchObject({ outcome: 'tool-failed', told: [] });
    host.tool = own;
    expect(host.state()).toBe(before);
  });

  test('D2, P4: without its tool nothing is claimed', async () => {
    const host = row.fresh();
    const missing = TOOLS[platform](true).split(' ')[0];
    host.faults = (_place, { tool: name }) => (name === missing ? 'missing' : undefined);
    expect(await ask(host, 'add')).toMatchObject({ outcome: 'missing-tool', told: [] });
  });

  test('D3: what stays open is said, or ended', async () => {
    expect((await ask(row.fresh(), 'add')).detail).toContain('open sessions go on');
    const settings = { actions: { 'disable-account': { 'end-sessions': 'yes' } } };
    const host = row.fresh({ settings });
    const own = host.tool.bind(host);
    const killed: string[] = [];
    host.tool = (command) => {
      if (command.tool !== 'pkill') return own(command);
      killed.push(command.args.join(' '));
      return { exitCode: killed.length === 1 ? 0 : 1, stdout: '', stderr: '' };
    };
    const { outcome, detail } = await ask(host, 'add');
    expect(outcome).toBe('applied');
    expect(detail).toContain('with its sessions ended');
    expect(killed).toEqual(['-KILL -U mallory', '-KILL -U mallory']);
  });

  test.each<readonly [name: string, why: string]>([
    ['root', 'refused'],
    ['wazuh', 'what the agent itself runs as'],
    ['_wazuh', 'what the agent itself runs as'],
    ['nobody', 'the system’s own'],
    ['ghost', 'it does not exist'],
    ...(platform === 'macos'
      ? [['gertrude', 'another name of trudy'] as const]
      : [['toor', 'has uid 0'] as const]),
  ])('D4: %s is refused', async (name, why) => {
    const host = row.fresh();
    const before = host.state();
    const { outcome, detail, told } = await ask(host, 'add', name);
    expect([outcome, told]).toEqual(['refused', []]);
    if (name !== 'root') expect(detail).toContain(why);
    expect(host.state()).toBe(before);
  });

  test('D4: all but the last administrator may be locked', async () => {
    const host = row.fresh();
    expect(await ask(host, 'add', 'alice')).toMatchObject({ outcome: 'applied' });
    const { outcome, detail } = await ask(host, 'add', 'bob');
    expect(outcome).toBe('refused');
    expect(detail).toContain('bob is the last administrator who can still log in');
    expect(await ask(host, 'delete', 'alice')).toMatchObject({ outcome: 'removed' });
    expect(await ask(host, 'add', 'bob')).toMatchObject({ outcome: 'applied' });
  });

  test('D4: root’s settings let an account of the system through, and never root', async () => {
    const settings = { actions: { 'disable-account': { 'system-accounts': 'allow' } } };
    const name = platform === 'macos' ? '_www' : 'daemon';
    expect(await ask(row.fresh(), 'add', name)).toMatchObject({ outcome: 'refused' });
    const host = row.fresh({ settings });
    expect(await ask(host, 'add', name)).toMatchObject({ outcome: 'applied' });
    for (const never of ['toor', '_wazuh']) {
      expect(await ask(host, 'add', never)).toMatchObject({ outcome: 'refused' });
    }
  });
});

describe.each(['freebsd', 'openbsd', 'netbsd'] as const)('%s', (platform) => {
  const row = rowOn(platform, 'disable-account', 'user');

  test.each([
    ['no password', ''],
    ['no password, but a key', '*'],
    ['thirteen stars', '*************'],
  ])('D2: an account with %s is as it was before', async (_what, password) => {
    const host = row.fresh();
    edit(host, (text) => text.replace('mallory:$2b$mallory:', `mallory:${password}:`));
    const before = host.state();
    expect(await row.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.holds('mallory')).toBe(true);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.state()).toBe(before);
  });

  test('a new password behind an administrator’s new lock is left locked', async () => {
    const host = row.fresh();
    await row.call('add', host);
    edit(host, (text) => text.replace('$2b$mallory:', '$2b$another:'));
    const before = String(host.volume.readFileSync(MASTER));
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(String(host.volume.readFileSync(MASTER))).toBe(before);
  });

  test('an account that is gone takes its lock along', async () => {
    const host = row.fresh();
    await row.call('add', host);
    edit(host, (text) => text.replace(/^mallory:.*\n/m, ''));
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
  });

  test('one that expired, or whose shell lets nobody in, does not count as an administrator', async () => {
    for (const change of [
      (line: string) => line.replace('::0:0:', '::0:86400:'),
      (line: string) => line.replace('/bin/sh', '/usr/sbin/nologin'),
      (line: string) => line.replace('$2b$bob', '*'),
    ]) {
      const host = row.fresh();
      edit(host, (text) => text.replace(/^bob:.*$/m, change));
      const { outcome } = await row.call('add', host, {}, { text: 'alice' });
      expect(outcome).toBe('refused');
    }
  });
});

describe('master.passwd', () => {
  const text = [
    '# a comment:::::::::',
    'toor:*:0:0::0:0:Bourne-again Superuser:/root:',
    'eve:*LOCKED*$6$x:1001:1001::0:0:Eve:/home/eve:/bin/sh',
    'bea:*$2b$y:1002:1002:default:0:0:Bea:/home/bea:/bin/ksh-',
    'cut:$6$z:1003',
    '+:::::::::',
    '',
  ].join('\n');

  test('is read line by line; what is no account is none', () => {
    expect(rowsIn(text).map(({ name }) => name)).toEqual(['toor', 'eve', 'bea']);
  });

  test('tells whose lock is on it', () => {
    const locked = (name: string, lock: typeof MARKED) =>
      JSON.parse(stateIn(name, rowsIn(text), lock)).locked;
    expect([locked('eve', MARKED), locked('bea', MARKED)]).toEqual([true, false]);
    expect([locked('eve', STARRED), locked('bea', STARRED)]).toEqual([false, true]);
  });

  test('a second line with uid 0 makes an administrator of a name', () => {
    const twice = rowsIn(`${text}eve:*:0:0::0:0:Eve:/root:/bin/sh\n`);
    expect(JSON.parse(stateIn('eve', twice, MARKED)).uid).toBe(0);
  });
});

test('dscl: values behind the attribute, and below it where one has a blank', () => {
  const told = attributesIn(
    'AuthenticationAuthority:\n ;DisabledUser;;ShadowHash;HASHLIST:<A,B>\n ;Kerberosv5;;a@LKDC:SHA1.0 x;\nNo such key: RecordName\nUniqueID: 501\n',
  );
  expect(told.get('AuthenticationAuthority')).toHaveLength(2);
  expect([told.get('UniqueID'), told.get('RecordName')]).toEqual([['501'], undefined]);
});

describe('the models', () => {
  const line = (password = '$6$x', shell = '/bin/sh') =>
    `eve:${password}:1001:1001::0:0:Eve:/home/eve:${shell}\n`;
  const passwd = (text = line()) => {
    let kept = text;
    const store = { read: () => kept, write: (now: string) => (kept = now) };
    return { model: new Passwd(store), text: () => kept };
  };
  const args = (words: string) => ({ args: words.split(' ') });

  test('pw of FreeBSD: 65 where it is done already, 67 for nobody, 64 for what it does not know', () => {
    const { model, text } = passwd();
    expect(model.pw(args('lock eve')).exitCode).toBe(0);
    expect(text()).toBe(line('*LOCKED*$6$x'));
    expect(model.pw(args('lock eve'))).toMatchObject({
      exitCode: 65,
      stderr: "pw: user 'eve' is already locked\n",
    });
    expect(model.pw(args('unlock 1001')).exitCode).toBe(0);
    expect(model.pw(args('unlock eve')).exitCode).toBe(65);
    expect(model.pw(args('lock ghost')).exitCode).toBe(67);
    for (const words of ['lock', 'lock eve now', 'frobnicate eve']) {
      expect(model.pw(args(words)).exitCode).toBe(64);
    }
    expect(model.pw(args('usershow eve')).stdout).toBe(line('*'));
  });

  test('usermod of OpenBSD: a star and a dash; a warning where it is done already', () => {
    const { model, text } = passwd();
    expect(model.usermodZ(args('-Z eve')).exitCode).toBe(0);
    expect(text()).toBe(line('*$6$x', '/bin/sh-'));
    expect(model.usermodZ(args('-Z eve'))).toMatchObject({ exitCode: 0 });
    expect(model.usermodZ(args('-Z eve')).stderr).toContain('already locked');
    expect(model.usermodZ(args('-U eve')).exitCode).toBe(0);
    expect(text()).toBe(line());
    expect(model.usermodZ(args('-L eve')).exitCode).toBe(1);
  });

  test('usermod of NetBSD: yes and no', () => {
    const { model, text } = passwd();
    expect(model.usermodC(args('-C yes eve')).exitCode).toBe(0);
    expect(text()).toBe(line('*LOCKED*$6$x'));
    expect(model.usermodC(args('-C no eve')).exitCode).toBe(0);
    expect(text()).toBe(line());
    for (const words of ['-C maybe eve', '-C yes', '-Z eve', '-C yes ghost']) {
      expect(model.usermodC(args(words)).exitCode).toBe(1);
    }
  });

  test('pwpolicy and dscl of macOS: one word before the ways to log in', () => {
    const directory = new Directory();
    const read = () =>
      directory.dscl(args('. -read /Users/mallory AuthenticationAuthority')).stdout;
    const before = read();
    const policy = (verb: string) =>
      directory.pwpolicy(args(`-n /Local/Default -u mallory -${verb}`)).exitCode;
    expect([policy('disableuser'), policy('disableuser')]).toEqual([0, 0]);
    expect(read()).toMatch(/^AuthenticationAuthority: ;DisabledUser;;ShadowHash;/);
    expect(policy('enableuser')).toBe(0);
    expect(read()).toBe(before);
    expect(directory.dscl(args('. -read /Users/ghost UniqueID'))).toMatchObject({
      exitCode: 56,
      stderr: expect.stringContaining('eDSRecordNotFound'),
    });
    expect(directory.pwpolicy(args('-u mallory -frobnicate')).exitCode).toBe(64);
  });
});
