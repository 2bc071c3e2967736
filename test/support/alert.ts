import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Home, LoggedOutcome } from './home.ts';
import type { Place, Ran } from './net.ts';

const SAMPLE = new URL('../messages/4x-add-ssh-5710-firewall-drop.json', import.meta.url);

/** What an agent hands over. */
export interface Alert {
  readonly verb: 'add' | 'delete';
  readonly ip: string;
  /** Name of the executable. */
  readonly program?: string;
  /** The agent's `extra_args`. */
  readonly extra?: readonly string[];
  /** The agent's answer to the keys; `nothing` closes the pipe without one. */
  readonly reply?: 'continue' | 'abort' | 'nothing';
  /** Without it the message looks like a call by hand through the manager. */
  readonly alertId?: string | undefined;
}

/** A run as an agent sees it, and the outcome line it left in the log. */
export interface Reacted extends Ran {
  /** The addresses of the keys line; nothing where there was no such line. */
  readonly keys: readonly string[] | undefined;
  /** From the log, or nothing where the log could not be written. */
  readonly logged: LoggedOutcome | undefined;
}

let serial = 0;

/** An alert id that no other alert of this process has. */
export function nextAlertId(): string {
  serial += 1;
  return `1770113472.${serial}`;
}

/** The agent's line for an alert: a real message with its address and verb replaced. */
export function messageFor(alert: Omit<Alert, 'verb' | 'reply'>, command: string): string {
  const message = JSON.parse(readFileSync(SAMPLE, 'utf8'));
  const { parameters } = message;
  parameters.alert.data.srcip = alert.ip;
  parameters.alert.full_log = parameters.alert.full_log.replace('203.0.113.7', alert.ip);
  parameters.alert.id = alert.alertId;
  parameters.extra_args = alert.extra ?? [];
  parameters.program = `active-response/bin/${alert.program ?? 'firewall-drop'}`;
  return JSON.stringify({ ...message, command });
}

/**
 * Runs the built program in a place as an agent does: relative to its home, no arguments, the
 * message on standard input. The reply lies ready behind it; the program reads a line at a time.
 */
export async function react(where: Place, home: Home, alert: Alert): Promise<Reacted> {
  const { verb, program = 'firewall-drop', reply = 'continue' } = alert;
  const full = { alertId: nextAlertId(), ...alert };
  const lines = [messageFor(full, verb)];
  if (verb === 'add' && reply !== 'nothing') lines.push(messageFor(full, reply));
  const ran = await where.run([`active-response/bin/${program}`], {
    cwd: home.path,
    input: lines.map((line) => `${line}\n`).join(''),
  });
  return { ...ran, keys: keysIn(ran.stdout), logged: loggedFor(home, full.alertId, verb) };
}

/** How a run ended, in the fewest words: `0 applied`. */
export const brief = ({ exitCode, logged }: Pick<Reacted, 'exitCode' | 'logged'>): string =>
  `${exitCode} ${logged?.outcome ?? 'not logged'}`;

/** `react` with nobody to read the keys: the agent's end of standard output is closed. */
export async function reactUnheard(where: Place, home: Home, alert: Alert): Promise<Reacted> {
  const { verb, program = 'firewall-drop' } = alert;
  const full = { alertId: nextAlertId(), ...alert };
  const [command = '', ...args] = [...where.enter, 'env', '-C', home.path];
  const child = execa(command, [...args, `active-response/bin/${program}`], {
    input: `${messageFor(full, verb)}\n`,
    buffer: { stdout: false },
    reject: false,
  });
  child.stdout.destroy();
  const { exitCode = -1, stderr, durationMs } = await child;
  const ran = { exitCode, stdout: '', stderr, ms: durationMs };
  return { ...ran, keys: undefined, logged: loggedFor(home, full.alertId, verb) };
}

/** One run among many at the same moment. */
export interface Trampled {
  readonly exitCode: number;
  readonly stdout: string;
  readonly logged: LoggedOutcome | undefined;
}

/**
 * Runs the built program once for every alert, all at the same moment: started by one shell, their
 * messages in files, so that only they compete for the processors.
 */
export async function stampede(
  where: Place,
  home: Home,
  alerts: readonly (Omit<Alert, 'verb' | 'reply' | 'program'> & Partial<Pick<Alert, 'verb'>>)[],
  { program = 'firewall-drop', verb = 'add' }: Partial<Pick<Alert, 'program' | 'verb'>> = {},
): Promise<readonly Trampled[]> {
  const folder = await mkdtemp(join(home.path, 'stampede-'));
  const ids = alerts.map((alert, index) => {
    const full = { alertId: nextAlertId(), program, ...alert };
    const words = (alert.verb ?? verb) === 'add' ? ['add', 'continue'] : ['delete'];
    const lines = words.map((command) => `${messageFor(full, command)}\n`);
    writeFileSync(join(folder, `${index}`), lines.join(''));
    return full.alertId;
  });
  const run = `active-response/bin/${program} < "$m" > "$m.keys" 2> /dev/null`;
  const script = `for m in "$1"/*; do { ${run}; echo $? > "$m.exit"; } & done; wait`;
  await where.must(['sh', '-c', script, 'sh', folder], { cwd: home.path, timeout: 100_000 });
  const logged = new Map(home.outcomes().map((outcome) => [outcome.alert, outcome]));
  return ids.map((id, index) => ({
    exitCode: Number(readFileSync(join(folder, `${index}.exit`), 'utf8')),
    stdout: readFileSync(join(folder, `${index}.keys`), 'utf8'),
    logged: logged.get(id),
  }));
}

/** Runs the built program as a person does. */
export const byHand = (where: Place, home: Home, ...words: string[]): Promise<Ran> =>
  where.run([`${home.path}/active-response/bin/firewall-drop`, ...words]);

function keysIn(stdout: string): readonly string[] | undefined {
  if (stdout === '') return undefined;
  const { command, parameters } = JSON.parse(stdout);
  if (command !== 'check_keys') throw new Error(`not a keys line: ${stdout}`);
  return parameters.keys;
}

const loggedFor = (home: Home, alertId: string | undefined, verb: string) =>
  home.outcomes().findLast((logged) => logged.verb === verb && logged.alert === alertId);
