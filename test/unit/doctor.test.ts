import { describe, expect, test } from 'vitest';
import { type ActionFacts, judgeAction } from '../../src/cli/doctor/actions.ts';
import { type AgentFacts, commandsIn, isDisabled, judgeAgent } from '../../src/cli/doctor/agent.ts';
import { arIn } from '../../src/cli/doctor/ar-conf.ts';
import { type ConfinementFacts, judgeConfinement } from '../../src/cli/doctor/confinement.ts';
import { type Finding, halves, listed, type Status } from '../../src/cli/doctor/finding.ts';
import { type HomeFacts, judgeHome } from '../../src/cli/doctor/home.ts';
import { judgeLeftovers, type LeftoversFacts } from '../../src/cli/doctor/leftovers.ts';
import { judgeLog, type LogFacts } from '../../src/cli/doctor/log.ts';
import { mountIn } from '../../src/cli/doctor/mount.ts';
import { judgeRights, type RightsFacts } from '../../src/cli/doctor/rights.ts';
import type { Seen } from '../../src/cli/doctor/seen.ts';
import { judgeState, type StateFacts } from '../../src/cli/doctor/state.ts';
import { judgeTools, type ToolFacts } from '../../src/cli/doctor/tools.ts';
import { judgeWrappers } from '../../src/cli/doctor/wrappers.ts';
import { UNIX } from '../../src/lib/layout.ts';

/** A row of a table: what is the matter, the facts that differ, and the one finding it must bring. */
type Case<Facts> = readonly [
  what: string,
  change: Partial<Facts>,
  status: Status,
  says: RegExp,
  fix?: RegExp,
];

/** Where all is well nothing is to be mended; each change brings what is said of it, and how. */
function check<Facts>(
  judge: (facts: Facts) => readonly Finding[],
  healthy: Facts,
  cases: readonly Case<Facts>[],
): void {
  test('all is well', () => {
    expect(judge(healthy).filter(({ status }) => status !== 'good')).toEqual([]);
  });

  for (const [what, change, status, says, fix] of cases) {
    test(what, () => {
      const findings = judge({ ...healthy, ...change });
      const found = findings.filter((one) => says.test(one.what));
      expect(found, JSON.stringify(findings)).toHaveLength(1);
      expect(found[0]?.status).toBe(status);
      if (fix) expect(found[0]?.fix).toMatch(fix);
      if (status !== 'good') expect(found[0]?.fix, 'names the fix').toBeTruthy();
    });
  }
}

const FILE: Seen = {
  kind: 'file',
  mode: 0o660,
  uid: 0,
  gid: 0,
  inode: '1:1',
  links: 1,
  size: 10,
};
const FOLDER: Seen = { ...FILE, kind: 'folder', mode: 0o700 };

