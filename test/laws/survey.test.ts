import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/lib/action.ts';
import { type Actions, type Holding, inventory } from '../../src/lib/inventory.ts';
import { liftAll } from '../../src/lib/lift-all.ts';
import { STATE } from '../../src/lib/ports.ts';
import { SETTLED } from '../../src/lib/record.ts';
import type { Request } from '../../src/lib/request.ts';
import { shortMetricOf } from '../../src/lib/routing/host-routes.ts';
import { restoreLost, sweepOverdue, WHOLE } from '../../src/lib/sweep.ts';
import { actionsOn, type Example } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { asTested } from '../support/custom.ts';
import { ROWS, type Row, timeless } from '../support/matrix.ts';
import { HOME, type ModelHost } from '../support/model-host.ts';

// Marks do not depend on how the agent worded its request.
const EACH = ROWS.filter(({ protocol, backend }) => protocol.name === 'wazuh4' && backend);

const wazuh4 = PROTOCOLS[0];

/** Every action by each of its names, as it is tested on the host. */
async function all(host: ModelHost): Promise<Actions> {
  const tested = actionsOn(host.platform).map(async ({ action }) => {
    const ask = ({ subject, text }: Example) => requestOf(action, subject, text);
    const one = await asTested(action, host, ask);
    return [action.name, ...action.aliases].map((name) => [name, one] as const);
  });
  return new Map((await Promise.all(tested)).flat());
}

function requestOf(action: Action, subject: Example['subject'], text: string): Request {
  if (!wazuh4) throw new Error('there is no protocol');
  const ask = { program: action.name, verb: 'add', subject, text } as const;
  return wazuh4.request(ask, action);
}

const look = async (host: ModelHost) => {
  const actions = await all(host);
  return host.run('riposte', (ports) => inventory(actions, ports));
};
const razed = async (host: ModelHost) => {
  const actions = await all(host);
  return host.run('riposte', (ports) => liftAll(actions, ports));
};
const swept = async (host: ModelHost) => {
  const actions = await all(host);
  return host.run('riposte', async (ports) => [
    ...(await sweepOverdue(actions, ports, WHOLE)),
    ...(await restoreLost(actions, ports, WHOLE)),
  ]);
};

const told = ({ action, holder, target, backend, state }: Holding) =>
  `${action} ${holder} ${target} ${backend} ${state}`;

/** What an inventory says, and that nothing was hidden from it. */
async function seen(host: ModelHost): Promise<readonly string[]> {
  const { holdings, blind } = await look(host);
  expect(blind).toEqual([]);
  return holdings.map(told).sort();
}

/** Whether anybody can see what the row does. */
const visible = ({ backends: [backend] }: Row) =>
  backend?.survey !== undefined || backend?.memory !== undefined;

/** How an inventory should tell of a row's block. */
const line = (row: Row, state: string, holder = row.action.name, text = row.example.text) =>
  `${row.action.name} ${holder} ${text} ${row.backend} ${visible(row) ? state : 'recorded'}`;

/** Without the marks that a backend was used, which explain nothing but its absence. */
const plain = (host: ModelHost) =>
  timeless(host)
    .split('\n')
    .filter((one) => !one.includes('/used='));

/** How somebody does away with what a backend made for `firewall-drop` and its like. */
const FLUSHES: Readonly<Record<string, (row: Row) => readonly string[]>> = {
  nft: () => ['nft flush ruleset'],
  'nft-limit': () => ['nft flush ruleset'],
  ipset: ({ action: { name } }) => [
    'iptables -t raw -F',
    'ip6tables -t raw -F',
    `ipset destroy riposte4-${name}`,
    `ipset destroy riposte6-${name}`,
  ],
  iptables: () => ['iptables -F', 'ip6tables -F'],
  'ip-route': () => [
    'ip -4 rule del priority 182 lookup 182',
    'ip -6 rule del priority 182 lookup 182',
  ],
  'net-tools': ({ action: { name }, example: { text } }) => {
    const metric = shortMetricOf(name);
    return text.includes(':')
      ? [`route -A inet6 del ${text}/128 metric ${metric} dev lo`]
      : [`route del -host ${text} metric ${metric} reject`];
  },
  firewalld: () => ['firewall-cmd --reload'],
  'firewall-cmd': () => ['firewall-cmd --reload'],
  'hosts-deny': () => ['rm -f /etc/hosts.deny'],
  'hosts-allow': () => ['rm -f /etc/hosts.allow'],
  file: ({ example: { text } }) => [`rm -f /ipblock/${text}`],
  netsh: () => ['netsh advfirewall reset'],
  pf: ({ action: { name }, platform }) => [
    `pfctl -a ${platform === 'macos' ? 'com.apple/riposte-' : 'riposte/'}${name} -F rules`,
  ],
  ipfw: () => ['ipfw -f flush'],
  'ipfw-set': () => ['ipfw -f flush'],
};

