import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { alert } from '../blackbox/support/messages.ts';
import { ENVIRONMENT } from '../support/windows/client.ts';
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

const TOOLS = ['netsh', 'route', 'reg', 'icacls', 'net', 'sc', 'powershell', 'cmd', 'conhost'];

it.each([
  ['the working folder, which is the agent’s', ''],
  ['the folder of the agent’s programs', 'active-response/bin'],
])('no tool is taken from %s, nor from PATH', async (_, folder) => {
  const place = home.at(folder);
  for (const tool of TOOLS) {
    // The agent has a netsh.exe there, which is us.
    if (folder !== '' && tool === 'netsh') continue;
    copyFileSync(join(lane.programs, 'double.exe'), join(place, `${tool}.exe`));
  }
  const windows = `${home.windows}\\${folder.replaceAll('/', '\\')}`;
  const env = { ...ENVIRONMENT, PATH: `${windows};${ENVIRONMENT.PATH}` };
  const agent = windowsExecd('wazuh4', { lane, home, program: 'netsh.exe', env });
  const run = await agent.add(JSON.parse(alert('203.0.113.66')), { timeout: 3600 });
  expect(run).toMatchObject({ exitCode: 0, reply: 'continue' });
  expect(blockedIn(network)).toEqual(['203.0.113.66']);
  await agent.stop();
  expect(blockedIn(network)).toEqual([]);
  expect(lane.doubles.calls.length).toBeGreaterThan(3);
  for (const { file } of lane.doubles.calls) {
    expect(file.toLowerCase()).toMatch(/^c:\\windows\\system32\\/);
  }
});
