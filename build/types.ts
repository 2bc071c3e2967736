import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { BuildError, messageOf } from './failure.ts';
import { root } from './paths.ts';
import { withWorkspace } from './workspace.ts';

/**
 * Writes the types of the library's public names to `<out>/types/index.d.ts`, for editors outside of
 * the checkout. It checks nothing: `npm run check` does.
 */
export async function emitTypes(out: string): Promise<void> {
  const final = path.join(out, 'types');
  await withWorkspace(out, async (work) => {
    const fresh = path.join(work, 'types');
    const words = ['-p', path.join(root, 'tsconfig.types.json'), '--outDir', fresh];
    try {
      await execa('tsc', words, { localDir: root, preferLocal: true, stdin: 'ignore' });
    } catch (error) {
      throw new BuildError(`The types could not be written: ${messageOf(error)}`);
    }
    await rm(final, { recursive: true, force: true });
    // Another build may have put its own there in between, which are the same.
    await rename(fresh, final).catch(() => undefined);
  });
}
