import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Running } from './running.ts';
import { type Prefix, startWine } from './wine.ts';
import type { Asked, Told } from './words.ts';

/** How a program is started; nothing of it is anybody's default but the folder and the environment. */
export interface Start {
  /** Its path as Windows has it; looked up by no one. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is ended and whoever waits gets an error. */
  readonly deadline?: number;
}

/** How a program ended, and all it said. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** A Windows that programs can be started in. */
export interface Windows extends AsyncDisposable {
  readonly prefix: Prefix;
  spawn(start: Start): Running;
  /** Runs a program to its end, with this on standard input. */
  run(start: Start, input?: string | Buffer): Promise<Ran>;
  /** Where Linux keeps a file that Windows calls `path`. */
  linux(path: string): string;
}

/** What the environment of a service of Windows has in it. */
export const ENVIRONMENT = {
  ALLUSERSPROFILE: 'C:\\ProgramData',
  ComSpec: 'C:\\windows\\system32\\cmd.exe',
  PATH: 'C:\\windows\\system32;C:\\windows;C:\\windows\\system32\\wbem',
  ProgramData: 'C:\\ProgramData',
  ProgramFiles: 'C:\\Program Files',
  'ProgramFiles(x86)': 'C:\\Program Files (x86)',
  SystemDrive: 'C:',
  SystemRoot: 'C:\\windows',
  TEMP: 'C:\\windows\\temp',
  TMP: 'C:\\windows\\temp',
  windir: 'C:\\windows',
} as const;

/** How Windows calls a file of Linux. */
export const fromLinux = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

const DEADLINE = 40_000;
const AGENT = join(import.meta.dirname, 'agent.ts');

/** Starts the agent in a Windows; it is there when this returns. */
export async function openWindows(prefix: Prefix, node: string): Promise<Windows> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const said = join(prefix.path, 'agent.log');
  const log = openSync(said, 'w');
  const words = [node, fromLinux(AGENT), String(port)];
  const agent = startWine(prefix, words, ['ignore', log, log]);
  closeSync(log);
  const socket = await connected(server, agent, said);
  const running = new Map<number, Running>();
  createInterface({ input: socket }).on('line', (line) => {
    const told: Told = JSON.parse(line);
    running.get(told.id)?.hear(told);
    if (told.tell === 'ended') running.delete(told.id);
  });
  const gone = new Promise<void>((resolve) => agent.once('exit', () => resolve()));
  void gone.then(() => {
    const words = readFileSync(said, 'utf8').trim();
    for (const one of running.values()) one.hear({ id: 0, tell: 'failed', message: words });
  });
  const ask = (asked: Asked) => socket.write(`${JSON.stringify(asked)}\n`);
  let count = 0;
  const spawn = ({ file, args = [], cwd = 'C:\\windows', env, deadline }: Start): Running => {
    count += 1;
    const id = count;
    const program = new Running(id, [file, ...args], ask, deadline ?? DEADLINE);
    running.set(id, program);
    ask({ id, ask: 'spawn', file, args, cwd, env: env ?? ENVIRONMENT });
    return program;
  };
  return {
    prefix,
    spawn,
    async run(start, input) {
      const program = spawn(start);
      if (input !== undefined) program.write(input);
      program.end();
      return program.ended;
    },
    linux: (path) => {
      const [, drive = '', rest = ''] = /^([A-Z]):(.*)$/i.exec(path.replaceAll('\\', '/')) ?? [];
      return drive.toUpperCase() === 'Z' ? rest : join(prefix.path, 'drive_c', rest);
    },
    async [Symbol.asyncDispose]() {
      socket.end();
      await gone;
      server.close();
    },
  };
}

async function connected(
  server: ReturnType<typeof createServer>,
  agent: ReturnType<typeof startWine>,
  said: string,
): Promise<Socket> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    return await Promise.race([
      once(server, 'connection', { signal }).then(([socket]) => socket as Socket),
      once(agent, 'exit', { signal }).then(([code]) => {
        throw new Error(`node.exe ended with ${code} in wine: ${readFileSync(said, 'utf8')}`);
      }),
      once(AbortSignal.timeout(60_000), 'abort', { signal }).then(() => {
        agent.kill('SIGKILL');
        throw new Error(`node.exe did not start in wine within a minute`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}
