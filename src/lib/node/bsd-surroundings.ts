import { type Command, run, spell, unexpected } from '../effect.ts';
import type { Lifeline } from '../lifelines/addresses.ts';
import { bsdGateways, bsdPeers as peersIn } from '../lifelines/bsd-tables.ts';
import type { Log } from '../log.ts';
import { asActionError } from '../outcome.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
import type { System } from '../system.ts';
import { ON_MACOS, SYSTEM } from './system.ts';

/**
 * The gateways of a Mac or a BSD, and on a Mac whom it asks for names; elsewhere a file says that. The
 * log is told where nobody says which gateways there are.
 */
export async function bsdNetwork(
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  return [
    ...(await gateways('inet', runner, log)),
    ...(await gateways('inet6', runner, log)),
    ...(ON_MACOS ? await resolvers() : []),
  ];
}

// FreeBSD cuts long addresses off where it is not told to be wide.
const TABLE = SYSTEM === 'freebsd' ? '-rnW' : '-rn';

// An address of IPv6 is cut off after 16 characters, to another address, where nobody asks for all of it.
const WHOLE: Readonly<Partial<Record<System, string>>> = { freebsd: 'W', macos: 'l' };

/** The words for `netstat` to tell of every connection. */
export const connections = (system: System): readonly string[] => [
  `-n${WHOLE[system] ?? ''}`,
  '-p',
  'tcp',
];

async function gateways(
  family: 'inet' | 'inet6',
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  const command = run('netstat', TABLE, '-f', family);
  try {
    return named(bsdGateways(await told(command, runner)), 'is this host’s gateway', command);
  } catch (thrown) {
    // What cannot be read is not there.
    const { message } = asActionError(thrown);
    await log.say(`This host’s gateways (${family}) are not known: ${message}`);
    return [];
  }
}

/** Whom such a host is connected to at a port. */
export async function bsdPeers(
  ports: ReadonlySet<number>,
  runner: Pick<Runner, 'run'>,
): Promise<readonly Lifeline[]> {
  const command = run('netstat', ...connections(SYSTEM));
  try {
    const why = 'is whom the agent is connected to';
    return named(peersIn(await told(command, runner), ports), why, command);
  } catch {
    return [];
  }
}

async function told(command: Command, runner: Pick<Runner, 'run'>): Promise<string> {
  const completed = await runner.run(command, LIMIT.undo);
  if (completed.exitCode !== 0) throw unexpected(command, completed);
  return completed.stdout;
}

const named = (networks: readonly string[], why: string, command: Command): Lifeline[] =>
  networks.map((network) => ({ network, why, from: spell(command) }));

/** What a Mac keeps of them, which differs from its file where a VPN is up. */
async function resolvers(): Promise<readonly Lifeline[]> {
  return (await import('./runtime-servers.ts')).resolversNow();
}
