import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Life, Processes } from '../lock.ts';
import { bsdProcesses } from './bsd-processes.ts';
import { codeOf } from './errors.ts';
import { hasProcess } from './process-number.ts';
import { BSD_LIKE, ON_WINDOWS } from './system.ts';
import { windowsProcesses } from './windows-processes.ts';

interface Identity {
  /** Its number in its own pid namespace. */
  readonly pid: string;
  /** Start time in clock ticks since boot. */
  readonly start: string;
  /** Number of its pid namespace. */
  readonly namespace: string;
  readonly boot: string;
}

/** A process as /proc shows it. */
interface Seen {
  readonly start: string;
  readonly stopped: boolean;
  /** The program's name, the first 15 bytes of it. */
  readonly program: string;
}

// PROC_PID_INIT_INO of the kernel: every other pid namespace is below this one.
const INITIAL = '4026531836';

const nameOf = ({ pid, start, namespace, boot }: Identity) =>
  [pid, start, namespace, boot].join('-');

/** Nothing for the name that a process has where there is no /proc. */
function identityOf(name: string): Identity | undefined {
  const [pid = '', start, namespace, boot] = name.split('-');
  const whole = start !== undefined && namespace !== undefined && boot !== undefined;
  return whole ? { pid, start, namespace, boot } : undefined;
}

const statOf = (process: string) => readFileSync(`/proc/${process}/stat`, 'utf8');

/** Nothing for a process that is gone, or dead and not yet waited for. */
function seenIn(stat: string): Seen | undefined {
  // The second field is the program's name in parentheses, which may hold anything.
  const end = stat.lastIndexOf(')');
  const [state = '', ...rest] = stat.slice(end + 2).split(' ');
  if ('ZXx'.includes(state)) return undefined;
  const program = stat.slice(stat.indexOf('(') + 1, end);
  return { start: rest[18] ?? '', stopped: 'Tt'.includes(state), program };
}

const NO_BOOT = 'unknown';

/** This boot of the system: its name, its moment where it has none, or a constant. */
export function bootId(): string {
  if (ON_WINDOWS || BSD_LIKE) return `at-${Math.round(Date.now() / 1000 - uptime())}`;
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
  } catch {
    return NO_BOOT;
  }
}

const anotherBoot = (one: string, other: string) =>
  one !== other && one !== NO_BOOT && other !== NO_BOOT;

/** The number of one of its namespaces; throws for a process that is gone, or not ours to know. */
const namespaceOf = (process: string, kind: 'pid' | 'time') =>
  readlinkSync(`/proc/${process}/ns/${kind}`).replace(/\D/g, '');

