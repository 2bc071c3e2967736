import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromLinux, type Ran } from './client.ts';
import type { Tool } from './doubles.ts';
import { BUILT, type WindowsHome } from './home.ts';
import type { WindowsLane } from './lane.ts';

/** The built program, outside of any home. */
export const PROGRAM = fromLinux(join(BUILT, 'riposte.exe'));

/** A list of rights as icacls saves it: of what Riposte makes, or of what is below Program Files. */
export const RIGHTS = {
  own: 'D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)',
  system: 'D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)',
  open: 'D:AI(A;OICIID;FA;;;BA)(A;OICIID;0x1301bf;;;AU)',
} as const;

/** An icacls that saves rights, by what a path ends with, and says yes to all else. */
export const icacls =
  (
    { windows }: Pick<WindowsLane, 'windows'>,
    rights: Readonly<Record<string, string>> = { bin: RIGHTS.system, riposte: RIGHTS.own },
  ): Tool =>
  ({ args: [path = '', verb, file = ''] }) => {
    if (verb !== '/save') return {};
    const name = path.split('\\').at(-1) ?? '';
    const text = rights[name];
    if (text === undefined) return { exitCode: 5 };
    writeFileSync(windows.linux(file), Buffer.from(`${name}\r\n${text}\r\n`, 'utf16le'));
    return {};
  };

/** Closes what administrators alone can look into, or opens it again; nothing is closed to root. */
export function elevate({ windows }: WindowsLane, elevated: boolean): void {
  const folder = windows.linux('C:\\windows\\system32\\config');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, elevated ? 0o755 : 0);
}

/** A person who calls a program in an agent's folder, from the folder that they happen to be in. */
export const personAt =
  ({ windows }: WindowsLane, home: WindowsHome) =>
  (name: string, ...args: string[]): Promise<Ran> =>
    windows.run({ file: home.program(name), args, cwd: 'C:\\users' });
