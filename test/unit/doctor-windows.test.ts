import { describe, expect, it, test } from 'vitest';
import type { Access } from '../../src/cli/doctor/access.ts';
import { judgeAgent } from '../../src/cli/doctor/agent.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { judgePrograms, type Program } from '../../src/cli/doctor/programs.ts';
import { accessIn } from '../../src/cli/doctor/windows-access.ts';
import { judgeWindowsFirewall } from '../../src/cli/doctor/windows-firewall.ts';
import { judgeWindowsLeftovers } from '../../src/cli/doctor/windows-leftovers.ts';
import { judgeFolderAccess, judgeStarts } from '../../src/cli/doctor/windows-programs.ts';
import { judgePowers } from '../../src/cli/doctor/windows-rights.ts';
import { judgeService } from '../../src/cli/doctor/windows-service.ts';
import { WINDOWS } from '../../src/cli/doctor/windows-system.ts';
import { judgeSystemTools } from '../../src/cli/doctor/windows-tools.ts';
import { profilesIn } from '../../src/lib/firewall/windows-profiles.ts';
import { POLICY, ruleIn } from '../../src/lib/firewall/windows-rules.ts';
import { WINDOWS as LAYOUT } from '../../src/lib/layout.ts';

const troubles = (found: readonly Finding[]) => found.filter(({ status }) => status !== 'good');
const told = (found: readonly Finding[]) =>
  found.map(({ status, what }) => `${status}: ${what}`).join('\n');

describe('a list of rights', () => {
  // What `icacls PATH /save FILE` writes, behind the name.
  const OWN = 'riposte\r\nD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)\r\n';
  const PROGRAM_FILES =
    'bin\r\nD:AI(A;ID;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)' +
    '(A;CIIOID;GA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;ID;FA;;;SY)' +
    '(A;OICIIOID;GA;;;SY)(A;ID;FA;;;BA)(A;OICIIOID;GA;;;BA)(A;ID;0x1200a9;;;BU)' +
    '(A;OICIIOID;GXGR;;;BU)(A;OICIIOID;GA;;;CO)(A;ID;0x1200a9;;;AC)(A;OICIIOID;GXGR;;;AC)\r\n';
  const DRIVE =
    'bin\r\nD:(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)' +
    '(A;OICIIOID;SDGXGWGR;;;AU)\r\n';

  it.each<[string, string, Access | undefined]>([
    ['of our own folder', OWN, { writers: [], others: [] }],
    ['below Program Files', PROGRAM_FILES, { writers: [], others: ['all users', 'all apps'] }],
    [
      'of a folder on a drive',
      DRIVE,
      { writers: ['all users who log in'], others: ['all users', 'all users who log in'] },
    ],
    ['in letters', 'x\nD:(A;;CCDCLC;;;WD)', { writers: ['everyone'], others: ['everyone'] }],
    [
      'to read',
      'x\nD:(A;;FR;;;S-1-5-21-1-2-3-1001)',
      { writers: [], others: ['S-1-5-21-1-2-3-1001'] },
    ],
    [
      'of the built-in administrator',
      'x\nD:(A;;FA;;;S-1-5-21-1-2-3-500)',
      { writers: [], others: [] },
    ],
    [
      'for what is made inside',
      'x\nD:(A;OICIIO;GW;;;BU)',
      { writers: ['all users'], others: ['all users'] },
    ],
    [
      'to remove what is inside',
      'x\nD:(A;;DT;;;BU)',
      { writers: ['all users'], others: ['all users'] },
    ],
    ['of its owner', 'x\nD:(A;;FA;;;OW)', { writers: ['OW'], others: ['OW'] }],
    ['that forbids', 'x\nD:(D;;FA;;;WD)', { writers: [], others: [] }],
    [
      'that is not there',
      'x\nD:NO_ACCESS_CONTROL',
      { writers: ['everyone'], others: ['everyone'] },
    ],
    ['that is empty', 'x\nD:P', { writers: [], others: [] }],
    ['that is none', 'Zugriff verweigert', undefined],
    ['of nothing', '', undefined],
  ])('%s', (_, sddl, access) => {
    expect(accessIn(sddl)).toEqual(access);
  });
});

