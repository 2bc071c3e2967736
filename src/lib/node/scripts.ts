import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { ActionError } from '../outcome.ts';
import type { Heard } from '../ports.ts';
import type { Ended, Script, Scripts, Start } from '../shim/script.ts';
import { oneLine } from '../text.ts';
import { makePipes, reader, writer } from './pipes.ts';
import { ON_LINUX, ON_WINDOWS } from './system.ts';
import { TOOLS } from './tools.ts';
import { trustFile } from './trust.ts';
import { asCalled } from './umask.ts';

/** The agent reads a line with a buffer of this size. */
const MAX_LINE = 8191;
/** So much of what a script complains of is kept, in characters. */
const MAX_COMPLAINT = 300;
/** Milliseconds from the request to end to the kill, and for what an ended script still has to say. */
const GRACE = 1_500;
const DRAIN = 100;

/** The scripts of this machine, run by the user with this number. */
export const machineScripts = (uid: number): Scripts => ({
  trust: async (path) => trustFile(path, uid),
  start: async (start) => Running.start(start),
});

// Text tools may say more than ASCII, but in English.
const ENVIRONMENT = { ...TOOLS.environment, ...(ON_LINUX && { LC_ALL: 'C.UTF-8' }) };

/** Real pipes where the system has them; the runtime's own otherwise. */
function pipes(): ReturnType<typeof makePipes> {
  try {
    return makePipes(3);
  } catch {
    return [];
  }
}

class Running implements Script {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #input: Writable | undefined;
  readonly #line: Promise<Heard>;
  readonly #outputs: readonly Readable[];
  #complaint = '';

  static async start({ command, home, input, listen }: Start): Promise<Script> {
    const [path, ...words] = command;
    const [stdin, stdout, stderr] = pipes();
    const stdio: StdioOptions = [
      input === undefined ? 'ignore' : (stdin?.read ?? 'pipe'),
      listen ? (stdout?.write ?? 'pipe') : 'ignore',
      stderr?.write ?? 'pipe',
    ];
    // What lies below the home is called as the agent calls it: such scripts log their own name.
    const below = home !== undefined && path.startsWith(`${home}/`);
    const options = {
      cwd: home ?? TOOLS.directory,
      env: { ...ENVIRONMENT, ...(home !== undefined && { WAZUH_HOME: home }) },
      stdio,
      // A session of its own, so that all of it can be ended.
      detached: !ON_WINDOWS,
      windowsHide: true,
    };
    const file = below ? path.slice(home.length + 1) : path;
    const child = asCalled(() => spawn(file, words, options));
    for (const fd of [stdin?.read, stdout?.write, stderr?.write]) {
      if (fd !== undefined) closeSync(fd);
    }
    const running = new Running(
      child,
      stdin ? writer(stdin.write) : child.stdin,
      stdout ? reader(stdout.read) : child.stdout,
      stderr ? reader(stderr.read) : child.stderr,
    );
    await running.#started(path);
    if (input !== undefined) running.#input?.write(input);
    return running;
  }

  constructor(
    child: ChildProcess,
    input: Writable | null,
    output: Readable | null,
    errors: Readable | null,
  ) {
    this.#child = child;
    this.#input = input?.on('error', () => {});
    this.#outputs = [output, errors].filter((stream) => stream !== null);
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    this.#line = output ? firstLine(output, this.#ended) : Promise.resolve('end');
    errors?.setEncoding('utf8').on('data', (text: string) => {
      const room = MAX_COMPLAINT - this.#complaint.length;
      if (room > 0) this.#complaint += text.slice(0, room);
    });
  }

  #started(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.once('spawn', resolve);
      this.#child.once('error', (error) => {
        this.#close();
        const text = `${path} could not be run: ${error.message}; is it executable?`;
        reject(new ActionError('tool-failed', text, { cause: error }));
      });
    });
  }

  async hear(timeout: number): Promise<Heard> {
    return (await within(timeout, this.#line)) ?? 'silence';
  }

  tell(line: string): void {
    this.#input?.write(`${line}\n`);
  }

  hangUp(): void {
    this.#input?.end();
  }

  async ended(timeout: number): Promise<Ended> {
    this.hangUp();
    const overran =
      (await within(
        timeout,
        this.#ended.then(() => true),
      )) === undefined;
    if (overran) {
      this.#signal('SIGTERM');
      await within(GRACE, this.#ended);
      // Whatever it started dies too, even where it died itself.
      this.#signal('SIGKILL');
      await within(GRACE, this.#ended);
    }
    await drained(this.#outputs);
    this.#close();
    const { exitCode, signalCode } = this.#child;
    return {
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
      overran,
      complaint: oneLine(this.#complaint.trim().replace(/\s*\n\s*/g, ' / ')),
    };
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // Nothing of it is left, or the system knows no groups.
      this.#child.kill(signal);
    }
  }

  #close(): void {
    for (const stream of [...this.#outputs, this.#input]) stream?.destroy();
  }
}

/** What it comes to within a time, or nothing. */
async function within<T>(timeout: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = wait(timeout, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

// Something that a script leaves running may keep its pipes open for ever.
const drained = (outputs: readonly Readable[]) =>
  within(
    DRAIN,
    Promise.all(
      outputs.map((output) =>
        output.closed ? undefined : new Promise((resolve) => output.once('close', resolve)),
      ),
    ),
  );

/** The first line; the rest is read too, so that nobody waits for us, and forgotten. */
function firstLine(output: Readable, exit: Promise<void>): Promise<Heard> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    let done = false;
    const say = (what: Heard) => {
      done = true;
      resolve(what);
    };
    output.on('data', (bytes: Buffer) => {
      if (done) return;
      heard = Buffer.concat([heard, bytes]);
      const end = heard.indexOf(10);
      if (end >= 0 && end <= MAX_LINE) say({ line: heard.toString('utf8', 0, end) });
      else if (heard.length > MAX_LINE) say('flood');
    });
    const last = () => say(heard.length > 0 ? { line: heard.toString('utf8') } : 'end');
    output.once('close', last);
    exit.then(() => wait(DRAIN)).then(last, last);
  });
}
