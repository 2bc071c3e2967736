import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { dirname } from 'node:path';
import type { Command, Completed } from '../effect.ts';
import type { Installation } from '../installation.ts';
import { ActionError, asActionError, Unfinished } from '../outcome.ts';
import { type Files, STATE } from '../ports.ts';
import { said } from './errors.ts';
import { BIN } from './home.ts';
import { ON_WINDOWS } from './system.ts';
import { TOOLS } from './tools.ts';
import { trustFile } from './trust.ts';
import { asCalled } from './umask.ts';

/** Whose programs they are. */
export interface Place {
  /** The agent's home, absolute. */
  readonly home: string;
  readonly files: Files;
  readonly uid: number;
}

/** So much is read of what a program said, in bytes. */
const MAX_OUTPUT = 256 << 10;

/** The programs of the agent at a home, on the real machine. */
export function installationAt({ home, files, uid }: Place): Installation {
  const trusted = (path: string): string => {
    try {
      trustFile(path, uid);
      return path;
    } catch (thrown) {
      const { kind, message } = asActionError(thrown);
      throw new ActionError(kind === 'missing-tool' ? kind : 'bad-state', message);
    }
  };
  return {
    among: async (names) => names.filter((name) => fs.existsSync(`${home}/bin/${name}`)),
    holds: async (path) => {
      try {
        return dirname(fs.realpathSync(path)) === fs.realpathSync(`${home}/bin`);
      } catch {
        return false;
      }
    },
    run: async (command, timeout) => {
      const path = trusted(`${home}/bin/${command.tool}`);
      await files.ensurePrivate(STATE);
      const output = nameless(`${home}/${STATE}/output.${process.pid}`);
      try {
        return await complete(path, command, output, timeout);
      } finally {
        fs.closeSync(output);
      }
    },
    detach: async ({ tool, args }) => {
      const name = `${home}/${BIN}/${tool}`;
      const path = ON_WINDOWS ? executableFor(name) : name;
      const child = begin(trusted(path), args, 'ignore', name);
      await spawned(child, tool);
      child.unref();
    },
  };
}

/**
 * The file of ours that the runtime starts on Windows as a program of that name: none of them ends with
 * `.cmd`, which it takes for a script; and all of them are one program.
 */
function executableFor(name: string): string {
  const own = `${name}.exe`;
  return fs.existsSync(own) ? own : `${dirname(name)}/riposte.exe`;
}

/**
 * A file without a name. In the place of a pipe, since a daemon may keep what it was started with: it
 * would keep us waiting for the end of the pipe, and die when it writes to one that nobody reads.
 */
function nameless(path: string): number {
  fs.rmSync(path, { force: true });
  const fd = fs.openSync(path, 'wx+', 0o600);
  fs.unlinkSync(path);
  return fd;
}

const begin = (
  path: string,
  args: readonly string[],
  output: number | 'ignore',
  name = path,
): ChildProcess =>
  asCalled(() =>
    spawn(path, args, {
      argv0: name,
      cwd: TOOLS.directory,
      // A session of its own: it outlives the agent, and all of it can be ended.
      detached: true,
      stdio: ['ignore', output, output],
      windowsHide: true,
    }),
  );

const spawned = (child: ChildProcess, tool: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      const text = `${tool} could not be run: ${said(error)}`;
      reject(new ActionError('tool-failed', text, { cause: error }));
    });
  });

async function complete(
  path: string,
  { tool, args }: Command,
  output: number,
  timeout: number,
): Promise<Completed> {
  const child = begin(path, args, output);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await spawned(child, tool);
  let overran = false;
  const timer = setTimeout(() => {
    overran = true;
    killGroup(child);
  }, timeout);
  await ended;
  clearTimeout(timer);
  const words = [tool, ...args].join(' ');
  if (overran) {
    const seconds = (timeout / 1000).toFixed(1);
    const text = `${words} did not end within ${seconds} s and was killed${quoted(output)}`;
    throw new Unfinished('timed-out', text);
  }
  const { exitCode, signalCode } = child;
  if (exitCode === null) {
    throw new Unfinished('tool-failed', `${words} died of ${signalCode}${quoted(output)}`);
  }
  return { exitCode, stdout: written(output), stderr: '' };
}

/** What it started and waits for dies too; a daemon has a session of its own. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

function written(output: number): string {
  const buffer = Buffer.alloc(MAX_OUTPUT);
  return buffer.toString('utf8', 0, fs.readSync(output, buffer, 0, MAX_OUTPUT, 0));
}

function quoted(output: number): string {
  const last = written(output).trim().split('\n').at(-1)?.slice(-200);
  return last ? `; its last words: ${last}` : '';
}