describe('our own folder', () => {
  const folder = {
    kind: 'folder',
    mode: 0o666,
    uid: 0,
    gid: 0,
    inode: '',
    links: 1,
    size: 0,
  } as const;
  const facts = {
    home: 'C:/agent',
    uid: 0,
    settings: 'none',
    place: LAYOUT.fleet,
    fleet: 'none',
    unknown: [],
  } as const;
  const judged = (access: Access | undefined) => WINDOWS.judgeFolder({ ...facts, folder, access });

  it('is private, or it is said to whom it is not', () => {
    expect(troubles(judged({ writers: [], others: [] }))).toEqual([]);
    expect(told(judged({ writers: [], others: ['guests'] }))).toMatch(/^warning: .*read by guests/);
    const [open] = judged({ writers: ['everyone'], others: ['everyone'] });
    expect(open).toMatchObject({ status: 'bad' });
    expect(open?.fix).toContain('icacls C:\\agent\\active-response\\riposte /inheritance:r');
    expect(told(judged(undefined))).toMatch(/^warning: .*could not be told/);
  });

  it('may not be there yet, be closed to us, or be something else', () => {
    expect(told(WINDOWS.judgeFolder({ ...facts, folder: undefined }))).toMatch(
      /^good: .*first call/,
    );
    expect(WINDOWS.judgeFolder({ ...facts, folder: 'hidden' })[0]?.fix).toContain('elevated');
    const file = { ...folder, kind: 'file' } as const;
    expect(told(WINDOWS.judgeFolder({ ...facts, folder: file }))).toMatch(/^bad: .*no folder/);
  });
});

describe('programs on Windows', () => {
  const program = (name: string, change: Partial<Program> = {}): Program => ({
    ...{ name, kind: 'file', mode: 0o666, uid: 0, gid: 0, inode: '1', links: 2, size: 90e6 },
    contents: { ours: true, digest: 'a' },
    ...change,
  });
  const facts = (...programs: Program[]) => ({
    ...{ folder: 'C:/agent/active-response/bin', gid: 0, uid: 0, distrusted: undefined },
    programs,
    running: undefined,
  });

  it('are well whatever the runtime says of modes', () => {
    const both = facts(program('riposte.exe'), program('netsh.cmd'));
    expect(troubles(judgePrograms(both, WINDOWS))).toEqual([]);
  });

  it('are installed again where they are not', () => {
    const theirs = { contents: { ours: false, digest: 'x' }, inode: '2' };
    const [stranger] = troubles(
      judgePrograms(facts(program('riposte.exe'), program('netsh.exe', theirs)), WINDOWS),
    );
    expect(stranger).toMatchObject({ status: 'bad', about: 'netsh.exe' });
    expect(stranger?.fix).toContain('riposte install');
  });

  it('can be put there by administrators alone', () => {
    expect(judgeFolderAccess('C:/a', { writers: [], others: ['all users'] })).toEqual([]);
    const [open] = judgeFolderAccess('C:/a', { writers: ['all users'], others: [] });
    expect(open).toMatchObject({ status: 'bad' });
    expect(open?.what).toContain('can become SYSTEM');
    expect(open?.fix).toContain('icacls C:\\a ');
  });

  it('start', () => {
    expect(judgeStarts('C:/a', new Map())).toEqual([]);
    const [stopped] = judgeStarts('C:/a', new Map([['netsh.exe', 'EPERM']]));
    expect(stopped).toMatchObject({ status: 'bad', about: 'netsh.exe' });
  });
});

describe('the agent’s configuration on Windows', () => {
  const facts = {
    layout: LAYOUT,
    commands: [],
    readable: true,
    disabled: false,
    ladder: true,
    there: new Set(['netsh.exe', 'restart-wazuh.exe']),
    lasting: new Set(['netsh.exe', 'netsh.cmd']),
    once: new Set(['restart-wazuh.exe']),
  };
  const ar = (executable: string, timeout = 600) => ({ name: 'x600', executable, timeout });

  it('names what other systems run, which is nothing to complain of here', () => {
    const arConf = [ar('netsh.exe'), ar('firewall-drop'), ar('restart.sh')];
    expect(troubles(judgeAgent({ ...facts, arConf }, WINDOWS))).toEqual([]);
  });

  it('calls what is not there', () => {
    const found = judgeAgent({ ...facts, arConf: [ar('route-null.exe')] }, WINDOWS);
    expect(told(troubles(found))).toMatch(/^bad: x600 of shared\/ar.conf calls route-null.exe/);
  });

  it('is looked for where Windows has it', () => {
    const lost = { ...facts, arConf: undefined, readable: false };
    const text = told(judgeAgent(lost, WINDOWS));
    expect(text).toContain('warning: ossec.conf cannot be read');
    expect(text).toContain('there is no shared/ar.conf');
    expect(text).not.toContain('etc/');
  });
});

