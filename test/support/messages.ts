import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../messages/', import.meta.url);

/** Names of the sample messages, without their end. */
export const MESSAGES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

/** A sample message as it goes over the wire, without its line end. */
export const message = (name: string): string =>
  readFileSync(new URL(`${name}.json`, FOLDER), 'utf8').replace(/\n$/, '');

/** The words after the program's name of a sample call of an old agent. */
export const legacyWords = (name: string): readonly string[] =>
  (JSON.parse(message(name)) as { argv: string[] }).argv.slice(1);
