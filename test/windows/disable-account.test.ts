import { beforeEach, describe, expect, it } from 'vitest';
import { message } from '../blackbox/support/messages.ts';
import { Accounts } from '../support/windows/accounts.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';

const lane = windowsLane();
const program = 'disable-account.exe';
let home: WindowsHome;
let accounts: Accounts;
beforeEach(() => {
  home = makeWindowsHome(lane.windows);
  accounts = new Accounts({ deploy: {}, 'jürgen müller': {} });
  accounts.answer(lane.doubles);
  lane.doubles.answer('icacls', () => ({}));
});

const agent = (dialect: 'wazuh4' | 'wazuh5') => windowsExecd(dialect, { lane, home, program });
const enabled = (name: string) => accounts.byName.get(name)?.enabled;

/** A message of a failed logon, as the agent of a Windows gets it. */
function logon(user: string, data: object = {}) {
  return {
    version: 1,
    origin: { name: 'node01', module: 'wazuh-execd' },
    command: 'add',
    parameters: {
      extra_args: [],
      alert: {
        id: '1770113800.401234',
        rule: { id: '60122' },
        data: {
          win: {
            system: { computer: 'WIN-SRV01' },
            eventdata: { targetUserName: user, targetDomainName: 'WIN-SRV01', ...data },
          },
        },
      },
      program: `active-response/bin/${program}`,
    },
  };
}

describe('an agent of 5', () => {
  it('has an account disabled, and enabled again', async () => {
    const five = agent('wazuh5');
    const run = await five.add(message('5x-enable-stateful-disable-account'));
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue', stdoutAfter: '' });
    expect(enabled('deploy')).toBe(false);
    expect(lane.doubles.called('net')).toEqual([['user', 'deploy', '/active:no']]);
    expect(await five.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(enabled('deploy')).toBe(true);
    expect(home.outcomes()).toMatchObject([
      { outcome: 'applied', target: 'deploy', exit: 0 },
      { outcome: 'removed', target: 'deploy', exit: 0 },
    ]);
  });

  it('leaves one disabled that was so before', async () => {
    const deploy = accounts.byName.get('deploy');
    if (deploy) deploy.enabled = false;
    const five = agent('wazuh5');
    await five.add(message('5x-enable-stateful-disable-account'));
    await five.stop();
    expect(enabled('deploy')).toBe(false);
    expect(lane.doubles.called('net')).toEqual([]);
  });
});

describe('an agent of 4', () => {
  it('has the account of a Windows event disabled, whatever letters are in its name', async () => {
    const four = agent('wazuh4');
    const run = await four.add(logon('Jürgen Müller'), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(enabled('jürgen müller')).toBe(false);
    const [call] = lane.doubles.calls.filter(({ tool }) => tool === 'net');
    expect(call?.args).toEqual(['user', 'jürgen müller', '/active:no']);
    expect(call?.words).toEqual(call?.args);
    expect(await four.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(enabled('jürgen müller')).toBe(true);
  });

  it.each([
    ['/domain', 4],
    ['a" /active:yes "', 4],
    ['%USERNAME%&calc', 6],
    ['Administrator', 5],
    ['nobody here', 5],
    ['x\\', 4],
    ['', 4],
  ])('disables nobody for %j', async (name) => {
    const run = await agent('wazuh4').add(logon(name), { timeout: 3600 });
    expect(run.exitCode).not.toBe(0);
    expect(run.keysLine).toBeUndefined();
    expect(lane.doubles.called('net')).toEqual([]);
  });
});
