import { type Command, type Completed, spell } from '../../src/lib/effect.ts';
import { ActionError, Unfinished } from '../../src/lib/outcome.ts';
import type { Runner } from '../../src/lib/runner.ts';

/** What a pretended tool does when it is run. */
export type Reply = Partial<Completed> | 'hangs' | 'dies' | 'cannot start';

/** A tool by its name; what is not named is not installed. */
export type Tools = Readonly<Record<string, Reply | ((command: Command) => Reply)>>;

/** A runner that starts nothing and remembers what it was asked to run. */
export class RecordingRunner implements Runner {
  /** Every command that was run, spelled as at a shell. */
  readonly commands: string[] = [];
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async locate(tool: string): Promise<string | undefined> {
    return Object.hasOwn(this.#tools, tool) ? `/pretended/${tool}` : undefined;
  }

  async run(command: Command, timeout: number): Promise<Completed> {
    const { tool } = command;
    const entry = Object.hasOwn(this.#tools, tool) ? this.#tools[tool] : undefined;
    if (entry === undefined) throw new ActionError('missing-tool', `${tool} is not installed`);
    this.commands.push(spell(command));
    const reply = typeof entry === 'function' ? entry(command) : entry;
    switch (reply) {
      case 'hangs':
        throw new Unfinished('timed-out', `${tool} did not end within ${timeout / 1000} s`);
      case 'dies':
        throw new Unfinished('tool-failed', `${tool} died of SIGKILL`);
      case 'cannot start':
        throw new ActionError('tool-failed', `${tool} could not be run`);
      default:
        return { exitCode: 0, stdout: '', stderr: '', ...reply };
    }
  }
}