describe('an action', () => {
  const healthy: ActionFacts = {
    name: 'firewall-drop',
    needs: 'nftables, or iptables',
    ways: {
      IPv4: [{ name: 'nft', obstacle: undefined }],
      IPv6: [{ name: 'nft', obstacle: undefined }],
    },
    failure: undefined,
    lack: undefined,
    takesExtra: false,
    called: [],
    named: false,
  };
  const none = [
    { name: 'nft', obstacle: 'nft is not installed' },
    { name: 'iptables', obstacle: 'iptables is not installed' },
  ];
  const off = { kind: 'refused', message: 'it is not enabled; set actions.x.enabled' } as const;
  const bare = { ways: {}, failure: off };
  const odd = { kind: 'bad-request', message: 'no extra_args; give one' } as const;
  check<ActionFacts>(judgeAction, healthy, [
    [
      'no way at all',
      { ways: { IPv4: none } },
      'warning',
      /^not ready: nft: nft is not/,
      /nftables/,
    ],
    [
      'no way, and the agent calls it',
      { ways: { IPv4: none }, called: ['x'] },
      'bad',
      /^not ready/,
    ],
    ['no way, and it was asked for', { ways: { IPv4: none }, named: true }, 'bad', /^not ready/],
    [
      'the second way only',
      { ways: { IPv4: [none[0] ?? never(), { name: 'ipset', obstacle: undefined }] } },
      'good',
      /^ready: ipset; not nft \(nft is not installed\)$/,
    ],
    [
      'more ways',
      { ways: { IPv4: [...(healthy.ways['IPv4'] ?? []), { name: 'b', obstacle: undefined }] } },
      'good',
      /^ready: nft; if that fails b$/,
    ],
    [
      'no way for IPv6',
      { ways: { ...healthy.ways, IPv6: none } },
      'warning',
      /^not ready for IPv6/,
    ],
    ['something that nobody enabled', bare, 'good', /^not set up: it is not enabled$/],
    [
      'the same, and the agent calls it',
      { ...bare, called: ['x'] },
      'bad',
      /^not set up/,
      /enabled/,
    ],
    [
      'an argument that may come',
      { ways: {}, failure: odd, takesExtra: true },
      'good',
      /needs an argument/,
    ],
    [
      'the same, called',
      { ways: {}, failure: odd, takesExtra: true, called: ['x'] },
      'warning',
      /argument/,
    ],
    [
      'what a dry run does not see',
      { lack: 'no control script; install it' },
      'warning',
      /^not ready: no control script$/,
      /^install it$/,
    ],
    [
      'a dry run that fails',
      { failure: { kind: 'internal', message: 'oops; report it' } },
      'warning',
      /^a dry run ended as internal: oops$/,
    ],
  ]);
});

function never(): never {
  throw new Error('unreachable');
}

describe('tools', () => {
  const nft: ToolFacts = { tool: 'nft', trusted: '/usr/sbin/nft', first: '/sbin/nft', same: true };
  check<{ tools: readonly ToolFacts[] }>(({ tools }) => judgeTools(tools), { tools: [nft] }, [
    [
      'another one first',
      { tools: [{ ...nft, first: '/usr/local/sbin/nft', same: false }] },
      'warning',
      /^\/usr\/local\/sbin\/nft comes first on PATH and is not used; \/usr\/sbin\/nft is$/,
    ],
    [
      'only another one',
      {
        tools: [
          nft,
          { ...nft, tool: 'ipset', trusted: undefined, first: '/opt/ipset', same: false },
        ],
      },
      'warning',
      /^\/opt\/ipset is not used/,
      /package of ipset/,
    ],
    [
      'none',
      { tools: [{ ...nft, trusted: undefined, first: undefined, same: false }] },
      'bad',
      /no tool/,
    ],
  ]);
});

describe('rights', () => {
  check<RightsFacts>(judgeRights, { uid: 0, netAdmin: true, kernel: [6, 18] }, [
    ['an ordinary user', { uid: 1000 }, 'bad', /user 1000/, /sudo/],
    ['a container', { netAdmin: false }, 'bad', /NET_ADMIN/, /--cap-add/],
    ['what is not known', { netAdmin: undefined }, 'good', /^run as root$/],
    ['kernel 6.11', { kernel: [6, 11] }, 'good', /renews/],
    ['kernel 5.6', { kernel: [5, 6] }, 'good', /counts no packets/],
  ]);
});

