import { readFile } from 'node:fs/promises';
import { BuildError, messageOf } from './failure.ts';

/** Reads a JSON file that holds an object. */
export async function readObject(file: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new BuildError(`${file} cannot be read as JSON: ${messageOf(error)}`);
  }
  if (!isObject(value)) throw new BuildError(`${file} does not hold a JSON object.`);
  return value;
}

/** Whether a value is a plain record. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text under a key, or a failure that names the key. */
export function textAt(record: Record<string, unknown>, key: string, where: string): string {
  const value = record[key];
  if (typeof value !== 'string') throw new BuildError(`${where} has no text under "${key}".`);
  return value;
}
