import { isStart, type Start } from './process-target.ts';

/** A process as an alert names it: a number alone may be another's by now. */
export interface Suspect {
  readonly pid: number;
  readonly start: Start;
  /** The absolute path of its program; nothing where the alert does not tell. */
  readonly executable?: string | undefined;
}

/** What must never be killed beside what is always spared. */
export interface SparedPrograms {
  /** Absolute paths of programs and directories of programs. */
  readonly never: readonly string[];
}

/** Kills processes that are seen to be the ones that are meant. */
export interface Signals {
  /**
   * Whether the process is there. Throws `refused` for one that is never killed: another one of the
   * same number, the first process, our ancestors, the agent's, the kernel's.
   */
  check(suspect: Suspect, spared: SparedPrograms): Promise<'alive' | 'gone'>;
  /** Kills it, seen to be gone within `timeout` milliseconds; `gone` where it was before. */
  kill(suspect: Suspect, spared: SparedPrograms, timeout: number): Promise<'killed' | 'gone'>;
}

/** A living process. */
export interface Life {
  readonly pid: number;
  /** The process that a thread is one of; its own number for a process. */
  readonly group: number;
  /** Its number in the innermost pid namespace that it is in. */
  readonly innermost: number;
  /** Clock ticks from the system's start to its own. */
  readonly ticks: number;
  /** The same in milliseconds since 1970. */
  readonly began: number;
  /** Whether it is a thread of the kernel's own. */
  readonly kernel: boolean;
  /** Its real, effective, saved and file system user. */
  readonly users: readonly number[];
  /** Whether it is stopped already. */
  readonly stopped: boolean;
  /** `hidden` where we may not know; nothing where only threads beside a dead first one live on. */
  readonly program: Program | 'hidden' | undefined;
}

/** What a process runs. */
export interface Program {
  /** As it was called when it was started, though it may be deleted by now. */
  readonly path: string;
  /** Whether that path is one of the file system that we see, and not of a container's. */
  readonly here: boolean;
}

/** Who asks. */
export interface Asker extends SparedPrograms {
  /** Our own number and those of our ancestors. */
  readonly lineage: ReadonlySet<number>;
  /** The agent's home directory. */
  readonly home: string | undefined;
  /** The agent's own account, unless that is root. */
  readonly account: number | undefined;
}

/** Without these nobody gets in to see what happened, or nothing is started any more. */
const VITAL: readonly string[] = [
  '/lib/systemd',
  '/usr/lib/systemd',
  '/usr/lib/openssh',
  '/usr/libexec/openssh',
  '/usr/sbin/sshd',
  '/usr/sbin/dropbear',
  '/usr/bin/dbus-broker',
  '/usr/bin/dbus-daemon',
  '/usr/sbin/NetworkManager',
];

const within = (path: string, place: string) =>
  path === place || path.startsWith(`${place.replace(/\/+$/, '')}/`);

/** Why a process must not be killed, or is not the one that is meant; nothing if it may. */
export function killObjection(life: Life, suspect: Suspect, asker: Asker): string | undefined {
  const { pid, group, innermost, kernel, users, program } = life;
  if (group !== pid) return `${pid} is a thread of process ${group}`;
  if (kernel) return `${pid} is a thread of the kernel`;
  if (pid === 1) return '1 is the first process of this system';
  if (innermost === 1) return `${pid} is the first process of a container; stop the container`;
  if (asker.lineage.has(pid)) return `${pid} is this program, or one that it was started by`;
  if (!isStart(suspect.start, life)) {
    const began = new Date(life.began).toISOString();
    return `${pid} began at ${began} (tick ${life.ticks}), not at ${suspect.start.text}`;
  }
  if (program === 'hidden') return `${pid}: what it runs cannot be seen; is it root that asks?`;
  const { executable } = suspect;
  if (executable !== undefined && !runs(program, executable)) {
    return `${pid} runs ${program?.path ?? 'an unknown program'}, not ${executable}`;
  }
  if (asker.account !== undefined && users.includes(asker.account)) {
    return `${pid} is of the agent’s own account`;
  }
  return program?.here ? programObjection(pid, program.path, asker) : undefined;
}

// The kernel's mark behind the path of a program that was deleted.
const DELETED = ' (deleted)';

const runs = (program: Program | undefined, executable: string): boolean =>
  program?.path === executable || program?.path === `${executable}${DELETED}`;

function programObjection(pid: number, path: string, { home, never }: Asker): string | undefined {
  const plain = path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
  if (home !== undefined && within(plain, home)) return `${pid} runs ${plain} of the agent`;
  if (VITAL.some((place) => within(plain, place))) {
    return `${pid} runs ${plain}, without which nobody gets in`;
  }
  const spared = never.find((place) => within(plain, place));
  return spared && `${pid} runs ${plain}, which the settings spare (${spared})`;
}
