import { type Command, type Completed, run } from '../../../src/lib/effect.ts';
import type { Installation } from '../../../src/lib/installation.ts';
import { ActionError } from '../../../src/lib/outcome.ts';
import type { Door } from '../model-host.ts';
import { ok } from './answer.ts';

/** The programs of an agent of Wazuh 4. */
export const AGENT = ['execd', 'agentd', 'syscheckd', 'logcollector', 'modulesd'].map(
  (part) => `wazuh-${part}`,
);

const broken = (): Completed => ({ exitCode: 3, stdout: 'broken\n', stderr: '' });

/** How systemd runs the agent, if it does. */
export interface Unit {
  readonly id: string;
  readonly state: string;
  readonly canReload: boolean;
  readonly start: string;
}

/** The agent's own programs in memory, and the systemd that may run them. */
export class Daemons {
  programs: readonly string[] = ['wazuh-control', ...AGENT];
  /** Those that a restart does not bring back. */
  lame: readonly string[] = [];
  /** What they have against the configuration. */
  complaint: string | undefined;
  /** The exit code with which they say so. */
  verdict = 1;
  /** Nothing where the machine was not booted with systemd. */
  units: readonly Unit[] | undefined;
  #alive: readonly string[] = AGENT;
  #done: readonly string[] = [];

  /** The way to them for one run. */
  through(door: Door): Installation {
    return {
      among: async (names) => names.filter((name) => this.programs.includes(name)),
      holds: async (path) => path.startsWith('/var/ossec/bin/'),
      run: ({ tool, args }, timeout) =>
        door(run(`bin/${tool}`, ...args), timeout, () => this.#run(tool, args), broken),
      detach: ({ tool, args }) =>
        door(
          run(`active-response/bin/${tool}`, ...args),
          1_000,
          () => this.#note(`started apart: ${[tool, ...args].join(' ')}`),
          () => {
            throw new ActionError('tool-failed', `${tool} could not be run`);
          },
        ),
    };
  }

  /** As systemctl answers of its own accord. */
  systemctl({ args }: Command): Completed {
    if (this.units === undefined) {
      const stderr = `System has not been booted with systemd as init system (PID 1). Can't operate.
Failed to connect to bus: Host is down
`;
      return { exitCode: 1, stdout: '', stderr };
    }
    if (args[0] === 'show')
      return ok(this.#shown(args.filter((word) => word.endsWith('.service'))));
    this.#note(`systemctl ${args.join(' ')}`);
    return ok();
  }

  listing(): string {
    return this.#done.map((line) => `${line}\n`).join('');
  }

  #shown(asked: readonly string[]): string {
    return asked
      .map((id) => {
        const unit = this.units?.find((one) => one.id === id);
        if (!unit) return `Id=${id}\nLoadState=not-found\nActiveState=inactive\nCanReload=no\n`;
        const { state, canReload, start } = unit;
        const command = `{ path=/usr/bin/env ; argv[]=/usr/bin/env ${start} start ; pid=0 }`;
        return `ExecStart=${command}\nId=${id}\nLoadState=loaded\nActiveState=${state}\nCanReload=${canReload ? 'yes' : 'no'}\n`;
      })
      .join('\n');
  }

  #run(tool: string, args: readonly string[]): Completed {
    const [word] = args;
    if (word === '-t') {
      return this.complaint === undefined
        ? ok()
        : { ...ok(this.complaint), exitCode: this.verdict };
    }
    if (word === 'status') {
      const told = this.programs.filter((name) => !name.endsWith('-control'));
      const lines = told.map(
        (name) => `${name} ${this.#alive.includes(name) ? 'is running' : 'not running'}...\n`,
      );
      return ok(lines.join(''));
    }
    this.#note(`${tool} ${args.join(' ')}`);
    if (word === 'stop') this.#alive = [];
    else this.start();
    return ok('Completed.\n');
  }

  /** All of it runs again, but what is lame. */
  start(): void {
    this.#alive = AGENT.filter((name) => !this.lame.includes(name));
  }

  #note(line: string): void {
    this.#done = [...this.#done, line];
  }
}