/** Its pid namespace, or nothing where we may not know; throws for a process that is gone. */
function readable(process: string): string | undefined {
  try {
    return namespaceOf(process, 'pid');
  } catch (thrown) {
    if (['EACCES', 'EPERM'].includes(codeOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

/** Nothing where there is no /proc, or not one that shows us. */
function ourselves(): Identity | undefined {
  try {
    const { start = '' } = seenIn(statOf('self')) ?? {};
    return { pid: `${process.pid}`, start, namespace: namespaceOf('self', 'pid'), boot: bootId() };
  } catch {
    return undefined;
  }
}

/** Whether a process counts its start time from another moment than we do. */
function otherTime(process: string): boolean {
  try {
    return namespaceOf(process, 'time') !== namespaceOf('self', 'time');
  } catch {
    // Before Linux 5.6 there is but one time.
    return false;
  }
}

// A process that ends answers with one of these, depending on how far it got.
const ENDED: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH']);

/** What a process of a number, which this /proc knows by another perhaps, says of who had it. */
function compared({ start }: Identity, process: string): Life {
  try {
    const seen = seenIn(statOf(process));
    if (seen?.start === start) return 'alive';
    return seen && otherTime(process) ? 'unknown' : 'gone';
  } catch (thrown) {
    return ENDED.has(codeOf(thrown)) ? 'gone' : 'unknown';
  }
}

/** The number that a process has in its own pid namespace; throws for one that is gone. */
function innermost(process: string): string {
  const status = readFileSync(`/proc/${process}/status`, 'utf8');
  return /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? process;
}

/** Processes of some pid namespaces, as /proc shows those below the one that it belongs to. */
class Search {
  /** Their numbers here, by their namespaces and their numbers there. */
  readonly #found = new Map<string, string>();
  /** Numbers here and there of those whose namespace we have no right to know. */
  readonly #hidden: (readonly [string, string])[] = [];

  constructor(namespaces: ReadonlySet<string>) {
    for (const process of readdirSync('/proc')) {
      if (/^\d+$/.test(process)) this.#look(process, namespaces);
    }
  }

  #look(process: string, namespaces: ReadonlySet<string>): void {
    try {
      const namespace = readable(process);
      if (namespace === undefined) this.#hidden.push([process, innermost(process)]);
      else if (namespaces.has(namespace)) {
        this.#found.set(`${namespace}-${innermost(process)}`, process);
      }
    } catch {
      // One that ended meanwhile is none of those that we look for.
    }
  }

  /** Its number here, or nothing. */
  place({ namespace, pid }: Identity): string | undefined {
    return this.#found.get(`${namespace}-${pid}`);
  }

  life(who: Identity): Life {
    const process = this.place(who);
    if (process !== undefined) return compared(who, process);
    const maybe = this.#hidden.some(
      ([here, there]) => there === who.pid && compared(who, here) !== 'gone',
    );
    return maybe ? 'unknown' : 'gone';
  }
}

/**
 * The processes of this machine, as /proc shows them; elsewhere by process id alone. Signs of life
 * are put below `home`.
 */
export function machineProcesses(home: string | undefined): Processes {
  if (ON_WINDOWS) return windowsProcesses();
  if (BSD_LIKE) return bsdProcesses();
  const self = ourselves();
  if (!self) return numberedProcesses();
  // Otherwise it is an ancestor's, which shows our processes by other numbers.
  const oursIsProc = readlinkSync('/proc/self') === self.pid;
  const nearby = (who: Identity) => oursIsProc && who.namespace === self.namespace;
  const shown = (who: Identity) => who.namespace === self.namespace || self.namespace === INITIAL;
  return {
    self: nameOf(self),
    async lives(names) {
      const all = names.map(identityOf);
      const far = all.flatMap((who) => (who && !nearby(who) && shown(who) ? [who.namespace] : []));
      // After the names were given: a process that begins later is none of them.
      const search = far.length > 0 ? new Search(new Set(far)) : undefined;
      return all.map((who): Life => {
        if (!who) return 'unknown';
        // A container may have been given a boot of its own, so a process that is seen is believed.
        if (search && !nearby(who) && shown(who)) return search.life(who);
        if (anotherBoot(who.boot, self.boot)) return 'gone';
        return nearby(who) ? compared(who, who.pid) : 'unknown';
      });
    },
    async giveSign(path) {
      // Who is in the initial namespace sees all others, and the rest is rarely asked about it.
      if (self.namespace === INITIAL || home === undefined) return () => {};
      return (await import('./signs.ts')).giveSign(`${home}/${path}`);
    },
    async readSign(path) {
      return home === undefined
        ? 'unknown'
        : (await import('./signs.ts')).readSign(`${home}/${path}`);
    },
    describe(name) {
      const who = identityOf(name);
      if (!who) return `process ${name}`;
      if (!shown(who)) return `process ${who.pid} of another container`;
      const place = nearby(who) ? who.pid : new Search(new Set([who.namespace])).place(who);
      return place === undefined ? `process ${who.pid}` : portrayed(place);
    },
  };
}

function portrayed(process: string): string {
  try {
    const seen = seenIn(statOf(process));
    if (seen) return `process ${process} (${seen.program}${seen.stopped ? ', stopped' : ''})`;
  } catch {
    // It ended meanwhile.
  }
  return `process ${process}`;
}

/** Where there is no /proc. */
function numberedProcesses(): Processes {
  return {
    self: `${process.pid}`,
    lives: async (names) =>
      names.map((name) => (identityOf(name) ? 'unknown' : signalled(Number(name)))),
    giveSign: async () => () => {},
    readSign: async () => 'unknown',
    describe: (name) => `process ${name.split('-')[0]}`,
  };
}

const signalled = (pid: number): Life => (hasProcess(pid) ? 'alive' : 'gone');
