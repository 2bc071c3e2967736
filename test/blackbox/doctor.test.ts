import { describe, expect } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { BUILT } from '../support/home.ts';
import { it, type Stage } from './support/stage.ts';

interface Found {
  readonly check: string;
  readonly status: 'good' | 'warning' | 'bad';
  readonly about?: string;
  readonly what: string;
  readonly fix?: string;
}

interface Told {
  readonly exitCode: number | undefined;
  readonly version: string;
  readonly home: string | null;
  readonly ready: boolean;
  readonly findings: readonly Found[];
}

const isRoot = process.getuid?.() === 0;

const PROGRAM = 'active-response/bin/riposte';

/** Runs the doctor for machines. */
async function doctor(stage: Stage, ...words: string[]): Promise<Told> {
  const ran = await stage.shell(`"$0" doctor --json "\${@}"`.replace('$0', PROGRAM), ...words);
  expect(ran.stderr).toBe('');
  expect(ran.stdout.trim().split('\n')).toHaveLength(1);
  return { exitCode: ran.exitCode, ...JSON.parse(ran.stdout) };
}

/** Makes the home one of an agent that has all that a package brings. */
const HEALTHY = `
mkdir bin && touch bin/wazuh-control bin/wazuh-agentd && chmod 750 bin/*
install -m 660 /dev/null logs/active-responses.log
install -d -m 700 active-response/riposte
`;

async function healthy(stage: Stage): Promise<void> {
  expect(await stage.shell(HEALTHY)).toMatchObject({ exitCode: 0 });
}

const troubles = ({ findings }: Told) =>
  findings.filter(({ status, check, about }) => {
    // What this machine has beside an agent's home is not the tests'.
    const machine = ['tools', 'wrappers', 'confinement', 'firewall', 'rights'].includes(check);
    return status !== 'good' && !machine && about !== 'firewalld-drop';
  });

/** All that could be changed in the home and the firewall; programs are links that other tests share. */
const SNAPSHOT = `find . -printf '%p %i %m %U %G %s %T@\\n' | sort
  find . -path ./active-response/bin -prune -o -printf '%p %n %C@\\n' | sort
  nft list ruleset; iptables-save | grep -v '^#'; ipset save; ip route show table all`;

describe('a healthy home', () => {
  it.concurrent('is ready, with every check heard', async ({ stage }) => {
    await healthy(stage);
    const told = await doctor(stage);
    expect(troubles(told)).toEqual([]);
    expect(told).toMatchObject({
      exitCode: 0,
      ready: true,
      version: manifest.version,
      home: stage.home.path,
    });
    const checks = new Set(told.findings.map(({ check }) => check));
    for (const check of [
      'actions',
      'tools',
      'rights',
      'home',
      'programs',
      'agent',
      'state',
      'log',
      'firewall',
    ]) {
      expect(checks).toContain(check);
    }
    expect(told.findings).toContainEqual({
      check: 'actions',
      status: 'good',
      about: 'firewall-drop',
      what: expect.stringMatching(/^ready: nft; if that fails ipset, iptables/),
    });
  });

  it.concurrent('is looked at and left as it was, and so is the firewall', async ({ stage }) => {
    await healthy(stage);
    await stage.hand('add', '--srcip', '203.0.113.7');
    const before = await stage.shell(SNAPSHOT);
    expect(before.stdout).toContain('203.0.113.7');
    expect(await doctor(stage)).toMatchObject({ exitCode: 0 });
    expect((await stage.shell(SNAPSHOT)).stdout).toBe(before.stdout);
  });

  it.concurrent('is told to people in groups, without colours where nobody looks', async ({
    stage,
  }) => {
    await healthy(stage);
    const { stdout, exitCode } = await stage.shell(`${PROGRAM} doctor firewall-drop`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Actions\n {2}good {4}firewall-drop {2}ready: nft/);
    expect(stdout).toContain('\nPrograms\n');
    expect(stdout).toMatch(/\nReady[^\n]*\.\n$/);
    expect(stdout).not.toContain('\u001b');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(200);
  });

  it.concurrent('colours are for a terminal, unless NO_COLOR says no', async ({ stage }) => {
    await healthy(stage);
    const terminal = (environment: string) =>
      stage.shell('script -qec "$1" /dev/null', `${environment} ${PROGRAM} doctor firewall-drop`);
    expect((await terminal('env')).stdout).toContain('\u001b[32mgood');
    expect((await terminal('env NO_COLOR=1')).stdout).not.toContain('\u001b[');
  });

  it.concurrent('actions are asked for by any of their names, and others are a mistake', async ({
    stage,
  }) => {
    await healthy(stage);
    const { findings } = await doctor(stage, 'host-deny.sh', 'throttle');
    const actions = findings.filter(({ check }) => check === 'actions').map(({ about }) => about);
    expect(actions).toEqual(['host-deny', 'throttle']);
    const ran = await stage.shell(`${PROGRAM} doctor nonsense`);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toMatch(/"nonsense" is no action/);
  });
});

