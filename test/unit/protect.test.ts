import { describe, expect, test } from 'vitest';
import disableAccount from '../../scripts/linux/disable-account.ts';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import type { Response } from '../../src/lib/action.ts';
import { execute } from '../../src/lib/execute.ts';
import { UNIX } from '../../src/lib/layout.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { SETTINGS } from '../../src/lib/settings.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

interface Ask {
  readonly data: object;
  readonly own?: unknown;
  readonly fleet?: string;
  readonly extra?: readonly string[];
  readonly verb?: string;
  readonly force?: boolean;
  /** The mode of root's settings. */
  readonly mode?: number;
  /** From where an administrator is logged in. */
  readonly logins?: string;
}

/** One run for an agent, with these settings of root's and of the fleet's. */
async function run(
  action: Response,
  { data, own, fleet, extra = [], verb = 'add', force, mode, logins }: Ask,
) {
  const host = new ModelHost(own === undefined ? {} : { settings: own });
  if (logins) host.logins = [{ network: logins, why: 'has a session here' }];
  if (mode !== undefined) host.volume.chmodSync(`${HOME}/${SETTINGS}`, mode);
  if (fleet !== undefined) host.volume.writeFileSync(`${HOME}/${UNIX.fleet}`, fleet);
  const message = {
    version: 1,
    origin: { name: 'node01', module: 'wazuh-execd' },
    command: verb,
    parameters: { extra_args: extra, alert: { data } },
  };
  const request = parseRequest(JSON.stringify(message), new Set());
  const call = { request, program: action.name, holder: action.name, ...(force && { force }) };
  const result = await host.run(action.name, (ports) => execute(action, call, ports));
  return { ...result, log: host.log.join('') };
}

const address = (srcip: string) => ({ srcip });
const protect = (addresses: unknown, more: object = {}) => ({ protect: { addresses, ...more } });

describe('root’s own list', () => {
  test('protects addresses and networks, and no neighbour', async () => {
    const own = protect(['203.0.113.0/28', '2001:db8::/32', '198.51.100.9']);
    for (const ip of ['203.0.113.7', '2001:db8::7', '198.51.100.9', '::ffff:203.0.113.7']) {
      const { outcome, detail } = await run(firewallDrop, { data: address(ip), own });
      expect(outcome, ip).toBe('refused');
      expect(detail).toContain('is protected by the settings');
    }
    for (const ip of ['203.0.113.77', '198.51.100.90', '2001:db9::7']) {
      expect(await run(firewallDrop, { data: address(ip), own })).toMatchObject({
        outcome: 'applied',
      });
    }
  });

  test('protects accounts', async () => {
    const own = { protect: { users: ['mallory'] } };
    const [one, other] = [{ dstuser: 'mallory' }, { dstuser: 'mallory2' }];
    expect(await run(disableAccount, { data: one, own })).toMatchObject({ outcome: 'refused' });
    expect(await run(disableAccount, { data: other, own })).toMatchObject({ outcome: 'applied' });
  });

  test.each([
    [protect('203.0.113.7'), 'protect.addresses must be a list of texts'],
    [protect([7]), 'protect.addresses must be a list of texts'],
    [protect(['203.0.113.7/33']), '203.0.113.7/33 is no address and no network'],
    [protect(['office']), 'office is no address and no network'],
    [protect([], { adresses: [] }), 'protect.adresses is unknown'],
    [{ protect: [] }, 'protect must be {'],
    [protect([], { names: ['203.0.113'] }), '203.0.113 is no name of a host'],
    [protect([], { names: 'x' }), 'protect.names must be a list of texts'],
    [protect([], { names: Array(65).fill('a.example') }), 'there are more than 64 names'],
    [protect([], { logins: 'yes' }), 'protect.logins must be true or false'],
  ])('that cannot be understood stops the block: %j', async (own, why) => {
    const { outcome, detail } = await run(firewallDrop, { data: address('203.0.113.9'), own });
    expect(outcome).toBe('bad-settings');
    expect(detail).toContain(SETTINGS);
    expect(detail).toContain(why);
  });
});

