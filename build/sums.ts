import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesIn, hashFile } from './hash.ts';

/** Writes SHA256SUMS over a folder, one line for each name, as `sha256sum --check` reads it. */
export async function writeSums(folder: string): Promise<void> {
  const known = new Map<string, string>();
  const lines: string[] = [];
  for (const name of await filesIn(folder)) {
    const file = path.join(folder, name);
    // Many names are one file; it is read once.
    const { dev, ino } = await stat(file, { bigint: true });
    const identity = `${dev}:${ino}`;
    const digest = known.get(identity) ?? (await hashFile(file, 'sha256', 'hex'));
    known.set(identity, digest);
    lines.push(`${digest}  ${name}\n`);
  }
  await writeFile(path.join(folder, 'SHA256SUMS'), lines.join(''));
}
