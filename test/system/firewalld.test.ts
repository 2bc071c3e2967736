import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Alert, brief, messageFor, react } from '../support/alert.ts';
import { execd } from '../support/execd.ts';
import { firewalldLane } from '../support/firewalld.ts';
import { wordsOf } from '../support/model/facts.ts';
import { FIREWALLD } from '../support/model/firewalld-facts.ts';
import { ADDRESS, type Family } from '../support/net.ts';
import { connect, echoServer, reaches } from '../support/tcp.ts';
import { lacking } from '../support/tools.ts';

const here = firewalldLane();

const NONE_LOST = { sent: 2, lost: 0 };
const ALL_LOST = { sent: 2, lost: 2 };
const BACKENDS = ['firewalld', 'firewall-cmd'] as const;
const FAMILIES: readonly Family[] = [4, 6];
const ROWS = BACKENDS.flatMap((backend) =>
  FAMILIES.map((family) => ({ backend, family, extra: ['--backend', backend] })),
);

const told = (verb: Alert['verb'], ip: string, more: Partial<Alert> = {}, at = here.world.victim) =>
  react(at, here.home, { verb, ip, program: 'firewalld-drop', ...more });

const byHand = (...words: string[]) =>
  here.world.victim.run([`${here.home.path}/active-response/bin/firewalld-drop`, ...words]);

const zoneOf = (zone: string, device = 'out0') =>
  here.daemon.cmd(`--zone=${zone}`, `--change-interface=${device}`);

beforeEach(async () => {
  await here.home.setArConf(['firewalld-drop600 - firewalld-drop - 600']);
});

describe.each(ROWS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const host = ADDRESS.victim[family];
  const ping = (ip: string) => here.world.ping(ip, host, 2);

  test.each([
    ['an interface that no zone has', undefined],
    ['F6: an interface of a zone that is not the default one', 'internal'],
    ['F6: an interface of a zone that accepts everything', 'trusted'],
  ])('packets by %s are dropped, those of a neighbour are not', async (_what, zone) => {
    if (zone !== undefined) await zoneOf(zone);
    const { world, daemon } = here;
    const [ip, neighbour] = [world.source(family), world.source(family)];
    expect(await ping(ip)).toEqual(NONE_LOST);
    const added = await told('add', ip, { extra });
    expect([brief(added), added.keys, added.logged?.backend]).toEqual(['0 applied', [ip], backend]);
    expect(await ping(ip)).toEqual(ALL_LOST);
    expect(await ping(neighbour)).toEqual(NONE_LOST);
    expect(brief(await told('delete', ip, { extra }))).toBe('0 removed');
    expect(await ping(ip)).toEqual(NONE_LOST);
    if (zone !== undefined) await daemon.cmd(`--zone=${zone}`, '--remove-interface=out0');
  });

  test('P2: a rule that is there already, or not there, is a state and no failure', async () => {
    const ip = here.world.source(family);
    expect(brief(await told('add', ip, { extra }))).toBe('0 applied');
    expect(brief(await told('add', ip, { extra }))).toBe('0 already');
    expect(brief(await told('add', ip, { extra, reply: 'abort' }))).toBe('0 already');
    expect(await here.daemon.rules('public', ip)).toHaveLength(1);
    expect(await ping(ip)).toEqual(ALL_LOST);
    expect(brief(await told('delete', ip, { extra }))).toBe('0 removed');
    expect(brief(await told('delete', ip, { extra }))).toBe('0 absent');
    expect(await here.daemon.rules('public', ip)).toEqual([]);
  });

  test('what a reload took away is back with the next alert, also on abort', async () => {
    const ip = here.world.source(family);
    for (const reply of ['continue', 'abort'] as const) {
      expect((await told('add', ip, { extra })).exitCode).toBe(0);
      await here.daemon.cmd('--reload');
      expect(await ping(ip)).toEqual(NONE_LOST);
      expect(brief(await told('add', ip, { extra, reply }))).toBe('0 applied');
      expect(await ping(ip)).toEqual(ALL_LOST);
    }
    expect(brief(await told('delete', ip, { extra }))).toBe('0 removed');
  });

  test('firewalld’s own clock ends a block, and the clock of a renewed one is the new one', async () => {
    const [short, renewed] = [here.world.source(family), here.world.source(family)];
    const words = (ip: string) => ['add', '--srcip', ip, '--backend', backend];
    expect(await byHand(...words(renewed), '--for', '3s')).toMatchObject({ exitCode: 0 });
    expect(await byHand(...words(renewed))).toMatchObject({ exitCode: 0 });
    expect(await byHand(...words(short), '--for', '3s')).toMatchObject({ exitCode: 0 });
    await expect.poll(() => ping(short), { timeout: 10_000 }).toEqual(NONE_LOST);
    expect(await ping(renewed)).toEqual(ALL_LOST);
    expect(await byHand('delete', '--srcip', renewed)).toMatchObject({ exitCode: 0 });
    expect(await ping(renewed)).toEqual(NONE_LOST);
  });
});

