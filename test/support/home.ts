import { copyFileSync, existsSync, linkSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Where `npm run build` puts the programs; `RIPOSTE_BIN` names those of another build. */
export const BUILT =
  process.env['RIPOSTE_BIN'] ??
  join(ROOT, 'dist', `linux-${process.arch}`, 'active-response', 'bin');

/** Why the built programs cannot be run, or nothing. */
export const unbuilt = (): string | undefined =>
  existsSync(join(BUILT, 'firewall-drop'))
    ? undefined
    : `there is no ${join(BUILT, 'firewall-drop')}: run npm run build first`;

/** What an agent's own folders may hold. */
export interface HomeOptions {
  /** Lines of `etc/shared/ar.conf`. */
  readonly arConf?: readonly string[];
  /** Text inside `<ossec_config>`. */
  readonly ossecConf?: string;
  /** Where to make it; the system's folder for temporary files otherwise. */
  readonly under?: string;
}

/** The end of one run as its line in the log tells it. */
export interface LoggedOutcome {
  readonly outcome: string;
  readonly exit: number;
  readonly action: string;
  readonly holder: string;
  readonly verb?: string;
  readonly target?: string;
  readonly backend?: string;
  readonly until?: string;
  readonly alert?: string;
  readonly answer?: string;
  readonly detail: string;
  readonly ms: number;
}

/** A throw-away agent home with the built programs in it. */
export interface Home extends AsyncDisposable {
  readonly path: string;
  /** `logs/active-responses.log`, absolute. */
  readonly logFile: string;
  /** The whole log; empty before the first line. */
  log(): string;
  /** The outcome lines of the log, oldest first. */
  outcomes(): readonly LoggedOutcome[];
  /** Writes `etc/shared/ar.conf` anew. */
  setArConf(lines: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** The agent's usual line: 600 seconds, as ar.conf of a stock manager has it. */
export const AR_CONF = [
  'restart-ossec0 - restart-ossec.sh - 0',
  'restart-wazuh0 - restart-wazuh - 0',
  'firewall-drop600 - firewall-drop - 600',
  'firewall-drop600 - default-firewall-drop - 600',
] as const;

/**
 * Makes a home as an agent's package lays it out. The programs are hard links to the built ones
 * where the file system allows, else links to one copy.
 */
export async function makeHome({
  arConf = AR_CONF,
  ossecConf = '<client></client>',
  under = tmpdir(),
}: HomeOptions = {}): Promise<Home> {
  const missing = unbuilt();
  if (missing) throw new Error(missing);
  const path = await mkdtemp(join(under, 'riposte-home-'));
  await chmod(path, 0o755);
  const at = (...names: string[]) => join(path, ...names);
  for (const folder of ['active-response/bin', 'logs', 'etc/shared']) {
    await mkdir(at(folder), { recursive: true, mode: 0o755 });
  }
  furnish(at('active-response', 'bin'));
  const setArConf = (lines: readonly string[]) =>
    writeFile(at('etc/shared/ar.conf'), lines.map((line) => `${line}\n`).join(''));
  await setArConf(arConf);
  await writeFile(at('etc/ossec.conf'), `<ossec_config>\n${ossecConf}\n</ossec_config>\n`);
  const logFile = at('logs/active-responses.log');
  // A test may have put a FIFO there, and reading that would wait for ever.
  const log = () =>
    lstatSync(logFile, { throwIfNoEntry: false })?.isFile() ? readFileSync(logFile, 'utf8') : '';
  const remove = () => rm(path, { recursive: true, force: true });
  return {
    path,
    logFile,
    log,
    outcomes: () => outcomesIn(log()),
    setArConf,
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** The outcome lines in a log's text, oldest first. */
export function outcomesIn(log: string): readonly LoggedOutcome[] {
  return log.split('\n').flatMap((line) => {
    const start = line.indexOf('{"riposte":');
    return start < 0 ? [] : [JSON.parse(line.slice(start)).riposte as LoggedOutcome];
  });
}

/** Puts every built program into `folder`, all of them one file. */
function furnish(folder: string): void {
  let copy: string | undefined;
  for (const name of readdirSync(BUILT)) {
    const to = join(folder, name);
    try {
      linkSync(copy ?? join(BUILT, name), to);
    } catch {
      // Another file system, or a user who does not own the build.
      copyFileSync(join(BUILT, name), to);
      copy = to;
    }
  }
}
