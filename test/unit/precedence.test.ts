import { expect, test } from 'vitest';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import { execute } from '../../src/lib/execute.ts';
import type { Options } from '../../src/lib/options.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { SETTINGS } from '../../src/lib/settings.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const message = (extra: readonly string[]) =>
  JSON.stringify({
    version: 1,
    origin: { name: 'node01', module: 'wazuh-execd' },
    command: 'add',
    parameters: { extra_args: extra, alert: { data: { srcip: '203.0.113.7' } } },
  });

/** The backend that is used where root, a message and a person each may name one. */
async function used(root?: string, sent?: string, options?: Options) {
  const actions = { 'firewall-drop': { backend: root } };
  const host = new ModelHost(root === undefined ? {} : { settings: { actions } });
  const extra = sent === undefined ? [] : ['--backend', sent];
  const request = parseRequest(message(extra), new Set());
  const call = { request, program: 'firewall-drop', holder: 'firewall-drop' };
  const { backend } = await host.run('firewall-drop', (ports) =>
    execute(firewallDrop, { ...call, ...(options && { options }) }, ports),
  );
  return backend;
}

test('a message may choose where root has not', async () => {
  expect(await used()).toBe('nft');
  expect(await used(undefined, 'ipset')).toBe('ipset');
});

test('root of this host has the last word over a message', async () => {
  expect(await used('iptables')).toBe('iptables');
  expect(await used('iptables', 'ipset')).toBe('iptables');
});

test('a person has it over both', async () => {
  expect(await used('iptables', 'ipset', { backend: 'nft' })).toBe('nft');
});

test('a file that others could have written is not root’s: the block is made without it', async () => {
  const actions = { 'firewall-drop': { backend: 'iptables' } };
  const host = new ModelHost({ settings: { actions } });
  host.volume.chmodSync(`${HOME}/${SETTINGS}`, 0o666);
  const request = parseRequest(message([]), new Set());
  const call = { request, program: 'firewall-drop', holder: 'firewall-drop' };
  const ran = await host.run('firewall-drop', (ports) => execute(firewallDrop, call, ports));
  expect(ran).toMatchObject({ outcome: 'applied', backend: 'nft' });
  expect(host.log.join('')).toContain('Without root');
});
