import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, link, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Alert, brief, react, stampede } from '../support/alert.ts';
import { type Home, makeHome } from '../support/home.ts';
import { verdict } from '../support/model/wrappers.ts';
import type { Place } from '../support/net.ts';
import { type Private, privateEtc, rootObstacle } from '../support/private.ts';
import { mounted, withoutWrappers } from '../support/tools.ts';

const why = rootObstacle(['tcpdmatch', 'setfattr', 'getfattr', 'chattr']);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

const STOCK = '# /etc/hosts.deny of an administrator: 10.0.0.5\nin.ftpd: 192.0.2.9\n';
const V4 = { attacker: '10.0.0.5', neighbour: '10.0.0.55', denied: 'ALL:10.0.0.51' };
const V6 = { attacker: '2001:db8::5', neighbour: '2001:db8::55', denied: 'ALL:[2001:db8::51]' };

describe.skipIf(why)('in a private /etc', () => {
  let etc: Private;
  let home: Home;
  beforeAll(async () => {
    etc = await privateEtc();
    home = await makeHome();
  });
  afterAll(async () => {
    await etc[Symbol.asyncDispose]();
    await home.remove();
  });

  const file = (name = 'hosts.deny') => join(etc.folder, name);
  const text = () => readFileSync(file(), 'utf8');
  beforeEach(async () => {
    await writeFile(file('hosts.allow'), '');
    await writeFile(file(), STOCK, { mode: 0o644 });
  });
  afterEach(async () => {
    await rm(file());
  });

  const told = (verb: Alert['verb'], ip: string, { at = etc.at, ...more } = {} as Told) =>
    react(at, home, { verb, ip, program: 'host-deny', ...more });
  type Told = Partial<Alert> & { readonly at?: Place };
  /** What the real library says. */
  const asked = async (ip: string, at = etc.at) =>
    /^access: +(\w+)/m.exec(await at.must(['tcpdmatch', 'sshd', ip]))?.[1];

  describe.each([V4, V6])('$attacker', ({ attacker, neighbour, denied }) => {
    test('H1, H2, H5: it is kept out, a longer address is not, and it is let in again', async () => {
      await writeFile(file(), `${denied}\n${STOCK}in.ftpd: 192.0.2.9 # and ${attacker}\n`);
      const before = text();
      expect(await asked(attacker)).toBe('granted');
      const added = await told('add', attacker);
      expect([brief(added), added.keys]).toEqual(['0 applied', [attacker]]);
      expect(await asked(attacker)).toBe('denied');
      expect(await asked(neighbour)).toBe('granted');
      expect(brief(await told('add', attacker))).toBe('0 already');
      expect(brief(await told('add', neighbour))).toBe('0 applied');
      expect(brief(await told('delete', neighbour))).toBe('0 removed');
      expect(await asked(attacker)).toBe('denied');
      expect(brief(await told('delete', attacker))).toBe('0 removed');
      expect(brief(await told('delete', attacker))).toBe('0 absent');
      expect(await asked(attacker)).toBe('granted');
      expect(text()).toBe(before);
    });

    test('each name of the program holds it by itself', async () => {
      for (const program of ['host-deny', 'host-deny.sh']) {
        expect(brief(await told('add', attacker, { program }))).toBe('0 applied');
      }
      expect(brief(await told('delete', attacker))).toBe('0 removed');
      expect(await asked(attacker)).toBe('denied');
      expect(brief(await told('delete', attacker, { program: 'host-deny.sh' }))).toBe('0 removed');
      expect(text()).toBe(STOCK);
    });
  });

  test('H3: an administrator’s line stays in force after ours is gone', async () => {
    await writeFile(file(), `${STOCK}ALL: ${V4.attacker}\n`);
    expect(brief(await told('add', V4.attacker))).toBe('0 applied');
    expect(brief(await told('delete', V4.attacker))).toBe('0 removed');
    expect(await asked(V4.attacker)).toBe('denied');
    expect(text()).toBe(`${STOCK}ALL: ${V4.attacker}\n`);
  });

  test('H4: mode, owner and attributes are kept', async () => {
    await chmod(file(), 0o640);
    await chown(file(), 0, 4);
    await execa('setfattr', ['-n', 'user.label', '-v', 'kept', file()]);
    for (const verb of ['add', 'delete'] as const) {
      const before = statSync(file());
      expect((await told(verb, V4.attacker)).exitCode).toBe(0);
      const now = statSync(file());
      expect([now.mode, now.uid, now.gid]).toEqual([before.mode, 0, 4]);
      expect(now.ino).not.toBe(before.ino);
      const { stdout } = await execa('getfattr', ['--only-values', '-n', 'user.label', file()]);
      expect(stdout).toBe('kept');
    }
  });

  test('H4: a link is followed, another name of the file sees the same', async () => {
    await rename(file(), file('hosts.real'));
    await symlink('hosts.real', file());
    await link(file('hosts.real'), file('hosts.other'));
    expect(brief(await told('add', V4.attacker))).toBe('0 applied');
    expect(lstatSync(file()).isSymbolicLink()).toBe(true);
    expect(readFileSync(file('hosts.other'), 'utf8')).toBe(text());
    expect(await asked(V4.attacker)).toBe('denied');
    expect(brief(await told('delete', V4.attacker))).toBe('0 removed');
    expect(readFileSync(file('hosts.other'), 'utf8')).toBe(STOCK);
    await rm(file('hosts.real'));
    await rm(file('hosts.other'));
  });

  test('H7: a file that is not there is made, and one without its last line end kept', async () => {
    await rm(file());
    expect(brief(await told('add', V4.attacker))).toBe('0 applied');
    expect((statSync(file()).mode & 0o7777).toString(8)).toBe('644');
    expect(await asked(V4.attacker)).toBe('denied');
    expect(await asked(V4.neighbour)).toBe('granted');
    await told('delete', V4.attacker);
    expect(text()).toBe('');
    const torn = `${STOCK}sshd: 192.0.2.9`;
    await writeFile(file(), torn);
    expect(brief(await told('add', V4.attacker))).toBe('0 applied');
    expect(text().endsWith(torn)).toBe(true);
    expect(brief(await told('delete', V4.attacker))).toBe('0 removed');
    expect(text()).toBe(torn);
  });

  test('H8: without the library nothing is done, and the agent may try something else', async () => {
    await using bare = await withoutWrappers(etc.at);
    const { exitCode, keys, stderr, logged } = await told('add', V4.attacker, { at: bare.at });
    expect([exitCode, keys, logged?.outcome]).toEqual([16, undefined, 'no-effect']);
    expect(stderr).toContain('firewall-drop');
    expect(text()).toBe(STOCK);
    expect(brief(await told('delete', V4.attacker, { at: bare.at }))).toBe('0 absent');
  });

  test('a file that is mounted there by itself is written in place', async () => {
    await writeFile(file('elsewhere'), STOCK);
    const { ino } = statSync(file('elsewhere'));
    for (const more of ['', ' && mount -o remount,ro,bind /etc']) {
      const at = mounted(etc.at, `mount --bind /etc/elsewhere /etc/hosts.deny${more}`);
      expect(brief(await told('add', V4.attacker, { at }))).toBe('0 applied');
      expect(await asked(V4.attacker, at)).toBe('denied');
      expect(brief(await told('delete', V4.attacker, { at }))).toBe('0 removed');
      expect(readFileSync(file('elsewhere'), 'utf8')).toBe(STOCK);
    }
    expect(statSync(file('elsewhere')).ino).toBe(ino);
    expect(text()).toBe(STOCK);
    const former = join(home.path, 'active-response/riposte/former/elsewhere');
    expect(existsSync(former)).toBe(false);
    await rm(file('elsewhere'));
  });

  test('an immutable file, a read-only one, and one of somebody else’s fail and say why', async () => {
    await execa('chattr', ['+i', file()]);
    const immutable = await told('add', V4.attacker).finally(() => execa('chattr', ['-i', file()]));
    const at = mounted(etc.at, 'mount -o remount,ro,bind /etc');
    const readOnly = await told('add', V4.attacker, { at });
    await chown(file(), 65_534, 65_534);
    const alien = await told('add', V4.attacker);
    expect([brief(immutable), brief(readOnly), brief(alien)]).toEqual([
      '7 tool-failed',
      '7 tool-failed',
      '14 bad-state',
    ]);
    for (const { keys } of [immutable, readOnly, alien]) expect(keys).toBeUndefined();
    expect(immutable.stderr).toMatch(/hosts\.deny: EPERM.*immutable/);
    expect(readOnly.stderr).toMatch(/hosts\.deny: EROFS/);
    expect(alien.stderr).toMatch(/hosts\.deny belongs to uid 65534/);
    expect(text()).toBe(STOCK);
  });

  test('L7: 40 at once lose nothing, neither coming nor going', async () => {
    const addresses = Array.from({ length: 40 }, (_, index) => `10.1.0.${index + 1}`);
    const alerts = addresses.map((ip) => ({ ip }));
    for (const verb of ['add', 'delete'] as const) {
      const ended = await stampede(etc.at, home, alerts, { program: 'host-deny', verb });
      const words = new Set(ended.map(brief));
      expect(words).toEqual(new Set([verb === 'add' ? '0 applied' : '0 removed']));
      if (verb === 'delete') continue;
      const rules = text().match(/^ALL: \S+$/gm) ?? [];
      expect(rules.toSorted()).toEqual(addresses.map((ip) => `ALL: ${ip}`).toSorted());
      expect(await asked(addresses[39] ?? '')).toBe('denied');
    }
    expect(text()).toBe(STOCK);
  });

  // They share the file, and no lock.
  test('two agents on one host lose no line of an administrator’s, nor what either claims', async () => {
    await using second = await makeHome();
    const add = (at: Home, net: number) => {
      const alerts = Array.from({ length: 12 }, (_, index) => ({ ip: `10.${net}.0.${index + 1}` }));
      return stampede(etc.at, at, alerts, { program: 'host-deny' });
    };
    const ended = await Promise.all([add(home, 2), add(second, 3)]);
    const held = ended.flat().filter(({ exitCode }) => exitCode === 0);
    expect(held.length).toBeGreaterThan(0);
    for (const { logged } of held) expect(text()).toContain(`ALL: ${logged?.target}\n`);
    expect(text().endsWith(STOCK)).toBe(true);
    const names = readdirSync(etc.folder).filter((name) => name.includes('.riposte'));
    expect(names).toEqual([]);
  });
});

