import { expect, test } from 'vitest';
import { defineDeed } from '../../src/lib/action.ts';
import { must, run } from '../../src/lib/effect.ts';
import { execute } from '../../src/lib/execute.ts';
import { parseLegacy } from '../../src/lib/protocol.ts';
import { type Fault, ModelHost } from '../support/model-host.ts';

/** Done once for an alert. */
const ONCE = defineDeed({
  name: 'sample',
  summary: 'Adds to a set.',
  fields: {},
  once: (_, { message }) => ({
    what: 'it is in the set',
    steps: [must(run('ipset', 'add', 'admin', '203.0.113.8'), 'done')],
    ...(message.alert !== undefined && { dedupe: message.alert }),
  }),
});

function once(host: ModelHost, alert = '1304756247.60385', fault?: Fault) {
  host.faults = () => fault;
  const call = { request: parseLegacy(['add', '-', '-', alert, '1']), program: 'sample' };
  return host.run('sample', (ports) => execute(ONCE, { ...call, holder: 'sample' }, ports));
}

test('what was done for an alert is not done again for it', async () => {
  const host = new ModelHost();
  expect(await once(host)).toMatchObject({ outcome: 'applied' });
  expect(await once(host)).toMatchObject({ outcome: 'already' });
  expect(host.commands).toHaveLength(1);
  host.tool(run('ipset', 'del', 'admin', '203.0.113.8'));
  expect(await once(host, '1304756247.60386')).toMatchObject({ outcome: 'applied' });
});

test.each(['broken', 'missing'] as const)('what failed (%s) may be tried again', async (fault) => {
  const host = new ModelHost();
  const { outcome } = await once(host, undefined, fault);
  expect(outcome).toBe(fault === 'broken' ? 'tool-failed' : 'missing-tool');
  expect(await once(host)).toMatchObject({ outcome: 'applied' });
});

test.each(['killed', 'hanging', 'died-before', 'died-after'] as const)(
  'what may have been done all the same (%s) is not done twice',
  async (fault) => {
    const host = new ModelHost();
    const first = await once(host, undefined, fault).catch(() => undefined);
    expect(first?.outcome).not.toBe('applied');
    expect(await once(host)).toMatchObject({ outcome: 'already' });
    expect(host.commands).toHaveLength(1);
  },
);
