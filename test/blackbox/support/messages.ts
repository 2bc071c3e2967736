import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../messages');

/** Every sample message, by file name without its ending. */
export const MESSAGES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
  .sort();

/** The text of a message without its line end. */
export const text = (name: string): string =>
  readFileSync(`${FOLDER}/${name}.json`, 'utf8').trimEnd();

/** A message as its members. */
export const message = (name: string): Record<string, unknown> => JSON.parse(text(name));

/** The short alert that most tests block an address by. */
export const alert = (ip: string, command = 'add', extra: readonly string[] = []): string =>
  JSON.stringify({
    version: 1,
    origin: { name: 'node01', module: 'wazuh-execd' },
    command,
    parameters: {
      extra_args: extra,
      alert: { id: '1770113472.345678', rule: { id: '5710' }, data: { srcip: ip } },
      program: 'active-response/bin/firewall-drop',
    },
  });

/** The line the program owes for an address. */
export const keysLine = (ip: string, program = 'firewall-drop'): string =>
  JSON.stringify({
    version: 1,
    origin: { name: program, module: 'active-response' },
    command: 'check_keys',
    parameters: { keys: [ip] },
  });
