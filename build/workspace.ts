import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const prefix = '.work-';
const abandonedAfter = 60 * 60 * 1000;

/** Lends a fresh folder below `parent` to `use` and removes it afterwards, however that ends. */
export async function withWorkspace<Result>(
  parent: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const folder = await mkdtemp(path.join(parent, prefix));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A build that was killed leaves hundreds of megabytes; the next one clears them away. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(parent, name);
    const details = await stat(folder).catch(() => undefined);
    if (details && Date.now() - details.mtimeMs > abandonedAfter) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