// What firewalld does does not depend on who told it.
describe.each(FAMILIES)('IPv%i', (family) => {
  const host = ADDRESS.victim[family];

  test('a block that is renewed lets no packet pass meanwhile', async () => {
    const ip = here.world.source(family);
    expect(brief(await told('add', ip))).toBe('0 applied');
    const pinging = here.world.ping(ip, host, 200);
    for (let time = 0; time < 3; time += 1) {
      expect(brief(await told('add', ip))).toBe('0 already');
    }
    expect(await pinging).toEqual({ sent: 200, lost: 200 });
    expect(brief(await told('delete', ip))).toBe('0 removed');
  });

  test('an administrator’s rules for the same address survive, also permanent ones', async () => {
    const { world, daemon } = here;
    const ip = world.source(family);
    const rule = `rule family="ipv${family}" source address="${ip}" drop`;
    const later = rule.replace('rule ', 'rule priority="-5" ');
    for (const one of [rule, later]) await daemon.cmd(`--add-rich-rule=${one}`);
    const files = () =>
      readdirSync(daemon.config, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((path) => `${path}\n${readFileSync(path, 'utf8')}`);
    const [before, permanent] = [await daemon.rules('public', ip), files()];
    expect(before).toHaveLength(2);
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await daemon.rules('public', ip)).toHaveLength(3);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect([...(await daemon.rules('public', ip))].sort()).toEqual([...before].sort());
    expect(files()).toEqual(permanent);
  });

  test('a rule in a zone that packets no longer come to is removed too', async () => {
    const { world, daemon } = here;
    const ip = world.source(family);
    await zoneOf('internal');
    expect(brief(await told('add', ip))).toBe('0 applied');
    await zoneOf('public');
    expect(await daemon.rules('internal', ip)).toHaveLength(1);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await daemon.rules('internal', ip)).toEqual([]);
    expect(await daemon.rules('public', ip)).toEqual([]);
  });

  test('--zone blocks in that zone alone, and one that is not there is named', async () => {
    const { world, daemon } = here;
    const ip = world.source(family);
    const zone = ['--zone', 'work'];
    expect(brief(await told('add', ip, { extra: zone }))).toBe('0 applied');
    expect(await daemon.rules('work', ip)).toHaveLength(1);
    expect(await daemon.rules('public', ip)).toEqual([]);
    expect(brief(await told('delete', ip, { extra: zone }))).toBe('0 removed');
    const wrong = await told('add', ip, { extra: ['--zone', 'nosuch'] });
    expect([brief(wrong), wrong.keys]).toEqual(['7 tool-failed', undefined]);
    expect(wrong.logged?.detail).toContain('INVALID_ZONE: nosuch');
  });

  test('a connection that is open is cut', async () => {
    const { world, daemon } = here;
    const ip = world.source(family);
    const port = 7000 + family;
    await daemon.cmd(`--add-port=${port}/tcp`);
    await using _server = await echoServer(world.victim, port);
    await using open = await connect(world.attacker, ip, host, port);
    open.send('before');
    expect(await open.heard(2_000)).toBe('before');
    const added = await told('add', ip);
    expect([brief(added), added.logged?.detail]).toEqual([
      '0 applied',
      `${ip} is blocked (firewalld), and what it had open is cut`,
    ]);
    open.send('during');
    expect(await open.heard(500)).not.toBe('during');
    expect(await reaches(world.attacker, ip, host, port)).toBe(false);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await reaches(world.attacker, ip, host, port)).toBe(true);
  });

  test('where it cannot be cut, the outcome says so', async () => {
    const { world, daemon } = here;
    const ip = world.source(family);
    const port = 7100 + family;
    await daemon.cmd(`--add-port=${port}/tcp`);
    await using _server = await echoServer(world.victim, port);
    await using open = await connect(world.attacker, ip, host, port);
    const without = lacking(lacking(world.victim, 'ss'), 'conntrack');
    const added = await told('add', ip, {}, without);
    expect(brief(added)).toBe('0 applied');
    expect(added.logged?.detail).toContain('but connections that were open may go on');
    open.send('during');
    expect(await open.heard(2_000)).toBe('during');
    expect(await reaches(world.attacker, ip, host, port)).toBe(false);
    expect(brief(await told('delete', ip))).toBe('0 removed');
  });
});

test('without busctl it is firewall-cmd, and what it made is undone with busctl', async () => {
  const { world, daemon } = here;
  const ip = world.source(4);
  const added = await told('add', ip, {}, lacking(world.victim, 'busctl'));
  expect([brief(added), added.logged?.backend]).toEqual(['0 applied', 'firewall-cmd']);
  expect(await world.ping(ip, ADDRESS.victim[4], 2)).toEqual(ALL_LOST);
  expect(brief(await told('delete', ip))).toBe('0 removed');
  expect(await daemon.rules('public', ip)).toEqual([]);
});

test('many at the same moment leave one rule each', async () => {
  const { world, daemon } = here;
  const ips = [world.source(4), world.source(4), world.source(4)];
  const all = [...ips, ...ips, ...ips, ...ips];
  const runs = await Promise.all(all.map((ip) => told('add', ip)));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual(all.map(() => 0));
  for (const ip of ips) {
    expect(await daemon.rules('public', ip)).toHaveLength(1);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await daemon.rules('public', ip)).toEqual([]);
  }
});

