import { run } from '../effect.ts';
import type { Lifeline } from '../lifelines/addresses.ts';
import { bsdGateways, bsdPeers as peersIn } from '../lifelines/bsd-tables.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
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

/** Whom such a host is connected to at a port. */
export const bsdPeers = (
  ports: ReadonlySet<number>,
  runner: Pick<Runner, 'run'>,
): Promise<readonly Lifeline[]> =>
  told(
    runner,
    ['-n', '-p', 'tcp'],
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
