import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { alert } from '../blackbox/support/messages.ts';
import { fromLinux } from '../support/windows/client.ts';
import { HANGING } from '../support/windows/doubles.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { blockedIn, makeNetwork, type Network } from '../support/windows/network.ts';

const lane = windowsLane();
let home: WindowsHome;
let network: Network;
beforeEach(async () => {
  home = makeWindowsHome(lane.windows);
  network = await makeNetwork(lane);
});

const IP = '203.0.113.66';
const LOG = 'active-response\\active-responses.log';
const agent = (program = 'netsh.exe') => windowsExecd('wazuh4', { lane, home, program });
const block = (ip = IP) => JSON.parse(alert(ip));

/** Another program that keeps a file open until the test is over. */
async function hold(file: string, share: string) {
  const holder = lane.windows.spawn({
    file: fromLinux(join(lane.programs, 'hold.exe')),
    args: [`${home.windows}\\${file}`, share],
  });
  const said = await holder.until((text) => text.includes('\n'));
  if (!said.startsWith('held')) throw new Error(`${file}: ${said}`);
  return {
    async [Symbol.asyncDispose]() {
      holder.end();
      await holder.ended;
    },
  };
}

describe('the log', () => {
  it.each([
    ['as the agent reads it', 'rwd'],
    ['as an editor reads it', 'rw'],
  ])('is written while another program has it open %s', async (_, share) => {
    await using _held = await hold(LOG, share);
    const run = await agent().add(block(), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(home.outcomes()).toMatchObject([{ outcome: 'applied' }]);
  });

  it('that somebody keeps for himself keeps nothing from being blocked', async () => {
    await using _held = await hold(LOG, '');
    const run = await agent().add(block(), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(blockedIn(network)).toEqual([IP]);
  });

  it('is made where there is none', async () => {
    rmSync(home.at('active-response/active-responses.log'));
    await agent().add(block(), { timeout: 3600 });
    expect(home.outcomes()).toMatchObject([{ outcome: 'applied' }]);
  });

  it('has whole lines of all who write at once', async () => {
    const ips = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'];
    const runs = ips.map((ip) => agent().add(block(ip), { timeout: 3600 }));
    for (const run of await Promise.all(runs)) expect(run).toMatchObject({ exitCode: 0 });
    expect(
      home
        .outcomes()
        .map(({ target }) => target)
        .toSorted(),
    ).toEqual(ips);
    expect(blockedIn(network).toSorted()).toEqual(ips);
    for (const line of home.log().trimEnd().split('\n')) {
      expect(line).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/netsh\.exe: /);
    }
  });
});

describe('two runs for one address at once', () => {
  it('make one pair of rules', async () => {
    const runs = [0, 1].map(() => agent().add(block(), { timeout: 3600 }));
    for (const run of await Promise.all(runs)) expect(run).toMatchObject({ exitCode: 0 });
    expect(network.firewall.rules.size).toBe(2);
    const outcomes = home.outcomes().map(({ outcome }) => outcome);
    expect(outcomes.toSorted()).toEqual(['already', 'applied']);
  });
});

/** Files of records, as Windows calls them below the home. */
const recordFiles = (): readonly string[] =>
  readdirSync(home.at('active-response/riposte/held'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(home.linux.length + 1))
    .map((path) => path.replaceAll('/', '\\'));

describe('a record', () => {
  it('that another program reads for a moment is replaced after it', async () => {
    const netsh = agent();
    await netsh.add(block(), { timeout: 3600 });
    const [file = ''] = recordFiles();
    const held = await hold(file, 'rw');
    const run = netsh.stop();
    await wait(700);
    await held[Symbol.asyncDispose]();
    expect(await run).toMatchObject([{ exitCode: 0 }]);
    expect(blockedIn(network)).toEqual([]);
    expect(recordFiles()).toEqual([]);
  });

  it('that another program does not let go is told of, and nothing hangs', async () => {
    const netsh = agent();
    await netsh.add(block(), { timeout: 3600 });
    const [file = ''] = recordFiles();
    const held = await hold(file, 'r');
    const [run] = await netsh.stop();
    await held[Symbol.asyncDispose]();
    expect(run?.milliseconds).toBeLessThan(25_000);
    expect(blockedIn(network)).toEqual([]);
    // What is left of it is found by the next run.
    expect(await netsh.delete(block())).toMatchObject({ exitCode: 0 });
    expect(recordFiles()).toEqual([]);
  });

  it('is renewed by a second alert while another program reads it', async () => {
    const netsh = agent();
    await netsh.add(block(), { timeout: 3600 });
    const [file = ''] = recordFiles();
    const held = await hold(file, 'rw');
    const run = netsh.add(block(), { timeout: 3600 });
    await wait(700);
    await held[Symbol.asyncDispose]();
    expect(await run).toMatchObject({ exitCode: 0, reply: 'abort' });
    expect(recordFiles()).toEqual([file]);
  });
});

describe('a lock', () => {
  it('of a run that was killed holds nobody up, nor does what it had begun', async () => {
    const { tool } = network.routes;
    lane.doubles.answer('route', (call) => (call.args.includes('ADD') ? HANGING : tool)(call));
    const route = windowsExecd('wazuh4', {
      lane,
      home,
      program: 'route-null.exe',
      deadline: 4_000,
    });
    await expect(route.add(block(), { timeout: 3600 })).rejects.toThrow('did not end in time');
    expect(readdirSync(home.at('active-response/riposte/lock'))).not.toEqual([]);
    lane.doubles.answer('route', tool);
    const run = await agent('route-null.exe').add(block(), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(blockedIn(network)).toEqual([IP]);
    expect(recordFiles()).toHaveLength(1);
  });

  it('of a run whose tool takes long is waited for no longer than any', async () => {
    const { tool } = network.routes;
    let taking: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      taking = resolve;
    });
    lane.doubles.answer('route', async (call) => {
      if (call.args.includes('ADD')) {
        taking();
        await wait(9_000);
      }
      return tool(call);
    });
    const first = agent('route-null.exe').add(block(), { timeout: 3600 });
    await begun;
    const second = await agent('route-null.exe').add(block(), { timeout: 3600 });
    expect(second).toMatchObject({ keysLine: undefined });
    expect(home.outcomes()).toMatchObject([{ outcome: 'locked' }]);
    expect(await first).toMatchObject({ exitCode: 0, reply: 'continue' });
  });
});

describe('the state folder', () => {
  it('is private before it has its name, or nothing is done', async () => {
    lane.doubles.answer('icacls', () => ({ exitCode: 5, stderr: 'Zugriff verweigert' }));
    const run = await agent().add(block(), { timeout: 3600 });
    expect(run.exitCode).not.toBe(0);
    expect(run.keysLine).toBeUndefined();
    expect(blockedIn(network)).toEqual([]);
    expect(existsSync(home.at('active-response/riposte'))).toBe(false);
  });

  it('of two first runs is one', async () => {
    const runs = ['203.0.113.1', '203.0.113.2'].map((ip) =>
      agent().add(block(ip), { timeout: 3600 }),
    );
    for (const run of await Promise.all(runs)) expect(run).toMatchObject({ exitCode: 0 });
    const names = readdirSync(home.at('active-response'));
    expect(names.filter((name) => name.startsWith('riposte'))).toEqual(['riposte']);
    expect(recordFiles()).toHaveLength(2);
  });
});
