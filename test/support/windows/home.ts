import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoggedOutcome, outcomesIn } from '../home.ts';
import type { Windows } from './client.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Where `npm run build -- --target win-x64` puts the programs; `RIPOSTE_WINDOWS_BIN` names others. */
export const BUILT =
  process.env['RIPOSTE_WINDOWS_BIN'] ?? join(ROOT, 'dist/win-x64/active-response/bin');

/** What an agent's own folders may hold. */
export interface HomeOptions {
  /** Lines of `shared\ar.conf`. */
  readonly arConf?: readonly string[];
  /** Text inside `<ossec_config>`. */
  readonly ossecConf?: string;
  /** The folder, if not the usual one. */
  readonly at?: string;
}

/** An agent's folder in a Windows, with the built programs in it. */
export interface WindowsHome {
  /** As Windows calls it. */
  readonly windows: string;
  /** As Linux calls it. */
  readonly linux: string;
  /** A file below it, as Linux calls it. */
  at(...names: string[]): string;
  /** Its own programs, as Windows calls one. */
  program(name: string): string;
  /** The whole log; empty before the first line. */
  log(): string;
  /** The outcome lines of the log, oldest first. */
  outcomes(): readonly LoggedOutcome[];
  /** Texts of all records, by the names of their files below the folder of records. */
  records(): readonly string[];
  setArConf(lines: readonly string[]): void;
}

/** What the manager of a stock installation writes for Windows. */
export const AR_CONF = [
  'restart-ossec0 - restart-ossec.cmd - 0',
  'restart-wazuh0 - restart-ossec.cmd - 0',
  'restart-wazuh0 - restart-wazuh.exe - 0',
  'netsh600 - netsh.exe - 600',
  'win_route-null600 - route-null.exe - 600',
] as const;

const USUAL = 'C:\\Program Files (x86)\\ossec-agent';

/** Lays an agent's folder out anew; whatever was there before is gone. */
export function makeWindowsHome(
  { linux }: Pick<Windows, 'linux'>,
  { arConf = AR_CONF, ossecConf = '<client></client>', at = USUAL }: HomeOptions = {},
): WindowsHome {
  if (!existsSync(join(BUILT, 'riposte.exe'))) {
    throw new Error(`there is no ${BUILT}: run npm run build -- --target win-x64 first`);
  }
  const home = linux(at);
  rmSync(home, { recursive: true, force: true });
  const below = (...names: string[]) => join(home, ...names);
  for (const folder of ['active-response/bin', 'shared']) {
    mkdirSync(below(folder), { recursive: true });
  }
  furnish(below('active-response/bin'));
  const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
  const setArConf = (all: readonly string[]) => writeFileSync(below('shared/ar.conf'), lines(all));
  setArConf(arConf);
  writeFileSync(below('ossec.conf'), `<ossec_config>\r\n${ossecConf}\r\n</ossec_config>\r\n`);
  const logFile = below('active-response/active-responses.log');
  writeFileSync(logFile, '');
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const held = below('active-response/riposte/held');
  return {
    windows: at,
    linux: home,
    at: below,
    program: (name) => `${at}\\active-response\\bin\\${name}`,
    log,
    outcomes: () => outcomesIn(log()),
    records: () =>
      existsSync(held)
        ? readdirSync(held, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
        : [],
    setArConf,
  };
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
      chmodSync(to, 0o755);
      copy = to;
    }
  }
}
