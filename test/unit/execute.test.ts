import { describe, expect, test } from 'vitest';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import { parseManual } from '../../src/cli/manual.ts';
import { byHand } from '../../src/lib/by-hand.ts';
import { execute } from '../../src/lib/execute.ts';
import { parseLegacy } from '../../src/lib/protocol.ts';
import { ModelHost } from '../support/model-host.ts';

const IP = '203.0.113.7';
const NAME = firewallDrop.name;

const legacy = (verb: string) => parseLegacy([verb, '-', IP, '1304756247.60385', '31151']);
const run = (verb: string, host: ModelHost, action = firewallDrop) =>
  host.run(NAME, (ports) =>
    execute(action, { request: legacy(verb), program: NAME, holder: NAME }, ports),
  );

test('a declaration that fails is an outcome too', async () => {
  const keys = () => {
    throw new Error('oh');
  };
  const host = new ModelHost();
  const result = await run('add', host, { ...firewallDrop, keys });
  expect(result).toMatchObject({ outcome: 'internal', detail: 'unexpected: oh' });
  expect(host.journal().at(-1)).toMatchObject({ outcome: 'internal' });
  expect(host.commands).toEqual([]);
});

test('what is on record in a way that nobody knows any more is not absent', async () => {
  const host = new ModelHost();
  const place = { action: NAME, holder: NAME, target: IP, backend: 'of-old' };
  await host.run(NAME, ({ records }) =>
    records.note({ ...place, stage: 'held', until: undefined }),
  );
  expect(await run('delete', host)).toMatchObject({
    outcome: 'bad-state',
    detail: expect.stringContaining('of-old'),
  });
  // What can be undone is.
  await run('add', host);
  expect(await run('delete', host)).toMatchObject({ outcome: 'bad-state' });
  expect(host.keepsOut(IP)).toBe(false);
});

describe('a delete goes on without settings that cannot be understood', () => {
  const broken = () => new ModelHost({ settings: [] });

  test('for an agent', async () => {
    const host = broken();
    expect(await run('add', host)).toMatchObject({ outcome: 'bad-settings' });
    expect(await run('delete', host)).toMatchObject({ outcome: 'absent' });
    expect(host.log.join('')).toContain('Without root');
  });

  test('in a dry run', async () => {
    const host = broken();
    const dry = (verb: string) => {
      const spec = { ...firewallDrop, program: NAME, version: '0.0.0' };
      const manual = parseManual([verb, '--srcip', IP, '--dry-run'], spec);
      return host.run(NAME, (ports) => byHand(firewallDrop, manual, NAME, () => ports));
    };
    await expect(dry('add')).rejects.toMatchObject({ kind: 'bad-settings' });
    expect((await dry('delete')).stdout).toContain('delete element inet riposte');
  });
});
