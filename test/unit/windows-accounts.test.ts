import { describe, expect, test } from 'vitest';
import { formerOf, isOurs, seenIn, spelled } from '../../src/lib/accounts/windows/account.ts';
import { lookAt } from '../../src/lib/accounts/windows/look.ts';
import { folded, parseWindowsUser, windowsUser } from '../../src/lib/accounts/windows/name.ts';
import { netUser } from '../../src/lib/accounts/windows/net-user.ts';
import { logOff, sessionsOf } from '../../src/lib/accounts/windows/sessions.ts';
import { type Completed, run } from '../../src/lib/effect.ts';
import { user } from '../../src/lib/fields.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { read } from '../../src/lib/values.ts';
import { circumstance } from '../support/actions.ts';
import { ROWS, type Row } from '../support/matrix.ts';
import type { Faults, ModelHost } from '../support/model-host.ts';

const [ROW] = ROWS.filter(
  ({ action, platform, protocol, backend }) =>
    action.name === 'disable-account' &&
    platform === 'windows' &&
    protocol.name === 'wazuh4' &&
    backend === undefined,
) as [Row];

const add = (host: ModelHost, text = 'mallory') => ROW.call('add', host, {}, { text });
const remove = (host: ModelHost, text = 'mallory') => ROW.call('delete', host, {}, { text });
const admin = (host: ModelHost, line: string) => {
  const [tool = '', ...args] = line.split(' ');
  expect(host.tool(run(tool, ...args)).exitCode, line).toBe(0);
};
const SERVICE = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\WazuhSvc';
const PRODUCT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions';

/** Root's own settings for this action. */
const settings = (given: Readonly<Record<string, string>>) => ({
  settings: { actions: { 'disable-account': given } },
});

describe('a name', () => {
  test.each([
    ['Mallory', 'mallory'],
    ['Jörg Müller', 'jörg müller'],
    ['ÉLÉONORE', 'éléonore'],
    ['日本', '日本'],
    ['7', '7'],
    ["o'neill (temp)", "o'neill (temp)"],
    ['%PATH%', '%path%'],
    ['$(id)', '$(id)'],
  ])('%s is %s', (text, canonical) => {
    expect(parseWindowsUser(text)).toEqual({ text: canonical });
  });

  test('is folded only where the way back is the same', () => {
    // The sign for kelvin, a capital with a dot, a sharp s, and a final sigma.
    for (const letter of ['\u212a', '\u0130', 'ß', 'ς']) expect(folded(letter)).toBe(letter);
    expect(folded('ΣΑΣ')).toBe('σασ');
  });

  test.each([
    ['CONTOSO\\bob', 'names a domain too'],
    ['bob@contoso.example', 'names a domain too'],
    ['/active:yes', 'looks like an option'],
    ['-x', 'looks like an option'],
    ['WIN-SRV01$', 'account of a computer'],
    ['x'.repeat(21), 'the longest have 20 characters'],
    ['a"b', 'none of "/'],
    ['bob.', 'ends with a blank or a dot'],
    ['', 'nothing but dots and blanks'],
  ])('%j is none', (text, why) => {
    expect(() => parseWindowsUser(text)).toThrow(why);
  });

  test('of an event of Windows is read here, after dstuser, and not on Linux', () => {
    const message = (data: object) =>
      parseRequest(
        JSON.stringify({
          version: 1,
          origin: { name: 'node01', module: 'wazuh-execd' },
          command: 'add',
          parameters: { alert: { id: '1.2', data } },
        }),
        new Set(),
      );
    const win = { eventdata: { targetUserName: 'Mallory' } };
    const here = (data: object) => read({ fields: { account: windowsUser } }, message(data));
    const linux = (data: object) => () => read({ fields: { account: user } }, message(data));
    expect(here({ win })['account']).toEqual({ text: 'mallory' });
    expect(here({ win, dstuser: 'bob' })['account']).toEqual({ text: 'bob' });
    expect(here({ win, dstuser: 'bob@contoso.example' })['account']).toEqual({ text: 'mallory' });
    expect(linux({ win })).toThrow("Cannot read 'dstuser' from data");
    expect(linux({ win, dstuser: 'bob' })()['account']).toEqual({ text: 'bob' });
    expect(() => here({ win: { eventdata: { targetUserName: ['x'] } } })).toThrow('dstuser');
  });

  test('is the same one in capitals, for the agent, in records and in the list of what is protected', async () => {
    const host = ROW.fresh();
    expect(await add(host, 'MALLORY')).toMatchObject({ outcome: 'applied', target: 'mallory' });
    expect(await add(host, 'mallory')).toMatchObject({ outcome: 'already' });
    expect(await remove(host, 'Mallory')).toMatchObject({ outcome: 'removed' });
    const spared = ROW.fresh({ settings: { protect: { users: ['MALLORY'] } } });
    expect(await add(spared)).toMatchObject({ outcome: 'refused' });
    expect(spared.commands).toEqual([]);
  });
});

