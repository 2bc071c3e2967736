import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { alert } from '../blackbox/support/messages.ts';
import { HANGING } from '../support/windows/doubles.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { Firewall, RULES } from '../support/windows/firewall.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { blockedIn, makeNetwork, type Network } from '../support/windows/network.ts';
import { Routes } from '../support/windows/routes.ts';

const lane = windowsLane();
let home: WindowsHome;
beforeEach(() => {
  home = makeWindowsHome(lane.windows);
});

const IP = '203.0.113.66';
const agent = (program = 'netsh.exe') => windowsExecd('wazuh4', { lane, home, program });
const add = (program?: string) => agent(program).add(JSON.parse(alert(IP)), { timeout: 3600 });

describe('netsh that', () => {
  let network: Network;
  beforeEach(async () => {
    network = await makeNetwork(lane);
  });
  const tool: Firewall['tool'] = (call) => network.firewall.tool(call);

  it('takes seconds is waited for', async () => {
    lane.doubles.answer('netsh', async (call) => {
      await wait(3_000);
      return tool(call);
    });
    expect(await add()).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(blockedIn(network)).toEqual([IP]);
  });

  it('hangs is ended, and nobody gets keys', async () => {
    lane.doubles.answer('netsh', HANGING);
    const run = await add();
    expect(run).toMatchObject({ exitCode: 8, keysLine: undefined });
    expect(run.milliseconds).toBeLessThan(30_000);
    expect(home.outcomes()).toMatchObject([{ outcome: 'timed-out' }]);
  });

  it('fails, fails the run', async () => {
    lane.doubles.answer('netsh', () => ({ exitCode: 1, stdout: 'Zugriff verweigert\r\n' }));
    expect(await add()).toMatchObject({ exitCode: 7, keysLine: undefined });
    expect(home.outcomes()).toMatchObject([{ outcome: 'tool-failed' }]);
  });

  it('says 0 and does nothing, as wine’s own, is not believed', async () => {
    lane.doubles.answer('netsh', () => ({ stdout: 'Ok.\r\n' }));
    expect(await add()).toMatchObject({ exitCode: 7, keysLine: undefined });
    expect(home.outcomes()).toMatchObject([{ outcome: 'tool-failed' }]);
  });

  it('complains and has done it all the same has done it', async () => {
    lane.doubles.answer('netsh', async (call) => ({ ...(await tool(call)), exitCode: 1 }));
    expect(await add()).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(blockedIn(network)).toEqual([IP]);
  });

  it('makes one rule of two leaves none', async () => {
    lane.doubles.answer('netsh', (call) =>
      call.args.includes('dir=out') ? { exitCode: 1, stdout: 'no\r\n' } : tool(call),
    );
    expect(await add()).toMatchObject({ exitCode: 7, keysLine: undefined });
    expect(network.firewall.rules.size).toBe(0);
  });

  it('is not there: another agent’s alert may try again', async () => {
    lane.doubles.remove('netsh');
    expect(await add()).toMatchObject({ exitCode: 6, keysLine: undefined });
    expect(home.outcomes()).toMatchObject([{ outcome: 'missing-tool' }]);
  });

  it('deletes nothing, so that a delete fails and says so', async () => {
    const netsh = agent();
    await netsh.add(JSON.parse(alert(IP)), { timeout: 3600 });
    lane.doubles.answer('netsh', () => ({ stdout: 'Ok.\r\n' }));
    expect(await netsh.stop()).toMatchObject([{ exitCode: 7 }]);
  });
});

describe('a Windows in another language', () => {
  // Bytes of an old code page, which are no UTF-8.
  const texts = {
    ok: Buffer.from('OK.\r\n\r\n', 'latin1'),
    none: Buffer.from('\r\nEs stimmen keine Regeln mit den Kriterien \x81berein.\r\n', 'latin1'),
  };

  it.each(['netsh.exe', 'route-null.exe'])('%s blocks and lifts as in any', async (program) => {
    const network = await makeNetwork(lane, {
      firewall: new Firewall({ texts }),
      routes: new Routes('de'),
    });
    const one = agent(program);
    const run = await one.add(JSON.parse(alert(IP)), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(blockedIn(network)).toEqual([IP]);
    expect(await one.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(blockedIn(network)).toEqual([]);
  });

  it.each([
    ['bare', (remote: string) => remote.replace(/\/.*/, '')],
    ['with its prefix', (remote: string) => remote],
    [
      'as a range',
      (remote: string) => `${remote.replace(/\/.*/, '')}-${remote.replace(/\/.*/, '')}`,
    ],
  ])('that writes an address down %s', async (_, spelling) => {
    const network = await makeNetwork(lane, { firewall: new Firewall({ spelling }) });
    expect(await add()).toMatchObject({ exitCode: 0 });
    // Read back by another run, from the real registry.
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(network.firewall.rules.size).toBe(2);
    expect(home.outcomes().map(({ outcome }) => outcome)).toEqual(['applied', 'already']);
  });
});

describe('what others have made', () => {
  it('survives a block and its end', async () => {
    const other = 'v2.30|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.66|Name=mine|';
    const network = await makeNetwork(lane, { keys: { [RULES]: { '{OTHER}': other } } });
    network.firewall.rules.set('{OTHER}', {
      name: 'mine',
      dir: 'in',
      action: 'block',
      remote: `${IP}/32`,
    });
    const netsh = agent();
    await netsh.add(JSON.parse(alert(IP)), { timeout: 3600 });
    expect(network.firewall.rules.size).toBe(3);
    await netsh.stop();
    expect([...network.firewall.rules.keys()]).toEqual(['{OTHER}']);
  });

  it('is not what upstream has left: that goes with the block', async () => {
    const network = await makeNetwork(lane);
    const upstream = ['advfirewall', 'firewall', 'add', 'rule', 'interface=any', 'action=block'];
    const name = 'name=WAZUH ACTIVE RESPONSE BLOCKED IP';
    for (const dir of ['in', 'out']) {
      await lane.windows.run({
        file: 'C:\\windows\\system32\\netsh.exe',
        args: [...upstream, name, `dir=${dir}`, `remoteip=${IP}/32`],
      });
    }
    const netsh = agent();
    await netsh.add(JSON.parse(alert(IP)), { timeout: 3600 });
    await netsh.stop();
    expect([...network.firewall.rules.values()]).toEqual([]);
  });
});

describe('route print that', () => {
  it('is empty makes no null route', async () => {
    const network = await makeNetwork(lane);
    lane.doubles.answer('route', () => ({ stdout: '\r\n' }));
    expect(await add('route-null.exe')).toMatchObject({ exitCode: 7, keysLine: undefined });
    expect(blockedIn(network)).toEqual([]);
  });

  it('hangs ends the run in time', async () => {
    await makeNetwork(lane);
    lane.doubles.answer('route', HANGING);
    const run = await add('route-null.exe');
    expect(run.exitCode).not.toBe(0);
    expect(run.keysLine).toBeUndefined();
    expect(run.milliseconds).toBeLessThan(30_000);
  });
});
