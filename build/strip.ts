import { execa } from 'execa';
import which from 'which';
import { BuildError } from './failure.ts';
import type { Target } from './targets.ts';

const machines = { x64: 'x86_64', arm64: 'aarch64' } as const;

/** The tool on this machine that strips for a target, if there is one. */
export async function stripTool(target: Target): Promise<string | undefined> {
  for (const tool of stripTools(target)) {
    if (await which(tool, { nothrow: true })) return tool;
  }
  return undefined;
}

/**
 * Copies an ELF executable without its symbol tables, which nothing needs at run time.
 *
 * This must be done before a program is put into it: afterwards it would break it.
 */
export async function strip(tool: string, input: string, output: string): Promise<void> {
  const result = await execa(tool, ['--strip-all', '-o', output, input], { reject: false });
  if (result.failed)
    throw new BuildError(`${tool} failed: ${result.stderr || result.shortMessage}`);
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