describe('the look', () => {
  const { command, read: understand } = lookAt("o'neill", false);
  const look = (stdout: string, exitCode = 0, stderr = '') =>
    understand({ exitCode, stdout, stderr });
  const HEAD = 'machine=87,73,78\r\nrole=WinNT\r\n';
  const FACTS = [
    'sid=S-1-5-21-1-2-3-1001',
    'enabled=1',
    'known=1',
    'administrator=0',
    'others=2',
    'agent=0',
  ];
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('');

  test('is told the name in numbers, in one word that no quoting can break', () => {
    const script = command.args.at(-1) ?? '';
    expect(script).toMatch(/^\$n=-join\[char\[\]\]@\(111,39,110,101,105,108,108\);\$j=\$false;/);
    expect(script).toMatch(/^[ -!#-~]+$/);
    expect(script).not.toMatch(/\\$|%/);
    // No command of the caller's own modules, which would come first, by the name of the system's.
    const [before = ''] = script.split(/\b[A-Z]\w+-[A-Z]\w+/, 1);
    expect(before).toContain(`;$env:PSModulePath=$PSHOME+'\\Modules';`);
    const later = (name: string) => lookAt(name, false).command.args.at(-1)?.split(';').slice(1);
    expect(later('x')).toEqual(later("';calc;'"));
    expect(lookAt('x', true).command.args.at(-1)).toContain(';$j=$true;');
    // A command line may have no more, and the longest name takes 140 of them.
    expect(lookAt('日'.repeat(20), true).command.spelled?.length).toBeLessThan(8_000);
  });

  test('understands what it printed', () => {
    expect(seenIn(look(`${HEAD}${text(FACTS)}end=1\r\n`))).toEqual({
      machine: 'WIN',
      controller: false,
      account: {
        sid: 'S-1-5-21-1-2-3-1001',
        enabled: true,
        administrator: false,
        others: 2,
        agent: false,
      },
    });
    expect(seenIn(look(`${HEAD}end=0\r\n`))).toEqual({ machine: 'WIN', controller: false });
    expect(seenIn(look('machine=87\nrole=LanmanNT\nend=0\n'))).toMatchObject({ controller: true });
    expect(seenIn(look(`${HEAD}domain=1\r\nend=0\r\n`))).toMatchObject({ joined: true });
    expect(seenIn(look(`${HEAD}domain=2\r\nend=0\r\n`))).toMatchObject({ joined: false });
    expect(seenIn(look(`${HEAD}domain=5\r\nend=0\r\n`))).toMatchObject({ controller: true });
  });

  test('that tells nothing could not tell', () => {
    expect(() => look('')).toThrow('powershell, asked about the account, answered 0: no text');
    expect(() => look(`${HEAD}end=0\r\n`, 1, 'Zugriff verweigert')).toThrow('Zugriff verweigert');
    expect(() => look(`${HEAD}${text(FACTS)}`)).toThrow('answered 0');
    expect(() => look('role=WinNT\r\nend=0\r\n')).toThrow('answered 0');
    for (const one of FACTS) {
      const rest = FACTS.filter((other) => other !== one);
      expect(() => look(`${HEAD}${text(rest)}end=1\r\n`), one).toThrow(/answered 0|administrators/);
    }
    expect(() => look(`${HEAD}${text(FACTS)}enabled=2\r\nend=1\r\n`)).toThrow('answered 0');
    expect(() => look(`${HEAD}${text(FACTS)}end=2\r\n`)).toThrow('two accounts');
    expect(() => look(`${HEAD}${text(FACTS)}known=0\r\nend=1\r\n`)).toThrow('administrators');
  });

  test('of a PowerShell that runs nothing is no success', async () => {
    const host = ROW.fresh();
    const before = host.state();
    host.tool = () => ({ exitCode: 0, stdout: '', stderr: '' });
    expect(await add(host)).toMatchObject({ outcome: 'tool-failed', told: [] });
    expect(host.state()).toBe(before);
  });

  test('comes after the change too: a net that only shows its usage is no success', async () => {
    const host = ROW.fresh();
    const before = host.state();
    const real = host.tool.bind(host);
    host.tool = (command) =>
      command.tool === 'net' ? { exitCode: 0, stdout: 'usage', stderr: '' } : real(command);
    const { outcome, detail } = await add(host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('the disabling of mallory: the tool says yes, but it does not hold');
    expect(host.state()).toBe(before);
  });
});

describe('who is refused', () => {
  test.each([
    ['administrator', 'the built-in administrator of WIN-SRV01'],
    ['krbtgt', 'signs its tickets'],
    ['nosuch', 'no account of WIN-SRV01'],
    ['SYSTEM', 'no account of WIN-SRV01'],
    // The other product's service runs as it.
    ['agent', 'the agent itself runs as'],
  ])('%s', async (name, why) => {
    const host = ROW.fresh();
    const before = host.state();
    const { outcome, detail, told } = await add(host, name);
    expect([outcome, told]).toEqual(['refused', []]);
    expect(detail).toContain(why);
    expect(await remove(host, name)).toMatchObject({ outcome: 'absent' });
    expect(host.state()).toBe(before);
  });

  test('the account of the agent’s own service, whatever its domain is called', async () => {
    const host = ROW.fresh();
    admin(host, `reg add ${SERVICE} /v ObjectName /t REG_SZ /d WIN-SRV01\\Bob /f`);
    expect((await add(host, 'bob')).detail).toContain('the agent itself runs as');
  });

  test('everybody on a domain controller', async () => {
    const host = ROW.fresh();
    admin(host, `reg add ${PRODUCT} /v ProductType /t REG_SZ /d LanmanNT /f`);
    const { outcome, detail } = await add(host);
    expect(outcome).toBe('refused');
    expect(detail).toContain('WIN-SRV01 is a domain controller');
  });

  test('the last administrator who can still log in, and no other', async () => {
    const host = ROW.fresh();
    for (const name of ['alice', 'bob']) admin(host, `net localgroup Administrators ${name} /add`);
    admin(host, 'net user Administrator /active:no');
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'applied' });
    const { outcome, detail } = await add(host, 'bob');
    expect(outcome).toBe('refused');
    expect(detail).toContain('bob is the last administrator of WIN-SRV01 who can still log in');
    // What holds already is renewed all the same, and whoever is none is no concern of this.
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'already' });
    expect(await add(host, 'trudy')).toMatchObject({ outcome: 'applied' });
    admin(host, 'net user bob /active:no');
    expect(await add(host, 'alice')).toMatchObject({ outcome: 'already' });
    admin(host, 'net user bob /active:yes');
    admin(host, 'net user Administrator /active:yes');
    expect(await add(host, 'bob')).toMatchObject({ outcome: 'applied' });
  });

  test('nobody whose disabling is to be undone', async () => {
    const host = ROW.fresh();
    const before = host.state();
    await add(host, 'bob');
    admin(host, `reg add ${SERVICE} /v ObjectName /t REG_SZ /d .\\bob /f`);
    expect(await remove(host, 'bob')).toMatchObject({ outcome: 'removed' });
    admin(host, `reg add ${SERVICE} /v ObjectName /t REG_SZ /d LocalSystem /f`);
    expect(host.state()).toBe(before);
  });
});

