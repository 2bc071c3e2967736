import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import { type Lane, lane } from './lane.ts';
import { obstacle, type Place } from './net.ts';

/** What a real firewalld and the tests of it need. */
const TOOLS = [
  ...['ping', 'ss', 'conntrack', 'nft', 'setpriv'],
  ...['dbus-daemon', 'firewalld', 'busctl', 'firewall-cmd'],
];

/** A firewalld that runs in a place, on a bus of its own. */
export interface Daemon extends AsyncDisposable {
  /** The folder of what is permanent: a copy of the machine's, for this daemon alone. */
  readonly config: string;
  start(): Promise<void>;
  /** Ends it in order, and leaves the bus. */
  stop(): Promise<void>;
  /** `firewall-cmd` with these words, which must succeed. */
  cmd(...words: string[]): Promise<string>;
  /** The rich rules of a zone that name an address. */
  rules(zone: string, address: string): Promise<readonly string[]>;
}

/**
 * Starts a bus and a firewalld in a place whose /run is private, each with whatever it starts in a
 * process namespace that ends with it: nothing reaches the machine's own bus or firewall.
 */
async function startFirewalld(where: Place): Promise<Daemon> {
  const config = await mkdtemp(join(tmpdir(), 'riposte-firewalld-'));
  await cp('/etc/firewalld', config, { recursive: true });
  const bus = serve(where, 'mkdir -p /run/dbus', 'dbus-daemon --system --nofork --nopidfile');
  let daemon: ChildProcess | undefined;
  const succeeds = (argv: readonly string[]) =>
    vi.waitFor(async () => expect(await where.run(argv)).toMatchObject({ exitCode: 0 }), {
      timeout: 30_000,
    });
  const start = async () => {
    daemon = serve(where, ':', `firewalld --nofork --nopid --system-config ${config}`);
    await succeeds(['firewall-cmd', '--state']);
  };
  const stop = async () => {
    if (daemon) await end(daemon, 'SIGTERM');
    daemon = undefined;
  };
  await succeeds(['busctl', 'list']);
  await start();
  return {
    config,
    start,
    stop,
    cmd: (...words) => where.must(['firewall-cmd', ...words]),
    async rules(zone, address) {
      const listing = await where.must(['firewall-cmd', `--zone=${zone}`, '--list-rich-rules']);
      return listing.split('\n').filter((line) => line.includes(`address="${address}"`));
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await end(bus, 'SIGKILL');
      await rm(config, { recursive: true, force: true });
    },
  };
}

/** A service that dies with this process, and all that it starts with it. */
function serve({ enter }: Place, first: string, command: string): ChildProcess {
  const [tool = '', ...args] = [
    ...enter,
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--pid', '--fork', '--kill-child'],
    // The shell stays: a bus that changes its account would outlive us.
    ...['sh', '-c', `${first} && { ${command} & trap "kill $!" TERM; wait; wait; }`],
  ];
  return spawn(tool, args, { stdio: 'ignore' });
}

async function end(service: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = service;
  const [inside] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  const ended = once(service, 'exit');
  process.kill(Number(inside), signal);
  await ended;
}

/** A lane whose victim runs firewalld: its default zone is `public`, the attacker comes by out0. */
export function firewalldLane(more: readonly string[] = []): Lane & { readonly daemon: Daemon } {
  const tools = [...TOOLS, ...more];
  const here = lane(tools);
  // The bus drops its rights to an account of its own.
  const why = process.getuid?.() === 0 ? obstacle(tools) : 'a system bus needs root';
  let daemon: Daemon | undefined;
  beforeAll(async () => {
    if (why === undefined) daemon = await startFirewalld(here.world.victim);
  });
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why);
  });
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });
  return {
    get world() {
      return here.world;
    },
    get home() {
      return here.home;
    },
    get daemon() {
      if (daemon === undefined) throw new Error('only inside a test');
      return daemon;
    },
  };
}