/** Files that are hard to read. */
const READINGS = [
  'ALL: 203.0.113.7\n',
  'ALL: 203.0.113.7',
  'sshd: 198.51.100.9',
  'ALL: 198.51.100.9\nsshd: 203.0.113.7',
  '# a comment without its end',
  '# riposte host-deny\nALL: 203.0.113.7\n',
  '# goes on \\\nALL: 203.0.113.7\n',
  'ALL: \\\n203.0.113.7\n',
  'ALL: 203.0.113.7 # riposte\n',
  'sshd: 198.51.100.9 # not 203.0.113.7\n',
  ' # sshd: 203.0.113.7\n',
  '# sshd: 203.0.113.7\n',
  'ALL: 203.0.113.7\r\n',
  'sshd: 203.0.113.7\n',
  'sshd, in.ftpd: 198.51.100.9, 203.0.113.7\n',
  'in.ftpd: 203.0.113.7\n',
  'ALL: 203.0.113.0/24\n',
  'ALL: [2001:db8::7]\n',
  'ALL: [2001:db8::]/32\n',
  'ALL:2001:db8::7\n',
  'ALL: ALL\n',
  'no rule at all\nALL: 203.0.113.7\n',
  'ALL : 203.0.113.7 : deny\nALL : ALL : allow\n',
  'ALL : [2001:db8::7] : deny\nALL : ALL : allow\n',
  'ALL : ALL : allow\nALL : 203.0.113.7 : deny\n',
  '',
];

// The laws and the unit tests rest on a model of TCP wrappers: here the real ones are asked the same.
test.skipIf(why)('the real TCP wrappers read a file as the model does', async () => {
  await using etc = await privateEtc();
  const clients = ['203.0.113.7', '203.0.113.70', '198.51.100.9', '2001:db8::7', '2001:db8::70'];
  for (const reading of READINGS) {
    for (const [allow, deny] of [['', reading] as const, [reading, 'ALL: ALL\n'] as const]) {
      await writeFile(join(etc.folder, 'hosts.allow'), allow);
      await writeFile(join(etc.folder, 'hosts.deny'), deny);
      for (const client of clients) {
        const { stdout } = await execa('tcpdmatch', ['-d', 'sshd', client], { cwd: etc.folder });
        const said = /^access: +(\w+)/m.exec(stdout)?.[1];
        expect(said, `${client} by ${JSON.stringify([allow, deny])}`).toBe(
          verdict(allow, deny, 'sshd', client),
        );
      }
    }
  }
});
