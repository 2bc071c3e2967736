import { describe, expect, test } from 'vitest';
import killProcess from '../../scripts/linux/kill-process.ts';
import removeThreat from '../../scripts/linux/remove-threat.ts';
import type { Deed } from '../../src/lib/action.ts';
import type { Subject } from '../../src/lib/fields.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { call, PROTOCOLS, type Protocol } from '../support/callers.ts';
import { askOf, FIELDS } from '../support/deeds.ts';
import { alerts } from '../support/matrix.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const [WAZUH4] = PROTOCOLS as readonly [Protocol, ...Protocol[]];

const settings = (deed: Deed, given: Readonly<Record<string, unknown>>) => ({
  settings: { actions: { [deed.name]: given } },
});

/** One add, on a host that root has set so. */
async function add(
  deed: Deed,
  given: Readonly<Record<string, unknown>>,
  texts: Partial<Record<Subject, string>> = {},
  protocol = WAZUH4,
) {
  const host = new ModelHost(settings(deed, given));
  const ran = await call(deed, protocol, askOf(deed, 'add', { ...FIELDS, ...texts }), host);
  return { host, ...ran };
}

const nothingDone = ({ told, host }: Awaited<ReturnType<typeof add>>) =>
  expect([told, host.commands, alerts(host.log)]).toEqual([[], [], []]);

describe.each([
  ['remove-threat', removeThreat],
  ['kill-process', killProcess],
] as const)('%s', (name, deed) => {
  test.each([{}, { enabled: false }, { enabled: 'no' }])(
    'is refused where root says %j',
    async (given) => {
      const ran = await add(deed, given);
      expect(ran).toMatchObject({
        outcome: 'refused',
        detail: expect.stringContaining(`actions.${name}.enabled`) as string,
      });
      nothingDone(ran);
    },
  );

  test('is refused without any settings', async () => {
    const host = new ModelHost();
    const ran = await call(deed, WAZUH4, askOf(deed, 'add'), host);
    expect(ran.outcome).toBe('refused');
    nothingDone({ ...ran, host });
  });

  test('is enabled by no message', async () => {
    const insistent: Protocol = {
      ...WAZUH4,
      request: (ask, action) => {
        const request = WAZUH4.request(ask, action);
        return { ...request, extra: ['--enabled', 'yes', '--enabled=yes'] };
      },
    };
    const ran = await add(deed, {}, {}, insistent);
    expect(ran.outcome).toBe('refused');
    nothingDone(ran);
  });

  test('is refused where others could have written the settings', async () => {
    const host = new ModelHost(settings(deed, { enabled: true }));
    host.volume.chmodSync(`${HOME}/active-response/riposte/riposte.json`, 0o666);
    const ran = await call(deed, WAZUH4, askOf(deed, 'add'), host);
    expect(ran.outcome).toBe('bad-state');
    nothingDone({ ...ran, host });
  });

  test('never undoes anything for an agent', async () => {
    const host = new ModelHost(settings(deed, { enabled: true }));
    await call(deed, WAZUH4, askOf(deed, 'add'), host);
    const before = host.state();
    expect(await call(deed, WAZUH4, askOf(deed, 'delete'), host)).toMatchObject({
      outcome: 'ignored',
    });
    expect(host.state()).toBe(before);
  });

  test('says so where there was nothing to do', async () => {
    const host = new ModelHost(settings(deed, { enabled: true }));
    expect(await call(deed, WAZUH4, askOf(deed, 'add'), host)).toMatchObject({
      outcome: 'applied',
    });
    expect(await call(deed, WAZUH4, askOf(deed, 'add'), host)).toMatchObject({
      outcome: 'already',
    });
  });
});

describe('remove-threat', () => {
  test.each(['/etc/passwd', '/usr/bin/sudo', `${HOME}/bin/x`, '/swapfile', '/root/.ssh/id'])(
    '%s is refused before anything is looked at',
    async (file) => {
      const ran = await add(removeThreat, { enabled: true }, { file });
      expect(ran.outcome).toBe('refused');
      nothingDone(ran);
    },
  );

  test('a person is told where the file can be had again', async () => {
    const { outcome, detail } = await add(removeThreat, { enabled: true });
    expect([outcome, detail]).toEqual(['applied', expect.stringContaining('riposte undo')]);
  });

  test('what the settings spare is refused', async () => {
    const never = '/srv/db:/tmp/evil';
    const ran = await add(removeThreat, { enabled: true, never });
    expect(ran).toMatchObject({ outcome: 'refused' });
    nothingDone(ran);
  });

  test('settings that spare a relative path are bad', async () => {
    const ran = await add(removeThreat, { enabled: true, never: '/srv/db:tmp' });
    expect(ran.outcome).toBe('bad-settings');
  });

  test('the log says how to bring it back', async () => {
    const { host } = await add(removeThreat, { enabled: true });
    expect(host.log.join('')).toContain('riposte undo kept-0');
  });
});

describe('kill-process', () => {
  const parsed = (process: unknown) => {
    const line = JSON.stringify({
      version: 1,
      origin: {},
      command: 'add',
      parameters: { alert: { data: { process, pid: 1, srcip: '203.0.113.7' } } },
    });
    return parseRequest(line, new Set()).candidates;
  };

  test('reads the named fields of an alert and no others', () => {
    const { pid, start, executable } = parsed({ pid: 7, start: '8', executable: '/tmp/x' });
    expect([pid, start, executable].map((found) => found.map(({ text }) => text))).toEqual([
      ['7'],
      ['8'],
      ['/tmp/x'],
    ]);
    expect(parsed({}).pid).toEqual([]);
  });

  test.each(['pid', 'start'] as const)('is a bad field without %s', async (missing) => {
    const ask = askOf(killProcess, 'add');
    const host = new ModelHost(settings(killProcess, { enabled: true }));
    const { [missing]: _, ...more } = { ...FIELDS, ...ask.more };
    const subject = missing === 'pid' ? 'start' : 'pid';
    const given = { ...ask, subject, text: FIELDS[subject], more } as const;
    expect(await call(killProcess, WAZUH4, given, host)).toMatchObject({ outcome: 'bad-field' });
    expect(host.commands).toEqual([]);
  });

  test('does without an executable', async () => {
    const ask = askOf(killProcess, 'add');
    const host = new ModelHost(settings(killProcess, { enabled: true }));
    const { executable: _, ...more } = { ...ask.more };
    const ran = await call(killProcess, WAZUH4, { ...ask, more }, host);
    expect(ran.outcome).toBe('applied');
  });
});