describe('a home', () => {
  const mount = { point: '/var', noexec: false, readOnly: false, free: 1e9 };
  const folders = { etc: 'there', logs: 'there', 'active-response/bin': 'there' } as const;
  check<HomeFacts>(judgeHome, { lost: undefined, home: '/var/ossec', folders, mount }, [
    [
      'one that is not there',
      { lost: '/x', home: undefined },
      'bad',
      /^\/x: there is no such/,
      /--home/,
    ],
    ['none', { home: undefined }, 'bad', /^no agent’s home was found/, /--home/],
    [
      'somebody else’s folder',
      { folders: { etc: 'missing', logs: 'missing' } },
      'bad',
      /is no agent’s home/,
    ],
    [
      'no programs',
      { folders: { ...folders, 'active-response/bin': 'missing' } },
      'bad',
      /has no active-response\/bin/,
    ],
    [
      'one that is closed to us',
      { folders: { ...folders, etc: 'hidden' } },
      'bad',
      /looked into/,
      /sudo/,
    ],
    ['noexec', { mount: { ...mount, noexec: true } }, 'bad', /noexec/, /remount,exec \/var/],
    ['read-only', { mount: { ...mount, readOnly: true } }, 'bad', /read-only/, /remount,rw \/var/],
    ['full', { mount: { ...mount, free: 100 } }, 'warning', /is full/],
  ]);

  test('its mount is the innermost one, and of two on one point the last', () => {
    const info = [
      '1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
      '2 1 8:2 / /var rw,noexec - ext4 /dev/sda2 rw',
      '3 1 8:3 / /var/ossec\\040x ro - ext4 /dev/sda3 rw',
      '4 1 8:3 / /srv rw,noexec - ext4 /dev/sda3 rw',
      '5 1 8:3 / /srv rw - ext4 /dev/sda3 rw',
    ].join('\n');
    expect(mountIn(info, '/var/ossec/bin')).toMatchObject({ point: '/var', noexec: true });
    expect(mountIn(info, '/var/ossec x/bin')).toMatchObject({ readOnly: true });
    expect(mountIn(info, '/variety')).toMatchObject({ point: '/', noexec: false });
    expect(mountIn(info, '/srv/a')).toMatchObject({ point: '/srv', noexec: false });
    expect(mountIn('', '/srv/a')).toBeUndefined();
  });
});

describe('the agent’s configuration', () => {
  const healthy: AgentFacts = {
    layout: UNIX,
    arConf: arIn('firewall-drop600 - firewall-drop - 600\nrestart-wazuh0 - restart-wazuh - 0\n'),
    commands: [],
    readable: true,
    disabled: false,
    ladder: true,
    there: new Set(['firewall-drop', 'restart-wazuh', 'throttle', 'mine.sh']),
    lasting: new Set(['firewall-drop', 'throttle']),
    once: new Set(['restart-wazuh']),
  };
  const ar = (...lines: string[]) => ({ arConf: arIn(lines.join('\n')) });
  check<AgentFacts>(judgeAgent, healthy, [
    ['turned off', { disabled: true }, 'bad', /turns active response off/, /<disabled>no/],
    ['no ossec.conf', { readable: false }, 'warning', /ossec.conf cannot be read/],
    ['an odd ladder', { ladder: false }, 'warning', /repeated_offenders/, /30,60,120/],
    ['no ar.conf', { arConf: undefined }, 'warning', /no etc\/shared\/ar.conf/],
    [
      'what is not there',
      ar('x5 - gone - 5'),
      'bad',
      /x5 .* calls gone, which is not in/,
      /install/,
    ],
    [
      'one of two is there',
      ar('x5 - gone - 5', 'x5 - firewall-drop - 5'),
      'good',
      /agent calls firewall-drop/,
    ],
    ['what is Windows’', ar('netsh5 - netsh.exe - 5'), 'good', /nothing calls/],
    ['no timeout', ar('f0 - firewall-drop - 0'), 'warning', /f0 has no timeout/, /delete/],
    ['a timeout that is none', ar('f - firewall-drop - soon'), 'warning', /no number/],
    [
      'no timeout for what is done once',
      ar('r0 - restart-wazuh - 0'),
      'good',
      /agent calls restart-wazuh/,
    ],
    ['somebody else’s script', ar('m0 - mine.sh - 0'), 'good', /also calls mine.sh/],
    ['what nothing calls', {}, 'good', /^nothing calls throttle$/],
    ['a manager’s command', { commands: ['gone'] }, 'warning', /<command> .* calls gone/],
    [
      'no restart',
      { ...ar('restart-ossec0 - restart-ossec.sh - 0', 'restart-ossec0 - restart-ossec.cmd - 0') },
      'warning',
      /a restart/,
    ],
  ]);

  test('every manager writes lines for restarts that its agents lack', () => {
    const lines = ['restart-ossec0 - restart-ossec.sh - 0', 'restart-wazuh0 - restart-wazuh - 0'];
    const findings = judgeAgent({ ...healthy, ...ar(...lines) });
    expect(findings.filter(({ status }) => status !== 'good')).toEqual([]);
  });

  test('the first word on disabled counts, and comments are for who reads', () => {
    const one = (word: string) => `<active-response><disabled>${word}</disabled></active-response>`;
    expect(isDisabled(one('yes'))).toBe(true);
    expect(isDisabled(`${one('no')}${one('yes')}`)).toBe(false);
    expect(isDisabled('<localfile><disabled>yes</disabled></localfile>')).toBe(false);
  });

  test('commands are those with an executable', () => {
    const text = `<command><name>a</name><executable> a.sh </executable></command>
      <active-response><command>a</command></active-response>
      <localfile><command>df -P</command></localfile>`;
    expect(commandsIn(text)).toEqual(['a.sh']);
  });
});

