import { beforeEach, describe, expect, it } from 'vitest';
import { text } from '../blackbox/support/messages.ts';
import { legacyRun } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { type AgentService, startService } from '../support/windows/scm.ts';

const lane = windowsLane();
let home: WindowsHome;
beforeEach(() => {
  home = makeWindowsHome(lane.windows);
  lane.doubles.answer('icacls', () => ({}));
});

const RESTART = text('4x-add-restart-wazuh-wcom');

/** Waits until the service was started this often, and then for the line about it in the log. */
async function restarted(service: AgentService): Promise<void> {
  const starts = () => service.log().filter(([word]) => word === 'started').length;
  await service.until(() => starts() >= 2 && home.log().includes(' is over'));
}

describe('restart-wazuh.exe', () => {
  it('restarts the service that started it, and outlives it', async () => {
    await using service = await startService(lane, home.windows);
    const [, first] = service.log()[0] ?? [];
    service.respond('"active-response/bin/restart-wazuh.exe"', RESTART, home.windows);
    await restarted(service);
    const log = service.log().filter(([word]) => ['started', 'stopping', 'stopped'].includes(word));
    expect(log.map(([word]) => word)).toEqual(['started', 'stopping', 'stopped', 'started']);
    expect(log.at(-1)?.[1]).not.toBe(first);
    expect(await service.state()).toBe(4);
    expect(home.log()).toMatch(/restart of the service WazuhSvc is over/);
    // What is seen of it before it is over: it was given away, without keys.
    expect(service.log()).toContainEqual(['printed', 0]);
    expect(service.log()).toContainEqual(['ended', 0]);
  });

  it('is asked by an old agent under its old name', async () => {
    await using service = await startService(lane, home.windows);
    const words = ['-', '-', '1770113800.401234 100001 /home/test.txt -'];
    const options = { lane, home, program: 'restart-ossec.cmd' };
    expect(await legacyRun(options, 'add', words)).toMatchObject({ exitCode: 0 });
    await restarted(service);
    expect(await service.state()).toBe(4);
  });

  it('says so where there is no such service', async () => {
    const options = { lane, home, program: 'restart-ossec.cmd' };
    const words = ['-', '-', '1770113800.401234 100001 /home/test.txt -'];
    expect(await legacyRun(options, 'add', words)).toMatchObject({ exitCode: 6 });
    expect(home.outcomes()).toMatchObject([{ outcome: 'missing-tool' }]);
  });

  it('does nothing on a delete', async () => {
    await using service = await startService(lane, home.windows);
    const options = { lane, home, program: 'restart-wazuh.exe' };
    const words = ['-', '-', '1770113800.401234 100001 /home/test.txt -'];
    expect(await legacyRun(options, 'delete', words)).toMatchObject({ exitCode: 0 });
    expect(home.outcomes()).toMatchObject([{ outcome: 'ignored' }]);
    expect(service.log()).toHaveLength(1);
  });
});
