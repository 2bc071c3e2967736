import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const firewall = 'the tests that run real tools in private network namespaces';
const wrappers = 'the tests that deny addresses in a private /etc';
const firewalld = 'the tests of firewalld-drop with a real firewalld';
const accounts = 'the tests that lock accounts in a private /etc';
const shells = 'the tests of completion in that shell';
const observed = 'the tests that watch what the binaries do';
const windows = 'the tests that run the Windows executables';

/**
 * The Debian packages that building and testing use: the tools by which a package is recognised,
 * what it is for, and what is left out without it.
 */
export const systemPackages = [
  { name: 'nftables', tools: ['nft'], purpose: 'the first firewall backend', without: firewall },
  {
    name: 'iptables',
    tools: ['iptables', 'ip6tables'],
    purpose: 'the older firewall backend',
    without: firewall,
  },
  {
    name: 'ipset',
    tools: ['ipset'],
    purpose: 'sets of addresses for iptables',
    without: firewall,
  },
  {
    name: 'iproute2',
    tools: ['ip', 'ss'],
    purpose: 'network namespaces and routes',
    without: firewall,
  },
  {
    name: 'net-tools',
    tools: ['route'],
    purpose: 'the older tool for routes',
    without: firewall,
  },
  {
    name: 'iputils-ping',
    tools: ['ping'],
    purpose: 'seeing whether packets pass',
    without: firewall,
  },
  {
    name: 'binutils',
    tools: ['strip'],
    purpose: 'smaller Linux binaries',
    without: 'nothing, but Linux binaries are 17 MB larger',
  },
  {
    name: 'util-linux',
    tools: ['unshare', 'nsenter', 'mount'],
    purpose: 'private namespaces',
    without: firewall,
  },
  { name: 'strace', tools: ['strace'], purpose: 'counting processes', without: observed },
  {
    name: 'libxml2-utils',
    tools: ['xmllint'],
    purpose: 'a second opinion on the ruleset',
    without: 'one test of the ruleset',
  },
  { name: 'zsh', tools: ['zsh'], purpose: 'completion in zsh', without: shells },
  { name: 'fish', tools: ['fish'], purpose: 'completion in fish', without: shells },
  { name: 'procps', tools: ['ps', 'pkill'], purpose: 'finding processes', without: observed },
  {
    name: 'conntrack',
    tools: ['conntrack'],
    purpose: 'looking at open connections',
    without: firewall,
  },
  {
    name: 'netcat-openbsd',
    tools: ['nc'],
    purpose: 'opening connections',
    without: firewall,
  },
  { name: 'tcpd', tools: ['tcpdmatch'], purpose: 'asking TCP wrappers', without: wrappers },
  {
    name: 'attr',
    tools: ['setfattr', 'getfattr'],
    purpose: 'attributes of files',
    without: wrappers,
  },
  {
    name: 'passwd',
    tools: ['usermod', 'chage', 'useradd'],
    purpose: 'making and locking accounts',
    without: accounts,
  },
  // Debian's plain one has no passwd in it.
  {
    name: 'busybox-static',
    tools: ['busybox'],
    purpose: 'locking accounts without usermod',
    without: accounts,
  },
  {
    name: 'openssh-client',
    tools: ['ssh', 'ssh-keygen'],
    purpose: 'logging in by key',
    without: accounts,
  },
  {
    name: 'openssh-server',
    tools: ['sshd'],
    purpose: 'an sshd on a loopback of its own',
    without: accounts,
    service: true,
  },
  {
    name: 'firewalld',
    tools: ['firewalld', 'firewall-cmd', 'busctl', 'dbus-daemon'],
    purpose: 'a firewalld on a bus of its own',
    without: firewalld,
    service: true,
  },
  { name: 'wine', tools: ['wine'], purpose: 'running programs of Windows', without: windows },
  // What the package above starts; for our x64 executables no wine32 is needed.
  { name: 'wine64', tools: ['wine64'], purpose: 'running programs of Windows', without: windows },
  {
    name: 'gcc-mingw-w64-x86-64-win32',
    tools: ['x86_64-w64-mingw32-gcc-win32'],
    purpose: 'compiling stand-ins for the tools of Windows',
    without: windows,
  },
];

const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/lib/wine'];
const policy = '/usr/sbin/policy-rc.d';

/** Installs the missing Debian packages where it may, else says what will be left out. */
export function installSystemPackages() {
  const all = missingPackages(systemPackages, isTool);
  const { missing, kept } = sparingBoots(all, existsSync('/run/systemd/system'));
  if (kept.length > 0) report(kept, 'its service would run from the next boot on');
  if (missing.length === 0) return;
  const hindrance = hindranceFor({
    uid: process.getuid?.(),
    debian: existsSync('/etc/debian_version'),
    apt: isTool('apt-get'),
  });
  if (hindrance !== undefined) {
    report(missing, hindrance);
    return;
  }
  const names = missing.map(({ name }) => name);
  process.stdout.write(`setup: installing Debian packages ${names.join(' ')} ... `);
  const trouble = withoutServices(() => apt('update', []) ?? apt('install', names));
  console.log(trouble === undefined ? 'done' : 'failed');
  const still = missingPackages(systemPackages, isTool);
  if (still.length > 0) report(still, trouble ?? 'their tools are not where they were expected');
}

/** Those packages of which at least one tool is not there. */
export function missingPackages(packages, has) {
  return packages.filter(({ tools }) => !tools.every(has));
}

/** Keeps packages away whose service this machine would start at its next boot. */
export function sparingBoots(packages, booted) {
  const kept = packages.filter(({ service }) => booted && service === true);
  return { missing: packages.filter((one) => !kept.includes(one)), kept };
}

/** Why nothing can be installed, if that is so. */
export function hindranceFor({ uid, debian, apt: hasApt }) {
  if (!debian || !hasApt) return 'this is not a Debian system';
  return uid === 0 ? undefined : 'only root can install packages';
}

/** One line on what is missing and one on every consequence. */
export function consequences(missing, reason) {
  const names = missing.map(({ name }) => name).join(' ');
  const left = [...new Set(missing.map(({ without }) => without))];
  return [
    `setup: not installed, because ${reason}: ${names}`,
    ...left.map((without) => `setup: left out without them: ${without}`),
  ];
}

function report(missing, reason) {
  for (const line of consequences(missing, reason)) console.log(line);
}

function isTool(name) {
  return folders.some((folder) => existsSync(path.join(folder, name)));
}

/** Runs apt-get; gives the reason when it fails. */
function apt(verb, names) {
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends'];
  const { status, stderr, error } = spawnSync('apt-get', [...options, verb, ...names], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    timeout: 15 * 60 * 1000,
  });
  if (status === 0) return undefined;
  const words = error?.message ?? stderr.split('\n').find((line) => line.startsWith('E: '));
  return `apt-get ${verb} failed (${words ?? 'it gave no reason'})`;
}

/**
 * Keeps new packages from starting services on this machine while `work` runs. A policy that the
 * machine has already is respected and left alone.
 */
function withoutServices(work) {
  if (existsSync(policy)) return work();
  // Ctrl-C stops apt-get as well; this process lives on to take the policy away again.
  let stopped = false;
  const onStop = () => {
    stopped = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onStop);
  try {
    writeFileSync(policy, '#!/bin/sh\n# Written by a set-up that removes it again.\nexit 101\n', {
      mode: 0o755,
      flag: 'wx',
    });
    return work();
  } finally {
    rmSync(policy, { force: true });
    setImmediate(() => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onStop);
      if (stopped) process.exitCode = 130;
    });
  }
}
