import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Inventory } from '../../build/bundle.ts';
import { alert } from '../blackbox/support/messages.ts';
import type { Ran } from '../support/windows/client.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { blockedIn, makeNetwork, type Network } from '../support/windows/network.ts';
import { icacls, personAt, RIGHTS } from '../support/windows/people.ts';
import { POLICY } from '../support/windows/registry.ts';
import { startService } from '../support/windows/scm.ts';

const lane = windowsLane();
const META = resolve(import.meta.dirname, '../../.cache/bundle/windows.meta.json');
const IP = '203.0.113.66';
const AR_CONF = ['restart-wazuh0 - restart-wazuh.exe - 0', 'netsh600 - NetSh.exe - 600'];

let home: WindowsHome;
let network: Network;

beforeEach(async () => {
  home = makeWindowsHome(lane.windows, { arConf: AR_CONF });
  network = await makeNetwork(lane);
  lane.doubles.answer('icacls', icacls(lane));
});

const riposte = (...args: string[]): Promise<Ran> => personAt(lane, home)('riposte.exe', ...args);
const add = (ip = IP) =>
  windowsExecd('wazuh4', { lane, home, program: 'netsh.exe' }).add(JSON.parse(alert(ip)), {
    timeout: 600,
  });
const answer = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await riposte(...args);
  return { exitCode, said: `${stdout}${stderr}`.trim() };
};

describe('a block of the agent’s', () => {
  beforeEach(async () => {
    await add();
    expect(blockedIn(network)).toEqual([IP]);
  });

  it('is listed, shown and lifted', async () => {
    const [block] = JSON.parse((await answer('list', '--json')).said);
    expect(block).toMatchObject({ target: IP, holder: 'netsh', backend: 'netsh', state: 'held' });
    expect((await answer('list')).said).toMatch(new RegExp(`^TARGET.*\\n${IP} +held +netsh`));
    expect((await answer('show', IP)).said).toMatch(/state +held\n +by +netsh \(netsh\)/);
    expect(await answer('undo', IP)).toEqual({
      exitCode: 0,
      said: `${IP} is free (netsh, of netsh).`,
    });
    expect(blockedIn(network)).toEqual([]);
    expect((await answer('list')).said).toBe('Nothing is blocked.');
  });

  it('is made again by a sweep where somebody took it away', async () => {
    const name = `name=riposte netsh ${IP}`;
    const netsh = 'C:\\windows\\system32\\netsh.exe';
    const args = ['advfirewall', 'firewall', 'delete', 'rule', name];
    await lane.windows.run({ file: netsh, args });
    expect(blockedIn(network)).toEqual([]);
    expect(JSON.parse((await answer('list', '--json')).said)).toMatchObject([{ state: 'gone' }]);
    expect((await answer('sweep')).exitCode).toBe(0);
    expect(blockedIn(network)).toEqual([IP]);
    expect((await answer('sweep')).said).toBe('There is nothing to sweep.');
  });

  it('is in the log, for people and for programs', async () => {
    expect((await answer('log')).said).toMatch(new RegExp(`applied +netsh add +${IP}`));
    const { said } = await answer('log', '--json', '--target', IP);
    expect(JSON.parse(said)).toMatchObject({ outcome: 'applied', action: 'netsh', target: IP });
    expect((await answer('log', '--outcome', 'failed')).said).toContain('No run');
  });
});

it('protects what this host’s own list says, and not any more', async () => {
  const check = () => answer('protect', 'check', '198.51.100.7');
  expect((await answer('protect', 'add', '198.51.100.0/24')).exitCode).toBe(0);
  expect((await check()).exitCode).toBe(5);
  const { said } = await answer('protect', 'list');
  expect(said).toMatch(/198.51.100.0\/24 +is protected by the settings +riposte.json/);
  expect(said).not.toContain('root');
  expect(await add('198.51.100.7')).toMatchObject({ exitCode: 5, keysLine: undefined });
  expect((await answer('protect', 'remove', '198.51.100.0/24')).said).toContain('off this host');
  expect(await check()).toMatchObject({ exitCode: 0 });
});

it('offers what makes sense on Windows, and says what does not', async () => {
  const { said } = await answer('--help');
  for (const name of ['netsh', 'route-null', 'block-ip', 'install', 'doctor', 'completion']) {
    expect(said).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  }
  expect(said).not.toMatch(/shim|root/);
  expect(await answer('shim', '--as', 'argv')).toEqual({
    exitCode: 2,
    said: expect.stringContaining('riposte shim is for Linux and other Unix systems'),
  });
  expect((await answer('new', 'mine')).said).toContain('scripts\\windows is no folder of scripts');
});

