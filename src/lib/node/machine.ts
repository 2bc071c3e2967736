import fs from 'node:fs';
import { release } from 'node:os';
import type { Host } from '../host.ts';
import { journalIn } from '../journal.ts';
import { lockIn } from '../lock.ts';
import { logTo } from '../log.ts';
import { namesIn, type Resolver } from '../names.ts';
import { ActionError } from '../outcome.ts';
import type { Clock, Files } from '../ports.ts';
import { recordsIn } from '../records.ts';
import type { Runner } from '../runner.ts';
import { writeWithin } from './agent.ts';
import { copyStatus } from './bsd-status.ts';
import { calledAs } from './called.ts';
import { systemClock } from './clock.ts';
import { FILE_SYSTEM } from './file-system.ts';
import { filesBelow } from './files.ts';
import { BIN } from './home.ts';
import { lazily } from './lazy.ts';
import { logFile } from './log-file.ts';
import { NO_HOME, noFiles } from './no-files.ts';
import { bootId, machineProcesses } from './processes.ts';
import { spawningRunner } from './runner.ts';
import { machineSurroundings } from './surroundings.ts';
import { BSD_LIKE, LAYOUT, ON_WINDOWS, SYSTEM } from './system.ts';
import { TOOLS } from './tools.ts';
import { makePrivate } from './windows-access.ts';

/** The effective user, 0 where the system has none. */
export const effectiveUser = (): number => process.geteuid?.() ?? 0;

/** Writes a line for people; on standard error of an agent's run nobody may be listening. */
export function say(fd: 1 | 2, text: string): void {
  writeWithin(fd, `${text}\n`, systemClock);
}

/** Only a character device can be a terminal, and asking further costs the runtime a stream. */
export async function onTerminal(): Promise<boolean> {
  try {
    return fs.fstatSync(0).isCharacterDevice() && (await import('node:tty')).isatty(0);
  } catch {
    return false;
  }
}

/**
 * The real machine as a host, for the program called `name` of the agent at `home`; `complain` hears
 * it when nothing can be logged.
 */
export function machine(
  name: string,
  home: string | undefined,
  complain = (message: string) => say(2, message),
): Host {
  const clock = systemClock;
  const uid = effectiveUser();
  const runner = spawningRunner();
  const files = home === undefined ? noFiles() : filesOf(home, runner);
  const [major = 0, minor = 0] = release().split(/\D/).map(Number);
  const sink = logFile(home, complain);
  // The decoders for old agents want the whole path, however the program was called.
  const log = logTo(sink, clock, name, home === undefined ? calledAs() : `${home}/${BIN}/${name}`);
  const names = namesIn(
    files,
    clock,
    log,
    lazily(async () => resolverOf(runner, clock)),
  );
  return {
    runner,
    clock,
    files,
    layout: LAYOUT,
    systemFiles: lazily(async () => {
      const { copyAttributesBy, systemFilesOf } = await import('./system-files.ts');
      const copyAttributes = BSD_LIKE ? copyStatus : copyAttributesBy(runner);
      return systemFilesOf({ home, files, uid, copyAttributes });
    }),
    installation: lazily(async () => {
      if (home === undefined) throw new ActionError('bad-state', NO_HOME);
      const { installationAt } = await import('./installation.ts');
      return installationAt({ home, files, uid });
    }),
    surroundings: machineSurroundings(files, names, runner, log),
    names,
    http: lazily(async () => (await import('./http.ts')).httpClient()),
    signals: lazily(async () => (await import('./signals.ts')).signalsOf({ home, clock })),
    vault: lazily(async () => {
      if (home === undefined) throw new ActionError('bad-state', NO_HOME);
      const { vaultOf } = await import('./vault.ts');
      return vaultOf({ home, files, clock, uid });
    }),
    records: recordsIn(files, bootId, clock),
    journal: journalIn(files),
    lock: lockIn(files, () => machineProcesses(home), clock),
    log,
    home,
    kernel: [major, minor],
    system: SYSTEM,
  };
}

/** On Windows a folder of ours is made private by its list of rights, and no user has a number. */
const filesOf = (home: string, runner: Runner): Files =>
  ON_WINDOWS
    ? filesBelow(home, undefined, FILE_SYSTEM, (path) => makePrivate(path, runner))
    : filesBelow(home, effectiveUser(), FILE_SYSTEM);

async function resolverOf(runner: Runner, clock: Clock): Promise<Resolver> {
  if (!ON_WINDOWS && !BSD_LIKE) {
    return (await import('./resolver.ts')).systemResolver(runner, clock);
  }
  const { runtimeResolver } = await import('./runtime-resolver.ts');
  return runtimeResolver(ON_WINDOWS ? `${TOOLS.directory}\\drivers\\etc\\hosts` : '/etc/hosts');
}
