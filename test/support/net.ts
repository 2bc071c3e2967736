import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { execa } from 'execa';

/** IP version. */
export type Family = 4 | 6;

/** How a process in a namespace ended; a failure is an answer here, never an exception. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** How to run something in a place. */
export interface RunOptions {
  readonly cwd?: string;
  /** Text for standard input; empty otherwise. */
  readonly input?: string;
  /** Milliseconds after which it is killed. */
  readonly timeout?: number;
}

/** One host of a world: a network namespace, and a view of the file system that goes with it. */
export interface Place {
  readonly name: string;
  /** Words before a command that make it run here. */
  readonly enter: readonly string[];
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Runs a command that must succeed; its standard output. */
  must(argv: readonly string[], options?: RunOptions): Promise<string>;
}

/** Echo requests and what became of them. */
export interface Pinged {
  readonly sent: number;
  readonly lost: number;
}

/** attacker – victim – inner in a row; the victim forwards. */
export interface World extends AsyncDisposable {
  readonly attacker: Place;
  readonly victim: Place;
  readonly inner: Place;
  /** An address of the attacker's that nobody used before in this world. */
  source(family: Family): string;
  ping(from: string, to: string, count?: number): Promise<Pinged>;
  close(): Promise<void>;
}

/** The addresses of the hosts that are attacked. */
export const ADDRESS = {
  victim: { 4: '192.0.2.2', 6: '2001:db8:1::2' },
  inner: { 4: '198.51.100.2', 6: '2001:db8:2::2' },
} as const;

/** The attacker answers for all of these: the ranges for documentation and for benchmarks. */
const SOURCES = { 4: ['203.0.113.0/24', '198.18.0.0/16'], 6: ['2001:db8:a::/64'] } as const;

/** The attacker's address of that number, from 1. */
function source(family: Family, number: number): string {
  if (family === 6) return `2001:db8:a::${number.toString(16)}`;
  return number < 255 ? `203.0.113.${number}` : `198.18.${number >> 8}.${number & 255}`;
}

const isRoot = () => process.getuid?.() === 0;

// A private mount namespace with a /run of its own: names of namespaces and locks are nobody else's,
// and the kernel removes all of it with the last process inside, however we die.
const UNSHARE = [
  'unshare',
  ...(isRoot() ? [] : ['-U', '-r']),
  '-m',
  '-n',
  '--propagation',
  'private',
];
const PRIVATE_RUN = 'mount -t tmpfs tmpfs /run && mkdir -p /run/netns';
const NAMES = ['attacker', 'victim', 'inner'] as const;

const DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Whether a tool is installed where the programs look for it. */
export const installed = (tool: string): boolean =>
  DIRECTORIES.some((directory) => existsSync(`${directory}/${tool}`));

/** Why there can be no worlds here, or nothing: a sentence for whoever wonders about skipped tests. */
export function obstacle(tools: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return `namespaces are Linux's; this is ${process.platform}`;
  const missing = ['unshare', 'nsenter', 'ip', ...tools].filter((tool) => !installed(tool));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const [command = '', ...args] = [...UNSHARE, 'sh', '-c', `${PRIVATE_RUN} && ip netns add probe`];
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  const who = isRoot() ? 'root' : 'an ordinary user';
  return `no namespaces for ${who} on this machine: ${stderr.trim().split('\n')[0] ?? ''}`;
}

/** Builds a world; nothing of it is seen by, or reaches, the machine's own namespaces. */
export async function makeWorld(): Promise<World> {
  const holder = await hold();
  const close = async () => {
    holder.stdin?.end();
    if (holder.exitCode === null) await new Promise((resolve) => holder.once('exit', resolve));
  };
  try {
    const root = place('holder', entering(holder.pid));
    await root.must(['sh', '-c', NAMES.map((name) => `ip netns add ${name}`).join(' && ')]);
    const [attacker, victim, inner] = NAMES.map((name) =>
      place(name, entering(holder.pid, name)),
    ) as [Place, Place, Place];
    await cable({ attacker, victim, inner });
    const used = { 4: 0, 6: 0 };
    return {
      attacker,
      victim,
      inner,
      source(family) {
        used[family] += 1;
        return source(family, used[family]);
      },
      ping: (from, to, count = 3) => ping(attacker, from, to, count),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** A process that keeps a private set of namespaces until our end of its pipe is closed. */
async function hold(): Promise<ChildProcess> {
  const [command = '', ...args] = [...UNSHARE, 'sh', '-c', `${PRIVATE_RUN} && echo up && exec cat`];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`no private namespaces: ${said.trim()}`)));
  });
  return child;
}