test.each(['wazuh4', 'legacy'] as const)(
  'an agent of %s shuts an address out and lets it in',
  async (dialect) => {
    const { world, home } = here;
    const ip = world.source(4);
    const options = { home: home.path, enter: [...world.victim.enter, 'env', '-C', home.path] };
    const set = { program: 'firewalld-drop', timeout: 600 };
    const run = () => {
      if (dialect === 'legacy') {
        const agent = execd({ ...options, dialect });
        const words = ['-', ip, '1304756247.60385', '31151', '/var/log/auth.log'];
        return { add: () => agent.add(words, set), delete: () => agent.delete(words, set) };
      }
      const agent = execd({ ...options, dialect });
      const message = JSON.parse(
        messageFor({ ip, program: 'firewalld-drop', alertId: '1.2' }, 'add'),
      );
      return { add: () => agent.add(message, set), delete: () => agent.delete(message, set) };
    };
    const agent = run();
    expect(await agent.add()).toMatchObject({ exitCode: 0 });
    expect(await world.ping(ip, ADDRESS.victim[4], 2)).toEqual(ALL_LOST);
    expect(await agent.delete()).toMatchObject({ exitCode: 0 });
    expect(await world.ping(ip, ADDRESS.victim[4], 2)).toEqual(NONE_LOST);
  },
);

// The laws rest on the model host: here the daemon it pretends to be is asked the same.
test('the real tools answer as the model says', async () => {
  const { world, daemon } = here;
  await daemon.cmd('--reload');
  for (const [place, fact] of FIREWALLD.facts.entries()) {
    const ran = await world.victim.run(wordsOf(fact.line));
    const where = `${place}: ${fact.line}: ${ran.stderr}`;
    expect(ran.exitCode, where).toBe(fact.exitCode);
    if (fact.stdout !== undefined) expect(ran.stdout, where).toBe(fact.stdout.trimEnd());
    if (fact.stderr !== undefined) expect(ran.stderr.split('\n')[0], where).toBe(fact.stderr);
  }
});

describe('a firewalld that is installed and not running', () => {
  test('F6, V4, V5: fails at once with a sentence, starts nothing and leaves nothing behind', async () => {
    const { world, daemon } = here;
    const ip = world.source(4);
    await daemon.stop();
    const added = await told('add', ip);
    expect([brief(added), added.keys]).toEqual(['6 missing-tool', undefined]);
    expect(added.logged?.detail).toContain('firewalld is not running');
    // Upstream sleeps for so long.
    expect(added.ms).toBeLessThan(10_000);
    expect((await world.victim.run(['firewall-cmd', '--state'])).stdout).not.toBe('running');
    await daemon.start();
    expect(await daemon.rules('public', ip)).toEqual([]);
    expect(brief(await told('delete', ip))).toBe('0 absent');
  });

  test('V1: what was blocked before it stopped does not come back, nor does its delete lie', async () => {
    const { world, daemon } = here;
    const ip = world.source(4);
    expect(brief(await told('add', ip))).toBe('0 applied');
    await daemon.stop();
    expect(brief(await told('delete', ip))).toBe('6 missing-tool');
    await daemon.start();
    expect(brief(await told('delete', ip))).toBe('0 absent');
    expect(await world.ping(ip, ADDRESS.victim[4], 2)).toEqual(NONE_LOST);
  });
});

test('a ruleset that was flushed behind firewalld’s back is a failure, not a block that holds already', async () => {
  const { world, daemon } = here;
  const ip = world.source(4);
  expect(brief(await told('add', ip))).toBe('0 applied');
  await world.victim.must(['nft', 'flush', 'ruleset']);
  for (const address of [ip, world.source(4)]) {
    const added = await told('add', address);
    expect([brief(added), added.keys]).toEqual(['7 tool-failed', undefined]);
    expect(added.logged?.detail).toContain('COMMAND_FAILED');
  }
  await daemon.stop();
  await daemon.start();
  expect(brief(await told('add', ip))).toBe('0 applied');
  expect(await world.ping(ip, ADDRESS.victim[4], 2)).toEqual(ALL_LOST);
  expect(brief(await told('delete', ip))).toBe('0 removed');
});

test('the doctor knows whether firewalld runs', async () => {
  const { world, home, daemon } = here;
  const program = `${home.path}/active-response/bin/riposte`;
  const findings = async () => {
    const { stdout } = await world.victim.run([program, 'doctor', '--json', 'firewalld-drop']);
    return JSON.parse(stdout).findings as readonly { readonly what: string }[];
  };
  const told = (await findings()).map(({ what }) => what);
  expect(told).toContain('ready: firewalld; if that fails firewall-cmd');
  expect(told).toContain('firewalld is running; a block by nft comes before its rules');
  await daemon.stop();
  expect((await findings())[0]).toMatchObject({
    status: 'bad',
    what: expect.stringMatching(/^not ready: firewalld: firewalld is not running/),
  });
  await daemon.start();
});
