import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Life, Processes } from '../lock.ts';
import { codeOf } from './errors.ts';

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

/** Nothing for a process that is gone, or dead and not yet waited for. */
function lookUp(process: string): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold anything.
    const end = stat.lastIndexOf(')');
    const [state = '', ...rest] = stat.slice(end + 2).split(' ');
    if ('ZXx'.includes(state)) return undefined;
    const program = stat.slice(stat.indexOf('(') + 1, end);
    return { start: rest[18] ?? '', stopped: 'Tt'.includes(state), program };
  } catch {
    return undefined;
  }
}

const NO_BOOT = 'unknown';

/** This boot of the system; a constant where the system does not name it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
  } catch {
    return NO_BOOT;
  }
}

const anotherBoot = (one: string, other: string) =>
  one !== other && one !== NO_BOOT && other !== NO_BOOT;

const namespaceOf = (process: string, kind: 'pid' | 'time') =>
  readlinkSync(`/proc/${process}/ns/${kind}`).replace(/\D/g, '');

function ourselves(): Identity | undefined {
  const seen = lookUp('self');
  if (!seen) return undefined;
  const namespace = namespaceOf('self', 'pid');
  return { pid: `${process.pid}`, start: seen.start, namespace, boot: bootId() };
}

/** Whether a process's start time can be compared with what it said of it itself. */
function sameTime(process: string): boolean {
  try {
    return namespaceOf(process, 'time') === namespaceOf('self', 'time');
  } catch (thrown) {
    // Without time namespaces, before Linux 5.6, there is but one; and a process may end meanwhile.
    return codeOf(thrown) === 'ENOENT';
  }
}

/** What a process of a number, which this /proc knows by another perhaps, says of who had it. */
function compared({ start }: Identity, process: string): Life {
  const seen = lookUp(process);
  if (seen?.start === start) return 'alive';
  // Each time namespace has a start of its own to count from.
  return seen && !sameTime(process) ? 'unknown' : 'gone';
}

/** Processes of some pid namespaces, as /proc shows those below the one that it belongs to. */
class Search {
  /** Their numbers here, by their namespaces and their numbers there. */
  readonly #found = new Map<string, string>();
  /** Whether there were processes that we have no right to look at. */
  #blind = false;

  constructor(namespaces: ReadonlySet<string>) {
    for (const process of readdirSync('/proc')) {
      if (/^\d+$/.test(process)) this.#look(process, namespaces);
    }
  }

  #look(process: string, namespaces: ReadonlySet<string>): void {
    try {
      const namespace = namespaceOf(process, 'pid');
      if (!namespaces.has(namespace)) return;
      const status = readFileSync(`/proc/${process}/status`, 'utf8');
      const pid = /^NSpid:.*?(\d+)$/m.exec(status)?.[1];
      // Before Linux 4.1 nothing says what number it has there.
      if (pid === undefined) this.#blind = true;
      else this.#found.set(`${namespace}-${pid}`, process);
    } catch (thrown) {
      // One that ended meanwhile is none of those that we look for.
      this.#blind ||= !['ENOENT', 'ESRCH'].includes(codeOf(thrown) ?? '');
    }
  }

  /** Its number here, or nothing. */
  place({ namespace, pid }: Identity): string | undefined {
    return this.#found.get(`${namespace}-${pid}`);
  }

  life(who: Identity): Life {
    const process = this.place(who);
    if (process !== undefined) return compared(who, process);
    return this.#blind ? 'unknown' : 'gone';
  }
}

/**
 * The processes of this machine, as /proc shows them; elsewhere by process id alone. Signs of life
 * are put below `home`.
 */
export function machineProcesses(home: string | undefined): Processes {
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
      const place = nearby(who)
        ? who.pid
        : shown(who) && new Search(new Set([who.namespace])).place(who);
      const seen = place ? lookUp(place) : undefined;
      if (!place || !seen) return `process ${who.pid} of another container`;
      return `process ${place} (${seen.program}${seen.stopped ? ', which is stopped' : ''})`;
    },
  };
}

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

function signalled(pid: number): Life {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM' ? 'alive' : 'gone';
  }
}
