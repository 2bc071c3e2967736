import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How the agent starts a program: its path is also its argv[0]. */
export interface Start {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** A command that enters a namespace and then executes the rest of its words. */
  readonly enter: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** How a program ended, and how long that took from its start. */
export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly milliseconds: number;
}

/** A program that was started in a session of its own. */
export interface Started {
  readonly pid: number;
  /** Rejects when the program outlives the driver's own deadline; it is killed then. */
  readonly ended: Promise<Ended>;
}

/** Starts a program as a child in its own session, with nothing but the descriptors given. */
export function start(
  { path, args, cwd, enter, environment }: Start,
  stdio: StdioOptions,
  deadline: number,
): Started {
  const [command = path, ...words] = [...enter, path, ...args];
  const began = performance.now();
  const child = spawn(command, words, { cwd, env: environment, stdio, detached: true });
  return { pid: child.pid ?? 0, ended: ending(child, path, began, deadline) };
}

async function ending(
  child: ChildProcess,
  path: string,
  began: number,
  deadline: number,
): Promise<Ended> {
  let overran = false;
  const timer = setTimeout(() => {
    overran = true;
    killSession(child);
  }, deadline);
  try {
    const [code, signal] = await once(child, 'exit');
    if (overran) throw new Error(`${path} did not end within ${deadline} ms and was killed`);
    const milliseconds = performance.now() - began;
    return { exitCode: code ?? undefined, signal: signal ?? undefined, milliseconds };
  } finally {
    clearTimeout(timer);
  }
}

function killSession({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
