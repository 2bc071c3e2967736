import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Windows } from './client.ts';

/** A number, a text, or nothing: then the value is not to be there. */
export type Value = number | string | undefined;

/** Keys below HKEY_LOCAL_MACHINE with their values; a key with `undefined` is not to be there at all. */
export type Keys = Readonly<Record<string, Readonly<Record<string, Value>> | undefined>>;

/** Where Windows keeps the state and the rules of its firewall. */
export const POLICY =
  'SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';

/** Where a domain's policy for it is. */
export const GROUP_POLICY = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

/** Its profiles, as both places name them. */
export const PROFILES = ['DomainProfile', 'StandardProfile', 'PublicProfile'] as const;

const REG = 'C:\\windows\\system32\\reg.exe';

/** Has the real reg.exe make the registry hold what is given. */
export async function seed(windows: Windows, keys: Keys): Promise<void> {
  const file = 'C:\\tests\\seed.reg';
  const sections = Object.entries(keys).flatMap(([key, values]) => {
    const path = `HKEY_LOCAL_MACHINE\\${key}`;
    // What is not named is not to be there either.
    if (!values) return ['', `[-${path}]`];
    return ['', `[-${path}]`, '', `[${path}]`, ...Object.entries(values).flatMap(line)];
  });
  const text = ['Windows Registry Editor Version 5.00', ...sections, ''].join('\r\n');
  mkdirSync(dirname(windows.linux(file)), { recursive: true });
  writeFileSync(windows.linux(file), Buffer.from(`\uFEFF${text}`, 'utf16le'));
  const ran = await windows.run({ file: REG, args: ['import', file] });
  if (ran.exitCode !== 0) throw new Error(`reg import: ${ran.stdout}${ran.stderr}`);
}

function line([name, value]: readonly [string, Value]): string[] {
  if (value === undefined) return [];
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const shown =
    typeof value === 'number' ? `dword:${value.toString(16).padStart(8, '0')}` : quoted(value);
  return [`${quoted(name)}=${shown}`];
}

/** The texts below a key, by name, as reg.exe prints them. */
export async function textsIn(
  windows: Windows,
  key: string,
): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await windows.run({ file: REG, args: ['query', `HKLM\\${key}`] });
  const rows = stdout.split(/\r?\n/).flatMap((row) => {
    const [, name, text] = /^ {4}(.*?) {4}REG_SZ {4}(.*)$/.exec(row) ?? [];
    return name !== undefined && text !== undefined ? [[name, text] as const] : [];
  });
  return Object.fromEntries(rows);
}
