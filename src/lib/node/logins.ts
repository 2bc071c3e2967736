import { readdirSync, readFileSync, statSync } from 'node:fs';
import { accountsIn, administrators } from '../accounts/administrators.ts';
import type { Lifeline } from '../lifelines/addresses.ts';
import { clientIn, layoutOf, loginsIn } from '../lifelines/logins.ts';

/** Milliseconds for all processes; what was not looked at by then is not known. */
const PATIENCE = 500;

const UTMP = '/run/utmp';

/** The addresses from which root or an administrator is logged in now. */
export function logins(patience = PATIENCE): readonly Lifeline[] {
  const passwd = text('/etc/passwd');
  const uids = administrators(text('/etc/group'), passwd);
  const booked = inUtmp((user) =>
    accountsIn(passwd).some(({ name, uid }) => name === user && uids.has(uid)),
  );
  const why = 'has a session of root or of an administrator here';
  return [
    ...[...booked].map((network) => ({ network, why, from: UTMP })),
    ...[...amongProcesses(uids, patience)].map((network) => ({ network, why, from: '/proc' })),
  ];
}

/** By the system's book of logins, which newer systems do not keep any more. */
function inUtmp(isAdministrator: (user: string) => boolean): ReadonlySet<string> {
  const bytes = or(new Uint8Array(), () => readFileSync(UTMP));
  const all = loginsIn(bytes, layoutOf(process.arch));
  // A session that did not end well stays in the book.
  const open = all.filter(({ pid, user }) => isThere(pid) && isAdministrator(user));
  return new Set(open.map(({ address }) => address));
}

const isThere = (pid: number): boolean =>
  or(false, () => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined);

/** By what `sshd` tells the programs that it starts. */
function amongProcesses(uids: ReadonlySet<number>, patience: number): ReadonlySet<string> {
  const end = process.uptime() * 1000 + patience;
  const found = new Set<string>();
  // The youngest first: among thousands of old ones that serve, a session is rarely the oldest.
  const pids = or<readonly string[]>([], () => readdirSync('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .sort((one, other) => Number(other) - Number(one));
  for (const pid of pids) {
    if (process.uptime() * 1000 > end) break;
    const address = or(undefined, () => clientOf(pid, uids));
    if (address !== undefined) found.add(address);
  }
  return found;
}

function clientOf(pid: string, uids: ReadonlySet<number>): string | undefined {
  if (!uids.has(statSync(`/proc/${pid}`).uid)) return undefined;
  const client = clientIn(readFileSync(`/proc/${pid}/environ`, 'latin1'));
  if (client === undefined) return undefined;
  // Whoever runs a program with root's rights, like `su`, brings an environment of his own.
  const [, real] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return real !== undefined && uids.has(Number(real)) ? client : undefined;
}

const text = (path: string): string => or('', () => readFileSync(path, 'latin1'));

/** What is gone meanwhile, or closed to us, is not there. */
function or<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
