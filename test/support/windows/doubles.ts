import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DOUBLED, type Doubled, type Prefix } from './wine.ts';

/** One call of a tool, as the tool itself saw it. */
export interface ToolCall {
  /** Its name without the ending. */
  readonly tool: string;
  /** Where it is. */
  readonly file: string;
  /** The command line as Windows hands it over, one text. */
  readonly line: string;
  /** What the C runtime makes of it, without the program. */
  readonly args: readonly string[];
  /** What CommandLineToArgvW makes of it, without the program. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard input to its end; nothing where it was closed or the null device. */
  readonly input: Buffer | undefined;
}

/** What a tool does. */
export interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string | Buffer;
  readonly stderr?: string | Buffer;
  /** Texts in the registry below HKEY_LOCAL_MACHINE, set or taken away before it ends. */
  readonly registry?: readonly {
    readonly key: string;
    readonly name: string;
    readonly value: string | undefined;
  }[];
}

/** Answers for a tool; it may take its time, and a tool whose answer never comes hangs. */
export type Tool = (call: ToolCall) => Answer | Promise<Answer>;

/** The tools of Windows that the tests answer for. */
export interface Doubles extends AsyncDisposable {
  /** Every call since the last reset, oldest first. */
  readonly calls: readonly ToolCall[];
  /** Those of one tool, the words alone. */
  called(tool: Doubled): readonly (readonly string[])[];
  answer(tool: Doubled, how: Tool): void;
  /** Takes a tool away. */
  remove(tool: Doubled): void;
  /** Forgets calls and answers, and puts all tools back. A tool that nobody answers for fails. */
  reset(): void;
}

/** A tool that never ends by itself. */
export const HANGING: Tool = () => new Promise(() => {});

const FOLDER = 'drive_c/windows/system32';
const NOBODY: Tool = ({ tool }) => ({ exitCode: 250, stderr: `nobody answers for ${tool}` });

/** Puts the doubles among the tools of a Windows; `programs` is the folder with `double.exe`. */
export async function openDoubles(prefix: Prefix, programs: string): Promise<Doubles> {
  const tools = new Map<string, Tool>();
  const calls: ToolCall[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    createInterface({ input: socket }).once('line', async (line) => {
      const call = callIn(line);
      calls.push(call);
      const answer = await (tools.get(call.tool) ?? NOBODY)(call);
      if (!socket.destroyed) socket.end(`${words(answer).join('\n')}\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  mkdirSync(join(prefix.path, 'drive_c/doubles'), { recursive: true });
  writeFileSync(join(prefix.path, 'drive_c/doubles/port'), String(port));
  const reset = () => {
    for (const socket of open) socket.destroy();
    calls.splice(0);
    tools.clear();
    for (const tool of DOUBLED) put(join(programs, 'double.exe'), placeOf(prefix, tool));
  };
  reset();
  return {
    calls,
    called: (tool) => calls.flatMap((call) => (call.tool === tool ? [call.args] : [])),
    answer: (tool, how) => tools.set(tool, how),
    remove: (tool) => rmSync(placeOf(prefix, tool)),
    reset,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function placeOf({ path }: Prefix, tool: Doubled): string {
  const folder = tool === 'powershell' ? `${FOLDER}/WindowsPowerShell/v1.0` : FOLDER;
  return join(path, folder, `${tool}.exe`);
}

function put(double: string, place: string): void {
  // Never over the file: it may be running, or be a link to what all prefixes share.
  rmSync(place, { force: true });
  copyFileSync(double, place);
}

interface Described {
  readonly file: string;
  readonly line: string;
  readonly argv: readonly string[];
  readonly words: readonly string[];
  readonly cwd: string;
  readonly environment: readonly string[];
  readonly input?: string;
}

function callIn(line: string): ToolCall {
  const { argv, words, environment, input, ...same }: Described = JSON.parse(line);
  return {
    ...same,
    tool: basename(same.file.replaceAll('\\', '/').toLowerCase(), '.exe'),
    args: argv.slice(1),
    words: words.slice(1),
    environment: Object.fromEntries(environment.map((one) => pair(one))),
    input: input === undefined ? undefined : Buffer.from(input, 'hex'),
  };
}

/** A variable and its value; those that keep the folders of drives begin with an equals sign. */
function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=', 1);
  return [text.slice(0, at), text.slice(at + 1)];
}

function words({ exitCode = 0, stdout = '', stderr = '', registry = [] }: Answer): string[] {
  const hex = (bytes: string | Buffer) => Buffer.from(bytes).toString('hex');
  return [
    ...registry.map(({ key, name, value }) =>
      value === undefined
        ? `unset ${hex(key)} ${hex(name)}`
        : `set ${hex(key)} ${hex(name)} ${hex(value)}`,
    ),
    ...(stdout.length > 0 ? [`out ${hex(stdout)}`] : []),
    ...(stderr.length > 0 ? [`err ${hex(stderr)}`] : []),
    `exit ${exitCode}`,
  ];
}
