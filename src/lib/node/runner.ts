import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Command, Completed } from '../effect.ts';
import { ActionError, Unfinished } from '../outcome.ts';
import type { Runner } from '../runner.ts';
import { codeOf } from './errors.ts';
import { TOOLS, type Tools } from './tools.ts';

const MAX_OUTPUT = 64 << 20;

/** Runs tools one at a time and waits for each. */
export function spawningRunner(tools: Tools = TOOLS): Runner {
  const find = (tool: string): string | undefined =>
    tools.folders
      .map((folder) => tools.pathOf(folder, tool))
      .find((path) => isExecutable(path, tools.marked));
  return {
    locate: async (tool) => find(tool),
    run: async (command, timeout) => {
      const path = find(command.tool);
      if (path === undefined) {
        const text = `${command.tool} is not installed (looked in ${tools.folders.join(', ')})`;
        throw new ActionError('missing-tool', text);
      }
      return complete(path, command, timeout, tools);
    },
  };
}

function isExecutable(path: string, marked: boolean): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() === true && (!marked || (found.mode & 0o111) !== 0);
  } catch {
    // A loop of links, or a folder that may not be searched: not there for us.
    return false;
  }
}

function complete(
  path: string,
  { tool, args, stdin }: Command,
  timeout: number,
  { directory, environment }: Tools,
): Completed {
  const { status, signal, stdout, stderr, error } = spawnSync(path, args, {
    cwd: directory,
    env: environment,
    encoding: 'utf8',
    ...(stdin !== undefined && { input: stdin }),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: Math.max(1, Math.ceil(timeout)),
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT,
    windowsHide: true,
  });
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') {
    const seconds = (timeout / 1000).toFixed(1);
    throw new Unfinished('timed-out', `${tool} did not end within ${seconds} s and was killed`);
  }
  if (code === 'ENOBUFS') {
    throw new Unfinished(
      'tool-failed',
      `${tool} said more than ${MAX_OUTPUT} bytes and was killed`,
    );
  }
  // A tool that ends without reading its input is judged by its exit code.
  if (error && code !== 'EPIPE') {
    throw new ActionError('tool-failed', `${tool} could not be run: ${error.message}`, {
      cause: error,
    });
  }
  if (status === null) {
    throw new Unfinished('tool-failed', `${tool} died of ${signal ?? 'a signal'}`);
  }
  return { exitCode: status, stdout, stderr };
}