function flush(host: ModelHost, row: Row): void {
  const lines = FLUSHES[row.backend ?? '']?.(row);
  for (const line of lines ?? []) {
    const [tool = '', ...args] = line.split(' ');
    host.tool({ tool, args });
  }
  const [backend] = row.backends;
  if (!lines && backend?.memory) host.tool(backend.memory.lift);
}

/** Two holders of the action, and somebody by hand. */
const holdersOf = ({ action }: Row) => [action.name, ...action.aliases.slice(0, 1), 'manual'];

describe.each(EACH.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text, other } = row.example;
  // The rule that looks into a table stays where an administrator has routes in it.
  const kept = (bare: boolean) =>
    row.backend === 'ip-route' && !bare && text.includes('.') ? ['ip -4 rule 182 182'] : [];

  test('an add is seen as what it is, and nothing of an administrator’s ever', async () => {
    const host = row.fresh();
    expect(await seen(host)).toEqual([]);
    await row.call('add', host);
    expect(await seen(host)).toEqual([line(row, 'held')]);
    await row.call('delete', host);
    expect(await seen(host)).toEqual([]);
  });

  test('looking changes nothing', async () => {
    const host = row.fresh();
    await row.call('add', host);
    const before = host.state();
    await look(host);
    expect(host.state()).toBe(before);
  });

  test('whoever adds and deletes whatever, what is seen is what is held', async () => {
    const step = fc.record({
      verb: fc.constantFrom('add' as const, 'add' as const, 'delete' as const),
      holder: fc.constantFrom(...holdersOf(row)),
      target: fc.constantFrom(text, other),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const host = row.fresh();
        const held = new Set<string>();
        for (const { verb, holder, target } of steps) {
          await row.call(verb, host, { holder }, { text: target });
          const one = line(row, 'held', holder, target);
          if (verb === 'add') held.add(one);
          else held.delete(one);
        }
        expect(await seen(host)).toEqual([...held].sort());
      }),
      { numRuns: 4, seed: 20260203 },
    );
  });

  test('without its record it is seen all the same, where it has a mark', async () => {
    const host = row.fresh();
    await row.call('add', host);
    host.volume.rmSync(`${HOME}/${STATE}/held`, { recursive: true });
    const { holdings } = await look(host);
    const survey = row.backends[0]?.survey;
    // Of backends that leave the same mark the first is named.
    const expected = survey ? [[row.action.name, text, 'unrecorded', survey.backends]] : [];
    expect(
      holdings.map(({ holder, target, state }) => [holder, target, state, survey?.backends]),
    ).toEqual(expected);
    for (const { backend } of holdings) expect(survey?.backends).toContain(backend);
  });

  test('what somebody took away is gone, and a sweep brings it back exactly', async () => {
    const host = row.fresh({ bare: true });
    await row.call('add', host);
    const before = plain(host);
    flush(host, row);
    if (visible(row) && host.holds(text)) throw new Error(`no way to flush ${row.backend}`);
    expect(await seen(host)).toEqual([line(row, 'gone')]);
    const results = await swept(host);
    const [backend] = row.backends;
    if (backend?.survey) {
      expect(results).toMatchObject([{ outcome: 'restored', target: text }]);
      expect(plain(host)).toEqual(before);
      expect(await seen(host)).toEqual([line(row, 'held')]);
    } else {
      // The administrator has the last word.
      expect(results).toEqual([]);
      expect(await seen(host)).toEqual([line(row, 'gone')]);
    }
  });

  test('whatever a run leaves that died, a sweep leaves nothing half done', async () => {
    for (const death of ['died-before', 'died-after'] as const) {
      for (let at = 0; at < 8; at += 1) {
        const host = row.fresh();
        host.faults = (place) => (place === at ? death : undefined);
        const died = await row.call('add', host).then(
          () => false,
          () => true,
        );
        if (!died) break;
        host.faults = () => undefined;
        host.pass(2 * SETTLED);
        await swept(host);
        const where = `${death} ${at}`;
        const lines = await seen(host);
        // What leaves no record before it acts is known by its mark alone.
        const marked = row.backends[0]?.record ? [] : ['unrecorded', 'idle'];
        const states = ['held', ...marked].map((state) => [line(row, state)]);
        expect([[], ...states], where).toContainEqual(lines);
        const holds = lines.length > 0 && !lines[0]?.endsWith(' idle');
        if (visible(row)) expect(host.holds(text), where).toBe(holds);
        await razed(host);
        expect(await seen(host), where).toEqual([]);
        expect(host.holds(text), where).toBe(false);
      }
    }
  });

  test('undoing all takes away what a renewal leaves that died', async () => {
    for (let at = 0; at < 8; at += 1) {
      const host = row.fresh({ bare: true });
      const before = plain(host);
      await row.call('add', host);
      host.faults = (place) => (place === at ? 'died-before' : undefined);
      await row.call('add', host).catch(() => undefined);
      host.faults = () => undefined;
      expect((await razed(host)).failures, `at ${at}`).toEqual([]);
      expect(plain(host), `at ${at}`).toEqual(before);
    }
  });

  describe.each([true, false])('with nothing of an administrator’s: %s', (bare) => {
    test('undoing all leaves the host as it was', async () => {
      const host = row.fresh({ bare });
      const before = plain(host);
      for (const holder of holdersOf(row)) {
        for (const target of [text, other])
          await row.call('add', host, { holder }, { text: target });
      }
      expect(plain(host)).not.toEqual(before);
      const { lifted, failures } = await razed(host);
      expect([lifted, failures]).toEqual([2 * holdersOf(row).length, []]);
      expect(plain(host).sort()).toEqual([...before, ...kept(bare)].sort());
      expect(await seen(host)).toEqual([]);
    });

    test('undoing all takes what is not in use, too', async () => {
      const host = row.fresh({ bare });
      const before = plain(host);
      await row.call('add', host);
      await row.call('delete', host);
      const { failures } = await razed(host);
      expect(failures).toEqual([]);
      expect(plain(host).sort()).toEqual([...before, ...kept(bare)].sort());
    });
  });
});

