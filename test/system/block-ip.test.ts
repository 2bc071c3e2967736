import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Alert, brief, react } from '../support/alert.ts';
import { firewalldLane } from '../support/firewalld.ts';
import { type Home, makeHome } from '../support/home.ts';
import { ADDRESS, type Family, type Place } from '../support/net.ts';
import { type Private, privateEtc } from '../support/private.ts';
import { FAILING, lacking, MISSING, mounted, rig, withoutWrappers } from '../support/tools.ts';

const here = firewalldLane(['ipset', 'iptables', 'ip6tables', 'route', 'tcpdmatch']);

const NONE_LOST = { sent: 2, lost: 0 };
const ALL_LOST = { sent: 2, lost: 2 };
const FAMILIES: readonly Family[] = [4, 6];
const FILTERS = ['nft', 'ipset', 'iptables', 'ip6tables'];

let etc: Private;
beforeAll(async () => {
  etc = await privateEtc();
});
afterAll(async () => {
  await etc[Symbol.asyncDispose]();
});
const rules = () => join(etc.folder, 'hosts.deny');
beforeEach(async () => {
  await writeFile(join(etc.folder, 'hosts.allow'), '');
  await writeFile(rules(), '');
});

/** The victim with all there is, and files of its own. */
const complete = () => mounted(here.world.victim, `mount --bind ${etc.folder} /etc`);

const told = (at: Place, home: Home, verb: Alert['verb'], ip: string) =>
  react(at, home, { verb, ip, program: 'block-ip' });

/** Whether the victim answers the address. */
const answers = (ip: string, family: Family) => here.world.ping(ip, ADDRESS.victim[family], 2);

/** What the real library says of the address. */
const access = async (ip: string) =>
  /^access: +(\w+)/m.exec(await complete().must(['tcpdmatch', 'sshd', ip]))?.[1];

/** What is on record in a home, by backend. */
async function onRecord(home: Home): Promise<readonly (string | undefined)[]> {
  const folder = join(home.path, 'active-response/riposte/held/block-ip');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.includes('@')).map((name) => name.split('@').at(-1));
}

/** Blocks where some tools are missing, and undoes it: there, or where everything is back. */
async function blockAndUndo(method: string, family: Family, at: Place, back: boolean) {
  await using home = await makeHome();
  const [ip, neighbour] = [here.world.source(family), here.world.source(family)];
  const added = await told(at, home, 'add', ip);
  expect([brief(added), added.keys, added.logged?.backend]).toEqual(['0 applied', [ip], method]);
  if (method === 'hosts-deny') {
    expect([await access(ip), await access(neighbour)]).toEqual(['denied', 'granted']);
    expect(added.logged?.detail).toContain('for services that use TCP wrappers');
  } else {
    expect(await answers(ip, family)).toEqual(ALL_LOST);
    expect(await answers(neighbour, family)).toEqual(NONE_LOST);
  }
  expect(brief(await told(at, home, 'add', ip))).toBe('0 already');
  const removed = await told(back ? complete() : at, home, 'delete', ip);
  // Whoever talks to firewalld, it is the same rule.
  const by = method === 'firewall-cmd' && back ? 'firewalld' : method;
  expect([brief(removed), removed.logged?.backend]).toEqual(['0 removed', by]);
  expect(await answers(ip, family)).toEqual(NONE_LOST);
  expect(readFileSync(rules(), 'utf8')).toBe('');
  expect(await onRecord(home)).toEqual([]);
}

const WAYS_BACK = [
  { back: false, undone: 'as it was' },
  { back: true, undone: 'V1: where the better methods are back' },
];