describe('an event', () => {
  const state = (joined?: boolean) =>
    spelled({
      machine: 'WIN-SRV01',
      controller: false,
      ...(joined !== undefined && { joined }),
      account: {
        sid: 'S-1-5-21-1-2-3-1001',
        enabled: true,
        administrator: false,
        others: 1,
        agent: false,
      },
    });
  const memory = (domain: string | undefined, computer?: string) => {
    const system = computer === undefined ? {} : { computer };
    const eventdata = {
      targetUserName: 'bob',
      ...(domain !== undefined && { targetDomainName: domain }),
    };
    const message = parseRequest(
      JSON.stringify({
        version: 1,
        origin: {},
        command: 'add',
        parameters: { alert: { id: '1.2', data: { win: { system, eventdata } } } },
      }),
      new Set(),
    );
    const backend = netUser({ text: 'bob' }, { ...circumstance('disable-account'), message });
    if (!backend.memory) throw new Error('it has no memory');
    return backend.memory;
  };
  const refused = (joined: boolean | undefined, domain: string | undefined, computer?: string) =>
    memory(domain, computer).refuses?.(state(joined));

  test.each([
    [undefined, undefined],
    ['WIN-SRV01', 'WIN-SRV01'],
    ['win-srv01', 'WIN-SRV01.contoso.example'],
    ['.', undefined],
    ['-', 'WIN-SRV01'],
    ['WIN-SRV01', undefined],
  ])(
    'of the domain %s on the computer %s is about an account of this computer',
    (domain, computer) => {
      expect(refused(true, domain, computer)).toBeUndefined();
      expect(refused(undefined, domain, computer)).toBeUndefined();
    },
  );

  test('of another domain is not, where this computer belongs to one, or that cannot be told', () => {
    for (const joined of [true, undefined]) {
      expect(refused(joined, 'CONTOSO', 'WIN-SRV01')).toBe(
        'the account is one of CONTOSO, and not of WIN-SRV01 itself',
      );
    }
  });

  test('of whatever domain is, where this computer belongs to none: whoever guesses chooses it', () => {
    expect(refused(false, 'WORKGROUP', 'WIN-SRV01')).toBeUndefined();
    expect(refused(false, 'AzureAD', 'WIN-SRV01')).toContain('one of AzureAD');
    expect(refused(false, 'MicrosoftAccount', 'WIN-SRV01')).toContain('one of MicrosoftAccount');
  });

  test('of another computer, collected here, is not', () => {
    expect(refused(false, undefined, 'dc01.contoso.example')).toBe(
      'the event is of dc01.contoso.example, and this is WIN-SRV01',
    );
  });

  test('asks whether this computer belongs to a domain only where that matters', () => {
    const asks = (domain: string | undefined, computer?: string) => {
      const { look } = memory(domain, computer);
      return 'command' in look && look.command.args.at(-1)?.includes('$j=$true;');
    };
    expect(asks('WIN-SRV01', 'WIN-SRV01')).toBe(false);
    expect(asks(undefined, 'WIN-SRV01')).toBe(false);
    expect(asks('CONTOSO', 'WIN-SRV01')).toBe(true);
  });
});

