import { describe, expect, test } from 'vitest';
import type { Host } from '../../src/lib/host.ts';
import { sections, withoutComments } from '../../src/lib/ossec-conf.ts';
import { restoreLost, sweepOverdue, WHOLE } from '../../src/lib/sweep.ts';
import { actionsOn } from '../support/actions.ts';
import { ROWS } from '../support/matrix.ts';
import type { ModelHost } from '../support/model-host.ts';

const actions = new Map(
  actionsOn('linux').flatMap(({ action }) =>
    [action.name, ...action.aliases].map((name) => [name, action]),
  ),
);
const rowOf = (name: string) => {
  const row = ROWS.find((one) => one.name === name);
  if (!row) throw new Error(`there is no ${name}`);
  return row;
};
const held = (host: ModelHost) => host.records().filter((path) => /\/held\/.*@/.test(path));

/** A host on which somebody comes first whenever a lock is asked for: once. */
function interrupted(host: Host, work: () => Promise<unknown>): Host {
  let done = false;
  const first = async () => {
    if (done) return;
    done = true;
    await work();
  };
  return {
    ...host,
    lock: {
      with: async (name, inside, patience) => {
        await first();
        return host.lock.with(name, inside, patience);
      },
    },
  };
}

describe.each(['firewall-drop wazuh5 IPv4 iptables', 'host-deny wazuh5 IPv4 hosts-deny'])(
  '%s',
  (name) => {
    const row = rowOf(name);
    const { text } = row.example;

    test('what an alert renews while a sweep waits is not ended by it', async () => {
      const host = row.fresh();
      await row.call('add', host, {}, { seconds: 1 });
      host.pass(86_400_000);
      const renew = () => row.call('add', host, {}, { seconds: 3_600 });
      const results = await host.run('riposte', (ports) =>
        sweepOverdue(actions, interrupted(ports, renew), WHOLE),
      );
      expect(results).toEqual([]);
      expect(host.holds(text)).toBe(true);
      expect(held(host)).toHaveLength(1);
    });

    test('what an agent deletes while a sweep waits is not made again by it', async () => {
      const host = row.fresh();
      await row.call('add', host, {}, { seconds: 3_600 });
      host.tool({ tool: 'iptables', args: ['-F'] });
      host.volume.writeFileSync('/etc/hosts.deny', '');
      const remove = () => row.call('delete', host);
      const results = await host.run('riposte', (ports) =>
        restoreLost(actions, interrupted(ports, remove), WHOLE),
      );
      expect(results).toEqual([]);
      expect(host.holds(text)).toBe(false);
      expect(held(host)).toEqual([]);
    });

    test('a run that died before the agent heard of it is looked at again in its time', async () => {
      const host = row.fresh();
      host.faults = row.faults((place) => (place === 1 ? 'died-after' : undefined));
      await row.call('add', host, {}, { seconds: 60 }).catch(() => undefined);
      host.faults = row.faults();
      expect(held(host)).toHaveLength(1);
      host.pass(86_400_000);
      const due = await host.run('riposte', ({ records, clock }) =>
        records.isDue(clock.now().getTime()),
      );
      expect(due).toBe(true);
    });
  },
);

test('what cannot be looked into is told of', async () => {
  const row = rowOf('firewall-drop wazuh5 IPv4 nft');
  const host = row.fresh();
  await row.call('add', host, {}, { seconds: 3_600 });
  host.tool({ tool: 'nft', args: ['flush', 'ruleset'] });
  host.faults = (_place, { tool }) => (tool === 'nft' ? 'broken' : undefined);
  const results = await host.run('riposte', (ports) => restoreLost(actions, ports, WHOLE));
  expect(results.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['bad-state', expect.stringContaining('nft')],
  ]);
});

test('however long other work took, a whole sweep makes again what was flushed', async () => {
  const row = rowOf('firewall-drop wazuh5 IPv4 nft');
  const host = row.fresh();
  await row.call('add', host, {}, { seconds: 3_600 });
  host.tool({ tool: 'nft', args: ['flush', 'ruleset'] });
  const results = await host.run('riposte', async (ports) => {
    host.pass(60_000);
    return restoreLost(actions, ports, WHOLE);
  });
  expect(results.map(({ outcome }) => outcome)).toEqual(['restored']);
  expect(host.holds(row.example.text)).toBe(true);
});

describe('the agent’s configuration, which others can write', () => {
  test('is read in one go, whatever it holds', () => {
    const hostile = '<!--'.repeat(1 << 20);
    expect(withoutComments(hostile)).toBe(hostile);
    expect(sections('<client>'.repeat(1 << 19), 'client')).toEqual([]);
  });

  test('loses its comments and gives its sections', () => {
    const text = '<a>1</a><!-- <a>2</a> --><a>3</a><!-- open';
    expect(withoutComments(text)).toBe('<a>1</a><a>3</a><!-- open');
    expect(sections(withoutComments(text), 'a')).toEqual(['1', '3']);
  });
});
