import type { Ask, Question } from '../asking.ts';
import { type Completed, unexpected } from '../effect.ts';
import { windows } from './command-line.ts';

/** One value. The data is as the tool prints it: a number is `0x1`. */
export interface Value {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

/** One key and its own values. */
export interface Key {
  /** From the full name of the hive on. */
  readonly path: string;
  readonly values: readonly Value[];
}

const KEY = /^HKEY_[A-Z_]+(?:\\.*)?$/;
const VALUE = /^ {4}(?<name>.*?) {4}(?<type>REG_[A-Z_]+)(?: {4}(?<data>.*))?$/;

/** The keys in what `reg query` prints. Everything else there is in the language of the system. */
export function keysIn(printed: string): readonly Key[] {
  const keys: { path: string; values: Value[] }[] = [];
  for (const line of printed.split(/\r?\n/)) {
    if (KEY.test(line)) keys.push({ path: line, values: [] });
    const { name, type, data = '' } = VALUE.exec(line)?.groups ?? {};
    if (name !== undefined && type !== undefined) keys.at(-1)?.values.push({ name, type, data });
  }
  return keys;
}

/** A number among the values of a key; names have no case. */
export function numberIn(key: Key | undefined, name: string): number | undefined {
  const found = key?.values.find((value) => isSame(value.name, name) && value.type === 'REG_DWORD');
  return found && /^0x[0-9a-f]{1,8}$/i.test(found.data) ? Number(found.data) : undefined;
}

/** A text among the values of a key, variables in it as they are. */
export const textIn = (key: Key | undefined, name: string): string | undefined =>
  key?.values.find((value) => isSame(value.name, name) && TEXTS.includes(value.type))?.data;

const TEXTS = ['REG_SZ', 'REG_EXPAND_SZ'];

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const HIVE = /^HKLM(?=\\|$)/i;

/** Whether a printed key is the one of that name. */
export const isKey = ({ path }: Key, name: string): boolean =>
  isSame(path, name.replace(HIVE, 'HKEY_LOCAL_MACHINE'));

/** The command that prints a key: its values and the names right below, or with `/s` all there is. */
export const querying = (key: string, ...flags: string[]) => windows('reg', 'query', key, ...flags);

const whatever = (key: string, ...flags: string[]): Question<Completed> => ({
  command: querying(key, ...flags),
  read: (completed) => completed,
});

/** A key and all below it; nothing where there is no such key. */
export async function treeOf(key: string, ask: Ask): Promise<readonly Key[] | undefined> {
  const question = whatever(key, '/s');
  const completed = await ask(question);
  if (completed.exitCode === 0) return keysIn(completed.stdout);
  // It answers 1 for everything, and why is in the language of the system: the key above tells.
  if (await isThere(key, ask)) throw unexpected(question.command, completed);
  return undefined;
}

/** The same of a key that most systems do not have: the one above it is asked first. */
export const rareTreeOf = async (key: string, ask: Ask): Promise<readonly Key[] | undefined> =>
  (await isThere(key, ask)) ? treeOf(key, ask) : undefined;

/** Whether a key is listed in the one above it. Where that cannot be read, it is there or its own. */
async function isThere(key: string, ask: Ask): Promise<boolean> {
  const parent = key.slice(0, key.lastIndexOf('\\'));
  // Every system has its hives.
  if (!key.includes('\\')) return true;
  const completed = await ask(whatever(parent));
  if (completed.exitCode === 0) return keysIn(completed.stdout).some((one) => isKey(one, key));
  return isThere(parent, ask);
}