describe('the former state', () => {
  const account = (sid: string, enabled: boolean) =>
    spelled({
      machine: 'WIN',
      controller: false,
      account: { sid, enabled, administrator: false, others: 1, agent: false },
    });
  const GONE = spelled({ machine: 'WIN', controller: false });
  const [ON, OFF, NEW] = [
    account('S-1-5-1', true),
    account('S-1-5-1', false),
    account('S-1-5-2', false),
  ];

  test('is what an administrator made of it meanwhile, or what is on record', () => {
    expect(formerOf(ON, undefined)).toBe(ON);
    expect(formerOf(OFF, ON)).toBe(ON);
    expect(formerOf(ON, OFF)).toBe(ON);
    expect(formerOf(NEW, ON)).toBe(NEW);
    expect(formerOf(GONE, ON)).toBe(GONE);
  });

  test('comes back only to the account that we disabled', () => {
    expect(isOurs(ON, OFF)).toBe(true);
    expect(isOurs(OFF, OFF)).toBe(false);
    expect(isOurs(ON, ON)).toBe(false);
    expect(isOurs(ON, NEW)).toBe(false);
    expect(isOurs(ON, GONE)).toBe(false);
  });

  test('comes back: who was disabled stays so, and nobody’s account made anew is enabled', async () => {
    const host = ROW.fresh();
    admin(host, 'net user bob /active:no');
    expect(await add(host, 'bob')).toMatchObject({ outcome: 'already' });
    expect(await remove(host, 'bob')).toMatchObject({ outcome: 'not-ours' });
    expect(host.holds('bob')).toBe(true);
    await add(host);
    for (const word of ['/delete', '/add', '/active:no']) admin(host, `net user mallory ${word}`);
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(host.holds('mallory')).toBe(true);
  });

  test('an administrator who enables it has the last word', async () => {
    const host = ROW.fresh();
    await add(host);
    admin(host, 'net user mallory /active:yes');
    expect(await remove(host)).toMatchObject({ outcome: 'removed' });
    expect(host.holds('mallory')).toBe(false);
  });

  test('that cannot be understood is said', () => {
    for (const text of ['', '{}', '{"machine":"X","controller":false,"account":{"sid":1}}']) {
      expect(() => seenIn(text)).toThrow('cannot be understood');
    }
  });
});

