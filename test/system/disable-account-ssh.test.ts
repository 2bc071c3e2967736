import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountLane, busyboxObstacle } from '../support/accounts.ts';
import { lacking } from '../support/tools.ts';

const here = accountLane(['sshd', 'ssh', 'ssh-keygen']);

const byHand = (verb: 'add' | 'delete', at = here.host.at) =>
  at.run([`${here.home.path}/active-response/bin/disable-account`, verb, '--user', 'mallory']);

beforeEach(() => here.host.account('mallory'));

const folder = () => join(here.home.path, 'ssh');
let daemon: ChildProcess | undefined;

/** Starts sshd on the loopback of the host, with a key of the user's that it takes. */
const serve = async (usePam: 'yes' | 'no') => {
  await rm(folder(), { recursive: true, force: true });
  await mkdir(folder());
  const file = (name: string) => join(folder(), name);
  for (const key of ['host', 'user']) {
    await here.host.at.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  }
  const settings = [
    ...['Port 2222', 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, 'StrictModes no'],
    ...[`AuthorizedKeysFile ${file('user')}.pub`, 'PasswordAuthentication no', 'PidFile none'],
    `UsePAM ${usePam}`,
  ];
  await writeFile(file('sshd_config'), `${settings.join('\n')}\n`);
  const [tool = '', ...words] = [
    ...here.host.at.enter,
    ...['setpriv', '--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-e', '-f', file('sshd_config')],
  ];
  daemon = spawn(tool, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  daemon.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await expect.poll(() => said, { timeout: 10_000 }).toContain('Server listening');
  return () => said;
};
afterEach(async () => {
  const running = daemon?.exitCode === null && daemon.signalCode === null;
  const gone = running && daemon && once(daemon, 'exit');
  daemon?.kill('SIGKILL');
  await gone;
  daemon = undefined;
});

/** What a command says that a login by key runs, and how it ends. */
const login = () =>
  here.host.at.run([
    ...['ssh', '-p', '2222', '-i', join(folder(), 'user'), '-F', 'none', '-o', 'BatchMode=yes'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', 'LogLevel=ERROR', 'mallory@127.0.0.1', 'id -un'],
  ]);
const IN = { exitCode: 0, stdout: 'mallory' };
const OUT = { exitCode: 255, stdout: '' };

test.each([
  ['yes', 'Access denied for user mallory by PAM account configuration'],
  ['no', 'User mallory not allowed because account is locked'],
] as const)('D3: UsePAM %s: a key logs in, then not, then again', async (usePam, why) => {
  const said = await serve(usePam);
  expect(await login()).toMatchObject(IN);
  expect(await byHand('add')).toMatchObject({ exitCode: 0 });
  expect(await login()).toMatchObject(OUT);
  expect(said()).toContain(why);
  expect(await byHand('delete')).toMatchObject({ exitCode: 0 });
  expect(await login()).toMatchObject(IN);
});

test.skipIf(busyboxObstacle()).each([
  ['yes', IN],
  ['no', OUT],
] as const)(
  'UsePAM %s: what a lock by BusyBox, or by passwd -l, does to a key',
  async (usePam, then) => {
    await serve(usePam);
    const at = lacking(here.host.at, 'usermod');
    expect(await byHand('add', at)).toMatchObject({ exitCode: 0 });
    expect(await login()).toMatchObject(then);
    expect(await byHand('delete', at)).toMatchObject({ exitCode: 0 });
    expect(await login()).toMatchObject(IN);
  },
);