/** What breaks a healthy home, and the one finding that must come of it. */
interface Broken {
  readonly what: string;
  readonly script: string;
  readonly check: string;
  readonly status: 'warning' | 'bad';
  readonly says: RegExp;
  readonly fix: RegExp;
  readonly root?: true;
}

const BIN = 'active-response/bin';
const STATE = 'active-response/riposte';
const settings = (json: string) => `umask 077; echo '${json}' > ${STATE}/riposte.json`;

const BROKEN: readonly Broken[] = [
  {
    what: 'an upgrade of the agent',
    script: `rm ${BIN}/firewall-drop; install -m 750 /bin/true ${BIN}/firewall-drop`,
    check: 'programs',
    status: 'bad',
    says: /bin\/firewall-drop is not Riposte’s: did an upgrade/,
    fix: /ln -f .*\/firewall-drop$/,
  },
  {
    what: 'a copy that breaks the links',
    script: `cp -p ${BIN}/riposte x && mv x ${BIN}/host-deny`,
    check: 'programs',
    status: 'warning',
    says: /^2 copies of the program/,
    fix: /for name in host-deny; do ln -f riposte/,
  },
  {
    what: 'another build under one name',
    script: `cp -p ${BIN}/riposte x && printf x >> x && mv x ${BIN}/host-deny`,
    check: 'programs',
    status: 'bad',
    says: /^host-deny are of another build than riposte$/,
    fix: /ln -f riposte/,
  },
  {
    what: 'a name that the group can write',
    script: `cp -p ${BIN}/riposte x && rm ${BIN}/* && mv x ${BIN}/riposte && chmod 770 ${BIN}/riposte`,
    check: 'programs',
    status: 'bad',
    says: /riposte can be written by others \(mode 0770\)/,
    fix: /chmod 0750/,
  },
  {
    what: 'a folder that everybody can write',
    script: `chmod 777 ${BIN}`,
    check: 'programs',
    status: 'bad',
    says: /active-response\/bin can be written by others/,
    fix: /chmod go-w/,
  },
  {
    what: 'another user’s state folder',
    script: `chown 12345 ${STATE}`,
    check: 'state',
    status: 'bad',
    says: /belongs to user 12345/,
    fix: /chown/,
    root: true,
  },
  {
    what: 'a state folder for everybody',
    script: `chmod 777 ${STATE}`,
    check: 'state',
    status: 'bad',
    says: /can be written by others \(mode 0777\)/,
    fix: /chmod 0700/,
  },
  {
    what: 'settings that are no JSON',
    script: settings('{'),
    check: 'state',
    status: 'bad',
    says: /riposte.json: it is not JSON$/,
    fix: /check its commas/,
  },
  {
    what: 'an option that there is not',
    script: settings('{"actions":{"firewall-drop":{"bakend":"nft"}}}'),
    check: 'state',
    status: 'bad',
    says: /actions.firewall-drop.bakend is no option of it$/,
    fix: /it has backend/,
  },
  {
    what: 'settings of an action that there is not',
    script: settings('{"actions":{"firewal-drop":{"backend":"nft"}}}'),
    check: 'state',
    status: 'warning',
    says: /there is no action firewal-drop/,
    fix: /correct the name/,
  },
  {
    what: 'settings that others can write',
    script: `${settings('{}')}; chmod 666 ${STATE}/riposte.json`,
    check: 'state',
    status: 'bad',
    says: /riposte.json: can be written by others$/,
    fix: /0600/,
  },
  {
    what: 'a fleet’s list that cannot be understood',
    script: `echo '{"protect":{"addresses":["10.0.0.0/4"]}}' > etc/shared/riposte.json`,
    check: 'state',
    status: 'warning',
    says: /10\.0\.0\.0\/4 is no address, or too wide/,
    fix: /on the manager/,
  },
  {
    what: 'a FIFO for a fleet’s list',
    script: 'mkfifo etc/shared/riposte.json',
    check: 'state',
    status: 'warning',
    says: /passed over: it is no regular file/,
    fix: /./,
  },
  {
    what: 'a FIFO for a log',
    script: 'rm logs/active-responses.log; mkfifo logs/active-responses.log',
    check: 'log',
    status: 'bad',
    says: /is no file: nothing is logged/,
    fix: /^remove it/,
  },
  {
    what: 'a log that leads elsewhere',
    script: 'ln -sf /etc/passwd logs/active-responses.log',
    check: 'log',
    status: 'bad',
    says: /is a link/,
    fix: /^remove it/,
  },
  {
    what: 'an executable that there is not',
    script: 'echo "block600 - my-block - 600" >> etc/shared/ar.conf',
    check: 'agent',
    status: 'bad',
    says: /^block600 of .* calls my-block, which is not in/,
    fix: /install it/,
  },
  {
    what: 'a block without an end',
    script: 'echo "host-deny0 - host-deny - 0" >> etc/shared/ar.conf',
    check: 'agent',
    status: 'warning',
    says: /^host-deny0 has no timeout/,
    fix: /<timeout>/,
  },
  {
    what: 'active response turned off',
    script: `echo '<ossec_config><!-- no --><active-response><disabled>yes</disabled></active-response></ossec_config>' > etc/ossec.conf`,
    check: 'agent',
    status: 'bad',
    says: /turns active response off/,
    fix: /<disabled>no/,
  },
  {
    what: 'a ladder that cannot be read',
    script: `echo '<ossec_config><active-response><repeated_offenders>an hour</repeated_offenders></active-response></ossec_config>' > etc/ossec.conf`,
    check: 'agent',
    status: 'warning',
    says: /<repeated_offenders>/,
    fix: /30,60,120/,
  },
  {
    what: 'no ar.conf',
    script: 'rm etc/shared/ar.conf',
    check: 'agent',
    status: 'warning',
    says: /no etc\/shared\/ar.conf/,
    fix: /connected/,
  },
  {
    what: 'an action that is called and was never enabled',
    script: 'echo "kill0 - kill-process - 0" >> etc/shared/ar.conf',
    check: 'actions',
    status: 'bad',
    says: /^not set up: kill-process is not enabled/,
    fix: /^set actions.kill-process.enabled/,
  },
  {
    what: 'no control script',
    script: 'rm bin/wazuh-control',
    check: 'actions',
    status: 'bad',
    says: /^not ready: .* no wazuh-control/,
    fix: /the agent’s own programs/,
  },
  {
    what: 'a run that died in line for a lock',
    script: `mkdir -m 700 ${STATE}/lock; touch ${STATE}/lock/3.999999-1-1-0@x`,
    check: 'leftovers',
    status: 'warning',
    says: /3\.999999-1-1-0@x/,
    fix: /next run/,
  },
  {
    what: 'a temporary file',
    script: `touch ${STATE}/new.4194999`,
    check: 'leftovers',
    status: 'warning',
    says: /left a file behind/,
    fix: /^rm .*new\.4194999$/,
  },
  {
    what: 'a lock of the agent’s own program',
    script: `mkdir ${BIN}/fw-drop`,
    check: 'leftovers',
    status: 'warning',
    says: /bin\/fw-drop/,
    fix: /^rm -r/,
  },
];

