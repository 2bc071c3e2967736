import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/lib/effect.ts';
import { exitCode } from '../../src/lib/outcome.ts';
import { ROWS, type Row } from '../support/matrix.ts';
import type { Fault, ModelHost } from '../support/model-host.ts';

const NAME = 'mallory';
const [ROW] = ROWS.filter(
  ({ action, protocol, backend }) =>
    action.name === 'disable-account' && protocol.name === 'wazuh4' && backend === 'usermod',
) as [Row];
const HOLDERS = ['disable-account', 'disable-account.sh', 'manual'] as const;
type Holder = (typeof HOLDERS)[number];

/** What an administrator does by hand. */
const admin = (host: ModelHost, ...words: string[]) =>
  expect(host.tool(run('usermod', ...words, NAME)).exitCode).toBe(0);
const account = (host: ModelHost) =>
  host
    .state()
    .split('\n')
    .find((line) => line.startsWith(`account ${NAME} `));
const add = (host: ModelHost, holder: Holder = 'manual') => ROW.call('add', host, { holder });
const remove = (host: ModelHost, holder: Holder = 'manual') => ROW.call('delete', host, { holder });
const held = (host: ModelHost) => host.records().filter((path) => path.includes('/held/'));

describe('the former state', () => {
  test.each([['-L'], ['-e', '20500'], ['-L', '-e', '20500'], ['-p', ''], ['-p', '*'], ['-e', '0']])(
    'comes back: %s %s %s',
    async (...words) => {
      const host = ROW.fresh();
      admin(host, ...words);
      const before = account(host);
      expect(await add(host)).toMatchObject({ outcome: 'applied' });
      expect(host.holds(NAME)).toBe(true);
      expect(await remove(host)).toMatchObject({ outcome: 'removed' });
      expect(account(host)).toBe(before);
    },
  );

  test('comes back only when the last of all holders goes', async () => {
    const host = ROW.fresh();
    const before = account(host);
    for (const holder of HOLDERS)
      expect(await add(host, holder)).toMatchObject({ outcome: 'applied' });
    for (const holder of HOLDERS.slice(1)) {
      const { outcome, detail } = await remove(host, holder);
      expect([outcome, detail]).toEqual([
        'removed',
        `${NAME} is locked still, for others (usermod)`,
      ]);
      expect(host.holds(NAME)).toBe(true);
    }
    const { outcome, detail } = await remove(host, HOLDERS[0]);
    expect([outcome, detail]).toEqual(['removed', `${NAME} is as it was before (usermod)`]);
    expect(account(host)).toBe(before);
  });

  test('comes back where the agent could not be told, if nobody held it before', async () => {
    const host = ROW.fresh();
    const before = account(host);
    const { outcome, detail } = await ROW.call('add', host, { temper: 'closed' });
    expect([outcome, detail]).toEqual(['undelivered', expect.stringContaining('was taken back')]);
    expect(account(host)).toBe(before);

    await ROW.call('add', host);
    admin(host, '-U');
    const again = await ROW.call('add', host, { temper: 'closed' });
    expect(again.outcome).toBe('undelivered');
    expect(again.detail).toContain('stays, as it was on record before');
    expect(host.holds(NAME)).toBe(true);
  });

  test('is not looked for in a record of what somebody else made', async () => {
    const host = ROW.fresh();
    admin(host, '-L', '-e', '1');
    const before = account(host);
    expect(await add(host)).toMatchObject({ outcome: 'already' });
    expect(held(host)).toEqual([]);
    const { outcome, detail } = await remove(host);
    expect(outcome).toBe('not-ours');
    expect(detail).toContain(`usermod -U -e '' ${NAME}`);
    expect(account(host)).toBe(before);
  });
});

describe('a tool that says yes and does nothing', () => {
  /** The account as it is, whatever `usermod` is told. */
  const idle = (host: ModelHost) => {
    const real = host.tool.bind(host);
    host.tool = (command) =>
      command.tool === 'usermod' ? { exitCode: 0, stdout: '', stderr: '' } : real(command);
    return () => {
      host.tool = real;
    };
  };

  test('is not believed by an add, which leaves nothing on record', async () => {
    const host = ROW.fresh();
    idle(host);
    const { outcome, told } = await add(host, 'disable-account');
    expect([outcome, told]).toEqual(['tool-failed', []]);
    expect(held(host)).toEqual([]);
  });

  test('is not believed by a delete, and the next one undoes it', async () => {
    const host = ROW.fresh();
    const before = account(host);
    await add(host);
    const work = idle(host);
    expect(await remove(host)).toMatchObject({ outcome: 'tool-failed' });
    expect(held(host)).toHaveLength(1);
    work();
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(account(host)).toBe(before);
  });
});

