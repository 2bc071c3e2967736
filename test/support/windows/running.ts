import type { Ran } from './client.ts';
import type { Asked, Told } from './words.ts';

type Stream = 'out' | 'err';

/** A program that was started in Windows, and what it has said up to now. */
export class Running {
  /** How it ended; an error where it could not be started or outlived its deadline. */
  readonly ended: Promise<Ran>;
  readonly #id: number;
  readonly #words: readonly string[];
  readonly #ask: (asked: Asked) => void;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #transcript: string[] = [];
  readonly #said: Record<Stream, Buffer> = { out: Buffer.alloc(0), err: Buffer.alloc(0) };
  #over = false;
  #settle: { resolve: (ran: Ran) => void; reject: (error: Error) => void };
  #wake: (() => void)[] = [];

  constructor(id: number, words: readonly string[], ask: (asked: Asked) => void, deadline: number) {
    this.#id = id;
    this.#words = words;
    this.#ask = ask;
    const { promise, ...settle } = Promise.withResolvers<Ran>();
    this.ended = promise;
    this.#settle = settle;
    // Whoever waits hears of it; nobody need wait.
    promise.catch(() => {});
    this.#timer = setTimeout(() => this.#overrun(deadline), deadline);
  }

  /** What it has said on standard output. */
  get stdout(): string {
    return this.#said.out.toString();
  }

  /** What it has said on standard error. */
  get stderr(): string {
    return this.#said.err.toString();
  }

  write(bytes: string | Buffer): void {
    this.#note('>', Buffer.from(bytes));
    this.#ask({ id: this.#id, ask: 'write', bytes: Buffer.from(bytes).toString('base64') });
  }

  /** Closes its standard input. */
  end(): void {
    this.#note('>', 'the end');
    this.#ask({ id: this.#id, ask: 'end' });
  }

  kill(): void {
    this.#note('>', 'killed');
    this.#ask({ id: this.#id, ask: 'kill' });
  }

  /** Waits until its output holds what is looked for, or it ended. Gives what there is by then. */
  async until(holds: (stdout: string) => boolean): Promise<string> {
    while (!this.#over && !holds(this.stdout)) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.stdout;
  }

  /** What was said to it and by it, a line each, with milliseconds. */
  get transcript(): string {
    return [this.#words.join(' '), ...this.#transcript].join('\n');
  }

  /** What the agent tells of it. */
  hear(told: Told): void {
    if (told.tell === 'out' || told.tell === 'err') {
      const bytes = Buffer.from(told.bytes, 'base64');
      this.#said[told.tell] = Buffer.concat([this.#said[told.tell], bytes]);
      this.#note(told.tell, bytes);
    }
    if (told.tell === 'failed') this.#finish(new Error(told.message));
    if (told.tell === 'ended') this.#finish(told.code ?? -1);
    for (const wake of this.#wake.splice(0)) wake();
  }

  #note(mark: string, what: string | Buffer): void {
    const at = Math.round(performance.now() - this.#began);
    this.#transcript.push(`${at} ${mark} ${JSON.stringify(what.toString().slice(0, 500))}`);
  }

  #overrun(deadline: number): void {
    this.kill();
    this.#finish(new Error(`it did not end within ${deadline} ms and was killed`));
    for (const wake of this.#wake.splice(0)) wake();
  }

  #finish(how: number | Error): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (typeof how === 'number') {
      const milliseconds = performance.now() - this.#began;
      const { stdout, stderr } = this;
      this.#settle.resolve({ exitCode: how, stdout, stderr, milliseconds });
    } else this.#settle.reject(new Error(`${how.message}\n${this.transcript}`));
  }
}