describe('state and settings', () => {
  const healthy: StateFacts = {
    home: '/h',
    uid: 0,
    folder: FOLDER,
    settings: [],
    place: 'etc/shared/riposte.json',
    fleet: 'none',
    unknown: [],
  };
  check<StateFacts>(judgeState, healthy, [
    ['not made yet', { folder: undefined }, 'good', /will be made/],
    ['closed to us', { folder: 'hidden' }, 'warning', /closed/, /sudo/],
    ['a link', { folder: { ...FOLDER, kind: 'link' } }, 'bad', /is no folder/, /rm/],
    ['another’s', { folder: { ...FOLDER, uid: 7 } }, 'bad', /belongs to user 7/, /chown/],
    [
      'open to writers',
      { folder: { ...FOLDER, mode: 0o770 } },
      'bad',
      /written by others \(mode 0770\)/,
      /chmod 0700/,
    ],
    [
      'open to readers',
      { folder: { ...FOLDER, mode: 0o750 } },
      'warning',
      /others can read/,
      /chmod 0700/,
    ],
    [
      'settings that cannot be used',
      { settings: ['riposte.json: it is not JSON; check its commas'] },
      'bad',
      /not JSON$/,
      /commas/,
    ],
    [
      'a fleet’s that is passed over',
      { fleet: ['etc/shared/riposte.json: protect.x is unknown'] },
      'warning',
      /protect.x/,
      /manager/,
    ],
    [
      'an action that there is not',
      { unknown: [{ name: 'firewal', meant: undefined }] },
      'warning',
      /no action firewal/,
    ],
    [
      'an alias',
      { unknown: [{ name: 'firewall-drop.sh', meant: 'firewall-drop' }] },
      'warning',
      /alias/,
      /call it firewall-drop$/,
    ],
  ]);
});

describe('the log', () => {
  const healthy: LogFacts = { path: '/h/logs/a.log', log: FILE, folder: true, writable: true };
  check<LogFacts>(judgeLog, healthy, [
    ['not made yet', { log: undefined }, 'good', /will be made/],
    [
      'a FIFO',
      { log: { ...FILE, kind: 'other' } },
      'bad',
      /is no file: nothing is logged/,
      /remove it/,
    ],
    ['a link', { log: { ...FILE, kind: 'link' } }, 'bad', /is a link/],
    ['two names', { log: { ...FILE, links: 2 } }, 'bad', /has 2 names/],
    ['immutable', { writable: false }, 'bad', /cannot be written/, /lsattr/],
    ['open to everybody', { log: { ...FILE, mode: 0o666 } }, 'warning', /everybody/, /chmod 0660/],
    ['closed to us', { log: 'hidden' }, 'warning', /closed/],
  ]);
});

