import { beforeEach, expect, test } from 'vitest';
import { accountLane } from '../support/accounts.ts';

const here = accountLane(['sed', 'groupadd', 'gpasswd']);

const call = (...words: string[]) =>
  here.host.at.run([`${here.home.path}/active-response/bin/disable-account`, ...words]);
const add = (name: string) => call('add', '--user', name);
const remove = (name: string) => call('delete', '--user', name);

/** An administrator by his first group. */
async function makeBob(): Promise<void> {
  const { at, account } = here.host;
  // The group of his own that he left.
  await at.run(['groupdel', '-f', 'bob']);
  await account('bob');
  await at.must(['usermod', '-g', '27', 'bob']);
}

beforeEach(async () => {
  const { at, account } = here.host;
  for (const name of ['alice', 'mallory']) await account(name);
  await at.must(['sh', '-c', "sed -i -E '/^(sudo|wheel|admin):/d' /etc/group /etc/gshadow"]);
  await at.must(['groupadd', '-g', '27', 'sudo']);
  await at.must(['gpasswd', '-a', 'alice', 'sudo']);
  await makeBob();
});

const REFUSED = {
  exitCode: 5,
  stderr: expect.stringMatching(/is the last administrator who can still log in .*sudo/),
};

test('of two administrators either may be locked, and not both', async () => {
  const { host } = here;
  const before = await host.shadow('bob');
  expect(await add('alice')).toMatchObject({ exitCode: 0 });
  expect(await add('bob')).toMatchObject(REFUSED);
  expect(await host.shadow('bob')).toBe(before);
  expect(await add('alice')).toMatchObject({ exitCode: 0 });
  expect(await add('mallory')).toMatchObject({ exitCode: 0 });
  expect(await remove('alice')).toMatchObject({ exitCode: 0 });
  expect(await add('bob')).toMatchObject({ exitCode: 0 });
  expect(await add('alice')).toMatchObject(REFUSED);
  expect(await remove('bob')).toMatchObject({ exitCode: 0 });
});

test('whom an administrator has locked or let expire does not count', async () => {
  const { at } = here.host;
  for (const change of [['-L'], ['-e', '1'], ['-s', '/usr/sbin/nologin'], ['-p', '*']]) {
    await makeBob();
    await at.must(['usermod', ...change, 'bob']);
    expect(await add('alice'), change.join(' ')).toMatchObject(REFUSED);
  }
});

test('without such a group, or outside of it, everybody may be locked', async () => {
  await here.host.at.must(['usermod', '-L', 'bob']);
  expect(await add('mallory')).toMatchObject({ exitCode: 0 });
  await here.host.at.must(['gpasswd', '-d', 'alice', 'sudo']);
  expect(await add('alice')).toMatchObject({ exitCode: 0 });
});