const entering = (pid: number | undefined, name?: string): readonly string[] => [
  'nsenter',
  ...(isRoot() ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials']),
  `--mount=/proc/${pid}/ns/mnt`,
  name === undefined ? `--net=/proc/${pid}/ns/net` : `--net=/proc/${pid}/root/run/netns/${name}`,
  '--',
];

/** A place from the words that lead there. */
export function place(name: string, enter: readonly string[]): Place {
  const run = async (
    argv: readonly string[],
    { cwd, input = '', timeout = 60_000 }: RunOptions = {},
  ) => {
    const [command = '', ...args] = [...enter, ...(cwd ? ['env', '-C', cwd] : []), ...argv];
    const ended = await execa(command, args, {
      input,
      timeout,
      reject: false,
      killSignal: 'SIGKILL',
    });
    const { exitCode = -1, stdout, stderr, durationMs } = ended;
    return { exitCode, stdout, stderr, ms: durationMs };
  };
  return {
    name,
    enter,
    run,
    async must(argv, options) {
      const { exitCode, stdout, stderr } = await run(argv, options);
      if (exitCode !== 0) {
        throw new Error(`${name}: ${argv.join(' ')} answered ${exitCode}: ${stderr || stdout}`);
      }
      return stdout;
    },
  };
}

// Fixed link addresses and permanent neighbours: the first packet arrives, over IPv6 too, without
// duplicate address detection or a question to the neighbour.
const ETHER = {
  attacker: '02:00:00:00:00:01',
  outside: '02:00:00:00:00:02',
  inside: '02:00:00:00:00:03',
  inner: '02:00:00:00:00:04',
} as const;

const interfaceUp = (device: string, ...addresses: string[]) => [
  `link set ${device} up`,
  ...addresses.map(
    (address) => `addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
  ),
];

const neighbour = (device: string, ether: string, ...addresses: string[]) =>
  addresses.map((address) => `neigh add ${address} lladdr ${ether} dev ${device} nud permanent`);

const WIRING: Readonly<Record<(typeof NAMES)[number], readonly string[]>> = {
  attacker: [
    ...interfaceUp('lo'),
    `link add up0 address ${ETHER.attacker} type veth peer name out0 address ${ETHER.outside} netns victim`,
    ...interfaceUp('up0', '192.0.2.1/24', '2001:db8:1::1/64'),
    ...neighbour('up0', ETHER.outside, '192.0.2.2', '2001:db8:1::2'),
    'route add 198.51.100.0/24 via 192.0.2.2',
    'route add 2001:db8:2::/64 via 2001:db8:1::2',
    // Every address of the range is the attacker's, without adding them one by one.
    ...[...SOURCES[4], ...SOURCES[6]].map((range) => `route add local ${range} dev lo`),
  ],
  victim: [
    ...interfaceUp('lo'),
    ...interfaceUp('out0', '192.0.2.2/24', '2001:db8:1::2/64'),
    ...neighbour('out0', ETHER.attacker, '192.0.2.1', '2001:db8:1::1'),
    ...SOURCES[4].map((range) => `route add ${range} via 192.0.2.1`),
    ...SOURCES[6].map((range) => `route add ${range} via 2001:db8:1::1`),
    `link add in0 address ${ETHER.inside} type veth peer name up0 address ${ETHER.inner} netns inner`,
    ...interfaceUp('in0', '198.51.100.1/24', '2001:db8:2::1/64'),
    ...neighbour('in0', ETHER.inner, '198.51.100.2', '2001:db8:2::2'),
  ],
  inner: [
    ...interfaceUp('lo'),
    ...interfaceUp('up0', '198.51.100.2/24', '2001:db8:2::2/64'),
    ...neighbour('up0', ETHER.inside, '198.51.100.1', '2001:db8:2::1'),
    'route add default via 198.51.100.1',
    'route add default via 2001:db8:2::1',
  ],
};

const SETTINGS: Readonly<Record<(typeof NAMES)[number], readonly string[]>> = {
  attacker: ['ipv4/ip_nonlocal_bind', 'ipv6/ip_nonlocal_bind'],
  victim: ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'],
  inner: [],
};

async function cable(places: Readonly<Record<(typeof NAMES)[number], Place>>): Promise<void> {
  for (const name of NAMES) {
    const on = SETTINGS[name].map((setting) => `echo 1 > /proc/sys/net/${setting}`);
    await places[name].must(['sh', '-ec', `${on.join('\n')}\nip -batch -`], {
      input: WIRING[name].map((line) => `${line}\n`).join(''),
    });
  }
}

async function ping(attacker: Place, from: string, to: string, count: number): Promise<Pinged> {
  const timing = ['-i', '0.01', '-W', '0.25'];
  const argv = ['ping', '-n', '-q', '-c', String(count), ...timing, '-I', from, to];
  const { stdout, stderr } = await attacker.run(argv);
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  if (sent === undefined) throw new Error(`${argv.join(' ')} said: ${stderr || stdout}`);
  return { sent: Number(sent), lost: Number(sent) - Number(received) };
}
