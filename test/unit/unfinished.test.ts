import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/lib/ports.ts';
import { LIMIT } from '../../src/lib/ports.ts';
import { SETTLED } from '../../src/lib/record.ts';
import { sweepOverdue, WHOLE } from '../../src/lib/sweep.ts';
import { actionsOn, type Example, examplesOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import { type Fault, ModelHost } from '../support/model-host.ts';

const actions = new Map(
  actionsOn('linux').flatMap(({ action }) =>
    [action.name, ...action.aliases].map((name) => [name, action]),
  ),
);
const wazuh5 = PROTOCOLS.find(({ name }) => name === 'wazuh5');

function rowOf(name: string, backend: string): Row {
  const action = actions.get(name);
  const [example] = action ? examplesOf(action) : [];
  if (!action || !wazuh5 || !example) throw new Error(`no ${name}`);
  return new Row(action, wazuh5, example as Example, backend);
}

/** A host on which a run died at its command of that number. */
async function died(row: Row, at: number, fault: Fault = 'died-before'): Promise<ModelHost> {
  const host = new ModelHost({ bare: true });
  host.faults = (place) => (place === at ? fault : undefined);
  await expect(row.call('add', host, {}, { seconds: 600 })).rejects.toThrow();
  host.faults = () => undefined;
  return host;
}

const sweep = (host: ModelHost, clock?: Partial<Clock>) =>
  host.run('riposte', (ports) =>
    sweepOverdue(actions, { ...ports, clock: { ...clockOf(ports.clock), ...clock } }, WHOLE),
  );
const clockOf = (clock: Clock): Clock => ({
  now: () => clock.now(),
  elapsed: () => clock.elapsed(),
  sleep: (milliseconds) => clock.sleep(milliseconds),
});
const held = (host: ModelHost) => host.records().filter((path) => /\/held\/.*@/.test(path));
const chains = (host: ModelHost, text: string) =>
  host
    .state()
    .split('\n')
    .filter((line) => line.startsWith('iptables ') && line.includes(` ${text}/32 `)).length;

describe('a sweep after a run that died', () => {
  test('makes whole what was made in part', async () => {
    const row = rowOf('firewall-drop', 'iptables');
    // Look and make, look and make: between the two.
    const host = await died(row, 2);
    const { text } = row.example;
    expect(chains(host, text)).toBe(1);
    host.pass(SETTLED + 1_000);
    expect(await sweep(host)).toMatchObject([{ outcome: 'restored', target: text }]);
    expect(chains(host, text)).toBe(2);
    expect(await sweep(host)).toEqual([]);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect([chains(host, text), held(host)]).toEqual([0, []]);
  });

  test.each([
    ['firewall-drop', 'ipset'],
    ['route-null', 'ip-route'],
  ])('keeps what %s made by %s', async (name, backend) => {
    const row = rowOf(name, backend);
    const before = new ModelHost({ bare: true });
    await row.call('add', before);
    // Dies over the last thing that a tool did.
    const host = await died(row, before.commands.length - 1, 'died-after');
    expect(host.holds(row.example.text)).toBe(true);
    host.pass(SETTLED + 1_000);
    await sweep(host);
    expect(host.holds(row.example.text)).toBe(true);
    expect(held(host)).toHaveLength(1);
  });

  test('has for each block the time of a run, however long it takes', async () => {
    const row = rowOf('firewall-drop', 'iptables');
    const host = await died(row, 2);
    host.pass(SETTLED + 1_000);
    const late = LIMIT.run * 10;
    const results = await sweep(host, { elapsed: () => late });
    expect(results).toMatchObject([{ outcome: 'restored' }]);
  });
});

describe('the record of an account that was never written whole', () => {
  const row = rowOf('disable-account', 'usermod');

  test.each(['delete', 'add'] as const)('is in nobody’s way: %s', async (verb) => {
    const host = new ModelHost({ bare: true });
    const free = host.state();
    await row.call('add', host);
    const locked = host.state();
    const [path = ''] = held(host);
    await row.call('delete', host);
    host.volume.writeFileSync(path, '', { mode: 0o600 });
    expect(await row.call(verb, host)).toMatchObject({
      outcome: verb === 'add' ? 'applied' : 'removed',
    });
    expect(host.state()).toBe(verb === 'add' ? locked : free);
    await row.call('delete', host);
    expect([host.state(), held(host)]).toEqual([free, []]);
  });
});