describe('TCP wrappers', () => {
  const sshd = { path: '/usr/sbin/sshd', asks: true };
  check(judgeWrappers, { library: true, services: [sshd] }, [
    ['no library', { library: false }, 'warning', /no libwrap/, /firewall-drop/],
    ['nobody asks', { services: [] }, 'warning', /no service/],
    [
      'sshd does not',
      {
        services: [
          { ...sshd, asks: false },
          { path: '/usr/sbin/tcpd', asks: true },
        ],
      },
      'warning',
      /sshd does not ask/,
    ],
  ]);
});

describe('SELinux and AppArmor', () => {
  const folder = '/h/bin';
  const program = `${folder}/firewall-drop`;
  const label = (type: string) =>
    new Map([
      [folder, 'system_u:object_r:var_t:s0'],
      [program, `unconfined_u:object_r:${type}:s0`],
    ]);
  const healthy: ConfinementFacts = {
    selinux: 'enforcing',
    folder,
    labels: label('bin_t'),
    profiles: [],
  };
  check<ConfinementFacts>(judgeConfinement, healthy, [
    [
      'a label from a home',
      { labels: label('user_home_t') },
      'bad',
      /firewall-drop \(user_home_t\)/,
      /restorecon .*chcon -t bin_t/,
    ],
    ['one from /root', { labels: label('admin_home_t') }, 'bad', /admin_home_t/],
    ['one from /tmp', { labels: label('user_tmp_t') }, 'bad', /user_tmp_t/],
    ['permissive', { selinux: 'permissive', labels: label('tmp_t') }, 'warning', /permissive/],
    ['the folder’s own label', { labels: label('var_t') }, 'good', /out of place/],
    [
      'a profile',
      { profiles: ['wazuh-execd (enforce)', 'man (enforce)'] },
      'warning',
      /wazuh-execd/,
    ],
    [
      'a profile that only complains',
      { profiles: ['wazuh-execd (complain)'] },
      'good',
      /no profile/,
    ],
  ]);

  test('nothing is said where both are off', () => {
    expect(judgeConfinement({ ...healthy, selinux: 'off' })).toEqual([]);
  });
});

describe('leftovers', () => {
  const healthy: LeftoversFacts = { tickets: [], temporary: [], former: [], stock: [] };
  check<LeftoversFacts>(judgeLeftovers, healthy, [
    ['a dead run’s ticket', { tickets: ['3.1-2-3-4@x'] }, 'warning', /3\.1-2-3-4@x/],
    ['a temporary file', { temporary: ['/h/new.1'] }, 'warning', /left a file/, /rm \/h\/new\.1/],
    ['a former content', { former: ['/h/former/x'] }, 'warning', /half written/],
    ['a lock of upstream’s', { stock: ['/h/fw-drop'] }, 'warning', /fw-drop/, /rm -r/],
  ]);
});

test('the state folder is root’s, whoever asks', () => {
  const facts = {
    home: '/h',
    folder: FOLDER,
    settings: 'none',
    place: 'etc/shared/riposte.json',
    fleet: 'none',
    unknown: [],
  } as const;
  expect(judgeState({ ...facts, uid: 1000 })).toEqual([
    { status: 'good', what: '/h/active-response/riposte is private' },
  ]);
});

test('a home without etc alone is a broken one, not another’s', () => {
  const folders = { etc: 'missing', logs: 'there', 'active-response/bin': 'there' } as const;
  const facts = { lost: undefined, home: '/h', folders, mount: undefined };
  expect(judgeHome(facts)).toMatchObject([{ status: 'bad', what: '/h has no etc' }]);
});

test('where nobody asks TCP wrappers, sshd is nothing special', () => {
  const services = [{ path: '/usr/sbin/sshd', asks: false }];
  expect(judgeWrappers({ library: true, services })).toHaveLength(1);
});

test('a message falls in two at its last semicolon', () => {
  expect(halves('a; b; c')).toEqual({ what: 'a; b', fix: 'c' });
  expect(halves('a')).toEqual({ what: 'a' });
});

test('a list is no longer than one can read', () => {
  expect(listed(['a', 'b', 'c'], 3)).toBe('a, b, c');
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});