describe('an administrator has the last word', () => {
  const CHANGES: readonly [what: string, words: readonly string[], left: string][] = [
    ['a new password', ['-p', '$y$new'], '$y$new 20500'],
    ['a new password, locked again', ['-p', '!$y$new'], '!$y$new 20500'],
    ['the lock taken off', ['-U'], '$y$mallory 20500'],
    ['another expiry', ['-e', '20777'], '$y$mallory 20777'],
    ['no expiry', ['-e', ''], '$y$mallory '],
  ];

  test.each(CHANGES)('%s, before the undo', async (_what, words, left) => {
    const host = ROW.fresh();
    admin(host, '-e', '20500');
    await add(host);
    admin(host, ...words);
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(account(host)).toBe(`account ${NAME} 41001 ${left}`);
  });

  test.each(CHANGES)('%s, before the next alert and the undo', async (_what, words, left) => {
    const host = ROW.fresh();
    admin(host, '-e', '20500');
    await add(host);
    admin(host, ...words);
    await add(host);
    await add(host, 'disable-account');
    expect(host.holds(NAME)).toBe(true);
    await remove(host);
    expect(await remove(host, 'disable-account')).toMatchObject({ outcome: 'removed' });
    expect(account(host)).toBe(`account ${NAME} 41001 ${left}`);
  });

  test('and may remove the account', async () => {
    const host = ROW.fresh();
    await add(host);
    host.tool(run('userdel', NAME));
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(held(host)).toEqual([]);
  });
});

describe('a run that dies', () => {
  test.each(['died-before', 'died-after', 'killed', 'hanging', 'broken'] as const)(
    'in a delete, %s at any command, leaves the rest to the next delete',
    async (fault) => {
      for (let at = 0; at < 3; at += 1) {
        const host = ROW.fresh();
        admin(host, '-e', '20500');
        const before = account(host);
        await add(host);
        host.faults = ROW.faults((place) => (place === at ? fault : undefined));
        await remove(host).catch(() => undefined);
        host.faults = ROW.faults();
        expect(exitCode((await remove(host)).outcome), `command ${at}`).toBe(0);
        expect(account(host), `command ${at}`).toBe(before);
        expect(held(host)).toEqual([]);
      }
    },
  );

  test('with its record torn, and nothing made, restores nothing that it does not know', async () => {
    const host = ROW.fresh();
    const before = account(host);
    await add(host);
    tear(host);
    expect(await add(host)).toMatchObject({ outcome: 'already' });
    expect(await remove(host)).toMatchObject({ outcome: 'bad-state' });
    expect(host.holds(NAME)).toBe(true);
    admin(host, '-U', '-e', '');
    expect(await add(host)).toMatchObject({ outcome: 'applied' });
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(account(host)).toBe(before);
  });

  test('with its record torn, is helped by the record of another holder', async () => {
    const host = ROW.fresh();
    const before = account(host);
    await add(host);
    await add(host, 'disable-account');
    tear(host);
    expect(await add(host)).toMatchObject({ outcome: 'already' });
    await remove(host, 'disable-account');
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(account(host)).toBe(before);
  });
});

/** Leaves half of the record of what was done by hand. */
function tear(host: ModelHost): void {
  const path = host.records().find((one) => one.endsWith(`/${NAME}@manual@usermod`)) ?? '';
  const text = String(host.volume.readFileSync(path));
  host.volume.writeFileSync(path, text.slice(0, text.length / 2), { mode: 0o600 });
}

/** One thing that happens to an account. */
type Event =
  | { readonly what: 'add' | 'delete'; readonly holder: number; readonly death?: Death }
  | { readonly what: Change; readonly value: number };
type Change = 'password' | 'unlock' | 'expiry';
type Death = { readonly kind: Fault; readonly at: number } | undefined;

const death = fc.option(
  fc.record({
    kind: fc.constantFrom<Fault>('broken', 'killed', 'died-before', 'died-after'),
    at: fc.nat({ max: 4 }),
  }),
  { nil: undefined, freq: 2 },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom('add' as const, 'delete' as const),
      holder: fc.nat({ max: 2 }),
      death,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom<Change>('password', 'unlock', 'expiry'),
      value: fc.nat({ max: 3 }),
    }),
  },
);

test('whatever happens in whatever order, all deletes leave what the administrator wants', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.constantFrom('', '0', '20500'),
      fc.array(event, { maxLength: 20, size: 'max' }),
      async (locked, expires, events) => {
        const host = ROW.fresh();
        const wanted = { mark: locked ? '!' : '', password: '$y$mallory', expires: `${expires}` };
        admin(host, ...(locked ? ['-L'] : []), '-e', expires);
        for (const one of events) {
          if ('holder' in one) {
            const { what, holder, death } = one;
            host.faults = ROW.faults((place) => (place === death?.at ? death.kind : undefined));
            const ran = await ROW.call(what, host, { holder: HOLDERS[holder] as Holder }).catch(
              () => undefined,
            );
            host.faults = ROW.faults();
            if (what === 'add' && ran && exitCode(ran.outcome) === 0) {
              expect(host.holds(NAME)).toBe(true);
            }
          } else if (one.what === 'password') {
            admin(host, '-p', `$y$${one.value}`);
            Object.assign(wanted, { mark: '', password: `$y$${one.value}` });
          } else if (one.what === 'unlock') {
            admin(host, '-U');
            wanted.mark = '';
          } else {
            admin(host, '-e', `${20_700 + one.value}`);
            wanted.expires = `${20_700 + one.value}`;
          }
        }
        for (const holder of HOLDERS)
          expect(exitCode((await remove(host, holder)).outcome)).toBe(0);
        const { mark, password } = wanted;
        expect(account(host)).toBe(`account ${NAME} 41001 ${mark}${password} ${wanted.expires}`);
        expect(held(host)).toEqual([]);
      },
    ),
    { numRuns: 200, seed: 20260203 },
  );
});