describe('the fleet’s list', () => {
  const fleet = JSON.stringify(protect(['203.0.113.7'], { users: ['mallory'] }));

  test('protects too', async () => {
    expect(await run(firewallDrop, { data: address('203.0.113.7'), fleet })).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('is protected by the fleet’s settings'),
    });
    const data = { dstuser: 'mallory' };
    expect(await run(disableAccount, { data, fleet })).toMatchObject({ outcome: 'refused' });
  });

  test('stands where root’s own cannot be trusted, which is said', async () => {
    const own = protect(['203.0.113.9'], { not: ['203.0.113.7'] });
    const { outcome, log } = await run(firewallDrop, {
      data: address('203.0.113.7'),
      fleet,
      own,
      mode: 0o666,
    });
    expect(outcome).toBe('refused');
    expect(log).toContain("Of root's settings only what they protect counts");
  });

  test.each([
    ['203.0.113.9', 'refused'],
    ['203.0.113.8', 'applied'],
    ['198.51.100.9', 'applied'],
  ])(
    'a list of root’s that others could have written still protects, in bounds: %s',
    async (ip, end) => {
      const own = protect(['203.0.113.9', '198.0.0.0/7']);
      const { outcome } = await run(firewallDrop, { data: address(ip), own, mode: 0o664 });
      expect(outcome).toBe(end);
    },
  );

  test('gives way where root of this host says so', async () => {
    const own = protect([], { not: ['203.0.113.7'] });
    const data = address('203.0.113.7');
    expect(await run(firewallDrop, { data, fleet, own })).toMatchObject({ outcome: 'applied' });
  });

  test.each(['0.0.0.0/0', '10.0.0.0/7', '::/0', '2001::/31', 'x'])(
    'protects nobody by %s: whoever wrote it is not root here',
    async (network) => {
      const wide = JSON.stringify(protect([network]));
      const { outcome, log } = await run(firewallDrop, {
        data: address('10.9.8.7'),
        fleet: wide,
      });
      expect(outcome).toBe('applied');
      expect(log).toContain(
        `${UNIX.fleet}: protect.addresses: ${network} is no address, or too wide`,
      );
    },
  );

  test.each(['', 'no JSON', '[]', '{"protect":7}', '{"protect":{"users":"x"}}'])(
    'that cannot be understood stops nothing and is noted: %j',
    async (text) => {
      const { outcome, log } = await run(firewallDrop, {
        data: address('203.0.113.7'),
        fleet: text,
      });
      expect(outcome).toBe('applied');
      expect(log).toContain(`${UNIX.fleet}: `);
    },
  );
});

describe('addresses from which administrators are logged in', () => {
  const [data, logins] = [address('203.0.113.7'), '203.0.113.7'];
  const wanted = { protect: { logins: true } };
  const unwanted = { protect: { logins: false } };
  const [refused, applied] = [{ outcome: 'refused' }, { outcome: 'applied' }];

  test.each([
    [undefined, undefined, applied],
    [wanted, undefined, refused],
    [undefined, wanted, refused],
    [unwanted, wanted, applied],
    [wanted, unwanted, refused],
  ])('root %j, fleet %j', async (own, theirs, expected) => {
    const fleet = theirs && { fleet: JSON.stringify(theirs) };
    expect(await run(firewallDrop, { data, logins, own, ...fleet })).toMatchObject(expected);
  });
});

describe('the fleet’s names', () => {
  test('that are none, or too many, are passed over with a word', async () => {
    const names = Array.from({ length: 40 }, (_, place) => `n${place}.example`);
    const fleet = JSON.stringify(protect([], { names: ['1.2.3', ...names] }));
    const { outcome, log } = await run(firewallDrop, { data: address('203.0.113.7'), fleet });
    expect(outcome).toBe('applied');
    expect(log).toContain(`${UNIX.fleet}: protect.names: 1.2.3 is no name of a host`);
    expect(log).toContain(`${UNIX.fleet}: protect.names: only the first 32 are used`);
  });
});

describe('a protected target', () => {
  const data = address('192.0.2.1');

  test('is touched where a person insists, and never because a message does', async () => {
    expect(await run(firewallDrop, { data })).toMatchObject({ outcome: 'refused' });
    expect(await run(firewallDrop, { data, extra: ['--force'] })).toMatchObject({
      outcome: 'refused',
    });
    expect(await run(firewallDrop, { data, force: true })).toMatchObject({ outcome: 'applied' });
  });

  test('is never exchanged for another address of the message', async () => {
    const both = { ...data, win: { eventdata: { ipAddress: '192.0.2.1' } }, srcip: '203.0.113.7' };
    expect(await run(firewallDrop, { data: both })).toMatchObject({
      outcome: 'refused',
      target: '192.0.2.1',
    });
  });

  test('can always be released', async () => {
    expect(await run(firewallDrop, { data, verb: 'delete' })).toMatchObject({ outcome: 'absent' });
  });
});
