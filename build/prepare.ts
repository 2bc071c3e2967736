import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Base } from './bases.ts';
import { removeAuthenticode } from './formats/pe.ts';
import { say, size } from './progress.ts';
import { strip, stripTool } from './strip.ts';
import type { Target } from './targets.ts';

/** Makes a base ready to take a program, in `work` if it has to be changed; gives its path. */
export async function prepare(target: Target, base: Base, work: string): Promise<string> {
  const { executable } = base;
  const ready = path.join(work, 'base');
  switch (target.pkg.platform) {
    case 'linux': {
      const tool = await stripTool(target);
      if (tool === undefined) {
        say(target.id, `not stripped: no strip for ${target.pkg.arch} is installed (binutils)`);
        return executable;
      }
      await strip(tool, executable, ready);
      return ready;
    }
    case 'win': {
      const signed = await readFile(executable);
      const plain = removeAuthenticode(signed);
      await writeFile(ready, plain, { mode: 0o755 });
      say(target.id, `removed node's own signature (${size(signed.length - plain.length)})`);
      return ready;
    }
    case 'macos':
      return executable;
  }
}