describe('the Windows Firewall', () => {
  const keys = (...off: string[]) =>
    ['DomainProfile', 'StandardProfile', 'PublicProfile'].map((name) => ({
      path: `${POLICY.replace('HKLM', 'HKEY_LOCAL_MACHINE')}\\${name}`,
      values: [
        { name: 'EnableFirewall', type: 'REG_DWORD', data: off.includes(name) ? '0x0' : '0x1' },
      ],
    }));
  const rule = (text: string) => {
    const found = ruleIn(text);
    if (!found) throw new Error(text);
    return found;
  };
  const ours = (direction: string, active = 'TRUE') =>
    rule(
      `v2.30|Action=Block|Active=${active}|Dir=${direction}|RA4=203.0.113.7/255.255.255.255|Name=riposte netsh 203.0.113.7|`,
    );

  test('is on, with nothing in it', () => {
    const found = judgeWindowsFirewall({ profiles: profilesIn(keys()), rules: [] });
    expect(troubles(found)).toEqual([]);
    expect(told(found)).toContain('nothing is blocked');
  });

  test('is off in some profile, or in all', () => {
    const some = judgeWindowsFirewall({ profiles: profilesIn(keys('PublicProfile')), rules: [] });
    expect(told(troubles(some))).toBe(
      'warning: rules of this host count, but not in the public profile, where the firewall is off',
    );
    const off = keys('DomainProfile', 'StandardProfile', 'PublicProfile');
    const none = judgeWindowsFirewall({ profiles: profilesIn(off), rules: [] });
    expect(told(troubles(none))).toMatch(/^warning: rules of this host count in no profile/);
  });

  test('has rules of ours, and those that somebody changed', () => {
    const profiles = profilesIn(keys());
    const well = judgeWindowsFirewall({ profiles, rules: [ours('In'), ours('Out')] });
    expect(troubles(well)).toEqual([]);
    expect(told(well)).toContain('block 1 address');
    const changed = judgeWindowsFirewall({ profiles, rules: [ours('In', 'FALSE'), ours('Out')] });
    expect(told(troubles(changed))).toMatch(/^bad: .*do not block 203.0.113.7 any more/);
  });
});

describe('the rest', () => {
  const none = { own: undefined, former: [], rules: [], routes: [] };

  it('leftovers', () => {
    expect(told(judgeWindowsLeftovers(none))).toBe('good: nothing was left behind');
    const found = judgeWindowsLeftovers({
      own: { tickets: [], temporary: [], former: [], stock: [] },
      former: ['.riposte.old.7.1'],
      rules: ['203.0.113.9/255.255.255.255'],
      routes: [{ to: '203.0.113.9', gateway: '192.0.2.1' }],
    });
    expect(found.map(({ status }) => status)).toEqual(['warning', 'warning', 'warning']);
    expect(found[1]?.fix).toContain('"WAZUH ACTIVE RESPONSE BLOCKED IP"');
  });

  it('rights, tools and the service', () => {
    expect(judgePowers(true)).toMatchObject([{ status: 'good' }]);
    expect(judgePowers(false)).toMatchObject([{ status: 'bad' }]);
    expect(judgeSystemTools(['reg'], ['quser'], 'C:\\W')).toMatchObject([
      { status: 'good' },
      { status: 'warning', about: 'quser' },
    ]);
    expect(judgeService('WazuhSvc', 4)).toMatchObject({ status: 'good' });
    expect(judgeService('WazuhSvc', 1)).toMatchObject({
      status: 'warning',
      fix: 'sc start WazuhSvc',
    });
  });
});
