import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { COMPILER } from './wine.ts';

const SOURCES = join(import.meta.dirname, 'c');
const CACHE = resolve(import.meta.dirname, '../../../.cache/windows-tests');
const FLAGS = ['-O2', '-s', '-municode', '-Wall', '-Wextra', '-Wno-missing-field-initializers'];
const LIBRARIES = ['-lws2_32', '-lshell32', '-ladvapi32'];

/** Compiles the tests' own programs of Windows, unless that is done; gives the folder with them. */
export async function compilePrograms(): Promise<string> {
  const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'));
  const hash = createHash('sha256').update(JSON.stringify([COMPILER, FLAGS, LIBRARIES]));
  for (const name of sources.toSorted()) {
    hash.update(`${name}\0`).update(readFileSync(join(SOURCES, name)));
  }
  const folder = join(CACHE, hash.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(CACHE)) {
    if (join(CACHE, old) !== folder) rmSync(join(CACHE, old), { recursive: true });
  }
  const have = readdirSync(folder);
  await Promise.all(sources.map((name) => compile(name, folder, have)));
  return folder;
}

async function compile(source: string, folder: string, have: readonly string[]): Promise<void> {
  const name = source.replace(/\.c$/, '.exe');
  if (have.includes(name)) return;
  const made = join(folder, `${name}.${process.pid}`);
  await execa(COMPILER, [...FLAGS, '-o', made, join(SOURCES, source), ...LIBRARIES]);
  renameSync(made, join(folder, name));
}
