import { describe, expect, test } from 'vitest';
import { lookUp } from '../../src/lib/accounts/account.ts';
import { sessions } from '../../src/lib/accounts/sessions.ts';
import { type Completed, run } from '../../src/lib/effect.ts';
import type { Host } from '../../src/lib/host.ts';
import { understand } from '../../src/lib/options.ts';
import { STATE } from '../../src/lib/ports.ts';
import { ROWS, type Row } from '../support/matrix.ts';
import { ACCOUNT_STORIES } from '../support/model/account-facts.ts';
import { wordsOf } from '../support/model/facts.ts';
import { type Faults, ModelHost } from '../support/model-host.ts';

const [ROW] = ROWS.filter(
  ({ action, protocol, backend }) =>
    action.name === 'disable-account' && protocol.name === 'wazuh4' && backend === undefined,
) as [Row];
const add = (host: ModelHost, text = 'mallory') => ROW.call('add', host, {}, { text });
const remove = (host: ModelHost, text = 'mallory') => ROW.call('delete', host, {}, { text });

/** Root's own settings for this action. */
function settings(host: ModelHost, given: Readonly<Record<string, string>>): void {
  const folder = `/var/ossec/${STATE}`;
  host.volume.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = JSON.stringify({ actions: { 'disable-account': given } });
  host.volume.writeFileSync(`${folder}/riposte.json`, text, { mode: 0o600 });
}

// The system test asks the real tools the same.
describe.each(ACCOUNT_STORIES)('the model of $title', ({ facts }) => {
  test('answers as the real tool', () => {
    const host = new ModelHost();
    for (const { line, exitCode, stdout, stderr } of facts) {
      const [tool = '', ...args] = wordsOf(line);
      const answer = host.tool({ tool, args });
      expect(answer.exitCode, line).toBe(exitCode);
      if (stdout !== undefined) expect(answer.stdout, line).toBe(stdout);
      if (stderr !== undefined) expect(answer.stderr.split('\n')[0], line).toBe(stderr);
    }
  });
});

describe('D4: more than root is protected', () => {
  test.each([
    ['toor', 'uid 0'],
    ['daemon', 'uid 1:'],
    ['nobody', 'uid 65534'],
    ['wazuh', 'agent itself'],
    ['ossec', 'agent itself'],
    ['nosuch', 'not in /etc/passwd'],
  ])('%s is refused, and a delete does nothing', async (name, why) => {
    const host = ROW.fresh();
    const before = host.state();
    const { outcome, detail, told } = await add(host, name);
    expect([outcome, told]).toEqual(['refused', []]);
    expect(detail).toContain(why);
    expect(await remove(host, name)).toMatchObject({ outcome: 'absent' });
    expect(host.state()).toBe(before);
  });

  test('root may allow accounts of the system, and no other of these', async () => {
    const host = ROW.fresh();
    settings(host, { 'system-accounts': 'allow' });
    expect(await add(host, 'daemon')).toMatchObject({ outcome: 'applied' });
    for (const name of ['root', 'toor', 'wazuh', 'ossec', 'nosuch']) {
      expect(await add(host, name)).toMatchObject({ outcome: 'refused' });
    }
  });

  test('what was allowed once can be undone, whatever the settings say by now', async () => {
    for (const later of [{}, { 'system-accounts': 'perhaps' }] as const) {
      const host = ROW.fresh();
      const before = host.state();
      settings(host, { 'system-accounts': 'allow' });
      await add(host, 'daemon');
      settings(host, later as Readonly<Record<string, string>>);
      expect(await remove(host, 'daemon')).toMatchObject({ outcome: 'removed' });
      expect(host.state()).toBe(before);
    }
  });

  test('no message can allow it', () => {
    const words = ['--system-accounts', 'allow', '--end-sessions', 'yes'];
    expect(understand(ROW.action, words)).toEqual({
      options: { 'end-sessions': 'yes' },
      ignored: ['--system-accounts', 'allow'],
    });
  });
});

describe('what the files say', () => {
  const state = (stdout: string, exitCode = 0, stderr = '') =>
    lookUp('a.b', ['grep']).read({ exitCode, stdout, stderr });
  const PASSWD = 'a.b:x:1000:1000::/home/a.b:/bin/sh\n';
  const SHADOW = 'a.b:$6$salt$hash:19000:0:99999:7:::\n';

  test('a name is no pattern', () => {
    expect(lookUp('a.b$', ['grep']).command.args).toContain('^a\\.b\\$:');
  });

  test('without login.defs people’s accounts begin at 1000', () => {
    const missing = 'grep: /etc/login.defs: No such file or directory\n';
    expect(JSON.parse(state(PASSWD + SHADOW, 2, missing))).toMatchObject({ system: false });
    expect(JSON.parse(state(`${PASSWD}${SHADOW}UID_MIN 1001\n`))).toMatchObject({ system: true });
  });

  test('a file that cannot be read is a failure', () => {
    const denied = 'grep: /etc/shadow: Permission denied\n';
    expect(() => state(PASSWD, 2, denied)).toThrow('Permission denied');
    expect(() => state('', 1, 'out of order\n')).toThrow('out of order');
    expect(() => state('', 127)).toThrow('answered 127');
    expect(() => state(PASSWD)).toThrow('has no line in /etc/shadow');
  });

  test('a second line of the same name cannot hide that it is an administrator', () => {
    const root = 'a.b:x:0:0::/root:/bin/sh\n';
    expect(JSON.parse(state(PASSWD + root + SHADOW))).toMatchObject({ uid: 0 });
  });

  test('the hash of the password is not in the state', () => {
    expect(state(PASSWD + SHADOW)).not.toMatch(/salt|hash|\$6/);
  });
});

