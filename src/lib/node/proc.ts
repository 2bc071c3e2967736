import fs from 'node:fs';
import type { Life, Program } from '../signals.ts';
import { codeOf } from './errors.ts';
import { identity, O_PATH } from './walk.ts';

/**
 * One process, whatever its number comes to mean: the open directory stays that process's and answers
 * for nobody else after its end.
 */
export interface Pinned {
  /** Nothing for one that is gone, or dead and only not yet waited for. */
  read(): Life | undefined;
  close(): void;
}

// What /proc counts in; it is the same on every architecture that Node runs on.
const TICKS = 100;

// PF_KTHREAD of the kernel's headers.
const KERNEL_THREAD = 0x0020_0000;

/** The process of a number, or nothing. */
export function pin(pid: number): Pinned | undefined {
  let fd: number;
  try {
    fd = fs.openSync(`/proc/${pid}`, O_PATH | fs.constants.O_DIRECTORY);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  return {
    read: () => orNothing(() => lifeAt(pid, `/proc/self/fd/${fd}`)),
    close: () => fs.closeSync(fd),
  };
}

// A process that ends answers with one of these, depending on how far it got.
const ENDED: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH']);

function orNothing<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (thrown) {
    if (ENDED.has(codeOf(thrown))) return undefined;
    throw thrown;
  }
}

function lifeAt(pid: number, at: string): Life | undefined {
  const stat = fields(fs.readFileSync(`${at}/stat`, 'utf8'));
  // The first thread may be dead while others live on; they are the process.
  if (stat.dead) return undefined;
  const status = fs.readFileSync(`${at}/status`, 'utf8');
  const numbers = (name: string) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  return {
    pid,
    group: numbers('Tgid')[0] ?? 0,
    innermost: numbers('NSpid').at(-1) ?? pid,
    ticks: stat.ticks,
    began: bootTime() + (stat.ticks / TICKS) * 1000,
    kernel: stat.kernel,
    users: numbers('Uid'),
    stopped: stat.stopped,
    program: orNothing(() => programAt(at)),
  };
}

/** What the kernel's one line about a process says. */
function fields(stat: string) {
  // The second field is the program's name in parentheses, which may hold anything.
  const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (place: number) => Number(rest[place - 4]);
  return {
    parent: number(4),
    kernel: (number(9) & KERNEL_THREAD) !== 0,
    dead: 'ZXx'.includes(state) && number(20) <= 1,
    stopped: 'Tt'.includes(state),
    ticks: number(22),
  };
}

/** Milliseconds since 1970, by the clocks as they are now. */
function bootTime(): number {
  const uptime = Number(fs.readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - uptime * 1000;
}

function programAt(at: string): Program | 'hidden' {
  try {
    return visibleAt(at);
  } catch (thrown) {
    if (codeOf(thrown) === 'EACCES') return 'hidden';
    throw thrown;
  }
}

function visibleAt(at: string): Program {
  const path = fs.readlinkSync(`${at}/exe`);
  const ours = fs.readlinkSync('/proc/self/ns/mnt') === fs.readlinkSync(`${at}/ns/mnt`);
  return { path, here: ours || leadsTo(path, fs.statSync(`${at}/exe`, { bigint: true })) };
}

/** Whoever chose the path can have it lead anywhere here, to a loop or a closed folder too. */
function leadsTo(path: string, program: fs.BigIntStats): boolean {
  try {
    return identity(fs.statSync(path, { bigint: true })) === identity(program);
  } catch {
    return false;
  }
}

/** Our own number and those of our ancestors; nothing where /proc is not that of our processes. */
export function lineage(): ReadonlySet<number> | undefined {
  if (orNothing(() => fs.readlinkSync('/proc/self')) !== `${process.pid}`) return undefined;
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0 && !found.has(pid); ) {
    found.add(pid);
    const at = pid;
    pid = orNothing(() => fields(fs.readFileSync(`/proc/${at}/stat`, 'utf8')).parent) ?? 0;
  }
  return found;
}
