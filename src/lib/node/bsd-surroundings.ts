import { run } from '../effect.ts';
import type { Lifeline } from '../lifelines/addresses.ts';
import { bsdGateways, bsdPeers as peersIn } from '../lifelines/bsd-tables.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
import type { System } from '../system.ts';
import { ON_MACOS, SYSTEM } from './system.ts';

/** The gateways of a Mac or a BSD, and on a Mac whom it asks for names; elsewhere a file says that. */
export async function bsdNetwork(runner: Pick<Runner, 'run'>): Promise<readonly Lifeline[]> {
  return [
    ...(await gateways('inet', runner)),
    ...(await gateways('inet6', runner)),
    ...(ON_MACOS ? await resolvers() : []),
  ];
}

// FreeBSD cuts long addresses off where it is not told to be wide.
const TABLE = SYSTEM === 'freebsd' ? '-rnW' : '-rn';

const gateways = (family: 'inet' | 'inet6', runner: Pick<Runner, 'run'>) =>
  told(runner, [TABLE, '-f', family], bsdGateways, 'is this host’s gateway');

// An address of IPv6 is cut off after 16 characters, to another address, where nobody asks for all of it.
const WHOLE: Readonly<Partial<Record<System, string>>> = { freebsd: 'W', macos: 'l' };

/** The words for `netstat` to tell of every connection. */
export const connections = (system: System): readonly string[] => [
  `-n${WHOLE[system] ?? ''}`,
  '-p',
  'tcp',
];

/** Whom such a host is connected to at a port. */
export const bsdPeers = (
  ports: ReadonlySet<number>,
  runner: Pick<Runner, 'run'>,
): Promise<readonly Lifeline[]> =>
  told(
    runner,
    connections(SYSTEM),
    (text) => peersIn(text, ports),
    'is whom the agent is connected to',
  );

async function told(
  runner: Pick<Runner, 'run'>,
  words: readonly string[],
  read: (text: string) => readonly string[],
  why: string,
): Promise<readonly Lifeline[]> {
  try {
    const { stdout } = await runner.run(run('netstat', ...words), LIMIT.undo);
    const from = ['netstat', ...words].join(' ');
    return read(stdout).map((network) => ({ network, why, from }));
  } catch {
    // What cannot be read is not there.
    return [];
  }
}

/** What a Mac keeps of them, which differs from its file where a VPN is up. */
async function resolvers(): Promise<readonly Lifeline[]> {
  return (await import('./runtime-servers.ts')).resolversNow();
}