test('a file that another program has locked is a failure that BusyBox must not pass by', () => {
  const [usermod] = ROW.backends;
  const [lock] = usermod?.memory?.make('') ?? [];
  if (!lock || !('read' in lock)) throw new Error('no command');
  const busy = 'usermod: cannot lock /etc/passwd; try again later.\n';
  expect(() => lock.read({ exitCode: 1, stdout: '', stderr: busy })).toThrow(
    expect.objectContaining({ kind: 'locked' }),
  );
});

describe('sessions', () => {
  const login = (host: ModelHost) => host.tool(run('su', 'mallory'));
  const ending = (faults?: Faults) => {
    const host = ROW.fresh();
    settings(host, { 'end-sessions': 'yes' });
    login(host);
    if (faults) host.faults = faults;
    return host;
  };

  test('go on by default, which the run says', async () => {
    const host = ROW.fresh();
    login(host);
    const { outcome, detail } = await add(host);
    expect([outcome, detail]).toEqual([
      'applied',
      'mallory is locked (usermod), though open sessions go on',
    ]);
    expect(host.state()).toContain('process of mallory');
  });

  test('are ended where that is wanted, after the lock and the keys', async () => {
    const host = ending();
    let open: boolean | undefined;
    const onTell = () => {
      open = host.holds('mallory') && host.state().includes('process of mallory');
    };
    const { outcome, detail } = await ROW.call('add', host, { onTell });
    expect([outcome, detail]).toEqual([
      'applied',
      'mallory is locked (usermod), with its sessions ended',
    ]);
    expect(open).toBe(true);
    expect(host.state()).not.toContain('process of');
    expect(await add(host)).toMatchObject({ outcome: 'already' });
  });

  test('are not ended where the keys cannot be delivered', async () => {
    const host = ending();
    expect(await ROW.call('add', host, { temper: 'closed' })).toMatchObject({
      outcome: 'undelivered',
    });
    expect(host.state()).toContain('process of mallory');
    expect(host.holds('mallory')).toBe(false);
  });

  test.each(['broken', 'missing', 'killed', 'hanging'] as const)(
    'that cannot be ended, the tool being %s, leave the lock and are told',
    async (fault) => {
      const host = ending((_place, { tool, args }) =>
        tool === 'pkill' || args.includes('start-stop-daemon') ? fault : undefined,
      );
      const { outcome, detail, told } = await add(host);
      expect([outcome, told.length]).toEqual(['partial', 1]);
      expect(detail).toContain('but pkill');
      expect(host.holds('mallory')).toBe(true);
      host.faults = ROW.faults();
      expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    },
  );

  /** A host on which each tool has one answer. */
  const answering = (answers: Readonly<Record<string, Completed>>) => {
    let now = 0;
    return {
      runner: { run: async ({ tool }: { tool: string }) => answers[tool] },
      clock: {
        elapsed: () => now,
        sleep: async (ms: number) => {
          now += ms;
        },
      },
    } as unknown as Host;
  };
  const answer = (exitCode: number, stderr = '', stdout = '') => ({ exitCode, stdout, stderr });
  const act = (answers: Readonly<Record<string, Completed>>) =>
    sessions('mallory').act(answering({ loginctl: answer(1), ...answers }), 10_000);

  test('that never end are a failure', async () => {
    await expect(act({ pkill: answer(0) })).rejects.toThrow('do not end');
  });

  test('of nobody are none, unless logind had some', async () => {
    expect(await act({ pkill: answer(1) })).toBe('with no session open');
    expect(await act({ pkill: answer(1), loginctl: answer(0) })).toBe('with its sessions ended');
  });

  test('are BusyBox’s work where its pkill has no such option', async () => {
    const usage = answer(1, "pkill: unrecognized option '-U'");
    const none = answer(1, '', "no process(es) owned by 'mallory' found; none killed");
    expect(await act({ pkill: usage, busybox: none })).toBe('with no session open');
    await expect(act({ pkill: usage, busybox: answer(127) })).rejects.toThrow('unrecognized');
  });
});