it('holds nothing that only another system needs', () => {
  const { always, onDemand } = JSON.parse(readFileSync(META, 'utf8')) as Inventory;
  const all = [...always, ...Object.values(onDemand).flat()];
  expect(all).toContain('src/cli/doctor/windows-checks.ts');
  const foreign =
    /\/unix-|\/nft|\/iptables|\/shim|install\/(?:adopt|timer)|wrappers|node_modules\/which\//;
  expect(all.filter((path) => foreign.test(path))).toEqual([]);
});

it('prints a completion for PowerShell that leaves Windows’ own names alone', async () => {
  const { said } = await answer('completion', 'powershell');
  expect(said).toMatch(
    /^Register-ArgumentCompleter -Native -CommandName 'riposte', 'riposte.exe'/m,
  );
  expect(said).not.toMatch(/^Register-.*'netsh/m);
  expect(said).toContain("'netsh add --backend' = @('netsh', 'route')");
  expect(said).not.toContain('shim');
});

/** What the doctor says, by its checks; of several findings the worst. */
async function examined(...args: string[]): Promise<Readonly<Record<string, string>>> {
  const { findings } = JSON.parse((await answer('doctor', '--json', ...args)).said) as {
    findings: readonly { check: string; status: string }[];
  };
  const order = ['good', 'warning', 'bad'];
  const worst: Record<string, string> = {};
  for (const { check, status } of findings) {
    if (order.indexOf(status) >= order.indexOf(worst[check] ?? 'good')) worst[check] = status;
  }
  return worst;
}

const READY = {
  ...{ actions: 'good', tools: 'good', rights: 'good', home: 'good', programs: 'good' },
  ...{ agent: 'good', service: 'good', state: 'good', log: 'good', firewall: 'good' },
  leftovers: 'good',
};

describe('riposte doctor', () => {
  it('is content with a host that is ready, and changes nothing on it', async () => {
    await using _service = await startService(lane, home.windows);
    await add();
    const log = home.log();
    expect(await examined()).toEqual(READY);
    const { exitCode, said } = await answer('doctor');
    expect(said).toMatch(/\nReady\.$/);
    expect(exitCode).toBe(0);
    expect(said).not.toMatch(/sudo|chmod|chown|\/var\/ossec|etc\/|nft|SELinux|hosts\.deny/);
    expect(home.log()).toBe(log);
  });

  it('names what is amiss', async () => {
    home.setArConf([...AR_CONF, 'mine0 - mine.bat - 0', 'firewall-drop9 - firewall-drop - 9']);
    await makeNetwork(lane, { keys: { [`${POLICY}\\PublicProfile`]: { EnableFirewall: 0 } } });
    lane.doubles.answer('icacls', icacls(lane, { bin: RIGHTS.open, riposte: RIGHTS.system }));
    await add();
    const { exitCode, said } = await answer('doctor');
    expect(exitCode).toBe(1);
    for (const text of [
      'no service runs what is in',
      'bin can be written by all users who log in',
      'mine0 of shared/ar.conf calls mine.bat',
      'riposte can be read by all users',
      'not in the public profile, where the firewall is off',
    ]) {
      expect(said.replace(/\s+/g, ' ')).toContain(text);
    }
    expect(said).not.toContain('firewall-drop9');
  });

  it('finds rules and routes of the agent’s own programs', async () => {
    const name = 'WAZUH ACTIVE RESPONSE BLOCKED IP';
    const rule = 'v2.30|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.9/255.255.255.255|Name=';
    await makeNetwork(lane, {
      keys: {
        [`${POLICY}\\FirewallRules`]: { '{1}': `${rule}${name}|` },
        'SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes': {
          '203.0.113.8,255.255.255.255,192.0.2.1,1': '',
        },
      },
    });
    lane.doubles.answer('icacls', icacls(lane));
    const { said } = await answer('doctor', 'netsh');
    expect(said).toContain('203.0.113.9');
    expect(said).toContain('203.0.113.8 by 192.0.2.1');
  });

  it('says that there is no agent', async () => {
    const { exitCode, said } = await answer('doctor', '--home', 'C:\\windows\\temp');
    expect(exitCode).toBe(1);
    expect(said).toContain('C:/windows/temp is no agent’s home');
  });
});