describe('a home that is broken', () => {
  it.concurrent.for(BROKEN)('$what', async (broken, { stage, skip }) => {
    if (broken.root && !isRoot) skip('it needs root');
    await healthy(stage);
    expect(await stage.shell(broken.script)).toMatchObject({ exitCode: 0 });
    const told = await doctor(stage);
    const found = told.findings.filter(
      ({ check, what }) => check === broken.check && broken.says.test(what),
    );
    expect(found, JSON.stringify(troubles(told))).toEqual([
      {
        check: broken.check,
        status: broken.status,
        ...(found[0]?.about !== undefined && { about: found[0].about }),
        what: expect.any(String),
        fix: expect.stringMatching(broken.fix),
      },
    ]);
    const ready = broken.status === 'warning';
    expect(told).toMatchObject({ exitCode: ready ? 0 : 1, ready });
  });
});

describe('the firewall', () => {
  it.concurrent('in force, then with its chain flushed, then gone', async ({ stage }) => {
    await healthy(stage);
    await stage.hand('add', '--srcip', '203.0.113.7');
    const firewall = async () => {
      const { findings, exitCode } = await doctor(stage, 'firewall-drop');
      const [first] = findings.filter(({ check }) => check === 'firewall');
      return { exitCode, ...first };
    };
    expect(await firewall()).toMatchObject({
      exitCode: 0,
      what: 'in force in table inet riposte: manual',
    });
    await stage.shell('nft flush chain inet riposte manual');
    expect(await firewall()).toMatchObject({
      exitCode: 1,
      status: 'bad',
      what: 'what manual blocked is not in force: its chain was changed',
    });
    await stage.shell('nft flush ruleset');
    expect(await firewall()).toMatchObject({
      exitCode: 0,
      status: 'warning',
      what: expect.stringContaining('is gone'),
    });
  });

  it.concurrent('a flowtable', async ({ stage, skip }) => {
    await healthy(stage);
    const made = await stage.shell(`ip link set lo up
      nft 'add table inet x; add flowtable inet x fast { hook ingress priority 0; devices = { lo }; }'`);
    if (made.exitCode !== 0) skip(`this kernel has no flowtables: ${made.stderr}`);
    const { findings } = await doctor(stage, 'firewall-drop');
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'firewall',
        status: 'warning',
        what: expect.stringContaining('flowtable fast'),
      }),
    );
  });
});

