import { execa } from 'execa';
import type { Target } from './targets.ts';

const machines = { x64: 'x86_64', arm64: 'aarch64' } as const;

/**
 * Copies an ELF executable without its symbol tables, which nothing needs at run time.
 *
 * This must be done before a program is put into it: afterwards strip would break it.
 *
 * @returns the tool that did it, or nothing when there is none for this kind of machine
 */
export async function strip(
  target: Target,
  input: string,
  output: string,
): Promise<string | undefined> {
  for (const tool of stripTools(target)) {
    const result = await execa(tool, ['--strip-all', '-o', output, input], { reject: false });
    if (!result.failed) return tool;
  }
  return undefined;
}

/** What may be able to strip for a target, best first. */
export function stripTools(
  { pkg }: Target,
  arch: string = process.arch,
  platform: string = process.platform,
): readonly string[] {
  const own = pkg.arch === arch && platform === 'linux' ? ['strip'] : [];
  return [...own, `${machines[pkg.arch]}-linux-gnu-strip`, 'llvm-strip'];
}
