import { describe, expect, test } from 'vitest';
import { run } from '../../src/lib/effect.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import { carryOutHere } from '../../src/lib/restart/bsd/carry-out.ts';
import { MAC_HOME } from '../../src/lib/restart/bsd/launchd.ts';
import { DEEDS } from '../support/actions.ts';
import { BSDS } from '../support/bsd.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { askOf } from '../support/deeds.ts';
import { ModelHost } from '../support/model-host.ts';

const [WAZUH4] = PROTOCOLS;
const PLIST = '/Library/LaunchDaemons/com.wazuh.agent.plist';

/** A Mac whose agent lives where the package puts it. */
function mac(loaded: boolean): ModelHost {
  const host = new ModelHost({ platform: 'macos' });
  if (loaded) host.tool(run('launchctl', 'bootstrap', 'system', PLIST));
  return host;
}

const carriedOut = (
  host: ModelHost,
  home = MAC_HOME,
  operation: 'restart' | 'reload' = 'restart',
) =>
  host.run('restart-wazuh', (ports) =>
    carryOutHere(operation, { ...ports, home }, 60_000).catch((thrown: ActionError) => thrown),
  );
const done = (host: ModelHost) =>
  host.commands.filter((line) => /kickstart|wazuh-control (?!status)/.test(line));

describe.each(BSDS)('restart-wazuh on %s', (platform) => {
  const deed = DEEDS.find(
    (one) => one.platform === platform && one.file === 'restart-wazuh',
  )?.action;
  const respond = (verb: 'add' | 'delete', host: ModelHost) => {
    if (!deed || !WAZUH4) throw new Error('there is no restart-wazuh');
    return call(deed, WAZUH4, askOf(deed, verb), host);
  };

  test('is left to somebody who outlives the agent, and systemd is never asked', async () => {
    const host = new ModelHost({ platform });
    expect(await respond('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.commands.at(-1)).toMatch(
      /^active-response\/bin\/restart-wazuh add --operation=restart /,
    );
    expect(host.commands.join('\n')).not.toContain('systemctl');
  });

  test('X1: a delete restarts nothing', async () => {
    const host = new ModelHost({ platform });
    expect(await respond('delete', host)).toMatchObject({ outcome: 'ignored' });
    expect(host.commands).toEqual([]);
  });

  test('a broken configuration restarts nothing', async () => {
    const host = new ModelHost({ platform });
    host.daemons.complaint = 'ERROR: (1230): Invalid element\n';
    expect(await respond('add', host)).toMatchObject({ outcome: 'refused' });
    expect(done(host)).toEqual([]);
  });

  test('by hand the control script does it, and what does not come back is told', async () => {
    const host = new ModelHost({ platform });
    expect(await carriedOut(host, '/var/ossec')).toContain('(wazuh-control restart), and it runs');
    expect(done(host)).toEqual(['bin/wazuh-control restart']);
    const lame = new ModelHost({ platform });
    lame.daemons.lame = ['wazuh-agentd'];
    const thrown = await carriedOut(lame, '/var/ossec');
    expect(thrown).toBeInstanceOf(ActionError);
    expect(String(thrown)).toContain('wazuh-agentd did not come back');
  });
});

describe('launchd', () => {
  test('starts it where it has its service, after all of it was seen to end', async () => {
    const host = mac(true);
    expect(await carriedOut(host)).toContain('launchctl kickstart -k system/com.wazuh.agent');
    expect(done(host)).toEqual([
      'bin/wazuh-control stop',
      'launchctl kickstart -k system/com.wazuh.agent',
    ]);
  });

  test.each([
    ['it has no such service', false, MAC_HOME, 'restart'],
    ['the agent lives elsewhere', true, '/var/ossec', 'restart'],
    ['it is a reload', true, MAC_HOME, 'reload'],
  ] as const)('is left alone where %s', async (_what, loaded, home, operation) => {
    const host = mac(loaded);
    await carriedOut(host, home, operation);
    expect(done(host)).toEqual([`bin/wazuh-control ${operation}`]);
  });

  test('that will not start it does not leave the agent stopped', async () => {
    const host = mac(true);
    host.faults = (_place, { args }) => (args[0] === 'kickstart' ? 'broken' : undefined);
    expect(await carriedOut(host)).toContain('since launchd did not start it), and it runs');
    expect(done(host).at(-1)).toBe('bin/wazuh-control start');
    expect(host.log.join('')).toContain('since launchd did not: launchctl kickstart');
  });

  test('that cannot be asked leaves it to the control script', async () => {
    const host = mac(true);
    host.faults = (_place, { tool }) => (tool === 'launchctl' ? 'missing' : undefined);
    expect(await carriedOut(host)).toContain('(wazuh-control restart), and it runs');
    expect(host.log.join('')).toContain('Without launchd: ');
  });

  test('a stop that stops nothing is a failure, and nothing is kicked', async () => {
    const host = mac(true);
    const thrown = await host.run('restart-wazuh', (ports) =>
      carryOutHere(
        'restart',
        {
          ...ports,
          home: MAC_HOME,
          installation: {
            ...ports.installation,
            run: async (command, timeout) =>
              command.args[0] === 'stop'
                ? { exitCode: 0, stdout: '', stderr: '' }
                : ports.installation.run(command, timeout),
          },
        },
        60_000,
      ).catch((one: ActionError) => one),
    );
    expect(String(thrown)).toContain('wazuh-agentd runs on');
    expect(done(host)).toEqual([]);
  });
});
