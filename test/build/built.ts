import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../build/paths.ts';
import { hostTarget, type Target } from '../../build/targets.ts';

/** The target that `npm run build` makes here. */
export function host(): Target {
  const target = hostTarget();
  if (!target) throw new Error(`nothing can be built for ${process.platform} on ${process.arch}`);
  return target;
}

/** The delivered folder of this machine's target. */
export const delivered = path.join(root, 'dist', host().id);

/** Where its executables are. */
export const bin = path.join(delivered, 'active-response', 'bin');

/** One of the executables. */
export const program = path.join(bin, `firewall-drop${host().suffix}`);

/** What a run left behind. */
export interface Ran {
  readonly code: number | undefined;
  readonly killed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const start = promisify(execFile);

/** Runs a program to its end, however it ends, with nothing in the environment but `env`. */
export async function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeout = 20_000,
): Promise<Ran> {
  const options = { env: { ...env }, timeout, killSignal: 'SIGKILL' } as const;
  const pending = start(file, args, options);
  pending.child.stdin?.end();
  try {
    return { code: 0, killed: false, ...(await pending) };
  } catch (error) {
    const { code, killed = false, stdout = '', stderr = '' } = error as Partial<Ran>;
    if (typeof code !== 'number' && !killed) throw error;
    return { code: code ?? undefined, killed, stdout, stderr };
  }
}