/** What is left of a block that keeps nobody out. */
const HALVES = [
  ['iptables', 'iptables -F FORWARD'],
  ['ipset', 'iptables -t raw -F PREROUTING'],
  ['nft', 'nft flush chain inet riposte firewall-drop'],
  ['nft', 'nft add table inet riposte { flags dormant; }'],
  ['ip-route', 'ip -4 rule del priority 182 lookup 182'],
  ['net-tools', 'route add -host 203.0.113.7 metric 0 dev lo'],
  ['netsh', 'netsh advfirewall firewall delete rule name=RULE dir=in'],
  ['netsh', 'netsh advfirewall firewall delete rule name=RULE dir=out'],
  ['pf', 'pfctl -a com.apple/riposte-HOLDER -F rules'],
  ['pf', 'pfctl -d'],
  ['ipfw', 'ipfw -q delete 2'],
  ['ipfw-set', 'ipfw -q delete 100'],
] as const;

test.each(HALVES)('half a block of %s after %s is none, and is undone', async (backend, damage) => {
  const row = EACH.find((one) => one.backend === backend && one.example.kind === 'IPv4');
  if (!row) throw new Error(`nobody uses ${backend}`);
  const host = row.fresh({ bare: true });
  const before = plain(host);
  await row.call('add', host);
  const [tool = '', ...words] = damage.split(' ');
  const args = words.map((word) =>
    word.replace(/\bRULE$/, 'riposte netsh 203.0.113.7').replace(/\bHOLDER$/, row.action.name),
  );
  expect(host.tool({ tool, args })).toMatchObject({ exitCode: 0 });
  expect(host.holds('203.0.113.7')).toBe(false);
  expect(await seen(host)).toEqual([line(row, 'gone')]);
  host.volume.rmSync(`${HOME}/${STATE}/held`, { recursive: true });
  expect(await seen(host)).toEqual([line(row, 'idle')]);
  await razed(host);
  expect(await seen(host)).toEqual([]);
  const theirs = plain(host).filter((one) => !one.includes('203.0.113.7 metric 0'));
  expect(theirs).toEqual(before);
});

test('what the system has ended in its time is over, and a sweep forgets it without a word', async () => {
  const row = ROWS.find(({ name }) => name === 'firewall-drop wazuh5 IPv4 nft');
  if (!row) throw new Error('there is no such row');
  const host = row.fresh();
  await row.call('add', host, {}, { seconds: 60 });
  expect(await seen(host)).toEqual([line(row, 'held')]);
  host.pass(7 * 86_400_000);
  expect(await seen(host)).toEqual([line(row, 'over')]);
  expect(await swept(host)).toEqual([]);
  expect(await seen(host)).toEqual([]);
});
