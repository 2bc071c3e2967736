import { describe, expect, test } from 'vitest';
import { administrators, spareLast } from '../../src/lib/accounts/administrators.ts';
import { ROWS, type Row } from '../support/matrix.ts';
import type { ModelHost } from '../support/model-host.ts';

const PASSWD = `root:x:0:0::/root:/bin/bash
toor:x:0:0::/root:/bin/bash
alice:x:1001:1001::/home/alice:/bin/bash
bob:x:1002:27::/home/bob:/bin/zsh
carol:x:1003:1003::/home/carol:/usr/sbin/nologin
mallory:x:1004:1004::/home/mallory:/bin/bash
`;
const GROUP = 'root:x:0:\nsudo:x:27:alice,carol,root,toor\nusers:x:100:mallory\n';
const TODAY = Math.floor(Date.UTC(2026, 1, 3) / 86_400_000);

type Shadow = Readonly<Record<string, readonly [password: string, expires?: number]>>;

/** The outcome of the look at one account. */
async function last(name: string, shadow: Shadow, group = GROUP): Promise<string> {
  const files: Readonly<Record<string, string>> = {
    '/etc/passwd': PASSWD,
    '/etc/group': group,
    '/etc/shadow': Object.entries(shadow)
      .map(([who, [password, expires = '']]) => `${who}:${password}:19000:0:99999:7::${expires}:\n`)
      .join(''),
  };
  const host = {
    systemFiles: { read: async (path: string) => files[path] },
    clock: { now: () => new Date(Date.UTC(2026, 1, 3, 12)) },
  };
  const step = spareLast(name);
  if (!('act' in step)) throw new Error('no deed');
  return step.act(host as never, 1_000).catch(({ kind, message }) => `${kind}: ${message}`);
}

const HASH = '$y$j9T$x';
const REFUSED =
  'refused: alice is the last administrator who can still log in (of the group sudo); it is never touched';

describe('the last administrator', () => {
  test.each<[string, Shadow]>([
    ['is alone', { alice: [HASH] }],
    ['is locked', { alice: [`!${HASH}`] }],
    ['has a locked peer', { alice: [HASH], bob: [`!${HASH}`] }],
    ['has a peer without a password', { alice: [HASH], bob: ['*'] }],
    ['has a peer with a blank one', { alice: [HASH], bob: [''] }],
    ['has an expired peer', { alice: [HASH], bob: [HASH, 1] }],
    ['has a peer that expires today', { alice: [HASH], bob: [HASH, TODAY] }],
    ['has a peer without a shell', { alice: [HASH], carol: [HASH] }],
    ['has root, under whatever name', { alice: [HASH], root: [HASH], toor: [HASH] }],
    ['has a peer that is not in shadow', { alice: [HASH], mallory: [HASH] }],
  ])('%s', async (_, shadow) => {
    expect(await last('alice', shadow)).toBe(REFUSED);
  });

  test.each<[string, Shadow]>([
    ['another one, by the first group', { alice: [HASH], bob: [HASH] }],
    ['another one, who expires some day', { alice: [HASH], bob: [HASH, TODAY + 1] }],
  ])('is not alone while there is %s', async (_, shadow) => {
    expect(await last('alice', shadow)).toBe('good');
    expect(await last('bob', shadow)).toBe('good');
  });

  test('is a member, by either file; nobody else is meant', async () => {
    expect(await last('mallory', { mallory: [HASH] })).toBe('good');
    expect(await last('bob', { bob: [HASH] })).toContain('bob is the last');
    expect(await last('alice', { alice: [HASH] }, 'staff:x:50:alice\n')).toBe('good');
    expect(await last('alic', { alice: [HASH] })).toBe('good');
  });

  test.each(['sudo', 'wheel', 'admin'])('counts in the group %s', async (name) => {
    expect(await last('alice', { alice: [HASH] }, `${name}:x:27:alice\n`)).toContain(name);
  });

  test('of one group is not saved by those of another', async () => {
    const group = 'wheel:x:10:alice\nadmin:x:11:mallory\n';
    expect(await last('alice', { alice: [HASH], mallory: [HASH] }, group)).toContain('wheel');
  });
});

test('administrators are root and the members, by number', () => {
  expect([...administrators(GROUP, PASSWD)].sort()).toEqual([0, 1001, 1002, 1003]);
  expect([...administrators('', '')]).toEqual([0]);
});

describe('disable-account', () => {
  const [ROW] = ROWS.filter(
    ({ action, protocol, backend }) =>
      action.name === 'disable-account' && protocol.name === 'wazuh4' && backend === undefined,
  ) as [Row];
  const add = (host: ModelHost, text: string) => ROW.call('add', host, {}, { text });

  test('locks one administrator and not the other one then', async () => {
    const host = ROW.fresh();
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'applied' });
    // The model keeps its accounts beside the files.
    const shadow = String(host.volume.readFileSync('/etc/shadow'));
    host.volume.writeFileSync('/etc/shadow', shadow.replace('alice:', 'alice:!'));
    const before = host.state();
    const { outcome, told, detail } = await add(host, 'bob');
    expect([outcome, told]).toEqual(['refused', []]);
    expect(detail).toContain('bob is the last administrator who can still log in');
    expect(host.state()).toBe(before);
    // What holds is not asked for again.
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'already' });
    expect(await ROW.call('delete', host, {}, { text: 'alice' })).toMatchObject({
      outcome: 'removed',
    });
  });

  test('is refused in observe mode too', async () => {
    const host = ROW.fresh({ settings: { mode: 'observe' } });
    host.volume.writeFileSync('/etc/group', 'sudo:x:27:alice\n');
    host.volume.writeFileSync('/etc/passwd', 'alice:x:1501:1501::/home/alice:/bin/sh\n');
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'refused' });
    expect(await add(host, 'mallory')).toMatchObject({ outcome: 'observed' });
    expect(await add(host, 'daemon')).toMatchObject({ outcome: 'refused' });
  });
});
