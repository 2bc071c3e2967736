import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow } from '../../src/lib/node/files.ts';
import { bootId } from '../../src/lib/node/processes.ts';
import { recordsIn } from '../../src/lib/records.ts';
import { type Alert, brief, react } from '../support/alert.ts';
import { PROBES } from '../support/firewall.ts';
import { firewalldLane } from '../support/firewalld.ts';
import { type Home, makeHome } from '../support/home.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { ADDRESS, type Family, type Place, place } from '../support/net.ts';
import { type Private, privateEtc, privateRoot, rootObstacle } from '../support/private.ts';

/** One block as `riposte list --json` tells of it. */
interface Shown {
  readonly target: string;
  readonly holder: string;
  readonly backend: string;
  readonly state: string;
  readonly until?: string;
  readonly packets?: number;
}

const riposte = (where: Place, home: Home, ...words: string[]) =>
  where.run([`${home.path}/active-response/bin/riposte`, ...words, '--home', home.path]);

async function list(where: Place, home: Home): Promise<readonly Shown[]> {
  const { exitCode, stdout, stderr } = await riposte(where, home, 'list', '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Shown[];
}

const states = async (where: Place, home: Home) =>
  (await list(where, home)).map(({ target, backend, holder, state }) =>
    [target, backend, holder, state].join(' '),
  );

const SECONDS = 600;

/** Everything that a firewall or a routing table says, without figures. */
async function dump(where: Place): Promise<string> {
  const texts: string[] = [];
  for (const line of [
    'nft -s list ruleset',
    'iptables-save',
    'ip6tables-save',
    'ipset save',
    'ip -4 rule',
    'ip -6 rule',
    'ip -4 route show table all',
    'ip -6 route show table all',
  ]) {
    texts.push(`== ${line}`, await where.must(line.split(' ')));
  }
  return (
    texts
      .join('\n')
      .split('\n')
      // What the kernel gives to an interface by itself comes when it comes.
      .filter((line) => !/^#|fe80::/.test(line))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, '').replace(/ expires \d+sec/, ''))
      .join('\n')
  );
}

/** An administrator's things of every kind, ours never among them. */
const NEIGHBOURS = `
nft add table inet admin
nft add set inet admin firewall-drop4 '{ type ipv4_addr; }'
nft add element inet admin firewall-drop4 '{ 203.0.113.1 }'
for tool in iptables ip6tables; do
  $tool -A INPUT -i nosuch -m comment --comment 'riposte "of" hand' -j DROP
  $tool -A FORWARD -i nosuch -j DROP
  $tool -t raw -A PREROUTING -i nosuch -j DROP
done
ipset create admin hash:ip
ipset add admin 203.0.113.1
ip route add blackhole 203.0.113.200 metric 5
`;

/** What a test that failed may have left. */
const FORGET = `
nft flush ruleset
ipset destroy
for family in -4 -6; do
  ip $family route del blackhole 203.0.113.200 metric 5
  while ip $family rule del priority 182; do :; done
  ip $family route flush table 182
done 2> /dev/null
true`;

const ROWS = (
  [
    ['firewall-drop', 'nft'],
    ['firewall-drop', 'ipset'],
    ['firewall-drop', 'iptables'],
    ['throttle', 'nft-limit'],
    ['route-null', 'ip-route'],
    ['route-null', 'net-tools'],
  ] as const
).flatMap(([program, backend]) =>
  ([4, 6] as const).map((family) => ({ program, backend, family })),
);

/** Takes away what was made, as somebody might behind our back. */
async function wipe(where: Place, backend: string, ip: string): Promise<void> {
  const probe = PROBES[(backend === 'nft-limit' ? 'nft' : backend) as keyof typeof PROBES];
  const family = ip.includes(':') ? '-6' : '-4';
  if (probe) await probe.wipe(where);
  else if (backend === 'ip-route') {
    await where.must(['ip', family, 'rule', 'del', 'priority', '182']);
  } else await where.must(['ip', family, 'route', 'del', ip]);
}

describe('in a world', () => {
  const here = lane([...TOOLS, 'route']);

  afterEach(async () => {
    await here.world.victim.must(['sh', '-c', FORGET]);
    await rm(join(here.home.path, 'active-response/riposte'), { recursive: true, force: true });
  });

  describe.each(ROWS)('$program by $backend, IPv$family', ({ program, backend, family }) => {
    test('the list is what the system says, and undo leaves the system as it was', async () => {
      const { world, home } = here;
      const { victim } = world;
      await home.setArConf([`${program}${SECONDS} - ${program} - ${SECONDS}`]);
      await victim.must(['sh', '-ec', NEIGHBOURS]);
      const before = await dump(victim);
      expect(await list(victim, home)).toEqual([]);

      const [one, other] = [world.source(family), world.source(family)];
      const extra = program === 'throttle' ? [] : ['--backend', backend];
      for (const ip of [one, other]) {
        const added = await react(victim, home, { verb: 'add', ip, program, extra });
        expect(brief(added)).toBe('0 applied');
      }
      const line = (ip: string, state: string) => `${ip} ${backend} ${program} ${state}`;
      expect(await states(victim, home)).toEqual([line(one, 'held'), line(other, 'held')]);

      await world.ping(one, ADDRESS.victim[family], 3);
      const shown = await list(victim, home);
      const counts = ['nft', 'ipset', 'iptables'].includes(backend);
      expect(shown.map(({ packets }) => packets)).toEqual(counts ? [3, 0] : [undefined, undefined]);
      const left = (Date.parse(shown[0]?.until ?? '') - Date.now()) / 1000;
      expect(left).toBeGreaterThan(SECONDS - 60);

      expect(await riposte(victim, home, 'undo', other)).toMatchObject({ exitCode: 0 });
      expect(await states(victim, home)).toEqual([line(one, 'held')]);

      if (backend !== 'iptables' && backend !== 'ipset') {
        await wipe(victim, backend, one);
        expect(await states(victim, home)).toEqual([line(one, 'gone')]);
        const swept = await riposte(victim, home, 'sweep');
        expect([swept.exitCode, swept.stdout]).toEqual([0, expect.stringMatching(/^restored: /)]);
        expect(await states(victim, home)).toEqual([line(one, 'held')]);
      }

      expect(await riposte(victim, home, 'undo', '--all')).toMatchObject({
        exitCode: 0,
        stdout: '1 block is lifted.',
        stderr: '',
      });
      expect(await list(victim, home)).toEqual([]);
      expect(await dump(victim)).toBe(before);
      expect((await world.ping(one, ADDRESS.victim[family], 2)).lost).toBe(0);
    });
  });

  test('of a rule in one chain alone the list does not say that it holds', async () => {
    const { world, home } = here;
    const { victim } = world;
    const ip = world.source(4);
    const extra = ['--backend', 'iptables'];
    expect(brief(await react(victim, home, { verb: 'add', ip, extra }))).toBe('0 applied');
    await victim.must(['iptables', '-F', 'FORWARD']);
    expect(await states(victim, home)).toEqual([`${ip} iptables firewall-drop gone`]);
    expect(await riposte(victim, home, 'sweep')).toMatchObject({ exitCode: 0 });
    expect(await states(victim, home)).toEqual([`${ip} iptables firewall-drop held`]);
    expect(await riposte(victim, home, 'undo', '--all')).toMatchObject({ exitCode: 0 });
    expect(await victim.must(['iptables', '-S'])).not.toContain('riposte');
  });

  test('20 000 blocks are listed within seconds, with their packets', async () => {
    const { world, home } = here;
    const { victim } = world;
    const ip = world.source(4);
    expect(brief(await react(victim, home, { verb: 'add', ip }))).toBe('0 applied');
    const targets = Array.from({ length: 20_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    for (let from = 0; from < targets.length; from += 1_000) {
      const members = targets.slice(from, from + 1_000).map((target) => `${target} timeout 600s`);
      const input = `add element inet riposte firewall-drop4 { ${members.join(', ')} }\n`;
      await victim.must(['nft', '-f', '-'], { input });
    }
    const files = filesBelow(home.path, process.getuid?.() ?? 0, fs);
    const records = recordsIn(files, bootId, { now: () => new Date() });
    const until = new Date(Date.now() + 600_000).toISOString();
    const [action, holder, backend, stage] = [
      'firewall-drop',
      'firewall-drop',
      'nft',
      'held',
    ] as const;
    for (const target of targets) {
      await records.note({ action, holder, target, backend, stage, until, enforced: true });
    }
    await world.ping(ip, ADDRESS.victim[4], 3);
    const { exitCode, stdout, ms } = await riposte(victim, home, 'list', '--json');
    console.info(`20 001 blocks listed in ${Math.round(ms)} ms`);
    expect(exitCode).toBe(0);
    const shown = JSON.parse(stdout) as Shown[];
    expect(shown).toHaveLength(20_001);
    expect(new Set(shown.map(({ state }) => state))).toEqual(new Set(['held']));
    expect(shown.find(({ target }) => target === ip)).toMatchObject({ packets: 3 });
    expect(ms).toBeLessThan(10_000);
  });
});

const why = rootObstacle([]);
if (why !== undefined) console.warn(`Tests of files are skipped: ${why}`);

describe.skipIf(why)('in files of the system', () => {
  let etc: Private;
  let root: Private;
  let home: Home;
  beforeAll(async () => {
    etc = await privateEtc();
    root = await privateRoot();
    home = await makeHome();
  });
  afterAll(async () => {
    await etc[Symbol.asyncDispose]();
    await root[Symbol.asyncDispose]();
    await home.remove();
  });
  // What the firewall of this machine holds is none of a test's business.
  const apart = ({ name, enter }: Place) => place(name, ['unshare', '-n', ...enter]);

  test('hosts.deny is listed, and cleared to the byte', async () => {
    const at = apart(etc.at);
    const file = join(etc.folder, 'hosts.deny');
    const stock = '# riposte is not here\nin.ftpd: 192.0.2.9 # riposte\nALL: 10.0.0.5\n';
    fs.writeFileSync(file, stock);
    const program = 'host-deny';
    for (const ip of ['10.0.0.5', '2001:db8::5']) {
      expect(brief(await react(at, home, { verb: 'add', ip, program }))).toBe('0 applied');
    }
    const line = (ip: string, state: string) => `${ip} hosts-deny host-deny ${state}`;
    const both = (state: string) => [line('10.0.0.5', state), line('2001:db8::5', state)];
    expect(await states(at, home)).toEqual(both('held'));
    fs.writeFileSync(file, stock);
    expect(await states(at, home)).toEqual(both('gone'));
    expect(await riposte(at, home, 'sweep')).toMatchObject({ exitCode: 0 });
    expect(await states(at, home)).toEqual(both('held'));
    expect(await riposte(at, home, 'undo', '--all')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(fs.readFileSync(file, 'utf8')).toBe(stock);
    expect(await list(at, home)).toEqual([]);
  });

  test('an account that is unlocked by hand stays so', async () => {
    const at = apart(etc.at);
    await at.must(['useradd', '-M', 'riposte-mallory']);
    await at.must(['sh', '-c', 'echo riposte-mallory:secret | chpasswd']);
    const bin = `${home.path}/active-response/bin/disable-account`;
    expect(await at.run([bin, 'add', '--user', 'riposte-mallory'])).toMatchObject({ exitCode: 0 });
    const line = (state: string) => [`riposte-mallory usermod manual ${state}`];
    expect(await states(at, home)).toEqual(line('held'));
    await at.must(['usermod', '-U', '-e', '', 'riposte-mallory']);
    expect(await states(at, home)).toEqual(line('gone'));
    expect(await riposte(at, home, 'sweep')).toMatchObject({ exitCode: 0 });
    expect(await states(at, home)).toEqual(line('gone'));
    expect(await riposte(at, home, 'undo', '--all')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await list(at, home)).toEqual([]);
  });

  test('a file that marks an address is looked for', async () => {
    const at = apart(root.at);
    const told: Alert = { verb: 'add', ip: '10.0.0.5', program: 'ip-customblock' };
    expect(brief(await react(at, home, told))).toBe('0 applied');
    const line = (state: string) => [`10.0.0.5 file ip-customblock ${state}`];
    expect(await states(at, home)).toEqual(line('held'));
    fs.rmSync(join(root.folder, 'ipblock/10.0.0.5'));
    expect(await states(at, home)).toEqual(line('gone'));
    expect(await riposte(at, home, 'undo', '--all')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await list(at, home)).toEqual([]);
  });
});

describe('firewalld', () => {
  const there = firewalldLane();

  test.each(
    (['firewalld', 'firewall-cmd'] as const).flatMap((backend) =>
      ([4, 6] as const).map((family: Family) => [backend, family] as const),
    ),
  )('%s, IPv%i: its rules are listed by whichever tool they were made', async (backend, family) => {
    const { world, home, daemon } = there;
    const { victim } = world;
    await home.setArConf([`firewalld-drop${SECONDS} - firewalld-drop - ${SECONDS}`]);
    await daemon.cmd('--zone=internal', '--change-interface=out0');
    const before = await daemon.cmd('--list-all-zones');
    const ip = world.source(family);
    const extra = ['--backend', backend];
    const program = 'firewalld-drop';
    expect(brief(await react(victim, home, { verb: 'add', ip, program, extra }))).toBe('0 applied');
    const line = (state: string) => [`${ip} ${backend} firewalld-drop ${state}`];
    expect(await states(victim, home)).toEqual(line('held'));
    const [rule = ''] = await daemon.rules('internal', ip);
    await daemon.cmd('--zone=internal', `--remove-rich-rule=${rule}`);
    expect(await states(victim, home)).toEqual(line('gone'));
    expect(await riposte(victim, home, 'sweep')).toMatchObject({ exitCode: 0 });
    expect(await states(victim, home)).toEqual(line('held'));
    expect((await world.ping(ip, ADDRESS.victim[family], 2)).lost).toBe(2);
    expect(await riposte(victim, home, 'undo', '--all')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await list(victim, home)).toEqual([]);
    expect(await daemon.cmd('--list-all-zones')).toBe(before);
  });

  test('a block in one zone is all of it', async () => {
    const { world, home } = there;
    const { victim } = world;
    const ip = world.source(4);
    const bin = `${home.path}/active-response/bin/firewalld-drop`;
    const words = ['add', '--srcip', ip, '--zone', 'dmz'];
    expect(await victim.run([bin, ...words])).toMatchObject({ exitCode: 0 });
    expect(await states(victim, home)).toEqual([`${ip} firewalld manual held`]);
    expect(await riposte(victim, home, 'sweep')).toMatchObject({
      stdout: 'There is nothing to sweep.',
    });
    expect(await riposte(victim, home, 'undo', ip)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await list(victim, home)).toEqual([]);
  });
});