describe.each(FAMILIES)('IPv%i, firewalld runs', (family) => {
  describe.each(WAYS_BACK)('undone $undone', ({ back }) => {
    test.each([
      { method: 'nft', without: [] },
      { method: 'ipset', without: ['nft'] },
      { method: 'iptables', without: ['nft', 'ipset'] },
      { method: 'firewalld', without: FILTERS },
      { method: 'firewall-cmd', without: [...FILTERS, 'busctl'] },
    ])('$method, without [$without]', async ({ method, without }) => {
      await blockAndUndo(method, family, lacking(complete(), ...without), back);
    });
  });

  test('V2: where iptables says no the next method is tried, and nothing of it is claimed', async () => {
    const broken = { iptables: FAILING, ip6tables: FAILING };
    const tools = { nft: MISSING, ipset: MISSING, ...broken };
    await using out = await rig(complete(), () => tools);
    await using home = await makeHome();
    const ip = here.world.source(family);
    const added = await told(out.at, home, 'add', ip);
    expect([brief(added), added.logged?.backend]).toEqual(['0 applied', 'firewalld']);
    expect(await onRecord(home)).toEqual(['firewalld']);
    expect(await answers(ip, family)).toEqual(ALL_LOST);
    expect(brief(await told(out.at, home, 'delete', ip))).toBe('0 removed');
    expect(await answers(ip, family)).toEqual(NONE_LOST);
  });
});

describe('firewalld is installed and does not run', () => {
  beforeAll(() => here.daemon.stop());
  afterAll(() => here.daemon.start());

  describe.each(FAMILIES)('IPv%i', (family) => {
    describe.each(WAYS_BACK)('undone $undone', ({ back }) => {
      test('hosts-deny, where TCP wrappers are installed', async () => {
        await blockAndUndo('hosts-deny', family, lacking(complete(), ...FILTERS), back);
      });

      test.each([
        { method: 'ip-route', without: FILTERS },
        { method: 'net-tools', without: [...FILTERS, 'ip'] },
      ])('$method, where they are not, without [$without]', async ({ method, without }) => {
        await using bare = await withoutWrappers(lacking(complete(), ...without));
        await blockAndUndo(method, family, bare.at, back);
      });
    });

    test('with nothing left it fails, names every reason and leaves no trace', async () => {
      await using bare = await withoutWrappers(lacking(complete(), ...FILTERS, 'ip', 'route'));
      await using home = await makeHome();
      const ip = here.world.source(family);
      const added = await told(bare.at, home, 'add', ip);
      expect([brief(added), added.keys]).toEqual(['16 no-effect', undefined]);
      const tables = family === 6 ? 'ip6tables' : 'iptables';
      const reasons = [
        /nft: nft is not installed/,
        /ipset: \w+ is not installed/,
        new RegExp(`iptables: ${tables} is not installed`),
        /firewalld: firewalld is not running/,
        /firewall-cmd: firewalld is not running/,
        /hosts-deny: no libwrap\.so here/,
        /ip-route: ip is not installed/,
        /net-tools: route is not installed/,
      ];
      for (const reason of reasons) expect(added.logged?.detail).toMatch(reason);
      expect(await onRecord(home)).toEqual([]);
      expect(await answers(ip, family)).toEqual(NONE_LOST);
      // Upstream answers that it is unblocked.
      expect(brief(await told(complete(), home, 'delete', ip))).toBe('0 absent');
    });
  });
});

// As it starts, firewalld takes the rules of iptables away: no delete may call that its doing.
test.each(FAMILIES)(
  'V1: what iptables blocked while firewalld was stopped neither stays nor is lied about once it runs, IPv%i',
  async (family) => {
    await using home = await makeHome();
    const ip = here.world.source(family);
    const at = lacking(complete(), 'nft', 'ipset');
    await here.daemon.stop();
    const added = await told(at, home, 'add', ip);
    expect([brief(added), added.logged?.backend]).toEqual(['0 applied', 'iptables']);
    await here.daemon.start();
    const blind = lacking(complete(), ...FILTERS);
    expect(brief(await told(blind, home, 'delete', ip))).toBe('6 missing-tool');
    expect(await onRecord(home)).toEqual(['iptables']);
    expect(brief(await told(at, home, 'delete', ip))).toBe('0 absent');
    expect(await onRecord(home)).toEqual([]);
    expect(await answers(ip, family)).toEqual(NONE_LOST);
  },
);