describe('tools', () => {
  it.concurrent('that a shell would find elsewhere are said not to be used', async ({ stage }) => {
    await healthy(stage);
    const ran = await stage.shell(
      `mkdir sbin; printf '#!/bin/sh\\n' > sbin/nft; chmod 755 sbin/nft
       PATH="$PWD/sbin:$PATH" ${PROGRAM} doctor --json firewall-drop`,
    );
    const { findings } = JSON.parse(ran.stdout) as Told;
    expect(findings).toContainEqual({
      check: 'tools',
      status: 'warning',
      about: 'nft',
      what: expect.stringMatching(
        /sbin\/nft comes first on PATH and is not used; \/usr\/sbin\/nft is$/,
      ),
      fix: expect.any(String),
    });
  });
});

describe('a home that is none', () => {
  it.concurrent.for([
    { what: 'missing', home: '/nonexistent', says: 'there is no such directory' },
    { what: 'foreign', home: '/usr/share', says: 'is no agent’s home' },
  ])('$what: it says so, and goes on with what needs none', async ({ home, says }, { stage }) => {
    const told = await doctor(stage, '--home', home, 'firewall-drop');
    expect(told).toMatchObject({ exitCode: 1, ready: false });
    expect(told.findings).toContainEqual({
      check: 'home',
      status: 'bad',
      what: expect.stringContaining(says),
      fix: expect.stringContaining('--home'),
    });
    expect(told.findings).toContainEqual(
      expect.objectContaining({ check: 'actions', about: 'firewall-drop', status: 'good' }),
    );
  });
});

