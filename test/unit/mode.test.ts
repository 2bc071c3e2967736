import { describe, expect, test } from 'vitest';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import { execute } from '../../src/lib/execute.ts';
import { UNIX } from '../../src/lib/layout.ts';
import { parseLegacy } from '../../src/lib/protocol.ts';
import { restoreLost, WHOLE } from '../../src/lib/sweep.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const OBSERVED = { outcome: 'observed' };
const ENFORCED = { outcome: 'applied' };

/** An add for an agent of old, with these settings of root's and of the fleet's. */
async function run(own: unknown, fleet?: unknown, ip = '203.0.113.7') {
  const host = new ModelHost(own === undefined ? {} : { settings: own });
  if (fleet !== undefined) {
    const text = typeof fleet === 'string' ? fleet : JSON.stringify(fleet);
    host.volume.writeFileSync(`${HOME}/${UNIX.fleet}`, text);
  }
  const request = parseLegacy(['add', '-', ip, '1304756247.60385', '31151']);
  const call = { request, program: 'firewall-drop.sh', holder: 'firewall-drop.sh' };
  const result = await host.run('firewall-drop.sh', (ports) => execute(firewallDrop, call, ports));
  return { ...result, commands: host.commands, log: host.log.join('') };
}

describe('who decides', () => {
  test.each([
    [undefined, undefined, ENFORCED],
    [{ mode: 'observe' }, undefined, OBSERVED],
    [undefined, { mode: 'observe' }, OBSERVED],
    [{ mode: 'enforce' }, { mode: 'observe' }, ENFORCED],
    [{ mode: 'observe' }, { mode: 'enforce' }, OBSERVED],
    [{ mode: { 'firewall-drop': 'observe' } }, undefined, OBSERVED],
    [{ mode: { 'host-deny': 'observe' } }, undefined, ENFORCED],
    [{ mode: { '*': 'observe', 'firewall-drop': 'enforce' } }, undefined, ENFORCED],
    [{ mode: { 'host-deny': 'enforce' } }, { mode: 'observe' }, OBSERVED],
    [{ mode: { 'firewall-drop': 'enforce' } }, { mode: 'observe' }, ENFORCED],
  ])('root %j, fleet %j', async (own, fleet, expected) => {
    expect(await run(own, fleet)).toMatchObject(expected);
  });
});

test('the rest of a run is as ever: what is protected is refused, and nothing runs', async () => {
  expect(await run({ mode: 'observe' }, undefined, '192.0.2.1')).toMatchObject({
    outcome: 'refused',
    commands: [],
  });
  expect(await run({ mode: 'observe' })).toMatchObject({
    backend: 'nft',
    detail: '203.0.113.7: observe mode: nothing was done, but nft would have been',
    commands: [],
  });
});

test.each(['watch', 7, true, { 'firewall-drop': 'off' }, ['observe']])(
  'root’s mode %j cannot be understood: nothing is done',
  async (mode) => {
    const { outcome, detail, commands } = await run({ mode });
    expect([outcome, commands]).toEqual(['bad-settings', []]);
    expect(detail).toContain('must be enforce or observe');
  },
);

test('the fleet’s mode that cannot be understood stops nothing and is noted', async () => {
  const { outcome, log } = await run(undefined, { mode: 'watch' });
  expect(outcome).toBe('applied');
  expect(log).toContain(`${UNIX.fleet}: mode must be enforce or observe`);
});

test('a sweep makes nothing again in observe mode, but what a person made', async () => {
  const host = new ModelHost();
  const actions = new Map([[firewallDrop.name, firewallDrop]]);
  const sweep = () => host.run('riposte', (ports) => restoreLost(actions, ports, WHOLE));
  for (const [holder, ip] of [
    ['firewall-drop', '203.0.113.7'],
    ['manual', '203.0.113.8'],
  ] as const) {
    const request = parseLegacy(['add', '-', ip, '1304756247.60385', '31151']);
    const call = { request, program: holder, holder };
    await host.run(holder, (ports) => execute(firewallDrop, call, ports));
  }
  host.tool({ tool: 'nft', args: ['-f', '-'], stdin: 'delete table inet riposte\n' });
  host.volume.writeFileSync(`${HOME}/${UNIX.fleet}`, JSON.stringify({ mode: 'observe' }));
  expect((await sweep()).map(({ target }) => target)).toEqual(['203.0.113.8']);
  expect(host.holds('203.0.113.7')).toBe(false);
  host.volume.writeFileSync(`${HOME}/${UNIX.fleet}`, '{}');
  expect((await sweep()).map(({ target }) => target)).toEqual(['203.0.113.7']);
});
