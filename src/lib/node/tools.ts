import { ON_WINDOWS } from './system.ts';

/** Where a system has its own tools, and how they are started. */
export interface Tools {
  /** Looked through in this order, whatever the caller's `PATH` says. */
  readonly folders: readonly string[];
  /** The path of a tool in one of the folders. */
  readonly pathOf: (folder: string, tool: string) => string;
  /** Whether a file must have the right to be run. */
  readonly marked: boolean;
  /** The working directory of each. */
  readonly directory: string;
  /** All of its environment: stable texts, and no variable that makes a tool load code. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The folders that only the system's own packages write to; in /usr/local a group of people often may. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const unix: Tools = {
  folders: FOLDERS,
  pathOf: (folder, tool) => `${folder}/${tool}`,
  marked: true,
  directory: '/',
  environment: { PATH: FOLDERS.join(':'), LC_ALL: 'C' },
};

const ROOT = /^[A-Za-z]:(?:\\[^\\/:*?"<>|]+)+$/;

/**
 * The tools of Windows, of which `SystemRoot` is given. By their whole paths only: a bare name would
 * be taken from the current folder first, and in the agent's lies a `netsh.exe` that is us.
 */
export function windowsTools(given: string | undefined): Tools {
  const root = given !== undefined && ROOT.test(given) ? given : 'C:\\Windows';
  const system = `${root}\\System32`;
  const folders = [system, `${system}\\WindowsPowerShell\\v1.0`];
  return {
    folders,
    pathOf: (folder, tool) => `${folder}\\${tool}.exe`,
    marked: false,
    directory: system,
    environment: {
      SystemRoot: root,
      windir: root,
      SystemDrive: root.slice(0, 2),
      ComSpec: `${system}\\cmd.exe`,
      PATH: folders.join(';'),
      PATHEXT: '.COM;.EXE',
      TEMP: `${root}\\Temp`,
      TMP: `${root}\\Temp`,
      NoDefaultCurrentDirectoryInExePath: '1',
    },
  };
}

/** Those of the system that this program runs on. */
export const TOOLS: Tools = ON_WINDOWS ? windowsTools(process.env['SystemRoot']) : unix;