describe('a host that cannot', () => {
  const inside = (stage: Stage, mounts: string, command: string) =>
    stage.shell('unshare -m --propagation private sh -c "$1 && exec $2"', mounts, command);
  const reading = (stdout: string) => (JSON.parse(stdout) as Told).findings;
  const actions = (stdout: string) => reading(stdout).filter(({ check }) => check === 'actions');

  it.concurrent('has no tool: not ready, with what is needed', async ({ stage, skip }) => {
    if (!isRoot) skip('it needs root');
    await healthy(stage);
    const hidden = ['nft', 'ipset', 'iptables'].map(
      (tool) => `mount --bind /dev/null $(realpath /usr/sbin/${tool})`,
    );
    const ran = await inside(stage, hidden.join(' && '), `${PROGRAM} doctor --json firewall-drop`);
    expect(actions(ran.stdout)).toEqual([
      {
        check: 'actions',
        status: 'bad',
        about: 'firewall-drop',
        what: expect.stringMatching(
          /^not ready: nft: nft is not installed; ipset: ip.* is not installed/,
        ),
        fix: 'it needs nftables, or ipset and iptables, or iptables',
      },
    ]);
    expect(ran.exitCode).toBe(1);
  });

  it.concurrent('a backend that root has forced is the only one looked at', async ({ stage }) => {
    await healthy(stage);
    await stage.shell(settings('{"actions":{"firewall-drop":{"backend":"iptables"}}}'));
    const { findings } = await doctor(stage, 'firewall-drop');
    expect(findings[0]?.what).toBe('ready: iptables');
  });

  it.concurrent('may not: a container without the capability', async ({ stage, skip }) => {
    if (!isRoot) skip('it needs root');
    await healthy(stage);
    const drop = 'setpriv --bounding-set=-net_admin --inh-caps=-net_admin';
    const ran = await stage.shell(`${drop} ${PROGRAM} doctor --json firewall-drop`);
    expect(ran.exitCode).toBe(1);
    expect(actions(ran.stdout)).toMatchObject([
      { status: 'bad', what: expect.stringMatching(/^not ready: nft: nft may not change/) },
    ]);
    expect(reading(ran.stdout)).toContainEqual(
      expect.objectContaining({
        check: 'rights',
        status: 'bad',
        what: expect.stringContaining('NET_ADMIN'),
      }),
    );
  });

  it.concurrent('runs nothing from there, and keeps nothing', async ({ stage, skip }) => {
    if (!isRoot) skip('it needs root');
    await healthy(stage);
    const home = stage.home.path;
    const mounts = `mount --bind ${home} ${home} && mount -o remount,bind,noexec,ro ${home}`;
    const ran = await inside(
      stage,
      mounts,
      `${BUILT}/riposte doctor --json --home ${home} firewall-drop`,
    );
    const found = reading(ran.stdout).filter(({ check }) => check === 'home' || check === 'log');
    const bad = found.filter(({ status }) => status === 'bad').map(({ what }) => what);
    expect(bad).toEqual([
      expect.stringContaining('mounted with noexec'),
      expect.stringContaining('mounted read-only'),
      expect.stringContaining('cannot be written'),
    ]);
  });

  it.concurrent('a tool that never ends is given up', async ({ stage, skip }) => {
    if (!isRoot) skip('it needs root');
    await healthy(stage);
    await stage.shell(`printf '#!/bin/sh\\nexec sleep 60\\n' > slow; chmod 755 slow`);
    const mounts = `mount --bind ${stage.home.path}/slow $(realpath /usr/sbin/nft)`;
    const ran = await inside(stage, mounts, `${PROGRAM} doctor --json firewall-drop`);
    expect(actions(ran.stdout)).toMatchObject([
      { status: 'good', what: expect.stringMatching(/^ready: ipset.*nft did not end within/) },
    ]);
  });

  it.concurrent('is asked by nobody in particular: it says so, and ends well', async ({
    stage,
    skip,
  }) => {
    if (!isRoot) skip('it needs root');
    await healthy(stage);
    await stage.shell(settings('{}'));
    await stage.shell(
      'mkdir -m 755 free; cp active-response/bin/riposte free/; chmod 755 free/riposte',
    );
    const nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
    const ran = await stage.shell(`${nobody} free/riposte doctor --json --home .`);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    const findings = reading(ran.stdout);
    expect(findings).toContainEqual({
      check: 'rights',
      status: 'bad',
      what: 'run as user 65534: what root would find is not known',
      fix: 'run it with sudo',
    });
    expect(findings.filter(({ what }) => what.includes('could not be looked at'))).toEqual([]);
    const away = `${stage.home.path}.free`;
    const closed = await stage.shell(
      `mv free "$1" && chmod 700 . && cd / && ${nobody} "$1/riposte" doctor --json --home "$2"; rm -r "$1"`,
      away,
      stage.home.path,
    );
    expect(reading(closed.stdout)).toContainEqual(
      expect.objectContaining({ check: 'home', status: 'bad', fix: 'run it with sudo' }),
    );
  });
});