describe('the table of sessions', () => {
  const ENGLISH = [
    ' USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME',
    '>bob                   rdp-tcp#2           2  Active          .  11/20/2026 5:03 PM',
    ' bob                                       13  Disc      1+03:22  11/20/2026 4:10 PM',
  ];
  const GERMAN = [
    ' BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT',
    ' bob                   console             1  Aktiv   Kein       20.11.2026 17:03',
    ' bob                                       3  Getr.           5  20.11.2026 16:10',
  ];
  const FRENCH = [
    ' UTILISATEUR           SESSION            ID  \ufffdTAT    TEMPS INACT TEMPS SESSION',
    ' bob                                       4  D\ufffdco            3  20/11/2026 16:10',
  ];
  const ids = (name: string, lines: readonly string[], stderr = '', exitCode = 1) =>
    sessionsOf(name).read({
      exitCode,
      stdout: lines.map((line) => `${line}\r\n`).join(''),
      stderr,
    });

  test('tells the numbers in every language', () => {
    expect(ids('bob', ENGLISH)).toEqual(['2', '13']);
    expect(ids('bob', GERMAN)).toEqual(['1', '3']);
    expect(ids('bob', FRENCH, '', 0)).toEqual(['4']);
  });

  test('is of others for who is called like a session or its number', () => {
    expect(ids('1', GERMAN)).toEqual([]);
    expect(ids('console', GERMAN)).toEqual([]);
    const seven =
      ' 7 8                                       5  Active      none  1/1/2026 1:00 AM';
    expect(ids('7 8', [ENGLISH[0] ?? '', seven])).toEqual(['5']);
    const long = ` ${'a'.repeat(20)}                      6  Active      none  1/1/2026 1:00 AM`;
    expect(ids('a'.repeat(20), [ENGLISH[0] ?? '', long])).toEqual(['6']);
  });

  test('of a name in other letters is trusted, as they cannot be read', () => {
    const row =
      ' J\ufffdrg M\ufffdller                               9  Aktiv   Kein       20.11.2026 17:03';
    expect(ids('jörg müller', [GERMAN[0] ?? '', row])).toEqual(['9']);
  });

  test('is missing where nobody is logged on, and where it could not be told', () => {
    expect(ids('bob', [], 'No User exists for bob\r\n')).toEqual([]);
    expect(ids('bob', [], 'Kein Benutzer f\ufffdr bob vorhanden.\r\n')).toEqual([]);
    expect(ids('0x0', [], 'No User exists for 0x0\r\n')).toEqual([]);
    expect(() => ids('bob', [], 'Error 0x00000005 enumerating sessionnames\r\n')).toThrow('0x0');
    expect(() => ids('bob', [], 'Error [5]:Access is denied.\r\n')).toThrow('denied');
    expect(() => ids('bob', [], '', 0)).toThrow('no text');
    expect(() => ids('bob', [ENGLISH[0] ?? '', ' something else altogether'])).toThrow('quser bob');
  });
});

describe('the sessions of who was disabled', () => {
  const fresh = (sessions: readonly string[], faults: Faults = () => undefined) => {
    const host = ROW.fresh(settings({ 'end-sessions': 'yes' }));
    for (const name of sessions) host.tool(run('runas', '/user', name));
    host.faults = ROW.faults(faults);
    return host;
  };
  const sessions = (host: ModelHost) =>
    host
      .state()
      .split('\n')
      .filter((line) => line.startsWith('session '));

  test('are ended, and nobody else’s', async () => {
    const host = fresh(['Mallory', 'bob', 'mallory2', 'Mallory']);
    const { outcome, detail } = await add(host);
    expect(outcome).toBe('applied');
    expect(detail).toContain('with its sessions ended');
    expect(sessions(host)).toEqual(['session 3 of bob', 'session 4 of mallory2']);
  });

  test('may be none, and one of that number is somebody else’s', async () => {
    const host = fresh(['bob', 'bob', 'bob', 'bob', 'bob', 'bob']);
    expect((await add(host, '7')).detail).toContain('with no session open');
    expect(sessions(host)).toHaveLength(6);
  });

  test.each(['quser', 'logoff'])(
    'without %s it is disabled, and the rest is told',
    async (tool) => {
      const host = fresh(['mallory'], (_, command) =>
        command.tool === tool ? 'missing' : undefined,
      );
      const { outcome, detail } = await add(host);
      expect(outcome).toBe('partial');
      expect(detail).toContain(`${tool} is not installed`);
      expect(host.holds('mallory')).toBe(true);
    },
  );

  test('that do not end are told', async () => {
    const host = fresh(['mallory']);
    const real = host.tool.bind(host);
    const answer: Completed = { exitCode: 0, stdout: '', stderr: '' };
    host.tool = (command) => (command.tool === 'logoff' ? answer : real(command));
    const { outcome, detail } = await add(host);
    expect(outcome).toBe('partial');
    expect(detail).toContain('session 2 of mallory does not end');
  });

  test('go on without the option, and the outcome says so', async () => {
    const host = ROW.fresh();
    host.tool(run('runas', '/user', 'mallory'));
    expect((await add(host)).detail).toContain('though open sessions go on');
    expect(sessions(host)).toHaveLength(1);
  });

  test('are spelled for people', () => {
    expect(logOff('o b').spelled).toBe('for each ID of `quser "o b"`: logoff ID');
  });
});
